"""Converting a Markdown page into a runbook: sections become phases and steps.

What scripts need of the run is found then: values of steps before them, answers, a
terminal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from mobius_tui.errors import RunbookError
from mobius_tui.runbook.model.script_names import names_in_script
from mobius_tui.runbook.page.condition_chain import ask_conditions
from mobius_tui.runbook.page.fill_in import names_secret, replace_placeholders
from mobius_tui.runbook.page.lead_sentences import (
    MAX_TITLE_CHARACTERS,
    fit_title,
    lead_title,
)
from mobius_tui.runbook.page.page_blocks import (
    Block,
    CodeFence,
    MarkdownPage,
    PageItem,
    PageParagraph,
    PageTable,
)
from mobius_tui.runbook.page.page_drafts import (
    PAGE_OUTPUT,
    PageDraft,
    PhaseDraft,
    StepDraft,
    decide_alternatives,
    first_command,
    guard_options,
    is_option,
    is_shown_block,
)
from mobius_tui.runbook.page.page_parser import PageTooLargeError, parse_page
from mobius_tui.runbook.page.section_reader import SectionReader, lines_of_table
from mobius_tui.runbook.page.sections import (
    Chapter,
    PageOutline,
    Section,
    outline_page,
    topic_of,
)
from mobius_tui.runbook.page.write_toml import runbook_text
from mobius_tui.runbook.script_rules.interactive_commands import wants_person
from mobius_tui.runbook.shell.script_model import Script, SimpleCommand
from mobius_tui.runbook.shell.script_parser import MAX_CHARACTERS, parse_script
from mobius_tui.runbook.shell.script_walk import (
    ASSIGNMENT_START,
    DECLARATION_COMMANDS,
    assignments,
)
from mobius_tui.runbook.text.names import is_reserved
from mobius_tui.runbook.toml.runbook_source import MAX_BYTES

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


_WORD = re.compile(r"\w+")
_READ = re.compile(r"\$\{?[!#]?([A-Za-z_]\w*)")
_EMPTY_TITLES = frozenset(
    (
        *("example", "examples", "for example", "usage", "output", "note", "notes"),
        *(
            "command",
            "commands",
            "example output",
            "sample output",
            "procedure",
            "image",
        ),
        *("response", "result", "results", "request", "tip", "warning", "caution"),
    )
)
"""Titles that say nothing of what is done."""


def make_titles_unique(phase: PhaseDraft) -> None:
    """Give each step of a phase a unique title; what it leaves out goes to `why`."""
    taken: set[str] = set()
    for step in phase.steps:
        full_title = _first_free_title(step, taken)
        title = fit_title(full_title)
        taken.add(title.casefold())
        _keep_title_in_why(step, full_title, title)
        step.title = title
    title = fit_title(phase.title)
    if title != phase.title:
        phase.why.insert(0, phase.title)
        phase.title = title


def _first_free_title(step: StepDraft, taken: set[str]) -> str:
    return next(
        title
        for title in _title_candidates(step)
        if title and fit_title(title).casefold() not in taken
    )


def _title_candidates(step: StepDraft) -> Iterator[str]:
    """Titles for a step, the best first; an endless iterator."""
    title, command = step.title, first_command(step.run)
    if title.casefold() in _EMPTY_TITLES:
        title = ""
    if not title and step.option:
        title = f"{step.heading}: {step.option}" if step.heading else step.option
    elif not title:
        if step.heading.casefold() not in _EMPTY_TITLES:
            yield step.heading
        told = command or lead_title("\n".join(step.manual[:1]))
        title = step.heading or told or "Step"
        if title.casefold() in _EMPTY_TITLES:
            title = told or title
    yield title
    half = fit_title(title, MAX_TITLE_CHARACTERS // 2)
    if step.option and step.option not in title:
        yield f"{half} ({fit_title(step.option, MAX_TITLE_CHARACTERS // 2 - 3)})"
    if step.heading and step.heading.casefold() not in title.casefold():
        yield f"{fit_title(step.heading, MAX_TITLE_CHARACTERS // 2)}: {title}"
    if command and command not in title:
        yield f"{half}: {command}"
    for line in step.run.split("\n")[1:10]:
        if line.strip():
            yield f"{half}: {line.strip()}"
    for text in (*step.manual, *step.why):
        is_shown = is_shown_block(text) or text.startswith(PAGE_OUTPUT)
        if not is_shown and (told := lead_title(text)):
            yield f"{half}: {told}"
    number = 2
    while True:
        yield f"{fit_title(title, MAX_TITLE_CHARACTERS - 6)} ({number})"
        number += 1


def _keep_title_in_why(step: StepDraft, full_title: str, title: str) -> None:
    """Put a step's own title into `why`, unless the step's texts contain it.

    That is the title of its draft; without one, the full title. A lead that has the
    same words as the new title is removed from `why` instead.

    Args:
        step: the step, still with the title of its draft, which may be empty.
        full_title: the chosen title.
        title: the same, shortened.
    """
    text_to_keep = step.title or full_title
    if (
        not step.manual
        and step.lead in step.why
        and _title_words(step.lead) == _title_words(title)
    ):
        step.why.remove(step.lead)
    elif not any(
        _contains_words(each, text_to_keep) for each in (title, *_step_texts(step))
    ):
        step.why.insert(0, text_to_keep)


def _step_texts(step: StepDraft) -> tuple[str, ...]:
    """The texts of a step besides its title."""
    return (*step.why, *step.manual, step.run, step.message)


def _contains_words(text: str, words: str) -> bool:
    """Whether a text contains the words of another one in a row."""
    return f" {' '.join(_title_words(words))} " in f" {' '.join(_title_words(text))} "


def _title_words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def draft_runbook(page: MarkdownPage) -> PageDraft:
    """The draft of the runbook that a page becomes."""
    draft = PageDraft(
        comment_count=page.comment_count, names_read=_names_read(page.blocks)
    )
    draft.front_matter = [
        line for line in draft.facts.take_facts(page.front_matter) if line.strip()
    ]
    outline = outline_page(page.blocks, draft.facts.title)
    draft.title = draft.facts.title or outline.title
    if outline.title != draft.title:
        draft.summary += filter(None, [outline.title])
    for chapter in _chapters(outline):
        for phase in _phases(chapter, draft):
            if phase.steps:
                draft.phases.append(phase)
            else:
                title = "" if phase.is_in_summary else phase.title
                _add_to_summary(draft, title, phase.why)
    ask_conditions(draft)
    line = [(each.title, each.steps) for each in draft.phases if not each.aside]
    _add_option_decisions(line, draft, draft.title)
    if all(phase.aside for phase in draft.phases):
        for phase in draft.phases:
            phase.aside = phase.attended = False
    replace_placeholders(draft, _page_words(page))
    for phase in draft.phases:
        decide_alternatives(phase, draft)
    pass_values_on(draft)
    ask_where_needed(draft)
    give_terminals(draft)
    for phase in draft.phases:
        make_titles_unique(phase)
    return draft


def _names_read(blocks: Sequence[Block]) -> frozenset[str]:
    """The names that stand behind a `$` in the code of a page."""
    fences = (block.text for block in blocks if isinstance(block, CodeFence))
    return frozenset(name for text in fences for name in _READ.findall(text))


def _page_words(page: MarkdownPage) -> str:
    """The texts of a page, one below the other."""
    found: list[str] = []
    for block in page.blocks:
        match block:
            case PageTable():
                found += lines_of_table(block)
            case PageParagraph() | PageItem() | CodeFence():
                found.append(block.text)
            case _:
                pass
    return "\n".join(found)


def _chapters(outline: PageOutline) -> tuple[Chapter, ...]:
    """The chapters; what precedes the first one is a chapter, too."""
    preamble = outline.preamble
    if any(isinstance(block, PageItem | CodeFence) for block in preamble.blocks):
        preamble.topic = ""
    if not preamble.blocks and (outline.chapters or not outline.title):
        return outline.chapters
    if not outline.chapters:
        preamble.topic = ""
    preamble.title = outline.title
    return (Chapter(sections=[preamble]), *outline.chapters)


def _add_to_summary(draft: PageDraft, title: str, paragraphs: list[str]) -> None:
    """Add to the summary what has no other place, but no bare heading of contacts."""
    if paragraphs or (title and topic_of(title) != "contacts"):
        draft.add_to_summary(title, paragraphs)


def _phases(chapter: Chapter, draft: PageDraft) -> list[PhaseDraft]:
    """The phase of a chapter, and the aside phases of its conditions."""
    own, *subsections = chapter.sections
    phase = PhaseDraft(
        title=own.title, numbered_title=own.numbered_title, aside=chapter.aside
    )
    reader = SectionReader(own, draft, aside=chapter.aside)
    reader.read()
    draft.sections.append((own.title, own.level, reader.steps))
    phase.is_in_summary = reader.is_in_summary
    asides = reader.placement.asides
    _name_aside(own.title, reader.steps, asides)
    if reader.steps:
        phase.steps += reader.steps
        phase.why = reader.placement.lead
    elif (
        asides
        or subsections
        or reader.has_side_content
        or reader.is_only_told
        or own.topic in ("about", "contacts")
    ):
        phase.why = [*reader.placement.lead, *reader.prose]
    elif own.title or reader.prose:
        phase.steps.append(_reading_step(own.title, reader.prose))
    if not subsections:
        _title_single_step(phase.steps, phase.title)
    drafted: list[tuple[str, list[StepDraft]]] = []
    for section in subsections:
        steps, subsection_asides = _subsection_steps(
            section, draft, aside=chapter.aside
        )
        drafted.append((section.title, steps))
        draft.sections.append((section.title, section.level, steps))
        asides += subsection_asides
    _add_option_decisions(drafted, draft, phase.title)
    phase.steps += [step for _, steps in drafted for step in steps]
    return [phase, *asides]


def _add_option_decisions(
    steps_by_heading: Sequence[tuple[str, list[StepDraft]]],
    draft: PageDraft,
    about: str,
) -> None:
    """Make a decision of successive headings that are options."""
    group: list[tuple[str, list[StepDraft]]] = []
    for title, steps in (*steps_by_heading, ("", [])):
        if is_option(title) and title not in dict(group):
            if steps:
                group.append((title, steps))
            continue
        if len(group) > 1:
            decision = guard_options(group, about, draft)
            group[0][1].insert(0, decision)
        group = []


def _subsection_steps(
    section: Section, draft: PageDraft, *, aside: bool
) -> tuple[list[StepDraft], list[PhaseDraft]]:
    """The steps of a section below a phase's heading, and its aside phases."""
    reader = SectionReader(section, draft, aside=aside)
    reader.read()
    steps, asides = reader.steps, reader.placement.asides
    _name_aside(section.title, steps, asides)
    paragraphs = [*reader.placement.lead, *reader.prose]
    if not steps:
        if section.topic in ("about", "contacts") or reader.is_only_told:
            _add_to_summary(draft, section.title, paragraphs)
        elif paragraphs or not (reader.has_side_content or asides):
            step = _reading_step(section.title, paragraphs)
            step.begun_heading = section.numbered_title
            return [step], asides
        elif not (asides or reader.is_in_summary or section.topic == "triggers"):
            _add_to_summary(draft, section.title, [])
        return [], asides
    steps[0].why[:0] = reader.placement.lead
    _title_single_step(steps, section.title)
    if len(steps) > 1 or section.numbered_title:
        steps[0].begun_heading = section.numbered_title or section.title
    for step in steps:
        if step.title != section.title and step.why in ([], [step.lead]):
            step.why.insert(0, _sentence(section.title))
    outline = (section.title, _sentence(section.title))
    if not any(each in outline for step in steps for each in (step.title, *step.why)):
        steps[0].why.insert(0, _sentence(section.title))
    return steps, asides


