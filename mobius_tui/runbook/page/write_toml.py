"""A runbook as TOML, from the draft that a page became."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import tomli_w

from mobius_tui import sanitize
from mobius_tui.runbook.decode.config_file import effective_commands
from mobius_tui.runbook.effects.effect_judge import judge_script
from mobius_tui.runbook.model.actions import Effect
from mobius_tui.runbook.page.page_drafts import (
    LONGEST_TITLE,
    PageDraft,
    PhaseDraft,
    StepDraft,
    cut,
)
from mobius_tui.runbook.shell.script_parser import LIMIT
from mobius_tui.runbook.text.names import Ids, slug
from mobius_tui.runbook.toml.problem import is_control

_TAKES_AWAY = (
    r"(?:delete|destroy|drop|purge|remove|wipe|truncate|restore|roll[ -]?back|revert|"
    r"downgrade|uninstall|undo|prune|clean[ -]?up)(?![A-Za-z])"
)
_TITLE = re.compile(rf"\W*{_TAKES_AWAY}", re.IGNORECASE)
_WORD = re.compile(rf"(?<![A-Za-z]){_TAKES_AWAY}", re.IGNORECASE)


def effect_of(script: str, *titles: str) -> Effect:
    """The label of a step: never lower than what its commands do.

    Args:
        script: the commands.
        titles: what its author calls it; one that begins with a word such as
            "Restore" says that a change destroys, as does one in a command.
    """
    judged = judge_script(script, table=effective_commands({}))
    done = (deed.words for deed in judged.deeds)
    says_so = any(map(_TITLE.match, titles)) or any(map(_WORD.search, done))
    if judged.effect == "change" and (says_so or len(script) > LIMIT):
        return "destroy"
    return judged.effect


_WORDS = ("stop", "continue")
"""What `on_failure` takes for words of its own; no phase may be called so."""
_WIDE = 80
"""Columns of a comment."""

_HEAD = """\
# From the page {page}: its words and its commands, as they stood there.
# None of it has been tried. `effect` is a guess: correct it where it is wrong.
#
#   mobius-tui check {file}
#   mobius-tui run {file} --dry-run
#
# The first says what is wrong with the page, the second shows what would run.
"""


def runbook_text(draft: PageDraft, *, page: str, file: str, name: str) -> str:
    """The whole file.

    Args:
        draft: what the page became; it has a step at least.
        page: the name of the page's file, for the comment on top.
        file: the name of the runbook's file, for the same.
        name: the runbook's id, made into one where it is none.
    """
    parts = [_comment(_HEAD.format(page=_line(page), file=_line(file)))]
    if draft.front:
        lines = ["What else stood at the top of the page:", *draft.front]
        parts.append(_comment("\n".join(f"# {line}" for line in lines)))
    parts.append("format = 1\n")
    parts.append(_about(draft, name))
    for person in draft.people:
        contact = {"role": person.role, "handle": person.handle, "for": person.reason}
        given = {key: _line(value) for key, value in contact.items() if value}
        parts.append(_table("[[contact]]", given))
    for name, title in draft.variables.items():
        asked: dict[str, Any] = {"title": _title(title), "ask": True}
        if any(name in step.secrets for phase in draft.phases for step in phase.steps):
            asked["secret"] = True
        whole = _comment(f"# {_line(title)}\n") if cut(title) != title else ""
        parts.append(f"{whole}{_table(f'[var.{name}]', asked)}")
    if draft.triggers:
        parts.append(_triggers(draft))
    ids = Ids("message")
    messages: dict[int, str] = {}
    for step in (step for phase in draft.phases for step in phase.steps):
        if step.message:
            messages[id(step)] = ids.made_of(step.title)
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
    title = cut(draft.title or _spoken(name), 100)
    summary = [draft.title] if len(draft.title) > 100 else []
    about: dict[str, Any] = {
        "id": slug(name) or slug(draft.title) or "imported",
        "title": _line(title) or "Imported",
        "summary": _kept(_ended("\n\n".join([*summary, *draft.summary]))),
        "version": _line(facts.version),
        "updated": facts.updated,
        "review_cycle": _line(facts.review_cycle),
        "owners": [_line(owner) for owner in facts.owners],
    }
    return _table("[runbook]", {key: value for key, value in about.items() if value})


def _spoken(name: str) -> str:
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
    phase_ids, step_ids = Ids("phase", _WORDS), Ids("step")
    named = {
        id(phase): phase_ids.made_of(phase.title or draft.title or "steps")
        for phase in draft.phases
    }
    parts: list[str] = []
    for phase in draft.phases:
        parts.append(_phase(phase, named[id(phase)], draft))
        for step in phase.steps:
            body = _step(step, step_ids.made_of(step.title), messages)
            if step.on_failure is not None:
                body["on_failure"] = named[id(step.on_failure)]
            under = _comment(f"# {_line(step.under)}\n") if step.under else ""
            parts.append(f"{under}{_table('[[phase.step]]', body)}")
            if step.choose:
                parts.append(_choice(step))
    return parts


def _phase(phase: PhaseDraft, phase_id: str, draft: PageDraft) -> str:
    body: dict[str, Any] = {
        "id": phase_id,
        "title": _title(phase.title) or _title(draft.title) or "Steps",
    }
    if phase.why:
        body["why"] = _text("\n\n".join(phase.why))
    if phase.aside:
        body["aside"] = True
    if phase.attended:
        body["attended"] = True
    rule = f"# ── {_line(cut(phase.numbered or body['title'], 60))} "
    return f"{rule:─<{_WIDE}}\n\n{_table('[[phase]]', body)}"


def _step(step: StepDraft, step_id: str, messages: Mapping[int, str]) -> dict[str, Any]:
    body: dict[str, Any] = {"id": step_id, "title": _title(step.title) or step_id}
    if step.why:
        body["why"] = _text("\n\n".join(step.why))
    if step.when:
        body["when"] = {var: [value] for var, value in step.when.items()}
    if step.run:
        body["effect"] = _effect(step)
        if step.shell:
            body["shell"] = [*step.shell]
        if step.secrets:
            body["secrets"] = dict.fromkeys(step.secrets)
        body["run"] = _kept(step.run)
    elif step.message:
        body["message"] = messages[id(step)]
        body["optional"] = True
    elif not step.choose:
        body["manual"] = _text("\n\n".join(step.manual)) or body["title"]
    return body


def _effect(step: StepDraft) -> str:
    """What a step is guessed to do; of no shell's script it is known that it reads."""
    named = (step.title, *step.parts, step.heading, step.lead)
    effect = effect_of(step.run, *filter(None, named))
    return "change" if step.shell and effect == "read" else effect


