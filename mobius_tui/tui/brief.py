"""The fields of the briefing: pure words over a briefing."""

from __future__ import annotations

from mobius_tui import sanitize
from mobius_tui.run.plan import effect_of, kind_of
from mobius_tui.run.starter import Briefing
from mobius_tui.runbook.markdown import plain
from mobius_tui.runbook.model import Phase, Runbook
from mobius_tui.tui.field import Field
from mobius_tui.tui.theme import Role, assemble, text

COUNTED: tuple[tuple[str, str, Role], ...] = (
    ("read", "reads", "plain"),
    ("change", "changes", "warn"),
    ("destroy", "destroys", "bad"),
    ("check", "checks", "plain"),
    ("manual", "by hand", "plain"),
    ("message", "messages", "plain"),
    ("choose", "decisions", "plain"),
    ("watch", "watches", "plain"),
)
"""What is counted, in which words."""


def summary(briefing: Briefing) -> tuple[Field, ...]:
    """What it is, which version, whose, and in which mode and place."""
    runbook = briefing.runbook
    fields = []
    if runbook.summary:
        words = " ".join(plain(runbook.summary).split())
        fields.append(Field("what", text(words)))
    version = [part for part in (runbook.version, str(runbook.updated or "")) if part]
    if version:
        owners = f"  {', '.join(runbook.owners)}" if runbook.owners else ""
        line = assemble((" of ".join(version), "plain"), (owners, "muted"))
        fields.append(Field("version", line))
    drill = "a rehearsal on a site of its own; nothing real is touched"
    real = "real commands, in a real environment"
    is_drill = briefing.mode == "drill"
    mode = assemble(
        (briefing.mode, "accent" if is_drill else "bad"),
        (f"  {drill if is_drill else real}", "muted"),
    )
    fields.append(Field("mode", mode))
    if briefing.environment:
        role: Role = "bad" if briefing.protected else "plain"
        why = "  protected: what destroys wants its name typed" * briefing.protected
        fields.append(
            Field("place", assemble((briefing.environment, role), (why, "muted")))
        )
    return tuple(fields)


def effects(runbook: Runbook) -> tuple[Field, ...]:
    """How many steps of each effect, on the main line and aside."""
    main = tuple(phase for phase in runbook.phases if not phase.aside)
    asides = tuple(phase for phase in runbook.phases if phase.aside)
    fields = [_counts("main", main)]
    if asides:
        fields.append(_counts("aside", asides))
    return tuple(fields)


def _counts(label: str, phases: tuple[Phase, ...]) -> Field:
    numbers: dict[str, int] = {}
    for phase in phases:
        for step in phase.steps:
            kind = kind_of(step)
            name = effect_of(step) if kind == "run" else kind
            numbers[name] = numbers.get(name, 0) + 1
    parts: list[tuple[str, Role]] = []
    for name, words, role in COUNTED:
        if name in numbers:
            parts.append((f"{words} {numbers[name]}", role))
            parts.append((" · ", "muted"))
    return Field(label, assemble(*parts[:-1]))


def preflight(briefing: Briefing) -> tuple[Field, ...]:
    """What was looked for, and what was not found."""
    fields = [Field("✖ fix", text(problem, "bad")) for problem in briefing.problems]
    if not briefing.problems:
        programs = ", ".join(briefing.runbook.requires)
        found = programs or "no programs are asked for"
        fields.append(Field("✔ found", text(found, "good")))
    fields.append(Field("in", text(""), sanitize.line(str(briefing.workdir))))
    return tuple(fields)


def values(briefing: Briefing) -> tuple[Field, ...]:
    """The variables that have a value, and where it comes from."""
    fields = [
        Field(
            "",
            assemble((f"{name}=", "name")),
            sanitize.line(f"{value}" + ("" if source == "default" else "  (given)")),
        )
        for name, (value, source) in briefing.values.items()
    ]
    fields += [
        Field("", assemble((f"{name}=", "name"), ("[secret]", "muted")))
        for name in briefing.secrets
    ]
    return tuple(fields)
