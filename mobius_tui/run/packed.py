"""A list of items of which the older ones take little room. Pure.

A run may make an attempt at a step 50,000 times, and the host and each screen keep what
became of all of them. Few are looked at again: the older ones are kept packed.
"""

from __future__ import annotations

import marshal
import zlib
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice, starmap
from typing import Any, Generic, TypeVar

from mobius_tui.health.squeeze import squeezed

T = TypeVar("T")
Row = Sequence[Any]
"""An item's values, as `marshal` can hold them."""

BLOCK = 64
"""Items that are packed together. Of each step up to twice as many lie there at
length."""

_Held = tuple[tuple[bytes, ...], tuple[bytes, int], list[T]]
"""Whole blocks, a block of which the first so many come after them, and the items after
that, at length: fewer than two blocks of them."""


class Packed(Generic[T]):
    """Items in the order in which they were appended."""

    __slots__ = ("_from_row", "_held", "_to_row", "_unpacked")

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
        self._held: _Held[T] = (), (b"", 0), []
        self._unpacked: tuple[bytes, Sequence[Row]] = (b"", ())
        """The block that was looked into last, and its rows."""

    def append(self, item: T) -> None:
        """Add an item."""
        blocks, (data, count), newest = self._held
        newest.append(item)
        if count + len(newest) >= 2 * BLOCK:
            newest = [*self._items(data, count), *newest]
            rows = [self._to_row(each) for each in newest[:BLOCK]]
            # By column, what changes little lies together.
            columns = marshal.dumps(list(zip(*rows, strict=True)))
            blocks = (*blocks, squeezed(columns))
            # One assignment: a thread may look, too.
            self._held = blocks, (b"", 0), newest[BLOCK:]

    def __len__(self) -> int:
        blocks, (_, count), newest = self._held
        return len(blocks) * BLOCK + count + len(newest)

    def __getitem__(self, place: int) -> T:
        blocks, (data, count), newest = self._held
        block, inside = divmod(place, BLOCK)
        if block < len(blocks):
            return self._from_row(self._rows(blocks[block])[inside])
        inside = place - len(blocks) * BLOCK
        if inside < count:
            return self._from_row(self._rows(data)[inside])
        return newest[inside - count]

    def first(self, count: int) -> Iterator[T]:
        """So many items from the start."""
        blocks, part, newest = self._held
        packed = chain(((block, BLOCK) for block in blocks), (part,))
        items = chain.from_iterable(starmap(self._items, packed))
        return islice(chain(items, newest), count)

    def fork(self, count: int) -> Packed[T]:
        """Another one with so many items from the start; nothing is unpacked."""
        blocks, (data, there), newest = self._held
        new = Packed(self._to_row, self._from_row)
        whole = min(count // BLOCK, len(blocks))
        rest = count - whole * BLOCK
        if whole < len(blocks):
            new._held = blocks[:whole], (blocks[whole], rest), []
        else:
            part, after = (data, min(there, rest)), max(0, rest - there)
            new._held = blocks, part, newest[:after]
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
