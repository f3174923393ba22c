"""A probe filled in."""

from __future__ import annotations

import pytest

from mobius_tui.errors import RunError
from mobius_tui.health.probe_target import fill_probe
from mobius_tui.runbook.model.probes import Probe


def fill(text: str) -> str:
    return text.replace("${x}", "value")


def test_every_text_is_filled_in() -> None:
    found = fill_probe(
        Probe(
            id="api",
            url="http://${x}/",
            timeout="1s500ms",
            headers={"A": "${x}"},
            json={"a": ("${x}", {"b": "${x}"}, 1)},
            pointers={"/a": ("= ${x}", "1")},
            contains="${x}",
            ca="${x}.pem",
        ),
        fill,
    )
    assert (found.url, found.timeout) == ("http://value/", 1.5)
    assert found.headers == {"A": "value"}
    assert found.json == {"a": ("value", {"b": "value"}, 1)}
    assert found.pointers == {"/a": ("= value", "1")}
    assert (found.contains, found.ca) == ("value", "value.pem")


def test_a_text_to_look_for_that_is_empty_would_be_in_every_answer() -> None:
    with pytest.raises(RunError, match="probe api: `contains` is empty once"):
        fill_probe(
            Probe(id="api", url="http://h/", contains="${x}"),
            lambda text: text.replace("${x}", ""),
        )


def test_a_time_out_that_is_none_names_its_probe() -> None:
    with pytest.raises(RunError, match="probe api: `timeout`: 'value' is no duration"):
        fill_probe(Probe(id="api", url="http://h/", timeout="${x}"), fill)
