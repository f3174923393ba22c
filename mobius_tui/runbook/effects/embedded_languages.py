"""What code in other languages does: SQL, Redis, MongoDB's shell, awk and sed.

Each judge gives the pieces that do more than read, as far as their words tell.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from mobius_tui.runbook.effects.command_table import CommandEntry, CommandTable, Weight
from mobius_tui.runbook.effects.invocation import Invocation, heaviest_weight
from mobius_tui.runbook.shell.script_model import HOLE, Word

CodeEffect = tuple[Weight, int, str]
"""What it does, the offset at which it begins, and its words."""
LanguageJudge = Callable[[str, CommandTable], Iterator[CodeEffect]]

_SQL_ASIDE = re.compile(
    r"--[^\n]*|/\*[\s\S]*?(?:\*/|\Z)|'(?:[^']|'')*+(?:'|\Z)|\"[^\"]*+(?:\"|\Z)"
    r"|(\$\w*\$)[\s\S]*?(?:\1|\Z)"
)
_SQL_WORD = re.compile(r"[A-Za-z_]\w*")
_SQL_CALL = re.compile(r"([A-Za-z_][\w.]*)\s*\(")
_SQL_NAMED = re.compile(r"(?:\bas|\bwith|,)\s*$", re.IGNORECASE)
_PSQL_READS = re.compile(
    r"\\(?:d\S*|l\+?|z|q|x|t|a|c|connect|conninfo|timing|echo|pset|set|unset|h|\?|g|gx"
    r"|errverbose|sf|sv|watch|encoding|prompt|if|elif|else|endif|s|p|r|copyright|G)"
    r"(?=\s|;|$)"
)
_MONGO_CALL = re.compile(r"([A-Za-z_$][\w$]*)\s*\(")
_MONGO_ASIDE = re.compile(
    r"//[^\n]*|/\*[\s\S]*?(?:\*/|\Z)|'(?:[^'\\]|\\.)*+'?|\"(?:[^\"\\]|\\.)*+\"?"
)
_MONGO_WRITES = re.compile(r"\$(?:out|merge)\b")
_AWK_MORE = re.compile(r"\bsystem\s*\(|\|\s*&?\s*\"|\bprintf?\b[^;}\n]{0,400}>")
_AWK_TEXT = re.compile(r"\"(?:[^\"\\\n]|\\.)*+\"")
_SED_PLACE = r"(?:\d+|\$|/(?:[^/\\]|\\.)*+/)"
_SED_MORE = re.compile(
    rf"(?:^|[;{{\n])\s*(?:{_SED_PLACE}(?:,{_SED_PLACE})?)?\s*(?:[wWe](?:\s|$)"
    r"|s([^\w\s\\])(?:(?!\1)[^\\]|\\.)*+\1(?:(?!\1)[^\\]|\\.)*+\1[gpiIm0-9]*[we])"
)


def blanked(pattern: re.Pattern[str], text: str) -> str:
    """A text with blanks where a pattern fits; offsets stay as they are."""
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


def sql(text: str, commands: CommandTable) -> Iterator[CodeEffect]:
    """The statements that do more than read, and psql's own commands."""
    bare = blanked(_SQL_ASIDE, text)
    at = 0
    for statement in re.split(r"(;|(?<=\n)(?=\s*\\)|(?<=^)(?=\\))", bare):
        weight = _statement(statement, commands)
        if weight != "read":
            skipped = len(statement) - len(statement.lstrip())
            begin = at + skipped
            yield weight, begin, text[begin : at + len(statement)]
        at += len(statement)


