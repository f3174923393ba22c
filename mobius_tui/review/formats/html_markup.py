"""HTML and SVG elements that escape every text, and the style sheet. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

from msgspec import Struct

VOID_ELEMENTS = frozenset({"meta", "hr"})
"""Elements without an end."""


class Markup(Struct, frozen=True):
    """Text that is HTML or SVG already, and so is not escaped again.

    `tag` escapes the texts in it; whoever makes one directly puts no text of a run in.
    """

    text: str


Child = Markup | str | None


def tag(name: str, /, *children: Child, **attributes: str | float | None) -> Markup:
    """An element.

    Args:
        name: its name.
        children: what is in it; a `str` is text, and `None` nothing.
        attributes: `class_` is `class`, `aria_label` is `aria-label`; one that is
            `None` is left out, and a number has one decimal at most.
    """
    said = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in VOID_ELEMENTS:
        return Markup(f"<{name}{said}>")
    return Markup(f"<{name}{said}>{joined(children).text}</{name}>")


def joined(children: Iterable[Child]) -> Markup:
    """Several in a row."""
    return Markup("".join(map(_text, children)))


def _text(child: Child) -> str:
    if child is None:
        return ""
    return child.text if isinstance(child, Markup) else escape(child)


def _value(value: str | float) -> str:
    if isinstance(value, str):
        return escape(value)
    return f"{value:.1f}".removesuffix(".0")


def style_element(css: str) -> Markup:
    """A `<style>` element. The CSS is not escaped: it must have no text of a run."""
    return Markup(f"<style>{css}</style>")


def elements_as_lines(parts: Iterable[Markup]) -> str:
    """Elements, one on each line, so that `diff` shows what differs in two reports."""
    return "\n".join(part.text for part in parts)


LIGHT_COLOURS: Mapping[str, str] = {
    "paper": "#ffffff",
    "panel": "#f3f5f7",
    "ink": "#1b1f24",
    "muted": "#565f69",
    "line": "#c9d0d7",
    "ok": "#1a7f37",
    "bad": "#b42318",
    "warn": "#855600",
    "unknown": "#6b3fa8",
    "link": "#0a58ca",
}
"""Every one but `line` has at least 4.5 to 1 on paper and on panel."""
DARK_COLOURS: Mapping[str, str] = {
    "paper": "#0f1419",
    "panel": "#1a2129",
    "ink": "#e6edf3",
    "muted": "#a3adb8",
    "line": "#3b4650",
    "ok": "#4cc36a",
    "bad": "#ff8a80",
    "warn": "#e3b341",
    "unknown": "#c8a2ff",
    "link": "#79b8ff",
}

_RULES = """
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);
font:16px/1.5 system-ui,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
header,nav,main,footer{max-width:64rem;margin:0 auto;padding:0 1rem}
h1{font-size:1.7rem;line-height:1.2;margin:1.5rem 0 .5rem}
h2{font-size:1.3rem;margin:2rem 0 .5rem;border-bottom:1px solid var(--line)}
h3{font-size:1.1rem;margin:1.5rem 0 .5rem}
h4{font-size:1rem;margin:1rem 0 .25rem}
p{margin:.25rem 0}
a{color:var(--link)}
nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1rem;padding:0;list-style:none}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;
border-bottom:1px solid var(--line);overflow-wrap:anywhere}
.scroll td{overflow-wrap:break-word}.scroll td:last-child{min-width:8rem}
thead th,th[scope=row]{color:var(--muted);font-weight:600}
th,td.time{white-space:nowrap;overflow-wrap:normal}
td.time{font-variant-numeric:tabular-nums}
pre{background:var(--panel);border-left:3px solid var(--line);padding:.6rem;
margin:.4rem 0;
font:.8rem/1.4 ui-monospace,"DejaVu Sans Mono",monospace;white-space:pre-wrap;
overflow-wrap:anywhere}
.prose p{white-space:pre-wrap;overflow-wrap:anywhere;margin:.4rem 0}
.prose li p{margin:0}.prose ul,.prose ol{margin:.4rem 0;padding-left:1.8rem}
.prose{border-left:1px solid var(--line);padding-left:.8rem;margin:.5rem 0}
.prose table{width:auto}.prose pre{white-space:pre-wrap}
blockquote{margin:.4rem 0 .4rem 1rem;color:var(--muted)}
ul.plain{margin:.25rem 0;padding-left:1.2rem}
.ok{color:var(--ok)}.bad{color:var(--bad)}.warn{color:var(--warn)}
.unknown{color:var(--unknown)}.muted{color:var(--muted)}
.status{font-weight:600;text-transform:uppercase;font-size:.8rem}
.damage{border:2px solid var(--bad);padding:.5rem 1rem;margin:1rem 0}
figure{margin:1rem 0}
figcaption{color:var(--muted);font-size:.85rem}
svg{display:block;width:100%;min-width:40rem;height:auto}
svg text{fill:var(--ink);font:11px system-ui,"DejaVu Sans",sans-serif}
svg text.muted{fill:var(--muted)}svg text.mark{font-weight:700}
svg text.bad{fill:var(--bad)}svg text.unknown{fill:var(--unknown)}
svg line{stroke:var(--line)}
svg line.limit{stroke:var(--warn);stroke-dasharray:4 3}
svg line.event{stroke:var(--bad);stroke-dasharray:2 2}
svg rect.ok{fill:var(--ok)}svg rect.bad{fill:var(--bad)}svg rect.warn{fill:var(--warn)}
svg rect.unknown{fill:var(--unknown)}svg rect.muted{fill:var(--muted)}
svg rect.none{fill:var(--panel)}
footer{color:var(--muted);font-size:.85rem;padding-bottom:2rem}
@media (max-width:40rem){body{font-size:15px}
table{font-size:.8rem}th,td{padding:.25rem .2rem}th,td.time{white-space:normal}
.status{font-size:.68rem}.scroll td:last-child{min-width:6rem}}
@page{size:A4;margin:15mm}
@media print{body{font-size:10pt}nav{display:none}.scroll{overflow:visible}
header,main,footer{max-width:none;padding:0}svg{min-width:0}a{color:inherit}
h1,h2,h3,h4{break-after:avoid}tr,figure,pre{break-inside:avoid}thead{display:table-header-group}}
"""


def _variables(colours: Mapping[str, str]) -> str:
    return "".join(f"--{name}:{colour};" for name, colour in colours.items())


STYLE_SHEET = (
    f":root{{color-scheme:light dark;{_variables(LIGHT_COLOURS)}}}"
    "@media screen and (prefers-color-scheme:dark)"
    f"{{:root{{{_variables(DARK_COLOURS)}}}}}"
    f"{_RULES}"
)
"""The whole style sheet."""


def html_table(
    label: str,
    head: Iterable[str],
    body: Iterable[Iterable[Child]],
    time_columns: int = 0,
) -> Markup:
    """A table that can be scrolled where it is too wide.

    Args:
        label: what it is of.
        head: the names of its columns.
        body: its rows.
        time_columns: the number of columns, from the first, that contain times.
    """
    names = [tag("th", name, scope="col") for name in head]
    lines = [
        tag(
            "tr",
            *(
                tag("td", cell, class_="time" if place < time_columns else None)
                for place, cell in enumerate(row)
            ),
        )
        for row in body
    ]
    whole = tag("table", tag("thead", tag("tr", *names)), tag("tbody", *lines))
    return tag(
        "div", whole, class_="scroll", role="region", aria_label=label, tabindex="0"
    )


def facts_table(found: Iterable[tuple[str, str]]) -> Markup:
    """A table of two columns: what something is, and its value."""
    lines = (
        tag("tr", tag("th", name, scope="row"), tag("td", text)) for name, text in found
    )
    return tag("table", tag("tbody", *lines))
