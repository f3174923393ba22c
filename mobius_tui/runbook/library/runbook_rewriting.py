"""Rewriting a runbook's file with its comments and order: format 2, inserted steps.

Format 2 reads all that format 1 does, but for two things. A script without an `effect`
is judged, where in format 1 it changes. Where the two differ, the effect is written,
and everywhere in a file that others include: their `[commands]` may have a say. And in
the `json` of a check or a probe a name that begins with `/` is a JSON pointer: a file
with one stays as it is.

The text is edited at positions, so that comments and order stay. The result is read
again: it must be the same runbook with these steps, and no other change.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import tomli_w
from msgspec import Struct

from mobius_tui.errors import InternalError, RunbookError, UsageError
from mobius_tui.runbook.library.loader import decode_runbook
from mobius_tui.runbook.model.actions import Effect, Run
from mobius_tui.runbook.model.runbook import Runbook, Step
from mobius_tui.runbook.model.runbook_diff import (
    diff_runbooks,
    part_digest,
    step_digests,
)
from mobius_tui.runbook.text.names import id_from_text
from mobius_tui.runbook.toml.derived_keys import id_of
from mobius_tui.runbook.toml.positions import KeyPath, Positions, part_tables
from mobius_tui.runbook.toml.problem import problem_report
from mobius_tui.runbook.toml.runbook_source import RefusedError, read_beside, read_bytes
from mobius_tui.runbook.toml.toml_document import Findings, TomlDocument, parse_toml


class UpgradedFile(Struct, frozen=True, kw_only=True):
    """A file rewritten in format 2."""

    data: bytes
    written_effects: tuple[tuple[int, str, Effect], ...]
    """The effects that were written: line, id of the step, effect.

    The line is that of the step in the rewritten file.
    """


def upgrade_file(path: Path) -> UpgradedFile | None:
    """A runbook's file in format 2; None if it is of that format already.

    Raises:
        UsageError: it cannot be told that it would stay the same; the text says where.
        RunbookError: it has errors; the text is the whole report.
    """
    findings = Findings()
    try:
        data = read_bytes(path)
        document = parse_toml(str(path), data, findings)
    except RefusedError as error:
        raise RunbookError(error.problem.render()) from None
    if not document.check_format():
        raise RunbookError(problem_report(findings.problems))
    if document.format == 2:
        return None
    positions = document.positions
    steps = tuple(part_tables(document.tree, "phase.step"))
    offsets = positions.offsets_of(("format",))
    edits = [(offsets.start, offsets.end, "2")]
    is_whole = "runbook" in document.tree
    before: _Effects
    if is_whole:
        effects = _effects_by_id(runbook_from_bytes(path, data))
        judged = _effects_by_id(
            runbook_from_bytes(path, apply_edits(data, positions.text, edits))
        )
        before = {table: effects.get(str(node.get("id"))) for table, node in steps}
    else:
        _refuse_pointers(path, positions)
        before, judged = _effects_in_part(path, document, steps), {}
    stated: list[tuple[KeyPath, str, Effect]] = []
    for table, node, effect in _effects_to_write(steps, before, judged):
        edits.append(_stated_effect(positions, table, node, effect))
        stated.append((table, str(node.get("id")), effect))
    upgraded = apply_edits(data, positions.text, edits)
    if is_whole and _digests(runbook_from_bytes(path, data)) != _digests(
        runbook_from_bytes(path, upgraded)
    ):
        raise InternalError(
            f"{path}: in format 2 it would be another one; it stays as is"
        )
    places = parse_toml(str(path), upgraded, Findings()).positions
    written = (
        (places.key_line_and_column(table)[0], name, effect)
        for table, name, effect in stated
    )
    return UpgradedFile(data=upgraded, written_effects=tuple(sorted(written)))


def _digests(runbook: Runbook) -> Mapping[str, str]:
    """What must stay as it was: the steps, and health under an empty name."""
    return {**step_digests(runbook), "": part_digest(runbook.health)}


def _refuse_pointers(path: Path, positions: Positions) -> None:
    """Refuse a file that others include, with a name that format 2 takes for a pointer.

    Raises:
        UsageError: the `json` of a check or a probe has a name that begins with `/`.
    """
    for keys in positions.key_offsets:
        for key, name in pairwise(keys):
            if key == "json" and str(name).startswith("/"):
                raise UsageError(
                    f"{path}:{positions.key_line_and_column(keys)[0]}: in format 2 a "
                    "name in `json` that begins with `/` is a JSON pointer; keep "
                    "`format = 1` in this file"
                )


_Steps = Sequence[tuple[KeyPath, Mapping[str, Any]]]
"""The tables of steps, with their paths."""
_Effects = Mapping[KeyPath, Effect | None]
"""What the scripts of steps are taken for; None where nothing has to be written."""


def _effects_to_write(
    steps: _Steps, before: _Effects, judged: Mapping[str, Effect]
) -> Iterator[tuple[KeyPath, Mapping[str, Any], Effect]]:
    """The steps that need an `effect` to stay what they were, and that effect.

    Those with `use` come last: they inherit what is written into the others.
    """
    written: dict[str, Effect] = {}
    for table, node in sorted(steps, key=lambda each: "use" in each[1]):
        name, effect = str(node.get("id")), before[table]
        if effect is None or "effect" in node:
            continue
        if written.get(str(node.get("use")), judged.get(name)) != effect:
            written[name] = effect
            yield table, node, effect


def _effects_in_part(path: Path, document: TomlDocument, steps: _Steps) -> _Effects:
    """What format 1 takes the scripts for in a file that others include.

    Raises:
        UsageError: a step with `use` may inherit an effect from another file.
    """
    found: dict[KeyPath, Effect | None] = {}
    bases = {
        str(node.get("id")): node for _, node in reversed(steps) if "use" not in node
    }
    for table, node in steps:
        own = {**bases.get(str(node.get("use")), {}), **node}
        if not isinstance(own.get("run"), str) or "effect" in own:
            found[table] = None
            continue
        if "use" in node and str(node["use"]) not in bases:
            number = document.positions.key_line_and_column(table)[0]
            raise UsageError(
                f"{path}:{number}: this step inherits from one of another file, which "
                "may have an `effect`: write `effect` here, then upgrade"
            )
        found[table] = "read" if own.get("follow") or own.get("tty") else "change"
    return found


def _effects_by_id(runbook: Runbook) -> Mapping[str, Effect]:
    """What scripts are taken for, by the ids of their steps."""
    return {
        step.id: step.action.effect
        for step in runbook.steps()
        if isinstance(step.action, Run)
    }


def runbook_from_bytes(path: Path, data: bytes) -> Runbook:
    """The runbook that a file would hold with these bytes; included files are read.

    Raises:
        RunbookError: it has errors; the text is the whole report.
    """
    runbook, problems = decode_runbook(path, data, partial(read_beside, path))
    if runbook is None:
        errors = [found for found in problems if found.severity == "error"]
        raise RunbookError(problem_report(errors))
    return runbook


def _stated_effect(
    positions: Positions, table: KeyPath, node: Mapping[str, Any], effect: Effect
) -> tuple[int, int, str]:
    """The edit that writes an effect before the script of a step, or before `use`."""
    at = positions.offsets_of((*table, "run" if "run" in node else "use")).key
    end = "\n" if table in positions.headers else ", "
    return at, at, f'effect = "{effect}"{end}'


def apply_edits(data: bytes, text: str, edits: list[tuple[int, int, str]]) -> bytes:
    """A file with some of its text replaced; its byte order mark stays.

    All its lines end in CR LF if any of them did.

    Args:
        data: the file.
        text: its text, as `decode_text` gives it.
        edits: of each, the offsets of its start and its end, and the new text.
    """
    for start, end, words in sorted(edits, reverse=True):
        text = text[:start] + words + text[end:]
    if b"\r\n" in data:
        text = text.replace("\n", "\r\n")
    mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    return mark + text.encode()


class AddedStep(Struct, frozen=True, kw_only=True):
    """A step to insert, and the step after which it is inserted."""

    step: Step
    """The step; its id is replaced by one made of its title."""
    after: str
    """The id of the step of the file before it."""


def with_added_steps(
    path: Path, original: Runbook, additions: Sequence[AddedStep]
) -> bytes:
    """A runbook's file with steps inserted.

    Args:
        path: the file.
        original: the runbook of the run in which the steps were improvised.
        additions: the steps; those after the same step keep this order.

    Raises:
        UsageError: a step cannot be written there; the text says why, and what to do.
        RunbookError: the file has errors.
    """
    data = read_bytes(path)
    now = runbook_from_bytes(path, data)
    document = parse_toml(str(path), data, Findings())
    tables = {id_of(node): at for at, node in part_tables(document.tree, "phase.step")}
    taken = {step.id for step in now.steps()}
    text = document.positions.text
    edits: dict[int, str] = {}
    added: list[str] = []
    for each in additions:
        _refuse_changed_place(path, original, now, each.after)
        table = tables.get(each.after)
        if table is None or table not in document.positions.headers:
            raise UsageError(
                f"{path}: `{each.after}` is in a file that this one includes, or "
                "written in one line; write the step behind it by hand"
            )
        name = _free_id(each.step.title, taken)
        taken.add(name)
        added.append(name)
        at = _end_of_table(document.positions, table)
        new = _step_table(each.step, name, table, document.format)
        edits[at] = edits.get(at, _line_end(text, at)) + _gap(text, at) + new
    found = apply_edits(data, text, [(at, at, new) for at, new in edits.items()])
    _verify(path, now, runbook_from_bytes(path, found), added)
    return found


def _refuse_changed_place(
    path: Path, original: Runbook, now: Runbook, step: str
) -> None:
    """Refuse to insert after a step whose text or place has changed since the run.

    Raises:
        UsageError: it was edited, moved or removed since.
    """
    before, after = _place(original, step), _place(now, step)
    if before == after:
        return
    what = "was edited, moved or removed since that run"
    if before and after and before[:2] == after[:2]:
        following = f"`{after[2]}`" if after[2] else "nothing"
        what = f"has {following} behind it now, as it had not in that run"
    raise UsageError(
        f"{path}: `{step}` {what}; `mobius-tui diff RUN` says how. "
        "Write the step behind it by hand"
    )


def _place(runbook: Runbook, step_id: str) -> tuple[str, str, str] | None:
    """A step's phase, digest, and the step that follows it; `None` if there is none."""
    for phase in runbook.phases:
        for step, following in zip(phase.steps, (*phase.steps[1:], None), strict=True):
            if step.id == step_id:
                return (
                    phase.id,
                    part_digest(step),
                    following.id if following is not None else "",
                )
    return None


