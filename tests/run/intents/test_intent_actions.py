"""What a host can be asked for, and by whom."""

from __future__ import annotations

from mobius_tui.run.intents.action import Action
from mobius_tui.run.intents.approval_intents import ApproveStep, DenyApproval
from mobius_tui.run.intents.intent_actions import ACTIONS, PROTOCOL_VERSION
from mobius_tui.run.intents.permissions import intent_refusal
from mobius_tui.run.intents.run_intents import GoOnWithout, StartAutomatic
from mobius_tui.run.intents.step_intents import ImproviseStep
from tests.table import each_row


def test_every_action_is_found_by_its_name() -> None:
    """A class that no module of actions has, a host could not be asked for."""
    known = {*Action.__subclasses__()}
    for kind in tuple(known):
        if inner := kind.__subclasses__():
            known = known - {kind} | {*inner}
    assert known == set(ACTIONS)
    assert len({kind.__name__ for kind in ACTIONS}) == len(ACTIONS)
    assert max(kind.protocol for kind in ACTIONS) == PROTOCOL_VERSION


@each_row("kind", ACTIONS)
def test_an_action_is_whole(kind: type[Action]) -> None:
    """What it lacks, mypy finds in a class that nothing else is made of."""
    assert getattr(kind, "__final__", False)
    assert not getattr(kind.do, "__isabstractmethod__", False)


@each_row("kind", ACTIONS)
def test_what_a_group_may_ask_for(kind: type[Action]) -> None:
    approves = kind in (ApproveStep, DenyApproval)
    assert bool(intent_refusal(kind, share_control=False)) is not approves
    assert bool(intent_refusal(kind, share_control=True)) is (
        kind in (StartAutomatic, ImproviseStep, GoOnWithout)
    )
