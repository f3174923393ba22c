"""Starting a new run from its briefing."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Mapping

from mobius_tui.errors import RunError
from mobius_tui.run.client.drill_reach import runs_as_written
from mobius_tui.run.client.preflight import refuse_unattended
from mobius_tui.run.client.run_briefing import Briefing, answer_briefing
from mobius_tui.run.client.runs_beside import limited_things, runs_beside
from mobius_tui.run.client.start_host import start_host
from mobius_tui.run.events.mode_and_outcome import Mode
from mobius_tui.run.events.run_events import RunBegan
from mobius_tui.run.events.watch_events import WatchBegan
from mobius_tui.run.host.host_setup import HostSpec, current_operator
from mobius_tui.run.intents.control_protocol import Envelope, encode_envelope
from mobius_tui.run.intents.run_intents import StartAutomatic
from mobius_tui.run.intents.watch_intents import ArmWatch
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.planning.variables import validate_manual_answers
from mobius_tui.run.storage.run_directory import (
    RunDirectory,
    make_run_directory,
    replace_sources,
)
from mobius_tui.run.storage.run_limits import (
    LimitedThing,
    encode_things,
    limits_file,
    take_limits,
)
from mobius_tui.run.storage.state_folders import make_shared_folder, runs_root
from mobius_tui.run.storage.table_of_contents import write_table_of_contents
from mobius_tui.run.storage.taken_run import make_takeover_note
from mobius_tui.runbook.model.runbook import runbook_digest
from mobius_tui.structs import replace

RUN_KEY_BYTES = 16
"""Of `RunBegan.key`: two of all runs there ever are have the same one by no chance."""


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
        RunError: the directory or the host could not be made, another run is in its
            way, or its `[limits]` are reached.
    """
    ready = answer_briefing(briefing, answers or {})
    runbook = ready.runbook
    if isinstance(auto, StartAutomatic) and not briefing.although_running:
        _refuse_beside(ready)
    # A watch is at nothing: it would keep all others away for as long as it watches.
    things = _limited_things(ready) if watch is None else ()
    free = take_limits(things, limits_file())
    if free is not None:
        os.close(
            free
        )  # the host takes them for the run; this is told before it is made
    if auto is not None:
        feature = "--auto" if isinstance(auto, StartAutomatic) else "--auto-rollback"
        refuse_unattended(runbook, feature)
    if isinstance(auto, StartAutomatic):
        validate_manual_answers(runbook, auto.answers)
    directory = _directory_of(ready)
    if ready.share_control:
        make_takeover_note(directory)
    began = replace(_run_began_event(ready, directory), limits=encode_things(things))
    first = None if auto is None else encode_envelope(Envelope(action=auto)).decode()
    write_table_of_contents(
        directory, Plan(runbook), mode=ready.mode, environment=ready.environment
    )
    spec = HostSpec(
        began=began,
        values=ready.values,
        secrets=ready.secrets,
        first_intent=first,
        watch=watch,
    )
    await start_host(directory, spec, runbook)
    return directory


def _refuse_beside(ready: Briefing) -> None:
    """Refuse to run by itself what another run does, or may undo.

    Raises:
        RunError: there is such a run, and a process runs it, and this one would change
            something there.
    """
    if ready.mode is Mode.DRILL or ready.host_sites:
        return
    beside = runs_beside(ready.runbook, ready.workdir, ready.hosts)
    others = [each for each in beside if each.is_in_the_way]
    if others:
        told = "; ".join(each.in_words(time.time()) for each in others)
        words = "wait for its end, or run beside it by --although-running"
        raise RunError(f"--auto: {told}; {words}")


def _limited_things(ready: Briefing) -> tuple[LimitedThing, ...]:
    """What `[limits]` of the runbook holds the run to; nothing in a drill.

    Raises:
        UsageError: its hosts are not known, or its folder is gone.
    """
    if ready.mode is Mode.DRILL:
        return ()
    return limited_things(ready.runbook, ready.workdir, ready.hosts)


def _directory_of(ready: Briefing) -> RunDirectory:
    """The directory of a new run: made now, or beforehand.

    Raises:
        UsageError: it is to be shared, and cannot be.
        RunError: it cannot be made.
    """
    runbook = ready.runbook
    if ready.reserved_run is not None:
        reserved = RunDirectory(ready.reserved_run)
        replace_sources(reserved, runbook)
        return reserved
    root = runs_root() if ready.share is None else make_shared_folder(ready.share)
    return make_run_directory(
        root,
        runbook,
        time.time(),
        shared=ready.share is not None,
    )


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
        title=ready.plan.runbook.title,
        mode=ready.mode,
        profile=ready.profile,
        environment=ready.environment,
        protected=ready.protected,
        workdir=str(ready.workdir),
        operator=current_operator(),
        setting={
            "PATH": ready.search_path,
            "HOME": os.environ.get("HOME", "/"),
            "LANG": os.environ.get("LANG", "C.UTF-8"),
            "umask": f"{umask:03o}",
            **ready.home_and_tmpdir,
        },
        site=ready.site,
        path=str(runbook.path.resolve()),
        sink=ready.sink,
        pages=ready.sends_to_channels,
        share=ready.share,
        share_control=ready.share_control,
        limit=ready.limit,
        host_sites=ready.host_sites,
        targets={name: found.sha256 for name, found in ready.hosts.items()},
        playbooks=ready.playbooks,
        as_written=runs_as_written(ready) or None,
        confined=ready.confined or None,
        key=secrets.token_hex(RUN_KEY_BYTES),
        files={file.name: file.sha256 for file in runbook.files} or None,
    )
