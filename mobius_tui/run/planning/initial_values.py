"""The values that a run begins with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mobius_tui.errors import UsageError
from mobius_tui.runbook.model.limits import KeyedText, limit_problem, limits_by_variable
from mobius_tui.runbook.model.runbook import Runbook, Variable


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
            if variable.ask:
                missing.append(variable)
        elif variable.secret:
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
        UsageError: it is none of the choices, holds a NUL character, or makes a
            duration or a size invalid or out of bounds.
    """
    if "\0" in value:
        raise UsageError(f"{variable.name}: a value cannot hold a NUL character")
    if variable.choices and value not in variable.choices:
        allowed = ", ".join(variable.choices)
        raise UsageError(f"{variable.name}: {value!r} is none of: {allowed}")
    wrong = limit_problem(fills_in, value)
    if wrong:
        raise UsageError(f"{variable.name}: {wrong}")


def _initial_value(
    variable: Variable,
    given: Mapping[str, str],
    profile: Mapping[str, str],
    environ: Mapping[str, str],
) -> tuple[str | None, str]:
    if variable.name in given:
        return given[variable.name], "begin"
    if variable.name in profile:
        return profile[variable.name], "begin"
    if variable.from_env is not None and variable.from_env in environ:
        return environ[variable.from_env], "begin"
    return variable.default, "default"
