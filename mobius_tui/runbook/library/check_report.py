"""What `mobius-tui check` prints about files, and `check --explain` about rules."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from mobius_tui.errors import EXIT_OK, EXIT_USAGE, UsageError
from mobius_tui.runbook.library.check_formats import CheckItem
from mobius_tui.runbook.library.loader import examine
from mobius_tui.runbook.library.runbook_files import is_runbook
from mobius_tui.runbook.lint.host_rules import known_hosts
from mobius_tui.runbook.lint.rule_table import RULES
from mobius_tui.runbook.model.actions import Run
from mobius_tui.runbook.model.runbook import Phase, Runbook, Step
from mobius_tui.runbook.model.targets import Target
from mobius_tui.runbook.model.templates import script_variables
from mobius_tui.runbook.text.names import did_you_mean
from mobius_tui.runbook.toml.problem import LintRule, Problem
from mobius_tui.sanitize import escape_controls

if TYPE_CHECKING:
    from mobius_tui.runbook.lint.external_findings import ExternalLinter


_SHELLCHECK = re.compile(r"SC\d{4}")
_EXAMPLE_LINES = 8
"""Lines that are shown of a longer example."""


def explain_rule(code: str) -> str:
    """The text about a rule, with a bad and a good example; for `list`, all rules.

    Raises:
        UsageError: there is no such rule.
    """
    if code == "list":
        width = max(map(len, RULES))
        lines = [f"{rule.code:{width}}  {rule.title}" for rule in RULES.values()]
        return "\n".join(lines)
    if _SHELLCHECK.fullmatch(code):
        return f"{code} is ShellCheck's: {shellcheck_wiki_url(code)}"
    rule = RULES.get(code)
    if rule is None:
        near = did_you_mean(code, RULES)
        words = f"there is no rule `{escape_controls(code)}`{near}"
        raise UsageError(f"{words}; `check --explain list` lists them")
    return _explanation(rule)


def _explanation(rule: LintRule) -> str:
    blocks = (
        "\nGuarding a step that destroys, it stops --auto." if rule.blocking else ""
    )
    return (
        f"{rule.code}: {rule.title}\n\n{rule.reason}{blocks}\n\n"
        f"Remedy: {rule.remedy}.\n\n"
        f"Bad:\n{_indented(rule.bad)}\n\nGood:\n{_indented(rule.good)}\n\n"
        f"Where it is meant so: # lint: ignore={rule.code} and the reason, on the line "
        "or the line above."
    )


def _indented(example: str) -> str:
    lines = example.strip().split("\n")
    if len(lines) > _EXAMPLE_LINES * 2:
        lines = [*lines[:_EXAMPLE_LINES], "…"]
    return "\n".join(f"    {line}" for line in lines)


def shellcheck_wiki_url(code: str) -> str:
    """The address at which ShellCheck explains one of its codes."""
    return f"https://www.shellcheck.net/wiki/{code}"


def rules_table() -> str:
    """All rules as the table in the README."""
    rows = [f"| `{rule.code}` | {_cell(rule.title)} |" for rule in RULES.values()]
    return "\n".join(["| code | what it warns of |", "|---|---|", *rows])


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


MAX_SHOWN = 5
"""Warnings of one kind in a file that are shown in full."""
MAX_LINE_NUMBERS = 20
"""Line numbers that are named of the other warnings of a kind."""
_Examined = tuple[Path, Runbook | None, tuple[Problem, ...]]
"""A file, its runbook or None if that has errors, and its problems."""


def check_files(
    paths: Iterable[Path],
    *,
    with_ids: bool = False,
    external: ExternalLinter | None = None,
) -> tuple[str, int]:
    """The report on some runbook files for a person, and the exit code.

    Args:
        paths: the files, in the order of the report.
        with_ids: whether the phases and steps of each file are listed with their ids.
        external: another program that also examines the scripts.

    Returns:
        The text without a last line end, and 0, or 2 if any file has an error.
    """
    found = _examined(paths, external)
    parts: list[str] = []
    for path, runbook, some in found:
        parts += _problem_lines(some)
        parts += _judged_lines(path, runbook)
        parts.append(_verdict(path, runbook, some))
        if with_ids and runbook is not None:
            parts += _id_lines(runbook)
    return "\n".join(parts), _exit_code(found)


def check_items(
    paths: Iterable[Path],
    *,
    with_ids: bool = False,
    external: ExternalLinter | None = None,
) -> tuple[list[CheckItem], int]:
    """The problems of some runbook files as data, and the exit code.

    Each has file, line, column, severity and message, a warning also the code, reason
    and remedy of its rule.

    Args:
        paths: the files.
        with_ids: whether the phases and steps of each file follow.
        external: another program that also examines the scripts.

    Returns:
        The items, and 0, or 2 if any file has an error.
    """
    found = _examined(paths, external)
    items: list[CheckItem] = [
        _as_item(problem) for _, _, some in found for problem in some
    ]
    if with_ids:
        items += [
            _part_as_item(path, phase, step)
            for path, runbook, _ in found
            for phase, step in _parts(runbook)
        ]
    return items, _exit_code(found)


def _exit_code(found: Iterable[_Examined]) -> int:
    return EXIT_USAGE if any(runbook is None for _, runbook, _ in found) else EXIT_OK


def _problem_lines(problems: tuple[Problem, ...]) -> Iterator[str]:
    """Each problem; of many warnings of a kind the first, and the others' lines."""
    rest: dict[tuple[str, str], list[Problem]] = {}
    shown: Counter[tuple[str, str]] = Counter()
    kinds = Counter((each.file, each.code) for each in problems)
    for problem in problems:
        kind = problem.file, problem.code
        shown[kind] += 1
        most = _most_shown(problem.code)
        if problem.code and shown[kind] > most and kinds[kind] > most + 1:
            rest.setdefault(kind, []).append(problem)
        else:
            yield _with_remedy(problem)
    for (file, code), more in rest.items():
        lines = list(dict.fromkeys(str(each.line) for each in more))
        where = ", ".join(lines[:MAX_LINE_NUMBERS]) + (
            " …" if len(lines) > MAX_LINE_NUMBERS else ""
        )
        more_text = f"and {len(more)} more [{escape_controls(code)}]"
        yield f"{escape_controls(file)}: {more_text}: line {where}"


