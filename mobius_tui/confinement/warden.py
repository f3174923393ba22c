"""The first process of an enclosure: runs its command, and notes what is refused.

With bubblewrap it is a process by itself:
`python -P -m mobius_tui.confinement.warden ENCLOSURE STATUS`, as `enter` has them. The
kernel ends all of the enclosure with it, and nothing in there can end it.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from mobius_tui.confinement import call_filter, syscalls
from mobius_tui.confinement.call_reading import refused_by_call
from mobius_tui.confinement.enclosure import Enclosure
from mobius_tui.confinement.refusals import Refusal, RefusalLog

EXIT_NOT_FOUND = 127
"""Of a command that cannot be executed, as a shell has it."""
_DNS_PORT = 53
_DNS_HEADER_BYTES = 12
_SERVER_FAILURE = b"\x80\x82"
"""Flags of an answer of DNS: it is one, and nothing was found out."""


def write_owner(enclosure: Enclosure, pid: int) -> None:
    """Write the pid of the warden where the enclosure wants it.

    Args:
        enclosure: names the file.
        pid: as processes outside see it.
    """
    if enclosure.owner:
        # As `site_services.write_pid_file`, whose readers look for it.
        stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
        began = stat[stat.rindex(")") + 2 :].split()[19]
        fresh = Path(f"{enclosure.owner}.new")
        fresh.write_text(f"{pid} {began}\n")
        fresh.replace(enclosure.owner)


def keep_watch(enclosure: Enclosure, status: int, *, answers_names: bool) -> None:
    """Run the command, and watch until the last process of the enclosure is gone.

    Args:
        enclosure: what is run, and what it may write to.
        status: a descriptor that gets the exit code of the command, as a line.
        answers_names: whether names of hosts are asked of this process.
    """
    here, there = socket.socketpair()
    command = os.fork()
    if command == 0:
        here.close()
        os.close(status)
        _execute(enclosure, there)
    there.close()
    os.setsid()  # the terminal is the command's
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with here:
        _, descriptors, _, _ = socket.recv_fds(here, 1, 1)
    _let_go_of_streams()
    log = RefusalLog(enclosure.refusals)
    names = _name_socket() if answers_names else None
    _Watch(enclosure, log, descriptors, names).until_last(command, status)


def _let_go_of_streams() -> None:
    """Leave the terminal, or a pipe whose reader waits for its end, to the command."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.close(null)


def _execute(enclosure: Enclosure, there: socket.socket) -> NoReturn:
    """Become the command, without rights and with the filter, which is handed over."""
    try:
        syscalls.drop_rights()
        listener = []
        if call_filter.can_filter():
            with suppress(OSError):  # not known then is what was refused
                listener = [call_filter.install_filter()]
        socket.send_fds(there, [b"1"], listener)
        there.close()
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGPIPE):
            signal.signal(number, signal.SIG_DFL)
        os.execvp(enclosure.command[0], enclosure.command)  # noqa: S606 - no shell
    except OSError as error:
        sys.stderr.write(f"{enclosure.command[0]}: {error.strerror}\n")
    finally:
        os._exit(EXIT_NOT_FOUND)


def _name_socket() -> socket.socket | None:
    names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        names.bind(("127.0.0.1", _DNS_PORT))
    except OSError:
        names.close()
        return None
    return names


class _Watch:
    """Answers calls and questions, and buries processes."""

    def __init__(
        self,
        enclosure: Enclosure,
        log: RefusalLog,
        listeners: list[int],
        names: socket.socket | None,
    ) -> None:
        self._enclosure = enclosure
        self._log = log
        self._names = names
        self._listener = listeners[0] if listeners else None
        self._died, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        signal.set_wakeup_fd(wake)

    def until_last(self, command: int, status: int) -> None:
        """Watch until no process is left.

        Args:
            command: the pid of the command; its exit code is told at once.
            status: the descriptor for it.
        """
        poll = select.poll()
        sources = (self._died, self._listener, self._names)
        for source in sources:
            if source is not None:
                poll.register(source, select.POLLIN)
        while True:
            try:
                pid, ended = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == command:
                os.write(status, b"%d\n" % os.waitstatus_to_exitcode(ended))
                os.close(status)
            if pid:
                continue
            for descriptor, events in poll.poll():
                if events & (select.POLLHUP | select.POLLERR):
                    poll.unregister(descriptor)
                elif descriptor == self._died:
                    os.read(self._died, 64)
                elif descriptor == self._listener:
                    self._answer_call(descriptor)
                else:
                    self._answer_name()

    def _answer_call(self, listener: int) -> None:
        call = call_filter.receive_call(listener)
        if call is None:
            return
        try:
            with suppress(OSError, ValueError):  # its process has gone, or hides it
                for refused in refused_by_call(call, self._enclosure):
                    self._log.note(refused)
        finally:
            call_filter.let_go_on(listener, call)

    def _answer_name(self) -> None:
        """Note the name that is asked for, and answer that nothing is known of it."""
        assert self._names is not None
        with suppress(OSError, ValueError):
            question, sender = self._names.recvfrom(512)
            name = _asked_name(question)
            if name:
                self._log.note(Refusal(kind="name", what=name))
            answer = question[:2] + _SERVER_FAILURE + question[4:]
            self._names.sendto(answer, sender)


def _asked_name(question: bytes) -> str:
    """The name in a question of DNS."""
    at, labels = _DNS_HEADER_BYTES, []
    while at < len(question) and (length := question[at]):
        labels.append(question[at + 1 : at + 1 + length])
        at += 1 + length
    return b".".join(labels).decode("ascii", "backslashreplace")


def main(arguments: list[str]) -> int:
    """Watch over an enclosure that bubblewrap has made around this process."""
    enclosure, status = Enclosure.decode(arguments[0]), int(arguments[1])
    keep_watch(enclosure, status, answers_names=False)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
