"""What format 2 makes of a table that leaves out its title or its id."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobius_tui.runbook.model.keys import ID_PATTERN
from mobius_tui.runbook.toml.derived_keys import (
    MAX_TITLE,
    derived_title,
    id_of,
    title_of,
)


@pytest.mark.parametrize(
    ("node", "title"),
    [
        ({"run": "systemctl restart api"}, "systemctl restart api"),
        (
            {"run": "\n\n  # Restart the API\nsystemctl restart api\n"},
            "Restart the API",
        ),
        ({"run": "#!/bin/bash\nset -e\n"}, "set -e"),
        ({"run": "#\n"}, "#"),
        ({"run": "rm -rf ${HOME}/x ${y:-z}"}, "rm -rf $HOME/x $y"),
        ({"run": "echo ${#x[@]} $${a"}, "echo $#x[@]} $$a"),
        ({"run": "a\tb"}, "a b"),
        ({"run": "x" * 100}, "x" * (MAX_TITLE - 1) + "…"),
        (
            {"manual": "**Call** the [duty desk](https://x.invalid/a).\nThen wait."},
            "Call the duty desk.",
        ),
        ({"run": ""}, ""),
        ({"run": 3}, ""),
        ({"check": {"run": "true"}}, ""),
    ],
)
def test_a_title_is_the_first_line_that_says_something(
    node: dict[str, object], title: str
) -> None:
    assert derived_title(node) == title
    assert title_of({**node, "title": "Own"}) == "Own"


@pytest.mark.parametrize(
    ("node", "name"),
    [
        ({"title": "Restart the API"}, "restart-the-api"),
        ({"title": "Überprüfen: Größe"}, "uberprufen-groe"),
        ({"title": "Restart ${service}"}, "restart-service"),
        ({"run": "echo ${x}"}, "echo-x"),
        ({"id": "own", "title": "Restart"}, "own"),
        ({"title": "再起動"}, ""),
        ({}, ""),
    ],
)
def test_an_id_is_made_of_the_title(node: dict[str, object], name: str) -> None:
    assert id_of(node) == name


@given(st.text(max_size=300), st.sampled_from(["title", "run", "manual"]))
def test_what_is_derived_fits(text: str, key: str) -> None:
    name = id_of({key: text})
    assert not name or ID_PATTERN.fullmatch(name)
    title = derived_title({key: text})
    assert len(title) <= MAX_TITLE
    assert "${" not in title