def _free_id(title: str, taken: Iterable[str]) -> str:
    name = id_from_text(title) or "step"
    found, number = name, 1
    while found in taken:
        number += 1
        found = f"{name}-{number}"
    return found


def _end_of_table(positions: Positions, table: KeyPath) -> int:
    """The offset of the end of a table, including the tables below it.

    Comments directly above the next header belong to that header.
    """
    begin = positions.key_offsets[table].key
    others = (
        positions.key_offsets[each].key
        for each in positions.headers
        if each[: len(table)] != table
    )
    end = min((at for at in others if at > begin), default=len(positions.text))
    lines = positions.text[:end].splitlines(keepends=True)
    if end < len(positions.text):
        while lines and lines[-1].lstrip().startswith("#"):
            lines.pop()
    while lines and not lines[-1].strip():
        lines.pop()
    return len("".join(lines))


def _step_table(step: Step, name: str, beside: KeyPath, version: int | None) -> str:
    """The text of a step's table, as a person would write it."""
    assert isinstance(step.action, Run)
    header = ".".join(str(part) for part in beside if isinstance(part, str))
    title = _escaped(step.title)
    body = [f"[[{header}]]"]
    if version == 1 or id_of({"title": title}) != name:
        body.append(_pair("id", name))
    body += [_pair("title", title), _pair("run", step.action.script)]
    if version == 1:
        body.append(_pair("effect", step.action.effect))
    for key, table in (("env", step.env), ("secrets", step.secrets)):
        if table:
            pairs = ", ".join(_pair(each, value) for each, value in table.items())
            body.append(f"{key} = {{ {pairs} }}")
    return "\n".join(body) + "\n"


def _escaped(title: str) -> str:
    """A title with `${` escaped, so that nothing is filled in."""
    return title.replace("${", "$${")


def _line_end(text: str, at: int) -> str:
    """The newline to insert at an offset, if the text before it does not end in one."""
    return "" if text[:at].endswith("\n") else "\n"


def _gap(text: str, at: int) -> str:
    """The blank line to insert before a new table: none if text follows at once."""
    return "\n" if text[at : at + 1] in ("\n", "") else ""


def _pair(key: str, value: str) -> str:
    plain = value.replace("\n", "").isprintable() and "'''" not in value
    if "\n" in value and plain and not value.endswith("'"):
        return f"{key} = '''\n{value}'''"
    if ('"' in value or "\\" in value) and plain and "'" not in value:
        return f"{key} = '{value}'"
    return tomli_w.dumps({key: value}).rstrip("\n")


def _verify(path: Path, before: Runbook, after: Runbook, added: Sequence[str]) -> None:
    """Raise unless adding these steps is all that differs between two runbooks."""
    found = {
        (change.kind, change.part, change.name)
        for change in diff_runbooks(before, after)
    }
    if found != {("added", "step", name) for name in added}:
        raise InternalError(f"{path}: with the steps it would be another one; it stays")