def _choice(step: StepDraft) -> str:
    """The tables of a decision."""
    options = (
        _table("[[phase.step.choose.option]]", {"value": value, "title": _title(title)})
        for value, title in step.options.items()
    )
    return "\n".join([_table("[phase.step.choose]", {"var": step.choose}), *options])


def _title(text: str) -> str:
    return _filled(_line(cut(text, LONGEST_TITLE)))


def _text(text: str) -> str:
    """A text in which names are filled in, and in which there are none."""
    return _filled(_kept(_ended(text.strip())))


def _ended(text: str) -> str:
    """A text of several lines with the end of its last one."""
    return f"{text}\n" if "\n" in text else text


def _filled(text: str) -> str:
    return text.replace("${", "$${")


def _line(text: str) -> str:
    """A text for one line, without what a runbook may not hold."""
    return _kept(" ".join(text.split()))


def _kept(text: str) -> str:
    """The text with a sign for each control character."""
    return text if text.isprintable() else text.translate(_signs())


@cache
def _signs() -> Mapping[int, str]:
    """A sign for each control character but line ends and tabs, by its code."""
    codes = (*range(0x100), *range(0x2000, 0x2070))
    controls = (chr(code) for code in codes if is_control(chr(code)))
    return {ord(char): sanitize.clean(char) for char in controls if char not in "\n\t"}


def _comment(text: str) -> str:
    return _kept(text.rstrip("\n")) + "\n"


def _split(lines: Iterable[str]) -> list[str]:
    return [each for line in lines for each in line.split("\n")]


def _table(header: str, body: Mapping[str, Any]) -> str:
    """A table with its header."""
    values = "".join(_pair(key, value) for key, value in body.items())
    return f"{header}\n{values}"


def _pair(key: str, value: Any) -> str:
    """A key and its value, as a person would write it."""
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
