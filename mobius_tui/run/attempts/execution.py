"""Carries out one attempt: its script, outputs, checks and end, and recovery."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import assert_never

from mobius_tui.errors import MobiusError, RunError
from mobius_tui.run.attempts import attempt_files, launcher
from mobius_tui.run.attempts.disk_space import DiskSpaceWaiters, KeeperHandle
from mobius_tui.run.attempts.exit_status import (
    RecoveryEvidence,
    recovery_reason,
    recovery_verdict,
    script_end_text,
    start_error_text,
)
from mobius_tui.run.attempts.fleet_attempt import FleetAttempt
from mobius_tui.run.attempts.looks import mark_logs
from mobius_tui.run.attempts.output_reader import printed_to_stdout
from mobius_tui.run.attempts.run_context import RunContext
from mobius_tui.run.attempts.step_checks import StepChecks
from mobius_tui.run.attempts.stopping import ATTEMPT_MARK, attempt_mark, find_survivors
from mobius_tui.run.attempts.watch_attempt import WatchAttempt
from mobius_tui.run.checks.log_marks import LogMark, encode_marks
from mobius_tui.run.events.run_events import VariableSet
from mobius_tui.run.events.step_events import Result, RowsAdded, StepEnded, StepUnknown
from mobius_tui.run.journal.journal import JournalWriter
from mobius_tui.run.planning.proposal import listed_items
from mobius_tui.run.planning.variables import script_env, validate_value
from mobius_tui.run.state.step_state import (
    PASSED_STATUSES,
    Attempt,
    Status,
    attempts_allowed,
)
from mobius_tui.run.storage.kept_files import require_unchanged
from mobius_tui.run.storage.redaction import holds_secret, secret_literals
from mobius_tui.run.storage.run_directory import AttemptDirectory
from mobius_tui.runbook.model.actions import Choose, Manual, Run, Watch
from mobius_tui.runbook.model.files_in_scripts import files_of_step
from mobius_tui.runbook.model.limits import (
    bounded_size,
    fixed_counts,
    limited_texts_by_variable,
    measure_of,
)
from mobius_tui.runbook.model.runbook import ForEach, Step
from mobius_tui.runbook.model.runtime_steps import items_of_lines, row_ids


def env_without_terminal(env: Mapping[str, str]) -> dict[str, str]:
    """An environment without the variables that describe a terminal.

    A `tty` step has a terminal of its own, which the keeper describes once somebody
    attaches.
    """
    others = ("TERM", "COLORTERM", "LINES", "COLUMNS", "TERMCAP")
    return {name: value for name, value in env.items() if name not in others}


def _printed_items(attempt: AttemptDirectory) -> tuple[str, ...]:
    """The items that an attempt printed.

    Raises:
        MobiusError: it printed no item, or something that is no list of items.
        OSError: its output cannot be read.
    """
    try:
        return items_of_lines(printed_to_stdout(attempt).decode())
    except UnicodeDecodeError as error:
        raise RunError("it printed bytes that are not UTF-8") from error


STOPPED_BY_UNKNOWN = (
    "its keeper was told by SIGTERM to stop it; who did that is not on record"
)
"""Why an attempt was stopped of which no stop is journaled: by a signal from outside,
by a viewer past a silent host, or while the disk was full."""


class AttemptExecution:
    """One attempt at one step."""

    def __init__(
        self,
        context: RunContext,
        writer: JournalWriter,
        disk_waiters: DiskSpaceWaiters,
        step: Step,
        number: int,
    ) -> None:
        self._context = context
        self._writer = writer
        self._step = step
        self._number = number
        self._directory = context.directory.attempt(step.id, number)
        self._keeper = KeeperHandle(context, disk_waiters, step, self._directory)
        self._survivors: tuple[str, ...] = ()
        self._ended_processes: tuple[str, ...] = ()
        self._exit_code: int | None = None
        self._resumed_at: float | None = None
        self._unwatched: float | None = None
        self._logs: Mapping[str, LogMark] = {}

    async def begin(self) -> None:
        """Carry the attempt from its journaled start to its end."""
        values = self._context.values(self._step)
        try:
            self._require_counts()
            await asyncio.to_thread(
                require_unchanged,
                self._context.directory.files,
                files_of_step(self._step, self._context.plan.runbook.files),
            )
        except RunError as error:
            await self._end(Status.NOT_STARTED, f"it could not be started: {error}")
            return
        self._logs = await mark_logs(self._context, self._step, [values])
        if isinstance(self._step.action, Run) and self._step.rollout is None:
            try:
                spec, script = self._launch_spec(self._step.action)
                is_begun = await self._keeper.run(script, spec)
            except (OSError, MobiusError) as error:
                words = str(error)
                if isinstance(error, OSError):
                    words = start_error_text(error.errno)
                await self._end(Status.NOT_STARTED, f"it could not be started: {words}")
                return
            if not is_begun:
                words = "it was stopped before it began: the disk was full"
                await self._end(Status.NOT_STARTED, words)
                return
        await self._finish()

    async def resume(self) -> None:
        """Carry on an attempt that an earlier host started."""
        self._resumed_at = self._context.clock.wall()
        action = self._step.action
        if isinstance(action, Run) and self._step.rollout is None:
            if self._is_taken_over:
                await self._recover_without_end()
                return
            await self._keeper.wait_until_ended()
        if not await self._context.wait_until_settled():
            lost = ", ".join(self._context.state.unsettled_secrets)
            await self._end_unknown(
                f"{lost} was not known any more, so nothing was read of it"
            )
            return
        if isinstance(action, Manual):
            variables = self._context.state.variables
            if any(ask.var not in variables for ask in action.ask):
                await self._end(
                    Status.NOT_STARTED, "the host died before the answer was recorded"
                )
                return
        await self._finish()

    async def fail(self, reason: str) -> None:
        """End what has not ended by a failure of this program; unknown once begun."""
        if self._context.state.steps[self._step.id].status is not Status.RUNNING:
            return
        began = attempt_files.read_process_group(self._directory) is not None
        if began or self._is_taken_over:
            await self._recover_without_end(reason)
        else:
            await self._end(Status.NOT_STARTED, reason)

    async def _finish(self) -> None:
        """Take the result of its action, make its checks, and journal its end."""
        outcome: tuple[Result, str] | None = (Status.PASSED, "")
        if self._step.rollout is not None:
            outcome = await self._rollout_result()
        elif isinstance(self._step.action, Run):
            outcome = await self._script_result(self._step.action)
        elif isinstance(self._step.action, Watch) and not self._have_checks_begun():
            outcome = await self._watch_result()
        if outcome is None:
            return
        result, reason = outcome
        if result in PASSED_STATUSES and self._step.for_each is not None:
            problem = await self._add_rows(self._step.for_each)
            if problem:
                result, reason = Status.FAILED, problem
        if result in PASSED_STATUSES and self._step.checks:
            checks = StepChecks(
                self._context, self._writer, self._step, self._number, self._logs
            )
            checked, words = await checks.run()
            if checked != Status.PASSED:
                result, reason = checked, words
            elif not reason:
                reason = words
        await self._end(result, reason)

    async def _script_result(self, action: Run) -> tuple[Result, str] | None:
        """The script's result and reason; `None` where its end is journaled already."""
        try:
            end = attempt_files.read_script_end(self._directory)
        except RunError as error:
            await self._recover_without_end(f"how it ended cannot be read: {error}")
            return None
        if end is None:
            await self._recover_without_end()
            return None
        self._exit_code = (
            end.code
            if end.cause is not attempt_files.ScriptEndCause.NOT_STARTED
            else None
        )
        self._ended_processes = end.ended_processes
        self._unwatched = self._seconds_unwatched(end)
        if end.survivors or attempt_files.is_tree_locked(self._directory):
            self._survivors = await asyncio.to_thread(
                find_survivors, self._directory, self._mark()
            )
        result, reason = self._result_of_end(action, end)
        if result in PASSED_STATUSES and self._step.outputs:
            missing = await self._set_outputs()
            if missing:
                result, reason = Status.FAILED, missing
        return result, reason

    def _seconds_unwatched(self, end: attempt_files.ScriptEnd) -> float | None:
        """For how long the script had ended when this host began; `None` if it ran."""
        if self._resumed_at is None or end.ended_at is None:
            return None
        clock = self._context.clock
        # The keeper's clock is the system's; that of the run may be another.
        ended_at = end.ended_at + clock.wall() - time.time()
        if ended_at >= self._resumed_at:
            return None
        return clock.wall() - ended_at

    async def _watch_result(self) -> tuple[Result, str] | None:
        """The watch's result and reason; `None` where its end is journaled already."""
        watch = WatchAttempt(self._context, self._step)
        try:
            verdict = await watch.run(resumed=self._resumed_at is not None)
        except MobiusError as error:
            return Status.NOT_STARTED, str(error)
        if verdict.result is not Status.UNKNOWN:
            return verdict.result, verdict.reason
        await self._end_unknown(verdict.reason)
        return None

    async def _rollout_result(self) -> tuple[Result, str] | None:
        """The rollout's result and reason; `None` where its end is on record."""
        attempt = FleetAttempt(self._context, self._writer, self._step, self._number)
        try:
            result, reason = await attempt.run()
        except (MobiusError, OSError) as error:
            if not self._is_taken_over:
                return Status.NOT_STARTED, str(error)
            result, reason = Status.UNKNOWN, str(error)
        if result is not Status.UNKNOWN:
            return result, reason
        await self._end_unknown(reason)
        return None

    @property
    def _is_taken_over(self) -> bool:
        """Whether the run was taken over since the attempt began."""
        last = self._context.state.steps[self._step.id].last_attempt
        return last is not None and self._context.state.is_taken_over(last)

    async def _end_unknown(self, reason: str) -> None:
        """Journal the attempt's end as unknown: how far it got cannot be found out."""
        event = StepUnknown(
            step=self._step.id,
            attempt=self._number,
            reason=self._context.redact(reason),
            plays_sha256=await asyncio.to_thread(
                attempt_files.plays_digest, self._directory
            ),
        )
        await self._writer.write_in_turn(event)

    def _have_checks_begun(self) -> bool:
        """Whether its checks have begun, which come after its action."""
        last = self._context.state.steps[self._step.id].last_attempt
        return last is not None and bool(last.check_tries)

    def _mark(self) -> str:
        return attempt_mark(self._context, self._step.id, self._number)

    def _launch_spec(self, action: Run) -> tuple[launcher.LaunchSpec, str]:
        """What the keeper is started with, and the script.

        Raises:
            MobiusError: a variable, duration or size is invalid.
        """
        context = self._context
        began = context.state.began
        assert began is not None
        values = context.values(self._step)
        env = {
            **(env_without_terminal(context.env) if action.tty else context.env),
            "PYTHONUNBUFFERED": "1",
            **({} if action.tty else {"TERM": "dumb"}),
            **script_env(self._step, context.plan.runbook, values),
            "RUNBOOK_OUTPUT": str(self._directory.outputs),
            ATTEMPT_MARK: self._mark(),
        }
        limit = action.timeout
        timeout = None if limit is None else values.seconds(limit, "timeout")
        try:
            max_output = bounded_size(values.fill(action.max_output), "max_output")
        except ValueError as error:
            raise RunError(str(error)) from error
        argv = action.shell or launcher.BASH
        here = Path(began.workdir) / argv[0] if "/" in argv[0] else Path(argv[0])
        if shutil.which(here, path=env.get("PATH")) is None:
            raise RunError(f"there is no program {argv[0]!r} on PATH")
        spec = launcher.LaunchSpec(
            argv=argv,
            env=env,
            cwd=began.workdir,
            umask=int(began.setting.get("umask", "022"), 8),
            timeout=timeout,
            max_output=max_output,
            rotate=action.follow,
            secrets=lambda: secret_literals(context.secrets.values()),
            tty=action.tty,
            logs=encode_marks(self._logs) if self._logs else b"",
            clock_offset=context.clock.wall() - time.time(),
        )
        return spec, action.script

    def _result_of_end(
        self, action: Run, end: attempt_files.ScriptEnd
    ) -> tuple[Result, str]:
        """The result of a script, and its reason, by how it ended."""
        program = (action.shell or launcher.BASH)[0]
        began = self._context.state.began
        limit = self._context.values(self._step).fill(action.timeout or "")
        words = script_end_text(end, began.workdir if began else "", program, limit)
        match end.cause:
            case attempt_files.ScriptEndCause.NOT_STARTED:
                return Status.NOT_STARTED, words
            case attempt_files.ScriptEndCause.TIMED_OUT:
                return Status.TIMED_OUT, words
            case attempt_files.ScriptEndCause.STOPPED:
                if not self._is_stop_asked():
                    words = STOPPED_BY_UNKNOWN
                return (Status.PASSED if action.follow else Status.STOPPED), words
            case attempt_files.ScriptEndCause.OUTPUT_FULL:
                return Status.STOPPED, words
            case attempt_files.ScriptEndCause.OUTPUT_LOST:
                return Status.OUTPUT_LOST, words
            case attempt_files.ScriptEndCause.EXITED:
                return self._judge_code(action, end.code, words)
        assert_never(end.cause)

    def _is_stop_asked(self) -> bool:
        """Whether it is on record that somebody wanted this attempt stopped."""
        last = self._context.state.steps[self._step.id].last_attempt
        return last is not None and last.stop_asked

    @staticmethod
    def _judge_code(action: Run, code: int, words: str) -> tuple[Result, str]:
        """What the exit status of a script that ended by itself means."""
        if code in action.success:
            return Status.PASSED, ""
        if code in action.warning:
            return Status.WARNED, f"exit {code}, which this step calls a warning"
        if action.follow:
            return Status.WARNED, f"it ended by itself: {words}"
        return Status.FAILED, words

    async def _recover_without_end(self, unreadable: str = "") -> None:
        """Journal what the recovery table says of an attempt without a recorded end.

        Args:
            unreadable: why its record, which may be there, cannot be read, in words;
                the attempt is unknown then, whatever else it left.

        Raises:
            RunError: the run's folder is not where it was, so that nothing can be said
                by what is there; the next host, in the folder, says it.
        """
        context, writer = self._context, self._writer
        if context.is_folder_gone():
            raise RunError("its folder was moved, removed or replaced")
        last = context.state.steps[self._step.id].last_attempt
        assert last is not None
        evidence = RecoveryEvidence(
            is_lock_held=False,
            is_same_boot=last.boot == context.clock.boot,
            has_valid_exit=False,
            has_pid=attempt_files.read_process_group(self._directory) is not None,
            is_taken_over=self._is_taken_over,
            is_machine_known=bool(last.machine),
        )
        reason = unreadable or recovery_reason(evidence, self._keeper.exit_code)
        if not unreadable and recovery_verdict(evidence) == "not started":
            await self._end(Status.NOT_STARTED, reason)
            return
        survivors: tuple[str, ...] = ()
        if evidence.is_same_boot:
            survivors = await asyncio.to_thread(
                find_survivors, self._directory, self._mark()
            )
        digests = await asyncio.to_thread(
            attempt_files.attempt_digests, self._directory
        )
        event = StepUnknown(
            step=self._step.id,
            attempt=self._number,
            reason=context.redact(reason),
            left=tuple(map(context.redact, survivors)),
            output_bytes=digests.bytes,
            output_sha256=None if survivors else digests.output,
            spans_sha256=None if survivors else digests.spans,
            outputs_sha256=None if survivors else digests.outputs,
            plays_sha256=digests.plays,
        )
        await writer.write_in_turn(event)

    async def _set_outputs(self) -> str | None:
        """Set the variables that the step outputs.

        Returns:
            What is wrong with them, in words; None where nothing is.
        """
        context, writer = self._context, self._writer
        filled_in = limited_texts_by_variable(context.plan.runbook)
        try:
            outputs = await asyncio.to_thread(
                attempt_files.read_outputs, self._directory
            )
            for name in self._step.outputs:
                if holds_secret(outputs.get(name, ""), context.secrets.values()):
                    await asyncio.to_thread(
                        attempt_files.empty_file, self._directory.outputs
                    )
                    return f"it wrote a secret to $RUNBOOK_OUTPUT as {name}"
                if name not in outputs:
                    return f"it did not write {name}=… to $RUNBOOK_OUTPUT"
                variable = context.plan.runbook.variables[name]
                validate_value(variable, outputs[name], filled_in.get(name, ()))
        except (MobiusError, OSError) as error:
            return str(error)
        for name in self._step.outputs:
            if self._is_set_by_choice(name):
                continue  # what somebody chose stays, until they choose again
            await writer.write_in_turn(
                VariableSet(
                    name=name, value=outputs[name], source="output", step=self._step.id
                )
            )
        return None

    async def _add_rows(self, each: ForEach) -> str | None:
        """Give the step its rows, one for each item; an earlier host may have done so.

        Returns:
            What is wrong with the items, in words; None where nothing is.
        """
        state = self._context.state
        if self._step.id in state.rows_of:
            return None
        try:
            if each.command is not None:
                items = await asyncio.to_thread(_printed_items, self._directory)
            else:
                items = listed_items(each, state)
        except (MobiusError, OSError) as error:
            return str(error)
        if any(holds_secret(item, self._context.secrets.values()) for item in items):
            return "it lists a secret, and rows are shown"
        rows = row_ids(self._step.id, len(items))
        await self._writer.write_in_turn(
            RowsAdded(step=self._step.id, rows=rows, items=items)
        )
        return None

    def _is_set_by_choice(self, name: str) -> bool:
        """Whether a variable has its value from a decision."""
        held = self._context.state.variables.get(name)
        by = self._context.plan.steps.get(held.step or "") if held is not None else None
        return by is not None and isinstance(by.action, Choose)

    @property
    def _attempt(self) -> Attempt:
        """The attempt as it is on record."""
        return self._context.state.steps[self._step.id].attempts[self._number - 1]

    def _is_last(self) -> bool:
        """Whether no other follows by itself, however this one ends."""
        return self._number >= attempts_allowed(self._step.retry, self._attempt)

    def _require_counts(self) -> None:
        """Refuse to begin with what is no count where a variable gives one.

        Raises:
            RunError: it is none, or out of its bounds; names the key.
        """
        for key, text in fixed_counts(self._step):
            try:
                measure_of(key)(self._attempt.fill(text), key)
            except ValueError as error:
                raise RunError(f"`{key}`: {error}") from error

    async def _end(self, result: Result, reason: str) -> None:
        """Journal the attempt's end, with the digests of its files.

        A failure after which the run goes on (`on_failure`) is journaled as warned, if
        no other attempt follows. A row's failure is not: it counts for the step with
        `for_each`, by its `max_failed`.
        """
        digests = await asyncio.to_thread(
            attempt_files.attempt_digests, self._directory
        )
        is_row = self._step.id in self._context.state.parent_of
        continues = self._step.on_failure == "continue" and not is_row
        is_final = result == Status.NOT_STARTED or self._is_last()
        if (
            continues
            and is_final
            and result in (Status.FAILED, Status.TIMED_OUT, Status.NOT_STARTED)
        ):
            result = Status.WARNED
        event = StepEnded(
            step=self._step.id,
            attempt=self._number,
            result=result,
            reason=self._context.redact(reason),
            exit=self._exit_code,
            output_bytes=digests.bytes,
            output_sha256=digests.output,
            spans_sha256=digests.spans,
            exit_sha256=digests.exit,
            outputs_sha256=None if self._survivors else digests.outputs,
            plays_sha256=digests.plays,
            left=tuple(map(self._context.redact, self._survivors)),
            ended_with=tuple(map(self._context.redact, self._ended_processes)),
            unwatched=self._unwatched,
        )
        await self._writer.write_in_turn(event)
