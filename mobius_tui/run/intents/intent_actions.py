"""What can be asked of a run's host: a class for each action. Pure.

Each has exactly the fields that it needs. Texts that go on record are called `reason`,
`note` or `text`, in each of them: values of secrets are taken out of these. A field
that a dialog asks for has a default, so that an action can be judged before it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal, get_args

from msgspec import field

from mobius_tui.json_border import Integer, JsonObject, Number
from mobius_tui.run.events.run_events import FacilitatorAct
from mobius_tui.run.events.secret_rule import SecretRule

PROTOCOL_VERSION = 5
"""Version of the protocol between viewers and hosts. It is raised when an action, or a
field of one, is added, renamed or removed. Version 1 sent no number."""
PermittedRequester = Literal["approvers", "group", "owner"]
"""Who may ask for an action, beside the run's owner: whoever may approve; the group of
a run that is shared to be acted on; nobody else."""
FREE_TEXT_FIELDS = ("reason", "note", "text")
"""The fields of actions that hold what a person wrote, and that go on record."""
_SECRET_RULES: Mapping[str, SecretRule] = {
    **dict.fromkeys(FREE_TEXT_FIELDS, SecretRule.WORDS),
    **dict.fromkeys(("answers", "values"), SecretRule.ANSWERS),
    **dict.fromkeys(("confirm", "binding"), SecretRule.COMPARED),
}
"""By name of a field of actions, what becomes of it if it holds a secret."""


def secret_rule_of_field(name: str) -> SecretRule:
    """What becomes of a field of an action that holds a secret; refused by default."""
    return _SECRET_RULES.get(name, SecretRule.KEPT)


class BaseAction(JsonObject, frozen=True):
    """Base of all actions, with the defaults of what an action may override."""

    never_late: ClassVar[bool] = False
    """Whether the host does it however old it is, since it begins nothing."""
    permitted_requester: ClassVar[PermittedRequester] = "group"
    """Who may ask for it, beside the run's owner."""


class StartStep(BaseAction, frozen=True, kw_only=True):
    """Begin a pending step: a script, a check or a watch over health.

    It is not the first attempt where the step has become pending again, as in a phase
    that is entered again. What has ended needs `RetryStep`.
    """

    step: str
    attempt: Integer
    """The number of the attempt to be made: a repeat, or a late one, is refused."""
    confirm: str = ""
    """The word that confirms what destroys, as typed."""


class RetryStep(BaseAction, frozen=True, kw_only=True):
    """Begin another attempt at a script, a check or a watch over health."""

    step: str
    attempt: Integer
    """The number of the attempt to be made."""
    confirm: str = ""
    """The word that confirms what destroys, as typed."""


class ImproviseStep(BaseAction, frozen=True, kw_only=True):
    """Run a command that is in no step, as a step of its own."""

    permitted_requester: ClassVar[PermittedRequester] = "owner"
    """Only the owner: others who may act on the run may only do what its runbook has.
    """
    script: str = ""
    """The command, for bash."""
    after: str | None = None
    """The id of the step that it comes after; `None` for none."""
    confirm: str = ""
    """The word that confirms what destroys, as typed."""


class StopStep(BaseAction, frozen=True, kw_only=True):
    """End a running attempt, with all its processes."""

    never_late: ClassVar[bool] = True
    step: str
    attempt: Integer | None = None
    """The attempt to stop; `None` for the one that runs."""


class LookFirst(BaseAction, frozen=True, kw_only=True):
    """Make the checks of a step that went wrong, and run nothing else of it."""

    step: str


class SkipStep(BaseAction, frozen=True, kw_only=True):
    """Skip a step, with a reason."""

    step: str
    reason: str = ""


class RestoreStep(BaseAction, frozen=True, kw_only=True):
    """Make a skipped step pending again."""

    step: str


class OverrideStep(BaseAction, frozen=True, kw_only=True):
    """Vouch that a step is as it should be."""

    step: str
    reason: str = ""


class TickStep(BaseAction, frozen=True, kw_only=True):
    """Say that a person has done a manual step, or passed a message on."""

    step: str
    attempt: Integer
    """The number of the attempt to be made."""
    answers: Mapping[str, str] = field(default_factory=dict)
    """What the step asks for, by variable."""
    note: str = ""
    """A remark; for a message step, the text that was passed on."""


