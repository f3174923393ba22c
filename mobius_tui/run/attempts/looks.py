"""Looks of a step's checks: what they are given, and how many it takes to decide one.

The checks of a step and those that are made for each of its hosts differ in the values,
the place and the event of a look, and in nothing else.
"""

from __future__ import annotations

import asyncio
import math
import os
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Literal

from msgspec import Struct

from mobius_tui.errors import MobiusError
from mobius_tui.run.attempts import launcher
from mobius_tui.run.attempts.run_context import RunContext
from mobius_tui.run.attempts.stopping import running_process_groups
from mobius_tui.run.checks.blocking_io import StopRequested, run_in_thread
from mobius_tui.run.checks.context import CheckContext, CheckResult
from mobius_tui.run.checks.log_marks import LogMark, decode_marks, mark_log
from mobius_tui.run.planning.variables import Values
from mobius_tui.run.storage.run_directory import AttemptDirectory
from mobius_tui.run.storage.safe_open import open_regular
from mobius_tui.runbook.model.check_kinds import Check, LogCheck
from mobius_tui.runbook.model.check_kinds import kind_of as kind_of_check
from mobius_tui.runbook.model.runbook import Step
from mobius_tui.runbook.text.units import duration_in_words

LOG_MARK_TIMEOUT = 5.0
"""Seconds that finding the end of a log may take: a network disk may hang."""
MAX_LOG_MARKS_BYTES = 1 << 20
"""Bytes of a file of marks that are read."""
TallyVerdict = Literal["more", "held", "failed"]


class CheckTally:
    """The tries of one check so far."""

    def __init__(self, limit: int | None, consecutive: int) -> None:
        """Begin with no try.

        Args:
            limit: tries at most; `None` for any number.
            consecutive: tries in a row that must hold.
        """
        self._tries_left = limit
        self._consecutive = consecutive
        self._held_in_row = 0

    @property
    def held_in_row(self) -> int:
        """How many tries in a row have held by now."""
        return self._held_in_row

    def count(self, held: bool, *, is_last: bool = False) -> TallyVerdict:
        """Count a try.

        Args:
            held: whether the check held.
            is_last: whether there is no time for another.

        Returns:
            `more` while it is undecided. It has failed as soon as the tries that are
            left are too few.
        """
        self._held_in_row = self._held_in_row + 1 if held else 0
        if self._held_in_row >= self._consecutive:
            return "held"
        if self._tries_left is not None:
            self._tries_left -= 1
            is_last |= self._tries_left < self._consecutive - self._held_in_row
        return "failed" if is_last else "more"


def late_look_prefix(time_limit: float) -> str:
    """The prefix of a detail where a check did not hold by its deadline.

    Args:
        time_limit: seconds until the deadline.
    """
    return f"not within {duration_in_words(time_limit)}: "


class MadeLook(Struct, frozen=True, kw_only=True):
    """One look of a check, as the journal keeps it."""

    number: int
    """From 1; after a takeover of the run, the new host counts from 1 again."""
    result: CheckResult
    ms: float
    """Milliseconds that it took."""
    row: int
    """How many looks in a row, this one included, have held."""


class CheckDecision(Struct, frozen=True, kw_only=True):
    """What a check came to."""

    held: bool
    words: str
    """The last look's detail, behind the kind of the check; and why it was the last."""


async def look_until_decided(
    check: Check,
    values: Values,
    look: Callable[[], Awaitable[CheckResult]],
    keep: Callable[[MadeLook], Awaitable[object]],
) -> CheckDecision:
    """Make a check until it is decided; the last look is made at its deadline.

    Args:
        check: which; its `repeat` says how often.
        values: fill in its durations and counts.
        look: makes it once.
        keep: makes a look durable; it is not counted before that.
    """
    kind, repeat, loop = kind_of_check(check), check.repeat, asyncio.get_running_loop()
    key, time_limit = "every", math.inf
    try:
        pause = values.seconds(repeat.every, key)
        if repeat.deadline is not None:
            key = "for"
            time_limit = values.seconds(repeat.deadline, key)
        key = "consecutive"
        in_row = values.count(repeat.consecutive, key)
        key = "attempts"
        most = None if repeat.limit is None else values.count(repeat.limit, key)
    except MobiusError as error:
        return CheckDecision(held=False, words=f"{kind} check: `{key}`: {error}")
    tally = CheckTally(most, in_row)
    deadline, number = loop.time() + time_limit, 0
    while True:
        number += 1
        began = loop.time()
        result = await look()
        is_late = began >= deadline
        verdict = tally.count(result.held, is_last=is_late)
        made = MadeLook(
            number=number,
            result=result,
            ms=round((loop.time() - began) * 1000, 1),
            row=tally.held_in_row,
        )
        await keep(made)
        if verdict == "more":
            await asyncio.sleep(min(pause, max(0.0, deadline - loop.time())))
            continue
        held = verdict == "held"
        late = late_look_prefix(time_limit) if is_late and not held else ""
        return CheckDecision(held=held, words=f"{kind} check: {late}{result.detail}")


def look_context(
    context: RunContext,
    values: Values,
    env: Mapping[str, str],
    output: Path,
    logs: Mapping[str, LogMark],
) -> CheckContext:
    """What a look of a step's check is given.

    Args:
        context: the run's.
        values: fill in the check's texts.
        env: the whole environment of what it runs on this machine.
        output: what the script printed; there need be none.
        logs: where logs ended when the attempt began, by their filled-in names.
    """
    began = context.state.began
    assert began is not None
    return CheckContext(
        workdir=Path(began.workdir),
        env=env,
        output=output if output.exists() else None,
        logs=logs,
        fill=values.fill,
        step_groups=running_process_groups(context),
        own_pids=frozenset({os.getpid()}),
        shell=launcher.BASH,
        redact=context.redact,
    )


async def mark_logs(
    context: RunContext, step: Step, values: Iterable[Values]
) -> Mapping[str, LogMark]:
    """Remember where the logs end that a step's checks look at, on this machine.

    A log that cannot be read now has no mark, which its check then says.

    Args:
        context: the run's.
        step: whose checks they are.
        values: fill in the names of the logs: the step's, or those of each host.
    """
    began = context.state.began
    assert began is not None
    files = [each.file for each in step.checks if isinstance(each, LogCheck)]
    marks: dict[str, LogMark] = {}
    for own in values if files else ():
        for file in files:
            with suppress(MobiusError, OSError, TimeoutError):
                name = own.fill(file)
                if name not in marks:
                    path = Path(began.workdir) / name
                    async with asyncio.timeout(LOG_MARK_TIMEOUT):
                        marks[name] = await run_in_thread(partial(_mark_log, path))
    return marks


def _mark_log(path: Path, _: StopRequested) -> LogMark:
    return mark_log(path)


def kept_log_marks(directory: AttemptDirectory) -> Mapping[str, LogMark]:
    """Where an attempt's logs ended when it began, as its directory says."""
    with suppress(OSError, MobiusError), open_regular(directory.log_marks) as file:
        return decode_marks(file.read(MAX_LOG_MARKS_BYTES))
    return {}
