"""One page and the runbook that `import` makes of it: what is wrong with it."""

from __future__ import annotations

import re
import subprocess
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path

from markdown_it import MarkdownIt

from mobius_tui.errors import RunbookError
from mobius_tui.runbook.decode.user_commands import command_table_for
from mobius_tui.runbook.effects.effect_judge import judge_script
from mobius_tui.runbook.library.loader import decode_runbook
from mobius_tui.runbook.model.actions import Effect, Manual, Run
from mobius_tui.runbook.model.runbook import Runbook, Step
from mobius_tui.runbook.page.convert import ConvertedPage
from mobius_tui.runbook.toml.runbook_source import RefusedError, read_bytes
from mobius_tui.runbook.toml.toml_document import decode_text
from tests.acceptance.page_words import lost_words
from tests.waiting import PATIENCE

Converter = Callable[..., ConvertedPage]
CONVERTER = "mobius_tui.runbook.page.convert:convert"
EFFECTS: tuple[Effect, ...] = ("read", "change", "destroy")
PLACEHOLDERS = (
    re.compile(
        r"(?<![<\w$])<(?![A-Za-z-]+=|[a-z+]+://|[\w.+-]+@[\w-]+\.)[A-Za-z][^<>\n]{0,80}(?<!\s)>(?!>)"
    ),
    re.compile(r"(?<![\w$\{])(?:YOUR|your|MY)[_-][A-Za-z0-9_-]+"),
    re.compile(r"\{\{\s*(?!end\b|else\b)[A-Za-z_][\w-]*\s*\}\}"),
    re.compile(r"\[(?:your|the|an?|insert|enter) [^\]\n]{1,60}\]", re.IGNORECASE),
)
"""What somebody has to put something in place of, before the script can run."""
_MARKUP = re.compile(r"</[A-Za-z]")
"""A script that writes XML or HTML has tags, which are no placeholders."""
_PROMPT = re.compile(
    r"\s*(?:[$%➜]|\S+[$#%>]|[\w.-]+ +\$|\[?[\w.-]+@\S+.*?[$#%>])[ \t]+\S"
)


@dataclass(kw_only=True, slots=True)
class Judged:
    """What was found at one page."""

    name: str
    refused: str = ""
    """Why it was not taken; empty where it was."""
    crash: str = ""
    words: int = 0
    steps: int = 0
    manual: int = 0
    scripts: int = 0
    seconds: float = 0.0
    """Processor time of `import` alone."""
    lost: list[str] = field(default_factory=list)
    """A line for each line of the page that lost words."""
    lost_words: int = 0
    left: list[str] = field(default_factory=list)
    """Scripts with a placeholder."""
    refuses: list[str] = field(default_factory=list)
    """Scripts that bash does not read, though it reads what the page has."""
    refuses_page: list[str] = field(default_factory=list)
    """Scripts that bash does not read, as it does not read what the page has."""
    low: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)


def judge(run: Run) -> Effect:
    """What a script does, by the judge that its label must not be below."""
    return judge_script(run.script, shell=run.shell, table=command_table_for({})).effect


def converter(name: str) -> Converter:
    """The converter that `module:function` names."""
    module, _, function = name.partition(":")
    found: Converter = getattr(import_module(module), function)
    return found


def judged(page: Path, name: str, convert: Converter) -> Judged:
    """Import a page, and look at what came of it.

    Args:
        page: the file.
        name: what it is called in what is printed.
        convert: makes the runbook.
    """
    found = Judged(name=name)
    try:
        text = decode_text(name, read_bytes(page))
    except RefusedError as error:
        found.refused = error.problem.message
        return found
    began = time.process_time()
    try:
        made = convert(text, page=page.name, file=f"{page.stem}.toml", name=page.stem)
    except RunbookError as error:
        found.refused = str(error).removeprefix(f"{page.name}: ")
        return found
    except Exception:  # noqa: BLE001 - what it looks for
        found.crash = traceback.format_exc()
        return found
    finally:
        found.seconds = time.process_time() - began
    read, problems = decode_runbook(
        Path("x.toml"), made.text.encode(), lambda _: ("", b"")
    )
    if read is None:
        found.crash = f"what it wrote is no runbook: {problems[0].render()}"
        return found
    try:
        _look(found, text, made.text, read)
    except Exception:  # noqa: BLE001 - it is no fault of `import`, and must be seen
        found.crash = f"it could not be judged: {traceback.format_exc()}"
    return found


def _look(found: Judged, page: str, text: str, runbook: Runbook) -> None:
    found.words, lost = lost_words(page, text)
    rows = page.split("\n")
    for each in lost:
        found.lost_words += len(each.words)
        line = rows[each.line - 1] if each.line <= len(rows) else ""
        found.lost.append(f"line {each.line}: {' '.join(each.words)} | {line.strip()}")
    for phase in runbook.phases:
        titles = [step.title for step in phase.steps]
        found.repeated += sorted({each for each in titles if titles.count(each) > 1})
    for step in runbook.steps():
        found.steps += 1
        found.manual += isinstance(step.action, Manual)
        if isinstance(step.action, Run):
            _look_at_script(found, step, step.action, page)


def _look_at_script(found: Judged, step: Step, run: Run, page: str) -> None:
    found.scripts += 1
    holes = placeholders(run.script)
    if holes:
        found.left.append(f"{step.id}: {', '.join(holes)}")
    wanted = judge(run)
    if EFFECTS.index(run.effect) < EFFECTS.index(wanted):
        found.low.append(f"{step.id}: {run.effect}, and it is {wanted}: {run.script!r}")
    said = "" if run.shell else refusal(run.script)
    if said:
        own = any(refusal(block) for block in _blocks_of(run.script, page))
        (found.refuses_page if own else found.refuses).append(f"{step.id}: {said}")


def placeholders(script: str) -> list[str]:
    """The placeholders that a script has, but for those in its comments."""
    rows = (row for row in script.split("\n") if not row.lstrip().startswith("#"))
    script = "\n".join(rows)
    if _MARKUP.search(script):
        return []
    return [each for hole in PLACEHOLDERS for each in hole.findall(script)]


@cache
def refusal(script: str) -> str:
    """What bash says of a script that it cannot read; empty where it can."""
    done = subprocess.run(
        ["bash", "--norc", "-n"],
        input=script.encode("utf-8", "surrogateescape"),
        capture_output=True,
        timeout=PATIENCE,
        check=False,
        env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
    )
    if done.returncode == 0:
        return ""
    return done.stderr.decode("utf-8", "replace").strip().split("\n")[0]


def _blocks_of(script: str, page: str) -> Iterable[str]:
    """The page's own blocks that a script is from, if they are no session."""
    typed = (row.strip() for row in script.split("\n"))
    first = next((row for row in typed if row and row[0] != "#"), "")
    for token in MarkdownIt("commonmark").parse(page):
        if token.type in ("fence", "code_block") and first in token.content:
            rows = [row for row in token.content.split("\n") if row.strip()]
            if rows and not any(_PROMPT.match(row) for row in rows[:1]):
                yield token.content
