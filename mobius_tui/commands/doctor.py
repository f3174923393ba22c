"""`mobius-tui doctor`: whether this machine, account and terminal are fit for a run."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from msgspec import to_builtins

from mobius_tui.commands.support.command_output import print_data
from mobius_tui.doctor.confining import confining_finding
from mobius_tui.doctor.finding import Finding
from mobius_tui.doctor.login import login_finding
from mobius_tui.doctor.needed_programs import install_findings, many_hosts_findings
from mobius_tui.doctor.process_limits import open_files_finding
from mobius_tui.doctor.state_folder import state_folder_findings
from mobius_tui.doctor.terminal import terminal_findings
from mobius_tui.errors import EXIT_FAILED, EXIT_OK
from mobius_tui.run.host.host_setup import current_operator
from mobius_tui.run.storage.state_folders import state_home
from mobius_tui.sanitize import line

VERDICT_LABELS = {"ok": "ok", "note": "note", "trouble": "TROUBLE"}


def do(options: argparse.Namespace) -> int:
    """Print the findings; changes nothing, uses no network.

    Of other programs only ssh and Ansible are started, for their versions, and `true`,
    confined.
    """
    findings = tuple(_findings())
    if options.json:
        print_data(json.dumps(to_builtins(findings), indent=2))
    else:
        for finding in findings:
            label = VERDICT_LABELS[finding.verdict]
            print_data(f"{label:7}  {finding.about:13}  {line(finding.words)}")
            if finding.remedy:
                print_data(f"{'':24}→ {line(finding.remedy)}")
    return (
        EXIT_FAILED
        if any(finding.verdict == "trouble" for finding in findings)
        else EXIT_OK
    )


def _findings() -> Iterator[Finding]:

    size = None
    if sys.stdout.isatty() and sys.stdin is not None and sys.stdin.isatty():
        columns, rows = os.get_terminal_size()
        size = (columns, rows)
    yield from install_findings(os.environ.get("PATH", os.defpath))
    yield from terminal_findings(os.environ, size=size, encoding=sys.stdout.encoding)
    mounts = Path("/proc/mounts")
    mounts_text = mounts.read_text("utf-8", "replace") if mounts.exists() else ""
    yield from state_folder_findings(state_home(), mounts_text)
    yield open_files_finding(os.sysconf("SC_OPEN_MAX"))
    yield login_finding(Path("/"), current_operator())
    path = os.environ.get("PATH", os.defpath)
    yield from many_hosts_findings(path, Path.home(), Path("/etc"))
    yield confining_finding()
