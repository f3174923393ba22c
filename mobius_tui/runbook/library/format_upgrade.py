"""Rewriting a runbook of format 1 as one of format 2, with its comments and its order.

Format 2 reads all that format 1 does, but for two things. A script without an `effect`
is judged, where in format 1 it changes. Where the two differ, the effect is written,
and everywhere in a file that others include: their `[commands]` may have a say. And in
the `json` of a check or a probe a name that begins with `/` is a JSON pointer: a file
with one stays as it is.
"""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from pathlib import Path

from mobius_tui.dataclass import dataclass
from mobius_tui.errors import FaultError, RunbookError
from mobius_tui.runbook.library.loader import decode_runbook
from mobius_tui.runbook.model.actions import Effect, Run
from mobius_tui.runbook.model.runbook import Runbook
from mobius_tui.runbook.model.runbook_diff import part_digest, step_digests
from mobius_tui.runbook.toml.positions import KeyPath, Positions, part_tables
from mobius_tui.runbook.toml.problem import problem_report
from mobius_tui.runbook.toml.runbook_source import RefusedError, read_bytes
from mobius_tui.runbook.toml.toml_document import Findings, parse_toml


@dataclass(frozen=True, kw_only=True, slots=True)
class UpgradedFile:
    """A file rewritten in format 2."""

    data: bytes
    stated: tuple[tuple[int, str, Effect], ...]
    """The effects that were written: line, id of the step, effect."""


def upgrade_file(path: Path) -> UpgradedFile | None:
    """A runbook's file in format 2; None if it is of that format already.

    Raises:
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
    offsets = positions.offsets_of(("format",))
    edits = [(offsets.start, offsets.end, "2")]
    is_whole = "runbook" in document.tree
    judged: Mapping[str, Effect] = {}
    if is_whole:
        judged = _judged_effects(
            load_data(path, apply_edits(data, positions.text, edits))
        )
    stated: list[tuple[int, str, Effect]] = []
    for table, node in part_tables(document.tree, "phase.step"):
        if not isinstance(node.get("run"), str) or "effect" in node:
            continue
        effect: Effect = "read" if node.get("follow") or node.get("tty") else "change"
        name = str(node.get("id"))
        if judged.get(name) != effect:
            edits.append(_stated_effect(positions, table, effect))
            number = positions.key_line_and_column(table)[0]
            stated.append((number, name, effect))
    upgraded = apply_edits(data, positions.text, edits)
    if is_whole and _digests(load_data(path, data)) != _digests(
        load_data(path, upgraded)
    ):
        raise FaultError(f"{path}: in format 2 it would be another one; it stays as is")
    return UpgradedFile(data=upgraded, stated=tuple(stated))


def _digests(runbook: Runbook) -> Mapping[str, str]:
    """What must stay as it was: the steps, and health under an empty name."""
    return {**step_digests(runbook), "": part_digest(runbook.health)}


def _judged_effects(runbook: Runbook) -> Mapping[str, Effect]:
    """What format 2 takes the scripts for, by the ids of their steps."""
    return {
        step.id: step.action.effect
        for step in runbook.steps()
        if isinstance(step.action, Run)
    }


def load_data(path: Path, data: bytes) -> Runbook:
    """A runbook's file with this content, beside its other files.

    Raises:
        RunbookError: it has errors; the text is the whole report.
    """

    def read(name: str) -> tuple[str, bytes]:
        sibling = path.with_name(name)
        return str(sibling), read_bytes(sibling)

    runbook, problems = decode_runbook(path, data, read)
    if runbook is None:
        errors = [found for found in problems if found.severity == "error"]
        raise RunbookError(problem_report(errors))
    return runbook


def _stated_effect(
    positions: Positions, table: KeyPath, effect: Effect
) -> tuple[int, int, str]:
    """The edit that writes an effect before the script of a step."""
    at = positions.offsets_of((*table, "run")).key
    end = "\n" if table in positions.headers else ", "
    return at, at, f'effect = "{effect}"{end}'


def apply_edits(data: bytes, text: str, edits: list[tuple[int, int, str]]) -> bytes:
    """A file with some of its text replaced; its line ends and byte order mark stay.

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
