"""The syntax tree of a shell script, as far as lint needs it.

Offsets count characters from the start of the script. Texts contain `EXPANSION_MARK`
for parts that are only known when the script runs.
"""

from __future__ import annotations

from msgspec import Struct, field

EXPANSION_MARK = "\ufffc"
"""Replaces a part of a word's text that is only known when the script runs."""


MARKS = {"#": "#name", "!": "!name"}
"""What stands before a name in `${}`, and its `Expansion.operator`: `${#name}` is a
length, `${!name}` the value of the variable that it names."""


class Expansion(Struct, frozen=True, kw_only=True):
    """A `$name` or `${name…}`."""

    name: str
    """Empty for `$(…)` and `$((…))`."""
    start: int
    quoted: bool
    """Whether it is in double quotes or a here-document, or counts as if it were.

    `$((…))` counts as quoted, and what is inside another one's `${}`.
    """
    operator: str = ""
    """In `${}` the operator after the name, such as `:?`; or a value of `MARKS`.

    `#` is the operator of `${name#pattern}`; `${#name}` has `#name`, and `${!name}`
    `!name`.
    """
    inner: bool = False
    """Whether it is inside another one's `${}`: it has no `EXPANSION_MARK` then."""


class Word(Struct, frozen=True, kw_only=True):
    """One word of a command."""

    source: str
    """Its source text."""
    text: str
    """Without quotes, and with `EXPANSION_MARK` for what is expanded.

    There is a mark for each expansion that is not `inner`, and one for each `<(…)` and
    `>(…)`, which are no expansions.
    """
    start: int
    quoted: bool = False
    """Whether any of it is in quotes."""
    expansions: tuple[Expansion, ...] = ()
    scripts: tuple[Script, ...] = ()
    """The commands of its `$(…)`, backticks, `<(…)` and `>(…)`."""


class Assignment(Struct, frozen=True, kw_only=True):
    """`name=value`, before a command or alone."""

    name: str
    start: int
    value: Word
    """The first word of it, for an array."""
    rest: tuple[Word, ...] = ()
    """The other words of an array."""


class HereDocument(Struct, kw_only=True):
    """A here-document, whose body is read after the line of its `<<`."""

    delimiter: str
    """The word that ends it."""
    start: int
    """The offset of that word after the `<<`."""
    strips_tabs: bool
    """Whether `<<-` removes the tabs before its lines."""
    literal: bool
    """Whether nothing is expanded in it, as its end word is quoted."""
    body: Word = field(default_factory=lambda: Word(source="", text="", start=0))
    """Its lines, with their tabs."""


class Redirect(Struct, frozen=True, kw_only=True):
    """`> file` and its kind."""

    sign: str
    """`<`, `>>`, `<<<` …; `<<` for every here-document."""
    target: Word
    """For a here-document the word that ends it."""
    document: HereDocument | None = None


class SimpleCommand(Struct, frozen=True, kw_only=True):
    """A command: assignments, words, redirections."""

    start: int
    words: tuple[Word, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    redirects: tuple[Redirect, ...] = ()


class If(Struct, frozen=True, kw_only=True):
    """`if … then … else … fi`."""

    start: int
    branches: tuple[tuple[Script, Script], ...]
    """Condition and body of `if` and each `elif`."""
    otherwise: Script | None = None
    redirects: tuple[Redirect, ...] = ()


class Loop(Struct, frozen=True, kw_only=True):
    """`for`, `select`, `while` or `until`."""

    start: int
    kind: str
    name: str = ""
    """The variable of `for` and `select`."""
    items: tuple[Word, ...] = ()
    condition: Script = ()
    body: Script = ()
    redirects: tuple[Redirect, ...] = ()


class Case(Struct, frozen=True, kw_only=True):
    """`case … in … esac`."""

    start: int
    word: Word | None = None
    arms: tuple[Script, ...] = ()
    redirects: tuple[Redirect, ...] = ()


class CommandGroup(Struct, frozen=True, kw_only=True):
    """`{ … }`, `( … )`, or the body of a function."""

    start: int
    body: Script
    subshell: bool = False
    function: str = ""
    """The name of the function, for its body."""
    redirects: tuple[Redirect, ...] = ()


ScriptCommand = SimpleCommand | If | Loop | Case | CommandGroup


class Pipeline(Struct, frozen=True, kw_only=True):
    """Commands joined by `|`."""

    start: int
    commands: tuple[ScriptCommand, ...]
    negated: bool = False


class Statement(Struct, frozen=True, kw_only=True):
    """Pipelines joined by `&&` and `||`."""

    start: int
    first: Pipeline
    rest: tuple[tuple[str, Pipeline], ...] = ()
    background: bool = False


Script = tuple[Statement, ...]
"""Statements, one after the other."""


class SyntaxProblem(Struct, frozen=True, kw_only=True):
    """The first syntax error of a script, and why bash stops there.

    `start` is the offset of what cannot stand there; if the script ends in an open
    construct, it is the offset at which that begins.
    """

    start: int
    reason: str
    opener: str = ""
    """The construct that is still open there, if it begins elsewhere."""
    opener_start: int = 0
    """The offset at which that begins."""


class ParsedScript(Struct, frozen=True, kw_only=True):
    """A parsed script."""

    text: str
    body: Script
    complete: bool = True
    """Whether all of it was parsed; the rest is left out."""
    syntax_problem: SyntaxProblem | None = None
    """The first syntax error for bash; None also if that is uncertain."""
