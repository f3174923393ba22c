"""This machine: processes by command line; samples of CPU, memory, disk and load."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path, PurePath

import psutil
from msgspec import Struct

from mobius_tui.health import safe_search
from mobius_tui.health.health_record import MachineSample
from mobius_tui.health.safe_search import TooSlowError, lines_matching

MAX_COMMAND_LINE = 4096
"""Characters of a command line that are searched; a command line can be 2 MB."""


class Process(Struct, frozen=True, kw_only=True):
    """One living process."""

    pid: int
    argv: tuple[str, ...]

    @property
    def command_line(self) -> str:
        """Its arguments, joined by spaces and cut to `MAX_COMMAND_LINE`."""
        return " ".join(self.argv)[:MAX_COMMAND_LINE]


def read_process(pid: int) -> Process | None:
    """A process; `None` if it is gone, a zombie, a kernel thread or not readable."""
    try:
        argv = psutil.Process(pid).cmdline()
    except (psutil.Error, OSError):
        return None
    return Process(pid=pid, argv=tuple(argv)) if any(argv) else None


def all_processes() -> Iterator[Process]:
    """Every process whose command line can be read."""
    for pid in psutil.pids():
        found = read_process(pid)
        if found is not None:
            yield found


def runs_this_program(argv: tuple[str, ...]) -> bool:
    """Whether a command line runs this program: a viewer, a host or a keeper."""
    if not argv:
        return False
    program = PurePath(argv[0]).name
    if program == "mobius-tui":
        return True
    if not program.lower().startswith("python"):
        return False
    words = iter(argv[1:])
    for word in words:
        if word == "-m":
            return next(words, "").split(".")[0] == "mobius_tui"
        if word in ("-X", "-W"):
            next(words, "")
        elif not word.startswith("-"):
            script = PurePath(word)
            return script.name == "mobius-tui" or "mobius_tui" in script.parts
    return False


def group_of(pid: int) -> int | None:
    """The process group of a process; `None` if it is gone."""
    try:
        return os.getpgid(pid)
    except OSError:
        return None


def is_counted(pid: int, excluded_groups: AbstractSet[int]) -> bool:
    """Whether a process is alive, and its group is not among the excluded ones."""
    group = group_of(pid)
    return group is not None and group not in excluded_groups


def with_ancestors(pids: AbstractSet[int]) -> frozenset[int]:
    """The given processes, and their ancestors within the same session."""
    found: set[int] = set()
    for pid in pids:
        each: int | None = pid
        while each is not None and each > 1 and each not in found:
            found.add(each)
            each = _parent_in_session(each)
    return frozenset(found)


def _parent_in_session(pid: int) -> int | None:
    try:
        parent = psutil.Process(pid).ppid()
        return parent if parent and os.getsid(parent) == os.getsid(pid) else None
    except (psutil.Error, OSError):
        return None


def matching_processes(
    pattern: str,
    *,
    excluded_groups: AbstractSet[int] = frozenset(),
    excluded_pids: AbstractSet[int] = frozenset(),
) -> tuple[Process, ...]:
    """The processes whose command line matches, without this program's own.

    Args:
        pattern: searched for in the command line.
        excluded_groups: process groups whose members do not count.
        excluded_pids: processes that do not count, nor their ancestors in the session,
            nor what they have just started, which is in none of the groups yet.

    Raises:
        TooSlowError: the pattern takes too long.
    """
    processes = tuple(all_processes())
    hits = safe_search.lines_matching(
        pattern, [each.command_line for each in processes]
    )
    ours = {each.pid for each in processes if runs_this_program(each.argv)}
    excluded = with_ancestors(ours | excluded_pids | {os.getpid()})
    return tuple(
        each
        for each, is_hit in zip(processes, hits, strict=True)
        if each.pid not in excluded and is_hit and is_counted(each.pid, excluded_groups)
        if _parent_of(each.pid) not in excluded_pids
    )


def _parent_of(pid: int) -> int | None:
    """The process that started another one; `None` where it is gone."""
    try:
        return psutil.Process(pid).ppid()
    except psutil.Error:
        return None


FULL_SCAN_EVERY = 15.0
"""Seconds after which every process is read again: exec changes command lines."""


class _ScannedProcess(Struct, frozen=True, kw_only=True):
    """A process as it was when its command line was last read."""

    names: frozenset[str]
    ours: bool
    is_read_twice: bool
    """Whether it was read twice, so that it need not be read at the next scan."""


class ProcessCounter:
    """Counts of the processes that match each of some patterns."""

    def __init__(self, patterns: Mapping[str, str]) -> None:
        """Prepare to count; no process is read yet.

        Args:
            patterns: regular expressions by name, searched for in command lines. One
                that takes too long is dropped.
        """
        self._patterns = dict(patterns)
        self._scanned: dict[int, _ScannedProcess] = {}
        self._full_scan_at: float | None = None

    def count(
        self,
        mono: float,
        *,
        excluded_groups: AbstractSet[int] = frozenset(),
        excluded_pids: AbstractSet[int] = frozenset(),
    ) -> dict[str, int]:
        """How many processes match now, by name; this program's own do not count.

        Args:
            mono: now, in the machine's monotonic seconds.
            excluded_groups: process groups whose members do not count.
            excluded_pids: processes that do not count, nor their ancestors.
        """
        if not self._patterns:
            return {}
        full = (
            self._full_scan_at is None or mono - self._full_scan_at >= FULL_SCAN_EVERY
        )
        if full:
            self._full_scan_at = mono
        self._scan(full=full)
        ours = {pid for pid, scanned in self._scanned.items() if scanned.ours}
        excluded = with_ancestors(ours | excluded_pids | {os.getpid()})
        numbers = dict.fromkeys(self._patterns, 0)
        for pid, scanned in self._scanned.items():
            if (
                scanned.names
                and pid not in excluded
                and is_counted(pid, excluded_groups)
            ):
                for name in scanned.names & numbers.keys():
                    numbers[name] += 1
        return numbers

    def _scan(self, *, full: bool) -> None:
        scanned: dict[int, _ScannedProcess] = {}
        processes: dict[int, Process | None] = {}
        for pid in psutil.pids():
            before = self._scanned.get(pid)
            if before is None or full or before.names or not before.is_read_twice:
                processes[pid] = read_process(pid)
            else:
                scanned[pid] = before
        names = self._matching_names(
            [each for each in processes.values() if each is not None]
        )
        for pid, each in processes.items():
            scanned[pid] = _ScannedProcess(
                names=frozenset(names.get(pid, ())),
                ours=each is not None and runs_this_program(each.argv),
                is_read_twice=pid in self._scanned,
            )
        self._scanned = scanned

    def _matching_names(self, processes: list[Process]) -> dict[int, list[str]]:
        """The names of the patterns that match, by process id."""
        names: dict[int, list[str]] = {each.pid: [] for each in processes}
        for name, pattern in tuple(self._patterns.items()):
            try:
                hits = lines_matching(
                    pattern, [each.command_line for each in processes]
                )
            except TooSlowError as error:
                print(f"{name}: {error}", flush=True)  # noqa: T201 - host.log
                del self._patterns[name]
                continue
            for each, is_hit in zip(processes, hits, strict=True):
                if is_hit:
                    names[each.pid].append(name)
        return names


class MachineSampler:
    """Takes samples of the machine; only one thread may do so at a time."""

    def __init__(
        self, workdir: Path, patterns: Mapping[str, str] | None = None
    ) -> None:
        """Prepare; nothing is measured yet.

        Args:
            workdir: a path on the disk that is measured.
            patterns: regular expressions of processes to count, by display name.
        """
        self._workdir = workdir
        self._patterns = patterns or {}
        self._cpu: tuple[float, float] | None = None
        self._process_counter: ProcessCounter | None = None

    def sample(
        self,
        *,
        at: float,
        mono: float,
        excluded_groups: AbstractSet[int] = frozenset(),
        excluded_pids: AbstractSet[int] = frozenset(),
    ) -> MachineSample:
        """Take a sample; a figure that cannot be measured is `None`.

        Args:
            at: now, in seconds since 1970.
            mono: now, in the machine's monotonic seconds.
            excluded_groups: process groups whose members do not count.
            excluded_pids: processes that do not count.
        """
        if self._process_counter is None:
            self._process_counter = ProcessCounter(self._patterns)
        try:
            memory: float | None = psutil.virtual_memory().percent
        except (psutil.Error, OSError):
            memory = None
        try:
            disk: float | None = psutil.disk_usage(str(self._workdir)).percent
        except OSError:
            disk = None
        try:
            load1: float | None = round(psutil.getloadavg()[0], 2)
        except OSError:
            load1 = None
        return MachineSample(
            at=at,
            mono=mono,
            cpu=self._cpu_percent(),
            memory=memory,
            disk=disk,
            load1=load1,
            processes=self._process_counter.count(
                mono, excluded_groups=excluded_groups, excluded_pids=excluded_pids
            ),
        )

    def _cpu_percent(self) -> float | None:
        """Per cent of all cores since the last sample; `None` at the first.

        psutil's own figure goes by the calling thread, and samples come from several.
        """
        try:
            times = psutil.cpu_times()
        except (psutil.Error, OSError):
            return None
        # A guest's time is in the user's time already.
        total = (
            sum(times) - getattr(times, "guest", 0) - getattr(times, "guest_nice", 0)
        )
        busy = total - times.idle - getattr(times, "iowait", 0)
        before, self._cpu = self._cpu, (busy, total)
        if before is None or total <= before[1]:
            return None
        percent = 100 * (busy - before[0]) / (total - before[1])
        return round(min(max(percent, 0.0), 100.0), 1)
