"""Text outside the screens: title, bell, and a status update to paste."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mobius_tui import sanitize
from mobius_tui.run.events.mode_and_outcome import Outcome
from mobius_tui.run.journal.describe_entry import unsent_reason
from mobius_tui.run.planning.plan import is_live_output
from mobius_tui.run.planning.run_outcome import run_progress
from mobius_tui.run.state.deliveries import DELIVERY_STATUSES_NEEDING_PERSON
from mobius_tui.run.state.step_state import STATUSES_NEEDING_DECISION, Status
from mobius_tui.runbook.text.shortening import shortened
from mobius_tui.runbook.text.units import clock_duration, duration_in_words
from mobius_tui.tui.messages import TitleChanged
from mobius_tui.tui.presenters.communication import open_deliveries
from mobius_tui.tui.presenters.glyphs import STATUS_MARKS
from mobius_tui.tui.presenters.health_view import HealthView, outage_lines
from mobius_tui.tui.presenters.run_view import RunView, shown_mode, watch_time_left

if TYPE_CHECKING:
    from mobius_tui.run.client.run_briefing import Briefing


MAX_TERMINAL_TITLE_CHARACTERS = 80
"""Characters of a title that windows and tabs have room for, and more."""


class TitleAndBell:
    """Decides on the title and the bell by what changed in a run."""

    def __init__(self) -> None:
        self._bad: dict[str, int] | None = None
        self._has_ended = False

    def update(self, view: RunView) -> TitleChanged:
        """The title for a view, and whether to ring; never at the first view."""
        bad = {
            step_id: len(view.step_state(step_id).attempts)
            for step_id, standing in view.statuses.items()
            if standing.status in STATUSES_NEEDING_DECISION
        }
        ended = view.state.ended is not None
        for own in open_deliveries(view):
            if own.status in DELIVERY_STATUSES_NEEDING_PERSON:
                bad[f"delivery {own.number}"] = own.tries
        latest = view.state.watch.latest_alarm
        if latest is not None:
            bad[f"trigger of {latest.probe}"] = int(latest.at * 1000)
        before = self._bad
        ring = before is not None and (
            any(before.get(step_id) != count for step_id, count in bad.items())
            or (ended and not self._has_ended)
        )
        self._bad, self._has_ended = bad, ended
        return TitleChanged(terminal_title(view), ring=ring)


def terminal_title(view: RunView) -> str:
    """The terminal's title: what is wrong, or what is run in which mode."""
    ended = view.state.ended
    runbook = view.runbook.title
    words = f"{runbook} · {shown_mode(view).upper()}"
    step = view.step(view.proposed_row)
    if ended is not None:
        mark = "✔" if ended.outcome is Outcome.COMPLETED else "✖"
        words = f"{mark} {ended.outcome}: {runbook}"
    elif view.state.watch.alarms and view.state.watch.rollback is None:
        words = f"✖ {view.state.watch.alarms[-1].reason}"
    elif watch_time_left(view):
        words += f", {watch_time_left(view)}"
    elif (
        step is not None and view.statuses[step.id].status in STATUSES_NEEDING_DECISION
    ):
        mark = STATUS_MARKS[view.statuses[step.id].status].glyph
        words = f"{mark} {view.plan.name(step.id)}"
    return shortened(sanitize.line(words), MAX_TERMINAL_TITLE_CHARACTERS)


MAX_NAMED_PROBLEMS = 3
"""Steps that went wrong which are named."""


def status_text(
    view: RunView, health: HealthView | None, *, run: str, head: str
) -> str:
    """A status update of a run: what, where, progress, current steps and health.

    Args:
        view: the run.
        health: what the panel shows.
        run: the run's id.
        head: the journal's last hash, by which the record can be held to it later.
    """
    where = f" in {view.environment}" if view.environment else ""
    done, total = run_progress(view.plan, view.state, view.statuses)
    place = f"step {min(done + 1, total)} of {total}, {done} done"
    lines = [
        f"{view.runbook.title} ({view.mode.upper()}){where}",
        f"T+{clock_duration(view.elapsed)} · {place}",
        *_progress_lines(view),
    ]
    if health is not None and health.probes:
        lines.append(f"Health: {health.news}")
    for own in open_deliveries(view):
        words = unsent_reason(own, now=view.now)
        reason = f": {words}" if words else ""
        name = own.queued_event.title
        lines.append(f"Message {own.status}: {name}, to {own.channel}{reason}")
    outage = view.milestones
    if outage is not None and outage.outage is not None:
        found = (
            f"{at} {words}".strip()
            for at, words in outage_lines(outage, _utc_clock_time, view.plan.name)
        )
        lines.append(f"Outage: {', '.join(found)}")
    lines.append(
        f"{_utc(view.now)} · run {run} · journal {view.last_entry_number}:{head[:12]}"
    )
    return "\n".join(sanitize.line(line) for line in lines) + "\n"


def not_begun_text(briefing: Briefing, *, now: float) -> str:
    """A status update before a run has begun: what will run, and where.

    Args:
        briefing: what is known before it begins.
        now: seconds since 1970.
    """
    plan = briefing.plan
    book = plan.runbook
    where = f" in {briefing.environment}" if briefing.environment else ""
    steps = [step for each in book.phases if not each.aside for step in each.steps]
    lines = [
        f"{book.title} ({briefing.mode.upper()}){where}",
        f"Not begun: the briefing is open, 0 of {len(steps)} steps done",
        *(f"Next: {plan.name(step.id)}" for step in steps[:1]),
        f"{_utc(now)} · no run yet",
    ]
    return "\n".join(sanitize.line(line) for line in lines) + "\n"


def _utc_clock_time(at: float) -> str:
    return time.strftime("%H:%M:%S UTC", time.gmtime(at))


def _utc(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(at))


def _progress_lines(view: RunView) -> Iterator[str]:
    """The steps that run or failed, and the next one."""
    if view.state.ended is not None:
        yield f"Ended: {view.state.ended.outcome}: {view.state.ended.text}"
        return
    again = view.state.reopening
    if again is not None:
        had_ended = f"{again.ended.outcome}: {again.ended.reason}"
        yield f"Open again, to be undone, by {again.by}; it had ended: {had_ended}"
    bad = [
        key
        for key, each in view.statuses.items()
        if each.status in STATUSES_NEEDING_DECISION
    ]
    for step_id in bad[:MAX_NAMED_PROBLEMS]:
        standing = view.statuses[step_id]
        word = STATUS_MARKS[standing.status].word.capitalize()
        yield f"{word}: {view.plan.name(step_id)}: {standing.reason}"
    if len(bad) > MAX_NAMED_PROBLEMS:
        yield f"and {len(bad) - MAX_NAMED_PROBLEMS} more that went wrong"
    for step_id, standing in view.statuses.items():
        if standing.status is Status.RUNNING:
            doing = (
                "Beside it" if is_live_output(view.plan.steps[step_id]) else "Running"
            )
            took = duration_in_words(view.runtime(step_id) or 0.0)
            yield f"{doing}: {view.plan.name(step_id)}, for {took}"
    if view.host_pid is None:
        yield "Nothing new starts: no host runs this run"
    elif view.host_silence:
        yield "Nothing new starts: the host of this run gives no sign of life"
    elif view.proposal.kind in ("start", "wait") and view.proposal.step is not None:
        words = "Waiting" if view.proposal.kind == "wait" else "Next"
        why = f": {view.proposal.text}" if view.proposal.text else ""
        yield f"{words}: {view.plan.name(view.proposal.step)}{why}"
