"""The tables of keys in the format's reference, made of the declarations of the keys.

`python -m tests.reference` writes them anew, each below the line that names it:
`<!-- keys: phase.step run -->`. What stands between the tables is written by hand.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import cast

from mobius_tui.runbook.model.check_kinds import CHECK_TABLE, Repeat
from mobius_tui.runbook.model.key_table import KEYS, SECTIONS
from mobius_tui.runbook.model.keys import Inner, Key, Part, keys_of
from tests.paths import ROOT

REFERENCE = ROOT / "runbooks" / "README.md"
_TABLE = re.compile(r"(^<!-- keys: (.*) -->\n\n)(?:\|.*\n)*", re.MULTILINE)
_LISTS = ("contact", "message", "channel", "phase", "phase.step")


def reference_text(text: str) -> str:
    """A reference with the tables that its keys make."""
    known = sections(text)
    return _TABLE.sub(lambda found: found[1] + "".join(_table(found[2], known)), text)


def sections(text: str) -> list[str]:
    """The sections that a reference has a table of, in its order."""
    return [found[2] for found in _TABLE.finditer(text)]


def _table(section: str, known: Collection[str]) -> Iterator[str]:
    place, prefix = section.partition(" ")[0], ""
    if section == "phase.step.check":
        parts = CHECK_TABLE
    elif section in SECTIONS:
        parts = SECTIONS[section]
    else:  # a table within another that has one of its own
        place, _, name = section.rpartition(".")
        parts, prefix = cast("Inner", KEYS[place][name].kind).parts, f"{name}."
    head = f"[[{place}]]" if place in _LISTS else f"[{place}]"
    head = "the file" if section == "file" else f"`{head}`"
    yield f"| key of {head} | meaning |\n|---|---|\n"
    for part in parts:
        for name, key in _named(part):
            names = [prefix + name]
            if part is Repeat:
                names.append(f"KIND.{name}")
            yield from _rows(place, names, key, known)


def _named(part: Part) -> Iterator[tuple[str, Key]]:
    """The keys of a part by their names, without the second of two for one."""
    for field, key in keys_of(part).items():
        if key.says:
            yield key.name or field, key


def _rows(
    place: str, names: list[str], key: Key, known: Collection[str]
) -> Iterator[str]:
    """The row of a key, and below it those of the table that is its value."""
    shown = ", ".join(f"`{name}`" for name in names)
    meaning = key.meaning.replace("|", r"\|")
    more = f"; [more](#{key.see})" if key.see else ""
    yield f"| {shown} | {meaning}{more} |\n"
    inner = key.kind.parts if isinstance(key.kind, Inner) else ()
    if inner == CHECK_TABLE or f"{place}.{names[0]}" in known:
        return
    for part in inner:
        for name, each in _named(part) if part is not Repeat else ():
            yield from _rows(place, [f"{names[0]}.{name}"], each, known)


def main() -> None:
    """Write the tables anew."""
    text = REFERENCE.read_text(encoding="utf-8")
    REFERENCE.write_text(reference_text(text), encoding="utf-8")


if __name__ == "__main__":
    main()
