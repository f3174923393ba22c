"""The effects of code in other languages: SQL, Redis, MongoDB's shell, awk, sed ….

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
from mobius_tui.runbook.effects.one_liners import judge_perl, judge_python
from mobius_tui.runbook.shell.script_model import EXPANSION_MARK, Word

CodeEffect = tuple[TableEffect, int, str]
"""An effect, the offset of its code, and that code."""
LanguageJudge = Callable[[str, CommandTable], Iterator[CodeEffect]]

_SQL_QUOTED = re.compile(
    r"--[^\n]*|/\*[\s\S]*?(?:\*/|\Z)|\b[eE]'(?:[^'\\]|\\[\s\S]|'')*+(?:'|\Z)"
    r"|'(?:[^']|'')*+(?:'|\Z)|\"[^\"]*+(?:\"|\Z)|(\$\w*\$)[\s\S]*?(?:\1|\Z)"
)
_MYSQL_QUOTED = re.compile(
    r"--(?=\s|\Z)[^\n]*|\#[^\n]*|/\*(?!M?!)[\s\S]*?(?:\*/|\Z)|`[^`]*+(?:`|\Z)"
    r"|'(?:[^'\\]|\\[\s\S]|'')*+(?:'|\Z)|\"(?:[^\"\\]|\\[\s\S]|\"\")*+(?:\"|\Z)"
)
_MYSQL_RUN_COMMENT = re.compile(r"/\*M?!\d*|\*/")
"""The ends of a comment whose text MySQL runs."""
_SQLITE_READS = re.compile(
    r"\.(?:tables|schema|dump|indexes|databases|dbinfo|stats|mode|headers?|timer|width"
    r"|fullschema|show|help|quit|exit)(?=\s|;|$)[^|\n]*$"
)
_PRAGMAS = frozenset(
    (
        *("integrity_check", "quick_check", "foreign_key_check", "table_info"),
        *("table_xinfo", "index_list", "index_info", "database_list", "page_count"),
        *("compile_options", "freelist_count", "foreign_key_list", "table_list"),
    )
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
_MONGO_UNCLEAR = re.compile(r"`|[(,=:;!&|?{}\[]\s*/(?![/*])")
"""Where a template or a regular expression may hold quotes."""
_MONGO_COMMAND = re.compile(r"\s*\{?\s*[\"']?(\w+)")
_MONGO_MEMBER = re.compile(r"\.\s*([A-Za-z_$][\w$]*)")
_MONGO_COMPUTED_CALL = re.compile(r"\[[^\[\]]*\]\s*(?:\?\.\s*)?\(")
_MONGO_NAME = re.compile(r"([\"'])(\w+)\1")
_MONGO_WRITES = re.compile(r"\$(?:out|merge)\b")
_AWK_WRITES = re.compile(r"\bsystem\s*\(|(?<!\|)\|(?!\|)|@")
_AWK_PRINT = re.compile(r"\bprintf?\b")
_AWK_GOES_ON = re.compile(r"\\\n|(?<=[,{&|])[ \t]*\n")
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

_PROGRAM_FOLDER = re.compile(
    r"/(?:usr/(?:local/)?)?s?bin|/snap/bin|/opt/(?:[\w-]+/)+s?bin"
    r"|/usr/(?:lib/postgresql/\d+|pgsql-\d+)/bin"
)
_LINE_END = re.compile(r"(?:\\[rn]|\s)+\Z")
_MAX_LINE = 200
"""Characters of a line for a server that are read."""
_MAX_SED = 4096
"""Characters of sed's code that are read: what looks for the end of a pattern that has
none looks through all of it, from each place where one may begin."""


def without_matches(pattern: re.Pattern[str], text: str) -> str:
    """A text with matches replaced by as many blanks, so that offsets stay."""
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


def judge_sql(text: str, commands: CommandTable) -> Iterator[CodeEffect]:
    """The statements, and the commands of psql, that do more than read."""
    yield from _statement_effects(text, without_matches(_SQL_QUOTED, text), commands)


def judge_mysql(text: str, commands: CommandTable) -> Iterator[CodeEffect]:
    """The same by MySQL's own quotes and comments, some of which it runs."""
    bare = without_matches(_MYSQL_QUOTED, text)
    bare = without_matches(_MYSQL_RUN_COMMENT, bare)
    yield from _statement_effects(text, bare, commands)