def _sentence(title: str) -> str:
    """A heading as a sentence of a paragraph."""
    return title if title.endswith(("?", "!", ".")) else f"{title}."


def _name_aside(
    title: str, steps: Sequence[StepDraft], asides: Sequence[PhaseDraft]
) -> None:
    """Give the heading of a section to its asides, if they are all of it.

    It becomes the title of a single aside with one step that has a lead; otherwise it
    goes into the `why` of the first aside, if that has none.
    """
    if steps or not asides or not title:
        return
    first = asides[0]
    if len(asides) == 1 and len(first.steps) == 1 and first.steps[0].lead:
        first.title = title
        _title_single_step(first.steps, title)
    elif not first.why:
        first.why.append(f"{title}.")


def _title_single_step(steps: list[StepDraft], title: str) -> None:
    """Give the only step of a section the heading as its title."""
    if len(steps) != 1 or not title or not (steps[0].run or steps[0].message):
        return
    step = steps[0]
    parts = "; ".join(step.parts)
    known = (title, parts, *step.why)
    is_new = step.title not in known and step.title not in step.run
    if step.title and is_new and not step.lead:
        step.why.insert(0, step.title)
    if parts and not step.shell:
        step.why.append("\n".join(f"- {part}" for part in step.parts))
    step.title = title


