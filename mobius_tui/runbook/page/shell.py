"""What a block of code is: commands, for which program, or text to put in place."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from mobius_tui.runbook.page.blocks import Fence
from mobius_tui.runbook.page.placeholders import placeholders
from mobius_tui.runbook.page.programs import PROGRAMS, is_command
from mobius_tui.runbook.page.quoting import Quoting
from mobius_tui.runbook.page.sessions import (
    Part,
    begins_with_prompt,
    is_of_root,
    read_session,
)
from mobius_tui.runbook.shell.parse import parse

_SHELLS = frozenset({"bash", "sh", "shell", "zsh", "ksh", "dash", "shellscript"})
_SESSION_NAMES = """
console terminal session shell-session shellsession sh-session bash-session
shellconsole
"""
_SESSIONS = frozenset(_SESSION_NAMES.split())
"""What people call a block that shows a terminal: prompts, commands and output."""
_INTERPRETERS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("python", "python3", "py"), ("python3",)),
    "perl": ("perl",),
}
"""Languages that are run as they stand, and by what."""
OUTPUTS = frozenset({"", "text", "txt", "plain", "plaintext", "output", "log", "none"})
"""Languages of a block that may be what a command prints."""
_LANGUAGE = re.compile(r"\{?[ \t]*\.?([A-Za-z][A-Za-z0-9_+#-]*)")
_COMMENT = re.compile(r"#+(?!!)[ \t]*(.*)")
_WINDOWS = frozenset({"powershell", "cmd"})
_STARTS = {"psql": "psql -X -v ON_ERROR_STOP=1", "python3": "python3 -"}
_SQL = frozenset({"sql", "pgsql", "postgresql", "postgres", "psql", "mysql"})
_SQL_CLIENT = re.compile(r"\b(?:psql|mysql)\b")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=(?:\"[^\"]*\"|'[^']*'|<[^<>]*>|\S*)")
"""What sets a variable: alone it is a setting, before a command a part of it."""
_CALL = re.compile(r"[a-z_]\w*\((?!\))")
"""How a query begins, and no command."""
_USAGE = re.compile(
    r"^```|\[<|\[\.\.\.|\.\.\.\]|\[--?[a-z]|\((?:same as|see)\b|^alias(?:es)?:|"
    r"\]\(https?://|^[ \t]*<(?:table|tr|details|div|p|!--)",
    re.IGNORECASE | re.MULTILINE,
)
"""What a command's synopsis has, and no script: `[<tag>]`; a block that was never
closed has the Markdown below it."""
_OPTIONAL = re.compile(r"(?:^|[ \t])\[{1,2}(?:--?[\w-]+[ =])?<@?[A-Za-z]", re.MULTILINE)
"""What a synopsis leaves to choice, `[--otp <code>]`: bash would take the brackets for
arguments, and the angles for files."""
_BASE = re.compile(r"\w[\w-]*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Code:
    """What a block holds."""

    language: str
    """What it calls itself, or what its prompts say."""
    text: str
    """The whole of it, without prompts; empty where there is nothing."""
    script: str = ""
    """What is to be run; empty where it is text."""
    shell: tuple[str, ...] = ()
    """What runs the script; empty for bash."""
    output: str = ""
    """What the page shows that the commands print."""
    titles: tuple[str, ...] = ()
    """Its comments: what its author calls the parts of it."""


def language(info: str) -> str:
    """The language that a fence names: `bash` for `{.bash .numberLines}`."""
    match = _LANGUAGE.match(info)
    return match[1].lower() if match is not None else ""


def code(fence: Fence) -> Code:
    """What a block holds; what bash does not read is text, unless it must be typed."""
    found = _code(fence)
    if not found.script or found.shell or not _is_no_script(found, fence):
        return found
    return Code(language=found.language, text=fence.text.strip("\n").rstrip())


def _is_no_script(found: Code, fence: Fence) -> bool:
    """Whether a block is a synopsis, or bash cannot read it and need not."""
    quoting = Quoting(found.script)
    optional = _OPTIONAL.finditer(found.script)
    if any(quoting.at(each.end() - 1) == "none" for each in optional):
        return True
    if found.language in _SHELLS:
        if _USAGE.search(found.script) is None:
            return False
    elif begins_with_prompt(fence.text.split("\n")):
        return False
    parts: list[str] = []
    at = 0
    for each in placeholders(found.script):
        parts += [found.script[at : each.start], "x"]
        at = each.end
    return parse("".join([*parts, found.script[at:]])).broken is not None


def _code(fence: Fence) -> Code:
    """What a block is by its language, its prompts and its first line."""
    named = language(fence.info)
    lines = fence.text.strip("\n").rstrip().split("\n")
    lines = [line.rstrip("\r") for line in lines]
    text = "\n".join(lines)
    if not text.strip():
        return Code(language=named, text="")
    if named in _INTERPRETERS and not begins_with_prompt(lines):
        shell = _INTERPRETERS[named]
        return Code(language=named, text=text, script=f"{text}\n", shell=shell)
    of_shell = named in _SHELLS
    open_named = not named or named in _SESSIONS
    root = open_named and is_of_root(lines, PROGRAMS)
    if named in _SESSIONS and _CALL.match(_first(lines)) is not None:
        return Code(language="", text=text)
    if root or named in _SESSIONS or begins_with_prompt(lines):
        return _of_session(named, lines, root=root)
    if of_shell or (not named and is_command(_first(lines, but=_ASSIGNMENT))):
        return _of_shell(named, lines, "")
    return Code(language=named, text=text)


def _first(lines: Sequence[str], but: re.Pattern[str] | None = None) -> str:
    """The first line that is no comment, and nothing else that does not count."""
    bare = [line.strip() for line in lines]
    bare = [line for line in bare if line and line[0] != "#"]
    return next((line for line in bare if but is None or not but.fullmatch(line)), "")


def _of_shell(
    named: str, lines: Sequence[str], output: str, places: Sequence[str] = ()
) -> Code:
    text = "\n".join(lines)
    if not _first(lines):
        return Code(language=named, text=text)
    said = (line for line in lines if line not in places)
    titles = [match[1].strip() for each in said if (match := _COMMENT.match(each))]
    return Code(
        language=named,
        text=text,
        script=f"{text}\n",
        output=output,
        titles=tuple(title for title in titles if title),
    )


def _of_session(named: str, lines: Sequence[str], *, root: bool) -> Code:
    shown = read_session(lines, root=root)
    output = "\n".join(shown.printed).strip("\n")
    clients = {part.client for part in shown.parts}
    typed = [line for part in shown.parts for line in part.typed]
    if clients & _WINDOWS:
        client = next(iter(sorted(clients & _WINDOWS)))
        text = "\n".join(typed)
        return Code(language=client, text=text, output=output)
    script: list[str] = []
    for part in shown.parts:
        if part.client:
            _to_client(part, script)
        else:
            script += part.typed
    return _of_shell(named, script, output, shown.places)


def said_for(found: Code, lead: str) -> Code:
    """SQL for the client that the page runs it in, where it names one.

    Args:
        found: any block.
        lead: the paragraph that leads in to it.
    """
    if found.language not in _SQL or found.script:
        return found
    named = _SQL_CLIENT.search(found.language) or _SQL_CLIENT.search(lead)
    if named is None:
        return found
    script: list[str] = []
    _to_client(Part(client=named[0], typed=found.text.split("\n")), script)
    return replace(found, script="\n".join(script) + "\n")


def _to_client(part: Part, script: list[str]) -> None:
    """What was typed to a program, as a here-document for it.

    The program is the one that the line before started, or it is started here.
    """
    while script and not script[-1].strip():
        script.pop()
    end = "EOF"
    while end in part.typed:
        end += "F"
    if script and re.search(rf"\b{part.client}\b[^|;&<]*$", script[-1]) is not None:
        script[-1] += f" <<'{end}'"
    else:
        base = part.base if part.client in ("psql", "mysql") else ""
        start = _STARTS.get(part.client, part.client)
        if _BASE.fullmatch(base) is not None:
            start += f" -d {base}" if part.client == "psql" else f" {base}"
        script.append(f"{start} <<'{end}'")
    script += [*part.typed, end]
