"""The demo's coach marks: four at most, each while it is of use. Pure."""

from __future__ import annotations

from mobius_tui.run.planning.confirmation import rollback_confirmation_word
from mobius_tui.run.planning.plan import effect_of
from mobius_tui.run.planning.rollback import rollback_phase
from mobius_tui.run.planning.run_outcome import run_outcome
from mobius_tui.run.state.step_state import PASSED_STATUSES
from mobius_tui.tui.commands.registry import first_key_name
from mobius_tui.tui.commands.run_commands import RunCommand
from mobius_tui.tui.presenters.run_view import RunView

MARK_COUNT = 4
COMMANDS_AFTER_DEMO = (
    ("drill --fault random", "one that you must find out"),
    ("new NAME", "a small runbook of your own"),
    ("import PAGE.md", "a runbook made of your page"),
    ("run NAME.toml", "runs it; --dry-run shows it"),
)
"""After the demo: what to type behind the program's name, and what that does."""


def coach_mark(view: RunView) -> str:
    """The hint for a first-time user; empty where there is none to give."""
    if view.state.ended is not None:
        return ""
    watch = view.state.watch
    if _is_restored(view):
        return _after_rollback(view)
    if watch.rollback is not None or _is_step_running(view):
        return ""
    if watch.alarms:
        phase = rollback_phase(view.plan)
        word = (
            ""
            if phase is None
            else rollback_confirmation_word(view.plan, view.state, phase)
        )
        typed = f"Type {word}, Enter" if word else "Confirm it"
        begin = first_key_name(RunCommand.ROLL_BACK)
        return _mark(
            2,
            f"The trigger has fired. Press {begin}: it shows what will "
            f"run. {typed}: it goes on by itself until the site is well.",
        )
    began = view.state.began
    is_harmless = began is not None and began.is_harmless_drill
    return _mark(
        1,
        "This MOBIUS is really broken"
        + ", and nothing real is touched" * is_harmless
        + ". Look at Health: at the third failed check in a row a trigger fires.",
    )


def _after_rollback(view: RunView) -> str:
    """The mark after the rollback: do the steps that are left, or end the drill."""
    outcome, _ = run_outcome(view.plan, view.state)
    on = first_key_name("next_action")
    if outcome == "completed":
        return _mark(
            4, f"All that counts is done. {on} ends the drill and shows your score."
        )
    return _mark(
        3,
        f"It answers again: you rolled it back. Now prove it: {on} does the next step, "
        "again and again, until all that counts is done. Before that, it is not "
        "completed.",
    )


def _mark(number: int, words: str) -> str:
    return f"{number} of {MARK_COUNT} · {words}"


def _is_step_running(view: RunView) -> bool:
    """Whether a step is at work: then one looks at that."""
    return view.proposal.kind == "running"


def _is_restored(view: RunView) -> bool:
    """Whether what destroys has passed, and every probe is well."""
    done = any(
        effect_of(step) == "destroy"
        and view.statuses[step_id].status in PASSED_STATUSES
        for step_id, step in view.plan.steps.items()
    )
    well = bool(view.probe_states) and all(
        state == "ok" for state in view.probe_states.values()
    )
    return done and well and not view.state.watch.rollback_running
