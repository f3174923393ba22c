"""The outputs of many hosts as one text: host by host, or each distinct output once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from mobius_tui.run.storage.safe_open import open_regular

GATHERED_BYTES_PER_HOST = 1 << 16
"""Bytes of each host's output that are shown, from its end."""
HEADING_RULE = "────"
MAX_NAMES_IN_HEADING = 20
"""Hosts that a heading names."""


def output_tail(path: Path) -> bytes:
    """The end of an output; empty where there is none."""
    try:
        with open_regular(path) as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - GATHERED_BYTES_PER_HOST))
            data = file.read(GATHERED_BYTES_PER_HOST)
    except OSError:
        return b""
    if size > GATHERED_BYTES_PER_HOST:
        data = left_out_note(size - len(data)) + data.partition(b"\n")[2]
    return data


def left_out_note(size: int) -> bytes:
    """What is said of so many bytes that are not taken."""
    return f"({size:,} bytes before this are in its own output)\n".encode()


def outputs_by_host(
    hosts: Iterable[tuple[str, str, Path]],
) -> Iterator[bytes]:
    """The output of each host under its name and state.

    Args:
        hosts: the name of each, its state in words, and where its output is.
    """
    for name, state, path in hosts:
        yield f"{HEADING_RULE} {name} · {state}\n".encode()
        yield _ended_by_newline(output_tail(path) or b"(nothing)\n")


def distinct_outputs(hosts: Iterable[tuple[str, str, Path]]) -> Iterator[bytes]:
    """Each distinct output once, under the names of its hosts; the most hosts last.

    An output that few hosts have is more likely to be the one that is looked for.

    Args:
        hosts: as `outputs_by_host` has them.
    """
    groups: dict[tuple[str, bytes], list[str]] = {}
    for name, state, path in hosts:
        groups.setdefault((state, output_tail(path)), []).append(name)
    for (state, data), names in sorted(groups.items(), key=lambda each: len(each[1])):
        count = "1 host" if len(names) == 1 else f"{len(names)} hosts"
        more = f" and {len(names) - MAX_NAMES_IN_HEADING} more" * (
            len(names) > MAX_NAMES_IN_HEADING
        )
        listed = ", ".join(names[:MAX_NAMES_IN_HEADING])
        yield f"{HEADING_RULE} {count} · {state}: {listed}{more}\n".encode()
        yield _ended_by_newline(data or b"(nothing)\n")


def _ended_by_newline(data: bytes) -> bytes:
    return data if data.endswith(b"\n") else data + b"\n"
