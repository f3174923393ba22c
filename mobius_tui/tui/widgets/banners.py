"""Banners: an alarm here, one of a run elsewhere, a facilitator's hint, damage."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from math import ceil
from operator import attrgetter

from msgspec import Struct
from textual import on
from textual.app import RenderResult
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget
from textual.worker import Worker

from mobius_tui import sanitize
from mobius_tui.run.events.mode_and_outcome import Mode
from mobius_tui.run.planning.rollback import (
    meter_of,
    oks_that_drop_rollback,
    rollback_phase,
    step_blocking_rollback,
)
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.watch.other_runs import OtherRun
from mobius_tui.runbook.text.units import clock_duration
from mobius_tui.tui.commands.registry import command_by_id
from mobius_tui.tui.commands.run_commands import RunCommand
from mobius_tui.tui.presenters.availability import available_watch_commands
from mobius_tui.tui.presenters.run_view import RunView
from mobius_tui.tui.presenters.styled_text import Role, assemble

AlarmPart = tuple[str, Role]
UNCUT = 10_000
"""Cells that no banner needs."""


class _Key(Struct, frozen=True, kw_only=True):
    """A key that a banner names."""

    name: str
    words: str
    """What it does, after its name."""
    short: str
    """The same where there is little room."""


def alarm_text(
    view: RunView | None, *, key_prefix: str = "", width: int = UNCUT
) -> tuple[Content, ...]:
    """The banner's lines, the most urgent first; empty where there are none.

    There are none while no trigger has fired and no rollback has begun, where the
    runbook has no phase that triggers begin, after a rollback that passed, and once the
    run has ended.

    Args:
        view: the run.
        key_prefix: what has to be pressed before the keys that it names: `Esc` in a
            dialog.
        width: cells that there are for a line; what it says is said shorter where it
            would not fit, the keys before all else.
    """
    if (
        view is None
        or view.state.ended is not None
        or rollback_phase(view.plan) is None
    ):
        return ()
    watch = view.state.watch
    if watch.rollback is not None:
        return _rollback_lines(view)
    if watch.countdown is not None:
        becomes = _countdown_line
        return (_fired_text(watch.rollback_reason), becomes(view, key_prefix, width))
    if not watch.alarms:
        return ()
    becomes = _armed_line if watch.armed else _unarmed_line
    return (_fired_text(watch.rollback_reason), becomes(view, key_prefix, width))


def _fitted(
    words: list[AlarmPart], keys: list[_Key], width: int, *, brief: list[AlarmPart]
) -> Content:
    """A line that fits, with as many of its words as there is room for.

    Args:
        words: what is so.
        keys: what can be done.
        width: cells.
        brief: the words where there is little room.
    """
    whole, short = (
        [part for key in keys for part in _key_parts(key.name, text_of(key))]
        for text_of in (attrgetter("words"), attrgetter("short"))
    )
    lines = (
        assemble(*words, *whole),
        assemble(*words, *short),
        assemble(*brief, *short),
        assemble(*short[1:], (" · ", "muted"), *brief),
    )
    return next((line for line in lines if line.cell_length <= width), lines[-1])


def _unarmed_line(view: RunView, key_prefix: str, width: int) -> Content:
    """The line for a trigger that is not armed: a person must begin."""
    watch, ways = view.state.watch, available_watch_commands(view)
    parts: list[AlarmPart] = [("Nothing begins by itself", "strong")]
    if watch.disarm_reason:
        parts.append((f" ({watch.disarm_reason})", "muted"))
    busy = step_blocking_rollback(view.plan, view.state)
    if busy is not None:
        parts.append((f" · {view.plan.name(busy.id)} is running", "warn"))
    keys: list[_Key] = []
    if RunCommand.ROLL_BACK in ways:
        keys.append(
            _key(RunCommand.ROLL_BACK, "begins the rollback", key_prefix, "roll back")
        )
    if RunCommand.ARM in ways:
        keys.append(_key(RunCommand.ARM, "arms it", key_prefix, "arm"))
    return _fitted(parts, keys, width, brief=[("not armed", "strong")])


def _armed_line(view: RunView, key_prefix: str, width: int) -> Content:
    """The line for an armed trigger: what its countdown waits for."""
    health = view.runbook.health
    grace = view.values.preview(health.trigger.grace) if health is not None else ""
    meter = meter_of(view.meters, view.state.watch.alarms[0])
    so_far = f", {sanitize.line(meter.words)}" if meter is not None else ""
    words = f"Armed: counts anew{so_far}; then the rollback in {sanitize.line(grace)}"
    key = _key(RunCommand.ARM, "disarms it", key_prefix, "disarm")
    return _fitted(
        [(words, "bad")], [key], width, brief=[("Armed: counts anew", "bad")]
    )


def _fired_text(reason: str) -> Content:
    words = Content.styled(" TRIGGER FIRED ", "bold reverse $error")
    return words + assemble((f" {reason}", "strong"))


def _key(named: RunCommand, words: str, key_prefix: str, short: str) -> _Key:
    name = f"{key_prefix} {command_by_id(named).key_name or 'the palette'}".strip()
    return _Key(name=name, words=words, short=short)


def _key_parts(name: str, words: str) -> list[AlarmPart]:
    return [(" · ", "muted"), (name, "key"), (f" {words}", "plain")]


def _countdown_line(view: RunView, key_prefix: str, width: int) -> Content:
    countdown = view.state.watch.countdown
    assert countdown is not None
    left = countdown.ends - view.now
    parts: list[AlarmPart]
    brief: list[AlarmPart]
    keys: list[_Key] = []
    busy = step_blocking_rollback(view.plan, view.state)
    if busy is not None:
        name = view.plan.name(busy.id)
        brief = [(f"waits for {view.plan.numbers[busy.id]}", "warn")]
        ran = clock_duration(view.runtime(busy.id) or 0.0)
        parts = [(f"The rollback waits for {name}, which has run {ran}", "warn")]
        keys.append(_key(RunCommand.STOP, "stops that", key_prefix, "stop"))
    elif left > 0:
        in_ = clock_duration(ceil(left))
        brief = [(f"Rollback in {in_}", "bad")]
        parts = [(f"The rollback begins in {in_}", "bad")]
        keys.append(_key(RunCommand.ROLL_BACK, "begins it now", key_prefix, "now"))
    else:
        oks = oks_that_drop_rollback(view.meters, countdown.alarm)
        words = f"The rollback waits for the next check; {oks} good ones drop it"
        brief = [("waits for a check", "warn")]
        parts = [(words, "warn")]
    keys.append(_key(RunCommand.HOLD, "holds it", key_prefix, "hold"))
    return _fitted(parts, keys, width, brief=brief)


def _rollback_lines(view: RunView) -> tuple[Content, ...]:
    """The lines of a rollback that runs or failed; none once it has passed."""
    watch = view.state.watch
    begun = watch.rollback
    if begun is None or watch.rollback_passed:
        return ()
    who = "A trigger" if begun.cause == "trigger" else watch.rollback_began_by
    first = assemble((f"{who} began the rollback: ", "strong"), (begun.reason, "plain"))
    if watch.rollback_running:
        return (first, assemble(("It goes on by itself.", "accent")))
    if watch.rollback_passed is False:
        return (first, assemble(("It did not pass; it wants a person.", "bad")))
    return (
        first,
        assemble(("It wants a person: ", "bad"), (watch.rollback_stop_reason, "plain")),
    )


OtherRunPart = tuple[str, Role]


def other_runs_lines(
    runs: tuple[OtherRun, ...], *, now: float, key: str, width: int = UNCUT
) -> tuple[Content, ...]:
    """Two lines about the most urgent one; none where there is none.

    Args:
        runs: the most urgent first.
        now: seconds since 1970.
        key: the name of the key that opens it.
        width: as `alarm_text` has it.
    """
    if not runs:
        return ()
    first = runs[0]
    mode = "" if first.mode is Mode.INCIDENT else f"{first.mode.upper()} · "
    place = f" ▸ {first.environment}" if first.environment else ""
    name = sanitize.line(f"{mode}{first.title}{place}")
    words = "ROLLBACK" if first.watch.rollback is not None else "TRIGGER FIRED"
    head = Content.styled(f" {words} ", "bold reverse $error")
    reason = sanitize.line(_reason(first))
    more = f" · and {len(runs) - 1} more" if len(runs) > 1 else ""
    return (
        head
        + assemble((f" in another run: {name}", "strong"), (f": {reason}", "plain")),
        _fitted(
            becomes := [*_consequence(first, now)],
            [_Key(name=key, words=f"opens that run{more}", short="opens it")],
            width,
            brief=becomes,
        ),
    )


def _reason(run: OtherRun) -> str:
    watch = run.watch
    if watch.rollback is not None:
        return watch.rollback.reason
    if watch.countdown is not None:
        return watch.countdown.alarm.reason
    return watch.alarms[0].reason


def _consequence(run: OtherRun, now: float) -> tuple[OtherRunPart, ...]:
    """What follows in the other run.

    Whether and when its rollback begins or goes on.
    """
    watch = run.watch
    if watch.rollback is not None:
        if watch.rollback_running:
            return (("The rollback goes on by itself", "accent"),)
        return (("The rollback wants a person", "bad"),)
    if watch.countdown is None:
        if watch.armed:
            return (("Armed: it begins once the trigger fires again", "bad"),)
        return (("Nothing begins by itself", "strong"),)
    left = watch.countdown.ends - now
    if left > 0:
        words = f"The rollback begins in {clock_duration(ceil(left))}"
        return ((f"{words}, or as soon as it can", "bad"),)
    return (("The rollback begins as soon as it can", "bad"),)


BANNER_PADDING = 1
"""Cells at either side of a banner."""


class Banner(Widget):
    """Lines over a screen while there is something to say, each cut to the width."""

    DEFAULT_CSS = """
    Banner {
        dock: top;
        height: auto;
        width: 1fr;
        padding: 0 1;
        display: none;
        background: $error 30%;
        &.-shown { display: block; }
        &.-calm { background: $primary 22%; }
    }
    """

    _lines: tuple[Content, ...] = ()

    @property
    def room(self) -> int:
        """Cells of a line, whether it is shown yet or not."""
        return self.app.size.width - 2 * BANNER_PADDING

    def show_lines(self, lines: tuple[Content, ...]) -> None:
        """Say something else; nothing happens where that is the same as before.

        Args:
            lines: none where there is nothing to say.
        """
        if lines == self._lines:
            return
        is_higher = self.is_laid_out_anew(lines)
        self._lines = lines
        self.set_class(bool(lines), "-shown")
        self.refresh(layout=is_higher)

    def is_laid_out_anew(self, lines: tuple[Content, ...]) -> bool:
        """Whether other lines may take another height than those of now."""
        return len(lines) != len(self._lines)

    def render(self) -> RenderResult:
        """The lines."""
        width = self.size.width
        return Content("\n").join(
            line.truncate(width, ellipsis=True) for line in self._lines
        )

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many rows as there are lines."""
        del container, viewport, width
        return max(1, len(self._lines))


