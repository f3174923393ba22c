"""Every page below a folder is imported, and what came of it is held to its goals.

`python -m tests.acceptance.pages DIR` says how many pages crash `import` or are refused
and why, which words are lost, which scripts bash does not read or still have a
placeholder, and which labels are lower than what the script does. It exits 1 where a
goal is missed. `--show 5` prints examples of each kind.
`python -m tests.acceptance.made_pages DIR` writes such pages, where none are at hand.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mobius_tui.sanitize import line
from tests.acceptance.page_faults import CONVERTER, Judged
from tests.acceptance.page_workers import Judges, Page
from tests.waiting import PATIENCE

MOST_REFUSED = 0.02
"""The share of scripts that bash may not read, though it reads what the page has."""
MOST_LEFT = 0.02
"""The share of scripts in which a placeholder may be left."""
SECONDS = 60.0
"""For 1,000 pages; fewer than 100 have the time of 100."""


@dataclass(kw_only=True, slots=True)
class Sums:
    """What came of all pages."""

    pages: list[Judged] = field(default_factory=list)
    seconds: float = 0.0

    def number(self, what: str) -> int:
        """The sum of a figure, or of how many there are of a kind."""
        found = (getattr(page, what) for page in self.pages)
        return sum(each if isinstance(each, int) else len(each) for each in found)

    def share(self, what: str, of: str = "scripts") -> float:
        """How large a part one figure is of another."""
        return self.number(what) / max(1, self.number(of))

    def examples(self, what: str) -> Iterator[str]:
        """Each of a kind, with its page."""
        for page in self.pages:
            found = getattr(page, what)
            for each in [found] if isinstance(found, str) else found:
                if each:
                    yield f"{page.name}: {each}"

    def missed(self) -> Iterator[str]:
        """The goals that are missed."""
        allowed = SECONDS / 1000 * max(100, len(self.pages))
        goals = {
            "crashes": any(page.crash for page in self.pages),
            "words lost": self.number("lost_words") > 0,
            "labels too low": self.number("low") > 0,
            "refused by bash": self.share("refuses") >= MOST_REFUSED,
            "placeholders left": self.share("left") >= MOST_LEFT,
            "time": self.seconds > allowed,
        }
        yield from (name for name, is_missed in goals.items() if is_missed)


def pages_below(folder: Path) -> list[Page]:
    """The pages of a folder, in the order of their names."""
    found = sorted(path for path in folder.rglob("*.md") if path.is_file())
    return [(path, str(path.relative_to(folder))) for path in found]


def campaign(
    pages: list[Page],
    *,
    workers: int,
    converter: str = CONVERTER,
    limit: float = PATIENCE,
) -> Sums:
    """Import all pages.

    Args:
        pages: the files.
        workers: how many processes.
        converter: makes the runbooks, as `module:function`.
        limit: seconds that a page may take.
    """
    judges = Judges(workers=workers, converter=converter, limit=limit)
    sums = Sums()
    sums.pages = sorted(judges.all_of(pages), key=lambda page: page.name)
    sums.seconds = time.monotonic() - judges.began
    return sums


def told(sums: Sums) -> Iterator[str]:
    """The figures, a line each, for a person."""
    count = len(sums.pages)
    slowest = max(sums.pages, key=lambda page: page.seconds)
    yield (
        f"{count} pages in {sums.seconds:.1f} s, {count / sums.seconds:.0f} a second; "
        f"the slowest took {slowest.seconds:.2f} s: {slowest.name}"
    )
    crashed = sum(bool(page.crash) for page in sums.pages)
    yield f"{'crashes':18} {crashed:>7}"
    reasons = Counter(_reason(page) for page in sums.pages if page.refused)
    yield f"{'refused':18} {sum(reasons.values()):>7} pages"
    for reason, times in reasons.most_common():
        yield f"{'':18} {times:>7} {reason}"
    bereft = sum(bool(page.lost) for page in sums.pages)
    words, lost = sums.number("words"), sums.number("lost_words")
    yield f"{'words lost':18} {lost:>7} of {words}, on {bereft} pages"
    scripts = sums.number("scripts")
    for name, what, more in (
        ("placeholders left", "left", ""),
        ("refused by bash", "refuses", ""),
        ("", "refuses_page", ", as what the page has is"),
        ("labels too low", "low", ""),
    ):
        part = f"{sums.number(what):>7} of {scripts} scripts ({sums.share(what):.1%})"
        yield f"{name:18} {part}{more}"
    yield f"{'titles repeated':18} {sums.number('repeated'):>7} within a phase"
    manual, steps = sums.number("manual"), sums.number("steps")
    share = sums.share("manual", "steps")
    yield f"{'manual steps':18} {manual:>7} of {steps} ({share:.1%})"


def _reason(page: Judged) -> str:
    """Why a page was refused, without its figures."""
    return line(re.sub(r"\d+", "N", page.refused))


def examples(sums: Sums, most: int) -> Iterator[str]:
    """So many of each kind of fault, and the end of what a crash says."""
    for what, name in (
        ("crash", "crashes"),
        ("refused", "refused"),
        ("lost", "words lost"),
        ("left", "placeholders left"),
        ("refuses", "refused by bash"),
        ("refuses_page", "refused by bash, as what the page has is"),
        ("low", "labels too low"),
        ("repeated", "titles repeated"),
    ):
        found = list(sums.examples(what))
        if found:
            yield f"-- {name}"
        for each in found[:most]:
            yield line(each if what != "crash" else _end_of(each))


def _end_of(crash: str) -> str:
    """Where it happened, and what: the last lines of a traceback."""
    first, *rows = crash.strip().split("\n")
    return " | ".join([first, *(row.strip() for row in rows[-3:])])


def shown(sums: Sums, most: int) -> tuple[list[str], int]:
    """What is printed, and the exit code."""
    missed = list(sums.missed())
    rows: list[str] = [*told(sums), *(examples(sums, most) if most else ())]
    rows.append(f"missed: {', '.join(missed)}" if missed else "all goals are met")
    return rows, 1 if missed else 0


def main(arguments: Iterable[str] | None = None) -> int:
    """From the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--show", type=int, default=0, metavar="N", help="examples")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--limit", type=float, default=PATIENCE, help="seconds a page")
    parser.add_argument("--converter", default=CONVERTER, metavar="MODULE:FUNCTION")
    options = parser.parse_args(None if arguments is None else list(arguments))
    pages = pages_below(options.folder)
    if not pages:
        parser.error(f"there is no *.md below {options.folder}")
    sums = campaign(
        pages,
        workers=options.workers,
        converter=options.converter,
        limit=options.limit,
    )
    rows, code = shown(sums, options.show)
    print("\n".join(rows))
    return code


if __name__ == "__main__":
    sys.exit(main())
