"""Leads a drill that is under way: injects, worsens and heals faults by name.

The facilitator acts on the site that the run names, from a process of their own. The
journal only gets the seal of each act, which is the SHA-256 of its line in the site's
log (`injection_log`): the team reads the journal, and must not read there what broke.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from mobius_tui.drill import injection_log
from mobius_tui.drill.drill_score import DrillScorer, Score
from mobius_tui.drill.drill_verdict import injected_fault_facts
from mobius_tui.drill.faults import Fault
from mobius_tui.drill.own_staging import faults_at, site_at
from mobius_tui.drill.site.drill_site import Site
from mobius_tui.errors import RunError, UsageError
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.events.run_events import FacilitatorAct
from mobius_tui.run.intents.action import Action
from mobius_tui.run.intents.control_protocol import Reply
from mobius_tui.run.intents.drill_intents import GiveHint, TouchSite
from mobius_tui.run.journal.follower import Follower, JournalFollower
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.run_index import all_runs
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.runbook.text.names import did_you_mean

ACT_IN_PAST_TENSE: Mapping[FacilitatorAct, str] = {
    "inject": "injected",
    "worsen": "worsened",
    "heal": "healed",
}
"""Each act, once it is done."""
SendIntent = Callable[[Action], Awaitable[Reply]]
"""Sends an action to a host, and returns its reply."""


def drill_under_way() -> RunDirectory:
    """The newest drill that a host runs.

    Raises:
        UsageError: there is none.
        RunError: a run that is newer, and has a host, cannot be read.
    """
    for directory in all_runs(runs_root()):
        if not directory.record.exists() and directory.host_pid() is not None:
            began = Follower(directory).began
            if began.is_drill:
                return directory
    raise UsageError(
        "no drill is under way: `mobius-tui drill` in another terminal begins one, and "
        "once it has begun this can lead it"
    )


class Facilitator:
    """Leads one drill."""

    def __init__(self, viewer: Viewer, send_intent: SendIntent | None = None) -> None:
        """Start to lead a drill.

        Args:
            viewer: the drill's; whoever made it closes it.
            send_intent: asks the host; the viewer itself without one.

        Raises:
            UsageError: it is no drill, it is over, or it has no site to break.
            RunError: the site's folder cannot be read.
        """
        began, state = viewer.follower.began, viewer.follower.state
        run = viewer.directory.id
        if not began.is_drill or began.site is None:
            raise UsageError(f"{run} is no drill on a site: there is nothing to inject")
        if state.ended is not None:
            raise UsageError(f"{run} is over; a facilitator leads what is under way")
        self._viewer = viewer
        self._send_intent: SendIntent = send_intent or viewer.send_intent
        self._scorer = DrillScorer(viewer.follower.plan)
        self._journal = JournalFollower(viewer.directory)
        self.root = Path(began.site)
        self.faults: Mapping[str, Fault] = faults_at(self.root)
        """What can be injected, by name."""

    @property
    def site(self) -> Site:
        """The drill's site.

        Raises:
            RunError: its folder is not there any more.
        """
        return site_at(self.root)

    def fault(self, name: str) -> Fault:
        """A fault.

        Raises:
            UsageError: there is none of that name.
        """
        if name not in self.faults:
            near, known = did_you_mean(name, self.faults), ", ".join(self.faults)
            raise UsageError(f"there is no fault {name!r}{near}; there are {known}")
        return self.faults[name]

    async def act(self, act: FacilitatorAct, fault: Fault) -> None:
        """Journal the seal of an act, log the act itself, and do it.

        Raises:
            RunError: the host refuses, or the site cannot be touched.
        """
        site = self.site
        note = injection_log.new_log_line(fault.name, time.time(), act)
        seal = injection_log.seal(note)
        await self._send(TouchSite(act=act, seal=seal))
        injection_log.append_line(self.root, note)
        do = {
            "inject": fault.inject,
            "worsen": fault.worsen or fault.inject,
            "heal": fault.heal,
        }[act]
        try:
            await asyncio.to_thread(do, site)
        except (OSError, ValueError) as error:
            raise RunError(f"{fault.name}: {error}") from error

    async def hint(self, text: str) -> None:
        """Tell the team something; it counts in the score.

        Raises:
            RunError: the host refuses.
        """
        await self._send(GiveHint(text=text))

    async def _send(self, action: Action) -> None:
        reply = await self._send_intent(action)
        if not reply.ok:
            raise RunError(reply.text)

    def last_acts(self) -> Mapping[str, FacilitatorAct]:
        """The last act (inject, worsen or heal) on each fault, by the fault's name.

        Raises:
            RunError: the site's injection log cannot be read.
        """
        return {each.fault: each.act for each in injection_log.read_acts(self.root)}

    def score(self) -> Score:
        """The score until now, without a check of the site.

        Raises:
            MobiusError: the run, or the site's injection log, cannot be read.
        """
        for entry in self._journal.read_new():
            self._scorer.apply(entry)
        past = self._viewer.follower.health_history
        return self._scorer.score(past, None, injected_fault_facts(self.root))
