"""Starting the host of a run: of a new one, an open one, and one to be undone."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Sequence

from mobius_tui.errors import MobiusError, RunError
from mobius_tui.run.attempts.output_reader import last_row
from mobius_tui.run.client.viewer import Viewer, open_socket
from mobius_tui.run.events.run_events import RunBegan
from mobius_tui.run.host.copies import refuse_copy
from mobius_tui.run.host.host_setup import HostSpec, refuse_unhostable
from mobius_tui.run.intents.control_protocol import Envelope, encode_envelope
from mobius_tui.run.intents.intent_actions import PROTOCOL_VERSION
from mobius_tui.run.intents.permissions import decide
from mobius_tui.run.intents.run_intents import GiveSecrets, GoOnWithout, ReleaseHost
from mobius_tui.run.intents.undo_intents import ReopenRun
from mobius_tui.run.journal.follower import Follower, JournalFollower
from mobius_tui.run.planning.situation import Refused
from mobius_tui.run.planning.variables import resolve_initial_values, text_in_environ
from mobius_tui.run.storage.redaction import holds_secret
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.runbook.model.runbook import Runbook

HOST_START_TIMEOUT = 15.0
"""Seconds that a host may take until it listens."""
_STARTED_HOSTS: list[subprocess.Popen[bytes]] = []
"""Hosts that this process started: they outlive it. Those that ended are reaped when
the next one is started."""
RELEASE_TIMEOUT = 5.0
"""Seconds for which a host that ends is waited for."""
REOPEN_INTERVAL = 0.02
"""Seconds between two looks at a run whose host is just ending or starting."""


async def resume_run(directory: RunDirectory, runbook: Runbook) -> None:
    """Start a host for an open run, if none lives; returns when it listens.

    Secrets come from the environment of whoever resumes, a profile or a default; what
    `--var` once gave is not kept anywhere, and its steps wait. So do other values that
    the run has not had yet. A living host is told the secrets that it lost; one that
    lacks another value is replaced, if nothing runs and nobody else views the run. One
    that is just ending is waited for.

    Raises:
        RunError: the host could not take the run on, or its journal lost its end.
    """
    deadline = time.monotonic() + RELEASE_TIMEOUT
    had_host = False
    while directory.host_pid() is not None:
        had_host = True
        await _give_lost_secrets(directory, runbook)
        if await _release_host_for_new_values(directory, runbook):
            break
        if await _is_listening(directory) or time.monotonic() > deadline:
            return
        await asyncio.sleep(REOPEN_INTERVAL)
    if had_host and Follower(directory).state.ended is not None:
        return  # that is why it has gone
    await _start_host_for_old_run(directory, runbook)


async def _is_listening(directory: RunDirectory) -> bool:
    """Whether a living host is to be talked to: not so if it begins or ends."""
    try:
        _, writer = await open_socket(directory.socket)
    except (FileNotFoundError, ConnectionRefusedError):
        return False
    except OSError:
        return True  # it is another user's, or of a path that is too long
    writer.close()
    return True


async def release_host(viewer: Viewer) -> bool:
    """Ask a host to end; returns when it has, so that the run can be taken on.

    Returns:
        Whether it has ended: it goes on if something runs, or others view the run.
    """
    if not (await viewer.send_intent(ReleaseHost())).ok:
        return False
    deadline = time.monotonic() + RELEASE_TIMEOUT
    while viewer.host_pid() is not None:
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.005)
    return True


async def go_on_without(viewer: Viewer, names: Sequence[str]) -> None:
    """Go on without those of some secrets that are lost; a host lives.

    Raises:
        RunError: the host refuses it.
    """
    viewer.follower.poll()
    lost = viewer.follower.state.unsettled_secrets
    if wanted := tuple(name for name in names if name in lost):
        reply = await viewer.send_intent(GoOnWithout(secrets=wanted))
        if not reply.ok:
            raise RunError(reply.text)


async def reopen_run(directory: RunDirectory, runbook: Runbook) -> None:
    """Open an ended run again, to be undone; returns when its host listens.

    Its host is started as in `resume_run`. A host that still lives, to send the last
    messages, is asked to reopen it. If somebody else reopens it at the same moment, it
    is reopened only once.

    Raises:
        RunError: it may not be opened again, or no host could take it on.
    """
    refuse_hosting(directory)
    deadline = time.monotonic() + HOST_START_TIMEOUT
    while True:
        viewer = Viewer(directory)
        try:
            if viewer.follower.state.ended is None:
                break
            refusal = await _ask_to_reopen(viewer)
        finally:
            await viewer.close()
        if refusal is None:
            first = encode_envelope(Envelope(action=ReopenRun())).decode()
            await _start_host_for_old_run(directory, runbook, first)
        if time.monotonic() > deadline:
            words = refusal or f"its host did not do it; see {directory.host_log}"
            raise RunError(f"{directory.id} was not opened again: {words}")
        await asyncio.sleep(REOPEN_INTERVAL)
    await resume_run(directory, runbook)


async def _ask_to_reopen(viewer: Viewer) -> str | None:
    """Ask the host that still runs a run to reopen it.

    Returns:
        Empty where it did, else why not, in words; `None` where there is no host.

    Raises:
        RunError: it may not be opened again, or its host is of another version.
    """
    action, host = ReopenRun(), viewer.host_pid()
    permission = decide(action, viewer.follower.situation())
    if isinstance(permission, Refused):
        raise RunError(permission.text)
    if host is None:
        return None
    reply = await viewer.send_intent(action)
    if reply.version != PROTOCOL_VERSION:
        raise RunError(reply.text)
    return "" if reply.ok else reply.text


async def take_over_run(
    directory: RunDirectory, runbook: Runbook, taken_epoch: int
) -> None:
    """Start a host where a run is not, since a person says that it goes on here.

    Args:
        directory: a copy of the run.
        runbook: the run's.
        taken_epoch: the epoch of those from whom it is taken, as the person saw it.

    Raises:
        RunError: a host runs it, on this machine; somebody else took it over meanwhile;
            or no host may run this copy.
    """
    refuse_unhostable(directory)
    await _start_host_with_values(directory, runbook, taken_epoch=taken_epoch)


async def _start_host_for_old_run(
    directory: RunDirectory, runbook: Runbook, first_intent: str | None = None
) -> None:
    """Start a host for a run that has begun before, with the values to be had now.

    Args:
        directory: the run's.
        runbook: the run's.
        first_intent: what the host does first, as the socket would carry it.

    Raises:
        RunError: the host could not take the run on, or its journal lost its end.
    """
    refuse_hosting(directory)
    try:
        await _start_host_with_values(directory, runbook, first_intent=first_intent)
    except RunError:
        if directory.host_pid() is None:
            raise  # else somebody else resumed it in the same moment


async def _start_host_with_values(
    directory: RunDirectory,
    runbook: Runbook,
    *,
    first_intent: str | None = None,
    taken_epoch: int | None = None,
) -> None:
    first = JournalFollower(directory).read_new()[:1]
    began = first[0].event if first else None
    profile = began.profile if isinstance(began, RunBegan) else None
    initial = resolve_initial_values(
        runbook, given={}, profile=profile, environ=os.environ
    )
    values = {
        name: value
        for name, value in initial.values.items()
        # The environment decided what is protected: it must not change.
        if name != runbook.environment
        and not holds_secret(value[0], initial.secrets.values())
    }
    spec = HostSpec(
        values=values,
        secrets=initial.secrets,
        first_intent=first_intent,
        taken_epoch=taken_epoch,
    )
    await start_host(directory, spec, runbook)


def refuse_hosting(directory: RunDirectory) -> None:
    """Refuse to start a host where none may be, before a process is started for it.

    Raises:
        RunError: the run is damaged, imported or another user's, or the folder is a
            copy of it.
    """
    refuse_unhostable(directory)
    refuse_copy(directory)


async def _give_lost_secrets(directory: RunDirectory, runbook: Runbook) -> None:
    """Tell a living host the secrets that it lost and that the environment has."""
    found = {
        each.name: os.environ[each.from_env]
        for each in runbook.variables.values()
        if each.secret and each.from_env is not None and each.from_env in os.environ
    }
    if not found:
        return
    viewer = Viewer(directory)
    try:
        lost = viewer.follower.state.lost_secrets
        given = {name: value for name, value in found.items() if name in lost}
        if given:
            await viewer.send_intent(GiveSecrets(values=given))
    except MobiusError:
        return  # a viewer without the right to act leaves the host as it is
    finally:
        await viewer.close()


async def _release_host_for_new_values(
    directory: RunDirectory, runbook: Runbook
) -> bool:
    """Release a living host that lacks a value set by now; returns whether it did."""
    names_in_environ = {
        each.name
        for each in runbook.variables.values()
        if text_in_environ(each, os.environ) is not None
    }
    if not names_in_environ - {runbook.environment}:
        return False
    viewer = Viewer(directory)
    try:
        state = viewer.follower.state
        is_busy = (
            state.auto is not None or state.watch.armed or state.watch.rollback_running
        )
        # A run that is only undone gets no new values, as its steps had none either.
        lacking = (
            set() if state.is_reopened else names_in_environ - state.variables.keys()
        )
        if is_busy or not lacking - {runbook.environment} or state.ended is not None:
            return False
        refuse_hosting(directory)
        return await release_host(viewer)
    except MobiusError:
        return False  # a viewer without the right to act leaves the host as it is
    finally:
        await viewer.close()


async def start_host(directory: RunDirectory, spec: HostSpec, runbook: Runbook) -> None:
    """Start a run's host; returns when it listens, or has ended without error.

    Args:
        directory: the run's.
        spec: what the host is given.
        runbook: the run's.

    Raises:
        RunError: it could not be started, ended with an error, or does not listen
            within `HOST_START_TIMEOUT`.
    """
    hidden = {v.from_env for v in runbook.variables.values() if v.secret}
    env = {name: value for name, value in os.environ.items() if name not in hidden}
    flags = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        log = os.open(directory.host_log, flags | os.O_CREAT, 0o600)
    except OSError as error:
        raise RunError(f"{directory.host_log}: {error.strerror}") from error
    try:
        process = subprocess.Popen(  # noqa: ASYNC220 - it returns at once
            [sys.executable, "-P", "-m", "mobius_tui.run.host.host_main"],
            cwd=directory.path,
            env=env,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    except OSError as error:
        raise RunError(f"the host could not be started: {error.strerror}") from error
    finally:
        os.close(log)
    _STARTED_HOSTS[:] = [
        *(host for host in _STARTED_HOSTS if host.poll() is None),
        process,
    ]
    assert process.stdin is not None
    try:
        process.stdin.write(spec.encode())
        process.stdin.close()
    except BrokenPipeError:
        pass  # it ended already; the log says why
    await _wait_until_host_listens(directory, process)


async def _wait_until_host_listens(
    directory: RunDirectory, process: subprocess.Popen[bytes]
) -> None:
    deadline = time.monotonic() + HOST_START_TIMEOUT
    while time.monotonic() < deadline:
        if directory.host_pid() == process.pid and await _is_listening(directory):
            return
        if process.poll() is not None:
            if process.returncode == 0:
                return
            failure = last_row(directory.host_log)
            raise RunError(
                failure or f"the host ended at once; see {directory.host_log}"
            )
        await asyncio.sleep(0.005)
    raise RunError(f"the host does not answer; see {directory.host_log}")
