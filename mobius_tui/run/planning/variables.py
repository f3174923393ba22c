"""Variables: the values a run begins with, and what they mean in it. Pure.

A value reaches a script only as an environment variable, so that it can never become
code. `${name}` in other texts is filled in by `Values.fill`. The value of a secret is
in the host's memory alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress

from msgspec import Struct, field

from mobius_tui.errors import MobiusError, UsageError
from mobius_tui.run.state.added_steps import (
    failed_step_or_parent,
    is_row_closed_by_parent,
)
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import STATUSES_NEEDING_DECISION, StateVariable
from mobius_tui.runbook.model.actions import Manual
from mobius_tui.runbook.model.check_kinds import Count, RunCheck
from mobius_tui.runbook.model.limits import (
    KeyedText,
    bounded_count,
    bounded_duration,
    limit_problem,
    limited_texts_by_variable,
)
from mobius_tui.runbook.model.probes import Probe
from mobius_tui.runbook.model.runbook import Runbook, Step, Variable
from mobius_tui.runbook.model.script_names import names_in_script
from mobius_tui.runbook.model.templates import script_variables, texts_in
from mobius_tui.runbook.model.value_kinds import (
    may_be_empty,
    stored_value,
    value_problem,
)
from mobius_tui.runbook.prose.prose_model import Prose
from mobius_tui.runbook.text.provided_names import (
    HealthOf,
    HostField,
    ProvidedFact,
    StepField,
    StepValue,
    provided_name,
)
from mobius_tui.runbook.text.template_text import fill, template_names, unknown_value
from mobius_tui.structs import replace


class NoValueError(MobiusError):
    """A text wants a variable that has no value yet."""


class UnfitValueError(MobiusError):
    """What a variable fills in is no duration or count, or out of its key's bounds."""


