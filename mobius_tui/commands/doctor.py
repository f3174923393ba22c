"""`mobius-tui doctor`: whether this machine, account and terminal are fit for a run."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from mobius_tui.commands.support.command_output import print_data
from mobius_tui.doctor.finding import Finding
from mobius_tui.doctor.install import install_findings
from mobius_tui.doctor.login import login_findings
from mobius_tui.doctor.state_folder import state_folder_findings
from mobius_tui.doctor.terminal import terminal_findings
from mobius_tui.errors import FAILED, OK
from mobius_tui.run.host.takeover import operator
from mobius_tui.run.storage.state_home import state_home
from mobius_tui.sanitize import line

MARKS = {"ok": "ok", "note": "note", "trouble": "TROUBLE"}


def do(options: argparse.Namespace) -> int:
    """Say what was found; starts nothing, changes nothing, asks no network."""
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
