"""What an improvised command is judged to do, and what it is called."""

from __future__ import annotations

import pytest

from mobius_tui.run.planning.improvisation import improvised_event, judged_effects
from mobius_tui.run.planning.plan import Plan
from tests.conftest import MakeRunbook

BOOK = """
format = 2
[runbook]
title = "X"
[commands]
"./status.sh" = "read"
[[step]]
id = "one"
title = "One"
run = "systemctl restart db && ./wipe.sh --all"
effect = "destroy"
[[step]]
id = "two"
title = "Two"
run = "curl --get http://127.0.0.1/drop"
effect = "change"
"""


@pytest.mark.parametrize(
    ("script", "effect"),
    [
        ("./status.sh", "read"),
        ("echo $PATH | sort", "read"),
        ("./other.sh", "change"),  # nobody knows what it does
        ("./wipe.sh --none", "destroy"),  # the step that runs it destroys
        ("systemctl restart db", "destroy"),  # as the step has it, word for word
        ("systemctl restart web", "change"),
        ("rm -rf x", "destroy"),
        ("curl --get http://127.0.0.1/drop # as two does", "change"),
        ("curl --get http://127.0.0.1/show", "read"),
        ("", "read"),
    ],
)
def test_a_command_does_what_is_judged_and_no_less_than_the_steps_that_have_it(
    make_runbook: MakeRunbook, script: str, effect: str
) -> None:
    assert judged_effects(script, make_runbook(BOOK)).effect == effect


def test_it_has_the_title_of_its_first_line_and_an_id_of_its_own(
    make_runbook: MakeRunbook,
) -> None:
    plan = Plan(make_runbook(BOOK))
    event = improvised_event(
        plan, script="\necho ${HOME}\nls\n", after="three", by="ana"
    )
    assert (event.step, event.title) == ("improvised--1", "echo ${HOME}")
    assert event.after is None, "there is no such step"
