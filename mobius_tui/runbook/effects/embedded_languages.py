"""The effects of code in other languages: SQL, Redis, MongoDB's shell, awk and sed.

Each judge yields the parts that do more than read, as far as can be recognized.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from mobius_tui.runbook.effects.command_effects import (
    CommandEntry,
    CommandTable,
    TableEffect,
)
from mobius_tui.runbook.effects.invocation import Invocation, heaviest_table_effect
from mobius_tui.runbook.shell.script_model import EXPANSION_MARK, Word

CodeEffect = tuple[TableEffect, int, str]
"""An effect, the offset of its code, and that code."""
LanguageJudge = Callable[[str, CommandTable], Iterator[CodeEffect]]

_SQL_QUOTED = re.compile(
    r"--[^\n]*|/\*[\s\S]*?(?:\*/|\Z)|'(?:[^']|'')*+(?:'|\Z)|\"[^\"]*+(?:\"|\Z)"
    r"|(\$\w*\$)[\s\S]*?(?:\1|\Z)"
)
_SQL_WORD = re.compile(r"[A-Za-z_]\w*")
_SQL_CALL = re.compile(r"([A-Za-z_][\w.]*)\s*\(")
_SQL_NAMED = re.compile(r"(?:\bas|\bwith|,)\s*$", re.IGNORECASE)
_PSQL_READS = re.compile(
    r"\\(?:d\S*|l\+?|z|q|x|t|a|c|connect|conninfo|timing|echo|pset|set|unset|h|\?"
    r"|errverbose|sf|sv|watch|encoding|prompt|if|elif|else|endif|p|r|copyright|G"
    r"|gset|gdesc|crosstabview)(?=\s|;|$)[^`]*$|\\(?:gx?|s)\s*$"
)
"""Without backquotes, which run a command; some only without a file or program."""
_MONGO_CALL = re.compile(r"([A-Za-z_$][\w$]*)\s*\(")
_MONGO_QUOTED = re.compile(
    r"//[^\n]*|/\*[\s\S]*?(?:\*/|\Z)|'(?:[^'\\]|\\.)*+'?|\"(?:[^\"\\]|\\.)*+\"?"
)
_MONGO_WRITES = re.compile(r"\$(?:out|merge)\b")
_AWK_WRITES = re.compile(r"\bsystem\s*\(|(?<!\|)\|(?!\|)|\bprintf?\b[^;}\n]{0,400}>")
_AWK_TEXT = re.compile(
    r"\"(?:[^\"\\\n]|\\.)*+\""
    r"|(?:\A|(?<=[(,{};!~&|=?:\n])(?<!\\\n))[ \t]*+"
    r"/(?:[^/\\\n\[]|\\.|\[\^?\]?[^\]\n]{0,99}+\])*+/"
)
"""A string or a regular expression."""


def _sed_address(group: int) -> str:
    """The pattern of an address; its only group, of that number, is a delimiter."""
    return (
        r"(?:\d+(?:~\d+)?|\$|[+~]\d+|/(?:[^/\\\n]|\\.)*+/[IM]*"
        rf"|\\([!-\[\]-~])(?:(?!\{group})[^\\\n]|\\.)*+\{group}[IM]*)"
    )


_SED_COMMAND = re.compile(
    rf"(?:^|[;{{\n])\s*(?:{_sed_address(1)}(?:\s*,\s*{_sed_address(2)})?)?[\s!]*"
    r"(?:(?P<writes>[wWe])|[sy]([!-/:-@\[\]-`{-~])(?:(?!\4)[^\\\n]|\\.)*+\4"
    r"(?:(?!\4)[^\\\n]|\\.)*+\4[gpiIMm0-9]*(?P<flag>[we])?)?"
)

_MAX_SED = 4096
"""Characters of sed's code that are read: what looks for the end of a pattern that has
none looks through all of it, from each place where one may begin."""


def without_matches(pattern: re.Pattern[str], text: str) -> str:
    """A text with matches replaced by as many blanks, so that offsets stay."""
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


def judge_sql(text: str, commands: CommandTable) -> Iterator[CodeEffect]:
    """The statements, and the commands of psql, that do more than read."""
    bare = without_matches(_SQL_QUOTED, text)
    at = 0
    for statement in re.split(r"(;|(?=\\))", bare):
        if statement.startswith("\\"):
            line, _, rest = statement.partition("\n")
            reads = _PSQL_READS.match(text[at : at + len(line)])
            weight = heaviest_table_effect(
                ("read" if reads else "change", _statement_effect(rest, commands))
            )
        else:
            weight = _statement_effect(statement, commands)
        if weight != "read":
            skipped = len(statement) - len(statement.lstrip())
            begin = at + skipped
            yield weight, begin, text[begin : at + len(statement)]
        at += len(statement)


def _statement_effect(statement: str, commands: CommandTable) -> TableEffect:
    statement = statement.strip().lstrip("( \t\n")
    match = _SQL_WORD.match(statement)
    if match is None:
        return (
            "change"
            if EXPANSION_MARK in statement or statement.strip(" ;\n\t")
            else "read"
        )
    word = match[0].lower()
    rest = statement[match.end() :]
    lowered = rest.lower()
    if word == "explain":
        inner = re.sub(r"^\s*\([^)]*\)", "", lowered)
        analyzes = re.search(r"\banaly[sz]e\b", lowered) is not None
        inner = re.sub(r"\b(?:analy[sz]e|verbose|extended|query plan)\b", "", inner)
        return _statement_effect(inner, commands) if analyzes else "read"
    listed_effect = _table_effect(commands, "sql", word)
    if word == "with":
        listed_effect = max(
            (
                _table_effect(commands, "sql", each) or "read"
                for each in ("insert", "update", "delete", "merge")
                if re.search(rf"\(\s*{each}\b|\)\s*{each}\b", lowered)
            ),
            key=("read", "change", "destroy").index,
            default="read",
        )
    if listed_effect is None:
        return "change"
    if word in ("update", "delete") and not re.search(r"\bwhere\b", lowered):
        return "destroy"
    if word == "alter" and re.search(r"\bdrop\b", lowered):
        return "destroy"
    if word == "set" and re.match(r"\s+(?:global|persist|password)\b", lowered):
        return "change"
    if listed_effect == "read" and word in ("select", "with", "values", "table"):
        if re.search(r"\binto\b", lowered):
            return "change"
        return _function_calls_effect(rest, commands)
    return listed_effect


def _function_calls_effect(text: str, commands: CommandTable) -> TableEffect:
    """The effect of the functions that a query calls; unknown ones are changes."""
    for match in _SQL_CALL.finditer(text):
        if _SQL_NAMED.search(text[: match.start()][-12:]):
            continue
        name = match[1].lower().removeprefix("pg_catalog.")
        if _table_effect(commands, "function", name) != "read":
            return "change"
    return "read"


@functools.lru_cache(maxsize=512)
def _table_effect(
    commands: CommandTable, language: str, word: str
) -> TableEffect | None:
    """The effect of a word of a language, by the table."""
    entry = commands.find(f"{language}:{word}")
    return None if entry is None else entry.default_line.effect


def judge_mongo(text: str, commands: CommandTable) -> Iterator[CodeEffect]:
    """The calls that do more than read."""
    if EXPANSION_MARK in text and not text.strip(EXPANSION_MARK + " ;"):
        yield "change", 0, text
        return
    writes = _MONGO_WRITES.search(text)
    if writes is not None:
        yield "change", writes.start(), writes[0]
    for match in _MONGO_CALL.finditer(without_matches(_MONGO_QUOTED, text)):
        weight = _table_effect(commands, "mongo", match[1]) or "change"
        if weight != "read":
            yield weight, match.start(), match[1]


def judge_redis(text: str, commands: CommandTable) -> Iterator[CodeEffect]:
    """The commands that do more than read, one on each line."""
    at = 0
    for line in text.split("\n"):
        words = [
            Word(source=word, text=word.strip("\"'"), start=at) for word in line.split()
        ]
        weight = redis_command_effect(words, commands) if words else "read"
        if weight != "read":
            yield weight, at, line
        at += len(line) + 1


def redis_command_effect(words: Sequence[Word], commands: CommandTable) -> TableEffect:
    """The effect of one Redis command."""
    entry: CommandEntry | None = commands.find(f"redis:{words[0].text.lower()}")
    if entry is None:
        return "change"
    rest = [
        Word(source=word.source, text=word.text.lower(), start=word.start)
        for word in words[1:]
    ]
    found = Invocation(entry, rest).matches()
    return heaviest_table_effect([each.line.effect or "change" for each in found])


def judge_awk(text: str, _: CommandTable) -> Iterator[CodeEffect]:
    """Code that runs a program or writes a file."""
    quoted = re.search(r"\|\s*&?\s*\"", text)
    match = quoted or _AWK_WRITES.search(without_matches(_AWK_TEXT, text))
    is_unknown = EXPANSION_MARK in text and not text.strip(EXPANSION_MARK + " ;\n\t{}")
    if match is not None or is_unknown:
        yield "change", match.start() if match is not None else 0, text


def judge_sed(text: str, _: CommandTable) -> Iterator[CodeEffect]:
    """Code that runs a program or writes a file."""
    if len(text) > _MAX_SED:
        yield "change", 0, text
        return
    commands = _SED_COMMAND.finditer(text)
    match = next((each for each in commands if each["writes"] or each["flag"]), None)
    is_unknown = EXPANSION_MARK in text and not text.strip(EXPANSION_MARK + " ;\n")
    if match is not None or is_unknown:
        yield "change", match.start() if match is not None else 0, text


LANGUAGE_JUDGES: Mapping[str, LanguageJudge] = {
    "sql": judge_sql,
    "mongo": judge_mongo,
    "redis": judge_redis,
    "awk": judge_awk,
    "sed": judge_sed,
}
