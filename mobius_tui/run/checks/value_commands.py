"""Values that commands propose, and secrets that commands or files hold."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from mobius_tui import sanitize
from mobius_tui.errors import MobiusError
from mobius_tui.run.checks.blocking_io import open_regular_for_check
from mobius_tui.run.checks.context import BASH
from mobius_tui.run.checks.error_lines import error_line, last_meaningful
from mobius_tui.run.checks.subprocesses import run_program
from mobius_tui.run.planning.step_texts import command_excerpt
from mobius_tui.run.storage.redaction import redact
from mobius_tui.runbook.model.actions import Option, listed_options
from mobius_tui.runbook.model.runbook import Variable
from mobius_tui.runbook.model.value_kinds import value_problem

LISTING_TIMEOUT = 10.0
"""Seconds that a command which lists values may take: a person waits for it."""
SECRET_TIMEOUT = 30.0
"""Seconds that a command which gets a secret may take; vaults log in first."""
MAX_LISTED_BYTES = 256 * 1024
MAX_PROPOSED_LINES = 200
"""Lines that are proposed; nobody chooses among more."""
MAX_PROPOSED_LINE_LENGTH = 1000
"""Characters of a proposed line; a longer one is no value that a person chose."""
MAX_SECRET_BYTES = 16 * 1024
"""A key of 16384 bits takes 13 KiB. Every line of a secret is looked for in all that
its steps print: with 250 lines that takes a second for 2 MiB."""
MAX_SECRET_LINES = 250


class ValueSourceError(MobiusError):
    """A command or a file gave no value; the message names it and says why."""


class ListedValues(Struct, frozen=True, kw_only=True):
    """What a command proposed for a variable."""

    options: tuple[Option, ...] = ()
    problem: str = ""
    """Why there are none, or not all; empty if there is nothing to say."""


async def _run_value_command(
    script: str, *, workdir: Path, env: Mapping[str, str], within: float, most: int
) -> bytes:
    """What a script prints.

    Args:
        script: for bash.
        workdir: where it runs.
        env: its whole environment.
        within: seconds that it may take.
        most: bytes that it may print.

    Raises:
        ValueSourceError: it failed, took too long, or printed more.
    """
    name = f"`{command_excerpt(script)}`"
    try:
        async with asyncio.timeout(within):
            ended = await run_program(
                (*BASH, "-c", script),
                workdir=workdir,
                env=env,
                keep=most,
                kill_after_bytes=most,
                ends_with_caller=True,
            )
    except TimeoutError:
        problem = f"{name} took longer than {within:g} s, and was stopped"
        raise ValueSourceError(problem) from None
    except OSError as error:
        raise ValueSourceError(f"{name} failed: {error.strerror}") from error
    if ended.is_cut:
        raise ValueSourceError(f"{name} printed more than {most // 1024} KiB")
    if ended.code:
        # What it printed may be the secret, or a part of it: it may not be told.
        printed = ended.printed.decode("utf-8", "replace").split()
        said = redact(sanitize.decode(ended.errors), printed).splitlines()
        why = error_line(said) or last_meaningful(said)
        raise ValueSourceError(
            f"{name} failed: exit {ended.code}"
            + (f": {sanitize.line(why)}" if why else "")
        )
    return ended.printed


async def list_values(
    variable: Variable, *, workdir: Path, env: Mapping[str, str]
) -> ListedValues:
    """What the command of a variable proposes; what may be no value is left out.

    Args:
        variable: it has `from_run`.
        workdir: where it runs.
        env: its whole environment.
    """
    try:
        data = await _run_value_command(
            variable.from_run,
            workdir=workdir,
            env=env,
            within=LISTING_TIMEOUT,
            most=MAX_LISTED_BYTES,
        )
    except ValueSourceError as error:
        return ListedValues(problem=str(error))
    text = data.decode("utf-8", "replace").replace("\r\n", "\n")
    offered = [each for each in listed_options(text) if each.value]
    name = f"`{command_excerpt(variable.from_run)}`"
    if not offered:
        return ListedValues(problem=f"{name} listed nothing")
    one = {each.value: each for each in reversed(offered)}
    options, wrong = [], None
    for value in dict.fromkeys(each.value for each in offered):
        problem = _line_problem(variable, value)
        wrong = wrong or problem
        if not problem:
            options.append(one[value])
    left_out = f"{name} listed what is no value: {wrong}" if wrong else ""
    if len(options) > MAX_PROPOSED_LINES:
        left_out = f"{name} listed more than {MAX_PROPOSED_LINES} values"
    return ListedValues(options=tuple(options[:MAX_PROPOSED_LINES]), problem=left_out)


def _line_problem(variable: Variable, value: str) -> str | None:
    if len(value) > MAX_PROPOSED_LINE_LENGTH:
        return f"a line of {len(value)} characters"
    if sanitize.line(value) != value:
        return f"{sanitize.line(value[:60])}"
    return value_problem(variable, value)


async def run_for_secret(script: str, *, workdir: Path, env: Mapping[str, str]) -> str:
    """The secret that a script prints, without the line ends at its end.

    Raises:
        ValueSourceError: it gave no secret; of what it printed, the message has only
            lines of its standard error.
    """
    data = await _run_value_command(
        script, workdir=workdir, env=env, within=SECRET_TIMEOUT, most=MAX_SECRET_BYTES
    )
    return secret_text(data, f"what `{command_excerpt(script)}` printed")


def secret_text(data: bytes, name: str) -> str:
    """A secret, from bytes.

    Args:
        data: the bytes.
        name: what they are called in a message.

    Raises:
        ValueSourceError: they are empty, too long, or not text.
    """
    try:
        text = data.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise ValueSourceError(f"{name} is no text in UTF-8") from None
    if not text:
        raise ValueSourceError(f"{name} is empty")
    if text.count("\n") >= MAX_SECRET_LINES:
        raise ValueSourceError(f"{name} has more than {MAX_SECRET_LINES} lines")
    if "\0" in text:
        raise ValueSourceError(f"{name} holds a NUL character")
    return text


_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def secret_file_path(name: str, workdir: Path) -> Path:
    """The file that `from_file` names: `~` is the home of the user of this process.

    Args:
        name: as the runbook has it.
        workdir: where commands run.
    """
    return workdir / os.path.expanduser(name)  # noqa: PTH111 - `~x` may be nobody


def secret_file_problem(path: Path) -> str | None:
    """Why a file gives no secret, as far as that is seen unread; None if it may."""
    try:
        return _problem_of(path, path.stat())
    except OSError as error:
        return f"{path}: {error.strerror}"


def _problem_of(path: Path, found: os.stat_result) -> str | None:
    if not stat.S_ISREG(found.st_mode):
        return f"{path} is no regular file"
    if found.st_uid != os.getuid():
        return f"{path} is another user's; a secret's file belongs to who runs this"
    if found.st_mode & _OTHERS:
        mode = stat.S_IMODE(found.st_mode)
        return f"{path} has mode {mode:04o}, so that others read it: chmod 600 {path}"
    return None


def read_secret_file(path: Path) -> str:
    """The secret in a file, without the line ends at its end.

    Raises:
        ValueSourceError: it is not there, others may read it, or it holds no secret.
    """
    try:
        with open_regular_for_check(path) as file:
            problem = _problem_of(path, os.fstat(file.fileno()))
            data = b"" if problem else file.read(MAX_SECRET_BYTES + 1)
    except OSError as error:
        raise ValueSourceError(f"{path}: {error.strerror}") from error
    except MobiusError as error:
        raise ValueSourceError(str(error)) from error
    if problem:
        raise ValueSourceError(problem)
    if len(data) > MAX_SECRET_BYTES:
        raise ValueSourceError(f"{path} is longer than {MAX_SECRET_BYTES // 1024} KiB")
    return secret_text(data, str(path))
