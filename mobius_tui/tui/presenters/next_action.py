"""What Enter does now, and in which words: pure judgement over a view.

The host judges every intent again; this decides what is offered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mobius_tui.run.planning.approval_rules import may_not_begin, valid
from mobius_tui.run.planning.plan import effect_of, has_terminal, is_follower, kind_of
from mobius_tui.run.planning.proposal import Proposal, is_out_of_order, running_step
from mobius_tui.run.state.step_state import BAD, Status
from mobius_tui.run.terminal.detach_key import DETACH_KEY
from mobius_tui.runbook.model.runbook import Phase, Step
from mobius_tui.runbook.model.step_text import EFFECTS
from mobius_tui.runbook.text.units import clock_duration
from mobius_tui.tui.presenters.glyphs import MARKS
from mobius_tui.tui.presenters.run_view import PHASE, RunView, watch_left, what_follows
from mobius_tui.tui.presenters.styled_text import Role

Kind = Literal[
    "start",
    "tick",
    "message",
    "choose",
    "decide",
    "running",
    "terminal",
    "wait",
    "watching",
    "ask_approval",
    "approve",
    "phase",
    "resume",
    "end",
    "ended",
    "lost",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """What Enter does."""

    kind: Kind
    key: str | None = None
    """The checklist's key that it is about."""
    text: str
    role: Role = "plain"
    note: str = ""
    """What else to know: that it destroys, that it is out of order."""


def offer(view: RunView, selected: str | None, *, moved: bool) -> Offer:
    """What Enter does, given where the cursor is.

    Args:
        view: the run.
        selected: the checklist's key under the cursor.
        moved: whether the person put the cursor there.
    """
    if view.lost:
        words = f"Leave: this is how the run was, not how it is: {view.lost}"
        return Offer(kind="lost", text=words, role="bad")
    if view.state.ended is not None:
        words = f"The run has ended: {view.state.ended.outcome}"
        return Offer(kind="ended", text=words, role="strong")
    if view.host is None:
        words = "Resume: no host runs this run, so nothing new can start"
        return Offer(kind="resume", text=words, role="bad")
    if view.stalled:
        words = f"Free some space: {view.stalled}; the run waits, and then goes on"
        return Offer(kind="wait", text=words, role="bad")
    if view.silent:
        silent, cont = clock_duration(view.silent), f"kill -CONT {view.host}"
        words = f"Host silent for {silent}; if it was stopped: {cont}"
        return Offer(kind="wait", text=words, role="bad")
    left = watch_left(view)
    if left and not moved:
        words = f"Watching, {left}; {what_follows(view)}"
        return Offer(kind="watching", text=words, role="accent")
    proposal = view.proposal
    if moved and selected != proposal.step:
        other = _selected(view, selected)
        if other is not None:
            return other
    return _proposed(view, proposal)


def is_off(view: RunView, phase: Phase) -> bool:
    """Whether a phase is off the main line, and the run has not turned aside to it."""
    return phase.aside and phase.id not in view.state.entered


def _selected(view: RunView, key: str | None) -> Offer | None:
    """What can be done where the person went; `None` where that is nothing."""
    phase = view.phase(key)
    # While a step runs, no phase can be entered.
    running = running_step(view.plan, view.state) is not None
    if phase is not None and is_off(view, phase):
        if running:
            return None
        return Offer(kind="phase", key=key, text=f"Go to {phase.title}", role="warn")
    step = view.step(key)
    if step is None or view.state.auto is not None:
        return None
    own_phase = view.plan.phase_of[step.id]
    if is_off(view, own_phase):
        if running:
            return None
        words = f"Go to {own_phase.title}, which {view.plan.name(step.id)} is in"
        return Offer(kind="phase", key=PHASE + own_phase.id, text=words, role="warn")
    standing = view.standings[step.id]
    if standing.status in BAD:
        return _decide(view, step)
    if terminal_of(view, step.id) is not None:
        return _terminal(view, step)
    busy = view.proposal.kind == "running" and not is_follower(step)
    if standing.status is Status.PENDING and not busy:
        astray = is_out_of_order(view.plan, view.state, step.id, view.standings)
        return _start(view, step, note="out of order" if astray else "")
    return None


