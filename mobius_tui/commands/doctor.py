"""`mobius-tui doctor`: whether this machine, account and terminal are fit for a run."""

from __future__ import annotations

from mobius_tui.errors import FAILED, OK

TYPE_CHECKING = False  # as in `cli`
if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from mobius_tui.run.finding import Finding

MARKS = {"ok": "ok", "note": "note", "trouble": "TROUBLE"}


def add_options(doctor: argparse.ArgumentParser) -> None:
    """Add what `doctor` takes."""
    from mobius_tui.commands.options import json_option

    json_option(doctor)


def do(options: argparse.Namespace) -> int:
    """Say what was found; starts nothing, changes nothing, asks no network."""
    import json
    from dataclasses import asdict

    from mobius_tui.commands.speaking import say
    from mobius_tui.sanitize import line

    found = tuple(_look())
    if options.json:
        say(json.dumps([asdict(each) for each in found], indent=2))
    else:
        for each in found:
            say(f"{MARKS[each.verdict]:7}  {each.about:13}  {line(each.words)}")
            if each.remedy:
                say(f"{'':24}→ {line(each.remedy)}")
    return FAILED if any(each.verdict == "trouble" for each in found) else OK


def _look() -> Iterator[Finding]:
    import os
    import sys
    from pathlib import Path

    from mobius_tui.run.home import state_home
    from mobius_tui.run.logout import after_logout
    from mobius_tui.run.own_parts import own_parts
    from mobius_tui.run.state_place import place
    from mobius_tui.run.takeover import operator
    from mobius_tui.tui.surroundings import surroundings

    size = None
    if sys.stdout.isatty() and sys.stdin is not None and sys.stdin.isatty():
        columns, rows = os.get_terminal_size()
        size = (columns, rows)
    yield from own_parts(os.environ.get("PATH", os.defpath))
    yield from surroundings(os.environ, size=size, encoding=sys.stdout.encoding)
    mounts = Path("/proc/mounts")
    known = mounts.read_text("utf-8", "replace") if mounts.exists() else ""
    yield from place(state_home(), known)
    yield after_logout(Path("/"), operator())
