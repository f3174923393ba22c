"""Terminal sessions on a page: separating typed commands from output."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import field

from mobius_tui.dataclass import dataclass
from mobius_tui.runbook.page.script_quoting import QuotingScanner

_HOST = r"[\w.-]{1,64}"
_AT_HOST = rf"\[?(?P<host>{_HOST}@{_HOST})(?P<folder>[^$#%\n]{{0,128}})"
_SHELL = re.compile(
    rf"(?:\((?P<set>[\w.-]{{1,40}})\)[ ]?)?(?:{_AT_HOST}|(?:ba|z|k)?sh-[\d.]+|"
    rf"(?P<bare>{_HOST}):(?P<below>[^$#%\s]{{0,64}}))?[$%][ \t]+(?P<typed>\S.*)",
    re.DOTALL,
)
_ARROW = re.compile(
    r"(?:➜[ \t]+(?P<folder>\S+(?:[ \t]+git:\(\S+\))?)(?:[ \t]+✗)?|[❯λ»])[ \t]+"
    r"(?P<typed>\S.*)"
)
_AT_ROOT = re.compile(rf"(?:{_AT_HOST}|(?:ba)?sh-[\d.]+)#[ \t]+(?P<typed>\S.*)")
_ROOT = re.compile(r"#[ \t]+(\S.*)")
_CLIENTS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("psql", re.compile(r"(?P<base>[\w-]{1,63})[=(*!^'\"][#>][ \t]?(?P<typed>.*)")),
    (
        "mysql",
        re.compile(r"(?:mysql|MariaDB \[(?P<base>[^\]\n]*)\])>[ \t]?(?P<typed>.*)"),
    ),
    ("redis-cli", re.compile(r"(?:[\d.]{7,15}:\d{2,5}|redis)>[ \t](?P<typed>.*)")),
    ("sqlite3", re.compile(r"sqlite>[ \t](?P<typed>.*)")),
    ("cqlsh", re.compile(r"cqlsh(?::\w+)?>[ \t](?P<typed>.*)")),
    ("python3", re.compile(r">>>[ \t](?P<typed>.*)")),
    ("powershell", re.compile(r"PS(?: [A-Za-z]:[^>\n]*)?>[ \t]?(?P<typed>.*)")),
    ("cmd", re.compile(r"[A-Za-z]:\\[^>\n]*>[ \t]?(?P<typed>.*)")),
)
"""Programs with prompts of their own, and the patterns of these."""
_CONTINUATION_PROMPT = re.compile(
    r"[ \t]*(?:->|\.\.\.|['\"`]>)[ \t]?(.*)|[\w-]{1,63}-[#>][ \t](.*)"
)
_ENDS_INCOMPLETE = re.compile(r"(?:\\|\||&&|(?:^|[ \t;])(?:do|then|else|\{))[ \t]*$")
_ENDS_COMPOUND = re.compile(r"[ \t]*(?:done|fi|esac|\})\b")
_BEGINS_COMPOUND = re.compile(r"[ \t]*(?:for|while|until|if|case)\b")
_MAX_COMMAND_LINES = 200
_MAX_COMMAND = 32 * 1024
"""Characters of a command that is parsed for open quotes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Prompt:
    """A prompt, and the text after it."""

    client: str = ""
    """The program that prompts; empty for the shell."""
    database: str = ""
    """The database that it names, if any."""
    place: str = ""
    """The host and the folder (unless `~`) that it names, as text."""
    typed: str


@dataclass(kw_only=True, slots=True)
class SessionPart:
    """The lines typed to one program."""

    client: str
    """The program; empty for the shell."""
    database: str = ""
    """The database that its prompt names, if any."""
    typed: list[str]


@dataclass(kw_only=True, slots=True)
class Session:
    """A terminal session: typed and printed lines."""

    parts: list[SessionPart]
    printed: list[str]
    places: list[str] = field(default_factory=list)
    """The comments in `parts` that name the place of the commands below them."""


def begins_with_prompt(lines: Sequence[str]) -> bool:
    """Whether the first line that is neither blank nor a comment has a prompt."""
    bare = (line.strip() for line in lines)
    first = next((line for line in bare if line and line[0] != "#"), "")
    return not first.startswith("%") and _prompt(first) is not None


def has_root_prompts(lines: Sequence[str], programs: frozenset[str]) -> bool:
    """Whether `# ` in a block is the prompt of root, and not a comment.

    It is if exactly the lines with `# ` contain commands.

    Args:
        lines: the lines of the block.
        programs: the names of known programs.
    """
    bare = [line.strip() for line in lines if line.strip()]
    if not bare or not bare[0].startswith("# "):
        return False
    for line in bare:
        after = line.removeprefix("# ")
        words = after.split()
        is_command = bool(words) and (
            words[0] in programs or words[0].startswith(("./", "/"))
        )
        if is_command != (after != line):
            return False
    return True


def read_session(lines: Sequence[str], *, root: bool) -> Session:
    """Separate the typed lines of a block from the printed ones.

    Args:
        lines: the lines; without any prompt, all of them were typed.
        root: whether `# ` is a prompt.
    """
    if not root and not any(_prompt(line) is not None for line in lines):
        return Session(parts=[SessionPart(client="", typed=list(lines))], printed=[])
    return _SessionReader(lines, root=root).read()


