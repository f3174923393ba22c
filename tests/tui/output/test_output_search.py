"""Finding: the same hits as reading the whole text would give, in files of any size."""

from __future__ import annotations

import random
import re
import threading
import time
import tracemalloc
from pathlib import Path

import pytest

from mobius_tui.tui.output.output_document import (
    MAX_SHOWN_LINE_BYTES,
    OutputDocument,
    text_of,
)
from mobius_tui.tui.output.output_search import Search
from mobius_tui.tui.output.plain_text import TEXT_BLOCK_BYTES
from mobius_tui.tui.output.viewport import TextPlace
from tests.tui.output.panes import PIECES
from tests.waiting import PATIENCE


def counted(search: Search) -> Search:
    while search.count_some():
        pass
    assert search.is_done
    return search


def all_places(search: Search) -> list[TextPlace]:
    found: list[TextPlace] = []
    for block in range(-(-search.size // TEXT_BLOCK_BYTES)):
        found += search.places(block)
    return found


def by_reading(path: Path, wanted: str) -> list[TextPlace]:
    """Every hit in the text that the pane shows."""
    flags = 0 if wanted != wanted.lower() else re.IGNORECASE
    document = OutputDocument(path, None)
    document.refresh()
    document.scan(1 << 40)
    at, found = 0, []
    while at < document.size:
        line = document.line(at)
        found += [
            TextPlace(at, match.start())
            for match in re.finditer(re.escape(wanted), text_of(line), flags)
        ]
        at = line.after
    document.close()
    return found


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("wanted", ["error", "Error", "rro", "e", "k", "✔"])
def test_it_finds_what_reading_finds(tmp_path: Path, seed: int, wanted: str) -> None:
    path = tmp_path / "output"
    dice = random.Random(seed)
    path.write_bytes(b"".join(dice.choice(PIECES) for _ in range(150)))
    search = counted(Search(path, wanted, near=dice.randrange(path.stat().st_size)))
    expected = by_reading(path, wanted)
    assert all_places(search) == expected
    assert search.total == len(expected)
    if expected:
        assert [search.number(hit) for hit in expected[:20]] == list(
            range(1, len(expected[:20]) + 1)
        )
    search.close()


def test_from_hit_to_hit_both_ways_and_around(tmp_path: Path) -> None:
    path = tmp_path / "output"
    filler = b"nothing to see\n" * 40_000
    path.write_bytes(b"a hit\n" + filler + b"hit hit\n" + filler)
    search = counted(Search(path, "hit", near=0))
    middle = 6 + len(filler)
    hits = [TextPlace(0, 2), TextPlace(middle, 0), TextPlace(middle, 4)]
    at, seen = TextPlace(0, 0), []
    for _ in range(4):
        found = search.nearest(at, 1)
        assert found is not None
        seen.append(at := found)
    assert seen == [*hits, hits[0]]
    back = []
    for _ in range(3):
        found = search.nearest(at, -1)
        assert found is not None
        back.append(at := found)
    assert back == [hits[2], hits[1], hits[0]]
    search.close()


def test_what_is_not_counted_yet_is_counted_next(tmp_path: Path) -> None:
    path = tmp_path / "output"
    path.write_bytes((b"-" * 99 + b"\n") * 100_000 + b"hit\n")
    search = Search(path, "hit", near=0)
    assert search.nearest(TextPlace(0, 0), 1) is None
    steps = 0
    while (found := search.nearest(TextPlace(0, 0), -1)) is None:
        assert search.count_some()
        steps += 1
    assert found == TextPlace(10_000_000, 0)
    assert steps < 5
    assert search.number(found) is None
    assert counted(search).number(found) == 1
    search.close()


def test_what_is_appended_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "output"
    path.write_bytes(b"one hit\nhalf a hi")
    search = counted(Search(path, "hit", near=0))
    assert search.total == 1
    assert not search.grow()
    with path.open("ab") as file:
        file.write(b"t\n" + b"more\n" * 100_000 + b"hit")
    assert search.grow()
    assert counted(search).total == 3
    search.close()


def test_the_end_of_a_line_that_is_too_long_is_searched_again_when_it_grows(
    tmp_path: Path,
) -> None:
    path = tmp_path / "output"
    path.write_bytes(b"x" * 2 * (TEXT_BLOCK_BYTES + MAX_SHOWN_LINE_BYTES) + b"\rneedle")
    search = counted(Search(path, "needle", near=0))
    assert search.total == 1
    with path.open("ab") as file:
        file.write(b"\rneedle needle")
    assert search.grow()
    assert counted(search).total == 2
    search.close()


def test_what_was_printed_after_a_moment_is_not_searched(tmp_path: Path) -> None:
    path = tmp_path / "output"
    path.write_bytes(b"needle\n" * 10)
    search = counted(Search(path, "needle", near=0, limit=35))
    assert (search.size, search.total) == (35, 5)
    search.close()


def test_an_empty_file_has_none(tmp_path: Path) -> None:
    path = tmp_path / "output"
    path.touch()
    search = counted(Search(path, "x", near=0))
    assert search.nearest(TextPlace(0, 0), 1) is None
    assert search.total == 0
    search.close()
    assert not search.count_some()
    assert not search.grow()


def test_ten_gigabytes_take_no_memory_and_end_at_once(tmp_path: Path) -> None:
    path = tmp_path / "output"
    with path.open("wb") as file:
        file.write(b"first hit\n")
        file.truncate(10 << 30)
        file.seek(0, 2)
        file.write(b"\nlast hit\n")
    tracemalloc.start()
    search = Search(path, "hit", near=10 << 30)
    thread = threading.Thread(target=counted_until_closed, args=(search,))
    thread.start()
    deadline = time.monotonic() + PATIENCE
    while (found := search.nearest(TextPlace(10 << 30, 0), 1)) is None:
        assert time.monotonic() < deadline
    assert found.column == 5
    search.close()
    thread.join(60)
    assert not thread.is_alive()
    assert tracemalloc.get_traced_memory()[1] < 16 << 20
    tracemalloc.stop()


def counted_until_closed(search: Search) -> None:
    while search.count_some():
        pass
