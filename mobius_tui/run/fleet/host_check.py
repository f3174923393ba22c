"""Makes a `run` check on a host, by the same transport as the script of its step.

A look changes nothing on the host, so it needs no claim: one that breaks off counts as
not held.
"""

from __future__ import annotations

import secrets
import shlex
import tempfile
from collections.abc import Mapping
from dataclasses import replace

from mobius_tui.run.checks.context import CheckContext, CheckResult, check_result
from mobius_tui.run.checks.script_checks import MAX_PRINTED, judge_script_end
from mobius_tui.run.checks.subprocesses import run_program
from mobius_tui.run.fleet.claim_request import export_line
from mobius_tui.run.fleet.transport import Transport
from mobius_tui.runbook.model.check_kinds import RunCheck

_LOOK = """\
look() {{
  umask 077
  {exports}
  script=$(mktemp) || return 127
  printf '%s' {script} >"$script"
  printf '\\n%s\\n' {nonce}
  {shell} "$script" </dev/null
  status=$?
  rm -f "$script"
  return "$status"
}}
look; exit $?
"""
"""What is sent to `sh -s`: cut off anywhere, it does nothing."""


async def check_on_host(
    check: RunCheck, ctx: CheckContext, transport: Transport, env: Mapping[str, str]
) -> CheckResult:
    """Make a `run` check once, on a host.

    Args:
        check: its texts filled in.
        ctx: the run; this machine's environment and process groups.
        transport: runs `sh -s` on the host.
        env: the environment of the predicate on the host.

    Raises:
        OSError: the transport cannot be started.
        RunError: a variable cannot be set there.
    """
    nonce = secrets.token_hex(16)
    text = _LOOK.format(
        exports="\n  ".join([":", *map(export_line, env.items())]),
        script=shlex.quote(check.script),
        nonce=nonce,
        shell=shlex.join(check.shell or ctx.shell),
    )
    with tempfile.TemporaryFile() as sent:
        sent.write(text.encode("utf-8", "surrogateescape"))
        sent.seek(0)
        ended = await run_program(transport.argv, ctx, stdin=sent, keep=MAX_PRINTED)
    # What a login prints comes before the line with the nonce.
    _, begun, printed = ended.printed.partition(b"\n%s\n" % nonce.encode())
    if not begun:
        words = ended.error_line or ended.exit_text
        return check_result(
            held=False, detail=f"it could not be asked: {words}", is_local=True
        )
    # The tail is of both outputs; of it, too, only what came after that is its own.
    tail = ended.tail.replace(nonce, "")
    return judge_script_end(check, replace(ended, printed=printed, tail=tail), ctx)
