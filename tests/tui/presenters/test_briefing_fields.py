"""The briefing says who else will see the run, before it begins."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mobius_tui.tui.presenters.briefing_fields import summary
from tests.tui import briefings


@pytest.mark.parametrize(
    ("group", "acts", "said"),
    [
        (None, False, None),
        ("ops", False, "group ops may read it, and approve"),
        ("ops", True, "group ops may read it, approve, and act on it"),
    ],
)
def test_a_group_that_may_read_or_act_is_named(
    group: str | None, acts: bool, said: str | None
) -> None:
    briefing = replace(briefings.drill(), share=group, share_control=acts)
    found = {field.label: field.content.plain for field in summary(briefing)}
    assert found.get("shared") == said
