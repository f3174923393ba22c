"""A rehearsal: a site that is built and broken, and taken down whatever happens."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from mobius_tui.drill import injected
from mobius_tui.drill import site as sites
from mobius_tui.drill.faults import Fault
from mobius_tui.drill.faults.combine import environment_of
from mobius_tui.drill.furnish import Kind
from mobius_tui.drill.sweep import reap_orphans
from mobius_tui.run.briefing import Briefing, prepare
from mobius_tui.run.home import private_folder
from mobius_tui.runbook.decode import load
from mobius_tui.runbook.library import find

_GUARDS: list[subprocess.Popen[bytes]] = []
"""Guards that this process started: they outlive it, and are reaped if they do not."""


@contextmanager
def rehearsal(
    runbook: str,
    fault: Fault,
    *,
    seed: int,
    given: Mapping[str, str],
    keep: bool,
    send: bool = False,
    besides: Sequence[Fault] = (),
    kind: Kind = "real",
    environment: str | None = None,
) -> Iterator[Briefing]:
    """A broken site, and the briefing of a run against it.

    A guard process takes the site down when neither this process nor a host of the
    run needs it any more; a crash of either changes nothing about that.

    Args:
        runbook: a bundled runbook's id, or a file.
        fault: what breaks.
        seed: equal seeds make equal sites.
        given: values of `--var`; they win over the site's own.
        keep: whether the site's files stay.
        send: whether its messages go to the channels' own addresses.
        besides: what breaks beside the fault, and after it.
        kind: what the site is like.
        environment: which one it is about; as the faults say without it.

    Raises:
        MobiusError: the runbook, a variable or the site cannot be.
    """
    book = load(find(runbook))
    root = sites.sites_root()
    private_folder(root)
    reap_orphans(root)
    started = datetime.now(UTC)
    folder = root / f"{started:%Y-%m-%dT%H-%M-%S}-{os.getpid()}"
    prepare(book, given=given)
    watch = guard(folder.resolve(), os.getpid(), keep=keep)
    site = sites.build(
        folder,
        seed=seed,
        started=started,
        kind=kind,
        environment=environment or environment_of((fault, *besides)),
    )
    sites.own(site.root, watch)
    if keep:
        (site.root / "run" / "kept").touch()
    for each in (fault, *besides):
        each.inject(site)
        injected.keep(site.root, each.name, time.time())
    known = {
        name: value
        for name, value in sites.drill_variables(site).items()
        if name in book.variables
    }
    around = sites.environment(site)
    yield prepare(
        book,
        given={**known, **given},
        workdir=site.root,
        mode="drill",
        site=str(site.root),
        sink=None if send else site.sink,
        pages=send,
        path=around.pop("PATH"),
        places=around,
    )


def guard(root: Path, pid: int, *, keep: bool) -> int:
    """Start the process that takes a site down when nobody needs it; gives its pid.

    Args:
        root: the site's folder.
        pid: the process that needs it until a run is begun.
        keep: whether the site's files stay.
    """
    process = subprocess.Popen(
        [
            *(sys.executable, "-P", "-m", "mobius_tui.drill.guard"),
            *(str(root), str(pid), "keep" if keep else "remove"),
        ],
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    _GUARDS.append(process)
    return process.pid
