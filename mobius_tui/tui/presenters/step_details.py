"""A step, or a phase, in words: the fields of the detail pane and of the dialogs."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import takewhile

from textual.content import Content

from mobius_tui import sanitize
from mobius_tui.run.attempts.attempt_files import LastOutput
from mobius_tui.run.events.step_events import ApprovalGiven
from mobius_tui.run.intents.action import Action
from mobius_tui.run.intents.approval_intents import AskApproval
from mobius_tui.run.intents.step_intents import RetryStep, StartStep
from mobius_tui.run.planning.approval_rules import begin_refusal, current_approval
from mobius_tui.run.planning.plan import effect_of, kind_of
from mobius_tui.run.planning.proposal import steps_in_order
from mobius_tui.run.planning.step_texts import fetched_text
from mobius_tui.run.state.attempt_id import AttemptId
from mobius_tui.run.state.step_reducer import shortened_value
from mobius_tui.run.state.step_state import (
    STATUSES_NEEDING_DECISION,
    Attempt,
    Status,
    StepState,
)
from mobius_tui.run.terminal.detach_key import DETACH_HINT
from mobius_tui.runbook.model.actions import (
    Ask,
    Choose,
    Manual,
    Option,
    Run,
    SendMessage,
    Watch,
    chosen_options,
    script_without_lint_comments,
)
from mobius_tui.runbook.model.files_in_scripts import files_named_by_step
from mobius_tui.runbook.model.guards import guard_variables
from mobius_tui.runbook.model.limits import fixed_counts
from mobius_tui.runbook.model.runbook import Contact, Phase, SourceFile, Step
from mobius_tui.runbook.model.runtime_steps import is_improvised
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
    place_in_words,
    rollout_in_words,
    survivors_in_words,
    watch_in_words,
)
from mobius_tui.runbook.model.templates import script_variables
from mobius_tui.runbook.model.value_kinds import form_in_words
from mobius_tui.runbook.prose.prose_model import Prose
from mobius_tui.runbook.text.regex_cost import is_cheap_pattern
from mobius_tui.runbook.text.template_text import fill, template_names
from mobius_tui.runbook.text.units import duration_in_words
from mobius_tui.structs import replace
from mobius_tui.tui.commands.registry import first_key_name
from mobius_tui.tui.commands.run_commands import RunCommand
from mobius_tui.tui.presenters.availability import available_commands
from mobius_tui.tui.presenters.communication import channel_fields, role_fields
from mobius_tui.tui.presenters.fleet.step_hosts import hosts_fields
from mobius_tui.tui.presenters.glyphs import STATUS_MARKS
from mobius_tui.tui.presenters.health_view import health_field
from mobius_tui.tui.presenters.run_view import RunView
from mobius_tui.tui.presenters.styled_text import (
    ROLE_STYLES,
    Field,
    FieldKind,
    Role,
    assemble,
    cut_in_middle,
    script,
    text,
)
from mobius_tui.tui.screen_state import LeftOutRow, RowKey, StepRow


def short_answer_hint(view: RunView, step: Step, ask: Ask) -> str:
    """How to write an answer: an example, the hint, or the pattern; may be empty."""
    handle = _handle(view, step, ask)
    if handle:
        return f"such as {handle}"
    if ask.hint or ask.match is not None:
        return ask.hint or f"in the form {ask.match}"
    variable = view.runbook.variables.get(ask.var)
    return form_in_words(variable) if variable is not None else ""


def full_answer_hint(view: RunView, step: Step, ask: Ask) -> str:
    """How to write an answer: hint, example and pattern, as far as there are any."""
    if ask.match is None:
        return ask.hint
    handle = _handle(view, step, ask)
    parts = (ask.hint, f"such as {handle}" if handle else "")
    hints = ", ".join(part for part in parts if part)
    return f"{hints} (pattern {ask.match})" if hints else f"pattern {ask.match}"


def _handle(view: RunView, step: Step, ask: Ask) -> str:
    handle = example_handle(ask.match or "", view.runbook.contacts, step.role or "")
    return "" if handle and _gives_example(ask) else handle


def _gives_example(ask: Ask) -> bool:
    """Whether a word of the hint is an answer that the pattern wants."""
    words = (word.strip(".,;:()\"'") for word in ask.hint.split())
    return any(re.fullmatch(ask.match or "", word) for word in words)


def example_handle(pattern: str, contacts: Sequence[Contact], role: str) -> str:
    """The handle of a contact that matches a pattern, for an example; empty if none.

    Args:
        pattern: matches the whole of an answer.
        contacts: the runbook's.
        role: whose handle is the likeliest.
    """
    if not is_cheap_pattern(pattern):
        return ""
    wanted = re.compile(pattern)
    likeliest = sorted(contacts, key=lambda contact: contact.role != role)
    for contact in likeliest:
        handle = contact.handle
        # A pattern that takes any name is not one for handles.
        if wanted.fullmatch(handle) and not wanted.fullmatch(handle[1:]):
            return handle
    return ""


MAX_CHECK_VALUE_CELLS = 36
"""Cells of a value in a check's description; the field `with` shows it in full."""
WATCH_FAILURE_TEXT = (
    "when a trigger fires, or one that had fired before stands at the end; "
    "unknown, where nobody looked"
)
"""Words for when a `watch` step fails, or becomes unknown."""


