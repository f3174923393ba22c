"""Starting a run: what the briefing shows, making the directory, starting its host."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from mobius_tui.errors import RunError, UsageError
from mobius_tui.run.channels import notices
from mobius_tui.run.contents import keep
from mobius_tui.run.directory import RunDirectory, make, runbook_digest, runs_root
from mobius_tui.run.events import Mode, RunBegan
from mobius_tui.run.facts import with_facts
from mobius_tui.run.follow import JournalFollower
from mobius_tui.run.intents import Intent, encode_intent
from mobius_tui.run.plan import Plan
from mobius_tui.run.preflight import problems, refuse_unattended
from mobius_tui.run.sharing import refuse_to_host, shared_folder
from mobius_tui.run.takeover import Order, operator, refuse_imported
from mobius_tui.run.traces import last_line
from mobius_tui.run.variables import begin as first_values
from mobius_tui.run.variables import refuse
from mobius_tui.run.watch_events import WatchBegan
from mobius_tui.runbook.library import has_no_place
from mobius_tui.runbook.model import Runbook, Variable

START_LIMIT = 15.0
"""Seconds that a host may take until it listens."""
TOLD = 6
"""Characters from which a secret is one that no other value holds by chance."""
ASKED = {"auto": "--auto", "arm": "--auto-rollback"}
"""What made a run go by itself, by the wish that it begins with."""
_HOSTS: list[subprocess.Popen[bytes]] = []
"""Hosts that this process started: they outlive it, and are reaped if they do not."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Briefing:
    """What is known before a run begins; making one leaves nothing behind."""

    runbook: Runbook
    mode: Mode
    profile: str | None
    workdir: Path
    values: Mapping[str, tuple[str, str]]
    """Name → (value, source), without secrets."""
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Values of the secrets that were found."""
    missing: tuple[Variable, ...] = ()
    """What must be answered before Begin."""
    problems: tuple[str, ...] = ()
    """What preflight found wrong, in words; nothing was executed for it."""
    notices: tuple[str, ...] = ()
    """What else to know: channels to which nothing can be sent."""
    path: str = ""
    """PATH for the run's steps."""
    places: Mapping[str, str] = field(default_factory=dict)
    """HOME and TMPDIR for the run's steps, where they are not the caller's."""
    site: str | None = None
    """The drill site's folder."""
    sink: str | None = None
    """Where a drill's messages go."""
    pages: bool = False
    """Whether a drill's messages go to the channels' own addresses."""
    share: str | None = None
    """The group that may read and approve the run."""
    share_control: bool = False
    """Whether that group may act on it, too."""

    @property
    def environment(self) -> str | None:
        """The value of the variable that names the environment."""
        name = self.runbook.environment
        if name is None or name not in self.values:
            return None
        return self.values[name][0]

    @property
    def protected(self) -> bool:
        """Whether what destroys wants the environment's name typed."""
        return self.environment in self.runbook.protected


def prepare(
    runbook: Runbook,
    *,
    given: Mapping[str, str],
    profile: str | None = None,
    workdir: Path | None = None,
    mode: Mode = "incident",
    site: str | None = None,
    path: str | None = None,
    sink: str | None = None,
    pages: bool = False,
    places: Mapping[str, str] | None = None,
) -> Briefing:
    """Look at what a run would begin with; executes nothing.

    Args:
        runbook: what is to be run.
        given: values from the command line.
        profile: the name of a profile.
        workdir: where commands run; the runbook's own without it.
        mode: incident or drill.
        site: the drill site's folder.
        path: PATH for the steps; the caller's own without it.
        sink: where a drill's messages go.
        pages: whether a drill's messages go to the channels' own addresses.
        places: HOME and TMPDIR for the steps, in the same way.

    Raises:
        UsageError: a value, profile or directory cannot be.
    """
    told = with_facts(runbook, given)
    first = first_values(runbook, given=told, profile=profile, environ=os.environ)
    place = workdir or own_place(runbook)
    search = os.environ.get("PATH", os.defpath) if path is None else path
    if workdir is not None and not place.is_dir():
        raise UsageError(f"--workdir {workdir}: there is no such directory")
    quiet = mode == "drill" and not pages
    known = {*first.values, *first.secrets}
    return Briefing(
        runbook=runbook,
        mode=mode,
        profile=profile,
        workdir=place.resolve(),
        values=first.values,
        secrets=first.secrets,
        missing=first.missing,
        problems=tuple(problems(runbook, place, search)),
        notices=() if quiet else tuple(notices(runbook, known)),
        path=search,
        places=dict(places or {}),
        site=site,
        sink=sink,
        pages=pages,
    )


def own_place(runbook: Runbook) -> Path:
    """Where a runbook's commands run, if nobody says otherwise."""
    base = Path.cwd() if has_no_place(runbook.path) else runbook.path.parent
    return base / runbook.workdir


