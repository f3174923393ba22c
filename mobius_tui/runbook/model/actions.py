"""The actions of a step: run, manual, message, decision, watch."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Literal, get_args

from msgspec import Struct

from mobius_tui.runbook.model.keys import (
    MAX_OUTPUT,
    TIMEOUT,
    VARIABLE_NAME,
    WHILE,
    ExitCodes,
    Flag,
    Inner,
    Interpreter,
    Key,
    OneOf,
    Pattern,
    Text,
    Texts,
)

Effect = Literal["read", "change", "destroy"]
"""The effect of a command; it decides how the step is confirmed."""
EFFECTS: tuple[Effect, ...] = get_args(Effect)

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

    var: Annotated[
        str, Key(VARIABLE_NAME, "the variable that takes the answer", required=True)
    ]
    title: Annotated[str, Key(Text(filled=True), "the question")] = ""
    match: Annotated[
        str | None, Key(Pattern(), "the pattern that the whole answer must match")
    ] = None
    hint: Annotated[str, Key(Text(), "what the pattern wants, in words")] = ""


DEFAULT_MAX_OUTPUT = "1GiB"
"""The output of a script on this machine."""
DEFAULT_MAX_OUTPUT_PER_HOST = "16MiB"
"""The output of a script on each of many hosts."""


class Run(Struct, frozen=True, kw_only=True):
    """A script, for bash with strict flags or another program."""

    script: Annotated[
        str,
        Key(
            Text(lines=True, some=True),
            "the script",
            name="run",
            like="command commands cmd script shell_command sh bash exec execute",
        ),
    ]
    shell: Annotated[
        tuple[str, ...],
        Key(
            Interpreter(),
            'program and arguments, such as `["python3"]`. Nothing is '
            'filled in; to give it a variable write `["bash", "-c", \'psql '
            '-h "$host" -f "$0"\']`, where `$0` is the script; bash without it',
            like="interpreter executable language",
        ),
    ] = ()
    """The program and its arguments; empty for bash with the strict flags."""
    effect: Annotated[
        Effect,
        Key(
            OneOf(EFFECTS),
            "`read`, `change` or `destroy`: what it does to the world, "
            "which decides how it is confirmed; where it is not said, {usual}, and "
            'with `follow` or `tty` `"read"`',
            like="type kind level risk",
            write='`effect = "read"`, "change" or "destroy"',
        ),
    ] = "change"
    is_judged: bool = False
    """Whether `effect` was left out, and is what the script was judged to do."""
    success: Annotated[
        tuple[int, ...],
        Key(
            ExitCodes(),
            "exit codes that pass",
            like="exit_codes success_codes ok_codes",
        ),
    ] = (0,)
    warning: Annotated[
        tuple[int, ...], Key(ExitCodes(), "exit codes that pass with a warning")
    ] = ()
    timeout: Annotated[
        str | None,
        Key(
            TIMEOUT,
            "after this long it is stopped, {usual}; with `follow` or `tty` it has "
            "no limit",
            like="max_time time_limit timeout_seconds deadline",
            write='`timeout = "30s"`',
        ),
    ] = "10m"
    """A duration; `None` for no limit, as `follow` and `tty` steps have."""
    follow: Annotated[
        bool,
        Key(
            Flag(),
            "it goes on until stopped, or until all other steps of its "
            "phase are done, beside the others, and blocks nothing",
            like="background daemon stream",
            write="`follow = true`",
        ),
    ] = False
    tty: Annotated[
        bool,
        Key(
            Flag(),
            "it gets a terminal to itself, and a person at it; see below",
            like="interactive pty terminal",
            write="`tty = true`",
        ),
    ] = False
    """Whether it runs in a terminal with a person; its output is not recorded."""
    max_output: Annotated[
        str,
        Key(
            MAX_OUTPUT,
            "when it has written this much, it is stopped; [on "
            "hosts](#many-hosts) it goes on, and what is over this on "
            "each of them is dropped and counted, {usual}; with `hosts` "
            f'`"{DEFAULT_MAX_OUTPUT_PER_HOST}"`',
        ),
    ] = DEFAULT_MAX_OUTPUT
    playbook: Annotated[
        str,
        Key(
            Text(some=True),
            "an Ansible playbook in place of `run`, from the runbook's "
            "folder; it wants ansible-core",
            since=2,
        ),
    ] = ""
    playbook_vars: Annotated[
        tuple[str, ...],
        Key(Texts(), "variables that the playbook is given, secrets too", name="vars"),
    ] = ()


class Manual(Struct, frozen=True, kw_only=True):
    """A task that a person does and ticks."""

    text: Annotated[
        str,
        Key(
            Text(lines=True, filled=True, some=True),
            "what a person does, and ticks; Markdown",
            name="manual",
            like="instruction instructions text todo checklist",
        ),
    ]
    ask: Annotated[
        tuple[Ask, ...],
        Key(
            Inner((Ask,), ("object", "array")),
            "what the person is asked then; a list of tables for several questions",
            like="prompt question input",
            write="`manual` with `ask = { var = 'x' }`",
        ),
    ] = ()


class SendMessage(Struct, frozen=True, kw_only=True):
    """A message to show, edit, copy or send."""

    message: Annotated[
        str,
        Key(
            Text(),
            "the id of the message",
            like="notify send slack",
            write="`message`, the id of a [[message]]",
        ),
    ]
    to: Annotated[
        tuple[str, ...], Key(Texts(), "the ids of the channels that it is for")
    ] = ()
    """Ids of channels; without one `--auto` sends nothing."""


class Option(Struct, frozen=True, kw_only=True):
    """One option of a decision."""

    value: Annotated[
        str, Key(Text(), "the value that the variable takes", required=True)
    ]
    """The value of the variable; empty for one that is shown, but cannot be chosen."""
    title: Annotated[str, Key(Text(filled=True), "what the option is called")] = ""
    why: Annotated[str, Key(Text(lines=True, filled=True), "when to choose it")] = ""
    go: Annotated[str | None, Key(Text(), "the phase that it enters")] = None
    end: Annotated[bool, Key(Flag(), "it ends the run")] = False


LISTER: Mapping[str, Key] = {
    "run": Key(
        Text(lines=True, some=True),
        "a command that prints such lines when the decision is opened, in place of a "
        "variable",
        "run",
        since=2,
        required=True,
    ),
}
"""The keys of `from`, where a command lists the options."""


class Choose(Struct, frozen=True, kw_only=True):
    """A recorded decision."""

    var: Annotated[
        str, Key(VARIABLE_NAME, "the variable that takes the decision", required=True)
    ]
    options: Annotated[
        tuple[Option, ...],
        Key(Inner((Option,), ("array",)), "the options, in their order", name="option"),
    ] = ()
    """The options in the runbook; empty if they come `from` a variable."""
    from_: Annotated[
        str | None,
        Key(
            Inner((LISTER,), ("string", "object")),
            "the variable whose lines are the options: value, title and "
            "why, with tabs between",
        ),
    ] = None
    """The variable with the options, which an earlier step sets."""
    multi: Annotated[bool, Key(Flag(), "several may be chosen")] = False
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

    for_: Annotated[str, Key(WHILE, 'how long, such as `"30m"`', required=True)]


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
