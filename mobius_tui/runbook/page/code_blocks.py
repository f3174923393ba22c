"""Commands on a page: known programs, commands in sentences, blocks of code."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence

from msgspec import Struct

from mobius_tui.runbook.page.known_commands import PROGRAMS, is_command
from mobius_tui.runbook.page.page_blocks import CodeFence
from mobius_tui.runbook.page.script_quoting import QuotingScanner, opening_line
from mobius_tui.runbook.page.terminal_sessions import (
    MAY_BE_FILES,
    NO_SHELL,
    SessionPart,
    bare_prompt,
    is_readable,
    read_session,
    shows_prompts,
    split_output,
)
from mobius_tui.runbook.text.placeholders import placeholders
from mobius_tui.structs import replace

_COMMAND_INTRODUCTION = re.compile(
    r"(?:^|\b(?:run|running|execute|executing|use|using|with|via|by|command|do|type|"
    r"enter|issue|try|then)\b[^.;]{0,40})[ \t:]*$",
    re.IGNORECASE,
)


def inline_command(text: str, codes: Sequence[str]) -> str:
    """The command that a sentence asks the reader to run; empty if it has none.

    It is the only code of the sentence, at its end, after words such as `run`.
    """
    if len(codes) != 1 or "\n" in codes[0]:
        return ""
    command = codes[0].strip()
    before, _, after = text.rpartition(codes[0])
    if after.strip(" .:;") or not is_command(command) or " " not in command:
        return ""
    if command.split()[0] not in PROGRAMS and "/" not in command.split()[0]:
        return ""
    return (
        command
        if _COMMAND_INTRODUCTION.search(before.rstrip("`\"' ")) is not None
        else ""
    )


_SHELLS = frozenset({"bash", "sh", "shell", "zsh", "ksh", "dash", "shellscript"})
_SESSION_NAMES = """
console terminal session shell-session shellsession sh-session bash-session
shellconsole
"""
_SESSIONS = frozenset(_SESSION_NAMES.split())
"""Languages of blocks that show a terminal: prompts, commands and output."""
_INTERPRETERS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("python", "python3", "py"), ("python3",)),
    "perl": ("perl",),
}
"""Languages that are run as they are, and the program that runs them."""
OUTPUT_LANGUAGES = frozenset(
    {"", "text", "txt", "plain", "plaintext", "output", "log", "none"}
)
"""Languages of blocks that may be the output of a command."""
_DIRECTIVE = re.compile(
    r"\{(?:code|code-block|code-cell|sourcecode)\}[ \t]*(?=[A-Za-z])"
)
"""How a fence of MyST begins, before its language."""
_DIRECTIVE_OPTION = re.compile(r":[\w-]+:(?:[ \t].*)?")
_LANGUAGE = re.compile(r"\{?[ \t]*\.?([A-Za-z][A-Za-z0-9_+#-]*)")
_COMMENT = re.compile(r"#+(?!!)[ \t]*(.*)")
_WINDOWS = frozenset({"powershell", "cmd"})
_CLIENT_COMMANDS = {"psql": "psql -X -v ON_ERROR_STOP=1", "python3": "python3 -"}
_SQL = frozenset({"sql", "pgsql", "postgresql", "postgres", "psql", "mysql"})
_SQL_CLIENT = re.compile(r"\b(?:psql|mysql)\b")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=(?:\"[^\"]*\"|'[^']*'|<[^<>]*>|\S*)")
"""An assignment: alone it may be a setting, before a command a part of it."""
_CALL = re.compile(r"[a-z_]\w*\((?!\))")
"""How a query begins, but no command."""
_USAGE = re.compile(
    r"^```|\[<|\[\.\.\.|\.\.\.\]|\[--?[a-z]|\((?:same as|see)\b|^alias(?:es)?:|"
    r"\]\(https?://|^[ \t]*<(?:table|tr|details|div|p|!--)",
    re.IGNORECASE | re.MULTILINE,
)
"""Signs of a synopsis such as `[<tag>]`, and of Markdown in a block that was never
closed: such a block is no script."""
_OPTIONAL = re.compile(
    r"(?:^|[ \t])(?:\[{1,2}(?:--?[\w-]+[ =])?<@?[A-Za-z]|\(--?[a-z][^()\n]*\||"
    r"\[(?:\w+ )?(?:flags?|options?|commands?|arg(?:ument)?s?)\]|\{-[^{}\n]*\}\.{3}|"
    r"\[--?[A-Za-z][\w-]*\||\[--[a-z][\w-]*(?:\](?=[ \t]|$)|=)|"
    r"\[\$[A-Z_]+\](?=[ \t]|$)|\.{3,}(?=[ \t]|$)|\[[A-Z_]+\.{3}\](?=[ \t]|$)|"
    r"\[--?[A-Z][\w-]* [A-Z_]+\](?=[ \t]|$))",
    re.MULTILINE | re.IGNORECASE,
)
"""An optional part of a synopsis: `[--otp <code>]`, `[--force|-f]`, `(--a|--b)`,
`[flags]` or `...`.