def detail_title(view: RunView, key: RowKey | None) -> str:
    """`2.1 Restore the backup`."""
    phase = view.phase(key)
    if isinstance(key, LeftOutRow):
        phase = view.runbook.phase(key.phase_id)
    if phase is not None:
        return _phase_name(view, phase)
    step = view.step(key)
    return sanitize.line(view.plan.name(step.id)) if step is not None else ""


def _phase_name(view: RunView, phase: Phase) -> str:
    return f"{view.plan.phase_numbers[phase.id]} {sanitize.line(phase.title)}"


def border_text(view: RunView, key: RowKey | None) -> tuple[str, Role]:
    """The text of the pane's lower border: effect, limit and the usual duration."""
    step = view.step(key)
    if step is None or not isinstance(step.action, Run):
        return ("a gate", "muted") if step is not None and step.gate else ("", "muted")
    effect = effect_of(step)
    parts = [f"improvised by {step.improvised_by}"] if step.improvised_by else []
    parts.append(EFFECT_LABELS[effect])
    if step.gate:
        parts.append("a gate")
    if step.action.timeout:
        parts.append(f"limit {view.values_for(step).preview(step.action.timeout)}")
    if step.expect:
        parts.append(f"usually {view.values.preview(step.expect)}")
    role: Role = "bad" if effect == "destroy" else "muted"
    return sanitize.line(" · ".join(parts)), role


def detail_fields(
    view: RunView, key: RowKey | None, *, compact: bool, tab: AttemptId | None = None
) -> tuple[Field, ...]:
    """The fields of the detail pane.

    Args:
        view: the run.
        key: the checklist's key under the cursor.
        compact: whether only what matters most has room.
        tab: the attempt whose output is looked at; where it is an earlier one at this
            step, it is told how that one was.
    """
    phase = view.phase(key)
    if phase is not None:
        return tuple(_phase(view, phase))
    if isinstance(key, LeftOutRow):
        return tuple(_left_out_fields(view, view.runbook.phase(key.phase_id)))
    step = view.step(key)
    if step is None:
        return ()
    own = view.step_state(step.id)
    earlier = earlier_attempt(own, step.id, tab)
    shown = earlier or own.last_attempt
    looked = [] if earlier is None else [_attempt_fields(earlier)]
    standing = [*looked, *standing_fields(view, step), *hosts_fields(view, step)]
    before = previous_step_fields(view, step)
    body = list(
        _action(view, step, shown, compact=compact and bool(standing or before))
    )
    reason = view.values_for(step).prose(step.why)
    why = [Field("why", prose=reason, kind=FieldKind.WHY)] if step.why else []
    facts = (*approved_fields(view, step), *health_field(view, step))
    applies = guard_text(view, step)
    guard = [Field("when", text(applies))] if applies else []
    subject = subject_fields(view, step)
    checks = tuple(_check_fields(view, step))
    if compact:
        return (*standing, *why, *subject, *body, *before, *guard, *facts, *checks)
    return (*standing, *facts, *why, *before, *subject, *body, *guard, *checks)


def earlier_attempt(
    own: StepState, step_id: str, tab: AttemptId | None
) -> Attempt | None:
    """The attempt of a tab, where that is one at a step, and not its last."""
    if tab is None or tab.step != step_id or not 0 < tab.number < len(own.attempts):
        return None
    return own.attempts[tab.number - 1]


def _attempt_fields(earlier: Attempt) -> Field:
    """Which attempt it is, and how it ended."""
    mark = STATUS_MARKS[earlier.status]
    reason = f": {earlier.reason}" if earlier.reason else ""
    words = f"{mark.glyph} attempt {earlier.number}, {mark.word}{reason}"
    return Field("shown", assemble((words, mark.role)))


