"""`--dry-run`: the whole plan with its commands filled in; nothing is executed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mobius_tui.run.client.drill_reach import reach_lines
from mobius_tui.run.client.preflight import understated_step_notices
from mobius_tui.run.client.run_briefing import Briefing, initial_run_state
from mobius_tui.run.planning.plan import Plan, effect_of, kind_of
from mobius_tui.run.planning.step_texts import (
    fetched_text,
    labelled_texts,
    lines_behind_label,
)
from mobius_tui.run.planning.trigger_rules import trigger_rules_in_words
from mobius_tui.run.planning.variables import Values
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import StateVariable
from mobius_tui.runbook.model.actions import (
    Choose,
    Manual,
    Run,
    SendMessage,
    Watch,
    script_without_lint_comments,
)
from mobius_tui.runbook.model.files_in_scripts import files_of_step
from mobius_tui.runbook.model.probes import Health
from mobius_tui.runbook.model.runbook import Phase, Runbook, Step
from mobius_tui.runbook.model.step_text import (
    ATTENDED,
    EFFECT_LABELS,
    ITS_TERMINAL,
    NO_VALUE_YET,
    check_in_words,
    command_in_words,
    for_each_in_words,
    guard_of_step_in_words,
    instead_in_words,
    listed_options_in_words,
    parallel_in_words,
    place_in_words,
    rollout_in_words,
    watch_in_words,
)
from mobius_tui.runbook.model.targets import cut_into_batches
from mobius_tui.runbook.model.templates import script_variables
from mobius_tui.runbook.prose.prose_model import Prose


def dry_run_lines(briefing: Briefing, *, now: float) -> Iterator[str]:
    """The lines of a plan.

    What is not known before the run shows by its name, and is named as unknown.

    Args:
        briefing: what the run would begin with.
        now: seconds since 1970.
    """
    state = initial_run_state(briefing)
    plan = briefing.plan
    runbook = plan.runbook
    values = Values(state, now=now, name_of=plan.name)
    yield f"{runbook.title} ({runbook.id}), dry run: nothing is executed"
    yield f"mode {briefing.mode}, environment {briefing.environment or '-'}"
    yield f"in {briefing.workdir}"
    if runbook.summary:
        yield from lines_behind_label("what ", Prose(runbook.summary))
    for problem in briefing.problems:
        yield f"! {problem}"
    for notice in briefing.notices:
        yield f"! {notice}"
    for words in reach_lines(briefing, most=len(runbook.steps()) * 2 + 99):
        yield f"! {words}"
    for words in understated_step_notices(plan):
        yield f"! {words}"
    for name in runbook.variables:
        held = _value_text(state.variables, runbook, name)
        yield f"  {name}={held}"
    yield from _health(plan, runbook.health, values)
    for phase in runbook.phases:
        yield ""
        aside = " (aside)" if phase.aside else ""
        yield f"{plan.phase_numbers[phase.id]} {phase.title}{aside}"
        if phase.why:
            yield from lines_behind_label("  why    ", values.prose(phase.why))
        yield from _phase_lines(plan, phase)
        for step in phase.steps:
            yield from step_lines(plan, step, state, values)
            yield from _host_lines(briefing, step)

            yield from _step_order_lines(plan, step, values)


def _host_lines(briefing: Briefing, step: Step) -> Iterator[str]:
    """The hosts of a step, in their batches."""
    if step.rollout is None:
        return
    found = briefing.hosts.get(step.rollout.target)
    target = briefing.runbook.target_of(step)
    if isinstance(step.action, Run):
        yield f"      keeps  the first {step.action.max_output} of each host's output"
    if target is not None and target.claims_in_words:
        yield f"      claims in {target.claims_in_words} of each host"
    if found is None:
        inventory = target.inventory if target is not None else ""
        yield f"      hosts  of {inventory}, not read"
        return
    yield f"      hosts  {found.in_words()}"
    batches = cut_into_batches(step.rollout.batch, found.names, found.first)
    for number, names in enumerate(batches[:MAX_BATCHES_SHOWN], 1):
        yield f"      batch {number}: {_names(names)}"
    if len(batches) > MAX_BATCHES_SHOWN:
        yield f"      and {len(batches) - MAX_BATCHES_SHOWN} batches more"


MAX_BATCHES_SHOWN = 12
MAX_HOSTS_SHOWN = 6
"""Batches, and hosts of each, that are named at most."""


def _names(names: Sequence[str]) -> str:
    if len(names) <= MAX_HOSTS_SHOWN:
        return ", ".join(names)
    return (
        f"{', '.join(names[: MAX_HOSTS_SHOWN - 1])} … {names[-1]} ({len(names)} hosts)"
    )


def _health(plan: Plan, health: Health | None, values: Values) -> Iterator[str]:
    """What is watched all the time, and what it may begin."""
    if health is None:
        return
    for probe in health.probes:
        every = values.preview(health.hosts_every if probe.hosts else health.every)
        what = probe.url or (check_in_words(probe.check) if probe.check else "")
        if probe.hosts:
            what = f"on each host of {probe.hosts}: {what}"
        aside = "" if probe.trigger else ", counts for no trigger"
        yield f"  probe  {probe.id} every {every}: {values.preview(what)}{aside}"
    for words in trigger_rules_in_words(health, {}):
        yield f"  trigger when {values.preview(words)}"
    if health.trigger.then is not None:
        grace = values.preview(health.trigger.grace)
        phase = _phase_name(plan, health.trigger.then)
        yield f"  trigger begins {phase}, {grace} later, where the watch is armed"


def _phase_name(plan: Plan, phase: str) -> str:
    return f"{plan.phase_numbers[phase]} {plan.runbook.phase(phase).title}"


def _phase_lines(plan: Plan, phase: Phase) -> Iterator[str]:
    """How a phase's steps are worked, what it replaces, and which phase follows it."""
    if phase.attended:
        yield f"  only {ATTENDED}"
    if phase.parallel:
        yield f"  {parallel_in_words(phase.parallel)}"
    if phase.instead_of:
        names = (_phase_name(plan, each) for each in phase.instead_of)
        yield f"  instead {instead_in_words(names)}"
    undo = plan.runbook.undo_phase
    if phase.aside and (undo is None or phase.id != undo.id):
        back = "back to where it was entered from"
        then = back if phase.next is None else f"to {_phase_name(plan, phase.next)}"
        yield f"  leads {then}"


