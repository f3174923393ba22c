"""Runs `true` on hosts by ssh: which of them answer, and why the others do not.

It changes nothing, here and there: no key is accepted that is not known, no password is
asked for, nothing is forwarded.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from enum import StrEnum

from mobius_tui import sanitize
from mobius_tui.dataclass import dataclass
from mobius_tui.run.targets.resolved_hosts import TargetHost

HOSTS_ASKED_AT_ONCE = 25
"""Hosts that are asked at the same time at most; sshd drops those that are too many."""
CONNECT_TIMEOUT = 5
"""Seconds for a connection, the greeting of the ssh server included."""
HOST_ANSWER_TIME_LIMIT = 20.0
"""Seconds for one host in all. An ssh that is killed in its handshake lets sshd refuse
this machine for a while, so that this is longer than it takes to give up by itself."""
SSH_FAILED_EXIT = 255
"""The exit code of ssh where ssh itself failed, or where the remote command has it."""
_STDERR_TAIL_BYTES = 8192
SSH_OPTIONS = (
    *("BatchMode=yes", "StrictHostKeyChecking=yes", "UpdateHostKeys=no"),
    *("ForwardAgent=no", "ForwardX11=no", "ClearAllForwardings=yes"),
    *("PermitLocalCommand=no", "ControlMaster=no", "RequestTTY=no"),
    *(f"ConnectTimeout={CONNECT_TIMEOUT}", "ConnectionAttempts=1"),
    *("ServerAliveInterval=5", "ServerAliveCountMax=2", "LogLevel=ERROR"),
)
"""Options of ssh that override the person's own configuration."""


class HostReachability(StrEnum):
    """Whether a host answered, or why not."""

    ANSWERS = "answers"
    REFUSED = "refused"
    """Every other failure: a login refused, no ssh here, or `true` failed there."""
    UNKNOWN_KEY = "unknown key"
    NO_SUCH_NAME = "no such name"
    TIMED_OUT = "timed out"


@dataclass(frozen=True, kw_only=True, slots=True)
class ProbedHost:
    """A host and its answer."""

    host: TargetHost
    answer: HostReachability
    detail: str = ""
    """Why it does not answer, on one line: ssh's or ours; empty if it does."""


_ANSWER_PATTERNS: Sequence[tuple[HostReachability, re.Pattern[str]]] = (
    (
        HostReachability.UNKNOWN_KEY,
        re.compile(
            r"Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED"
            r"|No \S+ host key is known"
        ),
    ),
    (
        HostReachability.NO_SUCH_NAME,
        re.compile(r"Could not resolve hostname|Name or service not known"),
    ),
    (
        HostReachability.TIMED_OUT,
        re.compile(r"timed out|not responding|No route to host|Network is unreachable"),
    ),
)
"""Patterns of ssh's messages for each reason; the first that is found counts."""


def ssh_argv(host: TargetHost, *words: str) -> tuple[str, ...]:
    """The command that runs something on a host; its shell gets no standard input.

    Args:
        host: its name and address must have been checked, by `host_name_problem`: a
            name that begins with `-` would be an option.
        words: the command, which the host's shell interprets.
    """
    options = (each for option in SSH_OPTIONS for each in ("-o", option))
    port = () if host.port is None else ("-p", str(host.port))
    user = () if not host.user else ("-l", host.user)
    return ("ssh", "-n", *options, *port, *user, "--", host.address, *words)


async def probe_host_reachability(
    hosts: Sequence[TargetHost], env: Mapping[str, str]
) -> AsyncIterator[ProbedHost]:
    """Ask each host; yields each answer as soon as it comes.

    Args:
        hosts: in the order in which they are asked.
        env: the environment of ssh, with the agent's socket.
    """
    places = asyncio.Semaphore(HOSTS_ASKED_AT_ONCE)

    async def ask(host: TargetHost) -> ProbedHost:
        async with places:
            return await _ask_host_for_answer(host, env)

    tasks = [asyncio.ensure_future(ask(host)) for host in hosts]
    try:
        for each in asyncio.as_completed(tasks):
            yield await each
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _ask_host_for_answer(host: TargetHost, env: Mapping[str, str]) -> ProbedHost:
    """Ask one host."""
    try:
        process = await asyncio.create_subprocess_exec(
            *ssh_argv(host, "true"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            env={**env, "LC_ALL": "C"},
        )
    except OSError as error:
        detail = f"ssh cannot be run: {error.strerror}"
        return ProbedHost(host=host, answer=HostReachability.REFUSED, detail=detail)
    try:
        async with asyncio.timeout(HOST_ANSWER_TIME_LIMIT):
            said = await _read_stderr_tail(process)
            code = await process.wait()
    except TimeoutError:
        detail = f"no answer within {HOST_ANSWER_TIME_LIMIT:g} s"
        return ProbedHost(host=host, answer=HostReachability.TIMED_OUT, detail=detail)
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    return judge_ssh_end(host, code, said)


async def _read_stderr_tail(process: asyncio.subprocess.Process) -> str:
    """The last bytes that a process writes to its standard error, as text."""
    assert process.stderr is not None
    kept = b""
    while data := await process.stderr.read(_STDERR_TAIL_BYTES):
        kept = (kept + data)[-_STDERR_TAIL_BYTES:]
    return kept.decode("utf-8", "replace")


def judge_ssh_end(host: TargetHost, code: int, said: str) -> ProbedHost:
    """A host's answer, from the exit code and the messages of ssh.

    Args:
        host: which was asked.
        code: the exit code of ssh: that of `true` there, or 255.
        said: what it wrote to its standard error, which the host may have written.
    """
    if code == 0:
        return ProbedHost(host=host, answer=HostReachability.ANSWERS)
    lines = [
        text for each in said.splitlines() if (text := sanitize.line(each).strip())
    ]
    if code != SSH_FAILED_EXIT:
        detail = f"`true` ended with exit code {code} there"
        return ProbedHost(host=host, answer=HostReachability.REFUSED, detail=detail)
    answer = next(
        (a for a, words in _ANSWER_PATTERNS if words.search(said)),
        HostReachability.REFUSED,
    )
    found = next((p for a, p in _ANSWER_PATTERNS if a is answer), None)
    told = [each for each in lines if found is not None and found.search(each)]
    detail = (told[:1] or lines[-1:] or ["ssh said nothing"])[0].strip("@ ")[:300]
    return ProbedHost(host=host, answer=answer, detail=detail)
