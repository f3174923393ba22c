"""What a host can be asked for, and by whom."""

from __future__ import annotations

from mobius_tui.run.intents.intent_actions import (
    ACTIONS,
    Action,
    ApproveStep,
    DenyApproval,
    GoOnWithout,
    ImproviseStep,
    StartAutomatic,
    intent_refusal,
)
from tests.table import each_row


@each_row("kind", ACTIONS)
def test_what_a_group_may_ask_for(kind: type[Action]) -> None:
    approves = kind in (ApproveStep, DenyApproval)
    assert bool(intent_refusal(kind, share_control=False)) is not approves
    assert bool(intent_refusal(kind, share_control=True)) is (
        kind in (StartAutomatic, ImproviseStep, GoOnWithout)
    )
