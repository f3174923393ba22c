"""What every action of an intent has to say, and what a host does for it. Pure.

An action is a class in a module `*_intents.py` beside this one. All of it stands there:
its fields, who may ask for it and when, what the host does, and what is told of it. The
host, viewers and screens know actions by this base alone; `ACTIONS` has all of them.

Each has exactly the fields that it needs. Texts that go on record are called `reason`,
`note` or `text`, in each of them: values of secrets are taken out of these. A field
that a dialog asks for has a default, so that an action can be judged before it is.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from typing import ClassVar, Literal, NoReturn, Protocol

from msgspec import Struct

from mobius_tui.json_border import JsonObject
from mobius_tui.run.events.event import Event, WhenReopened
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.mode_and_outcome import Outcome
from mobius_tui.run.events.secret_rule import SecretRule
from mobius_tui.run.events.watch_events import RollbackBegan
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.planning.situation import Situation
from mobius_tui.run.planning.variables import Values
from mobius_tui.run.state.run_state import RunState
from mobius_tui.runbook.model.runbook import Step
from mobius_tui.structs import AbstractStruct

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


class Caller(Struct, frozen=True, kw_only=True):
    """The user whose process asks: as the kernel reports it, never as a line claims."""

    name: str
    """The account's name; where the host itself asks, the part of it, such as
    `auto`."""
    uid: int | None = None
    """The account's number; `None` where the host asks itself."""
    place: str = ""
    """The terminal of an approver or denier, as the system reports it; else empty."""


class Asked(Struct, frozen=True, kw_only=True):
    """Who asks for an action, and the id under which it goes on record."""

    caller: Caller
    intent: str

    @property
    def by(self) -> str:
        """The name of whoever asks, for the journal."""
        return self.caller.name


class Host(Protocol):
    """What the host of a run can do for an action; meanwhile it does nothing else.

    Actions are read by viewers, which have no host in them: all that takes processes,
    files or clocks is done through this.
    """

    @property
    def plan(self) -> Plan:
        """The run's."""

    @property
    def state(self) -> RunState:
        """As the journal has it now."""

    async def write(self, event: Event, by: str, intent: str | None = None) -> Entry:
        """Journal an event; it is durable, and has changed the state, on return.

        Args:
            event: what has happened.
            by: who caused it.
            intent: the id of the intent that it answers, of its first event alone.
        """

    def uid_of(self, caller: Caller) -> int:
        """The uid of the caller; the run owner's for the host itself."""

    def situation(self, caller: Caller) -> Situation:
        """The run now and the caller, for actions to be judged by."""

    def values(self) -> Values:
        """The values of variables now."""

    def redact(self, text: str) -> str:
        """A text without the values of secrets."""

    async def learn_secret(self, name: str, value: str) -> None:
        """Know a secret from now on, and redact it."""

    def require_secrets(self, names: Iterable[str], what: str = "") -> None:
        """Go on only with these secrets; else the action is tried again with them.

        Args:
            names: of their variables.
            what: what waits for them, in words; empty for nothing but they themselves.
        """

    def require_guard_look(self, step: Step) -> None:
        """Go on only where a step's guard was seen to hold, by a look before this."""

    def require_options_listed(self, step: Step) -> NoReturn:
        """Have the options of a decision listed, which answers the intent."""

    async def validate_answers(self, step: Step, given: Mapping[str, str]) -> None:
        """Hold answers to a manual step to its variables' rules; may take long.

        Raises:
            MobiusError: an answer is not valid; the message says which and why.
        """

    async def called_file_digests(self, step: Step) -> Mapping[str, str]:
        """The digests of the files that a step's scripts run, by path."""

    async def changed_files_text(
        self, step: Step, shown: Mapping[str, str] | None
    ) -> str | None:
        """Which files have changed since their digests were shown; None for none."""

    async def begin_attempt(
        self, step: Step, number: int, by: str, intent: str | None
    ) -> Entry:
        """Begin an attempt at a script, a check or a watch."""

    def carry_through(self, step: Step, number: int) -> None:
        """Go on with an attempt whose start is journaled: its checks are left."""

    def make_checks_once(self, step: Step, number: int, intent: str) -> None:
        """Make the checks of an attempt, and note what they saw, after this."""

    async def stop_attempt(
        self, step: Step, number: int, by: str, intent: str | None
    ) -> Entry:
        """Ask a running attempt to end."""

    def stop_without_journal(self, step_id: str, number: int) -> bool:
        """Stop an attempt while the disk is full; whether there was one to stop."""

    async def begin_rollback(self, event: RollbackBegan, by: str, intent: str) -> Entry:
        """Begin the rollback, and enter its phase."""

    async def finish_run(
        self, outcome: Outcome, reason: str, by: str, intent: str | None = None
    ) -> Entry:
        """End the run, and stop what still runs."""

    def release(self) -> None:
        """Let the host end though the run is open; the next intent cancels that."""


class Action(JsonObject, frozen=True, metaclass=AbstractStruct):
    """What an intent asks for: the base of all actions, with what most of them are."""

    protocol: ClassVar[int] = 5
    """The version of the protocol since which it is as it is now. A new action, or one
    with a field added, renamed or removed, has the next one; where an action is removed
    or renamed, this default is raised. Version 1 sent no number."""
    never_late: ClassVar[bool] = False
    """Whether the host does it however old it is, since it begins nothing."""
    permitted_requester: ClassVar[PermittedRequester] = "group"
    """Who may ask for it, beside the run's owner."""
    needs_host: ClassVar[bool] = True
    """Whether it is refused while no host runs the run."""
    when_reopened: ClassVar[WhenReopened] = "never"
    """Whether it may be done in a run that is open again to be undone."""
    moves_run: ClassVar[bool] = True
    """Whether the run goes on by it, so that a cursor follows where it goes."""
    notice: ClassVar[str] = ""
    """What a person is told once it is done; empty where the screen shows that."""

    @abstractmethod
    def require_permitted(self, situation: Situation) -> None:
        """Raise unless it may be done now; `permissions.require` asks this last.

        Raises:
            NotPermittedError: it may not; its words say why.
        """

    @abstractmethod
    async def do(self, host: Host, asked: Asked) -> Entry | None:
        """Do it, as it is permitted.

        Returns:
            The entry that records it; `None` where nothing does.

        Raises:
            MobiusError: it cannot be done; the message says why.
        """

    async def prepare(self, host: Host) -> None:
        """Do what goes before the question whether it is permitted."""

    def do_without_journal(self, _host: Host) -> bool:
        """Do it while the disk is full; whether that could be."""
        return False