def subject_fields(
    view: RunView, step: Step, *, found_anew: Collection[str] = ()
) -> tuple[Field, ...]:
    """What of this run a step is about: what was chosen or found, that it reads.

    What was chosen has the title that its row had; a path is only told where nothing
    else is known, and a sum, by which nobody knows a thing again, never.

    Args:
        view: the run.
        step: which.
        found_anew: variables that have another value by the time when it begins.
    """
    held = view.state.variables_for(step.id)
    declared = view.runbook.variables
    titled: list[Field] = []
    plain: list[Field] = []
    paths: list[Field] = []
    for name in view.plan.variables_read[step.id]:
        known = held.get(name)
        if known is None or not known.text or known.source not in _FOUND_IN_RUN:
            continue
        if name in found_anew:
            continue
        words = known.text
        if title := _chosen_title(view, name, words):
            titled.append(Field("", text(title, "strong")))
        elif "\n" not in words and not _SUM.fullmatch(words):
            title = declared[name].title or name
            called = text(f"{title}{':' * (not title.endswith('?'))} ", "muted")
            value = sanitize.line(words)
            if "/" in words:
                paths.append(Field("", called, value))
            else:
                cut = cut_in_middle(value, MAX_SUBJECT_CELLS)
                plain.append(Field("", called + text(cut)))
    told = [*titled, *plain][:MAX_SUBJECTS] or paths[:1]
    return tuple(replace(each, label="about") for each in told[:1]) + tuple(told[1:])


_FOUND_IN_RUN = ("answer", "output")
_SUM = re.compile(r"(?:[a-z0-9]+:)?[0-9a-fA-F]{32,}")
MAX_SUBJECTS = 3
"""Things that a step is said to be about."""
MAX_SUBJECT_CELLS = 160
"""Cells of what one is: a plan in words is whole, and no output fills the pane."""


def _chosen_title(view: RunView, name: str, value: str) -> str:
    """The title of the rows that a variable was chosen by; empty where it was not."""
    chosen = chosen_options(value)
    for step in view.runbook.steps():
        if isinstance(step.action, Choose) and step.action.var == name:
            titles = [
                " ".join(option.title.split())
                for option in offered_options(view, step.action)
                if option.title and option.value in chosen
            ]
            if titles:
                return ", ".join(titles)
    return ""


def wait_fields(view: RunView, step: Step) -> Iterator[Field]:
    """Where a step applies, and what it waits for; without a command, its checks."""
    if step.when or step.when_checks:
        yield Field("when", text(guard_text(view, step)))
    if step.needs:
        yield Field("needs", text(", ".join(view.plan.name(n) for n in step.needs)))
    for check in step.checks if step.action is None else ():
        yield Field("checks", text(fill_in_values(view, step, check_in_words(check))))


def shown_by_key(what: str) -> Content:
    """That a key shows something whole."""
    key = first_key_name(RunCommand.SCRIPTS)
    return assemble((key, "key"), (f" shows {what}", "muted"))


def account_fields(view: RunView) -> tuple[Field, ...]:
    """As whom commands run, where that is not the person who confirms them."""
    account = view.others_account
    if not account:
        return ()
    return (Field("as", text(f"{account}, whose run this is, not you", "warn")),)


def command_fields(
    view: RunView, step: Step, *, folds: bool = False
) -> tuple[Field, ...]:
    """The exact command with its variables and directory, for a confirmation.

    Nothing of a value is left out here: what will be destroyed may stand in it.

    Args:
        view: the run.
        step: which.
        folds: whether of a script of more than a few lines only their number is told,
            with the key that shows it.
    """
    return tuple(
        replace(field, content=field.content + Content(field.value), value="")
        for field in _action(view, step, None, compact=False, folds=folds)
    )


def _phase(view: RunView, phase: Phase) -> Iterator[Field]:
    if phase.why:
        yield Field("why", prose=view.values.prose(phase.why))
    numbers: dict[str, int] = {}
    for step in phase.steps:
        word = STATUS_MARKS[view.statuses[step.id].status].word
        numbers[word] = numbers.get(word, 0) + 1
    counts = ", ".join(f"{count} {word}" for word, count in numbers.items())
    yield Field("steps", text(counts))
    if is_improvised(phase):
        words = "what was in no step; it begins by a person alone, and decides nothing"
        yield Field("aside", text(words, "muted"))
    elif phase.aside:
        words = "off the main line; a failure, a decision or a person leads here"
        yield Field("aside", text(words, "muted"))
    if phase.attended:
        yield Field("only", text(ATTENDED))
    if phase.instead_of:
        names = (_phase_name(view, view.runbook.phase(p)) for p in phase.instead_of)
        yield Field("instead", text(instead_in_words(names)))