Bash would take the brackets as arguments and the angles as redirections.
"""
_OTHER_LANGUAGE = re.compile(
    r"^(?:from [\w.]+ import \w.*|import [\w.]+(?: as \w+)?|def \w+\(.*\):|"
    r"(?:output|resource|variable|provider|module|data)(?: \"[^\"\n]+\"){1,2} \{|"
    r"\w+:(?:append|prepend|remove)\(\) \{)[ \t]*$",
    re.MULTILINE,
)
"""A line of Python, of Terraform or of a recipe in a block that says it is shell."""
_ONLY_A_NAME = re.compile(
    r"(?!(?:bin|hack|scripts?|tools?|dev|build|contrib|examples?|tests?)/)"
    r"[a-z][\w.-]*(?:/[a-z][\w.-]*)+(?::[\w.-]+)?|"
    r"(?:~|/(?:etc|var|mnt|home|srv))/[\w./-]+|[\w !.-]+@[\w.-]+:\S*[$#]"
)
"""The name of an image, `calico/node`, or a prompt behind which nothing is typed."""
_DATABASE_NAME = re.compile(r"\w[\w-]*")


class CodeBlock(Struct, frozen=True, kw_only=True):
    """The content of a block of code."""

    language: str
    """The language that its fence or its prompts name."""
    text: str
    """The text without prompts; of a session the typed lines alone. May be empty."""
    script: str = ""
    """The script to run; empty if it is no script."""
    shell: tuple[str, ...] = ()
    """What runs the script; empty for bash."""
    inside: str = ""
    """What is typed in the shell or the client that the script's last line opens."""
    output: str = ""
    """The output of the commands, as the page shows it."""
    titles: tuple[str, ...] = ()
    """Its comments: the author's titles of its parts."""
    rules: tuple[str, ...] = ()
    """The names of the rules by which a part of it is output."""

    @property
    def is_output(self) -> bool:
        """Whether all of it is output, and nothing that could be put into a file."""
        return not self.script and not {*self.rules} <= MAY_BE_FILES


def is_settings(script: str, names_read: Container[str]) -> bool:
    """Whether a script is the content of a file of settings: `PORT=8080`.

    It only assigns values as they are, without `export` and with nothing to be filled
    in, to names that nothing reads.

    Args:
        script: the script.
        names_read: the names of the variables that commands of the page read.
    """
    lines = [line.strip() for line in script.split("\n")]
    lines = [line for line in lines if line and line[0] != "#"]
    if "$(" in script or "`" in script or placeholders(script):
        return False
    return bool(lines) and all(
        _ASSIGNMENT.fullmatch(line) and line.partition("=")[0] not in names_read
        for line in lines
    )


def fence_language(info: str) -> str:
    """The language that a fence names: `bash` for `{.bash .numberLines}`."""
    directive = _DIRECTIVE.match(info)
    match = _LANGUAGE.match(info, directive.end() if directive is not None else 0)
    return match[1].lower() if match is not None else ""


def classify_code(fence: CodeFence) -> CodeBlock:
    """Classify a block of code: a script, a terminal session, or text.

    A synopsis is text. So is what bash cannot parse, unless the block has prompts, or
    is marked as shell code and shows no sign of a synopsis.
    """
    block = _classify(fence)
    if not block.script or block.shell or not _is_not_a_script(block, fence):
        return block
    return CodeBlock(
        language=block.language,
        text=fence.text.strip("\n").rstrip(),
        rules=(NO_SHELL.name,),
    )


def _is_not_a_script(block: CodeBlock, fence: CodeFence) -> bool:
    """Whether a block is a synopsis, or is unmarked and cannot be parsed."""
    quoting = QuotingScanner(block.script)
    optional = _OPTIONAL.finditer(block.script)
    if any(quoting.at(each.start()) == "none" for each in optional):
        return True
    others = _OTHER_LANGUAGE.finditer(block.script)
    if any(quoting.at(each.start()) == "none" for each in others):
        return True
    rows = [line.strip() for line in block.script.split("\n") if line.strip()]
    if all(_ONLY_A_NAME.fullmatch(row) and not is_command(row) for row in rows):
        return True
    if block.language in _SHELLS:
        if _USAGE.search(block.script) is None:
            return False
    elif shows_prompts(fence.text.split("\n")):
        return False
    return not is_readable(block.script)


