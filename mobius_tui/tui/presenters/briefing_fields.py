"""The fields of the briefing: pure words over a briefing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from textual.content import Content

from mobius_tui import sanitize
from mobius_tui.drill.detection_coverage import DrillCoverage
from mobius_tui.drill.drill_record import is_own_staging
from mobius_tui.health.health_record import CheckState
from mobius_tui.run.checks.value_commands import ListedValues
from mobius_tui.run.client.drill_reach import (
    HARMLESS_TEXT,
    drill_description,
    reach_lines,
    runs_as_written,
)
from mobius_tui.run.client.host_preflight import used_targets
from mobius_tui.run.client.preflight import programs_wanted
from mobius_tui.run.client.run_briefing import Briefing, hosts_by_target
from mobius_tui.run.events.mode_and_outcome import Mode
from mobius_tui.run.planning.plan import effect_of, kind_of
from mobius_tui.run.planning.step_texts import fetched_text
from mobius_tui.runbook.model.runbook import Phase, Runbook
from mobius_tui.runbook.prose.prose_model import Prose
from mobius_tui.structs import replace
from mobius_tui.tui.commands.command import Command
from mobius_tui.tui.commands.registry import command_by_id, commands_for_footer
from mobius_tui.tui.presenters.library_lines import drill_words
from mobius_tui.tui.presenters.styled_text import Field, Role, assemble, badge, text

if TYPE_CHECKING:
    from mobius_tui.health.probe import ProbePreview

EFFECT_COUNT_WORDS: tuple[tuple[str, str, Role], ...] = (
    ("read", "reads", "plain"),
    ("change", "changes", "warn"),
    ("destroy", "destroys", "bad"),
    ("check", "checks", "plain"),
    ("manual", "by hand", "plain"),
    ("message", "messages", "plain"),
    ("choose", "decisions", "plain"),
    ("watch", "watches", "plain"),
)
"""Each effect or kind of step, the word before its count, and its role."""

MODE_DESCRIPTIONS: Mapping[Mode, tuple[str, Role]] = {
    Mode.INCIDENT: ("real commands, in a real environment", "bad"),
    Mode.DRILL: (HARMLESS_TEXT, "accent"),
    Mode.MAINTENANCE: (
        "planned work: real commands, in a real environment",
        "strong",
    ),
}
"""What each mode means."""

STAGING_DRILL: tuple[str, Role] = (
    "a rehearsal on a staging of your own: real commands, and it is really broken",
    "warn",
)
"""What a drill with `--inject-cmd` means."""

PROBE_STATES: Mapping[CheckState, tuple[str, Role]] = {
    "ok": ("● ok", "good"),
    "failed": ("✖ failed", "bad"),
    "no data": ("? no data", "warn"),
}
"""The words for the result of asking a probe, by its state."""


def briefing_header(briefing: Briefing) -> Content:
    """What is about to be run, where, and in which mode."""
    place = briefing.environment or ""
    role: Role = "bad" if briefing.protected else "accent"
    where = assemble((" ▸ ", "muted"), (place, role)) if place else Content("")
    title = assemble((briefing.plan.runbook.title, "strong"))
    return title + where + Content("  ") + badge(briefing.mode)


def summary_fields(briefing: Briefing) -> tuple[Field, ...]:
    """What it is, which version, whose, and in which mode and place."""
    runbook = briefing.runbook
    fields = []
    if runbook.summary:
        fields.append(Field("what", prose=Prose(runbook.summary)))
    version = [part for part in (runbook.version, str(runbook.updated or "")) if part]
    if version:
        owners = f"  {', '.join(runbook.owners)}" if runbook.owners else ""
        line = assemble((" of ".join(version), "plain"), (owners, "muted"))
        fields.append(Field("version", line))
    words, role = _mode_description(briefing)
    mode = assemble((briefing.mode, role), (f"  {words}", "muted"))
    fields.append(Field("mode", mode))
    label, role = ("beyond", "plain") if briefing.confined else ("leaves", "warn")
    fields += [
        Field("" if place else label, text(each, role))
        for place, each in enumerate(reach_lines(briefing))
    ]
    if briefing.environment:
        role = "bad" if briefing.protected else "plain"
        why = "  protected: what destroys wants its name typed" * briefing.protected
        fields.append(
            Field("place", assemble((briefing.environment, role), (why, "muted")))
        )
    if briefing.share is not None:
        acts = briefing.share_control
        may = "read it, approve, and act on it" if acts else "read it, and approve"
        shared = text(f"group {briefing.share} may {may}", "warn" if acts else "plain")
        fields.append(Field("shared", shared))
    return (*fields, *host_fields(briefing))


def _mode_description(briefing: Briefing) -> tuple[str, Role]:
    """What the mode means, of a drill by what it can reach."""
    if briefing.mode is not Mode.DRILL:
        return MODE_DESCRIPTIONS[briefing.mode]
    if briefing.site is not None and is_own_staging(Path(briefing.site)):
        return STAGING_DRILL
    role: Role = "warn" if runs_as_written(briefing) else "accent"
    return drill_description(briefing), role


def host_fields(briefing: Briefing) -> tuple[Field, ...]:
    """The hosts that its steps run on, as far as they are known."""
    return tuple(
        Field("hosts", assemble((f"{title}: ", "muted"), (words, "strong")))
        for title, words in hosts_by_target(briefing)
    )


def before_begin_text(briefing: Briefing) -> str:
    """The sentence that nothing is executed before Begin, with the few exceptions."""
    values = any(variable.is_listed for variable in briefing.variables_asked)
    targets = used_targets(briefing.runbook).values()
    hosts = any(target.inventory for target in targets)
    what = ["values"] * values + ["hosts"] * hosts
    if what:
        return f"before Begin only commands that list {' and '.join(what)} are run"
    return "nothing is executed, and nothing is sent, before Begin"


def effect_fields(runbook: Runbook) -> tuple[Field, ...]:
    """What steps do: how many of each effect, how many are guarded or undoable."""
    main = tuple(phase for phase in runbook.phases if not phase.aside)
    asides = tuple(phase for phase in runbook.written_phases if phase.aside)
    fields = [_counts("main", main)]
    if asides:
        fields.append(_counts("aside", asides))
    steps = [step for phase in runbook.written_phases for step in phase.steps]
    looks = sum(bool(step.when_checks) for step in steps)
    if looks:
        them = "1 step applies" if looks == 1 else f"{looks} steps apply"
        words = f"{them} only if that is seen, looked at when it begins"
        fields.append(Field("when", text(words, "plain")))
    undo = runbook.undo_phase
    if undo is not None:
        changes = sum(effect_of(step) in ("change", "destroy") for step in steps)
        words = f"{len(undo.steps)} of {changes} changes can be undone"
        fields.append(Field("undo", text(words, "plain")))
    return tuple(fields)


def _counts(label: str, phases: tuple[Phase, ...]) -> Field:
    numbers: dict[str, int] = {}
    for phase in phases:
        for step in phase.steps:
            kind = kind_of(step)
            name = effect_of(step) if kind == "run" else kind
            numbers[name] = numbers.get(name, 0) + 1
    parts: list[tuple[str, Role]] = []
    for name, words, role in EFFECT_COUNT_WORDS:
        if name in numbers:
            parts.append((f"{words} {numbers[name]}", role))
            parts.append((" · ", "muted"))
    return Field(label, assemble(*parts[:-1]))


def preflight_fields(briefing: Briefing) -> tuple[Field, ...]:
    """The fields of the preflight.

    Problems or programs found, notices, and the directory.
    """
    fields = [Field("✖ fix", text(problem, "bad")) for problem in briefing.problems]
    if not briefing.problems:
        wanted = programs_wanted(briefing.runbook)
        programs = ", ".join(" or ".join(each) for each in wanted)
        found = programs or "no programs are asked for"
        fields.append(Field("✔ found", text(found, "good")))
    fields += [Field("▲ tell", text(each, "warn")) for each in briefing.notices]
    fields.append(Field("in", text(""), sanitize.line(str(briefing.workdir))))
    return tuple(fields)


def value_fields(briefing: Briefing) -> tuple[Field, ...]:
    """The variables that are not asked for: values, secrets, what is got later.

    Of a value that is no default it is said that it was given; of a secret that has
    none yet, from where it is got when a step first needs it.
    """
    asked = {variable.name for variable in briefing.variables_asked}
    fields = [
        Field(
            "",
            assemble((f"{name}=", "name")),
            sanitize.line(f"{value}" + ("" if source == "default" else "  (given)")),
        )
        for name, (value, source) in briefing.values.items()
        if name not in asked
    ]
    fields += [
        Field("", assemble((f"{name}=", "name"), ("[secret]", "muted")))
        for name in briefing.secrets
        if name not in asked
    ]
    fields += [
        Field(
            "",
            assemble(
                (f"{name}=", "name"), (f"[secret]  {fetched_text(each)}", "muted")
            ),
        )
        for name, each in briefing.runbook.variables.items()
        if each.is_fetched and name not in briefing.secrets
    ]
    return tuple(fields)


def drill_field(found: DrillCoverage | None, *, now: float | None = None) -> Field:
    """When it was drilled last, how that ended, by whom, what was edited since.

    Args:
        found: its newest drill and what drills cover; `None` is shown as never drilled.
        now: seconds since 1970; `None` while the runs are still searched, whatever
            `found` is.
    """
    if now is None:
        return Field("drilled", text("looking through the runs", "muted"))
    last = found.last if found is not None else None
    return Field("drilled", drill_words(last, now=now))


def probe_fields(
    runbook: Runbook, seen: tuple[ProbePreview, ...] | None = None
) -> tuple[Field, ...]:
    """What the probes saw, or how to ask them.

    Args:
        runbook: names them.
        seen: what they saw; none before they were asked.
    """
    probes = runbook.health.probes if runbook.health is not None else ()
    if not probes:
        return (Field("probes", text("none in this runbook", "muted")),)
    if seen is None:
        words = f"{len(probes)} not asked yet; Probe now asks once"
        return (Field("probes", text(words, "muted")),)
    fields = []
    for number, each in enumerate(seen):
        glyph, role = PROBE_STATES[each.state]
        line = assemble((f"{glyph} {each.id}  ", role), (each.words, "plain"))
        fields.append(Field("probes" if number == 0 else "", line))
    return tuple(fields)


MAX_PROPOSAL_ROWS = 5
"""The most proposed values that are listed under an input: on a terminal of 24 rows the
question is still visible above them."""


def proposal_text(
    listed: ListedValues | None, chosen: str, *, several: bool
) -> Content:
    """The text under an input for which a command proposes values.

    Args:
        listed: what it proposed; `None` while it runs.
        chosen: what the line holds.
        several: whether all that is listed is taken.
    """
    if listed is None:
        return text("asking its command …", "muted")
    parts = []
    values = [each.value for each in listed.options]
    if values:
        at = values.index(chosen) if chosen in values else -1
        first = max(
            0, min(at - MAX_PROPOSAL_ROWS // 2, len(values) - MAX_PROPOSAL_ROWS)
        )
        how = "all are taken" if several else "↑ ↓ choose, or type another"
        parts.append(text(f"{len(values)} listed: {how}", "muted"))
        for number, each in list(enumerate(listed.options))[first:][:MAX_PROPOSAL_ROWS]:
            sign = "▸ " if number == at else "  "
            title = f"  {each.title}" if each.title else ""
            role: Role = "accent" if number == at else "plain"
            parts.append(assemble((sign + each.value, role), (title, "muted")))
    if listed.problem:
        key = command_by_id("briefing.list").key_name
        words = f"▲ {listed.problem}; type it, or {key} lists again"
        parts.append(text(words, "warn"))
    return Content("\n").join(parts)


def source_problem_text(trouble: str) -> Content:
    """What is wrong with the edited source, each in its place."""
    head = text("It cannot be run as it was edited", "bad")
    lines = (text(line or " ") for line in trouble.split("\n"))
    return Content("\n").join([head, *lines])


def footer_keys(
    *, enter_begins: bool, available: Collection[str] = ()
) -> tuple[Command, ...]:
    """The keys of the briefing's footer, as they are while a line has the focus.

    Args:
        enter_begins: whether Enter begins the run now; else it goes on to what is to be
            filled in.
        available: the ids of commands that apply only at times, and do now.
    """
    begin = command_by_id("briefing.begin")
    if enter_begins:
        begin = replace(begin, keys=("enter", *begin.keys))
    # No letters: while a line has the focus they are typed into it.
    words = command_by_id("help")
    spelled = [key for key in words.keys if len(key) > 1 and key != "question_mark"]
    return (
        begin,
        *(
            each
            for each in commands_for_footer(("briefing",), available)
            if each.id != begin.id
        ),
        replace(command_by_id("focus.next"), label="Next line"),
        replace(words, keys=tuple(spelled[:1])),
    )