def _left_out_fields(view: RunView, phase: Phase) -> Iterator[Field]:
    """The steps of a phase that do not apply, each with why."""
    keys = (
        f"{first_key_name('checklist.left_out')} shows them in the list, or hides them"
    )
    yield Field("rows", text(keys, "muted"))
    for step in phase.steps:
        standing = view.statuses[step.id]
        if standing.not_for:
            title = f"{sanitize.line(step.title)}  "
            why = sanitize.line(standing.reason)
            words = assemble((title, "plain"), (why, "muted"))
            yield Field(view.plan.numbers[step.id], words)


def _action(
    view: RunView,
    step: Step,
    shown: Attempt | None,
    *,
    compact: bool,
    folds: bool = False,
) -> Iterator[Field]:
    """What it does, as it did in an attempt; without one, as it would do now."""
    if step.for_each is not None:
        yield from _row_fields(step)
    if step.rollout is not None:
        rollout = fill_in_values(view, step, rollout_in_words(step.rollout), shown)
        yield Field("hosts", text(sanitize.line(rollout)))
    match step.action:
        case Run() as run:
            yield from _command(view, step, run, folds=folds)
            if not compact:
                yield from _variable_fields(view, step, shown)
                yield Field("in", _place(view, step, run))
            if run.tty:
                yield Field("tty", text(f"it gets {ITS_TERMINAL}; {DETACH_HINT}"))
        case Manual() as manual:
            yield Field("do", prose=view.values_for(step).prose(manual.text))
            for ask in manual.ask:
                words = ask.title or ask.var
                form = f"  {short_answer_hint(view, step, ask)}"
                asked = assemble((words, "plain"), (form, "muted"))
                yield Field("asks", asked, kind=FieldKind.ASKS)
        case SendMessage() as send:
            body = view.values_for(step).prose(view.runbook.messages[send.message].body)
            last = view.step_state(step.id).last_attempt
            sent_text = last.note if last is not None else ""
            yield from channel_fields(view, step)
            yield Field("text", prose=Prose(sent_text) if sent_text else body)
        case Choose() as choose:
            yield from _choice(view, choose)
            yield from _called_files(view, step)
        case Watch() as watch:
            words = watch_in_words(view.values_for(step).preview(watch.for_))
            yield Field("do", text(words))
            yield Field("fails", text(WATCH_FAILURE_TEXT, "muted"))
        case None:
            pass


def _command(view: RunView, step: Step, run: Run, *, folds: bool) -> Iterator[Field]:
    """The playbook that it plays, or its script, and the files that this calls."""
    if run.playbook:
        yield Field("plays", text(sanitize.line(run.playbook)))
        return
    source = script_without_lint_comments(run.script).strip("\n")
    label = "run" if step.for_each is None else "lists"
    count = source.count("\n") + 1
    if folds and count > MAX_UNFOLDED_LINES:
        words = text(f"a script of {count} lines; ")
        yield Field(label, words + shown_by_key("it"), kind=FieldKind.SCRIPT)
    else:
        yield Field(label, script(source), kind=FieldKind.SCRIPT)
    yield from _called_files(view, step, folds=folds)


def _called_files(view: RunView, step: Step, *, folds: bool = False) -> Iterator[Field]:
    """The files of the runbook that it calls, each with its first lines."""
    for file in files_named_by_step(step, view.runbook.files):
        head = text(file.in_words, "name")
        if not folds:
            head = Content("\n").join((head, *_first_lines(file)))
        yield Field("calls", head, kind=FieldKind.CALLS)


MAX_UNFOLDED_LINES = 3
"""Lines of a script that is shown in a dialog in which something is typed."""
MAX_FIRST_LINES = 4
"""Lines of a file that are shown behind the script that calls it."""


def _first_lines(file: SourceFile) -> Iterator[Content]:
    """The first lines of a file, but for the one that names its program."""
    rows = file.text.strip("\n").split("\n")
    rows = rows[1:] if rows[0].startswith("#!") else rows
    for row in rows[:MAX_FIRST_LINES]:
        yield Content.styled(sanitize.clean(row), ROLE_STYLES["muted"])
    if len(rows) > MAX_FIRST_LINES:
        yield shown_by_key("the whole")


