"""What a terminal showed: what somebody typed there, and what it printed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

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
"""Programs that have prompts of their own, and these."""
_GOES_ON = re.compile(
    r"[ \t]*(?:->|\.\.\.|['\"`]>)[ \t]?(.*)|[\w-]{1,63}-[#>][ \t](.*)"
)
_ENDS_OPEN = re.compile(r"(?:\\|\||&&|(?:^|[ \t;])(?:do|then|else|\{))[ \t]*$")
_ENDS = re.compile(r"[ \t]*(?:done|fi|esac|\})\b")
_BEGINS_LOOP = re.compile(r"[ \t]*(?:for|while|until|if|case)\b")
_MOST_LINES = 200
_LONGEST = 32 * 1024
"""Characters of a command that are looked at for what is open in them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Prompt:
    """A prompt, and what follows it."""

    client: str = ""
    """The program whose it is; empty for the shell."""
    base: str = ""
    """What it says that the program is connected to."""
    place: str = ""
    """Where it says that the shell is: its host, and its folder but for `~`."""
    typed: str


@dataclass(kw_only=True, slots=True)
class SessionPart:
    """What was typed to one program."""

    client: str
    """The program; empty for the shell."""
    base: str = ""
    """What its prompt says that it is connected to."""
    typed: list[str]


@dataclass(kw_only=True, slots=True)
class Session:
    """What a terminal showed."""

    parts: list[SessionPart]
    printed: list[str]
    places: list[str] = field(default_factory=list)
    """The comments that say where the commands below them were typed."""


def begins_with_prompt(lines: Sequence[str]) -> bool:
    """Whether the first line that is neither blank nor a comment has a prompt."""
    bare = (line.strip() for line in lines)
    first = next((line for line in bare if line and line[0] != "#"), "")
    return not first.startswith("%") and _prompt(first) is not None


def is_of_root(lines: Sequence[str], programs: frozenset[str]) -> bool:
    """Whether `# ` is the prompt of the superuser, and begins no comment.

    It is where commands follow it all through, and stand nowhere else.

    Args:
        lines: those of a block.
        programs: the names of programs that people run.
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
    """What was typed, and what was printed; without any prompt, all was typed.

    Args:
        lines: those of the block.
        root: whether `# ` is a prompt in it.
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
            return Prompt(client=client, base=base, typed=found["typed"])
    return None


def _place(found: Mapping[str, str]) -> str:
    """`on root@db1, in /srv` of what a prompt says."""
    host = found.get("host") or found.get("bare")
    folder = (found.get("folder") or found.get("below") or "").strip(" \t:]")
    parts = (
        f"on {host}" if host else "",
        f"in {folder}" if folder not in ("", "~") else "",
        f"with ({found['set']})" if found.get("set") else "",
    )
    return ", ".join(filter(None, parts))


class _SessionReader:
    """One walk over what a terminal showed."""

    def __init__(self, lines: Sequence[str], *, root: bool) -> None:
        self.session = Session(parts=[], printed=[])
        self._root = root
        self._lines = lines
        self._last = {_bare(line): at for at, line in enumerate(lines)}
        """Where each line stands for the last time."""
        self._command: list[str] = []
        """The lines of the command that may go on."""
        self._documents: list[str] = []
        """The words that end the here-documents which are open."""
        self._place = ""

    def read(self) -> Session:
        """Walk it all."""
        for at, line in enumerate(self._lines):
            self._line(line, at)
        return self.session

    def _line(self, line: str, at: int) -> None:
        if self._documents:
            if _bare(line) == self._documents[0]:
                del self._documents[0]
            self._add(line.removeprefix("> "), at, goes_on=False)
        elif (found := self._prompt(line)) is not None:
            self._begin(found, at)
        elif self._command and self._goes_on(line, at):
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

    def _begin(self, prompt: Prompt, at: int) -> None:
        parts = self.session.parts
        to = (prompt.client, prompt.base)
        if not parts or (parts[-1].client, parts[-1].base) != to:
            parts.append(SessionPart(client=prompt.client, base=prompt.base, typed=[]))
        if not prompt.client and prompt.place != self._place:
            self._place = prompt.place
            place = f"# {prompt.place or 'at a prompt that names no place'}"
            self.session.places.append(place)
            parts[-1].typed.append(place)
        self._command = []
        self._add(prompt.typed, at)

    def _add(self, line: str, at: int, *, goes_on: bool = True) -> None:
        """One more line of what is typed, which may begin a here-document."""
        self.session.parts[-1].typed.append(line)
        self._command.append(line)
        quoting = self._quoting() if goes_on and "<<" in line else None
        if quoting is not None:
            ends = quoting.awaited
            self._documents = [end for end in ends if self._last.get(end, -1) > at]

    def _quoting(self) -> QuotingScanner | None:
        """How the command is quoted that may go on, if it is one for the shell."""
        if len(self._command) > _MOST_LINES or self.session.parts[-1].client:
            return None
        text = "\n".join(self._command)
        return QuotingScanner(f"{text}\n") if len(text) < _LONGEST else None

    def _goes_on(self, line: str, at: int) -> bool:
        """Take a line that goes on with the command; False for one that does not."""
        if self.session.parts[-1].client:
            match = _GOES_ON.fullmatch(line)
            if match is not None:
                self._add(match[1] or match[2] or "", at)
            return match is not None
        if line.startswith("> ") or line.rstrip() == ">":
            self._add(line[2:], at)
            return True
        if len(self._command) > _MOST_LINES:
            return False
        quoting = self._quoting()
        if not self._in_loop() and (quoting is None or not quoting.is_open):
            return False
        self._add(line, at)
        return True

    def _in_loop(self) -> bool:
        """Whether the last line promises more, or a loop has not ended."""
        if _ENDS_OPEN.search(self._command[-1]):
            return True
        begun = sum(bool(_BEGINS_LOOP.match(line)) for line in self._command)
        ended = sum(bool(_ENDS.match(line)) for line in self._command)
        one_line = re.search(r"\b(?:done|fi|esac)\b", self._command[0])
        return len(self._command) > 1 and not one_line and begun > ended


def _bare(line: str) -> str:
    """A line as it would end a here-document."""
    return line.removeprefix("> ").lstrip("\t")
