"""Starting a new run from its briefing."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Mapping

from mobius_tui.run.client.drill_reach import runs_as_written
from mobius_tui.run.client.preflight import refuse_unattended
from mobius_tui.run.client.run_briefing import Briefing, answer_briefing
from mobius_tui.run.client.start_host import start_host
from mobius_tui.run.events.run_events import RunBegan
from mobius_tui.run.events.watch_events import WatchBegan
from mobius_tui.run.host.takeover import HostSpec, current_operator
from mobius_tui.run.intents.control_protocol import Envelope, encode_envelope
from mobius_tui.run.intents.intent_actions import ArmWatch, StartAutomatic
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.planning.variables import validate_manual_answers
from mobius_tui.run.storage.run_directory import (
    RunDirectory,
    make_run_directory,
    replace_sources,
)
from mobius_tui.run.storage.state_folders import make_shared_folder, runs_root
from mobius_tui.run.storage.table_of_contents import write_table_of_contents
from mobius_tui.runbook.model.runbook import runbook_digest

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
        RunError: the directory or the host could not be made.
    """
    ready = answer_briefing(briefing, answers or {})
    runbook = ready.runbook
    if auto is not None:
        feature = "--auto" if isinstance(auto, StartAutomatic) else "--auto-rollback"
        refuse_unattended(runbook, feature)
    if isinstance(auto, StartAutomatic):
        validate_manual_answers(runbook, auto.answers)
    directory = _directory_of(ready)
    began = _run_began_event(ready, directory)
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


def _directory_of(ready: Briefing) -> RunDirectory:
    """The directory of a new run: made now, or beforehand.

    Raises:
        UsageError: it is to be shared, and cannot be.
        RunError: it cannot be made.
    """
    runbook = ready.runbook
    if ready.reserved_run is not None:
        reserved = RunDirectory(ready.reserved_run)
        replace_sources(reserved, runbook.sources)
        return reserved
    root = runs_root() if ready.share is None else make_shared_folder(ready.share)
    return make_run_directory(
        root,
        runbook.id,
        runbook.sources,
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
        title=runbook.title,
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
    )
