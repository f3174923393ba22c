"""The files that a script runs by a literal path: `./go.sh`, `bash x.sh`, `. ./env`.

Pure. What is left out: programs that are found by PATH; paths that are only known when
the script runs; what such a file calls in turn; and what another program than those
that are named here is told to run.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

from mobius_tui.runbook.shell.script_model import EXPANSION_MARK, Word
from mobius_tui.runbook.shell.script_parser import parse_script
from mobius_tui.runbook.shell.script_walk import CommandVisit, Program, visits

_SHELLS = frozenset(("bash", "sh", "dash", "ksh", "zsh"))
_INTERPRETER = re.compile(
    r"python[0-9.]*|perl|ruby|node|php|lua|tclsh|expect|osascript|pwsh"
)
_OPTIONS_WITH_CODE = re.compile(r"-[A-Za-z]*[ce]|-m|--eval|--command|-r")
"""Options of shells and interpreters after which no file is named."""
_CODE = re.compile(r"-[A-Za-z]*c")
_OPTIONS_WITH_VALUE = frozenset(("-o", "-O", "+O", "-W", "-X", "-I", "--rcfile"))
_PATTERN = re.compile(r"[*?\[\]{}]")


def called_files(script: str) -> tuple[str, ...]:
    """The paths of the files that a shell script runs, each once, in their order.

    A relative path is from the folder in which the script begins. One after a `cd` to a
    place that is not literal is left out.

    Args:
        script: for bash, or a shell like it.
    """
    found = _called_files(script, "")
    return tuple(dict.fromkeys(map(posixpath.normpath, found)))


def _called_files(script: str, begun_in: str) -> Iterator[str]:
    moves: dict[int, str | None] = {}
    for visit in visits(parse_script(script).body):
        if visit.program is None:
            continue
        if visit.program.name in ("cd", "pushd"):
            moves[visit.command.start] = _target(visit.program.arguments)
        folder = _folder(visit, moves, begun_in)
        for path in filter(None, map(_literal_path, _called(visit, visit.program))):
            if path.startswith(("/", "~/")):
                yield path
            elif folder is not None:
                yield posixpath.join(folder, path)
        code = _inner_code(visit.program)
        if code and folder is not None:
            yield from _called_files(code, folder)


def files_in_command(words: Sequence[str]) -> tuple[str, ...]:
    """The paths of the files that a command of literal words runs."""
    program, *arguments = (Word(source=each, text=each, start=0) for each in words)
    name = program.text.rpartition("/")[2]
    called = [program] if "/" in program.text else []
    called += _operand(name, tuple(arguments))
    return tuple(filter(None, map(_literal_path, called)))


def _called(visit: CommandVisit, program: Program) -> Iterator[Word]:
    """The words of a command that name a file which it runs."""
    if "/" in program.word.text:
        yield program.word
    operands = _operand(program.name, program.arguments)
    yield from operands
    if program.name in _SHELLS and not operands:
        redirects = visit.command.redirects
        yield from (each.target for each in redirects if each.sign == "<")


def _inner_code(program: Program) -> str | None:
    """The literal script of `bash -c` or `eval`; None where there is none."""
    words = program.arguments
    if program.name in _SHELLS:
        at = next((n for n, word in enumerate(words) if _CODE.fullmatch(word.text)), -1)
        words = words[at + 1 : at + 2] if at >= 0 else ()
    elif program.name != "eval":
        return None
    code = " ".join(each.text for each in words)
    return None if EXPANSION_MARK in code else code


def _operand(name: str, arguments: tuple[Word, ...]) -> list[Word]:
    """The file that a shell, an interpreter or `source` is given; at most one."""
    is_source = name in ("source", ".")
    if not (is_source or name in _SHELLS or _INTERPRETER.fullmatch(name)):
        return []
    at = 0
    while at < len(arguments):
        text = arguments[at].text
        if text == "--":
            return list(arguments[at + 1 : at + 2])
        if not text.startswith(("-", "+")) or text == "-":
            return [] if text == "-" else [arguments[at]]
        if _OPTIONS_WITH_CODE.fullmatch(text) and not is_source:
            return []
        at += 2 if text in _OPTIONS_WITH_VALUE else 1
    return []


def _literal_path(word: Word) -> str:
    """The path that a word is; empty where it is only known when the script runs."""
    if EXPANSION_MARK in word.text or (not word.quoted and _PATTERN.search(word.text)):
        return ""
    if word.text.startswith("~") and (word.quoted or not word.text.startswith("~/")):
        return f"./{word.text}" if word.quoted else ""
    return word.text


def _target(arguments: Sequence[Word]) -> str | None:
    """Where a `cd` leads; `None` where that is not literal."""
    if len(arguments) != 1 or arguments[0].text.startswith(("-", "+")):
        return None
    return _literal_path(arguments[0]) or None


def _folder(
    visit: CommandVisit, moves: dict[int, str | None], begun_in: str
) -> str | None:
    """The folder of a command, from where the script begins; `None`: not known."""
    folder = begun_in
    for start in visit.directory_changes:
        target = moves.get(start)
        if target is None:
            return None
        folder = posixpath.join(folder, target) if target[0] != "~" else target
    return folder
