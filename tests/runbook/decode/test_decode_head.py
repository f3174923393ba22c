"""What `[runbook]` says of a runbook."""

from __future__ import annotations

from tests.runbook.runbook_texts import Decoded, Pointed

HEAD = "format = 2\n[runbook]\ntitle = 'Move the database'\n"
STEP = "[[step]]\nrun = 'true'\n"
OLD = (
    "format = 1\n[runbook]\nid = 'x'\ntitle = 'X'\n«mode = 'maintenance'\n"
    "[[phase]]\nid = 'p'\ntitle = 'P'\n"
    "[[phase.step]]\nid = 's'\ntitle = 'S'\nrun = 'true'\n"
)


def test_what_its_runs_are_for(decoded: Decoded) -> None:
    assert decoded(HEAD + STEP).mode == "incident"
    assert decoded(f"{HEAD}mode = 'maintenance'\n{STEP}").mode == "maintenance"


def test_a_drill_is_what_drill_makes_and_format_1_knows_no_mode(
    pointed: Pointed,
) -> None:
    (drill,) = pointed(f"{HEAD}«mode = 'drill'\n{STEP}")
    (early,) = pointed(OLD)
    assert drill == ("error", "`mode` is one of incident, maintenance")
    assert early[1].startswith("`mode` is of format 2; ")
