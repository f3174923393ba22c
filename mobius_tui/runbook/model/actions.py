"""The actions of a step: run, manual, message, decision, watch."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal

from msgspec import Struct

Effect = Literal["read", "change", "destroy"]
"""The effect of a command; it decides how the step is confirmed."""

SHELLS = frozenset(("bash", "sh", "dash", "zsh", "ksh", "ash"))
"""Programs that read scripts as bash does, more or less."""


def is_shell(interpreter: Sequence[str]) -> bool:
    """Whether a shell reads a script; empty means bash.

    With `-c` the shell runs what follows that, and the script is for what runs there.

    Args:
        interpreter: the program that a script is given to, and its arguments.
    """
    if not interpreter:
        return True
    return interpreter[0].rpartition("/")[2] in SHELLS and not any(
        word[:1] == "-" and word[1:2] != "-" and "c" in word for word in interpreter[1:]
    )


class Ask(Struct, frozen=True, kw_only=True):
    """A typed answer that a `manual` step asks for."""

    var: str
    title: str = ""
    match: str | None = None
    """A pattern that the whole answer must match."""
    hint: str = ""
    """The form of the answer in words, for a person: a pattern is for programs."""


DEFAULT_MAX_OUTPUT = "1GiB"
"""The output of a script on this machine."""
DEFAULT_MAX_OUTPUT_PER_HOST = "16MiB"
"""The output of a script on each of many hosts."""


class Run(Struct, frozen=True, kw_only=True):
    """A script, for bash with strict flags or another program."""

    script: str
    shell: tuple[str, ...] = ()
    """The program and its arguments; empty for bash with the strict flags."""
    effect: Effect = "change"
    is_judged: bool = False
    """Whether `effect` was left out, and is what the script was judged to do."""
    success: tuple[int, ...] = (0,)
    warning: tuple[int, ...] = ()
    timeout: str | None = "10m"
    """A duration; `None` for no limit, as `follow` and `tty` steps have."""
    follow: bool = False
    """Whether it goes on until stopped, beside the others."""
    tty: bool = False
    """Whether it runs in a terminal with a person; its output is not recorded."""
    max_output: str = DEFAULT_MAX_OUTPUT
    """The size of output at which the step is stopped; on each of many hosts, of which
    no more is kept."""
    playbook: str = ""
    """The file of an Ansible playbook that it plays in place of a script."""
    playbook_vars: tuple[str, ...] = ()
    """`vars` in TOML: the variables that a playbook is given."""


class Manual(Struct, frozen=True, kw_only=True):
    """A task that a person does and ticks."""

    text: str
    ask: tuple[Ask, ...] = ()


class SendMessage(Struct, frozen=True, kw_only=True):
    """A message to show, edit, copy or send."""

    message: str
    """The id of a `[[message]]`."""
    to: tuple[str, ...] = ()
    """Ids of channels; without one `--auto` sends nothing."""


class Option(Struct, frozen=True, kw_only=True):
    """One option of a decision."""

    value: str
    """The value of the variable; empty for one that is shown, but cannot be chosen."""
    title: str = ""
    why: str = ""
    go: str | None = None
    """The phase that it enters."""
    end: bool = False
    """Whether it ends the run."""


class Choose(Struct, frozen=True, kw_only=True):
    """A recorded decision."""

    var: str
    options: tuple[Option, ...] = ()
    """The options in the runbook; empty if they come `from` a variable."""
    from_: str | None = None
    """The variable with the options, which an earlier step sets."""
    multi: bool = False
    from_run: str = ""
    """The script that lists the options when the decision is opened; `from_` is then
    the name under which the run holds them, which no variable can have."""

    @property
    def options_source(self) -> str:
        """The command or variable that lists the options, as text; empty if neither."""
        if self.from_run:
            return f"`{' '.join(self.from_run.split())}`"
        return self.from_ or ""

    def offered(self, listed: str | None) -> tuple[Option, ...]:
        """The options, including those that are shown, but cannot be chosen.

        Args:
            listed: the value of the variable `from_`, a line each: the value, a title
                and the reason, with tabs between; without a value it can't be chosen.
        """
        if self.from_ is None:
            return self.options
        return listed_options(listed or "")


def listed_options(listed: str) -> tuple[Option, ...]:
    """Options of a text that lists them, a line each, as `Choose.offered` has it."""
    rows = (line.split("\t") for line in listed.split("\n") if line.strip())
    return tuple(
        Option(value=row[0], title="".join(row[1:2]), why=" ".join(row[2:]))
        for row in rows
    )


def chosen_text(options: Iterable[str]) -> str:
    """The value of a variable for which options were chosen: a line for each."""
    return "\n".join(options)


def chosen_options(text: str | None) -> tuple[str, ...]:
    """The options that were chosen, by the value of the variable; none without one."""
    return tuple(text.split("\n")) if text is not None else ()


class Watch(Struct, frozen=True, kw_only=True):
    """Watch health for a time."""

    for_: str
    """The duration; `for` in TOML."""


StepAction = Run | Manual | SendMessage | Choose | Watch


_LINT_COMMENT = re.compile(
    r"^\s*#[ \t]*(?:lint:[ \t]*ignore|shellcheck )[^\n]*(?:\n|\Z)", re.MULTILINE
)


def script_without_lint_comments(script: str) -> str:
    """A script without the comments that are for lint.

    In a script with a here-document, only those at its beginning are removed: others
    may be part of the document.
    """
    first = _LINT_COMMENT.match(script)
    while first is not None:
        script = script[first.end() :]
        first = _LINT_COMMENT.match(script)
    return script if "<<" in script else _LINT_COMMENT.sub("", script)
