"""A list of items of which the older ones take little room. Pure.

A run may make an attempt at a step 50,000 times, and the host and each screen keep what
became of all of them. Few are looked at again: the older ones are kept packed.
"""

from __future__ import annotations

import marshal
import zlib
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, Generic, TypeVar

T = TypeVar("T")
Row = Sequence[Any]
"""An item's values, as `marshal` can hold them."""

BLOCK = 64
"""Items that are packed together. Of each step up to twice as many lie there at
length."""


class Packed(Generic[T]):
    """Items in the order in which they were appended."""

    __slots__ = ("_blocks", "_from_row", "_newest", "_part", "_to_row", "_unpacked")

    def __init__(
        self, to_row: Callable[[T], Row], from_row: Callable[[Row], T]
    ) -> None:
        """Begin with none.

        Args:
            to_row: an item's values.
            from_row: the item of such values, equal to what it was.
        """
        self._to_row = to_row
        self._from_row = from_row
        self._blocks: list[bytes] = []
        self._part = (b"", 0)
        """A block of another one, of which the first so many come after our own."""
        self._newest: list[T] = []
        """Those after that: less than two blocks of them, at length."""
        self._unpacked: tuple[bytes, Sequence[Row]] = (b"", ())
        """The block that was looked into last, and its rows."""

    def append(self, item: T) -> None:
        """Add an item."""
        self._newest.append(item)
        data, count = self._part
        if count + len(self._newest) >= 2 * BLOCK:
            newest = [*self._items(data, count), *self._newest]
            rows = [self._to_row(each) for each in newest[:BLOCK]]
            # By column, what changes little lies together.
            columns = marshal.dumps(list(zip(*rows, strict=True)))
            self._blocks.append(zlib.compress(columns))
            self._part, self._newest = (b"", 0), newest[BLOCK:]

    def __len__(self) -> int:
        return len(self._blocks) * BLOCK + self._part[1] + len(self._newest)

    def __getitem__(self, place: int) -> T:
        block, inside = divmod(place, BLOCK)
        if block < len(self._blocks):
            return self._from_row(self._rows(self._blocks[block])[inside])
        data, count = self._part
        inside = place - len(self._blocks) * BLOCK
        if inside < count:
            return self._from_row(self._rows(data)[inside])
        return self._newest[inside - count]

    def first(self, count: int) -> Iterator[T]:
        """So many items from the start."""
        return islice(self._all(), count)

    def _all(self) -> Iterator[T]:
        for block in self._blocks:
            yield from self._items(block, BLOCK)
        yield from self._items(*self._part)
        yield from self._newest

    def fork(self, count: int) -> Packed[T]:
        """Another one with so many items from the start; nothing is unpacked."""
        new = Packed(self._to_row, self._from_row)
        whole = min(count // BLOCK, len(self._blocks))
        new._blocks = self._blocks[:whole]
        rest = count - whole * BLOCK
        if whole < len(self._blocks):
            new._part = (self._blocks[whole], rest)
        else:
            data, there = self._part
            new._part = (data, min(there, rest))
            new._newest = self._newest[: max(0, rest - there)]
        return new

    def _items(self, data: bytes, count: int) -> Iterator[T]:
        """So many items of a block."""
        return map(self._from_row, self._rows(data)[:count])

    def _rows(self, data: bytes) -> Sequence[Row]:
        if not data:
            return ()
        last, rows = self._unpacked
        if last is not data:
            # Our own bytes, which never left this process.
            columns = marshal.loads(zlib.decompress(data))  # noqa: S302  # nosec B302
            rows = tuple(zip(*columns, strict=True))
            # One assignment: a thread may look, too.
            self._unpacked = data, rows
        return rows
