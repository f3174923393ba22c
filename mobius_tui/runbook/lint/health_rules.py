"""Rules about probes and triggers, and about the phase that a trigger begins."""

from __future__ import annotations

from collections.abc import Mapping

from mobius_tui.runbook.decode.assemble import RunbookDraft
from mobius_tui.runbook.model.actions import Watch
from mobius_tui.runbook.model.probes import Health, Probe, Triggers, is_loopback
from mobius_tui.runbook.model.runbook import Runbook, Step
from mobius_tui.runbook.model.unattended import (
    known_at_start,
    triggered_phase,
    unattended_stops,
)
from mobius_tui.runbook.text import units
from mobius_tui.runbook.text.template_text import fill, is_template
from mobius_tui.runbook.toml.problem import LintRule

_PHASES = (
    "[health]\n"
    "probe = [{ id = 'api', url = 'http://localhost/health', timeout = '1s' }]\n"
    "trigger = { consecutive_failures = 3, then = 'auto' }\n"
    "[[phase]]\nid = 'main'\ntitle = 'Main'\n"
    "step = [{ id = 'find', title = 'F', timeout = '1m', run = './find.sh', "
    "outputs = ['backup'] }]\n"
    "[[phase]]\nid = 'auto'\ntitle = 'By itself'\naside = true\n"
)
_RESTORE = (
    "{ id = 'restore', title = 'R', timeout = '5m', run = './restore.sh \"$backup\"' }"
)

UNATTENDED = LintRule(
    code="unattended",
    title="a phase that a trigger begins, and that stops for a person",
    reason="Whoever arms it relies on it at a time when nobody is there; it changes "
    "something, and then waits: for a value, a step or a decision of the main line.",
    remedy="let a step of the phase itself find what it reads (`use` takes a step of "
    "the main line once more), give the variable a `default` or `ask`, and name "
    "nothing of the main line in `needs`",
    bad=f"{_PHASES}step = [{_RESTORE}]",
    good=f"{_PHASES}step = [{{ use = 'find', id = 'find-again' }}, {_RESTORE}]",
)


def warn_unattended(draft: RunbookDraft) -> None:
    """Warn of each step at which the phase that a trigger begins would stop.

    Raises:
        TooManyProblemsError: there are too many problems now.
    """
    runbook = draft.runbook
    phase = triggered_phase(runbook)
    stops = unattended_stops(
        runbook, known_at_start(runbook), lambda step: f"`{step.id}`"
    )
    for stop in stops:
        table = draft.table_of("step", stop.step.id)
        path = (stop.key,) if stop.key in table.node else ()
        words = f"a trigger begins `{phase.id if phase else ''}`, and it stops here"
        table.warn(UNATTENDED.code, f"{words}: {stop.why}", *path)


def lint_health(draft: RunbookDraft) -> None:
    """Warn of doubtful time limits, triggers and `watch` steps, and of no witness.

    Raises:
        TooManyProblemsError: there are too many problems now.
    """
    health = draft.runbook.health
    if health is None:
        return
    _check_interval(draft, health)
    _check_latency_rule(draft, health)
    _check_error_rule(draft, health)
    _check_witness(draft, health)
    for step in draft.runbook.steps():
        if isinstance(step.action, Watch) and health.probes:
            _check_watch_step(draft, health, step, step.action)


def _is_on(rules: Triggers) -> bool:
    """Whether any rule is named."""
    return any(
        rule is not None
        for rule in (
            *(rules.consecutive_failures, rules.success_rate),
            *(rules.p95_latency, rules.error_rate),
        )
    )


def _seconds(text: str) -> float | None:
    """The seconds of a duration, or None if it must still be filled in."""
    return None if is_template(text) else units.parse_duration(text)