def _proposed(view: RunView, proposal: Proposal) -> Offer:
    step = view.step(proposal.step)
    if step is None:
        words = "End the run: every step that applies has come to its end"
        return Offer(kind="end", text=words, role="good")
    name = view.plan.name(step.id)
    if terminal_of(view, step.id) is not None:
        return _terminal(view, step)
    if proposal.kind == "running":
        doing = "is being checked" if view.verifying == step.id else "is running"
        took = view.progress(step) or clock_duration(view.runtime(step.id) or 0.0)
        words = f"{name} {doing}, {took}"
        return Offer(kind="running", key=step.id, text=words, role="accent")
    if proposal.kind == "decide":
        return _decide(view, step)
    if proposal.kind == "wait":
        if {wait.kind for wait in view.standings[step.id].waits} == {"approval"}:
            return _approval(view, step, proposal)
        words = f"{name} waits: {proposal.text}"
        return Offer(kind="wait", key=step.id, text=words, role="warn")
    if view.state.auto is not None:
        words = f"The run goes on by itself; next is {name}"
        return Offer(kind="running", key=step.id, text=words, role="accent")
    return _start(view, step)


def _approval(view: RunView, step: Step, proposal: Proposal) -> Offer:
    """A step that waits for a second person alone: who is this?"""
    name, asked = view.plan.name(step.id), valid(view.plan, view.state, step)
    role = step.approve.role if step.approve is not None else ""
    if asked is None:
        words = f"Ask {role} to approve {name}"
        return Offer(
            kind="ask_approval",
            key=step.id,
            text=words,
            role="warn",
            note="" if view.state.approvals.get(step.id) is None else proposal.text,
        )
    if view.uid != asked.asked.uid:
        words = f"Approve {name}, as {asked.by} asks"
        return Offer(kind="approve", key=step.id, text=words, role="bad")
    words = f"{name} waits: {proposal.text}"
    return Offer(kind="wait", key=step.id, text=words, role="warn")


def _terminal(view: RunView, step: Step) -> Offer:
    took = clock_duration(view.runtime(step.id) or 0.0)
    words = f"Go to the terminal of {view.plan.name(step.id)}, {took}"
    note = f"{DETACH_KEY} comes back"
    return Offer(kind="terminal", key=step.id, text=words, role="accent", note=note)


def terminal_of(view: RunView, key: str | None) -> int | None:
    """The attempt whose terminal a person can go to; `None` where there is none."""
    step = view.step(key)
    if step is None or not has_terminal(step) or view.verifying == step.id:
        return None
    own = view.own(step.id)
    if own.status is not Status.RUNNING or own.last is None:
        return None
    return own.last.number


def terminal_from(view: RunView, key: str | None) -> str | None:
    """The step whose terminal one goes to: the one under the cursor, or that runs."""
    keys = (key, view.proposal.step)
    return next((k for k in keys if terminal_of(view, k) is not None), None)


def _decide(view: RunView, step: Step) -> Offer:
    mark = MARKS[view.standings[step.id].status]
    words = f"Decide on {view.plan.name(step.id)}: {mark.word}"
    return Offer(kind="decide", key=step.id, text=words, role="bad")


def _start(view: RunView, step: Step, note: str = "") -> Offer:
    name = view.plan.name(step.id)
    refused = may_not_begin(view.plan, view.state, step, uid=view.uid, now=view.now)
    if refused:
        words = f"{name} waits: {refused}"
        return Offer(kind="wait", key=step.id, text=words, role="warn")
    match kind_of(step):
        case "manual":
            return Offer(kind="tick", key=step.id, text=f"Do {name}", note=note)
        case "message":
            return Offer(kind="message", key=step.id, text=f"Tell: {name}", note=note)
        case "choose":
            return Offer(kind="choose", key=step.id, text=f"Decide {name}", note=note)
        case "check":
            return Offer(kind="start", key=step.id, text=f"Check {name}", note=note)
        case "watch":
            return Offer(kind="start", key=step.id, text=f"Watch: {name}", note=note)
        case _:
            pass
    effect = effect_of(step)
    where = f" in {view.environment}" if view.environment and effect != "read" else ""
    notes = [note] if note else []
    if has_terminal(step):
        place = "in your terminal, " if effect == "read" else ""
        notes.append(f"{place}{DETACH_KEY} comes back")
    if effect != "read":
        notes.insert(0, EFFECTS[effect] + where)
    return Offer(
        kind="start",
        key=step.id,
        text=f"Run {name}",
        role="bad" if effect == "destroy" else "plain",
        note=" · ".join(notes),
    )
