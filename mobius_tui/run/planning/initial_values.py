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
<<<<<<< 38e77c6fb3b8462362fa24bf0e69b9ec7bcb49f2
=======


def read_answers_file(path: Path) -> dict[str, str]:
    """Read an answers file: variable → value; lists are joined by newlines.

    Raises:
        UsageError: it cannot be read, or is no such file.
    """
    try:
        with path.open("rb") as file:
            data = parse_toml(str(path), file.read(MAX_BYTES + 1), Findings()).tree
    except OSError as error:
        raise UsageError(f"--answers {path}: {error.strerror}") from error
    except RefusedError as error:
        raise UsageError(f"--answers {error.problem.render()}") from None
    answers: dict[str, str] = {}
    for name, value in data.items():
        items = value if isinstance(value, list) else [value]
        if not all(isinstance(item, str) for item in items):
            raise UsageError(f'--answers {path}: {name}: write "text", or ["a", "b"]')
        answers[name] = "\n".join(items)
    return answers


def automatic_intent(answers: Mapping[str, str], *, manual: str, yes: bool) -> Intent:
    """The intent that makes a run automatic.

    Args:
        answers: by variable. `attended` names the attended phases in which they stand
            for a person; `trigger_within` is how long to wait for a trigger to begin
            the rollback, before the main line goes on. Both hold in drills alone.
        manual: what becomes of manual steps: `stop` or `tick`.
        yes: whether what destroys is confirmed by it.
    """
    values = dict(answers)
    attended = tuple(values.pop("attended", "").split())
    if "trigger_within" in values:
        values["--trigger"] = values.pop("trigger_within")
    values["--manual"] = manual
    values["--yes"] = "yes" if yes else "no"
    return Intent(wish="auto", values=values, names=attended)


def manual_tick_refusal(*, mode: Mode, environment: str | None, protected: bool) -> str:
    """Why `--manual tick` is refused in a run; empty where it is allowed.

    Args:
        mode: incident or drill.
        environment: its name, if it has one.
        protected: whether the runbook protects it.
    """
    if not protected or mode == "drill":
        return ""
    return (
        f"--manual tick is refused in {environment}: nobody would have done what it "
        "ticks; without --auto a person does it, and ticks it"
    )


def remedy_for_person(state: RunState, otherwise: str = "") -> str:
    """How to continue a run that needs a person.

    A rollback that a trigger began was not started by `--auto`, so its remedy names
    none.

    Args:
        state: the run.
        otherwise: what else may be given, so that this run accepts it.
    """
    if state.auto is None:
        return "it is to be done on the run's screen"
    return "resume without --auto" + (f", or {otherwise}" if otherwise else "")


def remedy_for_manual_step(state: RunState, missing: Sequence[Variable]) -> str:
    """How to continue a run behind a manual step that waits for a person.

    Args:
        state: the run.
        missing: the variables for which there is no answer.
    """
    began = state.began
    refused = began is None or manual_tick_refusal(
        mode=began.mode, environment=began.environment, protected=began.protected
    )
    if refused or any(variable.secret for variable in missing):
        return remedy_for_person(state)  # no answers file gives a secret
    names = ", ".join(variable.name for variable in missing)
    answers = f" --answers FILE that has {names}" if names else ""
    return remedy_for_person(state, f"with --auto --manual tick{answers}")


def refuse_unattended(runbook: Runbook, asked: str) -> None:
    """Refuse an unattended run where a check that cannot fail guards a `destroy` step.

    Args:
        runbook: what is to be run.
        asked: what was asked for, such as `--auto`.

    Raises:
        UsageError: there is such a check.
    """
    if runbook.blocking:
        raise UsageError(
            f"{asked}: nobody would see that this went wrong: "
            f"{'; '.join(runbook.blocking)}. Mend the check, or run it guided, "
            f"without {asked}; `mobius-tui check --explain check-cannot-fail` says more"
        )
>>>>>>> p2run
