"""Whether something accepts connections at `host:port`."""

from __future__ import annotations

import asyncio
import socket

from mobius_tui.health.trouble import Trouble, trouble
from mobius_tui.runbook.units import in_words


def split_address(at: str) -> tuple[str, int]:
    """The host and the port of `host:port` or `[::1]:port`.

    Raises:
        ValueError: it is no such address; the message says what one looks like.
    """
    host, _, port = at.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not (port.isascii() and port.isdigit() and len(port) < 6):
        raise ValueError(f'{at!r} is no address; write "host:port"')
    if not 0 < int(port) <= 65535:
        raise ValueError(f"{at!r}: ports go from 1 to 65535")
    return host, int(port)


async def reach(at: str, within: float) -> Trouble | None:
    """Connect once; `None` if any address of the host accepts.

    Args:
        at: `host:port`.
        within: seconds, the name's look-up included.
    """
    try:
        async with asyncio.timeout(within):
            host, port = split_address(at)
            (await connect(host, port)).close()
    except TimeoutError:
        return Trouble(words=f"timed out after {in_words(within)}")
    except (OSError, ExceptionGroup) as error:
        return trouble(error) or Trouble(words=str(error))
    except UnicodeError:
        return Trouble(words="unknown host")
    except ValueError as error:
        return Trouble(words=str(error))
    return None


async def connect(host: str, port: int) -> socket.socket:
    """Connect to the first address of a host that accepts.

    Raises:
        OSError: the host's name leads nowhere.
        ExceptionGroup: no address accepts; it holds each one's error.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    errors: list[OSError] = []
    for family, kind, protocol, _, address in found:
        try:
            connection = socket.socket(family, kind, protocol)
        except OSError as error:
            errors.append(error)
            continue
        connection.settimeout(0)
        try:
            await loop.sock_connect(connection, address)
        except OSError as error:
            connection.close()
            errors.append(error)
        except BaseException:
            connection.close()
            raise
        else:
            return connection
    raise ExceptionGroup("no address accepts", errors)
