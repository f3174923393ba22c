"""Terminal sessions on a page: separating typed commands from output."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import accumulate

from msgspec import Struct, field

from mobius_tui.runbook.page.known_commands import PROGRAMS, is_command
from mobius_tui.runbook.page.open_command import OpenCommand, opens_shell
from mobius_tui.runbook.page.output_rules import output_rule
from mobius_tui.runbook.page.script_quoting import QuotingScanner

_HOST = r"[\w.-]{1,64}"
_AT_HOST = rf"\[?(?P<host>{_HOST}@{_HOST})(?P<folder>[^$#%\n]{{0,128}})"
_NAMED = r"\[(?P<named>[\w.:@~/-]{1,64}(?: [\w.:@~/-]{1,64})?)\]"
_PATH = r"(?:~/)?[A-Za-z][\w.-]*(?:/[\w.-]+)+/?"
"""A folder as a prompt shows it: `deploy/examples$ make`."""
_SHELL = re.compile(
    rf"(?:\((?P<set>[\w.-]{{1,40}})\)[ ]?)?"
    rf"(?:{_AT_HOST}|{_NAMED}|(?:ba|z|k)?sh-[\d.]+|~[ ]?|(?P<path>{_PATH})|"
    rf"(?P<bare>{_HOST}):(?P<below>[^$#%\s]{{0,64}}))?[$%][ \t]+(?P<typed>\S.*)",
    re.DOTALL,
)
_ARROW = re.compile(
    r"(?:➜[ \t]+(?P<folder>\S+(?:[ \t]+git:\(\S+\))?)(?:[ \t]+✗)?|[❯λ»])[ \t]+"
    r"(?P<typed>\S.*)"
)
_AT_ROOT = re.compile(
    rf"(?:{_AT_HOST}|{_NAMED}|(?:ba)?sh-[\d.]+|~|"
    rf"(?P<bare>{_HOST}):(?P<below>[~/][^$#%\s]{{0,64}}))#[ \t]+(?P<typed>\S.*)"
)
_TIGHT = re.compile(
    rf"(?P<host>{_HOST}@{_HOST}):(?P<folder>[^$#%\s]{{1,128}})[$#](?P<typed>[a-z./~].*)"
)
"""A prompt without a blank behind it."""
_BUSYBOX = re.compile(r"(?:~|/\w*)[ ]#[ \t]+(?P<typed>\S.*)")
"""A folder and `#`; behind a path there may as well be a comment."""
_NAME = re.compile(
    r"(?:[A-Za-z][\w.-]{0,40}\$|\$(?!sudo|dry|run|cmd|exec|prefix|time)[a-z]{2,8})"
    r"[ \t]+(?P<typed>\S.*)|\$(?P<path>\.{1,2}/\S.*)"
)
"""A folder's or a machine's name alone: `vitess$ make`, `$mac docker ps`; `$./a`."""
_ROOT = re.compile(r"#[ \t]+(?P<typed>\S.*)")
_CHEVRON = re.compile(r">[ \t]+(?P<typed>\S.*)")
"""A bare prompt; after the first line of a command it may also continue that."""
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


class Prompt(Struct, frozen=True, kw_only=True):
    """A prompt, and the text after it."""

    client: str = ""
    """The program that prompts; empty for the shell."""
    database: str = ""
    """The database that it names, if any."""
    place: str = ""
    """The host and the folder (unless `~`) that it names, as text."""
    typed: str


class SessionPart(Struct, kw_only=True):
    """The lines typed to one program."""

    client: str
    """The program; empty for the shell."""
    database: str = ""
    """The database that its prompt names, if any."""
    typed: list[str]


class Session(Struct, kw_only=True):
    """A terminal session: typed and printed lines."""

    parts: list[SessionPart]
    printed: list[str]
    places: list[str] = field(default_factory=list)
    """The comments in `parts` that name the place of the commands below them."""


def bare_prompt(lines: Sequence[str], *, is_marked: bool) -> str:
    """The sign that alone is the prompt of a block: `#` of root, `>`; or none.

    `#` is a prompt, and begins no comment, if exactly the lines with it are commands,
    apart from a first one that opens the shell;
    `>` is one if it stands before a command in the first line.

    Args:
        lines: the lines of the block.
        is_marked: whether it is marked as a script, in which a command behind `#` may
            as well be one that is not to run: then all other lines must be output.
    """
    bare = [line.strip() for line in lines if line.strip()]
    first = next((line for line in bare if line[0] != "#"), "")
    chevron = _CHEVRON.fullmatch(first)
    if chevron is not None and is_command(chevron["typed"]):
        return ">"
    if bare and opens_shell(bare[0]):
        del bare[0]
    if not bare or not bare[0].startswith("# "):
        return ""
    command = OpenCommand()
    for line in bare:
        if command.is_open:
            command.add(line)
            continue
        command.clear()
        typed = line.removeprefix("# ")
        words = typed.split()
        known = bool(words) and (
            is_command(typed)
            or words[0].startswith(("./", "/"))
            or (not is_marked and words[0] in PROGRAMS)
        )
        if known != (typed != line):
            return ""
        if known:
            command.add(typed)
        elif is_marked and output_rule(line) is None:
            return ""
    return "#"


def shows_prompts(lines: Sequence[str]) -> bool:
    """Whether a block has prompts of a shell or a client program.

    Its first line has one, apart from blank ones and comments; or a later line has one
    of a shell, outside of quotes and here-documents.
    """
    bare = (line.strip() for line in lines)
    first = next((line for line in bare if line and line[0] != "#"), "")
    if not first.startswith("%") and _prompt(first) is not None:
        return True
    starts = accumulate((len(line) + 1 for line in lines), initial=0)
    prompts = [
        start
        for line, start in zip(lines, starts, strict=False)
        if not line.lstrip().startswith("%") and _shell_prompt(line) is not None
    ]
    if not prompts:
        return False
    quoting = QuotingScanner("\n".join(lines))
    return any(quoting.at(start) == "none" for start in prompts)


def read_session(lines: Sequence[str], *, bare: str) -> Session:
    """Separate the typed lines of a block from the printed ones.

    Args:
        lines: the lines; without any prompt, all of them were typed.
        bare: the sign that alone is a prompt in this block, if any.
    """
    if not bare and not any(_prompt(line) is not None for line in lines):
        return Session(parts=[SessionPart(client="", typed=list(lines))], printed=[])
    return _SessionReader(lines, bare=bare).read()


def _prompt(line: str) -> Prompt | None:
    """The prompt that a line begins with."""
    if (found := _shell_prompt(line)) is not None:
        return found
    for client, pattern in _CLIENTS:
        if (match := pattern.fullmatch(line)) is not None:
            names = match.groupdict("")
            base = names.get("base", "")
            return Prompt(client=client, database=base, typed=names["typed"])
    return None


def _shell_prompt(line: str) -> Prompt | None:
    """The prompt of a shell; behind one that is indented there is a command."""
    bare = line.lstrip()
    for pattern in (_SHELL, _ARROW, _AT_ROOT, _TIGHT):
        match = pattern.fullmatch(bare)
        if match is not None and (bare == line or is_command(match["typed"])):
            typed = match["typed"].removeprefix("$ ")
            return Prompt(place=_place(match.groupdict("")), typed=typed)
    match = _NAME.fullmatch(line)
    if match is not None and is_command(match["typed"] or match["path"]):
        return Prompt(typed=match["typed"] or match["path"])
    match = _BUSYBOX.fullmatch(line)
    if match is not None and is_command(match["typed"]):
        return Prompt(typed=match["typed"])
    return None


def _place(found: Mapping[str, str]) -> str:
    """The place that a prompt names: `on root@db1, in /srv`."""
    host = found.get("host") or found.get("named") or found.get("bare")
    folder = next(
        (found[each] for each in ("folder", "below", "path") if found.get(each)), ""
    ).strip(" \t:]")
    parts = (
        f"on {host}" if host else "",
        f"in {folder}" if folder not in ("", "~") else "",
        f"with ({found['set']})" if found.get("set") else "",
    )
    return ", ".join(filter(None, parts))


class _SessionReader:
    """Reads a session, line by line."""

    def __init__(self, lines: Sequence[str], *, bare: str) -> None:
        self.session = Session(parts=[], printed=[])
        self._bare = bare
        self._lines = lines
        self._last_index = {_without_prompt(line): at for at, line in enumerate(lines)}
        """The index of the last occurrence of each line."""
        self._command = OpenCommand()
        """The command that may continue."""
        self._is_prompted = False
        """Whether a prompt has been read."""
        self._place = ""

    def read(self) -> Session:
        """Read the whole session."""
        for at, line in enumerate(self._lines):
            self._line(line, at)
        return self.session

    def _line(self, line: str, at: int) -> None:
        if self._command.is_in_document:
            self._add_typed(line.removeprefix("> "), at)
        elif (found := self._prompt(line)) is not None:
            self._begin_command(found, at)
        elif not self._command.is_empty and self._continue_command(line, at):
            pass
        elif not line.strip() or (line.startswith("#") and not self.session.printed):
            self._command.clear()
            self._add_to_shell(line)
        elif not self._is_prompted and is_command(line):
            self._command.clear()
            self._add_to_shell(line)
            self._command.add(line)
        else:
            self._command.clear()
            self.session.printed.append(line)

    def _add_to_shell(self, line: str) -> None:
        """Add a line without a prompt to what was typed to the shell."""
        if self.session.parts and not self.session.parts[-1].client:
            self.session.parts[-1].typed.append(line)
        elif line.strip():
            self.session.parts.append(SessionPart(client="", typed=[line]))

    def _prompt(self, line: str) -> Prompt | None:
        found = _prompt(line)
        if found is not None or not self._bare:
            return found
        if self._bare == "#":
            match = _ROOT.fullmatch(line.lstrip())
        else:
            match = None if self._command.is_open else _CHEVRON.fullmatch(line.lstrip())
        return Prompt(typed=match["typed"]) if match is not None else None

    def _begin_command(self, prompt: Prompt, at: int) -> None:
        self._is_prompted = True
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
        self._command.clear()
        self._add_typed(prompt.typed, at)

    def _add_typed(self, line: str, at: int) -> None:
        """Add a typed line, which may begin a here-document."""
        part = self.session.parts[-1]
        part.typed.append(line)
        if part.client:
            self._command.begin_foreign(line)
            return
        was_in_document = self._command.is_in_document
        self._command.add(line)
        if self._command.is_in_document and not was_in_document:
            later = {each for each, last in self._last_index.items() if last > at}
            self._command.keep_documents_that_end_in(later)

    def _continue_command(self, line: str, at: int) -> bool:
        """Add a line that continues the command; False if it does not."""
        if self.session.parts[-1].client:
            match = _CONTINUATION_PROMPT.fullmatch(line)
            if match is not None:
                self._add_typed(match[1] or match[2] or "", at)
            return match is not None
        if not (self._command.is_open or self._command.is_too_long):
            return False
        is_prompted = line.startswith("> ") or line.rstrip() == ">"
        if self._command.is_too_long and not is_prompted:
            return False
        self._add_typed(line[2:] if is_prompted else line, at)
        return True


def _without_prompt(line: str) -> str:
    """A line as it is compared with the end word of a here-document."""
    return line.removeprefix("> ").lstrip("\t")
