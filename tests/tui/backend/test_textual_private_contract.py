"""What is relied on of Textual's private side; a failure names what has moved.

It imports nothing of ours but the table, so that it says so whatever else breaks:
`python -m tests.textual_next` runs it with the newest release.
"""

from __future__ import annotations

import asyncio
import inspect
import io
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr
from functools import cache
from importlib import import_module
from typing import Any, get_args

import pytest

from mobius_tui.tui.backend.textual_private import PRIVATE_USES, STYLED_SELECTORS
from tests.table import each_row

Check = Callable[[Any], None]
CHECKS: dict[str, Check] = {}
"""By the name in the table; each gets what the name stands for, or its class."""


def holds(*names: str) -> Callable[[Check], Check]:
    def keep(check: Check) -> Check:
        CHECKS.update({f"textual.{name}": check for name in names})
        return check

    return keep


def find(name: str) -> Any:
    """What a dotted name stands for; its class, where only objects of it have it."""
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        try:
            found: Any = import_module(".".join(parts[:count]))
        except ImportError:
            continue
        for part in parts[count:]:
            if inspect.isclass(found) and not hasattr(found, part):
                return found
            found = getattr(found, part)
        return found
    pytest.fail(f"there is no {name}")


def takes(function: Any, *names: str) -> None:
    """A function has exactly these parameters."""
    assert tuple(inspect.signature(function).parameters) == names


def assigns(kind: type, name: str) -> None:
    """A class gives its objects an attribute."""
    assert f"self.{name}" in inspect.getsource(kind), f"{kind.__name__} has no {name}"


def made_by(kind: type, method: str, words: str) -> None:
    """What a method does, where only its source can tell."""
    assert words in inspect.getsource(getattr(kind, method))


NAMES = sorted({use.name for use in PRIVATE_USES})


@each_row("name", NAMES)
def test_textual_still_has(name: str) -> None:
    assert name in CHECKS, "nothing here holds Textual to it"
    CHECKS[name](find(name))


def test_nothing_is_held_that_is_not_used() -> None:
    assert sorted(set(CHECKS) - set(NAMES)) == []


# What is drawn


@holds("_compositor.LayoutUpdate")
def _layout_update(kind: Any) -> None:
    update = kind(["row"], "region")
    assert (update.strips, update.region) == (["row"], "region")


@holds("_compositor.ChopsUpdate")
def _chops_update(kind: Any) -> None:
    update = kind([{0: None}], [(0, 0, 4)], [[4]])
    assert update.chops == [{0: None}]
    assert update.spans == [(0, 0, 4)]
    assert update.chop_ends == [[4]]


@holds("_compositor.CompositorUpdate")
def _compositor_update(kind: Any) -> None:
    takes(kind.render_segments, "self", "console")
    assert kind().render_segments(None) == ""
    for name in ("LayoutUpdate", "ChopsUpdate"):
        assert issubclass(find(f"textual._compositor.{name}"), kind)
    app = find("textual.app.App")
    made_by(app, "_display", "isinstance(renderable, CompositorUpdate)")
    made_by(app, "_display", "renderable.render_segments(console)")


@holds("_styles_cache.StylesCache")
def _styles_cache(kind: Any) -> None:
    assert tuple(inspect.signature(kind.render_line).parameters) == (
        *("self", "styles", "y", "size", "content_size", "padding"),
        *("base_background", "background", "render_content_line"),
        *("border_title", "border_subtitle", "opacity", "ansi_theme", "native_ansi"),
    )
    made_by(kind, "render", "render_line(")
    from textual.color import Color

    inner, _ = kind().get_inner_outer(Color(1, 2, 3), Color(4, 5, 6))
    assert inner.rich_style.bgcolor.triplet == (4, 5, 6)


@holds("widget.Widget._styles_cache")
def _cache_of_a_widget(kind: Any) -> None:
    assigns(kind, "_styles_cache")
    made_by(kind, "render_lines", "self._styles_cache.render_widget(self, crop)")


@holds("screen.Screen._compositor")
def _compositor_of_a_screen(_: Any) -> None:
    strips = rendered().rows
    assert len(strips) == 6
    assert {strip.cell_length for strip in strips} == {20}
    assert "beneath" in strips[0].text


@holds("screen.Screen.render", "renderables.background_screen.BackgroundScreen")
def _beneath_a_dialog(_: Any) -> None:
    from textual.renderables.background_screen import BackgroundScreen

    beneath = rendered().beneath_dialog
    assert isinstance(beneath, BackgroundScreen)
    assert beneath.screen.id == "first"
    assert 0 < beneath.color.a < 1


# What is typed