class Values:
    """What each name means at one moment of a run."""

    def __init__(
        self,
        state: RunState,
        *,
        now: float,
        name_of: Callable[[str], str],
        variables: Mapping[str, StateVariable] | None = None,
        secrets: Mapping[str, str] | None = None,
        health: Mapping[str, str] | None = None,
        host: Mapping[HostField, str] | None = None,
    ) -> None:
        """Keep what names are looked up in.

        Args:
            state: the run.
            now: seconds since 1970.
            name_of: what people call a step, by its id.
            variables: where they are others than the run has now.
            secrets: the values of secrets, for callers that may fill them in.
            health: each probe's state, in words.
            host: what is filled in of the host that a text is for, if it is for one.
        """
        self._state = state
        self._now = now
        self._variables = state.variables if variables is None else variables
        self._secrets = secrets
        self._health = health or {}
        self._name_of = name_of
        self._host = host or {}

    def lookup(self, name: str) -> str:
        """The value of a name; `[secret]` for a secret where no `secrets` were given.

        Raises:
            NoValueError: it has none yet, or is a secret that `secrets` lacks.
        """
        if name in self._variables:
            text = self._variables[name].text
            if text is not None:
                return text
        if self._secrets is not None and name in self._secrets:
            return self._secrets[name]
        current = self._state.variables.get(name)
        if current is not None and current.text is None:
            if self._secrets is None:
                return "[secret]"
            raise NoValueError(f"the secret {name} is missing; set it and resume")
        value = self._provided(name)
        if value is None:
            raise NoValueError(f"{name} has no value yet")
        return value

    def _provided(self, name: str) -> str | None:
        match provided_name(name):
            case ProvidedFact() as fact:
                return self._fact(fact)
            case HostField() as field:
                return self._host.get(field)
            case HealthOf(probe):
                return self._health.get(probe)
            case StepValue(step, field):
                return self._step_value(step, field)
            case None:
                return None

    def _fact(self, fact: ProvidedFact) -> str | None:
        state, began = self._state, self._state.began
        if fact is ProvidedFact.NOW:
            return _clock(self._now)
        if fact is ProvidedFact.TRIGGER_REASON:
            latest = state.watch.latest_alarm
            return latest.reason if latest is not None else None
        if began is None:
            return None
        match fact:
            case ProvidedFact.ID:
                return began.run
            case ProvidedFact.STARTED:
                return _clock(state.began_at)
            case ProvidedFact.ELAPSED:
                return _elapsed(self._now - state.began_at)
            case ProvidedFact.OPERATOR:
                return began.operator
            case ProvidedFact.MODE:
                return began.mode
            case ProvidedFact.FAILURE:
                return self._failure()
            case ProvidedFact.FAILED:
                failed = self._failed_last()
                return _clock(failed[0] if failed else self._state.began_at)

    def _failure(self) -> str | None:
        """The step that failed last, and why; `None` where none has."""
        failed = self._failed_last()
        if failed is None:
            return None
        _, step_id = failed
        own = self._state.steps[step_id]
        why = f": {own.reason}" if own.reason else ""
        return f"{self._name_of(step_id)} {own.status}{why}"

    def _failed_last(self) -> tuple[float, str] | None:
        """When a step failed last, and which; `None` where none has.

        For a row whose parent step has failed, it is the parent, whose reason names the
        rows.
        """
        bad = [
            (own.last_attempt.ended or 0.0, step_id)
            for step_id, own in self._state.steps.items()
            if own.status in STATUSES_NEEDING_DECISION and own.last_attempt is not None
        ]
        failed = [
            (at, failed_step_or_parent(self._state, step_id)) for at, step_id in bad
        ]
        open_ = [
            each for each in failed if not is_row_closed_by_parent(self._state, each[1])
        ]
        return max(open_, default=None)

    def _step_value(self, step_id: str, field: StepField) -> str | None:
        if field is StepField.ITEM:
            return self._state.items.get(step_id)
        step = self._state.steps.get(step_id)
        if step is None or step.last_attempt is None:
            return None
        if field is StepField.RESULT:
            return str(step.status)
        if field is StepField.ENDED:
            ended = step.last_attempt.ended
            return _clock(ended) if ended is not None else None
        looks = step.last_attempt.check_tries
        return f"{looks[-1].held_in_row}/{looks[-1].number}" if looks else None

    def fill(self, text: str) -> str:
        """A text with every `${name}` filled in.

        Raises:
            NoValueError: a name has no value yet.
        """
        return fill(text, self.lookup)

    def seconds(self, text: str, key: str) -> float:
        """The seconds of a duration, as its variables fill it in now.

        A runbook's durations stay texts for that: a variable may have another value
        each time. What no variable fills in was held to its bounds when it was read.

        Args:
            text: the duration, as the runbook has it.
            key: the key that it stands under, which has bounds; see `limits.LIMITS`.

        Raises:
            NoValueError: a name has no value yet.
            UnfitValueError: it is no duration, or out of bounds.
        """
        try:
            return bounded_duration(self.fill(text), key)
        except ValueError as error:
            raise UnfitValueError(str(error)) from error

    def count(self, count: Count, key: str) -> int:
        """A count, as its variables fill it in now.

        Args:
            count: as the runbook has it.
            key: the key that it stands under; see `limits.COUNTS`.

        Raises:
            NoValueError: a name has no value yet.
            UnfitValueError: it is no count, or out of bounds.
        """
        try:
            return bounded_count(self.fill(str(count)), key)
        except ValueError as error:
            raise UnfitValueError(str(error)) from error

    def preview(self, text: str) -> str:
        """A text with the values that are known; other names stay `${name}`."""

        def shown(name: str) -> str:
            try:
                return self.lookup(name)
            except NoValueError:
                return f"${{{name}}}"

        return fill(text, shown)

    def prose(self, text: str) -> Prose:
        """Markdown with the values that are known, taken literally."""

        def shown(name: str) -> str:
            try:
                return self.lookup(name)
            except NoValueError:
                return unknown_value(name)

        return Prose.of(text, shown)

    def fill_message(self, text: str) -> str:
        """A text to be sent; names without a value become words that say so."""

        def known(name: str) -> str:
            try:
                return self.lookup(name)
            except NoValueError:
                return "not known"

        return fill(text, known).strip()


