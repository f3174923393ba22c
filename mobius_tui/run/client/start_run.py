"""Starting a run: making its directory, and starting its host."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Mapping

from mobius_tui.errors import MobiusError, RunError
from mobius_tui.run.attempts.output_reader import last_row
from mobius_tui.run.client.preflight import refuse_unattended
from mobius_tui.run.client.run_briefing import Briefing, answer_briefing
from mobius_tui.run.client.viewer import Viewer, open_socket
from mobius_tui.run.events.run_events import RunBegan
from mobius_tui.run.events.watch_events import WatchBegan
from mobius_tui.run.host.takeover import HostSpec, current_operator, refuse_imported
from mobius_tui.run.intents.envelope import Envelope, encode_envelope
from mobius_tui.run.intents.intent_actions import (
    PROTOCOL_VERSION,
    ArmWatch,
    ReleaseHost,
    ReopenRun,
    StartAutomatic,
)
from mobius_tui.run.journal.follower import JournalFollower
from mobius_tui.run.planning.initial_values import (
    refuse_answers,
    resolve_initial_values,
)
from mobius_tui.run.planning.permissions import decide
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.planning.situation import Refused, Situation
from mobius_tui.run.records.verification import refuse_cut_journal
from mobius_tui.run.storage.redaction import holds_secret
from mobius_tui.run.storage.run_directory import (
    RunDirectory,
    make_run_directory,
)
from mobius_tui.run.storage.sharing import make_shared_folder, require_may_host
from mobius_tui.run.storage.state_home import runs_root
from mobius_tui.run.storage.table_of_contents import write_table_of_contents
from mobius_tui.runbook.model.runbook import Runbook, runbook_digest

HOST_START_TIMEOUT = 15.0
"""Seconds that a host may take until it listens."""
_STARTED_HOSTS: list[subprocess.Popen[bytes]] = []
"""Hosts that this process started: they outlive it. Those that ended are reaped when
the next one is started."""


async def start_new_run(
    briefing: Briefing,
    answers: Mapping[str, str] | None = None,
    auto: StartAutomatic | ArmWatch | None = None,
    watch: WatchBegan | None = None,
) -> RunDirectory:
    """Make the run's directory and start its host; returns when it listens.

    Args:
        briefing: what it begins with.
        answers: by variable; what the briefing still asks for.
        auto: the action that makes the run automatic, or arms its watch, from the first
            moment; so it takes effect even if the caller is gone by then.
        watch: makes it a watch, which its host ends.

    Raises:
        UsageError: an answer is missing, or it may not go by itself.
        RunError: the directory or the host could not be made.
    """
    ready = answer_briefing(briefing, answers or {})
    runbook = ready.runbook
    if auto is not None:
        feature = "--auto" if isinstance(auto, StartAutomatic) else "--auto-rollback"
        refuse_unattended(runbook, feature)
    if isinstance(auto, StartAutomatic):
        refuse_answers(runbook, auto.answers)
    root = runs_root() if ready.share is None else make_shared_folder(ready.share)
    directory = make_run_directory(
        root,
        runbook.id,
        runbook.sources,
        time.time(),
        shared=ready.share is not None,
    )
    began = _run_began_event(ready, directory)
    first = None if auto is None else encode_envelope(Envelope(action=auto)).decode()
    write_table_of_contents(
        directory, Plan(runbook), mode=ready.mode, environment=ready.environment
    )
    order = HostSpec(
        began=began,
        values=ready.values,
        secrets=ready.secrets,
        auto=first,
        watch=watch,
    )
    await _start_host(directory, order, runbook)
    return directory


def _run_began_event(ready: Briefing, directory: RunDirectory) -> RunBegan:
    """The first event of a run: from the briefing and from this process."""
    umask = os.umask(0o077)
    os.umask(umask)
    runbook = ready.runbook
    return RunBegan(
        run=directory.id,
        runbook=runbook.id,
        file=runbook.sources[0].name,
        sha256=runbook_digest(runbook.sources),
        title=runbook.title,
        mode=ready.mode,
        profile=ready.profile,
        environment=ready.environment,
        protected=ready.protected,
        workdir=str(ready.workdir),
        operator=current_operator(),
        setting={
            "PATH": ready.path,
            "HOME": os.environ.get("HOME", "/"),
            "LANG": os.environ.get("LANG", "C.UTF-8"),
            "umask": f"{umask:03o}",
            **ready.home_and_tmpdir,
        },
        site=ready.site,
        path=str(runbook.path.resolve()),
        sink=ready.sink,
        pages=ready.pages,
        share=ready.share,
        share_control=ready.share_control,
        limit=ready.limit,
        host_sites=ready.host_sites,
        targets={name: found.sha256 for name, found in ready.hosts.items()},
        playbooks=ready.playbooks,
    )


async def resume_run(directory: RunDirectory, runbook: Runbook) -> None:
    """Start a host for an open run, if none lives; returns when it listens.

    Secrets come from the environment of whoever resumes, a profile or a default; what
    `--var` once gave is not kept anywhere, and its steps wait. So do other values that
    the run has not had yet. A living host that lacks one of them is replaced, if
    nothing runs and nobody else views the run.

    Raises:
        RunError: the host could not take the run on, or its journal lost its end.
    """
    if directory.host_pid() is not None and not await _release_host_for_new_values(
        directory, runbook
    ):
        return
    await _start_host_for_old_run(directory, runbook)


REOPEN_INTERVAL = 0.02
"""Seconds between two looks at a run whose host is just ending or starting."""


async def reopen_run(directory: RunDirectory, runbook: Runbook) -> None:
    """Open an ended run again, to be undone; returns when its host listens.

    Its host is started as in `resume_run`. A host that still lives, to send the last
    messages, is asked to reopen it. If somebody else reopens it at the same moment, it
    is reopened only once.

    Raises:
        RunError: it may not be opened again, or no host could take it on.
    """
    refuse_unhostable(directory)
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
    """Ask the host that still runs a run; `None` where there is none.

    Returns:
        Why it has not opened it; empty where it has, or is just ending.

    Raises:
        RunError: it may not be opened again, or its host is of another version.
    """
    follower = viewer.follower
    action, host = ReopenRun(), viewer.host_pid()
    permission = decide(
        action,
        Situation(
            plan=follower.plan,
            state=follower.state,
            now=follower.now(),
            uid=os.getuid(),
        ),
    )
    if isinstance(permission, Refused):
        raise RunError(permission.text)
    if host is None:
        return None
    reply = await viewer.send_intent(action)
    if reply.version != PROTOCOL_VERSION:
        raise RunError(reply.text)
    return "" if reply.ok else reply.text


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
    refuse_unhostable(directory)
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
    order = HostSpec(values=values, secrets=initial.secrets, auto=first_intent)
    try:
        await _start_host(directory, order, runbook)
    except RunError:
        if directory.host_pid() is None:
            raise  # else somebody else resumed it in the same moment


def refuse_unhostable(directory: RunDirectory) -> None:
    """Refuse to start a host for a run that is damaged, imported, or another user's.

    Raises:
        RunError: the run is one of these.
    """
    refuse_imported(directory)
    require_may_host(directory.path)
    refuse_cut_journal(directory)


async def _release_host_for_new_values(
    directory: RunDirectory, runbook: Runbook
) -> bool:
    """Release a living host that lacks a value set by now; returns whether it did."""
    names_in_environ = {
        v.name for v in runbook.variables.values() if (v.from_env or "") in os.environ
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
        new = set() if state.is_reopened else names_in_environ - state.variables.keys()
        lacking = new | (names_in_environ & set(state.lost_secrets))
        if is_busy or not lacking - {runbook.environment} or state.ended is not None:
            return False
        refuse_unhostable(directory)
        is_going = (await viewer.send_intent(ReleaseHost())).ok
    except MobiusError:
        return False  # a viewer without the right to act leaves the host as it is
    finally:
        await viewer.close()
    deadline = time.monotonic() + HOST_START_TIMEOUT
    while is_going and time.monotonic() < deadline:
        if directory.host_pid() is None:
            return True
        await asyncio.sleep(0.005)
    return False


async def _start_host(
    directory: RunDirectory, order: HostSpec, runbook: Runbook
) -> None:
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
        process.stdin.write(order.encode())
        process.stdin.close()
    except BrokenPipeError:
        pass  # it ended already; the log says why
    await _wait_until_host_listens(directory, process)


async def _wait_until_host_listens(
    directory: RunDirectory, process: subprocess.Popen[bytes]
) -> None:
    deadline = time.monotonic() + HOST_START_TIMEOUT
    while time.monotonic() < deadline:
        if directory.host_pid() == process.pid:
            try:
                _, writer = await open_socket(directory.socket)
            except OSError:
                pass  # it is not bound yet
            else:
                writer.close()
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
