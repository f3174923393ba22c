"""What scripts need of the run: values of steps before them, answers, a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from mobius_tui.runbook.model.script_names import names_in_script
from mobius_tui.runbook.page.fill_in import names_secret
from mobius_tui.runbook.page.page_drafts import PageDraft, PhaseDraft, StepDraft
from mobius_tui.runbook.script_rules.interactive_commands import wants_person
from mobius_tui.runbook.shell.script_model import Script, SimpleCommand
from mobius_tui.runbook.shell.script_parser import MAX_CHARACTERS, parse_script
from mobius_tui.runbook.shell.script_walk import (
    ASSIGNMENT_START,
    DECLARATION_COMMANDS,
    assignments,
)
from mobius_tui.runbook.text.names import is_reserved

_FOUND_ABOVE = re.compile(
    r"\b(?:found|noted|listed|shown|returned|obtained|printed|identified|displayed|seen|"
    r"retrieved|got|collected|recorded)\b[^.:]{0,40}"
    r"\b(?:above|earlier|before|previous\w*|preceding|step|output)\b|"
    r"\bfrom (?:the )?(?:above|previous|preceding|last|output|list|first)\b|"
    r"\b(?:above|previous|preceding|last) (?:commands?|outputs?|steps?|list)\b",
    re.IGNORECASE,
)
"""What says that a step before shows the value."""
_LISTS = re.compile(
    r"\b(?:get|list|ls|show|describe|ps|select|status|top|find|tree|members?|info)\b",
    re.IGNORECASE,
)
"""Words of commands that show what there is."""
_GENERAL_NAMES = """
name names id ids uid value number the of my your a an new old ip address path file dir
directory namespace project cluster region zone user host domain url version
"""
_GENERAL = frozenset(_GENERAL_NAMES.split())
"""Parts of a variable's name that do not tell what a command has to list."""


class _Place(Struct, frozen=True, kw_only=True):
    """A step with a script, and where it stands."""

    phase: PhaseDraft
    number: int
    """Its place among all steps of the draft."""
    step: StepDraft


def pass_values_on(draft: PageDraft) -> None:
    """Make outputs of what a script sets and a later one reads.

    Each script has a shell of its own. The step that sets the value stands before all
    that read it, and is done whenever they are.
    """
    places = [place for place in _places(draft) if not place.step.shell]
    sets = {place.number: _names_set(place.step.run) for place in places}
    declared = {*draft.variables, *(name for each in places for name in each.step.when)}
    for at, place in enumerate(places):
        if at + 1 == len(places) or not sets[place.number]:
            continue
        later = [each for each in places[at + 1 :] if _follows(each, place)]
        for name in sets[place.number]:
            if name in declared or is_reserved(name) or names_secret(name):
                continue
            if any(_reads(each.step.run, name) for each in later):
                place.step.outputs.append(name)
    for place in places:
        lines = [
            f'printf \'{name}=%s\\n\' "${name}" >> "$RUNBOOK_OUTPUT"\n'
            for name in place.step.outputs
        ]
        place.step.run += "".join(lines)


def ask_where_needed(draft: PageDraft) -> None:
    """Ask in the run, and not before it, for what a step before shows.

    The question is a step of its own before the first that needs the value, if the page
    says that the value is found, or if a command before lists what the value names.
    """
    places = list(_places(draft))
    for place in places:
        names = [
            name
            for name in names_in_script(place.step.run)
            if name in draft.variables and not names_secret(name)
        ]
        names = [name for name in names if _is_shown_before(name, place, places)]
        if not names:
            continue
        asked = {name: draft.variables.pop(name) for name in names}
        question = StepDraft(
            title=f"Fill in: {'; '.join(asked.values())}",
            manual=["The commands before this show it, and those after it need it."],
            ask=asked,
            when=dict(place.step.when),
            heading=place.step.heading,
            option=place.step.option,
            begun_heading=place.step.begun_heading,
        )
        place.step.begun_heading = ""
        at = next(i for i, each in enumerate(place.phase.steps) if each is place.step)
        place.phase.steps.insert(at, question)


def give_terminals(draft: PageDraft) -> None:
    """Give a terminal to the scripts that cannot be run without one."""
    for place in _places(draft):
        script = place.step.run
        if not (place.step.tty or place.step.shell or len(script) > MAX_CHARACTERS):
            place.step.tty = wants_person(parse_script(script))


def _places(draft: PageDraft) -> Iterator[_Place]:
    number = 0
    for phase in draft.phases:
        for step in phase.steps:
            number += 1
            if step.run:
                yield _Place(phase=phase, number=number, step=step)


def _follows(later: _Place, place: _Place) -> bool:
    """Whether a later step is done only where the earlier one has been."""
    same_line = not place.phase.aside or later.phase is place.phase
    return same_line and place.step.when.items() <= later.step.when.items()


def _is_shown_before(name: str, place: _Place, places: Sequence[_Place]) -> bool:
    users = [each for each in places if name in names_in_script(each.step.run)]
    if users[0] is not place or not all(_follows(each, place) for each in users):
        return False
    before = [
        each for each in places if each.number < place.number and _follows(place, each)
    ]
    texts = (place.step.title, place.step.lead, *place.step.why)
    if before and any(map(_FOUND_ABOVE.search, texts)):
        return True
    parts = [part for part in name.lower().split("_") if len(part) > 1]
    nouns = [part for part in parts if part not in _GENERAL]
    return any(
        _LISTS.search(each.step.run) is not None
        and re.search(rf"(?<![\w$-]){re.escape(noun)}s?\b", each.step.run, re.I)
        for each in before
        for noun in nouns
    )


def _reads(script: str, name: str) -> bool:
    """Whether a script reads a variable that it does not set itself."""
    if name not in names_in_script(script) or len(script) > MAX_CHARACTERS:
        return False
    return name not in {each.name for each in assignments(parse_script(script).body)}


def _names_set(script: str) -> list[str]:
    """The variables that a script sets whatever happens, in order."""
    if "=" not in script or len(script) > MAX_CHARACTERS:
        return []
    parsed = parse_script(script)
    if parsed.syntax_problem is not None:
        return []
    return list(dict.fromkeys(_top_names(parsed.body)))


def _top_names(body: Script) -> Iterator[str]:
    for statement in body:
        command = statement.first.commands[0]
        is_alone = len(statement.first.commands) == 1 and not statement.background
        if not is_alone or not isinstance(command, SimpleCommand):
            continue
        if not command.words:
            yield from (each.name for each in command.assignments)
        elif command.words[0].text in DECLARATION_COMMANDS:
            for word in command.words[1:]:
                match = ASSIGNMENT_START.match(word.text)
                if match is not None:
                    yield match[0].rstrip("+=")