@holds("_parser.Read1", "_parser.Peek1")
def _request(kind: Any) -> None:
    assert kind().timeout is None
    assert kind(0.5).timeout == 0.5
    from textual._parser import Parser, Read1

    assert Parser.read1 is Read1


@holds("_parser.ParseEOF", "_parser.ParseTimeout")
def _parse_error(kind: Any) -> None:
    assert issubclass(kind, Exception)


@holds("_parser.TokenCallback")
def _callback(kind: Any) -> None:
    assert get_args(kind[int])[0] == [int]


@holds("_parser.Parser._timeout_time")
def _timeout(_: Any) -> None:
    from textual._parser import Parser, ParseTimeout

    class Waits(Parser[str]):
        def parse(self, token_callback: Any) -> Any:
            while True:
                try:
                    token_callback((yield self.read1(0.0)))
                except ParseTimeout:
                    token_callback("timeout")

    parser: Any = Waits()
    assert not parser._timeout_time
    assert list(parser.feed("ab")) == ["a", "b"]
    assert parser._timeout_time is not None
    assert list(parser.tick()) == ["timeout"]
    assert parser._timeout_time is None


@holds("_xterm_parser.XTermParser")
def _xterm_parser(kind: Any) -> None:
    parser = kind()
    assert parser.terminal_size is None
    assert parser.terminal_pixel_size is None
    assert parser.mouse_pixels is False
    takes(kind.feed, "self", "data")
    takes(kind.parse, "self", "token_callback")
    from textual._parser import Parser

    assert issubclass(kind, Parser)


@holds("_xterm_parser.IS_ITERM")
def _is_iterm(value: Any) -> None:
    assert isinstance(value, bool)


@holds("_xterm_parser._re_cursor_position")
def _cursor_position(pattern: Any) -> None:
    assert pattern.fullmatch("\x1b[12;34R").groups() == ("12", "34")


@holds("_xterm_parser._re_in_band_window_resize")
def _in_band_window_resize(pattern: Any) -> None:
    sizes = pattern.fullmatch("\x1b[48;36;120;720;1200t").groups()
    assert [int(size.partition(":")[0]) for size in sizes] == [36, 120, 720, 1200]


@holds("_xterm_parser._re_mouse_event")
def _mouse_event(pattern: Any) -> None:
    assert pattern.match("\x1b[<0;3;4M")
    assert pattern.match("\x1b[<0;3;4m")
    assert not pattern.match("\x1b[A")


@holds("_xterm_parser._re_terminal_mode_response")
def _mode_response(pattern: Any) -> None:
    mode = pattern.fullmatch("\x1b[?2026;2$y")
    assert (mode["mode_id"], mode["setting_parameter"]) == ("2026", "2")


@holds("_xterm_parser.XTermParser._sequence_to_key_events")
def _key_events(method: Any) -> None:
    from textual._xterm_parser import XTermParser

    parser = XTermParser()
    takes(method, "self", "sequence", "alt")
    assert [event.key for event in parser._sequence_to_key_events("\x1b[A")] == ["up"]
    assert [event.key for event in parser._sequence_to_key_events("a")] == ["a"]
    alt = parser._sequence_to_key_events("a", alt=True)
    assert [event.key for event in alt] == ["alt+a"]
    assert not list(parser._sequence_to_key_events("\x1b[99z"))


@holds("_xterm_parser.XTermParser.parse_mouse_code")
def _mouse_code(_: Any) -> None:
    from textual import events
    from textual._xterm_parser import XTermParser

    event = XTermParser().parse_mouse_code("\x1b[<0;3;4M")
    assert isinstance(event, events.MouseDown)
    assert (event.x, event.y) == (2, 3)


@holds("constants.ESCAPE_DELAY")
def _escape_delay(value: Any) -> None:
    assert 0 < value < 1


@holds("constants.SMOOTH_SCROLL")
def _smooth_scroll(value: Any) -> None:
    assert isinstance(value, bool)


# The driver


@holds("drivers.linux_driver.LinuxDriver")
def _linux_driver(kind: Any) -> None:
    takes(kind.__init__, "self", "app", "debug", "mouse", "size")
    takes(kind.write, "self", "data")
    takes(kind.close, "self")
    made_by(kind, "close", "_writer_thread.stop()")


@holds("drivers.linux_driver.LinuxDriver._file")
def _file(kind: Any) -> None:
    assert driver()._file is sys.__stderr__
    made_by(kind, "start_application_mode", "WriterThread(self._file)")
    from textual.drivers._writer_thread import WriterThread

    made_by(WriterThread, "run", "self._file.write")
    made_by(WriterThread, "run", "self._file.flush")


