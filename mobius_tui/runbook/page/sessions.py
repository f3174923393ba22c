"""What a terminal showed: what somebody typed there, and what it printed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mobius_tui.runbook.page.quoting import Quoting

_HOST = r"[\w.-]{1,64}"
_SHELL = re.compile(
    rf"(?:\([\w.-]{{1,40}}\)[ ]?)?(?:\[?{_HOST}@{_HOST}[^$#%\n]{{0,128}}|"
    rf"(?:ba|z|k)?sh-[\d.]+|{_HOST}:[^$#%\s]{{0,64}})?[$%][ \t]+(\S.*)",
    re.DOTALL,
)
_ARROW = re.compile(
    r"(?:➜[ \t]+\S+(?:[ \t]+git:\(\S+\)(?:[ \t]+✗)?)?|[❯λ»])[ \t]+(\S.*)"
)
_AT_ROOT = re.compile(
    rf"(?:\[?{_HOST}@{_HOST}[^$#%\n]{{0,128}}|(?:ba)?sh-[\d.]+)#[ \t]+(\S.*)"
)
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
_LONGEST = 32 * 1024
"""Characters of a command that are looked at for what is open in them."""


@dataclass(kw_only=True, slots=True)
class Part:
    """What was typed to one program."""

    client: str
    """The program; empty for the shell."""
    base: str = ""
    """What its prompt says that it is connected to."""
    typed: list[str]


@dataclass(kw_only=True, slots=True)
class Session:
    """What a terminal showed."""

    parts: list[Part]
    printed: list[str]


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
        return Session(parts=[Part(client="", typed=list(lines))], printed=[])
    return _Reader(root=root).read(lines)


def _prompt(line: str) -> tuple[str, str, str] | None:
    """The program whose prompt a line has, where that is, and what follows it."""
    for pattern in (_SHELL, _ARROW, _AT_ROOT):
        if (match := pattern.fullmatch(line)) is not None:
            return "", "", match[1]
    for client, pattern in _CLIENTS:
        if (match := pattern.fullmatch(line)) is not None:
            found = match.groupdict()
            return client, found.get("base") or "", found["typed"]
    return None


class _Reader:
    """One walk over what a terminal showed."""

    def __init__(self, *, root: bool) -> None:
        self.session = Session(parts=[], printed=[])
        self._root = root
        self._command: list[str] = []
        """The lines of the command that may go on."""

    def read(self, lines: Sequence[str]) -> Session:
        """Walk it all."""
        for at, line in enumerate(lines):
            self._line(line, lines[at:])
        return self.session

    def _line(self, line: str, rest: Sequence[str]) -> None:
        found = _prompt(line)
        if found is None and self._root:
            match = _ROOT.fullmatch(line)
            found = ("", "", match[1]) if match is not None else None
        if found is not None and not self._is_document(rest):
            client, base, typed = found
            self._begin(client, base, typed)
        elif self._command and self._goes_on(line):
            return
        elif not line.strip() or (line.startswith("#") and not self.session.printed):
            self._command = []
            if self.session.parts and not self.session.parts[-1].client:
                self.session.parts[-1].typed.append(line)
            elif line.strip():
                self.session.parts.append(Part(client="", typed=[line]))
        else:
            self._command = []
            self.session.printed.append(line)

    def _begin(self, client: str, base: str, typed: str) -> None:
        parts = self.session.parts
        if not parts or (parts[-1].client, parts[-1].base) != (client, base):
            parts.append(Part(client=client, base=base, typed=[]))
        parts[-1].typed.append(typed)
        self._command = [typed]

    def _add(self, line: str) -> None:
        self.session.parts[-1].typed.append(line)
        self._command.append(line)

    def _quoting(self) -> Quoting | None:
        """How the command is quoted that may go on, if it is one for the shell."""
        text = "\n".join(self._command)
        if not text or len(text) > _LONGEST or self.session.parts[-1].client:
            return None
        return Quoting(f"{text}\n")

    def _is_document(self, rest: Sequence[str]) -> bool:
        """Whether the lines are of a here-document that ends among them."""
        quoting = self._quoting()
        ends = quoting.awaited if quoting is not None else ()
        return any(line.removeprefix("> ").lstrip("\t") in ends for line in rest)

    def _goes_on(self, line: str) -> bool:
        """Take a line that goes on with the command; False for one that does not."""
        if self.session.parts[-1].client:
            match = _GOES_ON.fullmatch(line)
            if match is not None:
                self._add(match[1] or match[2] or "")
            return match is not None
        if line.startswith("> "):
            self._add(line[2:])
            return True
        if line.rstrip() == ">":
            self._add("")
            return True
        quoting = self._quoting()
        is_open = self._in_loop() or (quoting is not None and quoting.is_open)
        if is_open:
            self._add(line)
        return is_open

    def _in_loop(self) -> bool:
        """Whether the last line promises more, or a loop has not ended."""
        last = self._command[-1]
        if _ENDS_OPEN.search(last):
            return True
        begun = sum(bool(_BEGINS_LOOP.match(line)) for line in self._command)
        ended = sum(bool(_ENDS.match(line)) for line in self._command)
        one_line = re.search(r"\b(?:done|fi|esac)\b", self._command[0])
        return len(self._command) > 1 and not one_line and begun > ended
