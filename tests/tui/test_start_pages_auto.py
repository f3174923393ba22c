"""What a drill by itself was told beforehand holds for what it was told of."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.run.client.run_briefing import Briefing, prepare_briefing
from mobius_tui.run.events.mode_and_outcome import Mode
from mobius_tui.run.intents.run_intents import StartAutomatic
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.library.runbook_files import bundled_folder
from mobius_tui.structs import replace
from mobius_tui.tui.start_pages import auto_as_asked, auto_of_edited

CONFIRMED = StartAutomatic(manual="tick", confirmed=True)


@pytest.fixture
def ours(tmp_path: Path) -> Briefing:
    found = prepare_briefing(
        load(bundled_folder() / "mobius-prevention.toml"),
        given={},
        workdir=tmp_path,
        mode=Mode.DRILL,
        site=str(tmp_path),
    )
    return replace(found, site_addresses=frozenset(("127.0.0.1:21000",)))


def test_an_edited_runbook_is_not_confirmed_by_what_confirmed_the_bundled_one(
    ours: Briefing, tmp_path: Path
) -> None:
    assert auto_of_edited(CONFIRMED, ours, ours) == CONFIRMED
    edited = tmp_path / "mine.toml"
    edited.write_text(
        'format = 2\n[runbook]\ntitle = "X"\n[[step]]\ntitle = "A"\nrun = "rm /srv/x"\n'
    )
    theirs = replace(ours, runbook=load(edited))
    found = auto_of_edited(CONFIRMED, ours, theirs)
    assert found == replace(CONFIRMED, confirmed=False, manual="stop")
    assert auto_of_edited(CONFIRMED, theirs, theirs) == CONFIRMED, "that was asked"


def test_a_value_that_was_typed_meanwhile_is_not_either(ours: Briefing) -> None:
    found = auto_as_asked(CONFIRMED, ours, is_as_written=True)
    assert found is not None
    assert not found.confirmed
    assert auto_as_asked(CONFIRMED, ours, is_as_written=False) == CONFIRMED
    assert auto_as_asked(None, ours, is_as_written=True) is None
