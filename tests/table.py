"""A table of one-liners is one test: each test more is collected by every worker."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any


def each_row(
    names: str | tuple[str, ...], rows: Iterable[Any] | Callable[[], Iterable[Any]]
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make one test of a function and a table, as `parametrize` makes many.

    It is for what is computed and leaves nothing: all rows are tried in one go, and
    share what the test takes besides.

    Args:
        names: what the function calls the values of a row, or the one value.
        rows: the table, or what makes it as the test begins: a row is a tuple, or the
            value where there is one name.

    Raises:
        ExceptionGroup: by the test, with what each row that fails came to.
    """
    words = names.split(", ") if isinstance(names, str) else names

    def of(test: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(test)
        def all_rows(**shared: Any) -> None:
            failed, table = [], list(rows() if callable(rows) else rows)
            assert table, "a table without rows tries nothing"
            for row in table:
                values = row if len(words) > 1 else (row,)
                try:
                    test(**dict(zip(words, values, strict=True)), **shared)
                except Exception as error:  # noqa: BLE001 - the others are tried
                    error.add_note(f"in the row {row!r}")
                    failed.append(error)
            if failed:
                many = f"{len(failed)} of {len(table)} rows"
                raise ExceptionGroup(many, failed)

        own = inspect.signature(test)
        left = [each for name, each in own.parameters.items() if name not in words]
        all_rows.__signature__ = own.replace(parameters=left)  # type: ignore[attr-defined]
        return all_rows

    return of
