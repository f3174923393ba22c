"""What a trigger begins: whether it can come to its end with nobody there."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.runbook.library.loader import examine, load
from mobius_tui.runbook.library.runbook_files import bundled_runbooks
from mobius_tui.runbook.model.runbook import Runbook
from mobius_tui.runbook.model.unattended import (
    KnownValues,
    known_at_start,
    unattended_stops,
)
from tests.paths import CASES
from tests.runbook.runbook_texts import Decoded

CASE = CASES / "authoring" / "armed.toml"
ASIDE = "id = 'auto'\ntitle = 'Auto'\naside = true\n"
RESTORE = "run = './restore.sh \"$backup\"'\n"


def book(*steps: str, phase: str = ASIDE, head: str = "") -> str:
    """A main line that finds the backup, and a phase that a trigger begins."""
    text = (
        f"{head}\n[health]\n[[health.probe]]\nid = 'api'\nurl = 'http://localhost/'\n"
        "[health.trigger]\nconsecutive_failures = 3\nthen = 'auto'\n"
        "[[phase]]\nid = 'main'\ntitle = 'Main'\n[[phase.step]]\nid = 'find'\n"
        "title = 'F'\nrun = './find.sh'\noutputs = ['backup', 'lag']\n"
        f"[[phase]]\n{phase}"
    )
    for number, step in enumerate(steps):
        text += f"[[phase.step]]\nid = 's{number}'\ntitle = 'S'\n{step}\n"
    return text


def stops(runbook: Runbook, known: KnownValues | None = None) -> list[tuple[str, str]]:
    known = known_at_start(runbook) if known is None else known
    found = unattended_stops(runbook, known, lambda step: step.id)
    return [(each.step.id, each.why) for each in found]


NO_BACKUP = "backup has no value: find, which gives it, is no part of it"
NOBODY = "which nobody goes on with: `aside = true`"
GIVES = "outputs = ['backup']\nrun = './find.sh'\n"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (book(RESTORE), [("s0", NO_BACKUP)]),
        (book(GIVES, RESTORE), []),
        (book("run = 'true'", RESTORE, "run = 'ls $backup'"), ["s1", "s2"]),
        (book(RESTORE, GIVES), []),  # what it waits for comes first
        (book(f"{RESTORE}gate = true", GIVES), ["s0"]),
        (book(RESTORE, f"{GIVES}needs = ['s0']"), ["s0"]),
        (book(RESTORE, head="[var.backup]\ndefault = '/b'"), []),
        (book(RESTORE, head="[var.backup]\nask = true"), []),
        (book(RESTORE, head="[var.backup]\nfrom_env = 'BACKUP'"), []),
        (book(RESTORE, head="[var.backup]\n[profile.p]\nbackup = '/b'"), []),
        (
            book("run = 'ls $place'", head="[var.place]"),
            [("s0", "place has no value, and nothing gives it one")],
        ),
        (book("run = 'true'\ncheck.file = { path = '${backup}' }"), ["s0"]),
        (
            book("run = 'true'\nneeds = ['find']"),
            [("s0", "it needs find, which is not done then")],
        ),
        (
            book(
                "run = 'true'\nneeds = ['find']",
                phase=f"{ASIDE}instead_of = ['main']\n",
            ),
            [],
        ),
        (book("run = 'true'\nwhen = { lag = '> 5' }"), ["s0"]),
        (book(GIVES, "run = 'true'\nwhen = { backup = 'x' }"), []),
        (
            book("run = 'true'", phase="id = 'auto'\ntitle = 'A'\n"),
            [("s0", f"its phase is on the main line, {NOBODY}")],
        ),
        (book("run = 'true'", phase=f"{ASIDE}attended = true\n"), ["s0"]),
    ],
)
def test_where_it_would_stop(
    text: str, found: list[str] | list[tuple[str, str]], decoded: Decoded
) -> None:
    seen = stops(decoded(text))
    if found and isinstance(found[0], str):
        assert [step for step, _ in seen] == found
    else:
        assert seen == found


@pytest.mark.parametrize(
    ("lag", "found"),
    [
        ("70", []),
        ("1", []),
        (
            "unknown",
            ["cannot be decided: lag is 'unknown', and > 5 wants a number"],
        ),
    ],
)
def test_a_guard_is_judged_by_what_is_known(
    lag: str, found: list[str], decoded: Decoded
) -> None:
    step = "run = 'true'\nwhen = { lag = '> 5' }\n"
    # What is passed over waits for nothing.
    reads = "" if lag == "unknown" else "uses = ['backup']\n" * (lag == "1")
    runbook = decoded(book(step + reads))
    known = KnownValues(
        names=frozenset({"lag"}), satisfied_steps=frozenset(), values={"lag": lag}
    )
    assert [why for _, why in stops(runbook, known)] == found


def test_what_is_done_by_then_stops_nothing(decoded: Decoded) -> None:
    runbook = decoded(book(f"{RESTORE}needs = ['find']"))
    assert len(stops(runbook)) == 1
    known = KnownValues(
        names=frozenset({"backup"}), satisfied_steps=frozenset({"find"})
    )
    assert stops(runbook, known) == []


def test_the_case_is_warned_of_in_its_place() -> None:
    _, problems = examine(CASE, thorough=True)
    (problem,) = (each for each in problems if each.code == "unattended")
    assert problem.line == 29
    assert "begins `auto`, and it stops here: backup has no value" in problem.message


@pytest.mark.parametrize("path", bundled_runbooks(), ids=lambda path: path.stem)
def test_a_bundled_runbook_needs_nobody(path: Path) -> None:
    assert stops(load(path)) == []