def _place(view: RunView, step: Step, run: Run) -> Content:
    """Where it runs, and by which program."""
    shell = command_in_words(run)
    place = place_in_words(step, view.workdir)
    return assemble((place, "plain"), (f" · {shell}", "muted"))


def _choice(view: RunView, choose: Choose) -> Iterator[Field]:
    """Its options, those that were chosen marked."""
    held = view.state.variables.get(choose.var)
    chosen = chosen_options(held.text if held is not None else None)
    options = offered_options(view, choose)
    if not options:
        yield Field("choose", text(listed_options_in_words(choose), "muted"))
    for number, option in enumerate(options):
        label = "choose" if number == 0 else ""
        sign = "●" if option.value in chosen else "○"
        sign = f"{sign if option.value else '✖'} "
        title = text(option.title or option.value)
        why = f"  {option.why}" if option.why else ""
        more = assemble((why, "muted"), (option_destination(option), "warn"))
        if choose.from_ is None:
            yield Field(label, title + more, sign=sign)
        else:  # its title is the row of a table
            yield Field(label, title, sign=sign)
            yield Field("", more, sign="  ")


def _row_fields(step: Step) -> Iterator[Field]:
    """What a step is done for, and what each of its rows will do."""
    each = step.for_each
    if each is not None and not step.undo_of:
        yield Field("rows", text(sanitize.line(for_each_in_words(each))))
    match each.row.action if each is not None and each.row is not None else None:
        case Run(script=source):
            shown = script(script_without_lint_comments(source))
            yield Field("each", shown, kind=FieldKind.SCRIPT)
        case Manual(text=task):
            yield Field("each", prose=Prose(task))
        case _:
            pass


def offered_options(view: RunView, choose: Choose) -> tuple[Option, ...]:
    """What can be chosen now, and what can only be seen."""
    listed = view.state.variables.get(choose.from_ or "")
    return choose.offered(listed.text if listed is not None else None)


def option_destination(option: Option) -> str:
    """Where an option leads, if it leads away."""
    if option.end:
        return "  ends the run"
    return f"  leads to {option.go}" if option.go is not None else ""


def guard_text(view: RunView, step: Step) -> str:
    """What must hold for a step to apply; empty if it always applies."""
    return guard_of_step_in_words(
        step,
        view.plan.variable_titles,
        lambda words: fill_in_values(view, step, words),
    )


def fill_in_values(
    view: RunView, step: Step, words: str, shown: Attempt | None = None
) -> str:
    """Words of a step, its variables filled in; long values without their middle.

    Args:
        view: the run.
        step: the step.
        words: with `${name}`.
        shown: the attempt whose values are filled in; without one, those of now.
    """
    values = view.values_for(step)
    given = dict(shown.variables_given) if shown is not None else {}

    def value(name: str) -> str:
        known = given.get(name) or values.preview(f"${{{name}}}")
        return cut_in_middle(sanitize.line(known), MAX_CHECK_VALUE_CELLS)

    return fill(words, value)


def _variable_fields(
    view: RunView, step: Step, shown: Attempt | None
) -> Iterator[Field]:
    """The variables that it reads, with their values in an attempt, or else now.

    Where one is another by now, both are told: it was tried with the one, and would be
    tried again with the other.
    """
    label = "with"
    parent = view.state.parent_of.get(step.id)
    each = view.plan.steps[parent].for_each if parent is not None else None
    if each is not None:
        item = sanitize.line(view.state.items[step.id])
        yield Field(label, assemble((f"{each.item}=", "name")), item)
        label = ""
    declared = view.runbook.variables
    known = {
        name: shortened_value(held.text)
        for name, held in view.state.variables_for(step.id).items()
    }
    then = known if shown is None else {**known, **dict(shown.variables_given)}
    counts = (n for _, text in fixed_counts(step) for n in template_names(text))
    names = (*script_variables(step, declared), *step.secrets.values(), *counts)
    for name in dict.fromkeys(names):
        is_secret = declared[name].secret
        was, now = (
            _variable_text(name, each, is_secret=is_secret) for each in (then, known)
        )
        if declared[name].is_fetched and name not in known:
            was = now = f"({fetched_text(declared[name])})"
        yield Field(label, assemble((f"{name}=", "name")), was)
        if was != now:
            yield Field("", assemble((f"{name}=", "name"), ("now ", "warn")), now)
        label = ""