def _most_shown(code: str) -> int:
    """How many warnings of a kind are shown in full, of a file."""
    rule = RULES.get(code)
    return 1 if rule is not None and rule.is_reported_once else MAX_SHOWN


def _examined(
    paths: Iterable[Path], external: ExternalLinter | None
) -> list[_Examined]:
    """Each file, except those that only hold parts which another of them includes.

    Those are read with the including file: their problems are in the report of the
    first file that includes them.
    """
    found = [(path, *examine(path, thorough=True, external=external)) for path in paths]
    included = {
        path.parent / source.name
        for path, runbook, _ in found
        if runbook is not None
        for source in runbook.sources[1:]
    }
    reported: set[Problem] = set()
    examined: list[_Examined] = []
    for path, runbook, problems in found:
        if path not in included or is_runbook(path):
            examined.append(
                (path, runbook, tuple(p for p in problems if p not in reported))
            )
            reported.update(problems)
    return examined


def _with_remedy(problem: Problem) -> str:
    """A problem, and for a warning its remedy."""
    rendered, (_, remedy) = problem.render(), _reason_and_remedy(problem)
    return f"{rendered}\n    {remedy}" if remedy else rendered


def _reason_and_remedy(problem: Problem) -> tuple[str, str]:
    """The reason and the remedy of the rule that was broken; empty for an error."""
    rule = RULES.get(problem.code)
    if rule is not None:
        return rule.reason, rule.remedy
    if problem.code:
        return "ShellCheck found it.", f"see {shellcheck_wiki_url(problem.code)}"
    return "", ""


def _as_item(problem: Problem) -> CheckItem:
    found: dict[str, str | int | bool] = {
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "severity": problem.severity,
    }
    if problem.code:
        found["code"] = problem.code
    found["message"] = problem.message
    if problem.code:
        found["reason"], found["remedy"] = _reason_and_remedy(problem)
    if problem.blocks:
        found["blocks"] = True
    return found