def _reading_step(title: str, prose: list[str]) -> StepDraft:
    """A manual step for a section without other steps."""
    words = title or (prose[0] if prose else "")
    return StepDraft(title=words, manual=prose or [words], heading=title)


MAX_PAGE_STEPS = 2000
"""Steps of one page: more is a list of data, and no procedure."""


class ExplainedPart(Struct, frozen=True, kw_only=True):
    """A part of a page, and what became of it."""

    line: int
    """Where it begins on the page, from 1; 0 if unknown."""
    words: str
    rule: str
    """The rules that it went by; otherwise `step`, or `text`: told with a step."""
    steps: tuple[str, ...]
    """The number, the title and the condition of each step that it became."""


class ConvertedPage(Struct, frozen=True, kw_only=True):
    """The result of converting a page."""

    text: str
    """The runbook, as TOML."""
    comment_count: int
    """How many HTML comments of the page were left out."""
    parts: tuple[ExplainedPart, ...]
    """The parts of the page, in its order."""


def convert_page(
    text: str, *, page_file: str, file: str, id_source: str
) -> ConvertedPage:
    """The runbook that a page becomes.

    Args:
        text: the page.
        page_file: the name of its file.
        file: the name of the runbook's file.
        id_source: what the runbook's id is made of.

    Raises:
        RunbookError: there is nothing on the page, or too much.
    """
    try:
        read = parse_page(text)
    except PageTooLargeError as error:
        raise RunbookError(f"{page_file}: it {error}; split the page") from None
    draft = draft_runbook(read)
    steps = sum(len(phase.steps) for phase in draft.phases)
    if not steps:
        raise RunbookError(
            f"{page_file}: no step can be made of it; a page has headings, lists to "
            "tick and blocks of commands"
        )
    if steps > MAX_PAGE_STEPS:
        words = (
            f"makes {steps} steps, and {MAX_PAGE_STEPS} are the most; split the page"
        )
        raise RunbookError(f"{page_file}: it {words}")
    written = runbook_text(draft, page_file=page_file, file=file, id_source=id_source)
    if len(written.encode()) > MAX_BYTES:
        words = "makes a runbook of more than 1 MiB, which is none; split the page"
        raise RunbookError(f"{page_file}: it {words}")
    return ConvertedPage(
        text=written,
        comment_count=draft.comment_count,
        parts=tuple(_explained(draft)),
    )


def _explained(draft: PageDraft) -> Iterator[ExplainedPart]:
    """What became of each part of the page."""
    names = {
        id(step): f"{phase_number}.{number} {step.title}{_guard_in_words(step)}"
        for phase_number, phase in enumerate(draft.phases, 1)
        for number, step in enumerate(phase.steps, 1)
    }
    for part in draft.parts:
        steps = tuple(names[id(step)] for step in part.steps if id(step) in names)
        rule = ", ".join(part.rules) or ("step" if steps else "text")
        yield ExplainedPart(line=part.line, words=part.words, rule=rule, steps=steps)


def _guard_in_words(step: StepDraft) -> str:
    ways = (f"{var} = {' or '.join(values)}" for var, values in step.when.items())
    guard = " and ".join(ways)
    return f" (only with {guard})" if guard else ""