class AlarmBanner(Banner):
    """Two lines while there is an alarm, else none."""

    view: reactive[RunView | None] = reactive(None, repaint=False)

    def __init__(self, *, key_prefix: str = "") -> None:
        """Make an empty banner.

        Args:
            key_prefix: what has to be pressed before the keys that it names.
        """
        super().__init__()
        self._key_prefix = key_prefix

    def watch_view(self, view: RunView | None) -> None:
        """Show the alarm again if its text has changed."""
        watch = view.state.watch if view is not None else None
        is_calm = watch is not None and watch.rollback is not None
        self.set_class(
            is_calm and watch is not None and watch.rollback_running, "-calm"
        )
        self.show_lines(alarm_text(view, key_prefix=self._key_prefix, width=self.room))

    def on_resize(self) -> None:
        """Say it in the room that there is now."""
        self.watch_view(self.view)


READ_INTERVAL = 1.0
"""Seconds between two readings of the other runs; after the first, a thousand runs that
have ended cost two milliseconds."""

OtherRunsReader = Callable[[], tuple[OtherRun, ...]]
"""Gives the runs that need a person, the most urgent first; called in a thread."""


class OtherRunsBanner(Banner):
    """Two lines while another run needs a person, else none."""

    class RunsRead(Message):
        """The other runs were read."""

        def __init__(self, runs: tuple[OtherRun, ...]) -> None:
            super().__init__()
            self.runs = runs

    def __init__(
        self, reader: OtherRunsReader, *, wall: Callable[[], float], key: str
    ) -> None:
        """Make an empty banner.

        Args:
            reader: gives the runs.
            wall: gives seconds since 1970.
            key: the name of the key that opens the first of them.
        """
        super().__init__()
        self._reader, self._wall, self._key = reader, wall, key
        self._runs: tuple[OtherRun, ...] = ()

    @property
    def most_urgent(self) -> RunDirectory | None:
        """The run that it speaks of."""
        return self._runs[0].directory if self._runs else None

    def on_mount(self) -> None:
        """Look now, and from time to time."""
        self._start_reading()
        self.set_interval(READ_INTERVAL, self._start_reading)

    def _start_reading(self) -> None:
        if self.screen.is_current:
            _: Worker[None] = self.run_worker(
                self._read_runs, exclusive=True, exit_on_error=False
            )

    async def _read_runs(self) -> None:
        """A worker: files are read."""
        self.post_message(self.RunsRead(await asyncio.to_thread(self._reader)))

    @on(RunsRead)
    def _show(self, event: RunsRead) -> None:
        event.stop()
        self._runs = event.runs
        lines = other_runs_lines(
            event.runs, now=self._wall(), key=self._key, width=self.room
        )
        self.show_lines(lines)


