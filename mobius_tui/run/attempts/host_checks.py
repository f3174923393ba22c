"""Makes the checks that a step has for each of its hosts, as each host ends.

A `run` check with `on = "host"` goes to the host, by the same transport as the script
of its step; the others, which name the host by `${host.…}`, are made from here. A look
changes nothing on the host, so it needs no claim: one that breaks off counts as not
held.
"""

from __future__ import annotations

import secrets
import shlex
import tempfile
from collections.abc import Mapping
from functools import partial

from mobius_tui.run.attempts.looks import (
    CheckDecision,
    MadeLook,
    look_context,
    look_until_decided,
)
from mobius_tui.run.attempts.run_context import RunContext
from mobius_tui.run.checks.context import CheckContext, CheckResult, check_result
from mobius_tui.run.checks.log_marks import LogMark
from mobius_tui.run.checks.run_check import run_check
from mobius_tui.run.checks.script_checks import MAX_COMPARED_BYTES, judge_script_end
from mobius_tui.run.checks.subprocesses import run_program
from mobius_tui.run.events.fleet_events import FleetHostChecked
from mobius_tui.run.fleet.claim_request import (
    export_line,
    files_on_path,
    files_to_send,
    writing_of_files,
)
from mobius_tui.run.fleet.host_output import output_path
from mobius_tui.run.fleet.transport import Transport
from mobius_tui.run.journal.journal import JournalWriter
from mobius_tui.run.planning.variables import Values, check_env
from mobius_tui.runbook.model.check_kinds import Check, RunCheck
from mobius_tui.runbook.model.runbook import Step
from mobius_tui.runbook.model.templates import is_for_each_host
from mobius_tui.structs import replace

_CHECK_SCRIPT = """\
look() {{
  umask 077
  {exports}
  set -- "$(mktemp -d)"
  [ -n "$1" ] || return 127
  {paths}
  printf '%s' {script} >"$1/script" && write_files "$1/files" && try "$1/script"
  set -- "$1" "$?"
  rm -rf "$1"
  return "$2"
}}
try() {{
  printf '\\n%s\\n' {nonce}
  {shell} "$1" </dev/null
}}
{writing}
look; exit $?
"""
"""What is sent to `sh -s`: cut off anywhere, it does nothing.

It has no variables of its own: an exported value may have any name.
"""


async def check_on_host(
    check: RunCheck,
    ctx: CheckContext,
    transport: Transport,
    env: Mapping[str, str],
    files: Mapping[str, str] = {},
) -> CheckResult:
    """Make a `run` check once, on a host.

    Args:
        check: its texts filled in.
        ctx: the run; this machine's environment and process groups.
        transport: runs `sh -s` on the host.
        env: the environment of the predicate on the host.
        files: what it calls of the runbook's `files`, as `ClaimRequest.files`.

    Raises:
        OSError: the transport cannot be started.
        RunError: a variable cannot be set there.
    """
    nonce = secrets.token_hex(16)
    text = _CHECK_SCRIPT.format(
        exports="\n  ".join([":", *map(export_line, env.items())]),
        paths="\n  ".join([":", *files_on_path(files, "$1/files")]),
        writing="\n".join(writing_of_files(files)),
        script=shlex.quote(check.script),
        nonce=nonce,
        shell=shlex.join(check.shell or ctx.shell),
    )
    with tempfile.TemporaryFile() as sent:
        sent.write(text.encode("utf-8", "surrogateescape"))
        sent.seek(0)
        ended = await run_program(
            transport.argv,
            workdir=ctx.workdir,
            env=ctx.env,
            stdin=sent,
            keep=MAX_COMPARED_BYTES,
        )
    # What a login prints comes before the line with the nonce.
    _, begun, printed = ended.printed.partition(b"\n%s\n" % nonce.encode())
    if not begun:
        words = ended.error_line or ended.exit_text
        return check_result(
            held=False, detail=f"it could not be asked: {words}", could_not_look=True
        )
    # The tail is of stderr, or, where that is empty, of stdout with the nonce in it.
    tail = ended.tail.replace(nonce, "")
    return judge_script_end(check, replace(ended, printed=printed, tail=tail), ctx)


class HostChecks:
    """The checks of one attempt for one host."""

    def __init__(
        self,
        context: RunContext,
        writer: JournalWriter,
        step: Step,
        number: int,
        host: str,
        values: Values,
        transport: Transport,
        logs: Mapping[str, LogMark],
    ) -> None:
        """Prepare; `run` makes the checks.

        Args:
            context: the run's.
            writer: of its journal.
            step: whose checks they are.
            number: of the attempt.
            host: the host's name.
            values: of variables, for this host.
            transport: the way to it.
            logs: where the logs of all hosts ended when the attempt began.
        """
        self._context, self._writer, self._step = context, writer, step
        self._number, self._host, self._values = number, host, values
        self._transport, self._logs = transport, logs

    async def run(self) -> str | None:
        """Make the checks in order, until one fails.

        Returns:
            What does not hold, in words; None where all do.
        """
        for index, check in enumerate(self._step.checks):
            if not is_for_each_host(check):
                continue
            decision = await self._decide(index, check)
            if not decision.held:
                return decision.words
        return None

    async def _decide(self, index: int, check: Check) -> CheckDecision:
        """Make a check until it is decided, and journal each look."""

        async def keep(made: MadeLook) -> None:
            event = FleetHostChecked(
                step=self._step.id,
                attempt=self._number,
                host=self._host,
                check=index,
                look=made.number,
                held=made.result.held,
                detail=made.result.detail,
                ms=made.ms,
                row=made.row,
            )
            await self._writer.write_in_turn(event)

        return await look_until_decided(
            check, self._values, partial(self._look, check), keep
        )

    async def _look(self, check: Check) -> CheckResult:
        context = self._context
        env = check_env(self._step, context.plan.runbook, self._values)
        env["RUNBOOK_HOST"] = self._host
        directory = context.directory.attempt(self._step.id, self._number)
        is_there = isinstance(check, RunCheck) and check.on_host
        ctx = look_context(
            context,
            self._values,
            context.env if is_there else {**context.env, **env},
            output_path(directory.path, self._host),
            self._logs,
        )

        async def there(ready: Check, ctx: CheckContext) -> CheckResult:
            assert isinstance(ready, RunCheck)
            files = files_to_send(ready.script, context.plan.runbook.files)
            return await check_on_host(ready, ctx, self._transport, env, files)

        return await run_check(check, ctx, there if is_there else None)