class ChooseOptions(BaseAction, frozen=True, kw_only=True):
    """Choose options of a `choose` step."""

    step: str
    attempt: Integer
    """The number of the attempt to be made."""
    options: tuple[str, ...] = ()
    """The values of the options that are chosen."""
    reason: str = ""


class ListOptions(BaseAction, frozen=True, kw_only=True):
    """Run the command that lists the options of a decision."""

    step: str


class SendMessageOfStep(BaseAction, frozen=True, kw_only=True):
    """Send a step's message to channels; the step is done by that."""

    step: str
    attempt: Integer
    """The number of the attempt to be made."""
    channels: tuple[str, ...] = ()
    """Ids."""
    text: str = ""


class ResendMessages(BaseAction, frozen=True, kw_only=True):
    """Send deliveries again that did not arrive."""

    deliveries: tuple[Integer, ...]
    """Numbers of deliveries."""


class DropMessages(BaseAction, frozen=True, kw_only=True):
    """Give up messages that did not arrive, as people were informed in another way."""

    deliveries: tuple[Integer, ...]
    """Numbers of deliveries."""
    reason: str = ""


class SetVariables(BaseAction, frozen=True, kw_only=True):
    """Give variables a value."""

    values: Mapping[str, str]
    """By variable."""


class GiveSecrets(BaseAction, frozen=True, kw_only=True):
    """Tell the host secrets that the run had, and that it does not know any more."""

    values: Mapping[str, str] = field(default_factory=dict)
    """By variable; empty for one that a command or a file gives: it is got again."""


class GoOnWithout(BaseAction, frozen=True, kw_only=True):
    """Go on without lost secrets: what is printed is not searched for them."""

    permitted_requester: ClassVar[PermittedRequester] = "owner"
    """They are the owner's."""
    secrets: tuple[str, ...] = ()
    """Their names."""


class AddNote(BaseAction, frozen=True, kw_only=True):
    """Journal a note, on a step or on the run."""

    never_late: ClassVar[bool] = True
    text: str = ""
    step: str | None = None


class EnterPhase(BaseAction, frozen=True, kw_only=True):
    """Enter an aside phase, or go to another phase of the main line."""

    phase: str
    from_step: str | None = None
    """The step that led there."""
    reason: str = ""


class UndoSteps(BaseAction, frozen=True, kw_only=True):
    """Enter the phase Undo for some steps; each is then begun as any other step is."""

    steps: tuple[str, ...] = ()
    """The ids of the steps, the newest first, as they were shown; also those that
    cannot be undone."""
    confirm: str = ""
    """The word that confirms going on past what cannot be undone, as typed."""


class ReopenRun(BaseAction, frozen=True, kw_only=True):
    """Open a run again that has ended, so that what it did can be undone."""


class StartAutomatic(BaseAction, frozen=True, kw_only=True):
    """Run the main line without a person from here on: `--auto`."""

    permitted_requester: ClassVar[PermittedRequester] = "owner"
    """An automatic run acts in the owner's name: started by somebody else, that person
    could approve what they began themselves."""
    manual: Literal["stop", "skip", "tick"] = "stop"
    """What becomes of manual steps."""
    confirmed: bool = False
    """Whether what destroys is confirmed beforehand: `--yes`."""
    answers: Mapping[str, str] = field(default_factory=dict)
    """What steps ask for, by variable."""
    attended: tuple[str, ...] = ()
    """Ids of attended phases in which the answers stand for a person."""
    trigger_within: Number | None = None
    """Seconds in which a trigger must begin the rollback before anything else is done;
    `None` where the main line is begun at once."""
    rehearse_undo: bool = False
    """Whether each step with an undo is undone once, and then run again; in a drill
    alone."""


class ArmWatch(BaseAction, frozen=True, kw_only=True):
    """Let a trigger that fires begin the rollback."""

    confirm: str = ""
    """The word that confirms what the rollback destroys, as typed."""


class DisarmWatch(BaseAction, frozen=True, kw_only=True):
    """Let a trigger that fires only be reported."""

    never_late: ClassVar[bool] = True
    reason: str = ""