def _statement_effects(
    text: str, bare: str, commands: CommandTable
) -> Iterator[CodeEffect]:
    """The statements that do more than read.

    Args:
        text: the code.
        bare: the same with blanks for what is quoted or a comment.
        commands: the table of commands.
    """
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
        is_read = not statement.strip(" ;\n\t") or _SQLITE_READS.match(statement)
        return "read" if is_read and EXPANSION_MARK not in statement else "change"
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
    if word == "set" and re.search(r"\b(?:global|persist\w*|password)\b", lowered):
        return "change"
    if word == "pragma":
        named = re.fullmatch(r"\s*(\w+)\s*(?:\([^()]*\))?\s*", lowered)
        return "read" if named is not None and named[1] in _PRAGMAS else "change"
    if word == "copy":
        return _copy_effect(lowered, commands)
    if listed_effect == "read" and word in ("select", "with", "values", "table"):
        if re.search(r"\binto\b", lowered):
            return "change"
        return _function_calls_effect(rest, commands)
    return listed_effect


def _copy_effect(rest: str, commands: CommandTable) -> TableEffect:
    """The effect of COPY, by what follows: to standard output it is a query."""
    if re.search(r"\bprogram\b", rest) is not None:
        return "destroy"  # any command, on the database's machine
    before, _, after = rest.rpartition(" to ")
    if not after.lstrip().startswith("stdout"):
        return "change"
    query = re.match(r"\s*\(([\s\S]*)\)", before)
    return "read" if query is None else _statement_effect(query[1], commands)


def _function_calls_effect(text: str, commands: CommandTable) -> TableEffect:
    """The effect of the functions that a query calls; unknown ones are changes."""
    found: list[TableEffect] = []
    for match in _SQL_CALL.finditer(text):
        if not _SQL_NAMED.search(text[: match.start()][-12:]):
            name = match[1].lower().removeprefix("pg_catalog.")
            found.append(_table_effect(commands, "function", name) or "change")
    return heaviest_table_effect(found)


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
    is_clear = _MONGO_UNCLEAR.search(text) is None
    bare = without_matches(_MONGO_QUOTED, text) if is_clear else text
    for match in _MONGO_CALL.finditer(bare):
        name = match[1]
        if name in ("runCommand", "adminCommand"):
            named = _MONGO_COMMAND.match(text, match.end())
            name = named[1] if named is not None else name
        weight = _table_effect(commands, "mongo", name) or "change"
        if weight != "read":
            yield weight, match.start(), match[1]
    for match in _MONGO_MEMBER.finditer(bare):
        if _table_effect(commands, "mongo", match[1]) == "destroy":
            yield "destroy", match.start(), match[1]
    for match in _MONGO_COMPUTED_CALL.finditer(bare):
        inside = text[match.start() + 1 : match.end()].partition("]")[0].strip()
        named = _MONGO_NAME.fullmatch(inside)
        # A name that is put together may be any.
        weight = "destroy"
        if named is not None:
            weight = _table_effect(commands, "mongo", named[2]) or "change"
        if weight != "read":
            yield weight, match.start(), text[match.start() : match.end()]


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
    bare = _AWK_GOES_ON.sub(lambda each: " " * len(each[0]), text)
    bare = without_matches(_AWK_TEXT, bare)
    match = quoted or _AWK_WRITES.search(bare)
    prints = any(
        (first := _AWK_PRINT.search(piece)) is not None and ">" in piece[first.end() :]
        for piece in re.split(r"[;}\n]", bare)
    )
    is_unknown = EXPANSION_MARK in text and not text.strip(EXPANSION_MARK + " ;\n\t{}")
    if match is not None or prints or is_unknown:
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


def judge_path(text: str, _: CommandTable) -> Iterator[CodeEffect]:
    """A value of `PATH` with a folder that is none of the system's."""
    own = (each for each in text.split(":") if each != EXPANSION_MARK)
    if not all(map(_PROGRAM_FOLDER.fullmatch, own)):
        yield "change", 0, f"PATH={text}"


def judge_net(text: str, commands: CommandTable) -> Iterator[CodeEffect]:
    """A line for a server that does more than ask it something, as far as is known."""
    if len(text) > _MAX_LINE:
        yield "change", 0, text
        return
    line = _LINE_END.sub("", text)
    weight = _table_effect(commands, "net", line) or "change" if line else "read"
    if weight != "read":
        yield weight, 0, text


LANGUAGE_JUDGES: Mapping[str, LanguageJudge] = {
    "sql": judge_sql,
    "mysql": judge_mysql,
    "python": judge_python,
    "perl": judge_perl,
    "path": judge_path,
    "net": judge_net,
    "mongo": judge_mongo,
    "redis": judge_redis,
    "awk": judge_awk,
    "sed": judge_sed,
}
