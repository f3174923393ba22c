"""The keeper of a `tty` step, with a terminal where `keeper.keeper` has pipes.

It is run as a plain file by `python -I -S terminal_keeper.py LOCK TREE SPEC TOLD`, with
the arguments and the spec of `keeper.keeper`, and imports as little. What passes
between the script and the person at its terminal goes into no file: `output` stays
empty.

The script is started when the first viewer has attached, so that it finds the right
size and TERM, or after `FIRST_VIEWER_TIME` without one.
"""

import _signal
import fcntl
import os
import sys
import termios
import time

sys.path.append(__file__.rpartition("/mobius_tui/")[0])

from mobius_tui.run.keeper.attempt_record import (
    begin_attempt_record,
    finish_attempt_record,
    read_keeper_spec,
)
from mobius_tui.run.keeper.process_table import living_processes
from mobius_tui.run.keeper.script_process import ScriptProcess
from mobius_tui.run.keeper.told_secrets import ToldSecrets
from mobius_tui.run.terminal.frames import AttachHello
from mobius_tui.run.terminal.pty_relay import DEFAULT_SIZE, PtyRelay, set_window_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FIRST_VIEWER_TIME = 10.0
"""Seconds that the first viewer may take to attach."""
POLL_INTERVAL = 0.01
"""Seconds between two reads of the script's last output."""
DEFAULT_TERM = "xterm-256color"
"""TERM for a script that nobody attached to; nearly every terminal understands it."""
IUTF8 = 0x4000
"""Backspace takes a whole character: Linux's and macOS's own number."""
TERMINAL_SIGNALS = (
    "SIGHUP",
    "SIGINT",
    "SIGQUIT",
    "SIGTSTP",
    "SIGTTIN",
    "SIGTTOU",
    "SIGWINCH",
)
"""Signals that a terminal sends; the host may have been started with them ignored."""


class TerminalScript(ScriptProcess):
    """A script in a session of its own, with a terminal.

    Programs on a terminal make process groups of their own, so all of the session is
    meant where a script without one is only a group.
    """

    slave = -1
    """The program's side of the terminal: it stays open until the script has ended."""
    size = DEFAULT_SIZE
    """Rows and columns that the terminal begins with."""

    def set_terminal(self, hello: AttachHello | None) -> None:
        """Describe the first viewer's terminal in the script's environment."""
        env = self.spec["env"]
        term = hello.term if hello is not None and hello.term != "dumb" else ""
        env.setdefault("TERM", term or DEFAULT_TERM)
        if hello is not None and hello.colour:
            env.setdefault("COLORTERM", hello.colour)

    def open_streams(self) -> "tuple[tuple[int, ...], tuple[int, ...]]":
        """Open a pseudo-terminal, of its size before the script can ask for it.

        A size that came later would also be a signal that the script did not expect,
        and bash loses one that comes while it handles the one before.
        """
        master, slave = os.openpty()
        set_window_size(master, self.size)
        modes = termios.tcgetattr(slave)
        modes[0] |= IUTF8
        termios.tcsetattr(slave, termios.TCSANOW, modes)
        self.slave = os.dup(slave)
        return (master,), (slave,)

    def take_streams(self, theirs: "tuple[int, ...]") -> None:
        """In the child: make the terminal its own."""
        for name in TERMINAL_SIGNALS:
            _signal.signal(getattr(_signal, name), _signal.SIG_DFL)
        fcntl.ioctl(theirs[0], termios.TIOCSCTTY, 0)
        for number in (0, 1, 2):
            os.dup2(theirs[0], number)

    def signal(self, number: int) -> None:
        """Send a signal to every group of the session, and continue what is stopped."""
        for group in {self.pid, *(group for _, group in self._session())}:
            try:
                os.killpg(group, number)
                os.killpg(group, _signal.SIGCONT)
            except (ProcessLookupError, PermissionError):
                continue

    def _group_members(self) -> "list[int]":
        return [pid for pid, _ in self._session() if pid != self.pid]

    def _session(self) -> "list[tuple[int, int]]":
        """The living processes of the session, each with its group."""
        return [
            (pid, group) for pid, group, own in living_processes() if own == self.pid
        ]


def keep_attempt(lock: int, tree: int, spec: "dict[str, Any]", told: int) -> None:
    """Run one script from start to end, as `keeper.keep_attempt` does."""
    stop_requests: list[int] = []
    record, waker, _ = begin_attempt_record(lock, spec, stop_requests)
    script = TerminalScript(spec, lock, tree, ToldSecrets(spec, told))
    relay = None
    try:
        relay = PtyRelay(spec["dir"])
        start_script(script, relay, waker, stop_requests)
    except OSError as error:
        script.start_failure = ("terminal", error.errno or 0)
    if relay is not None and script.start_failure is None:
        relay_until_end(script, relay, waker, stop_requests)
        script.end_group()
    if relay is not None:
        relay.socket.close()
    finish_attempt_record(record, script, 0)
    if relay is not None:
        relay.end()


def start_script(
    script: TerminalScript, relay: PtyRelay, waker: int, stop_requests: "list[int]"
) -> None:
    """Start the script once a viewer is attached, or none comes in time."""
    until = time.monotonic() + FIRST_VIEWER_TIME
    while relay.viewer is None and not stop_requests and time.monotonic() < until:
        relay.run_once(waker, until - time.monotonic())
    if stop_requests:
        script.start_failure = ("stopped", 0)
        return
    viewer = relay.viewer
    script.set_terminal(viewer.hello if viewer is not None else None)
    script.size = relay.size
    [master] = script.start()
    relay.begin(master)


def relay_until_end(
    script: TerminalScript, relay: PtyRelay, waker: int, stop_requests: "list[int]"
) -> None:
    """Relay until the script has ended and all that it printed has been passed on."""
    ended: float | None = None
    while ended is None or not relay.is_done(ended, time.monotonic()):
        if stop_requests:
            script.stop("stopped")
        script.secrets.take()  # what comes here is for the names of its processes
        now = time.monotonic()
        script.enforce_deadline()
        wait = None if script.deadline is None else max(0.0, script.deadline - now)
        relay.run_once(waker, wait if ended is None else POLL_INTERVAL)
        if ended is None and script.has_ended():
            ended = time.monotonic()
            os.close(script.slave)


if __name__ == "__main__":
    keep_attempt(*read_keeper_spec())
