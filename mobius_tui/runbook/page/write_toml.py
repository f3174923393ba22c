"""Writing the draft of a converted page as the TOML of a runbook."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import tomli_w

from mobius_tui import sanitize
from mobius_tui.runbook.decode.assemble import MAX_JUDGED_CHARACTERS
from mobius_tui.runbook.decode.decode_derived_steps import UNDO_PHASE
from mobius_tui.runbook.decode.user_commands import command_table_for
from mobius_tui.runbook.effects.effect_judge import judge_script
from mobius_tui.runbook.model.actions import Effect
from mobius_tui.runbook.page.lead_sentences import fit_title, shorten
from mobius_tui.runbook.page.page_drafts import PageDraft, PhaseDraft, StepDraft
from mobius_tui.runbook.shell.script_parser import MAX_CHARACTERS
from mobius_tui.runbook.text.names import IdMaker, id_from_text
from mobius_tui.runbook.toml.derived_keys import id_of
from mobius_tui.sanitize import is_control

_DESTRUCTIVE = (
    r"(?:delete|destroy|drop|purge|remove|wipe|truncate|restore|roll[ -]?back|revert|"
    r"downgrade|uninstall|undo|prune|clean[ -]?up)(?![A-Za-z])"
)
_DESTRUCTIVE_TITLE = re.compile(rf"\W*{_DESTRUCTIVE}", re.IGNORECASE)
_DESTRUCTIVE_WORD = re.compile(rf"(?<![A-Za-z]){_DESTRUCTIVE}", re.IGNORECASE)


def effect_from_script(script: str, *titles: str) -> Effect:
    """The effect label of a step: never lower than what its commands do.

    A change in a script of more than `MAX_CHARACTERS` counts as destroying.

    Args:
        script: the commands.
        titles: the author's titles. If one begins with a word such as "Restore", or a
            command contains one, a change counts as destroying.
    """
    judgement = judge_script(script, table=command_table_for({}))
    command_texts = (deed.source_text for deed in judgement.effects)
    is_destructive = any(map(_DESTRUCTIVE_TITLE.match, titles)) or any(
        map(_DESTRUCTIVE_WORD.search, command_texts)
    )
    if judgement.effect == "change" and (
        is_destructive or len(script) > MAX_CHARACTERS
    ):
        return "destroy"
    return judgement.effect


_RESERVED_IDS = ("stop", "continue", UNDO_PHASE.id)
"""Ids that no phase may have: values of `on_failure` that are no phases, and the phase
that the first `undo` makes."""
_COMMENT_WIDTH = 80
"""Columns of the comment above a phase."""

_HEAD = """\
# From the page {page}: its words and its commands, as they stood there.
# None of it has been tried. `effect` is a guess: correct it where it is wrong. A script
# without one only reads, by the table of commands.
#
#   mobius-tui check {file}
#   mobius-tui run {file} --dry-run
#
# The first says what is wrong with the page, the second shows what would run.
"""


def runbook_text(draft: PageDraft, *, page_file: str, file: str, id_source: str) -> str:
    """The TOML text of the runbook that a draft becomes.

    Args:
        draft: the draft; it has at least one step.
        page_file: the name of the page's file, for the first comment.
        file: the name of the runbook's file, for the first comment.
        id_source: the text of which the runbook's id is made.
    """
    parts = [_comment(_HEAD.format(page=_line(page_file), file=_line(file)))]
    if draft.front_matter:
        lines = ["What else stood at the top of the page:", *draft.front_matter]
        parts.append(_comment("\n".join(f"# {line}" for line in lines)))
    parts.append("format = 2\n")
    parts.append(_about(draft, id_source))
    for person in draft.people:
        contact = {"role": person.role, "handle": person.handle, "for": person.reason}
        contact_fields = {key: _line(value) for key, value in contact.items() if value}
        parts.append(_table("[[contact]]", contact_fields))
    for name, title in draft.variables.items():
        variable: dict[str, Any] = {"title": _title(title), "ask": True}
        if any(name in step.secrets for phase in draft.phases for step in phase.steps):
            variable["secret"] = True
        full_title = (
            _comment(f"# {_line(title)}\n") if fit_title(title) != title else ""
        )
        parts.append(f"{full_title}{_table(f'[var.{name}]', variable)}")
    if draft.triggers:
        parts.append(_triggers(draft))
    ids = IdMaker("message")
    messages: dict[int, str] = {}
    for step in (step for phase in draft.phases for step in phase.steps):
        if step.message:
            messages[id(step)] = ids.next_id(step.title)
            message = {
                "id": messages[id(step)],
                "title": _title(step.title),
                "body": _text(step.message),
            }
            parts.append(_table("[[message]]", message))
    parts += _phases(draft, messages)
    return "\n".join(parts)


def _about(draft: PageDraft, name: str) -> str:
    facts = draft.facts
    title = shorten(draft.title or _title_of_file(name), 100)
    summary = [draft.title] if len(draft.title) > 100 else []
    about: dict[str, Any] = {
        "id": id_from_text(name) or id_from_text(draft.title) or "imported",
        "title": _line(title) or "Imported",
        "summary": _without_controls(
            _with_last_newline("\n\n".join([*summary, *draft.summary]))
        ),
        "version": _line(facts.version),
        "updated": facts.updated,
        "review_cycle": _line(facts.review_cycle),
        "owners": [_line(owner) for owner in facts.owners],
    }
    return _table("[runbook]", {key: value for key, value in about.items() if value})


def _title_of_file(name: str) -> str:
    """The name of a file as a title."""
    return re.sub(r"[-_]+", " ", name).strip().capitalize()


def _triggers(draft: PageDraft) -> str:
    lines = [
        "What the page says of triggers. The program watches for them once [health]",
        "names a probe and [health.trigger] the limits; see runbooks/README.md.",
        "",
        *draft.triggers,
    ]
    return _comment("\n".join(f"# {line}".rstrip() for line in _split(lines)))


def _phases(draft: PageDraft, messages: Mapping[int, str]) -> list[str]:
    phase_ids, step_ids = IdMaker("phase", _RESERVED_IDS), IdMaker("step")
    phase_names = {
        id(phase): phase_ids.next_id(phase.title or draft.title or "steps")
        for phase in draft.phases
    }
    steps = [step for phase in draft.phases for step in phase.steps]
    named = {id(step.on_failure) for step in steps}
    is_judged = sum(len(step.run) for step in steps) <= MAX_JUDGED_CHARACTERS
    secret = {name for step in steps for name in step.secrets}
    filled = {
        text: name
        for text, name in draft.placeholders.items()
        if name in draft.variables and name not in secret and text[0] in "<[{/"
    }
    parts: list[str] = []
    for phase in draft.phases:
        head = _identified(
            phase_names[id(phase)],
            _title(phase.title) or _title(draft.title) or "Steps",
            is_named=id(phase) in named,
        )
        parts.append(_phase(phase, head))
        for step in phase.steps:
            step_id = step_ids.next_id(step.title)
            head = _identified(step_id, _title(step.title) or step_id)
            body = _step(step, head, messages, filled, is_judged=is_judged)
            if step.on_failure is not None:
                body["on_failure"] = phase_names[id(step.on_failure)]
            under = (
                _comment(f"# {_line(step.begun_heading)}\n")
                if step.begun_heading
                else ""
            )
            parts.append(f"{under}{_table('[[phase.step]]', body)}")
            parts += [
                _table("[[phase.step.ask]]", {"var": var, "title": _title(title)})
                for var, title in step.ask.items()
            ]
            if step.choose:
                parts.append(_choice(step))
    return parts


def _identified(part_id: str, title: str, *, is_named: bool = False) -> dict[str, Any]:
    """The id and the title of a phase or a step.

    The id is left out if the title makes the same one. It is written if another part
    names it, so that a better title does not break the reference.
    """
    head = {"title": title}
    return head if id_of(head) == part_id and not is_named else {"id": part_id, **head}


def _phase(phase: PhaseDraft, head: dict[str, Any]) -> str:
    body = dict(head)
    if phase.why:
        body["why"] = _text("\n\n".join(phase.why))
    if phase.aside:
        body["aside"] = True
    if phase.attended:
        body["attended"] = True
    rule = f"# ── {_line(shorten(phase.numbered_title or body['title'], 60))} "
    return f"{rule:─<{_COMMENT_WIDTH}}\n\n{_table('[[phase]]', body)}"


def _step(
    step: StepDraft,
    head: dict[str, Any],
    messages: Mapping[int, str],
    filled: Mapping[str, str],
    *,
    is_judged: bool,
) -> dict[str, Any]:
    def filled_text(text: str) -> str:
        """A text with the values of the variables that its placeholders became."""
        written = _text(text)
        for placeholder, name in filled.items():
            written = written.replace(placeholder, f"${{{name}}}")
        return written

    body = dict(head)
    if step.why:
        body["why"] = filled_text("\n\n".join(step.why))
    if step.when:
        body["when"] = {var: [*values] for var, values in step.when.items()}
    if step.run:
        script, effect = _without_controls(step.run), _effect(step)
        if not (is_judged and effect == _judged_effect(script) == "read"):
            body["effect"] = effect
        if step.shell:
            body["shell"] = [*step.shell]
        if step.tty:
            body["tty"] = True
        if step.outputs:
            body["outputs"] = [*step.outputs]
        if step.secrets:
            body["secrets"] = dict.fromkeys(step.secrets)
        body["run"] = script
    elif step.message:
        body["message"] = messages[id(step)]
        body["optional"] = True
    elif not step.choose:
        body["manual"] = filled_text("\n\n".join(step.manual)) or body["title"]
    if step.optional and not step.choose:
        body["optional"] = True
    if step.is_asked_after:
        body["on_failure"] = "continue"
    return body


def _effect(step: StepDraft) -> str:
    """The guessed effect of a step; at least `change` if no shell runs its script."""
    titles = (step.title, *step.parts, step.heading, step.lead)
    effect = effect_from_script(step.run, *filter(None, titles))
    return "change" if step.shell and effect == "read" else effect


def _judged_effect(script: str) -> Effect:
    """What a script for bash does in a runbook that does not say it.

    The table of commands alone decides: the author's config.toml is not on the machines
    of all who run it.
    """
    return judge_script(script).effect


def _choice(step: StepDraft) -> str:
    """The tables of a decision."""
    options = (
        _table("[[phase.step.choose.option]]", {"value": value, "title": _title(title)})
        for value, title in step.options.items()
    )
    return "\n".join([_table("[phase.step.choose]", {"var": step.choose}), *options])


def _title(text: str) -> str:
    return _escape_templates(_line(fit_title(text)))


def _text(text: str) -> str:
    """A text for a key in which `${name}` would be filled in."""
    return _escape_templates(_without_controls(_with_last_newline(text.strip())))


def _with_last_newline(text: str) -> str:
    """The text, with a final newline if it has several lines."""
    return f"{text}\n" if "\n" in text else text


def _escape_templates(text: str) -> str:
    return text.replace("${", "$${")


def _line(text: str) -> str:
    """A text on one line, without control characters."""
    return _without_controls(" ".join(text.split()))


def _without_controls(text: str) -> str:
    """The text with a visible sign for each control character."""
    return text if text.isprintable() else text.translate(_control_signs())


@cache
def _control_signs() -> Mapping[int, str]:
    """The visible sign for each control character except newline and tab, by code."""
    codes = (*range(0x100), *range(0x2000, 0x2070))
    controls = (chr(code) for code in codes if is_control(chr(code)))
    return {ord(char): sanitize.clean(char) for char in controls if char not in "\n\t"}


def _comment(text: str) -> str:
    return _without_controls(text.rstrip("\n")) + "\n"


def _split(lines: Iterable[str]) -> list[str]:
    return [each for line in lines for each in line.split("\n")]


def _table(header: str, body: Mapping[str, Any]) -> str:
    """A table with its header."""
    values = "".join(_pair(key, value) for key, value in body.items())
    return f"{header}\n{values}"


def _pair(key: str, value: Any) -> str:
    """A key and its value, as a person would write it.

    A table is written on one line; in it, a name without a value (None) gets its own
    name as its value, as in `secrets = { token = "token" }`.
    """
    if isinstance(value, str) and ('"' in value or "\\" in value):
        if "\n" in value and "'''" not in value:
            return f"{key} = '''\n{value}'''\n"
        if "\n" not in value and "'" not in value and "\t" not in value:
            return f"{key} = '{value}'\n"
    if isinstance(value, list):
        return f"{key} = {_list(value)}\n"
    if isinstance(value, dict):
        pairs = ", ".join(
            f"{name} = {_list(each) if each else tomli_w.dumps({'': name})[5:].strip()}"
            for name, each in value.items()
        )
        return f"{key} = {{ {pairs} }}\n"
    return tomli_w.dumps({key: value}, multiline_strings=True)


def _list(values: Iterable[str]) -> str:
    items = ", ".join(tomli_w.dumps({"": each})[5:].strip() for each in values)
    return f"[{items}]"