def _variable_text(
    name: str, values: Mapping[str, str | None], *, is_secret: bool
) -> str:
    if name not in values:
        return NO_VALUE_YET
    value = values[name]
    return "[secret]" if value is None or is_secret else sanitize.line(value)


def _check_fields(view: RunView, step: Step) -> Iterator[Field]:
    """What comes after the action: its checks, role, pages, notes."""
    last = view.step_state(step.id).last_attempt
    for index, check in enumerate(step.checks):
        words = fill_in_values(view, step, check_in_words(check))
        label = "checks" if kind_of(step) == "check" else "then"
        seen = (
            [look for look in last.check_tries if look.check == index] if last else []
        )
        yield Field(label if index == 0 else "", text(words))
        if seen:
            newest = seen[-1]
            want = view.values_for(step).preview(str(check.repeat.consecutive))
            glyph, role = ("✔", "good") if newest.held else ("✖", "bad")
            row = f" {newest.held_in_row}/{want} in a row" if want != "1" else ""
            said = f"  look {newest.number}: {newest.detail}"
            line = assemble((f"{glyph}{row}", role), (said, "muted"))  # type: ignore[arg-type]
            yield Field("", line)
    yield from role_fields(view.runbook.contacts, step)
    for link in step.links:
        yield Field("page", assemble((link.title, "plain"), (f"  {link.url}", "muted")))
    for note in view.step_state(step.id).notes:
        yield Field("note", text(note, "warn"))


def standing_fields(view: RunView, step: Step) -> Iterator[Field]:
    """The state of a step, and what can be done about it."""
    standing = view.statuses[step.id]
    own = view.step_state(step.id)
    mark = STATUS_MARKS[standing.status]
    head = assemble(mark.glyph_and_word)
    last = own.last_attempt
    match standing.status:
        case Status.PENDING:
            pass  # the pane's border says it
        case Status.RUNNING:
            if last is not None:
                yield from _running(view, step, last)
        case Status.WAITING | Status.UNDONE if standing.waits:
            if standing.status is Status.UNDONE:
                yield Field("now", head + _by_and_reason(own, standing.reason))
            waits = ", ".join(wait.text for wait in standing.waits)
            yield Field("waits", assemble((waits, "warn")))
            yield Field("until", text(_unblocking_text(view, step), "muted"))
        case status if status in STATUSES_NEEDING_DECISION:
            reason = own.reason or standing.reason
            words = f"  {reason}" if reason != mark.word else ""
            yield Field("now", head + assemble((words, "plain")))
            yield from _problem_fields(view, step, last)
        case _:
            reason = standing.reason or own.reason
            yield Field("now", head + _by_and_reason(own, reason))
            if last is not None and last.left:
                yield Field("left", text(survivors_in_words(last.left)))
    if last is not None and last.ended_with:
        words = f"with the script: {'; '.join(last.ended_with)}"
        yield Field("ended", text(words, "warn"))
    yield from _output_value_fields(view, step)
    if own.is_stale:
        words = "a variable that it used was taken back since: look whether it holds"
        yield Field("stale", text(words, "warn"))


def _by_and_reason(own: StepState, reason: str) -> Content:
    """Who brought a step to its status, and why."""
    who = f" by {own.by}" if own.by and own.by != "host" else ""
    return assemble((f"{who}  {reason}" if reason else who, "muted"))


def _output_value_fields(view: RunView, step: Step) -> Iterator[Field]:
    """The variables that this step's output has set, with their values."""
    label = "gave"
    for name in step.outputs:
        held = view.state.variables.get(name)
        if held is not None and held.step == step.id:
            value = "[secret]" if held.text is None else sanitize.line(held.text)
            yield Field(label, assemble((f"{name}=", "name")), value)
            label = ""


def previous_step_fields(view: RunView, step: Step) -> tuple[Field, ...]:
    """What to know before the proposed step: a warning, and steps that did not apply.

    Args:
        view: the run.
        step: any; of one that is not proposed, or has begun, nothing is said.
    """
    is_next = step.id == view.proposal.step
    before = view.latest()
    if (
        not is_next
        or before is None
        or view.statuses[step.id].status is not Status.PENDING
    ):
        return ()
    return (*_warning_fields(view, before), *_not_applicable_fields(view, step))


def _warning_fields(view: RunView, before: str) -> Iterator[Field]:
    """That a step has warned, if it has."""
    if view.statuses[before].status is Status.WARNED:
        mark = STATUS_MARKS[Status.WARNED]
        head = assemble((f"{mark.glyph} {view.plan.name(before)} {mark.word}", "warn"))
        reason = view.step_state(before).reason
        yield Field("before", head + assemble((f"  {reason}", "muted")))