def _clock(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S %Z", time.localtime(at))


def _elapsed(duration: float) -> str:
    minutes, secs = divmod(max(0, round(duration)), 60)
    return f"{minutes}:{secs:02}"


def script_env(step: Step, runbook: Runbook, values: Values) -> dict[str, str]:
    """The variables that a step's script gets, beside the run's setting.

    Every declared variable that it reads, its `env`, and the secrets that it names.

    Raises:
        NoValueError: one of them has no value.
    """
    env = {
        name: values.lookup(name)
        for name in script_variables(step, runbook.variables)
        if not runbook.variables[name].secret
    }
    env.update({key: values.fill(text) for key, text in step.env.items()})
    env.update({key: values.lookup(name) for key, name in step.secrets.items()})
    return env


def check_env(step: Step, runbook: Runbook, values: Values) -> dict[str, str]:
    """The variables that a step's `run` checks get: those of its script, and its own.

    What the step sets itself (`outputs`, `ask.var`) has a value by the time that its
    checks are made; where it has none, it is left out.

    Raises:
        NoValueError: another variable has no value.
    """
    env = script_env(step, runbook, values)
    scripts = [check.script for check in step.checks if isinstance(check, RunCheck)]
    for name in (name for script in scripts for name in names_in_script(script)):
        variable = runbook.variables.get(name)
        if variable is not None and not variable.secret and name not in env:
            with suppress(NoValueError):
                env[name] = values.lookup(name)
    return env


def probe_variable_names(probe: Probe) -> tuple[str, ...]:
    """The names that the texts of a probe fill in, but for those in its script."""
    if isinstance(probe.check, RunCheck):
        # Which names in a script are bash's own is known only as it runs.
        probe = replace(probe, check=replace(probe.check, script="", shell=()))
    names = [name for text in texts_in(probe) for name in template_names(text)]
    return tuple(dict.fromkeys(names))


class InitialValues(Struct, frozen=True, kw_only=True):
    """The values that a run begins with."""

    values: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Name → (value, source), without the secrets."""
    secrets: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[Variable, ...] = ()
    """Variables that the briefing must ask for."""


def resolve_initial_values(
    runbook: Runbook,
    *,
    given: Mapping[str, str],
    profile: str | None,
    environ: Mapping[str, str],
) -> InitialValues:
    """Take each variable's value from `--var`, the profile, `from_env` or `default`.

    Raises:
        UsageError: a name is not declared, a value is none of its choices or out of
            bounds, or there is no such profile; each message names the remedy.
    """
    chosen: Mapping[str, str] = {}
    if profile is not None:
        if profile not in runbook.profiles:
            profiles = ", ".join(runbook.profiles) or "none"
            raise UsageError(
                f"no profile {profile!r} in this runbook; it has: {profiles}"
            )
        chosen = runbook.profiles[profile].values
    for name in given:
        if name not in runbook.variables:
            names = ", ".join(runbook.variables)
            raise UsageError(f"--var {name}: no such variable; there are: {names}")
    values: dict[str, tuple[str, str]] = {}
    secrets: dict[str, str] = {}
    missing: list[Variable] = []
    filled_in = limited_texts_by_variable(runbook)
    for name, variable in runbook.variables.items():
        value, source = _initial_value(variable, given, chosen, environ)
        if name in given:
            require_value(variable, given[name])
        if value is None:
            if variable.ask or variable.is_listed:
                missing.append(variable)
        elif variable.secret:
            validate_value(variable, value)
            secrets[name] = value
        else:
            validate_value(variable, value, filled_in.get(name, ()))
            values[name] = (value, source)
    return InitialValues(values=values, secrets=secrets, missing=tuple(missing))


def require_value(variable: Variable, value: str) -> None:
    """Refuse an empty text that somebody gives where the runbook wants a value.

    Raises:
        UsageError: it is empty, and the runbook does not say that it may be.
    """
    if not value and not (variable.many or may_be_empty(variable)):
        remedy = f"an empty `default` in [var.{variable.name}] says that it may be"
        raise UsageError(f"{variable.name}: it is empty; {remedy}")


def validate_value(
    variable: Variable, value: str, fills_in: tuple[KeyedText, ...] = ()
) -> None:
    """Refuse a value that a variable may not have.

    Args:
        variable: which.
        value: what it would be.
        fills_in: the durations and sizes that it fills in; see
            `limited_texts_by_variable`.

    Raises:
        UsageError: it is none of the choices, not of the kind, holds a NUL character,
            or makes a duration or a size invalid or out of bounds.
    """
    problem = value_problem(variable, value)
    if problem:
        raise UsageError(problem)
    wrong = limit_problem(fills_in, value)
    if wrong:
        raise UsageError(f"{variable.name}: {wrong}")


def validate_manual_answers(runbook: Runbook, answers: Mapping[str, str]) -> None:
    """Refuse answers to manual steps that are no values of their variables.

    What answers a decision is one of its options, and is looked at there.

    Raises:
        UsageError: one is none; the message names it and the remedy.
    """
    filled_in = limited_texts_by_variable(runbook)
    for name in variables_of_manual_steps(runbook):
        if name in answers:
            variable = runbook.variables[name]
            value = stored_value(variable, answers[name].strip())
            require_value(variable, value)
            validate_value(variable, value, filled_in.get(name, ()))


def variables_of_manual_steps(runbook: Runbook) -> frozenset[str]:
    """The variables that manual steps ask for."""
    return frozenset(
        ask.var
        for step in runbook.steps()
        if isinstance(step.action, Manual)
        for ask in step.action.ask
    )


def _initial_value(
    variable: Variable,
    given: Mapping[str, str],
    profile: Mapping[str, str],
    environ: Mapping[str, str],
) -> tuple[str | None, str]:
    if variable.name in given:
        return stored_value(variable, given[variable.name]), "begin"
    if variable.name in profile:
        return profile[variable.name], "begin"
    found = text_in_environ(variable, environ)
    if found is not None:
        return stored_value(variable, found), "begin"
    return variable.default, "default"


def text_in_environ(variable: Variable, environ: Mapping[str, str]) -> str | None:
    """What `from_env` of a variable names; `None` where it is not set.

    An empty text is not set, unless the runbook says that the value may be empty.
    """
    found = None if variable.from_env is None else environ.get(variable.from_env)
    return found if found or may_be_empty(variable) else None