class HoldRollback(BaseAction, frozen=True, kw_only=True):
    """End a countdown, so that nothing begins by itself."""

    never_late: ClassVar[bool] = True
    reason: str = ""


class BeginRollback(BaseAction, frozen=True, kw_only=True):
    """Begin the rollback that a trigger would begin."""

    confirm: str = ""
    """The word that confirms what the rollback destroys, as typed."""
    reason: str = ""


class GiveHint(BaseAction, frozen=True, kw_only=True):
    """Tell the team of a drill something; it counts in the score."""

    never_late: ClassVar[bool] = True
    text: str = ""


class TouchSite(BaseAction, frozen=True, kw_only=True):
    """Journal that the facilitator of a drill is about to change its site."""

    act: FacilitatorAct
    seal: str
    """SHA-256 of the line in the site's notes that says what it is, hexadecimal."""


class AskApproval(BaseAction, frozen=True, kw_only=True):
    """Ask for a second person's approval of an attempt."""

    step: str
    attempt: Integer
    """The number of the attempt to be made."""


class ApproveStep(BaseAction, frozen=True, kw_only=True):
    """Say as a second person that an attempt may begin."""

    permitted_requester: ClassVar[PermittedRequester] = "approvers"
    step: str
    binding: str = ""
    """Digest of the step and the values that the approver was shown: see
    `binding_digest`."""
    name: str = ""
    """The approver's name; wanted only in the login that asked for the approval."""
    confirm: str = ""
    """The `approval_phrase` as typed; required only in the login that asked for it."""


class DenyApproval(BaseAction, frozen=True, kw_only=True):
    """Say as a second person that an attempt may not begin."""

    never_late: ClassVar[bool] = True
    permitted_requester: ClassVar[PermittedRequester] = "approvers"
    step: str
    reason: str = ""


class ReleaseBatch(BaseAction, frozen=True, kw_only=True):
    """Let the held batch of a step begin, or go on."""

    step: str
    attempt: Integer
    """The attempt that is held."""
    batch: Integer
    """The batch that is held, as it was shown."""
    reason: str = ""


class SettleHost(BaseAction, frozen=True, kw_only=True):
    """Decide how an unknown or unreachable host of a step counts."""

    step: str
    attempt: Integer
    """The newest attempt that the host was in."""
    host: str
    settled: Literal["", "ran", "did not run", "skip", "fail"] = ""
    """How the host counts: one of these words, or empty while none is chosen.

    `ran` and `did not run` are for an unknown host, `skip` and `fail` for one that
    cannot be reached.
    """
    reason: str = ""


class EndRun(BaseAction, frozen=True, kw_only=True):
    """End the run for good."""

    reason: str = ""


class ReleaseHost(BaseAction, frozen=True, kw_only=True):
    """Let the host process end if nobody else views the run; the run stays open."""

    never_late: ClassVar[bool] = True


Action = (
    StartStep
    | RetryStep
    | ImproviseStep
    | StopStep
    | LookFirst
    | SkipStep
    | RestoreStep
    | OverrideStep
    | TickStep
    | ChooseOptions
    | ListOptions
    | SendMessageOfStep
    | ResendMessages
    | DropMessages
    | SetVariables
    | GiveSecrets
    | GoOnWithout
    | AddNote
    | EnterPhase
    | UndoSteps
    | ReopenRun
    | StartAutomatic
    | ArmWatch
    | DisarmWatch
    | HoldRollback
    | BeginRollback
    | GiveHint
    | TouchSite
    | AskApproval
    | ApproveStep
    | DenyApproval
    | ReleaseBatch
    | SettleHost
    | EndRun
    | ReleaseHost
)
ACTIONS: tuple[type[Action], ...] = get_args(Action)


def intent_refusal(action: Action | type[Action], *, share_control: bool) -> str:
    """Why somebody other than the owner may not ask for it; empty where they may.

    Args:
        action: what is asked for.
        share_control: whether the run is shared with `--share-control`.
    """
    if action.permitted_requester == "approvers":
        return ""
    if action.permitted_requester == "owner":
        return (
            "only the run's owner makes it run by itself, improvises, or goes on "
            "without a secret"
        )
    if share_control:
        return ""
    return (
        "this run is shared with you to read and to approve; with --share-control its "
        "owner would let you act on it"
    )
