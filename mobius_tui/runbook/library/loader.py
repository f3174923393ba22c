"""From the bytes of a runbook to its model, with all its problems in one report."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from mobius_tui.errors import RunbookError
from mobius_tui.runbook.decode.assemble import RunbookDraft, assemble
from mobius_tui.runbook.decode.decode_files import ReadRunbookFile, RunbookFiles
from mobius_tui.runbook.decode.include import IncludedFiles, ReadIncludedFile
from mobius_tui.runbook.lint.health_rules import lint_health
from mobius_tui.runbook.lint.host_rules import lint_hosts
from mobius_tui.runbook.lint.name_rules import lint_names
from mobius_tui.runbook.lint.step_rules import lint_graph, lint_steps, warn_checks
from mobius_tui.runbook.model.runbook import Runbook, SourceFile
from mobius_tui.runbook.toml.problem import Problem, problem_report
from mobius_tui.runbook.toml.runbook_source import (
    RefusedError,
    read_beside,
    read_bytes,
)
from mobius_tui.runbook.toml.table_reader import TomlTable
from mobius_tui.runbook.toml.toml_document import (
    Findings,
    TooManyProblemsError,
    parse_toml,
)
from mobius_tui.runbook.toml.unknown_keys import report_unknown_keys
from mobius_tui.structs import replace

if TYPE_CHECKING:
    from mobius_tui.runbook.lint.external_findings import ExternalLinter


def load(path: Path, kept_files: Path | None = None) -> Runbook:
    """The runbook that a file holds, with the phases that it includes.

    Args:
        path: the file.
        kept_files: the folder of its `files` by their bare names, where they do not lie
            beside it.

    Raises:
        RunbookError: it cannot be read; the text is the whole report.
    """
    runbook, problems = examine(path, kept_files=kept_files)
    if runbook is None:
        errors = [found for found in problems if found.severity == "error"]
        raise RunbookError(problem_report(errors))
    return runbook


def examine(
    path: Path,
    *,
    thorough: bool = False,
    external: ExternalLinter | None = None,
    kept_files: Path | None = None,
) -> tuple[Runbook | None, tuple[Problem, ...]]:
    """The runbook that a file holds, or None if it has errors, and its problems.

    Problems are sorted by line, those of the main file first.

    Args:
        path: the file.
        thorough: whether lint also examines scripts and texts.
        external: another program that examines the scripts if `thorough`.
        kept_files: as for `load`.
    """
    try:
        data = read_bytes(path)
    except RefusedError as error:
        return None, (error.problem,)
    return decode_runbook(
        path,
        data,
        partial(read_beside, path),
        read_file=partial(_read_file_of, path, kept_files),
        thorough=thorough,
        external=external,
    )


def _read_file_of(path: Path, kept_files: Path | None, name: str) -> bytes:
    kind = "file of a runbook"
    if kept_files is None:
        return read_beside(path, name, kind)[1]
    return read_bytes(kept_files / name.rpartition("/")[2], kind)


def decode_runbook(
    path: Path,
    data: bytes,
    read: ReadIncludedFile,
    *,
    read_file: ReadRunbookFile | None = None,
    thorough: bool = False,
    external: ExternalLinter | None = None,
) -> tuple[Runbook | None, tuple[Problem, ...]]:
    """The runbook that bytes hold, or None if it has errors, and its problems.

    Args:
        path: the file that the bytes are from; it is not opened.
        data: its bytes.
        read: reads an included file by its bare name.
        read_file: reads one of its `files` by its path from the folder of `path`; if
            None, they are read there.
        thorough: whether lint also examines scripts and texts.
        external: another program that examines the scripts if `thorough`.
    """
    findings = Findings()
    runbook = None
    try:
        files = RunbookFiles(read_file or partial(_read_file_of, path, None))
        draft = _draft(path, data, read, files, findings)
        if draft is not None:
            runbook = draft.runbook
            if thorough:
                # Importing these rules takes 20 ms, and few loads need them.
                from mobius_tui.runbook.lint.linter import lint_thoroughly

                lint_thoroughly(draft, findings, external)
    except RefusedError as error:
        findings.problems.append(error.problem)
    except TooManyProblemsError:
        words = f"more problems than these {len(findings.problems)}: the rest is unread"
        findings.problems.append(
            Problem(file=str(path), line=0, column=0, message=words)
        )
    problems = _sorted(
        _without_suppressed(path, findings, thorough=thorough), str(path)
    )
    if runbook is None or any(each.severity == "error" for each in problems):
        return None, problems
    blocking = tuple(
        f"{each.file}:{each.line}: {each.message}" for each in problems if each.blocks
    )
    return replace(runbook, blocking=blocking), problems


def _without_suppressed(
    path: Path, findings: Findings, *, thorough: bool
) -> list[Problem]:
    """The problems without the suppressed ones, and with those of the comments."""
    with_comments = [
        document
        for document in findings.documents
        if "lint:" in document.positions.text
    ]
    if not with_comments:
        return findings.problems
    # Importing this takes 14 ms, and few files have such comments.
    from mobius_tui.runbook.lint.suppressions import apply_suppressions

    return apply_suppressions(findings, with_comments, str(path), thorough=thorough)


def _draft(
    path: Path,
    data: bytes,
    read: ReadIncludedFile,
    files: RunbookFiles,
    findings: Findings,
) -> RunbookDraft | None:
    """The runbook with the tables of its parts; problems go to the findings."""
    root = TomlTable(parse_toml(str(path), data, findings))
    root.present_keys("format")
    if not root.document.check_format():
        return None
    includes = IncludedFiles(path.name, read, findings, root.registry)
    draft = assemble(root, path, SourceFile(name=path.name, data=data), includes, files)
    if includes.unread_problems:  # what follows from that is no mistake of its own
        findings.problems[:] = includes.unread_problems
        return None
    report_unknown_keys(root.registry.tables)
    lint_names(draft)
    lint_steps(draft)
    lint_hosts(draft)
    lint_graph(draft)
    lint_health(draft)
    if any(not each.is_program for each in draft.runbook.files):
        # Importing this takes 20 ms, and few runbooks have such files.
        from mobius_tui.runbook.lint.file_rules import lint_files

        lint_files(draft)
    if (
        not findings.has_errors
    ):  # the defaults in place of wrong values are not examined
        warn_checks(draft)
    return draft


def _sorted(problems: list[Problem], main: str) -> tuple[Problem, ...]:
    def key(problem: Problem) -> tuple[bool, str, int, int]:
        return problem.file != main, problem.file, problem.line, problem.column

    return tuple(sorted(problems, key=key))
