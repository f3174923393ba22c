"""The text that leaves the pane is the text that it shows."""

from __future__ import annotations

import os
import random
from functools import partial
from pathlib import Path

import pytest

from mobius_tui.tui.output.line_layout import hidden_bytes_note
from mobius_tui.tui.output.output_document import OutputDocument, text_of
from mobius_tui.tui.output.plain_text import TEXT_BLOCK_BYTES, pieces_of_shown_text
from tests.tui.output.panes import PIECES


def as_shown(path: Path) -> list[str]:
    document = OutputDocument(path, None)
    document.refresh()
    document.scan(1 << 40)
    at, found = 0, []
    while at < document.size:
        line = document.line(at)
        found.append(text_of(line) + hidden_bytes_note(line))
        at = line.after
    document.close()
    return found


@pytest.mark.parametrize("seed", range(8))
def test_it_is_what_is_shown(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    path = tmp_path / "output"
    data = b"".join(dice.choice(PIECES) for _ in range(300))
    path.write_bytes(data)
    descriptor = os.open(path, os.O_RDONLY)
    text = "".join(pieces_of_shown_text(partial(os.pread, descriptor), 0, len(data)))
    os.close(descriptor)
    assert text.removesuffix("\n").split("\n") == as_shown(path)
    assert len(data) > TEXT_BLOCK_BYTES