def _verdict(path: Path, runbook: Runbook | None, found: tuple[Problem, ...]) -> str:
    """The last line on one file."""
    name = escape_controls(str(path))
    if runbook is None:
        errors = sum(problem.severity == "error" for problem in found)
        return f"{name}: {_with_count(errors, 'error')}"
    phases = runbook.written_phases
    steps = [step for phase in phases for step in phase.steps]
    runs = [step.action.effect for step in steps if isinstance(step.action, Run)]
    effects = ", ".join(
        f"{runs.count(effect)} {effect}" for effect in ("read", "change", "destroy")
    )
    undone = len(runbook.steps()) - len(steps)
    reported = f", {undone} undo" if undone else ""
    warnings = [problem for problem in found if problem.severity == "warning"]
    reported += f"; {_with_count(len(warnings), 'warning')}" if warnings else ""
    kinds = Counter(problem.code for problem in warnings)
    if len(warnings) > MAX_SHOWN:
        most = ", ".join(f"{count} {code}" for code, count in kinds.most_common())
        reported += f": {escape_controls(most)}"
    unset_variables = ", ".join(map(escape_controls, _needed_environment(runbook)))
    reported += f"; set before a run: {unset_variables}" if unset_variables else ""
    hosts = "".join(map(_hosts_in_words, runbook.targets.values()))
    counts = f"{_with_count(len(phases), 'phase')}, {_with_count(len(steps), 'step')}"
    return f"{name}: ok, {counts} ({effects}){hosts}{reported}"


def _hosts_in_words(target: Target) -> str:
    """A target, and how many hosts it has as far as the runbook says."""
    if target.inventory:
        many = f"of {target.inventory}"
    else:
        many = _with_count(len(known_hosts(target)), "host")
    return f", {target.name}: {escape_controls(many)}"


def _parts(runbook: Runbook | None) -> Iterator[tuple[Phase, Step | None]]:
    """Each phase, and after it each of its steps."""
    for phase in runbook.phases if runbook is not None else ():
        yield phase, None
        for step in phase.steps:
            yield phase, step


def _effect(step: Step | None) -> tuple[str, bool]:
    """The effect of a step's script, and whether it was judged; empty for others."""
    action = step.action if step is not None else None
    return (action.effect, action.is_judged) if isinstance(action, Run) else ("", False)


def _judged_lines(path: Path, runbook: Runbook | None) -> Iterator[str]:
    """The steps without an `effect` that were judged to do more than read."""
    for _, step in _parts(runbook):
        effect, is_judged = _effect(step)
        if step is not None and is_judged and effect != "read":
            words = f"`{step.id}` is judged to {effect}"
            yield f"{escape_controls(str(path))}:{step.line}: {words}"


def _id_lines(runbook: Runbook) -> Iterator[str]:
    """The id of each phase and step, what its script does, and its title."""
    width = max(len((step or phase).id) for phase, step in _parts(runbook)) + 2
    for phase, step in _parts(runbook):
        effect, is_judged = _effect(step)
        effect += ", judged" if is_judged else ""
        part, indent = step or phase, "    " if step is not None else "  "
        title = escape_controls(part.title)
        id_width = width if step is not None else width + 2
        yield f"{indent}{part.id:{id_width}}{effect:17} {title}".rstrip()


def _part_as_item(path: Path, phase: Phase, step: Step | None) -> CheckItem:
    """A phase or a step, with its id."""
    found: dict[str, str | int | bool] = {"file": str(path), "phase": phase.id}
    if step is None:
        return {**found, "title": phase.title}
    found = {**found, "step": step.id, "line": step.line, "title": step.title}
    effect, is_judged = _effect(step)
    return {**found, "effect": effect, "judged": is_judged} if effect else found


def _needed_environment(runbook: Runbook) -> list[str]:
    """The environment variables that must be set before a run."""
    wanted: set[str] = set()
    given: set[str] = set()
    for step in runbook.steps():
        wanted |= {*script_variables(step, runbook.variables), *step.secrets.values()}
        given |= set(step.outputs)
    return [
        each.from_env
        for each in runbook.variables.values()
        if each.from_env and each.default is None and not each.ask
        if not (each.from_run or each.from_file)
        if each.name in wanted - given
    ]


def _with_count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
