"""A step's hosts in words: where it stands, what holds it, what is next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from mobius_tui.run.events.fleet_events import (
    RELEASABLE_HOLD_REASONS,
    HoldReason,
    HostStatus,
)
from mobius_tui.run.planning.confirmation import host_count_if_begun
from mobius_tui.run.state.fleet_state import PASSED_HOST_STATUSES, BatchHold
from mobius_tui.runbook.model.runbook import Step
from mobius_tui.runbook.model.targets import cut_into_batches
from mobius_tui.tui.commands.registry import first_key_name
from mobius_tui.tui.commands.run_commands import RunCommand
from mobius_tui.tui.presenters.fields import Field
from mobius_tui.tui.presenters.fleet.host_marks import (
    StepHosts,
    bad_counts_text,
    ended_count_text,
    name_some_hosts,
)
from mobius_tui.tui.presenters.run_view import RunView
from mobius_tui.tui.presenters.styled_text import assemble, text

HOLD_REASON_TEXTS: Mapping[HoldReason, str] = {
    HoldReason.UNKNOWN: "a host is unknown",
    HoldReason.UNREACHABLE: "a host cannot be reached",
    HoldReason.TRIGGER: "a trigger fired",
    HoldReason.PERSON: "a person lets it begin",
    HoldReason.NO_DATA: "there is no data on health",
    HoldReason.NOT_HEALTHY: "not well for long enough yet",
    HoldReason.TOO_LATE: "it was not well in time",
}
"""Why nothing further begins."""
HOLDS_FOR_PERSON = frozenset({HoldReason.PERSON, HoldReason.TOO_LATE})
"""Holds that wait for a person's release; past others a person goes with a reason."""


_AGAIN_WORDS = dict.fromkeys((HostStatus.WAITING, HostStatus.PENDING), "not begun")
"""What hosts are called that another attempt takes, where it is not their status."""


def batch_count(view: RunView, found: StepHosts) -> int:
    """How many batches the newest attempt has."""
    rollout, target = found.step.rollout, view.runbook.target_of(found.step)
    begun = len(found.last.batches)
    if rollout is None or target is None:
        return begun
    hosts = tuple(found.last.hosts)
    return max(begun, len(cut_into_batches(rollout.batch, hosts, target.first)))


def batch_text(view: RunView, found: StepHosts, form: str = "batch {} of {}") -> str:
    """Which batch it is at; empty where there is one alone."""
    every = batch_count(view, found)
    if every < 2:
        return ""
    now = found.last.batches[-1].number if found.last.batches else 1
    return form.format(now, every)


def hosts_texts(view: RunView, step_id: str) -> tuple[str, str]:
    """What the checklist says of a step's hosts, in full and where room is short.

    Of a single host there is nothing to count.
    """
    found = view.hosts(step_id)
    if found is None or (len(found.newest) == 1 and found.held is None):
        return "", ""
    bad = bad_counts_text(found.counts)
    figures = f"{ended_count_text(found.counts)} {bad}".strip()
    full = f"held {figures}" if found.held is not None else figures
    batch = batch_text(view, found, "batch {}/{}")
    return (f"{full}  {batch}" if batch else full), figures if bad else full


def held_text(held: BatchHold) -> str:
    """What is held, and why: `held at batch 2: a person lets it begin`."""
    why = HOLD_REASON_TEXTS[held.why]
    if held.why is HoldReason.TRIGGER and held.reason:
        why = f"{why}: {held.reason}"
    elif held.why not in RELEASABLE_HOLD_REASONS:
        why = held.reason or why
    return f"held at batch {held.batch}: {why}"


def ways_to_release(held: BatchHold) -> str:
    """What can be done about a hold, with the keys."""
    if held.why in RELEASABLE_HOLD_REASONS:
        ways = f"{first_key_name(RunCommand.RELEASE_BATCH)} lets it go on"
        return f"{ways}, {first_key_name(RunCommand.STOP)} stops it"
    return f"{first_key_name(RunCommand.SETTLE_HOST)} says what became of it"


def hosts_fields(view: RunView, step: Step) -> Iterator[Field]:
    """A step's hosts in the detail pane: how far it is, what holds it, what to do."""
    found = view.hosts(step.id)
    if found is None:
        return
    words = f"{ended_count_text(found.counts)} hosts done"
    batch = batch_text(view, found)
    bad = bad_counts_text(found.counts)
    so_far = (f"{words}, {batch}" if batch else words, "plain")
    if bad:  # first: where the pane is low, the rest may not be seen
        yield Field("so far", assemble((f"{bad}  ", "bad"), so_far))  # type: ignore[arg-type]
    else:
        yield Field("so far", assemble(so_far))  # type: ignore[arg-type]
    if found.held is not None:
        yield Field("held", text(held_text(found.held), "warn"))
        if view.reviewed_duration is None:
            yield Field("then", text(ways_to_release(found.held)))
    elif found.to_settle and not found.is_running:
        words = f"say first what became of {name_some_hosts(found.to_settle)}"
        yield Field("then", text(words, "warn"))


def hosts_ahead_fields(view: RunView, step: Step) -> Iterator[Field]:
    """Which hosts a step would begin on now, for a confirmation."""
    if step.rollout is None:
        return
    found = view.hosts(step.id)
    count = host_count_if_begun(view.plan, view.state, step)
    if found is None:
        known = "1 host" if count == 1 else f"{count} hosts"
        words = known if count is not None else "as its inventory says when it begins"
        yield Field("on", text(words, "warn"))
        return
    fleet = view.state.fleets[step.id]
    left, new = fleet.to_do, fleet.new_hosts if fleet.latest else ()
    whole = len(found.newest)
    yield Field(
        "on", text(f"{len(left)} of {whole}: {name_some_hosts(left, 8)}", "warn")
    )
    if new:
        old = (found.newest[host].status for host in left if host not in new)
        counts = Counter(_AGAIN_WORDS.get(each, str(each)) for each in old)
        kinds = dict.fromkeys(_AGAIN_WORDS.get(each, str(each)) for each in HostStatus)
        told = (f"{counts[kind]} {kind}" for kind in kinds if counts[kind])
        words = ", ".join((*told, f"{len(new)} new ({name_some_hosts(new, 8)})"))
        yield Field("", text(words, "warn"))
    if passed := sum(found.counts[each] for each in PASSED_HOST_STATUSES):
        it = "1 has passed and is" if passed == 1 else f"{passed} have passed and are"
        yield Field("", text(f"{it} left alone", "muted"))


def release_text(view: RunView, found: StepHosts, held: BatchHold) -> str:
    """What is held and why, and what would begin, for whoever lets it go on."""
    waiting = found.last.named(HostStatus.WAITING, HostStatus.PENDING)
    so_far = f"{ended_count_text(found.counts)} hosts are done"
    bad = bad_counts_text(found.counts)
    so_far += f" ({bad})" if bad else ""
    every = batch_count(view, found)
    return (
        f"It is {held_text(held)}. {so_far}; batch {held.batch} of {every} begins "
        f"with {name_some_hosts(waiting)}. Look at Health first."
    )
