"""What a step can do, or have a person do, as a runbook says it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Effect = Literal["read", "change", "destroy"]
"""What a command does to the world; decides how it is confirmed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ask:
    """A typed answer that a `manual` step wants."""

    var: str
    title: str = ""
    match: str | None = None
    """A pattern that the whole answer must match."""
    hint: str = ""
    """The form of the answer in words, for a person: a pattern is for programs."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """A script, for bash with strict flags or another program."""

    script: str
    shell: tuple[str, ...] = ()
    """The program and its arguments; empty for bash with the strict flags."""
    effect: Effect = "change"
    success: tuple[int, ...] = (0,)
    warning: tuple[int, ...] = ()
    timeout: str | None = "10m"
    """A duration; `None` for no limit, as `follow` and `tty` steps have."""
    follow: bool = False
    """Whether it goes on until stopped, beside the others."""
    tty: bool = False
    """Whether it has a terminal, and a person at it; nothing of it is recorded."""
    max_output: str = "1GiB"
    """A size; reached, the step is stopped."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Manual:
    """A thing that a person does, and ticks."""

    text: str
    ask: tuple[Ask, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class SendMessage:
    """A message to show, edit, copy or send."""

    message: str
    """The id of a `[[message]]`."""
    to: tuple[str, ...] = ()
    """Ids of channels; without one `--auto` sends nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Option:
    """One way out of a decision."""

    value: str
    """What the variable becomes; empty for what can be seen, and not be chosen."""
    title: str = ""
    why: str = ""
    go: str | None = None
    """The phase that it enters."""
    end: bool = False
    """Whether it ends the run."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Choose:
    """A decision, recorded."""

    var: str
    options: tuple[Option, ...] = ()
    """Those that the runbook names; none where they come `from` a variable."""
    from_: str | None = None
    """The variable that lists what can be chosen, as a step before has found it."""
    multi: bool = False

    def offered(self, listed: str | None) -> tuple[Option, ...]:
        """What can be chosen, and what can only be seen.

        Args:
            listed: the value of the variable `from_`, a line each: the value, a title
                and the reason, with tabs between; without a value it can't be chosen.
        """
        if self.from_ is None:
            return self.options
        rows = (line.split("\t") for line in (listed or "").split("\n") if line.strip())
        return tuple(
            Option(value=row[0], title="".join(row[1:2]), why=" ".join(row[2:]))
            for row in rows
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Watch:
    """Watching health for a while; `for` in TOML."""

    for_: str


Action = Run | Manual | SendMessage | Choose | Watch