class WordsBanner(Banner):
    """Words as high as they need, but on a low screen no higher than a sixth of it.

    The checklist, the keys of an alarm and the next action stay in sight.
    """

    def is_laid_out_anew(self, lines: tuple[Content, ...]) -> bool:
        """Always: they are wrapped."""
        del lines
        return True

    def render(self) -> RenderResult:
        """The words, which Textual wraps."""
        return Content("\n").join(self._lines)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """The lines of the words, or what there is room for."""
        needed = Widget.get_content_height(self, container, viewport, width)
        return min(needed, max(1, viewport.height // 6))


HINT_SECONDS = 180.0
"""Seconds for which a hint is shown."""


class HintBanner(WordsBanner):
    """As many lines as the hint needs while it is new, and else none.

    It is not docked: it would lie over the lines of an alarm, which is.
    """

    DEFAULT_CSS = """
    HintBanner { dock: none; background: $primary 22%; }
    """

    view: reactive[RunView | None] = reactive(None, repaint=False)

    def watch_view(self, view: RunView | None) -> None:
        """Show the newest hint, and who gave it, for a while."""
        hints = view.state.hints if view is not None else ()
        is_open = view is not None and view.state.ended is None
        new = hints[-1] if hints and is_open else None
        if view is None or new is None or view.now - new.at > HINT_SECONDS:
            self.show_lines(())
            return
        head = Content.styled(" HINT ", "bold reverse $primary")
        said = assemble((f" {new.text}", "strong"), (f"  {new.who}", "muted"))
        self.show_lines((head + said,))


MAX_COMPLAINTS = 2
"""Complaints that are shown; `mobius-tui verify` lists all."""


class DamageBanner(WordsBanner):
    """The damage that was found in a run's files; empty if there is none."""

    view: reactive[RunView | None] = reactive(None, repaint=False)

    def __init__(self, run: str) -> None:
        """Make an empty banner.

        Args:
            run: the run's id.
        """
        super().__init__()
        self._run = run

    def watch_view(self, view: RunView | None) -> None:
        """Show the first complaints once they are known, each on lines of its own."""
        damage = (view.damage if view is not None else None) or ()
        head = Content.styled(" NOT AS IT WAS WRITTEN ", "bold reverse $error")
        lines = [sanitize.line(each) for each in damage[:MAX_COMPLAINTS]]
        more = len(damage) - MAX_COMPLAINTS
        if more > 0:
            lines.append(f"and {more} more: mobius-tui verify {self._run}")
        told = [assemble((f" {each}", "strong")) for each in lines]
        self.show_lines(tuple([head + told[0], *told[1:]] if told else ()))
