"""Whether drills can be confined, as `doctor` says it."""

from __future__ import annotations

import sys

import pytest

from mobius_tui.confinement import launch
from mobius_tui.doctor.confining import confining_finding


def test_it_is_tried_and_said_either_way() -> None:
    found = confining_finding()
    works = launch.enclosing_way()[0]
    assert found.verdict == ("ok" if works else "note")
    assert (works or "does not work here") in found.words
    assert bool(found.remedy) is (works is None)


def test_where_the_system_has_no_way_it_is_no_trouble(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    launch.enclosing_way.cache_clear()
    monkeypatch.setattr(sys, "platform", "darwin")
    try:
        found = confining_finding()
    finally:
        launch.enclosing_way.cache_clear()
    assert found.verdict == "note"
    assert "Linux alone" in found.words