@holds("drivers.linux_driver.LinuxDriver._get_terminal_size")
def _get_terminal_size(method: Any) -> None:
    takes(method, "self")
    width, height = driver()._get_terminal_size()
    assert width > 0
    assert height > 0
    from textual.drivers.linux_driver import LinuxDriver

    made_by(LinuxDriver, "start_application_mode", "self._get_terminal_size()")


@holds("drivers.linux_driver.LinuxDriver._key_thread")
def _key_thread(kind: Any) -> None:
    assert driver()._key_thread is None
    made_by(kind, "disable_input", "if self._key_thread is not None:")
    made_by(kind, "disable_input", "self._key_thread.join()")


@holds(
    "drivers.linux_driver.LinuxDriver._sigcont_application",
    "drivers.linux_driver.LinuxDriver._sigtstp_application",
)
def _job_control(method: Any) -> None:
    takes(method, "self", "_")
    from textual.drivers.linux_driver import LinuxDriver

    made_by(LinuxDriver, "__init__", f"self.{method.__name__})")


@holds("drivers.linux_driver.LinuxDriver.start_application_mode")
def _start_application_mode(method: Any) -> None:
    takes(method, "self")


@holds("drivers.linux_driver.LinuxDriver.run_input_thread")
def _run_input_thread(method: Any) -> None:
    takes(method, "self")
    from textual.drivers.linux_driver import LinuxDriver

    made_by(LinuxDriver, "_run_input_thread", "self.run_input_thread()")


@holds("drivers.linux_driver.LinuxDriver.disable_input")
def _disable_input(method: Any) -> None:
    takes(method, "self")
    from textual.drivers.linux_driver import LinuxDriver

    made_by(LinuxDriver, "disable_input", "if not self.exit_event.is_set():")


@holds(
    "drivers.linux_driver.LinuxDriver.exit_event",
    "drivers.linux_driver.LinuxDriver.fileno",
)
def _attributes_of_the_driver(_: Any) -> None:
    made = driver()
    assert not made.exit_event.is_set()
    assert made.fileno == sys.__stdin__.fileno()  # type: ignore[union-attr]


@holds("driver.Driver._app", "driver.Driver._loop", "driver.Driver._size")
def _private_attributes_of_the_driver(_: Any) -> None:
    made = driver(size=(80, 24))
    assert made._app is None
    assert made._size == (80, 24)
    assert callable(made._loop.add_reader)


@holds("driver.Driver.process_message")
def _process_message(method: Any) -> None:
    takes(method, "self", "message")


# Styles


@holds("css.stylesheet.Stylesheet", "css.stylesheet.Stylesheet._variables")
def _stylesheet(_: Any) -> None:
    from textual.css.stylesheet import Stylesheet

    assert Stylesheet(variables={"a": "red"})._variables == {"a": "red"}


@holds(
    "css.stylesheet.Stylesheet._parse_rules",
    "css.model.RuleSet",
    "css.types.CSSLocation",
)
def _parse_rules(_: Any) -> None:
    from textual.css.model import RuleSet
    from textual.css.stylesheet import Stylesheet

    asked = []

    class Counts(Stylesheet):
        def _parse_rules(self, *arguments: Any, **options: Any) -> list[RuleSet]:
            asked.append((*arguments, *options.values()))
            return super()._parse_rules(*arguments, **options)

    sheet = Counts(variables={"a": "red"})
    sheet.add_source("Static { color: $a; }", read_from=("file", "Class.CSS"))
    (rule,) = sheet.rules
    assert isinstance(rule, RuleSet)
    assert [call[:2] for call in asked] == [
        ("Static { color: $a; }", ("file", "Class.CSS"))
    ]
    takes(
        Stylesheet._parse_rules,
        *("self", "css", "read_from", "is_default_rules", "tie_breaker", "scope"),
    )


@holds("css.stylesheet.Stylesheet.parse", "css.stylesheet.Stylesheet.reparse")
def _parse(method: Any) -> None:
    takes(method, "self")


# The app


@holds("app.App._display")
def _display(method: Any) -> None:
    takes(method, "self", "screen", "renderable")
    from textual.screen import Screen

    assert "._display(self" in inspect.getsource(Screen)


@holds("app.App._driver")
def _driver(_: Any) -> None:
    assert rendered().driver_takes == ("data",)


@holds("app.App._exception")
def _exception(_: Any) -> None:
    assert isinstance(failed().error, ZeroDivisionError)


@holds("app.App._fatal_error", "app.App.panic")
def _fatal_error(_: Any) -> None:
    assert failed().ended_by == ["_fatal_error"]
    takes(find("textual.app.App._fatal_error"), "self")
    takes(find("textual.app.App.panic"), "self", "renderables")
    made_by(find("rich.traceback.Traceback"), "__init__", "self.trace = ")
    assert "stacks" in inspect.signature(find("rich.traceback.Trace")).parameters


