"""Where messages can go in a run, and why they cannot. Pure.

A viewer knows no secret, so it knows of a channel's URL only whether there is one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from mobius_tui.dataclass import dataclass
from mobius_tui.run.events.mode_and_outcome import Mode
from mobius_tui.run.events.run_events import RunBegan
from mobius_tui.run.state.run_state import RunState
from mobius_tui.runbook.model.actions import SendMessage
from mobius_tui.runbook.model.runbook import Channel, Runbook, Variable
from mobius_tui.runbook.model.templates import template_names

MODE_MARKS: Mapping[Mode, str] = {
    Mode.DRILL: "[DRILL]",
    Mode.MAINTENANCE: "[MAINTENANCE]",
}
"""By mode, what every message of a run begins with, so that nobody takes it for one
about an incident."""
CHANNEL_KINDS = {"slack": "Slack", "teams": "Teams", "webhook": "a webhook"}


@dataclass(frozen=True, kw_only=True, slots=True)
class ChannelRoute:
    """A channel, and whether a message can be sent to it now."""

    channel: str
    goes_to: str
    """In words: its kind, or a drill's sink."""
    problem: str = ""
    """Why nothing can be sent to it, and the remedy; empty where it can."""


def channel_routes(
    runbook: Runbook, state: RunState, names: Collection[str]
) -> tuple[ChannelRoute, ...]:
    """The channels of these ids, in their order.

    Args:
        runbook: which declares them.
        state: the run's.
        names: ids of channels; those that are not declared are left out.
    """
    known = {name for name in state.variables if name not in state.lost_secrets}
    return tuple(
        _channel_route(runbook.channels[name], runbook.variables, known, state.began)
        for name in names
        if name in runbook.channels
    )


def _channel_route(
    channel: Channel,
    variables: Mapping[str, Variable],
    known: Collection[str],
    began: RunBegan | None,
) -> ChannelRoute:
    if began is not None and began.is_drill and not began.pages:
        problem = "" if began.sink else "this drill has nowhere to send messages to"
        words = "this drill's sink; nobody is paged"
        return ChannelRoute(channel=channel.id, goes_to=words, problem=problem)
    problem = _missing_variable(channel, variables, known)
    return ChannelRoute(
        channel=channel.id, goes_to=CHANNEL_KINDS[channel.kind], problem=problem
    )


def _missing_variable(
    channel: Channel, variables: Mapping[str, Variable], known: Collection[str]
) -> str:
    """The variable of its URL that has no value, in words that say how to set it."""
    for name in template_names(channel.url):
        variable = variables.get(name)
        if variable is None or name in known or variable.is_fetched:
            continue
        return f"{variable.from_env or name} is not set"
    return ""


def channel_notices(runbook: Runbook, known: Collection[str]) -> Iterator[str]:
    """Notices, before a run, of channels that nothing can be sent to.

    Args:
        runbook: what is to be run.
        known: names of the variables that have a value.
    """
    channels = {
        name: None
        for step in runbook.steps()
        if isinstance(step.action, SendMessage)
        for name in step.action.to
    }
    for name in channels:
        missing = _missing_variable(runbook.channels[name], runbook.variables, known)
        if missing:
            yield f"{name}: {missing}; the message can be copied"


def with_mode_mark(text: str, began: RunBegan | None) -> str:
    """A text with the mark of the run's mode before it; unchanged in an incident."""
    mark = MODE_MARKS.get(began.mode, "") if began is not None else ""
    return text if text.startswith(mark) else f"{mark} {text}"