def _check_interval(draft: RunbookDraft, health: Health) -> None:
    every = _seconds(health.every)
    for probe in health.probes:
        timeout = None if probe.hosts else _seconds(probe.timeout)
        if every is not None and timeout is not None and timeout > every:
            draft.table_of("probe", probe.id).warn(
                "slow-probe",
                f"`timeout` {probe.timeout} is longer than `every` {health.every}: "
                "a slow answer makes the next check miss its turn",
                "timeout",
            )


def _check_watch_step(
    draft: RunbookDraft, health: Health, step: Step, watch: Watch
) -> None:
    """A `watch` step needs a trigger, and time for a check of each probe."""
    table = draft.table_of("step", step.id)
    rules = health.trigger
    if not _is_on(rules) or not any(probe.trigger for probe in health.probes):
        words = "no trigger can fire: this fails only if a probe is failing at its end"
        remedy = "name a rule in [health.trigger], such as `consecutive_failures = 3`"
        table.warn("watch-without-trigger", f"{words}; {remedy}", "watch")
    duration, every = _seconds(watch.for_), _seconds(health.every)
    if duration is not None and every is not None and duration < every:
        words = f"`for` {watch.for_} is shorter than `every` {health.every}"
        words += ": it goes on until each probe was asked once more"
        table.warn("short-watch", words, "watch")


def _check_latency_rule(draft: RunbookDraft, health: Health) -> None:
    rule = health.trigger.p95_latency
    above = None if rule is None else _seconds(rule.above)
    if rule is None or above is None:
        return
    for probe in health.probes:
        timeout = None if probe.hosts else _seconds(probe.timeout)
        if not probe.trigger or timeout is None or above < timeout:
            continue
        table = draft.table_of("probe", probe.id)
        words = f"no answer can take `p95_latency.above` {rule.above}: "
        words += f"`timeout` {probe.timeout} ends it first"
        if probe.p95 is None:
            words += "; raise `timeout`, or let the service report its `p95`"
            table.warn("trigger-never-fires", words)
        else:
            words += ", so this can't fire while the service reports no `p95`"
            table.warn("limit-above-timeout", words, "timeout")


def _check_error_rule(draft: RunbookDraft, health: Health) -> None:
    rule, failures = health.trigger.error_rate, health.trigger.consecutive_failures
    if rule is None or failures is None or failures > rule.for_checks:
        return
    counted = [probe for probe in health.probes if probe.trigger]
    if any(probe.error_rate is not None for probe in counted):
        return
    table = draft.root.table("health")
    trigger = None if table is None else table.table("trigger")
    if trigger is not None:
        words = "no probe names the `error_rate` that its service reports"
        rest = f"this can never fire before `consecutive_failures` = {failures}"
        trigger.warn("trigger-never-fires", f"{words}: {rest}", "error_rate")


def _check_witness(draft: RunbookDraft, health: Health) -> None:
    """Without a witness, a dead network looks like a dead service."""
    if health.witness or not _is_on(health.trigger):
        return
    for probe in health.probes:
        where = _remote_profile(draft.runbook, probe) if probe.trigger else None
        if where is not None:
            key = "url" if probe.check is None else "check"
            words = "without a `witness` a dead network looks like a dead service"
            draft.table_of("probe", probe.id).warn("no-witness", words + where, key)
            return  # one witness is enough for all


def _remote_profile(runbook: Runbook, probe: Probe) -> str | None:
    """The profile with which a probe asks another machine, as text; `None` if none.

    The text is empty if it does so without a profile. A variable without a value before
    the run counts as another machine.
    """
    defaults = {v.name: v.default for v in runbook.variables.values()}
    if not is_loopback(_filled(probe.asked_url, defaults)):
        return ""
    for profile in runbook.profiles.values():
        if not is_loopback(_filled(probe.asked_url, {**defaults, **profile.values})):
            return f", with the profile {profile.name}"
    return None


def _filled(text: str, values: Mapping[str, str | None]) -> str:
    """A text with the given values filled in; other names stay as `${name}`."""
    return fill(text, lambda name: values.get(name) or f"${{{name}}}")
