"""What is used of Textual that it does not document, and why.

A private name may move with any release of Textual. Each that is used stands here, and
only modules of this folder use them: `tests/tui/backend/test_textual_private.py` holds
the code to this table, `test_textual_private_contract.py` beside it holds Textual to
it, and `python -m tests.textual_next` asks the newest release.
"""

from __future__ import annotations

from typing import NamedTuple


class PrivateUse(NamedTuple):
    """One name of Textual that one module relies on."""

    name: str
    """The dotted name; of an attribute, behind its class."""
    module: str
    """The module of this folder that uses it."""
    why: str
    """What it is needed for."""


def _uses(module: str, parent: str, /, **names: str) -> tuple[PrivateUse, ...]:
    """Uses of one module, of names in one module or class of Textual."""
    return tuple(
        PrivateUse(f"textual.{parent}.{name}", module, why)
        for name, why in names.items()
    )


PRIVATE_USES = (
    *_uses(
        "screen_diff",
        "_compositor",
        LayoutUpdate="the rows of a whole screen, to compare with what was sent",
        ChopsUpdate="the parts of rows that changed, to compare with what was sent",
        CompositorUpdate="an update of this kind writes its own bytes",
    ),
    *_uses(
        "drawing_caches",
        "_styles_cache",
        StylesCache="makes each line of a widget; rows that only moved are not remade",
    ),
    *_uses(
        "drawing_caches",
        "widget.Widget",
        _styles_cache="there is no other way to choose a widget's cache",
    ),
    *_uses(
        "drawing_caches",
        "screen.Screen",
        _compositor="gives the rows of the screen beneath a dialog",
        render="returns what is beneath a dialog, which is replaced",
    ),
    *_uses(
        "drawing_caches",
        "renderables.background_screen",
        BackgroundScreen="what is beneath a dialog: the screen and its tint",
    ),
    *_uses(
        "key_parser",
        "_parser",
        ParseEOF="ends the input",
        ParseTimeout="tells that nothing followed within a time",
        Peek1="the type of a request for a character",
        Read1="the type of a request for a character",
        TokenCallback="the type of what takes events",
    ),
    *_uses(
        "key_parser",
        "_parser.Parser",
        _timeout_time="whether what was read may still become something else",
    ),
    *_uses(
        "key_parser",
        "_xterm_parser",
        XTermParser="the parser that is replaced; its keys and its mouse are used",
        IS_ITERM="iTerm reports sizes in band wrongly",
        _re_cursor_position="how a terminal reports its cursor",
        _re_in_band_window_resize="how a terminal reports its size",
        _re_mouse_event="how a terminal reports its mouse",
        _re_terminal_mode_response="how a terminal answers which modes it has",
    ),
    *_uses(
        "key_parser",
        "_xterm_parser.XTermParser",
        _sequence_to_key_events="the keys of an escape sequence",
        parse_mouse_code="the event of a mouse report",
    ),
    *_uses(
        "key_parser",
        "constants",
        ESCAPE_DELAY="seconds after which a lone Esc is the key",
        SMOOTH_SCROLL="whether the mouse may be reported by pixels",
    ),
    *_uses(
        "terminal_driver",
        "drivers.linux_driver",
        LinuxDriver="the driver that is extended",
    ),
    *_uses(
        "terminal_driver",
        "drivers.linux_driver.LinuxDriver",
        _file="where the writer's thread writes to; replaced by a way past the thread",
        _get_terminal_size="asks the terminal alone, and not COLUMNS and LINES",
        _key_thread="not to wait for it where the process ends anyway",
        _sigcont_application="the app itself comes back after `fg`",
        _sigtstp_application="the app itself stops on Ctrl+Z",
        start_application_mode="the event loop reads keys from then on",
        run_input_thread="the event loop reads keys in its place",
        disable_input="ends the reading of keys",
        exit_event="ends the thread that reads keys",
        fileno="where keys are read from",
    ),
    *_uses(
        "terminal_driver",
        "driver.Driver",
        _app="to raise an error of the parser in the app",
        _loop="the event loop that reads keys",
        _size="the size is known before the first frame",
        process_message="gives the app an event",
    ),
    *_uses(
        "style_sheets",
        "css.stylesheet.Stylesheet",
        _parse_rules="where each source is parsed: 30 ms for each new screen",
        _variables="the colours that the rules were made with",
        parse="applies all sources",
        reparse="reads all sources anew",
    ),
    *_uses(
        "style_sheets",
        "css.stylesheet",
        Stylesheet="the style sheet that is extended",
    ),
    *_uses("style_sheets", "css.model", RuleSet="the type of a rule"),
    *_uses("style_sheets", "css.types", CSSLocation="the type of a source"),
    *_uses(
        "terminal_app",
        "app.App",
        _display="between a screen's update and the driver: writes the difference",
        _driver="writes sequences that Textual has none for",
        _exception="the first error, for the report of a crash",
        _fatal_error="prints the values of variables, and secrets are among them",
        on_event="the dispatch of all input: each key waits for its turn",
        panic="ends the app; its words are kept for the report of a crash",
        stylesheet="replaced by one that caches",
        get_default_screen="the screen beneath all others",
    ),
    *_uses(
        "terminal_app",
        "events.Event",
        is_forwarded="tells input from the terminal from what a screen handed on",
    ),
    *_uses(
        "style_sheets",
        "screen.Screen",
        update_classes="sets the breakpoints' classes before the first layout",
    ),
    *_uses(
        "startup",
        "constants",
        MAX_FPS="read from TEXTUAL_FPS at import",
        TEXTUAL_ANIMATIONS="read from the environment at import",
        COLOR_SYSTEM="read from TEXTUAL_COLOR_SYSTEM at import",
        PRESS="read from TEXTUAL_PRESS at import: keys that press themselves",
    ),
)
"""Every use of a private name of Textual, with the module that needs it."""

STYLED_SELECTORS = (
    *("CommandInput", "CommandList", "SearchIcon", "Toast", "ToastRack"),
    *("#--input", "#--results"),
)
"""The widgets of Textual's own, and their ids, that our style sheets name."""
