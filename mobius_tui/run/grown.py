"""A sequence that only grows at its end, and whose every version stays as it was. Pure.

A tuple that grows is copied whole for each new item: 100,000 notes would be copied five
billion times. Versions of this one share what they have in common.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Any, Generic, Protocol, Self, TypeVar, overload

T = TypeVar("T")


class Store(Protocol[T]):
    """Where versions keep what they share."""

    def append(self, item: T, /) -> None:
        """Add an item."""

    def first(self, count: int, /) -> Iterator[T]:
        """So many items from the start."""

    def fork(self, count: int, /) -> Store[T]:
        """Another store with so many items from the start, to go on by itself."""

    def __len__(self) -> int: ...
    def __getitem__(self, place: int, /) -> T: ...


class Plain(list[T]):
    """A store that is a list."""

    __slots__ = ()

    def first(self, count: int, /) -> Iterator[T]:
        """So many items from the start."""
        return islice(self, count)

    def fork(self, count: int, /) -> Store[T]:
        """Another one with so many items from the start."""
        return Plain(self[:count])


class Grown(Sequence[T], Generic[T]):
    """Items in the order in which they came; equal to a tuple of the same items.

    All but the last item lie in a store that newer versions go on with. The last is a
    version's own, so that it can be put right without touching what older ones hold.
    """

    __slots__ = ("_before", "_last", "_shared")

    def __init__(
        self,
        shared: Store[T] | None = None,
        before: int = 0,
        last: tuple[T, ...] = (),
    ) -> None:
        """Begin empty; the rest is for newer versions.

        Args:
            shared: a store that other versions hold, too.
            before: how many of its items are this version's.
            last: the item after them.
        """
        self._shared: Store[T] = self._store() if shared is None else shared
        self._before = before
        self._last = last

    @staticmethod
    def _store() -> Store[T]:
        """An empty store."""
        return Plain()

    def plus(self, item: T) -> Self:
        """This sequence and one more item."""
        if not self._last:
            return type(self)(last=(item,))
        shared = self._shared
        if len(shared) != self._before:  # a newer version went on with it: a fork
            shared = shared.fork(self._before)
        shared.append(self._last[0])
        return type(self)(shared, self._before + 1, (item,))

    def amended(self, item: T) -> Self:
        """This sequence with another last item.

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
        if isinstance(other, Grown):
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
        return f"Grown({list(self)!r})"


NONE_YET: Grown[Any] = Grown()
"""No items; what is grown from it is of a kind."""
