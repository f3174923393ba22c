"""Pictures of screens: drawn the same on every machine, compared, and made into PNG.

Importing this sets what makes pictures differ from machine to machine: animations,
colours and the time zone. The clock is for the caller to hold.
"""

from __future__ import annotations

import difflib
import html
import io
import os
import re
import tempfile
import time
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from rich.console import Console
from textual.app import App
from textual.widget import Widget

from tests.cells import cells_of
from tests.paths import TESTS
from tests.textual_private import full_update

ENVIRONMENT = {"TEXTUAL_ANIMATIONS": "none", "COLORTERM": "truecolor", "TZ": "UTC"}

BASELINES = TESTS / "tui" / "pictures"

FONT = "DejaVu Sans Mono"
FONT_FILE = "DejaVuSansMono.ttf"
FONT_FOLDERS = (
    "/usr/share/fonts/truetype/dejavu",  # Debian
    "/usr/share/fonts/dejavu-sans-mono-fonts",  # Fedora
    "/usr/share/fonts/TTF",  # Arch
    "/usr/share/fonts/dejavu",
    "/usr/local/share/fonts",
    "/Library/Fonts",
    "~/Library/Fonts",
    "~/.local/share/fonts",
    "~/.fonts",
)

os.environ.update(ENVIRONMENT)
os.environ.pop("NO_COLOR", None)
time.tzset()


def svg_of(app: App[Any]) -> str:
    """Return the screen of a running app as SVG that needs nothing from the network.

    The app's own export does the same, and names everything in it by a hash of the
    contents, which takes as long as all the rest.
    """
    console = Console(
        width=app.size.width,
        height=app.size.height,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        record=True,
        legacy_windows=False,
        safe_box=False,
    )
    console.print(full_update(app))
    svg = console.export_svg(title=app.title, unique_id="terminal")
    svg = re.sub(r"@font-face\s*\{[^}]*\}", "", svg)
    return "\n".join(row.rstrip() for row in svg.splitlines() if row.strip()) + "\n"


def words_of(app: App[Any]) -> str:
    """Return what `text_of` would of a running app, without drawing its picture."""
    rows = [
        "".join(piece.text for strip in row for piece in strip if piece.text.strip(" "))
        .replace("\xa0", " ")
        .rstrip()
        for row in full_update(app).strips
    ]
    if rows and not rows[-1]:
        rows.pop()
    return "\n".join(rows)


def empty_panes(app: App[Any]) -> list[str]:
    """Return the frames on the screen on top that have nothing in them, by their ids.

    A picture of one shows a page that had not been filled yet.
    """
    rows = ["".join(strip.text for strip in row) for row in full_update(app).strips]
    found = []
    for widget in app.screen.walk_children(Widget):
        edge, _ = widget.styles.border_top
        inside = widget.content_region.intersection(app.screen.region)
        if edge in ("", "none", "hidden") or not widget.visible or not inside:
            continue
        shown = rows[inside.y : inside.bottom]
        if not any(row[inside.x : inside.right].strip() for row in shown):
            found.append(widget.id or type(widget).__name__)
    return found


def text_of(svg: str) -> str:
    """Return the text of a picture as lines, without the window's title."""
    lines: dict[float, list[tuple[float, str]]] = {}
    texts = re.findall(r"<text([^>]*)>(.*?)</text>", svg, flags=re.DOTALL)
    for attributes, text in texts:
        if 'class="terminal-title"' in attributes:
            continue
        x, y = (
            float(found[1])
            if (found := re.search(rf'\b{name}="([\d.]+)"', attributes))
            else 0.0
            for name in "xy"
        )
        words = html.unescape(text).replace("\xa0", " ").rstrip("\n")
        lines.setdefault(y, []).append((x, words))
    rows = (
        "".join(words for _, words in sorted(row)) for _, row in sorted(lines.items())
    )
    return "\n".join(row.rstrip() for row in rows)


def png_of(svg: str, path: Path, *, fonts: Sequence[str] = FONT_FOLDERS) -> None:
    """Draw a picture into a PNG file.

    Args:
        svg: What `svg_of` returned.
        path: The file to write.
        fonts: Folders to look for the font in.

    Raises:
        FileNotFoundError: If the font is not installed; it names the package.
    """
    import resvg_py  # the rest works without this extra

    folder = _font_folder(fonts)
    svg = svg.replace("Fira Code", FONT)
    path.write_bytes(
        resvg_py.svg_to_bytes(
            svg_string=svg,
            skip_system_fonts=True,
            font_dirs=[str(folder)],
            font_family=FONT,
            monospace_family=FONT,
        )
    )


def screen_of(app: App[Any]) -> str:
    """Return the screen of a running app in the form of its baseline."""
    rows = (chain.from_iterable(row) for row in full_update(app).strips)
    return cells_of(rows, app.size.width)


def assert_picture(app: App[Any], name: str, *, baselines: Path = BASELINES) -> None:
    """Compare a screen with its baseline, `tests/tui/pictures/NAME.screen`.

    With UPDATE_PICTURES=1 in the environment the baseline is written instead.

    Args:
        app: It runs.
        name: The baseline's name.
        baselines: The folder of baselines, in the form of `screen_of`.

    Raises:
        AssertionError: If there is no baseline or it differs; it says in what, where
            the new picture is, and how to accept it.
    """
    now = screen_of(app)
    baseline = baselines / f"{name}.screen"
    if os.environ.get("UPDATE_PICTURES") == "1":
        baseline.parent.mkdir(parents=True, exist_ok=True)
        baseline.write_text(now, encoding="utf-8")
        return
    before = baseline.read_text(encoding="utf-8") if baseline.exists() else ""
    if before == now:
        return
    new = Path(tempfile.mkdtemp(prefix="mobius-pictures-")) / f"{name}.new.svg"
    new.write_text(svg_of(app), encoding="utf-8")
    raise AssertionError(
        f"{_difference(before, now)}\n"
        f"New picture: {new}\n"
        f"If it is right, run the test again with UPDATE_PICTURES=1 to replace\n"
        f"{baseline}"
    )


def _difference(before: str, after: str) -> str:
    """Return in words what differs between two pictures in the form of `screen_of`."""
    if not before:
        return f"There is no such baseline yet. The screen:\n{after}"
    rows = difflib.unified_diff(
        before.split("\n"), after.split("\n"), "baseline", "now", lineterm="", n=0
    )
    return "\n".join(rows)


def _font_folder(folders: Sequence[str]) -> Path:
    """Return the folder that holds the font's files."""
    for name in folders:
        folder = Path(name).expanduser()
        for found in folder.rglob(FONT_FILE):
            return found.parent
    raise FileNotFoundError(
        f"{FONT_FILE} is in none of {', '.join(folders)}. "
        "Install the package fonts-dejavu-core (Debian), dejavu-sans-mono-fonts "
        "(Fedora) or ttf-dejavu (Arch)."
    )