def _prompt(line: str) -> Prompt | None:
    """The prompt that a line begins with."""
    for pattern in (_SHELL, _ARROW, _AT_ROOT):
        if (match := pattern.fullmatch(line)) is not None:
            found = match.groupdict("")
            return Prompt(place=_place(found), typed=found["typed"])
    for client, pattern in _CLIENTS:
        if (match := pattern.fullmatch(line)) is not None:
            found = match.groupdict("")
            base = found.get("base", "")
            return Prompt(client=client, database=base, typed=found["typed"])
    return None


def _place(found: Mapping[str, str]) -> str:
    """The place that a prompt names: `on root@db1, in /srv`."""
    host = found.get("host") or found.get("bare")
    folder = (found.get("folder") or found.get("below") or "").strip(" \t:]")
    parts = (
        f"on {host}" if host else "",
        f"in {folder}" if folder not in ("", "~") else "",
        f"with ({found['set']})" if found.get("set") else "",
    )
    return ", ".join(filter(None, parts))


class _SessionReader:
    """Reads a session, line by line."""

    def __init__(self, lines: Sequence[str], *, root: bool) -> None:
        self.session = Session(parts=[], printed=[])
        self._root = root
        self._lines = lines
        self._last_index = {_without_prompt(line): at for at, line in enumerate(lines)}
        """The index of the last occurrence of each line."""
        self._command: list[str] = []
        """The lines of the command that may continue."""
        self._documents: list[str] = []
        """The end words of the open here-documents."""
        self._place = ""

    def read(self) -> Session:
        """Read the whole session."""
        for at, line in enumerate(self._lines):
            self._line(line, at)
        return self.session

    def _line(self, line: str, at: int) -> None:
        if self._documents:
            if _without_prompt(line) == self._documents[0]:
                del self._documents[0]
            self._add_typed(line.removeprefix("> "), at, may_begin_document=False)
        elif (found := self._prompt(line)) is not None:
            self._begin_command(found, at)
        elif self._command and self._continue_command(line, at):
            pass
        elif not line.strip() or (line.startswith("#") and not self.session.printed):
            self._command = []
            if self.session.parts and not self.session.parts[-1].client:
                self.session.parts[-1].typed.append(line)
            elif line.strip():
                self.session.parts.append(SessionPart(client="", typed=[line]))
        else:
            self._command = []
            self.session.printed.append(line)

    def _prompt(self, line: str) -> Prompt | None:
        found = _prompt(line)
        if found is None and self._root and (match := _ROOT.fullmatch(line)):
            return Prompt(typed=match[1])
        return found

    def _begin_command(self, prompt: Prompt, at: int) -> None:
        parts = self.session.parts
        target = (prompt.client, prompt.database)
        if not parts or (parts[-1].client, parts[-1].database) != target:
            parts.append(
                SessionPart(client=prompt.client, database=prompt.database, typed=[])
            )
        if not prompt.client and prompt.place != self._place:
            self._place = prompt.place
            place = f"# {prompt.place or 'at a prompt that names no place'}"
            self.session.places.append(place)
            parts[-1].typed.append(place)
        self._command = []
        self._add_typed(prompt.typed, at)

    def _add_typed(
        self, line: str, at: int, *, may_begin_document: bool = True
    ) -> None:
        """Add a typed line, which may begin a here-document."""
        self.session.parts[-1].typed.append(line)
        self._command.append(line)
        quoting = self._quoting() if may_begin_document and "<<" in line else None
        if quoting is not None:
            ends = quoting.open_end_words
            self._documents = [
                end for end in ends if self._last_index.get(end, -1) > at
            ]

    def _quoting(self) -> QuotingScanner | None:
        """The quoting of the command that may continue, if it is a shell command."""
        if len(self._command) > _MAX_COMMAND_LINES or self.session.parts[-1].client:
            return None
        text = "\n".join(self._command)
        return QuotingScanner(f"{text}\n") if len(text) < _MAX_COMMAND else None

    def _continue_command(self, line: str, at: int) -> bool:
        """Add a line that continues the command; False if it does not."""
        if self.session.parts[-1].client:
            match = _CONTINUATION_PROMPT.fullmatch(line)
            if match is not None:
                self._add_typed(match[1] or match[2] or "", at)
            return match is not None
        if line.startswith("> ") or line.rstrip() == ">":
            self._add_typed(line[2:], at)
            return True
        if len(self._command) > _MAX_COMMAND_LINES:
            return False
        quoting = self._quoting()
        if not self._is_incomplete() and (quoting is None or not quoting.is_open):
            return False
        self._add_typed(line, at)
        return True

    def _is_incomplete(self) -> bool:
        """Whether the command must continue: an open operator or compound command."""
        if _ENDS_INCOMPLETE.search(self._command[-1]):
            return True
        opened = sum(bool(_BEGINS_COMPOUND.match(line)) for line in self._command)
        ended = sum(bool(_ENDS_COMPOUND.match(line)) for line in self._command)
        one_line = re.search(r"\b(?:done|fi|esac)\b", self._command[0])
        return len(self._command) > 1 and not one_line and opened > ended


def _without_prompt(line: str) -> str:
    """A line as it is compared with the end word of a here-document."""
    return line.removeprefix("> ").lstrip("\t")
