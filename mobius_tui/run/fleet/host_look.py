"""Reads systemd units and processes of a host, for the health panel.

One connection brings all that is wanted of a host. It changes nothing there, so it
needs no claim; the answer is hostile text, and is bounded in time and size.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import shlex
import tempfile
from collections.abc import Mapping

from msgspec import Struct, field

from mobius_tui import sanitize
from mobius_tui.run.checks.context import CheckContext
from mobius_tui.run.checks.subprocesses import ProgramEnd, run_program
from mobius_tui.run.fleet.transport import Transport
from mobius_tui.run.fleet.unreached import unreached

LOOK_TIME_LIMIT = 10.0
"""Seconds that a look takes at most: longer than ssh takes to give up by itself, since
an sshd may refuse later connections (PerSourcePenalties) if one breaks off early."""
MAX_LOOK_CONNECT_TIMEOUT = 5
"""Seconds of that in which a connection must be made, whatever a target says."""
MAX_LOOK_ANSWER_BYTES = 1 << 20
"""Bytes that a host may print, its login included."""
MAX_UNIT_STATE_LENGTH = 200
"""Characters of what `systemctl` says of a unit."""

_LOOK_SCRIPT = """\
look() {{
  printf '\\n%s\\n' {nonce}
  limit=
  command -v timeout >/dev/null 2>&1 && limit='timeout 5'
  slow=
  for unit in {units}; do
    said='systemctl does not answer'
    if [ -z "$slow" ]; then
      said=$($limit systemctl is-active "$unit" 2>&1 </dev/null)
      [ $? -ne 124 ] || slow=1 said='systemctl does not answer'
    fi
    printf '%s\\n' "$said" | tail -n 1
  done
  printf '%s\\n' {nonce}
  {processes}
  printf '%s\\n' {nonce}
}}
look
"""
"""What is sent to `sh -s`: cut off anywhere, it does nothing. A unit is one line."""
_PROCESS_LISTING_COMMAND = (
    "{ ps -A -ww -o args= 2>/dev/null || ps -o args=; } </dev/null"
    " | LC_ALL=C cut -b 1-4096"
)
"""All command lines; the second way is that of busybox."""
_ENDED_PROCESS = re.compile(r"<defunct>\s*$|^\([^()]*\)$")
"""A process that has ended, as Linux and macOS show it."""


class HostLookRequest(Struct, frozen=True, kw_only=True):
    """What a look at a host asks for."""

    units: tuple[str, ...] = ()
    """Names of systemd units; the caller makes sure that none begins with `-`."""
    processes: bool = False
    """Whether it asks for the command lines of all processes."""

    def script(self, nonce: str) -> str:
        """The script for `sh -s` that prints it.

        Args:
            nonce: the line between parts of the answer, which the host cannot guess.
        """
        return _LOOK_SCRIPT.format(
            nonce=nonce,
            units=shlex.join(self.units),
            processes=_PROCESS_LISTING_COMMAND if self.processes else ":",
        )


class HostLookAnswer(Struct, frozen=True, kw_only=True):
    """The answer to a look at a host."""

    problem: str = ""
    """Why there is no readable answer, in words; empty if there is one."""
    units: Mapping[str, str] = field(default_factory=dict)
    """What `systemctl` there said of each unit, on one line."""
    processes: tuple[str, ...] = ()
    """The command lines of all processes; empty where they cannot be had."""


async def look_at_host(
    look: HostLookRequest,
    transport: Transport,
    ctx: CheckContext,
    *,
    within: float = LOOK_TIME_LIMIT,
) -> HostLookAnswer:
    """Look at a host once.

    Args:
        look: what is wanted.
        transport: the way there.
        ctx: the run; its environment has the agent's socket.
        within: seconds for all of it.
    """
    nonce = secrets.token_hex(16)
    try:
        with tempfile.TemporaryFile() as sent:
            sent.write(look.script(nonce).encode("utf-8", "surrogateescape"))
            sent.seek(0)
            async with asyncio.timeout(within):
                ended = await run_program(
                    transport.argv,
                    workdir=ctx.workdir,
                    env=ctx.env,
                    stdin=sent,
                    keep=MAX_LOOK_ANSWER_BYTES,
                    kill_after_bytes=MAX_LOOK_ANSWER_BYTES,
                    kill_after_stderr_bytes=MAX_LOOK_ANSWER_BYTES,
                )
    except TimeoutError:
        return HostLookAnswer(problem=f"no answer within {within:g} s")
    except OSError as error:
        words = f"{transport.argv[0]} cannot be run: {error.strerror}"
        return HostLookAnswer(problem=words)
    if ended.is_cut:
        return HostLookAnswer(
            problem=f"it prints more than {MAX_LOOK_ANSWER_BYTES >> 20} MiB"
        )
    return read_look_answer(look, nonce, ended, transport)


def read_look_answer(
    look: HostLookRequest, nonce: str, ended: ProgramEnd, transport: Transport
) -> HostLookAnswer:
    """Parse what the host printed; an incomplete answer is a `problem` as a whole.

    Args:
        look: what was wanted.
        nonce: the line between its parts.
        ended: what the way to the host printed.
        transport: the way, for words.
    """
    rows = [row.rstrip("\r") for row in sanitize.decode(ended.printed).split("\n")]
    marks = [place for place, row in enumerate(rows) if row == nonce]
    if not marks:
        why = unreached(ended.tail.splitlines(), ended.code, transport.description)
        return HostLookAnswer(problem=why.words)
    if len(marks) != 3 or marks[1] - marks[0] - 1 != len(look.units):
        return HostLookAnswer(problem="its answer is not whole")
    units = rows[marks[0] + 1 : marks[1]]
    said = (sanitize.line(each.strip())[:MAX_UNIT_STATE_LENGTH] for each in units)
    lines = (each.strip() for each in rows[marks[1] + 1 : marks[2]])
    return HostLookAnswer(
        units=dict(zip(look.units, said, strict=True)),
        processes=tuple(e for e in lines if e and not _ENDED_PROCESS.search(e)),
    )
