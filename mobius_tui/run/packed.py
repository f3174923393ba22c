"""A list of items of which the older ones take little room. Pure.

A run may make an attempt at a step 50,000 times, and the host and each screen keep what
became of all of them. Few are looked at again: the older ones are kept packed.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, TypeVar

T = TypeVar("T")

BLOCK = 128
"""Items that are packed together. Of each step up to twice as many lie there at length.
A quarter of that took less memory, and a review ten times as long to any moment."""


class Packed(Generic[T]):
    """Items in the order in which they were appended."""

    __slots__ = ("_blocks", "_from_row", "_newest", "_place", "_to_row", "_unpacked")

    def __init__(
        self, to_row: Callable[[T], list[Any]], from_row: Callable[[list[Any]], T]
    ) -> None:
        """Begin with none.

        Args:
            to_row: an item's values, as JSON can hold them.
            from_row: the item of such values, equal to what it was.
        """
        self._to_row = to_row
        self._from_row = from_row
        self._blocks: list[bytes] = []
        self._newest: list[T] = []
        """Those after the last block: between one and two blocks of them, at length."""
        self._place = -1
        self._unpacked: tuple[T, ...] = ()
        """The block at that place, which was looked at last."""

    def append(self, item: T) -> None:
        """Add an item."""
        self._newest.append(item)
        if len(self._newest) == 2 * BLOCK:
            rows = [self._to_row(each) for each in self._newest[:BLOCK]]
            # By column, what changes little lies together.
            columns = json.dumps(list(zip(*rows, strict=True)), separators=(",", ":"))
            self._blocks.append(zlib.compress(columns.encode("utf-8", "surrogatepass")))
            del self._newest[:BLOCK]

    def __len__(self) -> int:
        return len(self._blocks) * BLOCK + len(self._newest)

    def __getitem__(self, place: int) -> T:
        block, inside = divmod(place, BLOCK)
        if block >= len(self._blocks):
            return self._newest[place - len(self._blocks) * BLOCK]
        return self._block(block)[inside]

    def first(self, count: int) -> Iterator[T]:
        """So many items from the start."""
        whole, rest = divmod(min(count, len(self._blocks) * BLOCK), BLOCK)
        for block in range(whole):
            yield from self._block(block)
        if rest:
            yield from self._block(whole)[:rest]
        yield from self._newest[: max(0, count - len(self._blocks) * BLOCK)]

    def fork(self, count: int) -> Packed[T]:
        """Another one with so many items from the start; whole blocks are shared."""
        new = Packed(self._to_row, self._from_row)
        whole = min(count // BLOCK, len(self._blocks))
        new._blocks = self._blocks[:whole]
        new._newest = [self[place] for place in range(whole * BLOCK, count)]
        return new

    def _block(self, place: int) -> Sequence[T]:
        if place != self._place:
            text = zlib.decompress(self._blocks[place]).decode("utf-8", "surrogatepass")
            rows = zip(*json.loads(text), strict=True)
            self._unpacked = tuple(self._from_row(list(row)) for row in rows)
            self._place = place
        return self._unpacked
