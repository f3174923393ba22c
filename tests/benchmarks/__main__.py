"""`python -m tests.benchmarks [GROUP …]`: every figure beside its limit.

`python -m tests.benchmarks suite [ARGUMENT …]` prints what the tests themselves cost.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from tests.acceptance.campaigns import state_of_its_own
from tests.benchmarks import spine, suite
from tests.benchmarks.figures import Figure

Group = Callable[[float], Iterator[Figure]]
"""Given the gigabytes of a flood, takes its figures."""


def _screens(_gigabytes: float) -> Iterator[Figure]:
    from tests.benchmarks import screens
    from tests.benchmarks.fleet_screen import keys_among_hosts

    yield from _each(screens.first_paint, screens.long_paint, screens.quitting)
    yield from _each(screens.idle, keys_among_hosts)


def _floods(gigabytes: float) -> Iterator[Figure]:
    from tests.benchmarks import floods

    for measure in (floods.one, floods.four, floods.twelve, floods.slow):
        yield from _each(partial(measure, gigabytes=gigabytes))


def _opened(gigabytes: float) -> Iterator[Figure]:
    from tests.benchmarks.opened import opened

    yield from _each(partial(opened, gigabytes=gigabytes))


def _spine(_gigabytes: float) -> Iterator[Figure]:
    yield from spine.all_figures()


def _health(_gigabytes: float) -> Iterator[Figure]:
    from tests.benchmarks.backtests import backtest
    from tests.benchmarks.beat import beside_httpx, on_the_beat

    yield from _each(backtest, beside_httpx, on_the_beat)


def _review(_gigabytes: float) -> Iterator[Figure]:
    from tests.benchmarks.many_runs import statistics_of_runs
    from tests.benchmarks.review import looking_back

    yield from _each(looking_back, statistics_of_runs)


def _fleet(_gigabytes: float) -> Iterator[Figure]:
    from tests.benchmarks.fleet import many_hosts

    yield from _each(many_hosts)


GROUPS: Mapping[str, Group] = {
    "spine": _spine,
    "screens": _screens,
    "floods": _floods,
    "opened": _opened,
    "health": _health,
    "review": _review,
    "fleet": _fleet,
}


def _each(*measures: Callable[[Path], Iterator[Figure]]) -> Iterator[Figure]:
    """The figures of each, with a state directory that nothing is left of."""
    for measure in measures:
        with state_of_its_own("mobius-bench-") as folder:
            yield from measure(folder)


def main() -> int:
    """Print the figures; 1 when one is over its limit."""
    if sys.argv[1:2] == ["suite"]:
        return suite.main(sys.argv[2:])
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=", ".join(GROUPS))
    parser.add_argument(
        "--gigabytes", type=float, default=3.0, help="of a flood; fewer for a look"
    )
    options = parser.parse_args()
    strange = [name for name in options.groups if name not in GROUPS]
    if strange:
        parser.error(f"there is no group {strange[0]}; there are {', '.join(GROUPS)}")
    free = shutil.disk_usage(tempfile.gettempdir()).free
    if free < 6e9 * options.gigabytes:
        parser.error(f"{free / 1e9:.0f} GB are free: too few; ask for fewer gigabytes")
    spine.FLOOD = int(1e9 * options.gigabytes)
    over = 0
    for name in options.groups or GROUPS:
        for figure in GROUPS[name](options.gigabytes):
            print(figure.line(), flush=True)
            over += not figure.holds
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