def answer(briefing: Briefing, answers: Mapping[str, str]) -> Briefing:
    """A briefing with answers filled in.

    Raises:
        UsageError: a value cannot be, or one is still missing.
    """
    values, secrets = dict(briefing.values), dict(briefing.secrets)
    for name, value in with_facts(briefing.runbook, answers).items():
        variable = briefing.runbook.variables.get(name)
        if variable is None:
            raise UsageError(f"{name}: this runbook has no such variable")
        refuse(variable, value)
        if variable.secret:
            secrets[name] = value
        else:
            values[name] = (value, "answer")
    missing = tuple(
        v
        for v in briefing.missing
        if not (secrets.get(v.name) or values.get(v.name, ("",))[0])
    )
    if missing:
        names = ", ".join(f"{v.name} ({v.title or v.name})" for v in missing)
        raise UsageError(f"values are wanted for: {names}; give --var NAME=VALUE")
    for name, (value, _) in values.items():
        if any(len(each) >= TOLD and each in value for each in secrets.values()):
            raise UsageError(f"{name}: this holds the value of a secret, and is kept")
    return replace(briefing, values=values, secrets=secrets, missing=())


async def begin(
    briefing: Briefing,
    answers: Mapping[str, str] | None = None,
    auto: Intent | None = None,
    watch: WatchBegan | None = None,
) -> RunDirectory:
    """Make the run's directory and start its host; returns when it listens.

    Args:
        briefing: what it begins with.
        answers: by variable; what the briefing still asks for.
        auto: makes the run automatic from its first moment, so that it goes on even
            if whoever began it is gone by then; or arms it.
        watch: makes it a watch, which its host ends.

    Raises:
        UsageError: an answer is missing, or it may not go by itself.
        RunError: the directory or the host could not be made.
    """
    ready = answer(briefing, answers or {})
    runbook = ready.runbook
    if auto is not None:
        refuse_unattended(runbook, ASKED.get(auto.wish, auto.wish))
    root = runs_root() if ready.share is None else shared_folder(ready.share)
    directory = make(
        root,
        runbook.id,
        runbook.sources,
        time.time(),
        shared=ready.share is not None,
    )
    umask = os.umask(0o077)
    os.umask(umask)
    began = RunBegan(
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
        operator=operator(),
        setting={
            "PATH": ready.path,
            "HOME": os.environ.get("HOME", "/"),
            "LANG": os.environ.get("LANG", "C.UTF-8"),
            "umask": f"{umask:03o}",
            **ready.places,
        },
        site=ready.site,
        path=str(runbook.path.resolve()),
        sink=ready.sink,
        pages=ready.pages,
        share=ready.share,
        share_control=ready.share_control,
    )
    wish = None if auto is None else encode_intent(auto).decode()
    keep(directory, Plan(runbook), mode=ready.mode, environment=ready.environment)
    order = Order(
        began=began,
        values=ready.values,
        secrets=ready.secrets,
        auto=wish,
        watch=watch,
    )
    await _start_host(directory, order, runbook)
    return directory


async def resume(directory: RunDirectory, runbook: Runbook) -> None:
    """Start a host for an open run, if none lives; returns when it listens.

    Secrets come from the environment of whoever resumes, a profile or a default; what
    `--var` once gave is not kept anywhere, and its steps wait.

    Raises:
        RunError: the host could not take the run on.
    """
    if directory.host() is not None:
        return
    refuse_imported(directory)
    refuse_to_host(directory.path)
    first = JournalFollower(directory).more()[:1]
    began = first[0].event if first else None
    profile = began.profile if isinstance(began, RunBegan) else None
    known = first_values(runbook, given={}, profile=profile, environ=os.environ)
    try:
        await _start_host(directory, Order(secrets=known.secrets), runbook)
    except RunError:
        if directory.host() is None:
            raise  # else somebody else resumed it in the same moment


async def _start_host(directory: RunDirectory, order: Order, runbook: Runbook) -> None:
    hidden = {v.from_env for v in runbook.variables.values() if v.secret}
    env = {name: value for name, value in os.environ.items() if name not in hidden}
    flags = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        log = os.open(directory.host_log, flags | os.O_CREAT, 0o600)
    except OSError as error:
        raise RunError(f"{directory.host_log}: {error.strerror}") from error
    try:
        process = subprocess.Popen(  # noqa: ASYNC220 - it returns at once
            [sys.executable, "-P", "-m", "mobius_tui.run.host"],
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
    _HOSTS.append(process)
    assert process.stdin is not None
    try:
        process.stdin.write(order.encode())
        process.stdin.close()
    except BrokenPipeError:
        pass  # it ended already; the log says why
    await _until_it_listens(directory, process)


async def _until_it_listens(
    directory: RunDirectory, process: subprocess.Popen[bytes]
) -> None:
    from mobius_tui.run.viewer import open_socket

    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline:
        if directory.host() == process.pid:
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
            said = last_line(directory.host_log)
            raise RunError(said or f"the host ended at once; see {directory.host_log}")
        await asyncio.sleep(0.005)
    raise RunError(f"the host does not answer; see {directory.host_log}")
