"""`mobius-tui doctor`: whether this machine, account and terminal are fit for a run."""

from __future__ import annotations

from mobius_tui.errors import FAILED, OK

TYPE_CHECKING = False  # as in `cli`
if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from mobius_tui.doctor.finding import Finding

MARKS = {"ok": "ok", "note": "note", "trouble": "TROUBLE"}


def add_options(doctor: argparse.ArgumentParser) -> None:
    """Add what `doctor` takes."""
    from mobius_tui.commands.support.command_options import json_option

    json_option(doctor)


def do(options: argparse.Namespace) -> int:
    """Say what was found; starts nothing, changes nothing, asks no network."""
    import json
    from dataclasses import asdict

    from mobius_tui.commands.support.command_output import print_data
    from mobius_tui.sanitize import line

    found = tuple(_look())
    if options.json:
        print_data(json.dumps([asdict(each) for each in found], indent=2))
    else:
        for each in found:
            print_data(f"{MARKS[each.verdict]:7}  {each.about:13}  {line(each.words)}")
            if each.remedy:
                print_data(f"{'':24}→ {line(each.remedy)}")
    return FAILED if any(each.verdict == "trouble" for each in found) else OK


def _look() -> Iterator[Finding]:
    import os
    import sys
    from pathlib import Path

    from mobius_tui.doctor.install import install_findings
    from mobius_tui.doctor.login import login_findings
    from mobius_tui.doctor.state_folder import state_folder_findings
    from mobius_tui.doctor.terminal import terminal_findings
    from mobius_tui.run.host.takeover import operator
    from mobius_tui.run.storage.state_home import state_home

    size = None
    if sys.stdout.isatty() and sys.stdin is not None and sys.stdin.isatty():
        columns, rows = os.get_terminal_size()
        size = (columns, rows)
    yield from install_findings(os.environ.get("PATH", os.defpath))
    yield from terminal_findings(os.environ, size=size, encoding=sys.stdout.encoding)
    mounts = Path("/proc/mounts")
    known = mounts.read_text("utf-8", "replace") if mounts.exists() else ""
    yield from state_folder_findings(state_home(), known)
    yield login_findings(Path("/"), operator())
