"""Journals that say other than what was written, with a chain that holds."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterable

from mobius_tui.run.events.journal_entry import Entry, encode_entry
from mobius_tui.run.journal.journal import EMPTY_JOURNAL_HEAD, read_journal
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.state_folders import state_home


def rewritten(directory: RunDirectory, change: Callable[[Entry], Entry]) -> None:
    """The same journal with other events, its chain made anew.

    This machine knows nothing of it, as if it had been written elsewhere.
    """
    forget_runs()
    lines, prev = b"", EMPTY_JOURNAL_HEAD
    for entry in read_journal(directory.journal).entries:
        line = encode_entry(change(entry), prev)
        lines += line
        prev = read_head(line)
    directory.journal.write_bytes(lines)


def read_head(line: bytes) -> str:
    return hashlib.sha256(line[:-1]).hexdigest()


def cut(directory: RunDirectory, lines: Iterable[bytes]) -> None:
    """Leave these lines of a journal, as a host left them that died then.

    Args:
        directory: the run's.
        lines: each with its newline.
    """
    forget_runs()
    directory.journal.write_bytes(b"".join(lines))


def forget_runs() -> None:
    """What this machine knows of the keys of runs is gone."""
    shutil.rmtree(state_home() / "keys", ignore_errors=True)
