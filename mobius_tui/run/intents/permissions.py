"""Whether an action may be done now: one decision for the host and for screens. Pure.

The host refuses by it, screens offer and explain by it, and lines of a terminal speak
by it. What holds for all actions stands here; the rest says each action itself, by its
`require_permitted`.
"""

from __future__ import annotations

from mobius_tui.run.intents.action import Action
from mobius_tui.run.planning.situation import (
    ALLOWED,
    NotPermittedError,
    Permission,
    RefusalCode,
    Refused,
    Situation,
)

NO_HOST_REPLY_TEXT = "no host runs this run; resume it to go on"
"""The text of the reply to an action for a run without a host."""


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
    if not situation.has_host and action.needs_host:
        raise NotPermittedError(RefusalCode.NO_HOST, NO_HOST_REPLY_TEXT)
    if situation.state.is_reopened and not _fits_reopened_run(action, situation):
        why = "this run had ended, and is open again to be undone: nothing else begins"
        raise NotPermittedError(RefusalCode.ONLY_UNDONE, why, why)
    action.require_permitted(situation)


def _fits_reopened_run(action: Action, situation: Situation) -> bool:
    """Whether an action fits a run that is open again to be undone."""
    if action.when_reopened != "on steps":
        return action.when_reopened == "always"
    step = getattr(action, "step", "")
    may_begin = situation.state.steps_allowed_when_reopened
    return step in may_begin or step not in situation.plan.steps


def intent_refusal(action: Action | type[Action], *, share_control: bool) -> str | None:
    """Why somebody other than the owner may not ask for it; None where they may.

    Args:
        action: what is asked for.
        share_control: whether the run is shared with `--share-control`.
    """
    if action.permitted_requester == "approvers":
        return None
    if action.permitted_requester == "owner":
        return (
            "only the run's owner makes it run by itself, improvises, or goes on "
            "without a secret"
        )
    if share_control:
        return None
    return (
        "this run is shared with you to read and to approve; with --share-control its "
        "owner would let you act on it"
    )
