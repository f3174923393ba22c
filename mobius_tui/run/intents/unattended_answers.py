"""The answers of an automatic run (`--auto`), and the remedies where one is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from msgspec import Struct, field

from mobius_tui.errors import UsageError
from mobius_tui.run.intents.run_intents import StartAutomatic
from mobius_tui.run.planning.unattended_refusals import manual_tick_refusal
from mobius_tui.run.state.run_state import RunState
from mobius_tui.runbook.model.actions import chosen_text
from mobius_tui.runbook.model.limits import (
    bounded_duration,
)
from mobius_tui.runbook.model.runbook import Runbook, Variable
from mobius_tui.runbook.text.names import did_you_mean
from mobius_tui.runbook.toml.runbook_source import MAX_BYTES, RefusedError
from mobius_tui.runbook.toml.toml_document import Findings, parse_toml
from mobius_tui.sanitize import line

ManualPolicy = Literal["stop", "skip", "tick"]
"""What an automatic run does at a manual step: stop, skip it, or tick it as done."""

_KEYS_BESIDE_VARIABLES = ("attended", "trigger_within")
"""What an answers file has besides values of variables."""


class UnattendedAnswers(Struct, frozen=True, kw_only=True):
    """The content of an answers file; all but `values` is for drills alone."""

    values: Mapping[str, str] = field(default_factory=dict)
    """By variable; of a list, joined by newlines."""
    attended: tuple[str, ...] = ()
    """The ids of the attended phases in which they stand for a person."""
    trigger_within: float | None = None
    """Seconds to wait for a trigger to begin the rollback, before the main line goes
    on; `None` for not at all.
    """


def read_answers_file(path: Path) -> UnattendedAnswers:
    """What an answers file says.

    Raises:
        UsageError: it cannot be read, or is no such file; or `trigger_within` is no
            duration.
    """
    try:
        with path.open("rb") as file:
            data = parse_toml(str(path), file.read(MAX_BYTES + 1), Findings()).tree
    except OSError as error:
        raise UsageError(f"--answers {path}: {error.strerror}") from error
    except RefusedError as error:
        raise UsageError(f"--answers {error.problem.render()}") from None
    found: dict[str, str] = {}
    for name, value in data.items():
        items = value if isinstance(value, list) else [value]
        if not all(isinstance(item, str) for item in items):
            raise UsageError(f'--answers {path}: {name}: write "text", or ["a", "b"]')
        found[name] = chosen_text(items)
    attended = tuple(found.pop("attended", "").split())
    within = found.pop("trigger_within", None)
    try:
        trigger_within = (
            None if within is None else bounded_duration(within, "trigger_within")
        )
    except ValueError as error:
        raise UsageError(f"--answers: trigger_within: {error}") from error
    return UnattendedAnswers(
        values=found, attended=attended, trigger_within=trigger_within
    )


def refuse_unknown_answers(
    runbook: Runbook, answers: UnattendedAnswers, path: str
) -> None:
    """Refuse answers whose names are no variable or phase of a runbook.

    Whether anything asks for them is not looked at.

    Args:
        runbook: whose questions they answer.
        answers: as they were read.
        path: of their file.

    Raises:
        UsageError: a name is no variable, or no phase; it names the nearest that is.
    """
    variables = {*runbook.variables, *_KEYS_BESIDE_VARIABLES}
    phases = {phase.id for phase in runbook.phases}
    for what, given, known in (
        ("variable", answers.values, variables),
        ("phase", answers.attended, phases),
    ):
        for name in given:
            if name not in known:
                near = did_you_mean(name, sorted(known))
                words = f"{runbook.id} has no {what} `{line(name)}`{near}"
                hint = "" if near else "; a file of answers is for one runbook"
                raise UsageError(f"--answers {path}: {words}{hint}")


def automatic_action(
    answers: UnattendedAnswers,
    *,
    manual: ManualPolicy,
    yes: bool,
    rehearse_undo: bool = False,
) -> StartAutomatic:
    """The action that makes a run automatic.

    Args:
        answers: what it answers to questions.
        manual: what becomes of manual steps.
        yes: whether what destroys is confirmed by it.
        rehearse_undo: whether each step with an undo is undone, and then run again.
    """
    return StartAutomatic(
        manual=manual,
        confirmed=yes,
        answers=dict(answers.values),
        attended=answers.attended,
        trigger_within=answers.trigger_within,
        rehearse_undo=rehearse_undo,
    )


def person_remedy(state: RunState, otherwise: str = "") -> str:
    """How to continue a run that needs a person, in words for an error.

    A rollback that a trigger began has no `--auto` to leave out.

    Args:
        state: the run.
        otherwise: what else may be given, so that this run accepts it.
    """
    if state.auto is None:
        return "it is to be done on the run's screen"
    return "resume without --auto" + (f", or {otherwise}" if otherwise else "")


def remedy_of_manual(state: RunState, missing: Sequence[Variable]) -> str:
    """How to continue an automatic run that stopped at a manual step, in words.

    Args:
        state: the run.
        missing: the variables for which there is no answer.
    """
    began = state.began
    if state.auto is None or began is None:
        return person_remedy(state)
    refused = manual_tick_refusal(
        is_harmless=began.is_harmless_drill,
        environment=began.environment,
        protected=began.protected,
    )
    if not refused and any(variable.secret for variable in missing):
        refused = "no answers file gives a secret"
    if refused:
        return f"{person_remedy(state)}; {refused}"
    names = ", ".join(variable.name for variable in missing)
    answers = f" --answers FILE that has {names}" if names else ""
    return person_remedy(state, f"with --auto --manual tick{answers}")
