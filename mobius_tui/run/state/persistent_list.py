"""Append-only lists with immutable versions; one packs its older items. Pure."""

from __future__ import annotations

import marshal
import zlib
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice, starmap
from typing import Any, Generic, Protocol, Self, TypeVar, overload

from mobius_tui.health.health_history import compress

T = TypeVar("T")


class ListStore(Protocol[T]):
    """The storage that the versions of a persistent list share."""

    def append(self, item: T, /) -> None:
        """Add an item."""

    def first(self, count: int, /) -> Iterator[T]:
        """The first `count` items."""

    def fork(self, count: int, /) -> ListStore[T]:
        """Another store that begins with the first `count` items."""

    def __len__(self) -> int: ...
    def __getitem__(self, place: int, /) -> T: ...


class PlainStore(list[T]):
    """A store that is a list."""

    __slots__ = ()

    def first(self, count: int, /) -> Iterator[T]:
        """The first `count` items."""
        return islice(self, count)

    def fork(self, count: int, /) -> ListStore[T]:
        """Another store that begins with the first `count` items."""
        return PlainStore(self[:count])


class PersistentList(Sequence[T], Generic[T]):
    """Items in the order in which they were appended; equal to a tuple of the same.

    All but the last item are in a store that newer versions share. The last belongs to
    the version, so that it can be replaced without a change to older versions.
    """

    __slots__ = ("_before", "_last", "_shared")

    def __init__(
        self,
        shared: ListStore[T] | None = None,
        before: int = 0,
        last: tuple[T, ...] = (),
    ) -> None:
        """Begin empty; the rest is for newer versions.

        Args:
            shared: a store that other versions hold, too.
            before: how many of its items are this version's.
            last: the item after them.
        """
        self._shared: ListStore[T] = self._store() if shared is None else shared
        self._before = before
        self._last = last

    @staticmethod
    def _store() -> ListStore[T]:
        """An empty store."""
        return PlainStore()

    def appended(self, item: T) -> Self:
        """This list and one more item."""
        if not self._last:
            return type(self)(last=(item,))
        shared = self._shared
        if len(shared) != self._before:  # a newer version went on with it: a fork
            shared = shared.fork(self._before)
        shared.append(self._last[0])
        return type(self)(shared, self._before + 1, (item,))

    def with_last(self, item: T) -> Self:
        """This list with another last item.

        Raises:
            IndexError: it is empty.
        """
        if not self._last:
            raise IndexError("there is no last item")
        return type(self)(self._shared, self._before, (item,))

    def __len__(self) -> int:
        return self._before + len(self._last)

    def __iter__(self) -> Iterator[T]:
        return chain(self._shared.first(self._before), self._last)

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[T, ...]: ...
    def __getitem__(self, place: int | slice) -> T | tuple[T, ...]:
        if isinstance(place, slice):
            return tuple(self[n] for n in range(*place.indices(len(self))))
        at = place + len(self) if place < 0 else place
        if at == self._before and self._last:
            return self._last[0]
        if not 0 <= at < self._before:
            raise IndexError(place)
        return self._shared[at]

    def __eq__(self, other: object) -> bool:
        if isinstance(other, PersistentList):
            same = self._shared is other._shared and self._before == other._before
            if same and self._last == other._last:
                return True
        elif not isinstance(other, tuple):
            return NotImplemented
        return len(self) == len(other) and all(
            mine == theirs for mine, theirs in zip(self, other, strict=True)
        )

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return f"PersistentList({list(self)!r})"


EMPTY_LIST: PersistentList[Any] = PersistentList()
"""No items; lists of any type of item are made from it."""


Packable = TypeVar("Packable")
PackableValues = Sequence[Any]
"""An item's values, as `marshal` can hold them."""

BLOCK_SIZE = 64
"""Items that are packed together. Of each list, up to twice as many are unpacked."""

_PackedItems = tuple[tuple[bytes, ...], tuple[bytes, int], list[Packable]]
"""(compressed full blocks, (a shared block, how many of its first items count), the
newest items, unpacked: fewer than two blocks).
"""


class PackedList(Generic[Packable]):
    """Items in the order in which they were appended."""

    __slots__ = ("_from_values", "_packed", "_to_values", "_unpacked")

    def __init__(
        self,
        to_values: Callable[[Packable], PackableValues],
        from_values: Callable[[PackableValues], Packable],
    ) -> None:
        """Begin with none.

        Args:
            to_values: an item's values.
            from_values: the item of such values, equal to what it was.
        """
        self._to_values = to_values
        self._from_values = from_values
        self._packed: _PackedItems[Packable] = (), (b"", 0), []
        self._unpacked: tuple[bytes, Sequence[PackableValues]] = (b"", ())
        """The block that was looked into last, and its rows."""

    def append(self, item: Packable) -> None:
        """Add an item."""
        blocks, (data, count), newest = self._packed
        newest.append(item)
        if count + len(newest) >= 2 * BLOCK_SIZE:
            newest = [*self._items(data, count), *newest]
            rows = [self._to_values(each) for each in newest[:BLOCK_SIZE]]
            # By columns: similar values lie together and compress better.
            columns = marshal.dumps(list(zip(*rows, strict=True)))
            blocks = (*blocks, compress(columns))
            # One assignment: a thread may look, too.
            self._packed = blocks, (b"", 0), newest[BLOCK_SIZE:]

    def __len__(self) -> int:
        blocks, (_, count), newest = self._packed
        return len(blocks) * BLOCK_SIZE + count + len(newest)

    def __getitem__(self, place: int) -> Packable:
        blocks, (data, count), newest = self._packed
        block, inside = divmod(place, BLOCK_SIZE)
        if block < len(blocks):
            return self._from_values(self._rows(blocks[block])[inside])
        inside = place - len(blocks) * BLOCK_SIZE
        if inside < count:
            return self._from_values(self._rows(data)[inside])
        return newest[inside - count]

    def first(self, count: int) -> Iterator[Packable]:
        """The first `count` items."""
        blocks, part, newest = self._packed
        packed = chain(((block, BLOCK_SIZE) for block in blocks), (part,))
        items = chain.from_iterable(starmap(self._items, packed))
        return islice(chain(items, newest), count)

    def fork(self, count: int) -> PackedList[Packable]:
        """Another list that begins with the first `count` items; unpacks nothing."""
        blocks, (data, there), newest = self._packed
        new = PackedList(self._to_values, self._from_values)
        whole = min(count // BLOCK_SIZE, len(blocks))
        rest = count - whole * BLOCK_SIZE
        if whole < len(blocks):
            new._packed = blocks[:whole], (blocks[whole], rest), []
        else:
            part, after = (data, min(there, rest)), max(0, rest - there)
            new._packed = blocks, part, newest[:after]
        return new

    def _items(self, data: bytes, count: int) -> Iterator[Packable]:
        """The first `count` items of a block."""
        return map(self._from_values, self._rows(data)[:count])

    def _rows(self, data: bytes) -> Sequence[PackableValues]:
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