@holds("app.App.on_event", "events.Event.is_forwarded")
def _on_event(_: Any) -> None:
    seen = rendered().dispatched
    assert seen[0] == ("Key", False)
    assert ("Key", True) in seen, "it came back from the screen"


@holds("app.App.stylesheet")
def _stylesheet_of_the_app(kind: Any) -> None:
    made_by(kind, "__init__", "self.stylesheet = Stylesheet(")
    assert "self.app.stylesheet" in inspect.getsource(find("textual.screen"))


@holds("app.App.get_default_screen")
def _default_screen(method: Any) -> None:
    takes(method, "self")
    assert 'Screen(id="_default")' in inspect.getsource(method)


@holds("screen.Screen.update_classes")
def _update_classes(_: Any) -> None:
    seen = rendered().before_layout
    assert seen.index("compose") < seen.index("layout")


@holds(
    "constants.MAX_FPS",
    "constants.TEXTUAL_ANIMATIONS",
    "constants.COLOR_SYSTEM",
    "constants.PRESS",
)
def _environment(_: Any) -> None:
    from textual import constants

    source = inspect.getsource(constants)
    for name in ("FPS", "ANIMATIONS", "COLOR_SYSTEM", "PRESS"):
        assert f'"TEXTUAL_{name}"' in source


@pytest.mark.parametrize("name", STYLED_SELECTORS)
def test_a_widget_that_is_styled_is_still_there(name: str) -> None:
    sources = "".join(
        inspect.getsource(import_module(module))
        for module in ("textual.command", "textual.widgets._toast")
    )
    wanted = f'id="{name[1:]}"' if name.startswith("#") else f"class {name}("
    assert wanted in sources


# What the checks look at


@contextmanager
def _kept_signals() -> Iterator[None]:
    numbers = (signal.SIGTSTP, signal.SIGCONT)
    before = {number: signal.getsignal(number) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def driver(size: tuple[int, int] | None = None) -> Any:
    """A driver that was never started, and of no app."""

    async def make() -> Any:
        from textual.drivers.linux_driver import LinuxDriver

        return LinuxDriver(None, size=size)  # type: ignore[arg-type]

    with _kept_signals():
        return asyncio.run(make())


class Seen:
    """What was seen of an app that ran."""

    def __init__(self) -> None:
        self.rows: list[Any] = []
        self.beneath_dialog: Any = None
        self.driver_takes: tuple[str, ...] = ()
        self.dispatched: list[tuple[str, bool]] = []
        self.before_layout: list[str] = []
        self.error: BaseException | None = None
        self.ended_by: list[str] = []


@cache
def rendered() -> Seen:
    """An app with a screen, a key, and a dialog over it."""
    from textual import events
    from textual.app import App, ComposeResult
    from textual.screen import ModalScreen, Screen
    from textual.widgets import Static

    seen = Seen()

    class First(Screen[None]):
        def compose(self) -> ComposeResult:
            yield Static("beneath")

        def on_compose(self) -> None:
            seen.before_layout.append("compose")
            self.update_classes({"-wide": True}, animate=False)

        def _refresh_layout(self, *arguments: Any, **options: Any) -> None:
            seen.before_layout.append("layout")
            super()._refresh_layout(*arguments, **options)

    class Dialog(ModalScreen[None]):
        def render(self) -> Any:
            seen.beneath_dialog = super().render()
            return seen.beneath_dialog

    class Shown(App[None]):
        async def on_event(self, event: events.Event) -> None:
            if isinstance(event, events.Key):
                seen.dispatched.append(("Key", event.is_forwarded))
            await super().on_event(event)

    async def run() -> None:
        app = Shown()
        async with app.run_test(size=(20, 6)) as pilot:
            await app.push_screen(First(id="first"))
            await pilot.pause()
            seen.rows = list(app.screen._compositor.render_strips())
            takes_words = inspect.signature(app._driver.write)  # type: ignore[union-attr]
            seen.driver_takes = tuple(takes_words.parameters)
            await pilot.press("x")
            await app.push_screen(Dialog())
            await pilot.pause()

    asyncio.run(run())
    return seen


@cache
def failed() -> Seen:
    """An app that ended by an error of its own."""
    from textual.app import App

    seen = Seen()

    class Fails(App[None]):
        def on_mount(self) -> None:
            self.call_later(lambda: 1 // 0)

        def _fatal_error(self) -> None:
            seen.error = self._exception
            seen.ended_by.append("_fatal_error")
            self.panic()

    async def run() -> None:
        async with Fails().run_test() as pilot:
            await pilot.pause()

    with redirect_stderr(io.StringIO()), pytest.raises(ZeroDivisionError):
        asyncio.run(run())
    return seen
