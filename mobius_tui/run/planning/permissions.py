"""Whether an action may be done now: one decision for the host and for screens. Pure.

The host refuses by it, screens offer and explain by it, and lines of a terminal speak
by it. The rules are in the modules `*_permissions.py` and `improvisation.py` beside it:
a function for each action, which raises where it may not be done.
"""

from __future__ import annotations

from typing import assert_never

from mobius_tui.run.intents.control_protocol import NO_HOST_REPLY_TEXT
from mobius_tui.run.intents.intent_actions import (
    Action,
    AddNote,
    ApproveStep,
    ArmWatch,
    AskApproval,
    BeginRollback,
    ChooseOptions,
    DenyApproval,
    DisarmWatch,
    DropMessages,
    EndRun,
    EnterPhase,
    GiveHint,
    GiveSecrets,
    GoOnWithout,
    HoldRollback,
    ImproviseStep,
    ListOptions,
    LookFirst,
    OverrideStep,
    ReleaseBatch,
    ReleaseHost,
    ReopenRun,
    ResendMessages,
    RestoreStep,
    RetryStep,
    SendMessageOfStep,
    SettleHost,
    SetVariables,
    SkipStep,
    StartAutomatic,
    StartStep,
    StopStep,
    TickStep,
    TouchSite,
    UndoSteps,
)
from mobius_tui.run.planning import (
    approval_permissions,
    improvisation,
    message_permissions,
    run_permissions,
    step_permissions,
    watch_permissions,
)
from mobius_tui.run.planning.situation import (
    ALLOWED,
    NotPermittedError,
    Permission,
    RefusalCode,
    Refused,
    Situation,
)


def decide(action: Action, situation: Situation) -> Permission:
    """Whether an action may be done now, and why not.

    Args:
        action: with all that a person is asked for.
        situation: the run, and who asks.
    """
    try:
        require(action, situation)
    except NotPermittedError as error:
        return error.refused
    return ALLOWED


def decide_offer(action: Action, situation: Situation) -> Permission:
    """Whether an action may be begun: what a person is still asked for may be missing.

    Where it is allowed, the same action is allowed once that is filled in.

    Args:
        action: as far as it is known before a dialog is opened.
        situation: the run, and who asks.
    """
    permission = decide(action, situation)
    if isinstance(permission, Refused) and permission.code is RefusalCode.UNFILLED:
        return ALLOWED
    return permission


def require(action: Action, situation: Situation) -> None:
    """Raise unless an action may be done now.

    Raises:
        NotPermittedError: it may not; its words say why.
    """
    if not situation.has_host and not isinstance(action, StopStep | ReopenRun):
        raise NotPermittedError(RefusalCode.NO_HOST, NO_HOST_REPLY_TEXT)
    if situation.state.is_reopened:
        run_permissions.require_fits_reopened_run(action, situation)
    match action:
        case StartStep() | RetryStep():
            step_permissions.require_may_start(action, situation)
        case ImproviseStep():
            improvisation.require_may_improvise(action, situation)
        case StopStep():
            step_permissions.require_may_stop(action, situation)
        case TickStep():
            step_permissions.require_may_tick(action, situation)
        case ChooseOptions():
            step_permissions.require_may_choose(action, situation)
        case ListOptions():
            step_permissions.require_may_list_options(action, situation)
        case LookFirst():
            step_permissions.require_may_look_first(action, situation)
        case SkipStep():
            step_permissions.require_may_skip(action, situation)
        case RestoreStep():
            step_permissions.require_may_restore(action, situation)
        case OverrideStep():
            step_permissions.require_may_override(action, situation)
        case ReleaseBatch():
            step_permissions.require_may_release_batch(action, situation)
        case SettleHost():
            step_permissions.require_may_settle_host(action, situation)
        case SetVariables():
            run_permissions.require_may_set_variables(action, situation)
        case GiveSecrets():
            run_permissions.require_may_give_secrets(action, situation)
        case GoOnWithout():
            run_permissions.require_may_go_on_without(action, situation)
        case AddNote():
            run_permissions.require_may_add_note(action, situation)
        case EnterPhase():
            run_permissions.require_may_enter_phase(action, situation)
        case UndoSteps():
            run_permissions.require_may_undo(action, situation)
        case ReopenRun():
            run_permissions.require_may_reopen(action, situation)
        case StartAutomatic():
            run_permissions.require_may_start_automatic(action, situation)
        case EndRun():
            run_permissions.require_may_end_run(action, situation)
        case ReleaseHost():
            run_permissions.require_may_release_host(action, situation)
        case SendMessageOfStep():
            message_permissions.require_may_send(action, situation)
        case ResendMessages():
            message_permissions.require_may_resend(action, situation)
        case DropMessages():
            message_permissions.require_may_drop(action, situation)
        case AskApproval():
            approval_permissions.require_may_ask_approval(action, situation)
        case ApproveStep():
            approval_permissions.require_may_approve(action, situation)
        case DenyApproval():
            approval_permissions.require_may_deny(action, situation)
        case ArmWatch():
            watch_permissions.require_may_arm(action, situation)
        case DisarmWatch():
            watch_permissions.require_may_disarm(action, situation)
        case HoldRollback():
            watch_permissions.require_may_hold(action, situation)
        case BeginRollback():
            watch_permissions.require_may_begin_rollback(action, situation)
        case GiveHint():
            watch_permissions.require_may_give_hint(action, situation)
        case TouchSite():
            watch_permissions.require_may_touch_site(action, situation)
        case _:
            assert_never(action)
