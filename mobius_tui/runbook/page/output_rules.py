"""What in a block of code is output, and no command: rules, each with a name.

A line is judged where a command could begin; never within quotes, here-documents or
loops. What looks like a command is one, whatever else it looks like, but for a row of a
table. What is neither goes with the lines before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from mobius_tui.runbook.page.known_commands import is_command
from mobius_tui.runbook.page.open_command import OpenCommand
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
