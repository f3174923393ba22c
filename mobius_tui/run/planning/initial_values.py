"""The values that a run begins with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from mobius_tui.dataclass import dataclass
from mobius_tui.errors import UsageError
from mobius_tui.runbook.model.actions import Manual
from mobius_tui.runbook.model.limits import KeyedText, limit_problem, limits_by_variable
from mobius_tui.runbook.model.runbook import Runbook, Variable
from mobius_tui.runbook.model.value_kinds import typed_value, value_problem


@dataclass(frozen=True, kw_only=True, slots=True)
class InitialValues:
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
            profiles = ", ".join(runbook.variables)
            raise UsageError(f"--var {name}: no such variable; there are: {profiles}")
    values: dict[str, tuple[str, str]] = {}
    secrets: dict[str, str] = {}
    missing: list[Variable] = []
    filled_in = limits_by_variable(runbook)
    for name, variable in runbook.variables.items():
        value, source = _initial_value(variable, given, chosen, environ)
        if value is None:
            if variable.ask or variable.is_listed:
                missing.append(variable)
        elif variable.secret:
            refuse_value(variable, value)
            secrets[name] = value
        else:
            refuse_value(variable, value, filled_in.get(name, ()))
            values[name] = (value, source)
    return InitialValues(values=values, secrets=secrets, missing=tuple(missing))


def refuse_value(
    variable: Variable, value: str, fills_in: tuple[KeyedText, ...] = ()
) -> None:
    """Refuse a value that a variable may not have.

    Args:
        variable: which.
        value: what it would be.
        fills_in: the durations and sizes that it fills in; see `limits_by_variable`.

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


def refuse_answers(runbook: Runbook, answers: Mapping[str, str]) -> None:
    """Refuse answers to manual steps that are no values of their variables.

    What answers a decision is one of its options, and is looked at there.

    Raises:
        UsageError: one is none; the message names it and the remedy.
    """
    filled_in = limits_by_variable(runbook)
    for name in variables_of_manual_steps(runbook):
        if name in answers:
            variable = runbook.variables[name]
            value = typed_value(variable, answers[name].strip())
            refuse_value(variable, value, filled_in.get(name, ()))


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
        return typed_value(variable, given[variable.name]), "begin"
    if variable.name in profile:
        return profile[variable.name], "begin"
    if variable.from_env is not None and variable.from_env in environ:
        return typed_value(variable, environ[variable.from_env]), "begin"
    return variable.default, "default"
