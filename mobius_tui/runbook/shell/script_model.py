"""What a shell script is made of, as far as lint wants to know.

Offsets count characters from the start of the script. Texts keep `HOLE` where something
is filled in when the script runs.
"""

from __future__ import annotations

from dataclasses import dataclass, field

HOLE = "\ufffc"
"""Stands in a word's text for what is only known when the script runs."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Expansion:
    """A `$name` or `${name…}`."""

    name: str
    """Empty for `$(…)` and `$((…))`."""
    start: int
    quoted: bool
    operator: str = ""
    """What follows the name in `${}`, such as `:?`; `#` for the length."""
    inner: bool = False
    """Whether it stands in another one's `${}`, and so has no `HOLE` of its own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Word:
    """One word of a command."""

    source: str
    """As it is spelt."""
    text: str
    """Without quotes, and with `HOLE` for each expansion."""
    start: int
    quoted: bool = False
    """Whether any of it is in quotes."""
    expansions: tuple[Expansion, ...] = ()
    scripts: tuple[Script, ...] = ()
    """The commands of its `$(…)`, backticks, `<(…)` and `>(…)`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Assignment:
    """`name=value`, before a command or alone."""

    name: str
    start: int
    value: Word
    """The first word of it, for an array."""
    rest: tuple[Word, ...] = ()
    """The other words of an array."""


@dataclass(kw_only=True, slots=True)
class HereDocument:
    """The text after the line of a `<<`, which is read when that line is."""

    end: str
    """The word that ends it."""
    start: int
    """Where that word stands beside the `<<`."""
    tabs: bool
    """Whether `<<-` takes the tabs before its lines away."""
    literal: bool
    """Whether nothing is filled in, as its word is quoted."""
    body: Word = field(default_factory=lambda: Word(source="", text="", start=0))
    """Its lines; the tabs are left in."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Redirect:
    """`> file` and its kind."""

    sign: str
    """`<`, `>>`, `<<<` …; `<<` for every here-document."""
    target: Word
    """For a here-document the word that ends it."""
    document: HereDocument | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SimpleCommand:
    """A command: assignments, words, redirections."""

    start: int
    words: tuple[Word, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class If:
    """`if … then … else … fi`."""

    start: int
    branches: tuple[tuple[Script, Script], ...]
    """Condition and body of `if` and each `elif`."""
    otherwise: Script | None = None
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Loop:
    """`for`, `select`, `while` or `until`."""

    start: int
    kind: str
    name: str = ""
    """The variable of `for` and `select`."""
    items: tuple[Word, ...] = ()
    condition: Script = ()
    body: Script = ()
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """`case … in … esac`."""

    start: int
    word: Word | None = None
    arms: tuple[Script, ...] = ()
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class CommandGroup:
    """`{ … }`, `( … )`, or the body of a function."""

    start: int
    body: Script
    subshell: bool = False
    function: str = ""
    """The name of the function, for its body."""
    redirects: tuple[Redirect, ...] = ()


Command = SimpleCommand | If | Loop | Case | CommandGroup


@dataclass(frozen=True, kw_only=True, slots=True)
class Pipeline:
    """Commands joined by `|`."""

    start: int
    commands: tuple[Command, ...]
    negated: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """Pipelines joined by `&&` and `||`."""

    start: int
    first: Pipeline
    rest: tuple[tuple[str, Pipeline], ...] = ()
    background: bool = False


Script = tuple[Statement, ...]
"""Statements, one after the other."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SyntaxProblem:
    """Where bash stops reading a script, and why."""

    start: int
    reason: str
    opener: str = ""
    """What is still open there; empty where nothing is, or where it begins."""
    opened: int = 0
    """Where that begins."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ParsedScript:
    """A script that was read."""

    text: str
    body: Script
    complete: bool = True
    """Whether all of it was understood; the rest is left out."""
    broken: SyntaxProblem | None = None
    """The first thing in it that bash does not parse; None also where it is unsure."""