def _statement(statement: str, commands: CommandTable) -> Weight:
    statement = statement.strip().lstrip("( \t\n")
    if statement.startswith("\\"):
        line, _, rest = statement.partition("\n")
        weight: Weight = "read" if _PSQL_READS.match(line) else "change"
        return heaviest_weight((weight, _statement(rest, commands))) if rest else weight
    match = _SQL_WORD.match(statement)
    if match is None:
        return "change" if HOLE in statement or statement.strip(" ;\n\t") else "read"
    word = match[0].lower()
    rest = statement[match.end() :]
    low = rest.lower()
    if word == "explain":
        inner = re.sub(r"^\s*\([^)]*\)", "", low)
        analyzes = re.search(r"\banaly[sz]e\b", low) is not None
        inner = re.sub(r"\b(?:analy[sz]e|verbose|extended|query plan)\b", "", inner)
        return _statement(inner, commands) if analyzes else "read"
    known = _listed(commands, "sql", word)
    if word == "with":
        known = max(
            (
                _listed(commands, "sql", each) or "read"
                for each in ("insert", "update", "delete", "merge")
                if re.search(rf"\(\s*{each}\b|\)\s*{each}\b", low)
            ),
            key=("read", "change", "destroy").index,
            default="read",
        )
    if known is None:
        return "change"
    if word in ("update", "delete") and not re.search(r"\bwhere\b", low):
        return "destroy"
    if word == "alter" and re.search(r"\bdrop\b", low):
        return "destroy"
    if word == "set" and re.match(r"\s+(?:global|persist|password)\b", low):
        return "change"
    if known == "read" and word in ("select", "with", "values", "table"):
        if re.search(r"\binto\b", low):
            return "change"
        return _calls(rest, commands)
    return known


def _calls(text: str, commands: CommandTable) -> Weight:
    """What the functions that a query calls do: those that are not known may do all."""
    for match in _SQL_CALL.finditer(text):
        if _SQL_NAMED.search(text[: match.start()][-12:]):
            continue
        name = match[1].lower().removeprefix("pg_catalog.")
        if _listed(commands, "function", name) != "read":
            return "change"
    return "read"


@functools.lru_cache(maxsize=512)
def _listed(commands: CommandTable, language: str, word: str) -> Weight | None:
    """What the table says of a word of a language."""
    entry = commands.find(f"{language}:{word}")
    return None if entry is None else entry.base.effect


def mongo(text: str, commands: CommandTable) -> Iterator[CodeEffect]:
    """The calls that do more than read."""
    if HOLE in text and not text.strip(HOLE + " ;"):
        yield "change", 0, text
        return
    writes = _MONGO_WRITES.search(text)
    if writes is not None:
        yield "change", writes.start(), writes[0]
    for match in _MONGO_CALL.finditer(blanked(_MONGO_ASIDE, text)):
        weight = _listed(commands, "mongo", match[1]) or "change"
        if weight != "read":
            yield weight, match.start(), match[1]


def redis(text: str, commands: CommandTable) -> Iterator[CodeEffect]:
    """The commands that do more than read, one on each line."""
    at = 0
    for line in text.split("\n"):
        words = [
            Word(source=word, text=word.strip("\"'"), start=at) for word in line.split()
        ]
        weight = redis_words(words, commands) if words else "read"
        if weight != "read":
            yield weight, at, line
        at += len(line) + 1


def redis_words(words: Sequence[Word], commands: CommandTable) -> Weight:
    """What one command of Redis does."""
    entry: CommandEntry | None = commands.find(f"redis:{words[0].text.lower()}")
    if entry is None:
        return "change"
    rest = [
        Word(source=word.source, text=word.text.lower(), start=word.start)
        for word in words[1:]
    ]
    found = Invocation(entry, rest).matches()
    return heaviest_weight([each.line.effect or "change" for each in found])


def awk(text: str, _: CommandTable) -> Iterator[CodeEffect]:
    """What runs a program or writes a file."""
    quoted = re.search(r"\|\s*&?\s*\"", text)
    match = quoted or _AWK_MORE.search(blanked(_AWK_TEXT, text))
    if match is not None or text.strip() == HOLE:
        yield "change", match.start() if match is not None else 0, text


def sed(text: str, _: CommandTable) -> Iterator[CodeEffect]:
    """What runs a program or writes a file."""
    match = _SED_MORE.search(text)
    if match is not None:
        yield "change", match.start(), text


LANGUAGE_JUDGES: Mapping[str, LanguageJudge] = {
    "sql": sql,
    "mongo": mongo,
    "redis": redis,
    "awk": awk,
    "sed": sed,
}
