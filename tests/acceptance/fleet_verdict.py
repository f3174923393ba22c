"""What a run that goes over hosts came to, held against what really ran on them."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from mobius_tui.run.attempts.attempt_hosts import claim_number
from mobius_tui.run.events.fleet_events import HostStatus
from mobius_tui.run.fleet.fleet_lines import RETRY_PAUSES
from mobius_tui.run.fleet.host_output import output_path
from mobius_tui.run.state.fleet_state import HostState
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.storage.run_directory import RunDirectory
from tests.acceptance.fleet_victims import KEEPER, SESSION, WAY, Place, Victim
from tests.acceptance.terminal import PROGRAM

STEP = "go"
"""The step that is looked at."""
LINES = 12
"""Lines that its script prints, as in `WHOLE`."""
WHOLE = "".join(f"line {n}\n" for n in range(LINES))


@dataclass(slots=True)
class Tally:
    """What a campaign found."""

    kills: Counter[str] = field(default_factory=Counter)
    trials: int = 0
    states: Counter[str] = field(default_factory=Counter)
    """How hosts ended, those that a person settled by what was said."""
    again: int = 0
    """Begun again: nothing of the try before had run, or nobody had been reached."""
    outputs: int = 0
    """Compared."""
    doubles: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    """Known, but not so."""
    needless: list[str] = field(default_factory=list)
    """Unknown although nothing was killed that would explain it."""
    torn: list[str] = field(default_factory=list)
    """Outputs that were cut or doubled."""
    broken: list[str] = field(default_factory=list)
    """Runs that `verify` or `report` says something else of, or that did not end."""
    left: list[str] = field(default_factory=list)
    """Processes that outlived their run."""

    @property
    def killed(self) -> int:
        """All kills."""
        return self.kills.total()

    @property
    def faults(self) -> dict[str, list[str]]:
        """What is not as it must be, by what it is called."""
        return {
            "twice": self.doubles,
            "wrongly known": self.wrong,
            "unknown without need": self.needless,
            "outputs torn": self.torn,
            "runs broken": self.broken,
            "processes left": self.left,
        }

    @property
    def holds(self) -> bool:
        """Whether all is as it must be."""
        return not any(self.faults.values())

    def line(self) -> str:
        """For a person."""
        kinds = ", ".join(f"{count} {kind}" for kind, count in self.kills.items())
        ends = ", ".join(f"{count} {state}" for state, count in self.states.items())
        faults = ", ".join(
            f"{name} {found or 0}" for name, found in self.faults.items()
        )
        return (
            f"{self.killed} kills ({kinds}), {self.trials} trials, "
            f"{self.states.total()} hosts ({ends}), {self.again} begun again, "
            f"{self.outputs} outputs compared: {faults}"
        )


@dataclass(slots=True)
class Harmed:
    """What was killed that may leave a host of which nobody knows."""

    claims: set[tuple[str, int]] = field(default_factory=set)
    """Whose keeper was killed."""
    lost: set[str] = field(default_factory=set)
    """Hosts that lost their claims."""
    lines: Counter[str] = field(default_factory=Counter)
    """By host, how often something between it and here was killed."""

    def note(self, victim: Victim) -> None:
        """Take down that a process was killed."""
        if victim.kind == KEEPER:
            self.claims.add((victim.host, victim.claim))
        self.lines[victim.host] += victim.kind in (WAY, SESSION)

    def explains(self, host: str, found: HostState) -> bool:
        """Whether it was killed or lost what alone could say how the script ended."""
        if host in self.lost:
            return True
        if (host, claim_number(found.attempt, found.tries)) in self.claims:
            return True
        # Or all tries to reach it again were cut off.
        is_lost = found.reason.startswith("its end is not known")
        return is_lost and self.lines[host] > len(RETRY_PAUSES)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A run that is over, and all that there is to hold it against."""

    place: Place
    directory: RunDirectory
    state: RunState
    harmed: Harmed
    mark: str
    """What the script noted on each host where it ran."""

    def judge(self, tally: Tally) -> None:
        """Add to a tally what there is to be said of the run."""
        tally.trials += 1
        newest = self.state.fleets[STEP].newest_states()
        for host, found in newest.items():
            tally.states[found.settled or found.status] += 1
            tally.again += max(0, found.tries - 1)
            self._judge_host(host, found, tally)
            self._compare_output(host, found, tally)
        unknown = [h for h, each in newest.items() if each.status is HostStatus.UNKNOWN]
        self._judge_commands(unknown, tally)

    def _judge_host(self, host: str, found: HostState, tally: Tally) -> None:
        times = times_run(self.place, host, self.mark)
        where = self._words(host, found)
        if times > 1:
            tally.doubles.append(where)
        is_wrong = {
            HostStatus.OK: times != 1,
            HostStatus.FAILED: found.settled is None or times > 0,
            HostStatus.WAITING: times > 0,
            HostStatus.PENDING: times > 0,
            HostStatus.UNREACHABLE: False,
            HostStatus.UNKNOWN: False,
        }
        if is_wrong.get(found.status, True):
            tally.wrong.append(where)
        is_unknown = found.status is HostStatus.UNKNOWN or found.settled is not None
        if is_unknown and not self.harmed.explains(host, found):
            tally.needless.append(where)

    def _compare_output(self, host: str, found: HostState, tally: Tally) -> None:
        attempt = self.directory.attempt(STEP, found.attempt).path
        file = output_path(attempt, host)
        text = file.read_text() if file.exists() else ""
        tally.outputs += 1
        is_whole = found.status is HostStatus.OK and found.settled is None
        if not WHOLE.startswith(text) or (is_whole and text != WHOLE):
            tally.torn.append(f"{self._words(host, found)}: {text!r}")

    def _judge_commands(self, unknown: Sequence[str], tally: Tally) -> None:
        """What the program says of the run, now that it is over."""
        says = {
            word: subprocess.run(
                [PROGRAM, word, self.directory.id],
                env=self.place.environment,
                capture_output=True,
                text=True,
                check=False,
            )
            for word in ("verify", "report")
        }
        verified, lines = says["verify"], says["report"].stdout.splitlines()
        if verified.returncode or "consistent in itself" not in verified.stdout:
            tally.broken.append(f"{self.directory.id}: {verified.stdout}")
        for host in unknown:
            if not any(line.startswith(f"| {host} | unknown |") for line in lines):
                tally.broken.append(f"{self.directory.id}: no report of {host} unknown")

    def _words(self, host: str, found: HostState) -> str:
        times = times_run(self.place, host, self.mark)
        return f"{self.directory.path} {host}: {found}, ran {times}"


def times_run(place: Place, host: str, mark: str) -> int:
    """How often the script of a run ran on a host, as counted there."""
    file = place.counts / host
    return file.read_text().split().count(mark) if file.exists() else 0