def _classify(fence: CodeFence) -> CodeBlock:
    """Classify a block by its language, its prompts and its first line."""
    language_name = fence_language(fence.info)
    lines = fence.text.strip("\n").rstrip().split("\n")
    lines = [line.rstrip("\r") for line in lines]
    while _DIRECTIVE.match(fence.info) and _DIRECTIVE_OPTION.fullmatch(lines[0]):
        lines = [*"\n".join(lines[1:]).strip("\n").split("\n")]
    text = "\n".join(lines)
    if not text.strip():
        return CodeBlock(language=language_name, text="")
    if language_name in _INTERPRETERS and not shows_prompts(lines):
        shell = _INTERPRETERS[language_name]
        return CodeBlock(
            language=language_name, text=text, script=f"{text}\n", shell=shell
        )
    of_shell = language_name in _SHELLS
    may_be_session = not language_name or language_name in _SESSIONS
    bare = bare_prompt(lines, is_marked=of_shell) if may_be_session or of_shell else ""
    if (
        language_name in _SESSIONS
        and _CALL.match(_first_command_line(lines)) is not None
    ):
        return CodeBlock(language="", text=text)
    if bare or shows_prompts(lines):
        return _session_block(language_name, lines, bare=bare)
    if (
        of_shell
        or language_name in _SESSIONS
        or (
            not language_name
            and is_command(_first_command_line(lines, ignored=_ASSIGNMENT))
        )
    ):
        return _unprompted_block(language_name, lines)
    return CodeBlock(language=language_name, text=text)


def _first_command_line(
    lines: Sequence[str], ignored: re.Pattern[str] | None = None
) -> str:
    """The first line that is no comment and does not match `ignored`."""
    bare = [line.strip() for line in lines]
    bare = [line for line in bare if line and line[0] != "#"]
    return next(
        (line for line in bare if ignored is None or not ignored.fullmatch(line)), ""
    )


def _shell_block(
    language_name: str, lines: Sequence[str], output: str, places: Sequence[str] = ()
) -> CodeBlock:
    text = "\n".join(lines)
    if not _first_command_line(lines):
        return CodeBlock(language=language_name, text=text)
    at = opening_line(lines)
    inside = "" if at is None else "\n".join(lines[at + 1 :]).strip("\n")
    if at is not None:
        lines = lines[: at + 1]
    own_lines = (line for line in lines if line not in places)
    titles = [match[1].strip() for each in own_lines if (match := _COMMENT.match(each))]
    return CodeBlock(
        language=language_name,
        text=text,
        script="\n".join([*lines, ""]),
        inside=inside,
        output=output,
        titles=tuple(title for title in titles if title),
    )


def _unprompted_block(language_name: str, lines: Sequence[str]) -> CodeBlock:
    """A block of shell code without prompts: a script, and perhaps output."""
    split = split_output(lines)
    if not split.output:
        return _shell_block(language_name, lines, "")
    if not _first_command_line(split.commands):
        return CodeBlock(
            language=language_name, text="\n".join(lines), rules=split.rules
        )
    commands = "\n".join(split.commands).strip("\n").split("\n")
    output = "\n".join(split.output).strip("\n")
    return replace(_shell_block(language_name, commands, output), rules=split.rules)


def _session_block(language_name: str, lines: Sequence[str], *, bare: str) -> CodeBlock:
    session = read_session(lines, bare=bare)
    output = "\n".join(session.printed).strip("\n")
    clients = {part.client for part in session.parts}
    typed = [line for part in session.parts for line in part.typed]
    if clients & _WINDOWS:
        client = next(iter(sorted(clients & _WINDOWS)))
        text = "\n".join(typed)
        return CodeBlock(language=client, text=text, output=output)
    script: list[str] = []
    for part in session.parts:
        if part.client:
            _append_for_client(part, script)
        else:
            script += part.typed
    return _shell_block(language_name, script, output, session.places)


def for_sql_client(block: CodeBlock, lead: str) -> CodeBlock:
    """Turn SQL into a script for its client, if the page names one.

    Args:
        block: any block; others than SQL are returned as they are.
        lead: the paragraph before it.
    """
    if block.language not in _SQL or block.script:
        return block
    client = _SQL_CLIENT.search(block.language) or _SQL_CLIENT.search(lead)
    if client is None:
        return block
    script: list[str] = []
    _append_for_client(
        SessionPart(client=client[0], typed=block.text.split("\n")), script
    )
    return replace(block, script="\n".join(script) + "\n")


def _append_for_client(part: SessionPart, script: list[str]) -> None:
    """Append what was typed to a client program, as a here-document for it.

    The previous line of the script may already start the program.
    """
    while script and not script[-1].strip():
        script.pop()
    end = "EOF"
    while end in part.typed:
        end += "F"
    if script and re.search(rf"\b{part.client}\b[^|;&<]*$", script[-1]) is not None:
        script[-1] += f" <<'{end}'"
    else:
        base = part.database if part.client in ("psql", "mysql") else ""
        start = _CLIENT_COMMANDS.get(part.client, part.client)
        if _DATABASE_NAME.fullmatch(base) is not None:
            start += f" -d {base}" if part.client == "psql" else f" {base}"
        script.append(f"{start} <<'{end}'")
    script += [*part.typed, end]
