"""Journals that say other than what was written, with a chain that holds."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from mobius_tui.run.events.journal_entry import Entry, encode_entry
from mobius_tui.run.journal.journal import EMPTY_JOURNAL_HEAD, read_journal
from mobius_tui.run.storage.run_directory import RunDirectory


def rewritten(directory: RunDirectory, change: Callable[[Entry], Entry]) -> None:
    """The same journal with other events, its chain made anew."""
    lines, prev = b"", EMPTY_JOURNAL_HEAD
    for entry in read_journal(directory.journal).entries:
        line = encode_entry(change(entry), prev)
        lines += line
        prev = read_head(line)
    directory.journal.write_bytes(lines)


def read_head(line: bytes) -> str:
    return hashlib.sha256(line[:-1]).hexdigest()
