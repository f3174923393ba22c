"""The titles of a runbook with the values of a run in them. Pure.

A value is hostile text: on one line, sanitized, and cut. It is filled in once: a
`${name}` in it stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from mobius_tui.runbook.model.actions import Choose, Manual, StepAction
from mobius_tui.runbook.model.runbook import Phase, Runbook, Step
from mobius_tui.runbook.text.shortening import shortened
from mobius_tui.runbook.text.template_text import fill, is_template, template_names
from mobius_tui.sanitize import line
from mobius_tui.structs import replace

MAX_VALUE_IN_TITLE = 80
"""Characters of a value that a title has at most."""

TitleUse = tuple[str, str]
"""The id of a step that sees values of its own, or nothing; and a name in its titles.

What undoes a step is about what that step was given.
"""


def value_in_title(value: str) -> str:
    """A value as it stands in a title: one line, and not all of a long one."""
    return shortened(line(", ".join(value.split("\n"))), MAX_VALUE_IN_TITLE)


def title_uses(runbook: Runbook) -> tuple[TitleUse, ...]:
    """The names that the titles of a runbook fill in, each once."""
    found = {
        (_seen_by(step), name): None
        for step, text in _titles(runbook)
        for name in template_names(text)
    }
    return tuple(found)


def has_templates_in_titles(runbook: Runbook) -> bool:
    """Whether a title is to be filled in; a literal `$${` is, too."""
    return any(is_template(text) for _, text in _titles(runbook))


def with_titles_filled_in(runbook: Runbook, values: Mapping[TitleUse, str]) -> Runbook:
    """A runbook with the names in its titles replaced by their values.

    Args:
        runbook: as it was read, and with the steps that joined the run.
        values: by use of a name, its value in a title; see `title_uses`.
    """

    def filled(text: str, step: Step | None = None) -> str:
        seen_by = _seen_by(step)
        return fill(text, lambda name: values[seen_by, name])

    health = runbook.health
    if health is not None:
        probes = (replace(own, title=filled(own.title)) for own in health.probes)
        health = replace(health, probes=tuple(probes))
    return replace(
        runbook,
        title=filled(runbook.title),
        health=health,
        phases=tuple(_phase(phase, filled) for phase in runbook.phases),
    )


def _seen_by(step: Step | None) -> str:
    return step.id if step is not None and step.undo_of else ""


def _titles(runbook: Runbook) -> Iterator[tuple[Step | None, str]]:
    yield None, runbook.title
    for probe in runbook.probes():
        yield None, probe.title
    for phase in runbook.phases:
        yield None, phase.title
        for step in phase.steps:
            yield step, step.title
            for link in step.links:
                yield step, link.title
                yield step, link.url
            match step.action:
                case Manual(ask=asks):
                    for ask in asks:
                        yield step, ask.title
                case Choose(options=options):
                    for option in options:
                        yield step, option.title
                        yield step, option.why
                case _:
                    pass


_Fill = Callable[[str, Step | None], str]


def _phase(phase: Phase, filled: _Fill) -> Phase:
    steps = tuple(_step(step, filled) for step in phase.steps)
    return replace(phase, title=filled(phase.title, None), steps=steps)


def _step(step: Step, filled: _Fill) -> Step:
    links = tuple(
        replace(own, title=filled(own.title, step), url=filled(own.url, step))
        for own in step.links
    )
    action = _action(step, filled)
    return replace(step, title=filled(step.title, step), links=links, action=action)


def _action(step: Step, filled: _Fill) -> StepAction | None:
    action = step.action
    match action:
        case Manual(ask=asks):
            own = (replace(ask, title=filled(ask.title, step)) for ask in asks)
            return replace(action, ask=tuple(own))
        case Choose(options=options):
            found = (
                replace(
                    option,
                    title=filled(option.title, step),
                    why=filled(option.why, step),
                )
                for option in options
            )
            return replace(action, options=tuple(found))
        case _:
            return action
