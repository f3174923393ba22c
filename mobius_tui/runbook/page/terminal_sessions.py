"""Telling typed commands from output: in a page's terminal sessions, and by rules.

Each rule has a name. A line is judged where a command could begin; never within quotes,
here-documents or loops. What looks like a command is one, whatever else it looks like,
but for a row of a table. What is neither goes with the lines before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate

from msgspec import Struct, field

from mobius_tui.runbook.page.known_commands import PROGRAMS, is_command
from mobius_tui.runbook.page.script_quoting import (
    OpenCommand,
    QuotingScanner,
    opens_shell,
)
from mobius_tui.runbook.shell.script_parser import parse_script
from mobius_tui.runbook.text.placeholders import placeholders

_NOT_OF_SHELL = r"[^|;&$<>={}\\`]"
_PLAIN_WORD = r"[^\s|;&$<>={}\\`]+"
_CELL_WORD = rf"(?:<(?:none|nil|unset|unknown|pending|invalid)>|{_PLAIN_WORD})"
_COLUMN = rf"{_CELL_WORD}(?:[ ]{_CELL_WORD})*"
_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_LEVELS = "(?i:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|FATAL|PANIC)"
_DONE = (
    "annotated|approved|bound|complete[d]?|configured|cordoned|created|deleted|disabled"
    "|drained|enabled|evicted|exposed|finished|installed|labeled|labelled|loaded"
    "|patched|pulled|removed|replaced|restarted|running|scaled|started|stopped|succeeded"
    r"|tainted|unchanged|uncordoned|updated|upgraded|unlabeled|untainted"
)
_SMALL_WORDS = (
    "a|an|and|are|as|at|be|been|but|by|can|for|from|has|have|if|in|is|it|its|not|of|on"
    "|or|that|the|this|to|was|were|when|will|with|you|your"
)
_OTHER_WORD = rf"(?!(?:{_SMALL_WORDS})[ ,]){_PLAIN_WORD}"
_LONGEST_LINE = 400
"""Characters of a line that the rules look at."""


class OutputRule(Struct, frozen=True, kw_only=True):
    """One rule by which a line is output, or another text that is no command."""

    name: str
    means: str
    """What such a line is, for people."""
    pattern: re.Pattern[str]
    """It matches the beginning of the line, without its indent."""


def _rule(name: str, means: str, *patterns: str) -> OutputRule:
    return OutputRule(
        name=name,
        means=means,
        pattern=re.compile("|".join(f"(?:{each})" for each in patterns)),
    )


TABLE = _rule(
    "table",
    "a table: columns with their names in capitals, or parted by blanks",
    r"[A-Z][A-Z0-9_%/()#.-]*(?:[ \t]+[A-Z][A-Z0-9_%/()#.-]*)+[ \t]*$",
    rf"{_COLUMN}(?:(?:[ ]{{2,}}|\t)[ \t]*{_COLUMN}){{2,}}$",
    r"[+|].*[+|][ \t]*$",
    r"[-=─ ]{3,}$",
    r"\(\d+ rows?\)",
)
OUTPUT_RULES = (
    _rule(
        "left-out",
        "a mark of what the page leaves out",
        r"\W{0,3}\.{3,}\W{0,3}$",
        r"…+$",
        r"\W{1,6}(?:snip(?:ped)?|omitted|truncated|cut)\W{1,6}$",
        r"\.{3}.{1,80}\.{3}$",
    ),
    _rule(
        "log-line",
        "a line of a log: a time or a level, and words",
        r"\[?\d{4}[-/]\d\d[-/]\d\d(?:[ T]+\d\d:\d\d|\b)",
        rf"\[?(?:\w{{3}}[ ,]+)?(?:\d\d? )?(?:{_MONTHS})[ ]+\d[\d ]",
        r"\[?\d\d?:\d\d(?::\d\d)?\b",
        r"[IWEFD]\d{4}[ ]+\d\d:\d\d:\d\d|[IWEFD] \| ",
        r"\[[ ]*\d+\.\d+\] ",
        rf"[\[(<]?(?:{_LEVELS})[\])>]?(?::|[ ]+\[|[ ]{{2,}}|[ ]+\d|\]|$)",
        rf"\[(?:{_LEVELS})\b|{_LEVELS}\[\d",
        r"(?:time|ts|level|msg|caller)=\S.* \w+=",
        r"(?:\S+ )?[\w.-]+\.(?:go|py|cc|cpp|java|rs|c):\d+[\]):]",
        r"\d{1,3}(?:\.\d{1,3}){3} \S+ \S+ \[",
    ),
    TABLE,
    _rule(
        "listing",
        "a listing of files",
        r"[-dlcbps][-rwxsStT]{9}[.+@]?[ \t]",
        r"total [\d.]+[KMGT]?$",
        r"[├└│╰╭┌─]|\|--|`--",
    ),
    _rule(
        "message",
        "a message of a program",
        r"(?i:error|fatal|warning|panic|exception|traceback|note|hint)\b[ ]?[:(\[]",
        r"(?:Error|Traceback|Warning|Caused by)\b",
        r"[\w.]+(?:Error|Exception)\b",
        r".*: (?:command not found|[Nn]o such file|[Pp]ermission denied|not found)",
        rf"[a-z][\w.-]*(?:/|[ ]\"?)[\w.:/-]+\"? (?:[a-z-]+ ){{0,2}}(?:{_DONE})\b",
        r"(?:INSERT|UPDATE|DELETE|SELECT|COPY)(?: \d+)+$",
        r"Query OK\b",
        r"at [\w.$]+\(|goroutine \d|\^[A-Z]$",
        r"(?:\+\+\+|---|@@|diff --git) ",
        r"[✔✖✓✗√×•●❯▸⚠ℹ]",
    ),
    _rule(
        "data",
        "JSON, YAML, XML or settings: the content of a file, or an answer",
        r"[{\[][ \t]*(?:[{\"\[]|\d|\]|\}|$)(?!\[ )",
        r"[\]}][\]},;]*$",
        r"\"[^\"]*\"[ \t]*[:,]|\"[^\"]*\"$",
        r"(?!https?:|\w+:\w)[A-Za-z_.][\w./$-]*(?: \w[\w/-]*){0,3}[ ]*:(?:[ \t].*)?$",
        r"---$",
        r"<[/!?]|<\w+>.*</|<\w+ \w+=",
        r"\[[A-Za-z][\w .:-]*\]$",
        r"[A-Za-z_][\w.:/-]*[ \t]+[:+?]?=[ \t]|[A-Za-z]\w*[.-][\w.-]*=",
    ),
    _rule(
        "list",
        "options of a program, or items of a list",
        r"-{1,2}[\w<\[]",
        r"[-*•] ",
        r"[\w./-]+[ ]+[-–][ ]+(?:the|an?) \w",
        r"--$",
    ),
    _rule(
        "number",
        "a number, an address, a name, or a list of them",
        r"[-+]?\d[\d.,:%/+-]*[A-Za-z%]{0,3}(?=[\s,;]|$)",
        r"(?:\d{1,3}\.){3}\d{1,3}\b",
        r"(?:https?|wss?|tcp|postgres(?:ql)?|<[\w|-]+>)://\S+$",
        r"[A-Z][\w-]*(?:\.[\w-]+)*[.!?]?$",
        r"[0-9a-f]{12,}(?=[\s,;:]|$)|(?:sha256|md5):",
        r"[\w.-]+@[\w.-]+$",
        r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|io|org|net|dev|local)(?:/\S*)?(?::\S*)?$",
    ),
    _rule(
        "other-language",
        "SQL, a query or a metric, a request, PowerShell: what another program reads",
        r"(?:GET|HEAD|POST|PUT|PATCH|DELETE) [/_]",
        r"/\*.*\*/$|// ",
        r"@[\w./-]+@?(?: |$)",
        r"[A-Z][a-z]+-[A-Z][A-Za-z]+(?: |$)",
        r"(?:SELECT|INSERT INTO|UPDATE|DELETE FROM|ALTER|CREATE|DROP|GRANT|BEGIN|COMMIT"
        r"|SHOW|USE|SET|EXPLAIN)(?:[ ;].*)?;?$",
        r"[a-z_]\w*(?:\{[^|;&]*\}|\((?!\))).*$",
        r"[a-z]+(?:_[a-z0-9]+){2,}\{?$|[a-z_]\w*[ ]+[=!<>]=?[ ]+[\d.]+$",
    ),
    _rule(
        "sentence",
        "a sentence",
        rf"[A-Z][\w'’/-]*(?:,? {_OTHER_WORD})*,? (?:{_SMALL_WORDS})[ ,]"
        rf"{_NOT_OF_SHELL}*$",
        rf"[A-Z][a-z]+(?:[ ](?!-){_NOT_OF_SHELL}+)[.:!?]$",
        r"[A-Z][a-z]+(?:[ ][a-z]+){2,8}$",
        r"[A-Z][\w.]+[ ][a-z].*[“”]",
        rf"[a-z]+(?: {_OTHER_WORD})* (?:{_SMALL_WORDS})(?: {_OTHER_WORD})*"
        rf" (?:{_SMALL_WORDS}) {_NOT_OF_SHELL}+$",
    ),
)
"""The rules, the first that matches counts."""
BANNER = _rule(
    "banner",
    "a program's name and its version",
    r"[a-z][\w-]*[ ]+v?\d+\.\d+[\w.-]*[ ]\(",
)
_FIRST_RULES = (
    BANNER,
    _rule(
        "message",
        "a message of a program that begins with the name of another",
        rf'[a-z][\w.-]* "[^"]+" (?:{_DONE})$',
    ),
    _rule(
        "other-language",
        "SQL that begins as a command of the shell",
        r"(?i:set) (?:@@|global |session )",
    ),
)
"""Rules for lines that also look like commands."""
_SETTING = re.compile(r"[A-Z_][A-Z0-9_]*=")
"""A setting in capitals: an assignment, unless it stands in output."""
NO_SHELL = _rule("no-shell", "what bash cannot read, and no known program begins", r".")

MAY_BE_FILES = frozenset({"data", "other-language", NO_SHELL.name})
"""Rules that also match what is to be written or sent by a person."""


class SplitBlock(Struct, frozen=True, kw_only=True):
    """The lines of a block without prompts, parted."""

    commands: tuple[str, ...]
    """What is typed, with its comments and blank lines."""
    output: tuple[str, ...]
    rules: tuple[str, ...]
    """The names of the rules by which lines are output, each once."""


def output_rule(line: str) -> OutputRule | None:
    """The rule by which a line is output; `None` for what may be a command."""
    bare = line.strip()[:_LONGEST_LINE]
    for rule in _FIRST_RULES:
        if rule.pattern.match(bare):
            return rule
    if not bare or bare[0] == "#" or is_command(bare) or _SETTING.match(bare):
        return None
    found = next((rule for rule in OUTPUT_RULES if rule.pattern.match(bare)), None)
    if found is None and len(bare) < _LONGEST_LINE and not is_readable(bare):
        command = OpenCommand()
        command.add(bare)
        return None if command.is_open else NO_SHELL
    return found


def is_readable(script: str) -> bool:
    """Whether bash can read a script, with any placeholders in it filled in."""
    parts: list[str] = []
    at = 0
    for each in placeholders(script):
        parts += [script[at : each.start], "x"]
        at = each.end
    return parse_script("".join([*parts, script[at:]])).syntax_problem is None


def split_output(lines: Sequence[str]) -> SplitBlock:
    """Part the lines of a block without prompts: commands, and output.

    A comment goes with what follows it.
    """
    commands: list[str] = []
    output: list[str] = []
    rules: dict[str, None] = {}
    waiting: list[str] = []
    target = commands
    for line, rule in _judged(lines):
        if rule is None:
            waiting.append(line)
            continue
        target = output if rule else commands
        if rule:
            rules[rule] = None
        target += [*waiting, line]
        waiting = []
    (commands if any(each.strip() for each in waiting) else target).extend(waiting)
    return SplitBlock(
        commands=tuple(commands), output=tuple(output), rules=tuple(rules)
    )


def _judged(lines: Sequence[str]) -> Iterator[tuple[str, str | None]]:
    """Each line, and the rule by which it is output.

    It is empty for a command, and `None` for a blank line or a comment.
    """
    command, last, is_in_table = OpenCommand(), "", False
    later = frozenset(line.lstrip("\t") for line in lines)
    for line in lines:
        bare = line.strip()
        if command.is_open:
            command.add(line)
            command.keep_documents_that_end_in(later)
            yield line, ""
            continue
        command.clear()
        if not bare or bare[0] == "#":
            is_in_table = is_in_table and bool(bare)
            last = last if bare else ""
            yield line, None
            continue
        if is_in_table and TABLE.pattern.match(bare):
            yield line, TABLE.name
            continue
        rule = output_rule(line)
        is_in_table = rule is TABLE
        if rule is not None:
            last = rule.name
        elif is_command(bare) or _SETTING.match(bare) or not last:
            last = ""
            command.add(line)
            command.keep_documents_that_end_in(later)
        yield line, last


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
