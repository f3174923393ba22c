"""Other runs of this machine that are at the same thing: told before a run begins.

Never by a name alone: hosts are the same by the digest of their list, or by name,
address and port; a folder by its device and inode. A drill is at sites of its own, and
what only reads is in nobody's way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from mobius_tui import sanitize
from mobius_tui.errors import MobiusError, UsageError
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.planning.plan import effect_of
from mobius_tui.run.state.step_state import Status
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.run_index import all_runs, runs_shared_by_others
from mobius_tui.run.storage.run_limits import LimitedThing
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.run.targets.resolve_targets import read_host_list, resolve_names
from mobius_tui.run.targets.resolved_hosts import ResolvedHosts, TargetHost
from mobius_tui.runbook.model.runbook import Runbook
from mobius_tui.runbook.text.units import local_time

MAX_RUNS_READ = 50
"""Open runs that are read at most, the newest first."""
MAX_HOSTS_NAMED = 3

HostIdentity = tuple[str, str, int | None]


class RunBeside(Struct, frozen=True, kw_only=True):
    """A run that is open, and at the same hosts or in the same folder."""

    id: str
    title: str
    operator: str
    began: float
    """Seconds since 1970."""
    steps: tuple[str, ...]
    """The names of the steps that run."""
    where: str
    """What both are at, in words."""
    has_host: bool
    """Whether the process that runs it lives."""
    changes: bool = True
    """Whether the new run would change something there, and not only read."""

    @property
    def is_in_the_way(self) -> bool:
        """Whether the new run does not begin by itself beside it."""
        return self.has_host and self.changes

    def in_words(self, now: float) -> str:
        """For a person, before a run begins.

        Args:
            now: seconds since 1970.
        """
        since = local_time(self.began, now)
        at = f"at {' and '.join(self.steps)}" if self.steps else "between two steps"
        at = at if self.has_host else "open, and nothing runs it now"
        words = f"{self.operator} runs {self.title} {self.where} since {since}, {at}"
        return sanitize.line(f"{words}: {self.id}")


def runs_beside(
    runbook: Runbook, workdir: Path, hosts: Mapping[str, ResolvedHosts]
) -> tuple[RunBeside, ...]:
    """The open runs at the same hosts, or of the same runbook in the same folder.

    Args:
        runbook: what is to be run.
        workdir: where.
        hosts: of its targets, as far as they are known.
    """
    found: list[RunBeside] = []
    runs = (*all_runs(runs_root()), *runs_shared_by_others())
    open_runs = [run for run in runs if not run.record.exists()]
    for directory in open_runs[:MAX_RUNS_READ]:
        with suppress(MobiusError, OSError):  # whoever opens it is told what is wrong
            found += _beside(directory, runbook, workdir, hosts)
    return tuple(found)


def _beside(
    directory: RunDirectory,
    runbook: Runbook,
    workdir: Path,
    hosts: Mapping[str, ResolvedHosts],
) -> Iterator[RunBeside]:
    """One run, if it is in the way."""
    pid = directory.host_pid()
    follower = Follower(directory)
    began, state, plan = follower.began, follower.state, follower.plan
    if state.ended is not None or began.is_drill or began.host_sites:
        return
    if state.watch.watch_run is not None:
        return
    shared, changes = _shared_hosts(directory, follower, runbook, hosts)
    where = _hosts_in_words(shared)
    if (
        not where
        and began.runbook == runbook.id
        and _changes(runbook)
        and _is_same_folder(Path(began.workdir), workdir)
    ):
        where, changes = f"in the same folder {workdir}", True
    if where:
        running = (n for n, s in state.steps.items() if s.status is Status.RUNNING)
        yield RunBeside(
            id=directory.id,
            title=began.title,
            operator=began.operator,
            began=state.began_at,
            steps=tuple(map(plan.name, running)),
            where=where,
            has_host=pid is not None,
            changes=changes,
        )


def _changes(runbook: Runbook, target: str | None = None) -> bool:
    """Whether a step does more than read: on any hosts of a target, or at all."""
    return any(
        effect_of(step) != "read"
        for step in runbook.steps()
        if target is None or (step.rollout and step.rollout.target == target)
    )


def _shared_hosts(
    directory: RunDirectory,
    follower: Follower,
    runbook: Runbook,
    hosts: Mapping[str, ResolvedHosts],
) -> tuple[tuple[str, ...], bool]:
    """The hosts that both runs are at, and one of them changes something on.

    Returns:
        Their names, and whether the new run is one that changes them.
    """
    other, digests = follower.plan.runbook, follower.began.targets
    theirs = {
        target: _hosts_of_run(directory, follower, target)
        for target in {step.rollout.target for step in other.steps() if step.rollout}
    }
    shared: dict[str, None] = {}
    changed = False
    for mine, found in hosts.items():
        if not any(s.rollout and s.rollout.target == mine for s in runbook.steps()):
            continue  # probes alone look at them
        for target, there in theirs.items():
            changes = _changes(runbook, mine)
            if not (changes or _changes(other, target)):
                continue
            is_same = digests.get(target) == found.sha256
            both = {
                host.name: None
                for host in found.hosts
                if is_same or _identity(host) in there
            }
            shared |= both
            changed |= changes and bool(both)
    return tuple(shared), changed


def _hosts_in_words(names: Sequence[str]) -> str:
    """Some hosts, and how many more there are; empty for none."""
    more = len(names) - MAX_HOSTS_NAMED
    named = ", ".join(names[:MAX_HOSTS_NAMED])
    words = f"on {named}" if names else ""
    return f"{words} and {more} more" if more > 0 else words


def _hosts_of_run(
    directory: RunDirectory, follower: Follower, target: str
) -> set[HostIdentity]:
    """The hosts of a target of another run, as far as its files say them."""
    found: set[HostIdentity] = set()
    began, runbook = follower.began, follower.plan.runbook
    for step, fleet in follower.state.fleets.items():
        for number, own in fleet.attempts.items():
            if own.target == target:
                with suppress(MobiusError, OSError):
                    listed = read_host_list(directory.attempt(step, number))
                    found |= set(map(_identity, listed.hosts))
    if not runbook.targets[target].inventory:
        with suppress(MobiusError):
            limit = runbook.limit_of(target, began.limit)
            folder = Path(began.path).parent
            named = resolve_names(runbook.targets[target], folder, limit=limit)
            found |= set(map(_identity, named.hosts))
    return found


def _identity(host: TargetHost) -> HostIdentity:
    return host.name.lower(), host.address.lower(), host.port


def _is_same_folder(one: Path, other: Path) -> bool:
    """Whether two paths lead to one folder, by device and inode."""
    try:
        return one.samefile(other)
    except OSError:
        return False


def limited_things(
    runbook: Runbook, workdir: Path, hosts: Mapping[str, ResolvedHosts]
) -> tuple[LimitedThing, ...]:
    """What `[limits]` of a runbook holds its runs to.

    Args:
        runbook: what is to be run.
        workdir: where.
        hosts: of its targets.

    Raises:
        UsageError: the folder or the runbook is not there any more, or hosts are not
            known.
    """
    limits = runbook.limits
    found: list[LimitedThing] = []
    if limits.same_runbook is not None:
        place = _file_identity(runbook.path.parent)
        found.append(
            LimitedThing(
                kind="same_runbook",
                name=runbook.id,
                # An editor may replace the file: its folder and its name stay.
                identity=f"{place} {runbook.path.name}",
                most=limits.same_runbook,
            )
        )
    if limits.same_folder is not None:
        found.append(
            LimitedThing(
                kind="same_folder",
                name=str(workdir),
                identity=_file_identity(workdir),
                most=limits.same_folder,
            )
        )
    if limits.same_hosts is not None:
        used = {step.rollout.target for step in runbook.steps() if step.rollout}
        if unread := sorted(used - hosts.keys()):
            words = f"the hosts of {', '.join(unread)} are not known"
            raise UsageError(f"[limits] same_hosts: {words}")
        each = {_identity(h): h for name in used for h in hosts[name].hosts}
        found += [
            LimitedThing(
                kind="same_hosts",
                name=host.name,
                identity=f"{host.address.lower()} {host.port}",
                most=limits.same_hosts,
            )
            for host in each.values()
        ]
    return tuple(found)


def _file_identity(path: Path) -> str:
    """The device and the inode of a file or folder.

    Raises:
        UsageError: it is not there.
    """
    try:
        seen = path.stat()
    except OSError as error:
        raise UsageError(f"[limits]: {path}: {error.strerror}") from error
    return f"{seen.st_dev} {seen.st_ino}"
