"""Steps, phases and checks in words: the same on every screen, in lines and reports."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from mobius_tui.runbook.model.actions import (
    Choose,
    Run,
    script_without_lint_comments,
)
from mobius_tui.runbook.model.check_kinds import Check, Repeat
from mobius_tui.runbook.model.guards import Titles, guard_in_words
from mobius_tui.runbook.model.runbook import ForEach, Step
from mobius_tui.runbook.model.targets import MAX_PARALLEL, HostRollout

EFFECT_LABELS = {"read": "reads", "change": "changes", "destroy": "DESTROYS"}
"""The words for an effect on screen."""
EFFECT_VERBS = {"read": "reads", "change": "changes something", "destroy": "destroys"}
"""Each effect as the verb of a sentence."""


def check_in_words(check: Check) -> str:
    """The condition of a check, and how often it is looked at, as text.

    Such as `GET http://…/health = 200, 3 in a row, every 5s`.
    """
    return check.condition + _repeat(check.repeat)


def _repeat(repeat: Repeat) -> str:
    words = ""
    if repeat.consecutive != 1:
        words += f", {repeat.consecutive} in a row"
    if repeat.limit not in (None, repeat.consecutive):
        words += f", {repeat.limit} looks at most"
    if repeat.deadline is not None:
        words += f", within {repeat.deadline}"
    if repeat.limit != 1:
        words += f", every {repeat.every}"
    return words


def guard_of_step_in_words(
    step: Step, titles: Titles, filled: Callable[[str], str]
) -> str:
    """What must hold for a step to apply: comparisons first, then its checks.

    Empty if it always applies.

    Args:
        step: the step.
        titles: what people call variables.
        filled: fills variables into the text of a check.
    """
    words = guard_in_words(step.when, titles)
    if not step.when_checks:
        return words
    seen = ", and ".join(filled(check.condition) for check in step.when_checks)
    seen += ", looked at when it begins"
    return f"{words}, and {seen}" if words else seen


def for_each_in_words(each: ForEach) -> str:
    """A `for_each` as text, with what its items are, and their variable.

    Such as `for each line of NAMES, as $item, 4 side by side`.
    """
    if each.command is not None:
        script = " ".join(script_without_lint_comments(each.command.script).split())
        words = f"line of `{script}`"
    elif each.variable is not None:
        words = f"line of {each.variable}"
    else:
        words = f"of {', '.join(each.items)}"
    words = f"for each {words}, as ${each.item}"
    if each.parallel:
        words += f", {parallel_in_words(each.parallel)}"
    if each.max_failed:
        words += f", as long as no more than {each.max_failed} failed"
    return words


def parallel_in_words(count: int) -> str:
    """How many run at a time, as text: `4 side by side`."""
    return f"{'all' if count >= MAX_PARALLEL else count} side by side"


def listed_options_in_words(choose: Choose) -> str:
    """What can be chosen where something else lists it, as text."""
    return f"one of those that {choose.options_source} lists"


def watch_in_words(duration: str) -> str:
    """What a step that watches does, as text.

    Args:
        duration: how long, its variables filled in.
    """
    return f"watch health for {duration}"


ITS_TERMINAL = "a terminal to itself, and nothing of that is recorded"
"""What a `tty` step has."""
ATTENDED = "a person starts its steps, each for itself"
"""What `attended` means for a phase, behind *only*."""
NO_VALUE_YET = "(no value yet)"
"""Stands for the value of a variable that has none."""


def instead_in_words(phases: Iterable[str]) -> str:
    """What a phase replaces, as text, behind *instead*.

    Args:
        phases: the names of the phases that it replaces.
    """
    names = ", ".join(phases)
    return f"of {names}: what is pending there does not apply once it begins"


def survivors_in_words(processes: Iterable[str]) -> str:
    """The processes that an attempt has left behind, as text."""
    return f"still alive: {'; '.join(processes)}"


def rollout_in_words(rollout: HostRollout) -> str:
    """A rollout as text: `on web, in batches of 1, 25%, 25 at a time`."""
    words = f"on {rollout.target}"
    words += f" as {rollout.become}" if rollout.become else ""
    words += f", in batches of {', '.join(rollout.batch)}" * rollout.has_batches
    words += f", {rollout.parallel} at a time"
    between = rollout.between
    if between.person:
        words += ", a person lets each batch begin"
    elif between.healthy:
        words += f", between them {between.healthy} of health"
        words += f" (a person after {between.within})"
    if rollout.max_failed != "0":
        words += f", as long as no more than {rollout.max_failed} failed"
    if rollout.on_unreachable != "fail":
        asks = {"skip": "is skipped", "ask": "waits for a person"}
        words += f"; who cannot be reached {asks[rollout.on_unreachable]}"
    return words + ("; by Ansible" if rollout.engine == "ansible" else "")


def place_in_words(step: Step, workdir: str) -> str:
    """The folder that a step's script runs in, as text.

    Args:
        step: one that runs something.
        workdir: of the run, on this machine.
    """
    rollout = step.rollout
    if rollout is None:
        return workdir
    if isinstance(step.action, Run) and step.action.playbook:
        return "the runbook's folder, from where Ansible goes to each host"
    return HOME_ON_HOSTS + (f", as {rollout.become}" if rollout.become else "")


HOME_ON_HOSTS = "the login's home on each host"
"""Where scripts of steps on hosts run; sudo leaves it as it is."""


def command_in_words(action: Run) -> str:
    """The program that an action runs, as text.

    `bash`, or what `shell` says; for a playbook `ansible-playbook` and its file.
    """
    if action.playbook:
        return f"ansible-playbook {action.playbook}"
    return " ".join(action.shell) if action.shell else "bash"
