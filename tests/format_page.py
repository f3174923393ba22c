"""The page of `man 5 mobius-runbook`, made of the tables of the format's reference."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mobius_tui.runbook.library.runbook_files import bundled_folder
from mobius_tui.runbook.library.runbook_schema import plain_meaning
from mobius_tui.runbook.model.key_table import ALIASES, KEYS
from tests.man_page import PAGE, bold, escape, laid_out

FORMAT_PAGE = "mobius-runbook.5"
"""The name of the page's file."""
_PROGRAM = PAGE.partition(".")[0]
_DESCRIPTION = f"""\
A runbook is one TOML file: a list of phases, of which each is a list of steps. A step
does one thing, and may verify it. `{_PROGRAM} check FILE` reports every mistake at its
place, and `{_PROGRAM} new NAME` writes a runbook to begin with.
"""
_FORMATS = """\
Durations are texts such as `"500ms"`, `"10s"` or `"1h30m"`, sizes such as `"1GiB"`.
In texts `${name}` is filled in, and nothing in scripts: there a variable is an
environment variable. What is of format 2 needs `format = 2` at the top of the file.
"""
_SEE_ALSO = f"""\
`{_PROGRAM}`(1). The whole reference, with an example of everything, is README.md beside
the bundled runbooks; `{_PROGRAM} paths` prints where they lie.
"""
_CODE = re.compile(r"``(.+?)``|`([^`]+)`")
_EXAMPLE = re.compile(r"^```toml\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def format_page() -> str:
    """The page of the format, with every key of every table."""
    reference = (bundled_folder() / "README.md").read_text(encoding="utf-8")
    example = _EXAMPLE.search(reference)
    assert example is not None, "the reference begins with no example"
    lines = [
        r".\" Made by `python -m tests.completions`.",
        f'.TH MOBIUS\\-RUNBOOK 5 "" {escape(_PROGRAM)} "File Formats"',
        ".SH NAME",
        rf"mobius\-runbook \- the file of a runbook of {escape(_PROGRAM)}",
        ".SH DESCRIPTION",
        _marked(_DESCRIPTION),
        ".SH EXAMPLE",
        *laid_out(example[1]),
        ".SH VALUES",
        _marked(_FORMATS),
        ".SH KEYS",
    ]
    for place in KEYS:
        lines += [f".SS {escape(_header(place))}", *_rows(place)]
    return "\n".join([*lines, ".SH SEE ALSO", _marked(_SEE_ALSO)]) + "\n"


def _header(place: str) -> str:
    """The header of a table, as a file has it."""
    if not place:
        return "The file"
    outer, _, key = place.rpartition(".")
    declared = KEYS.get(outer, {}).get(key)
    is_list = declared is not None and declared.kind.schema.get("type") == "array"
    return f"[[{place}]]" if is_list else f"[{place}]"


def _rows(place: str) -> Iterator[str]:
    """Each key of a table, with what it means; those of all checks stand once."""
    outer = KEYS.get(place.rpartition(".")[0], {}) if place else {}
    for name, key in KEYS[place].items():
        if name in outer and outer[name].meaning == key.meaning:
            continue
        yield ".TP"
        yield bold(name)
        yield _marked(plain_meaning(key))
    for alias, other in ALIASES.items():
        if other == place:
            yield ".PP"
            yield _marked(f"`{_header(alias)}` has the same keys.")


def _marked(text: str) -> str:
    """A text of the reference: what stands between backticks is bold."""
    parts: list[str] = []
    last = 0
    for found in _CODE.finditer(text):
        parts += [escape(text[last : found.start()]), bold(found[1] or found[2])]
        last = found.end()
    return "".join([*parts, escape(text[last:])]).rstrip("\n")
