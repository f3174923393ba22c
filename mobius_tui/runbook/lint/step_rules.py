"""Rules about steps and phases: what they lack, and where they lead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from mobius_tui.runbook.decode.assemble import RunbookDraft
from mobius_tui.runbook.decode.decode_checks import checks_with_paths
from mobius_tui.runbook.decode.decode_variables import variable_name_problem
from mobius_tui.runbook.model.actions import Choose, Manual, Run, SendMessage, Watch
from mobius_tui.runbook.model.check_kinds import OutputCheck
from mobius_tui.runbook.model.runbook import Phase, Step
from mobius_tui.runbook.script_rules.cannot_fail import (
    CHECK_CANNOT_FAIL,
    safeguards_that_cannot_fail,
    why_cannot_fail,
)
from mobius_tui.runbook.text.names import did_you_mean
from mobius_tui.runbook.toml.problem import LintRule
from mobius_tui.runbook.toml.table_reader import TomlTable

NO_TIMEOUT = LintRule(
    code="no-timeout",
    title="a change without a `timeout`",
    reason="It is stopped after 10 minutes, in the middle of what it changes, which "
    "may be much too late or too early; nobody has thought about it.",
    remedy='say how long it may take at worst: `timeout = "2m"`',
    bad="effect = 'change'\nrun = 'systemctl restart api'",
    good="effect = 'change'\nrun = 'systemctl restart api'\ntimeout = '2m'",
    is_reported_once=True,
)
DESTROY_UNCHECKED = LintRule(
    code="destroy-unchecked",
    title="a step that destroys, and no check after it",
    reason="An exit code of 0 is a claim; only a check proves that what was replaced "
    "works.",
    remedy="give the step a [phase.step.check], or let a step with a check follow it "
    "in this phase or at the beginning of the next",
    bad="effect = 'destroy'\nrun = './restore.sh'\ntimeout = '5m'",
    good="effect = 'destroy'\nrun = './restore.sh'\ntimeout = '5m'\n"
    "check.http = { url = 'http://localhost:3000/health', consecutive = 3 }",
)
NO_UNDO = LintRule(
    code="no-undo",
    title="a change with neither an `undo` nor a reason why it has none (format 2)",
    reason="Whoever finds in the night that a step was a mistake has to invent the way "
    "back, under pressure; or does not know that there is none.",
    remedy="`undo = '''script'''` with what takes it back, or "
    '`undo = "none: the reason"`',
    bad="format = 2\n[[step]]\ntitle = 'Restart'\ntimeout = '2m'\n"
    "run = 'systemctl restart api'",
    good="format = 2\n[[step]]\ntitle = 'Restart'\ntimeout = '2m'\n"
    "run = 'systemctl restart api'\nundo = 'none: a restart leaves nothing behind'",
    is_reported_once=True,
)


def warn_steps(draft: RunbookDraft) -> None:
    """Warn of changes without a timeout or an undo, and of unverified destruction."""
    undone = {step.undo_of for step in draft.runbook.steps()}
    for phase in draft.runbook.phases:
        for index, step in enumerate(phase.steps):
            if step.undo_of:
                continue  # it has the other step's time-out, and nothing undoes it
            table = draft.table_of("step", step.id)
            _warn_no_timeout(step, table)
            if step.id not in undone and not step.no_undo:
                _warn_no_undo(step, table)
            if _destroys(step) and not _is_verified(draft, phase, index):
                table.warn(
                    DESTROY_UNCHECKED.code,
                    "this destroys, and nothing verifies it after that",
                    _action_key(step),
                )


def _warn_no_timeout(step: Step, table: TomlTable) -> None:
    run = step.action
    if not isinstance(run, Run) or run.effect == "read" or run.follow or run.tty:
        return
    if not table.has("timeout"):
        words = "this changes something, and nobody says how long it may take"
        table.warn(NO_TIMEOUT.code, words, _action_key(step))


def _action_key(step: Step) -> str:
    """The key that says what a step with a script or a playbook does."""
    plays = isinstance(step.action, Run) and step.action.playbook
    return "playbook" if plays else "run"


def _warn_no_undo(step: Step, table: TomlTable) -> None:
    changes = isinstance(step.action, Run) and step.action.effect != "read"
    key = _action_key(step)
    if changes and table.owner(key).format >= 2:
        words = "this changes something, and nothing says how it is undone"
        remedy = 'add `undo`, or `undo = "none: the reason"`'
        table.warn(NO_UNDO.code, f"{words}: {remedy}", key)


def _destroys(step: Step) -> bool:
    return isinstance(step.action, Run) and step.action.effect == "destroy"


def _is_verified(draft: RunbookDraft, phase: Phase, index: int) -> bool:
    """Whether the step, a later one of its phase, or the phase after has a check."""
    following = list(phase.steps[index:])
    after = _next_phase(draft, phase)
    if after is not None:
        following += after.steps
    return any(step.checks for step in following)


def _next_phase(draft: RunbookDraft, phase: Phase) -> Phase | None:
    """The phase that a phase leads to."""
    phases = draft.runbook.phases
    if phase.next is not None:
        return next((each for each in phases if each.id == phase.next), None)
    if phase.aside:
        return None
    later = phases[phases.index(phase) + 1 :]
    return next((each for each in later if not each.aside), None)


def warn_checks(draft: RunbookDraft) -> None:
    """Warn of checks that cannot fail.

    `--auto` refuses those that safeguard a destroy.
    """
    safeguards = {step.id for step in safeguards_that_cannot_fail(draft.runbook)}
    for step in draft.runbook.steps():
        table = draft.table_of("step", step.id)
        for check, path in checks_with_paths(step, table):
            why = why_cannot_fail(check)
            if why:
                blocks = step.id in safeguards and path[0] != "when"
                words = f"this check cannot fail: {why}"
                if blocks:
                    words += "; it guards what destroys, so --auto refuses the runbook"
                table.warn(CHECK_CANNOT_FAIL.code, words, *path, blocks=blocks)


def lint_steps(draft: RunbookDraft) -> None:
    """Report the errors of single steps.

    Raises:
        TooManyProblemsError: there are too many problems now.
    """
    for step in draft.runbook.steps():
        table = draft.table_of("step", step.id)
        _outputs(step, table)
        _lint_undo(step, table)
        match step.action:
            case SendMessage() as sent:
                _message(sent, draft, table)
            case Watch():
                health = draft.runbook.health
                if health is None or not health.probes:
                    table.report("`watch` wants a [health] with probes", "watch")
            case Run(tty=True) if not step.optional:
                words = "--auto has no terminal for a `tty` step, and stops there"
                remedy = "with `optional = true` it skips the step and goes on"
                table.warn("tty-not-optional", f"{words}; {remedy}", "tty")
            case Choose() if step.checks:
                words = "a decision is not checked; put the check in a step of its own"
                table.report(words, "check")
            case _:
                pass
        if any(isinstance(check, OutputCheck) for check in step.checks):
            _lint_output_check(step, table)
    _lint_triggered_phase(draft)


def _lint_undo(step: Step, table: TomlTable) -> None:
    """What only reads has nothing to undo."""
    reads = isinstance(step.action, Run) and step.action.effect == "read"
    if reads and not step.undo_of and table.has("undo"):
        words = "this step only reads, so that there is nothing to undo"
        table.report(f"{words}: take `undo` out, or state its `effect`", "undo")


def _outputs(step: Step, table: TomlTable) -> None:
    for index, name in enumerate(step.outputs):
        problem = variable_name_problem(name)
        if problem is not None:
            table.report(problem, "outputs", index)


def _lint_output_check(step: Step, table: TomlTable) -> None:
    """An `output` check needs an action whose output is recorded."""
    words = ""
    if not isinstance(step.action, Run):
        words = "an `output` check wants a `run` to look at"
    elif step.action.tty:
        words = "nothing of a `tty` step is recorded for an `output` check to look at"
    if words:
        table.report(words, "check", "output")


def _message(sent: SendMessage, draft: RunbookDraft, table: TomlTable) -> None:
    messages, channels = draft.runbook.messages, draft.runbook.channels
    if sent.message not in messages:
        near = did_you_mean(sent.message, messages)
        table.report(f"no message `{sent.message}`{near}", "message")
    for index, channel in enumerate(sent.to):
        if channel not in channels:
            near = did_you_mean(channel, channels)
            table.report(f"no channel `{channel}`{near}", "to", index)


def _lint_triggered_phase(draft: RunbookDraft) -> None:
    """A phase that a trigger begins runs without a person."""
    health = draft.runbook.health
    if health is None or health.trigger.then is None:
        return
    for phase in draft.runbook.phases:
        if phase.id != health.trigger.then:
            continue
        for step in phase.steps:
            key = _key_for_person(step)
            if key is not None:
                words = f"[health.trigger] begins `{phase.id}` with nobody there"
                table = draft.table_of("step", step.id)
                table.report(f"{words}: no `{key}` in its steps", key)


def _key_for_person(step: Step) -> str | None:
    """The key by which a step needs a person, or None."""
    if step.approve is not None:
        return "approve"
    match step.action:
        case Manual(ask=asks):
            return "ask" if asks else "manual"
        case Choose():
            return "choose"
        case Run(tty=True):
            return "tty"
        case _:
            return None


_Graph = dict[str, set[str]]


def lint_graph(draft: RunbookDraft) -> None:
    """Report steps and phases that do not exist, circles, and phases out of reach.

    Raises:
        TooManyProblemsError: there are too many problems now.
    """
    _lint_needs(draft)
    own = draft.runbook.undo_phase
    phases = {phase.id: phase for phase in draft.runbook.phases if phase is not own}
    reached = {own.id} if own is not None else set()
    for target, table, path in _edges_to_phases(draft):
        reached.add(target)
        if target not in phases:
            words = f"no phase `{target}`{did_you_mean(target, phases)}"
            table.report(words, *path)
    _lint_failure_phases(draft, phases)
    _warn_asides(draft, phases, reached)


def _lint_needs(draft: RunbookDraft) -> None:
    known = {step.id: step for step in draft.runbook.steps() if not step.undo_of}
    graph: _Graph = {}
    for step in draft.runbook.steps():
        for index, need in enumerate(step.needs):
            if need in known:
                graph.setdefault(step.id, set()).add(need)
                continue
            words = f"no step `{need}`{did_you_mean(need, known)}"
            draft.table_of("step", step.id).report(words, "needs", index)
        if step.confirmed_with:
            _lint_confirmed_with(draft, step, known)
    for circle in _cycles(graph):
        words = f"`needs` goes round in a circle: {' → '.join(circle)}"
        draft.table_of("step", circle[0]).report(words, "needs")


def _lint_confirmed_with(
    draft: RunbookDraft, step: Step, known: Mapping[str, Step]
) -> None:
    for index, other in enumerate(step.confirmed_with):
        words = ""
        if other not in known:
            words = f"no step `{other}`{did_you_mean(other, known)}"
        elif other == step.id:
            words = "a step cannot be confirmed with itself"
        elif not _destroys(known[other]):
            words = f"nobody confirms `{other}` by typing: it does not destroy"
        if words:
            table = draft.table_of("step", step.id)
            table.report(words, "confirmed_with", index)
    if step.confirmed_with and not _destroys(step):
        words = "this step does not destroy: no typed word confirms it"
        draft.table_of("step", step.id).report(words, "confirmed_with")


def _cycles(graph: _Graph) -> Iterator[list[str]]:
    """Each cycle of a graph once, as a path that ends at its start."""
    while True:
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            circle: list[str] = error.args[1][::-1]
            yield circle
            graph[circle[0]].discard(circle[1])
        else:
            return


def _edges_to_phases(
    draft: RunbookDraft,
) -> Iterator[tuple[str, TomlTable, tuple[str | int, ...]]]:
    """Each phase that is named as a target, with the table and key that name it."""
    for phase in draft.runbook.phases:
        entry = draft.phase_entries.get(phase.id, draft.root)
        place = draft.table_of("phase", phase.id)
        if phase.next is not None:
            yield phase.next, entry if entry.has("next") else place, ("next",)
        for step in phase.steps:
            table = draft.table_of("step", step.id)
            if _failure_phase(step) is not None:
                yield step.on_failure, table, ("on_failure",)
            if isinstance(step.action, Choose):
                for index, option in enumerate(step.action.options):
                    if option.go is not None:
                        yield option.go, table, ("choose", "option", index, "go")
    health = draft.runbook.health
    root = draft.root.table("health")
    if health is not None and health.trigger.then is not None and root is not None:
        yield health.trigger.then, root, ("trigger", "then")


def _failure_phase(step: Step) -> str | None:
    return None if step.on_failure in ("stop", "continue") else step.on_failure


def _lint_failure_phases(draft: RunbookDraft, phases: Mapping[str, Phase]) -> None:
    """A phase for failures must not lead to itself by its own failures."""
    graph: _Graph = {}
    culprits: dict[tuple[str, str], str] = {}
    for phase in draft.runbook.phases:
        for step in phase.steps:
            target = _failure_phase(step)
            if target in phases and target is not None:
                graph.setdefault(phase.id, set()).add(target)
                culprits.setdefault((phase.id, target), step.id)
    for circle in _cycles(graph):
        words = f"`on_failure` goes round in a circle: {' → '.join(circle)}"
        step_id = culprits[circle[0], circle[1]]
        draft.table_of("step", step_id).report(words, "on_failure")


def _warn_asides(
    draft: RunbookDraft, phases: Mapping[str, Phase], reached: set[str]
) -> None:
    for phase in draft.runbook.phases:
        entry = draft.phase_entries.get(phase.id, draft.root)
        place = entry if entry.has("instead_of") else draft.table_of("phase", phase.id)
        for index, other in enumerate(phase.instead_of):
            if other not in phases:
                words = f"no phase `{other}`{did_you_mean(other, phases)}"
                place.report(words, "instead_of", index)
        if phase.aside and phase.id not in reached:
            words = f"nothing leads to `{phase.id}`: only a person can enter it"
            entry.warn("unreached-phase", words)
        if not phase.aside and (phase.next is not None or phase.instead_of):
            key = "next" if phase.next is not None else "instead_of"
            words = f"`{key}` means nothing on the main line: `aside = true` is missing"
            culprit = entry if entry.has(key) else draft.table_of("phase", phase.id)
            culprit.warn("main-line-key", words, key)