def _not_applicable_fields(view: RunView, step: Step) -> Iterator[Field]:
    """The steps that did not apply just before the proposed one, and why."""
    order = list(steps_in_order(view.plan, view.state))
    passed = list(
        takewhile(
            lambda other: view.statuses[other.id].is_guard_false,
            reversed(order[: order.index(step)]),
        )
    )
    if passed:
        mark = STATUS_MARKS[Status.NOT_APPLICABLE]
        name = f"{mark.glyph} {view.plan.name(passed[0].id)}"
        more = f"; {len(passed) - 1} more before it" if len(passed) > 1 else ""
        nearest = view.statuses[passed[0].id]
        decided = view.plan.decided_variables.issuperset(
            guard_variables(view.plan.steps[passed[0].id].when)
        )
        words = nearest.not_for if decided else nearest.reason
        why = f"  {sanitize.line(words or nearest.reason)}{more}"
        yield Field("past", assemble((name, "plain"), (why, "muted")))


def _running(view: RunView, step: Step, last: Attempt) -> Iterator[Field]:
    took = duration_in_words(view.runtime(step.id) or 0.0)
    begun = f"attempt {last.number}, started by {last.by}"
    words = f"▶ running for {took}, {begun}"
    if watched := view.watch_progress(step):
        words = f"▶ watching health: {watched}, {begun}"
    stop = "stop it"
    is_idle = (  # nobody makes its checks, and its script has ended
        view.verifying == step.id
        and view.host_pid is None
        and view.reviewed_duration is None
    )
    if view.verifying == step.id:
        words = f"▶ its script has ended; being checked, {took} so far"
        if is_idle:
            words = "▶ its script has ended; it is checked once the run is resumed"
        stop = "stop the checks"
    yield Field("now", assemble((words, "accent")))
    if last.stop_asked:
        yield Field("stop", text("was asked for", "warn"))
    elif view.reviewed_duration is None and not is_idle:
        ways: list[tuple[str, Role]] = []
        if isinstance(step.action, Run) and step.action.tty:
            ways = [
                (f"{first_key_name(RunCommand.TERMINAL)} ", "key"),
                ("its terminal   ", "plain"),
            ]
        ways += [(f"{first_key_name(RunCommand.STOP)} ", "key"), (stop, "plain")]
        yield Field("keys", assemble(*ways), kind=FieldKind.KEYS)


def _problem_fields(view: RunView, step: Step, last: Attempt | None) -> Iterator[Field]:
    if last is not None:
        attempt = AttemptId(step.id, last.number)
        last_output = view.last_outputs.get(attempt, LastOutput())
        if last_output.error:
            yield Field("error", text(last_output.error, "warn"))
        if last_output.last and last_output.last != last_output.error:
            yield Field("said", text(last_output.last, "warn"))
        if last.left:
            yield Field("left", text(survivors_in_words(last.left), "warn"))
    if view.reviewed_duration is not None:
        return  # what could be done then is not what can be done now
    first = _look_first_advice(view, step, last)
    if first:
        yield Field("look", text(first))
    yield Field("keys", failure_choices(view, step), kind=FieldKind.KEYS)


def _look_first_advice(view: RunView, step: Step, last: Attempt | None) -> str:
    """What to look at before deciding; empty where the fields before are enough."""
    retry, override = (
        first_key_name(RunCommand.RETRY),
        first_key_name(RunCommand.OVERRIDE),
    )
    reads = kind_of(step) == "check" or effect_of(step) == "read"
    match view.statuses[step.id].status:
        case Status.UNKNOWN if last is not None and last.left:
            return (
                "first at what is still alive: until that has ended, the step cannot "
                "be run again; then at the output, and at what it has changed"
            )
        case Status.UNKNOWN if kind_of(step) == "watch":
            return f"at the health panel; {retry} watches anew, from the beginning"
        case Status.UNKNOWN if reads:
            return f"at the output; it only reads, so {retry} does no harm"
        case Status.UNKNOWN:
            look = first_key_name(RunCommand.LOOK_FIRST)
            checks = f"by {look}, which makes its checks alone; then " * bool(
                step.checks
            )
            return (
                f"first {checks}at the output, then by hand at what it should have "
                f"changed: if all is there, {override}; if nothing is, {retry}"
            )
        case Status.TIMED_OUT | Status.STOPPED | Status.OUTPUT_LOST if not reads:
            return "at how far it got: what it had changed by then stays as it is"
        case Status.NOT_STARTED:
            return f"nothing to undo; mend what is said above, then {retry}"
        case Status.FAILED if last is not None and last.exit == 127:
            return "at the name that was not found, and at PATH and the directory"
        case Status.FAILED if last is not None and last.exit == 126:
            return "at the file's mode (chmod +x), and at its first line"
        case _:
            return ""