def _step_order_lines(plan: Plan, step: Step, values: Values) -> Iterator[str]:
    """What a step waits for, how often it is tried, and what follows a failure.

    For a step with rows, these are those of each row.
    """
    own = step.for_each.row if step.for_each and step.for_each.row else step
    if own.needs:
        yield f"      needs  {', '.join(plan.name(need) for need in own.needs)}"
    if own.approve is not None:
        yield f"      wants  approval by {own.approve.role}"
    if own.retry is not None:
        tries = f"{own.retry.attempts}, {own.retry.every} apart"
        yield f"      tries  {values.preview(tries)}"
    if own.on_failure == "continue":
        yield "      fails  the run goes on"
    elif own.on_failure != "stop":
        yield f"      fails  enters {_phase_name(plan, own.on_failure)}"


def _value_text(
    variables: Mapping[str, StateVariable], runbook: Runbook, name: str
) -> str:
    value = variables.get(name)
    if value is None:
        own = runbook.variables.get(name)
        if own is not None and own.is_fetched:
            return f"([secret], {fetched_text(own)})"
        return NO_VALUE_YET
    return "[secret]" if value.text is None else value.text


def step_lines(
    plan: Plan, step: Step, state: RunState, values: Values
) -> Iterator[str]:
    """The lines of one step: what it does, and with what."""
    kind = kind_of(step)
    effect = f", {EFFECT_LABELS[effect_of(step)]}" if kind == "run" else ""
    gate = ", gate" if step.gate else ""
    yield f"  {plan.numbers[step.id]} {step.title} [{kind}{effect}{gate}]"
    if step.for_each is not None and not step.undo_of:
        yield f"      rows   {for_each_in_words(step.for_each)}"
    if step.rollout is not None:
        yield f"      hosts  {values.preview(rollout_in_words(step.rollout))}"
    if guard := guard_of_step_in_words(step, plan.variable_titles, values.preview):
        yield f"      when   {guard}"
    for label, prose in labelled_texts(step, plan.runbook, values):
        yield from lines_behind_label(f"      {label:<7}", prose)
    yield from _action_lines(step, values)
    for file in files_of_step(step, plan.runbook.files):
        yield f"      files  {file.in_words}"
    variables = state.variables_for(step.id)
    names = script_variables(step, plan.runbook.variables)
    for name in dict.fromkeys((*names, *step.secrets.values())):
        yield f"      with   {name}={_value_text(variables, plan.runbook, name)}"
    for key, text in step.env.items():
        yield f"      with   {key}={values.preview(text)}"
    for check in step.checks:
        yield f"      check  {values.preview(check_in_words(check))}"
    for name in step.outputs:
        yield f"      gives  {name} (not known before it has run)"


def _action_lines(step: Step, values: Values) -> Iterator[str]:
    match step.action:
        case Run() as action:
            limit = values.preview(action.timeout) if action.timeout else "none"
            if action.playbook:
                yield f"      {command_in_words(action)}, limit {limit}, of each batch"
                return
            each = ", of each host" if step.rollout is not None else ""
            if step.rollout is not None:
                yield f"      in     {place_in_words(step, '')}"
            yield f"      {command_in_words(action)}, limit {limit}{each}:"
            for line in (
                script_without_lint_comments(action.script).strip("\n").split("\n")
            ):
                yield f"      | {line}"
            if action.tty:
                yield f"      tty    it gets {ITS_TERMINAL}"
        case Manual(ask=asks):
            for ask in asks:
                yield f"      asks   {ask.title or ask.var} → {ask.var}"
        case SendMessage(to=to):
            if to:
                yield f"      to     {', '.join(to)}"
        case Choose(from_=str(), var=var) as choose:
            yield f"      {var}={listed_options_in_words(choose)}"
        case Choose(options=options, var=var):
            for option in options:
                yield f"      {var}={option.value}  {option.title}"
        case Watch(for_=duration):
            yield f"      {watch_in_words(values.preview(duration))}"
        case None:
            return
