"""The outputs of many hosts as one text: host by host, or each distinct output once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from mobius_tui.run.storage.safe_open import open_regular

HOST_BYTES = 1 << 16
"""Bytes of each host's output that are shown, from its end."""
RULE = "────"
NAMES_LISTED = 20
"""Hosts that a heading names."""


def tail_of(path: Path) -> bytes:
    """The end of an output; empty where there is none."""
    try:
        with open_regular(path) as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - HOST_BYTES))
            data = file.read(HOST_BYTES)
    except OSError:
        return b""
    if size > HOST_BYTES:
        data = left_out_note(size - len(data)) + data.partition(b"\n")[2]
    return data


def left_out_note(size: int) -> bytes:
    """What is said of so many bytes that are not taken."""
    return f"({size:,} bytes before this are in its own output)\n".encode()


def one_after_the_other(
    hosts: Iterable[tuple[str, str, Path]],
) -> Iterator[bytes]:
    """The output of each host under its name and state.

    Args:
        hosts: the name of each, its state in words, and where its output is.
    """
    for name, state, path in hosts:
        yield f"{RULE} {name} · {state}\n".encode()
        yield _ended_by_newline(tail_of(path) or b"(nothing)\n")


def same_once(hosts: Iterable[tuple[str, str, Path]]) -> Iterator[bytes]:
    """Each distinct output once, under the names of its hosts; the most hosts last.

    An output that few hosts have is more likely to be the one that is looked for.

    Args:
        hosts: as `one_after_the_other` has them.
    """
    groups: dict[tuple[str, bytes], list[str]] = {}
    for name, state, path in hosts:
        groups.setdefault((state, tail_of(path)), []).append(name)
    for (state, data), names in sorted(groups.items(), key=lambda each: len(each[1])):
        count = "1 host" if len(names) == 1 else f"{len(names)} hosts"
        more = f" and {len(names) - NAMES_LISTED} more" * (len(names) > NAMES_LISTED)
        listed = ", ".join(names[:NAMES_LISTED])
        yield f"{RULE} {count} · {state}: {listed}{more}\n".encode()
        yield _ended_by_newline(data or b"(nothing)\n")


def _ended_by_newline(data: bytes) -> bytes:
    return data if data.endswith(b"\n") else data + b"\n"