def failure_choices(view: RunView, step: Step) -> Content:
    """The choices for a failed step, with their keys."""
    offered = available_commands(view, StepRow(step.id))
    parts: list[tuple[str, Role]] = []
    for command, words in (
        (RunCommand.LOOK_FIRST, "check"),
        (RunCommand.RETRY, "retry"),
        (RunCommand.SKIP, "skip"),
        (RunCommand.OVERRIDE, "override"),
        (RunCommand.ENTER_PHASE, _aside_choice_text(view, step)),
        (RunCommand.CONTACTS, "contacts"),
    ):
        if command in offered:
            parts += [(f"{first_key_name(command)} ", "key"), (f"{words}   ", "plain")]
    return assemble(*parts) if parts else text("resume the run first", "warn")


def _aside_choice_text(view: RunView, step: Step) -> str:
    """The choice to enter another phase, in words, by number if the step names one."""
    number = view.plan.phase_numbers.get(step.on_failure)
    if number is None:
        return "turn aside"
    return f"turn aside to {number}"


def _unblocking_text(view: RunView, step: Step) -> str:
    """What would free a waiting step."""
    words = []
    for wait in view.statuses[step.id].waits:
        match wait.kind:
            case "gate" | "needs":
                name = view.plan.name(wait.on)
                words.append(f"{name} has passed, or is overridden")
            case "variable":
                source = _source(view, wait.on)
                words.append(f"{wait.on} has a value{source}")
            case "choice":
                words.append(f"{wait.on} is decided{_source(view, wait.on)}")
            case "guard":
                source = _source(view, wait.on)
                skip = f"{first_key_name(RunCommand.SKIP)} skips it, " * (not step.gate)
                ways = f"{skip}{first_key_name(RunCommand.OVERRIDE)} overrides it"
                words.append(f"{wait.on} can be compared{source}; or {ways}")
            case "secret":
                words.append(f"{wait.on} is known again, or you go on without it")
            case "approval":
                run = view.state.began.run if view.state.began else "RUN"
                words.append(f"{wait.on} approves it: `mobius-tui approve {run}`")
    return "; ".join(words)


def waiting_step_count(view: RunView, step: Step) -> int:
    """How many steps wait for one to pass, or for what it gives."""
    return sum(
        any(
            view.plan.step_that_sets.get(wait.on, wait.on) == step.id
            for wait in each.waits
        )
        for each in view.statuses.values()
    )


def _source(view: RunView, name: str) -> str:
    """The step that a variable comes from, in words."""
    giver = view.plan.step_that_sets.get(name)
    if giver is not None:
        return f", which {view.plan.numbers[giver]} gives"
    return ""


def guard_check_notice(view: RunView, action: Action) -> str:
    """The notice that the host checks a guard first; empty without a guard."""
    if not isinstance(action, StartStep | RetryStep | AskApproval):
        return ""
    step = view.plan.steps.get(action.step)
    if step is None or not view.has_guard_checks_to_make(step):
        return ""
    return f"The host looks whether {view.plan.name(step.id)} applies."


def approved_fields(view: RunView, step: Step) -> Iterator[Field]:
    """Who approved the attempt that comes next, and until when it may be begun.

    Then why the person who looks may not begin it, if so. Nothing where nobody has
    approved, or where what they approved has changed since.
    """
    approval = current_approval(view.plan, view.state, step)
    if approval is None or not approval.approvals_given:
        return
    approvers = ", ".join(_approver_text(each) for each in approval.approvals_given)
    words = f"approved by {approvers}"
    if approval.is_complete:
        until = time.strftime("%H:%M:%S", time.localtime(approval.expires_at))
        words += f", to be begun by {until}"
    yield Field("now", assemble((words, "good")))
    why_not = begin_refusal(view.plan, view.state, step, uid=view.uid, now=view.now)
    if why_not:
        yield Field("", text(why_not, "warn"))


def _approver_text(given: ApprovalGiven) -> str:
    """A name of an approver, marked if it was typed and not authenticated."""
    return f"{given.name} (weaker: a typed name)" if given.weaker else given.name
