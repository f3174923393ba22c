"""Counting lines beside a step that prints them, and saying how many are new."""

from __future__ import annotations

import threading
from pathlib import Path

from rich.style import Style

from mobius_tui.tui.output.line_layout import OutputLayout, OutputStyles
from mobius_tui.tui.output.output_document import OutputDocument
from mobius_tui.tui.output.output_feed import (
    COUNT_SLICE_BYTES,
    MAX_UNCOUNTED_BYTES,
    count_all,
)
from mobius_tui.tui.output.output_pane import PaneStatus
from mobius_tui.tui.output.viewport import Viewport
from tests.waiting import PATIENCE

LINE = b"x" * 63 + b"\n"


def poured(tmp_path: Path, size: int) -> OutputDocument:
    path = tmp_path / "output"
    path.write_bytes(LINE * (size // len(LINE)))
    document = OutputDocument(path, None)
    document.refresh()
    return document


def test_what_has_ended_is_counted_whole(tmp_path: Path) -> None:
    document = poured(tmp_path, 3 * COUNT_SLICE_BYTES)
    count_all(document, lambda: False)
    assert document.index.lines == 3 * COUNT_SLICE_BYTES // len(LINE)


def test_nothing_is_counted_while_it_pours_and_all_of_it_afterwards(
    tmp_path: Path,
) -> None:
    document = poured(tmp_path, MAX_UNCOUNTED_BYTES + 2 * COUNT_SLICE_BYTES)
    pours = threading.Event()
    looks = 0

    def is_growing() -> bool:
        nonlocal looks
        looks += 1
        if looks <= 3:  # it grows from look to look
            with document_path.open("ab") as file:
                file.write(LINE * 100)
            document.refresh()
            assert document.index.scanned == 0
        else:
            pours.set()
        return True

    document_path = tmp_path / "output"
    thread = threading.Thread(target=count_all, args=(document, is_growing))
    thread.start()
    assert pours.wait(PATIENCE)
    thread.join(60)
    assert not thread.is_alive()
    assert (
        document.index.lines
        == (MAX_UNCOUNTED_BYTES + 2 * COUNT_SLICE_BYTES) // len(LINE) + 300
    )


def viewport_of(document: OutputDocument) -> Viewport:
    plain = Style()
    look = OutputStyles(text=plain, time=plain, stderr=plain, note=plain)
    layout = OutputLayout(width=80, wrap=True, times=False, shift=0, styles=look)
    return Viewport(document, layout, 10)


def test_what_is_new_is_told_in_bytes_until_its_lines_are_counted(
    tmp_path: Path,
) -> None:
    document = poured(tmp_path, 4 * COUNT_SLICE_BYTES)
    viewport = viewport_of(document)
    status = PaneStatus()
    status.running, status.following = True, False
    status.left_at = COUNT_SLICE_BYTES
    assert status.update(viewport, at_once=True)
    assert status.words.endswith("· ↓ 3 MiB new")
    count_all(document, lambda: False)
    assert status.update(viewport, at_once=True)
    assert status.words.endswith(f"· ↓ {3 * COUNT_SLICE_BYTES // len(LINE):,} new")


def test_lines_that_nobody_has_counted_are_not_said_to_be_none(tmp_path: Path) -> None:
    document = poured(tmp_path, 4 * COUNT_SLICE_BYTES)
    status = PaneStatus()
    assert status.update(viewport_of(document), at_once=True)
    assert status.words == "4 MiB"
