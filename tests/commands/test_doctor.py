"""`mobius-tui doctor`: from copies of the files that it looks at."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from mobius_tui.cli import main
from mobius_tui.doctor.install import is_within_bounds
from mobius_tui.doctor.login import login_findings
from mobius_tui.doctor.state_folder import state_folder_findings
from mobius_tui.doctor.terminal import terminal_findings

SESSION = "0::/user.slice/user-1000.slice/session-3.scope\n"
MANAGER = "0::/user.slice/user-1000.slice/user@1000.service/app.slice/a.scope\n"
MAIN = "usr/lib/systemd/logind.conf"


def machine(root: Path, files: dict[str, str], group: str = SESSION) -> Path:
    """A copy of the files of a machine that systemd runs."""
    (root / "run/systemd/system").mkdir(parents=True)
    for name, text in {"proc/self/cgroup": group, **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.mark.parametrize(
    ("files", "verdict"),
    [
        ({MAIN: "[Login]\n#KillUserProcesses=no\n"}, "ok"),
        ({MAIN: "[Login]\n#KillUserProcesses=yes\n"}, "trouble"),
        ({}, "note"),
        ({"etc/systemd/logind.conf": "[Login]\nKillUserProcesses = yes\n"}, "trouble"),
        (
            {
                MAIN: "#KillUserProcesses=no\n",
                "etc/systemd/logind.conf.d/10-kill.conf": "KillUserProcesses=yes\n",
            },
            "trouble",
        ),
        (
            {
                "usr/lib/systemd/logind.conf.d/10.conf": "KillUserProcesses=yes\n",
                "etc/systemd/logind.conf.d/10.conf": "KillUserProcesses=no\n",
            },
            "ok",
        ),
        ({MAIN: "KillUserProcesses=yes\nKillExcludeUsers=root ana\n"}, "ok"),
        ({MAIN: "KillUserProcesses=yes\nKillOnlyUsers=ben\n"}, "ok"),
    ],
)
def test_what_systemd_kills_at_log_out_is_told(
    tmp_path: Path, files: dict[str, str], verdict: str
) -> None:
    found = login_findings(machine(tmp_path, files), "ana")
    assert found.verdict == verdict
    assert ("loginctl enable-linger" in found.remedy) == (verdict != "ok")


def test_without_systemd_or_in_a_manager_that_lingers_nothing_is_killed(
    tmp_path: Path,
) -> None:
    assert login_findings(tmp_path / "none", "ana").verdict == "ok"
    kills = {MAIN: "KillUserProcesses=yes\n"}
    root = machine(tmp_path / "own", kills, MANAGER)
    assert login_findings(root, "ana").verdict == "trouble"
    (root / "var/lib/systemd/linger").mkdir(parents=True)
    (root / "var/lib/systemd/linger/ana").touch()
    assert login_findings(root, "ana").verdict == "ok"
    again = machine(tmp_path / "login", {**kills, "var/lib/systemd/linger/ana": ""})
    assert login_findings(again, "ana").remedy.startswith("start it by `systemd-run")


@pytest.mark.parametrize(
    ("mount", "verdict"),
    [("/", "ok"), ("filer", "trouble"), ("", "note"), ("my disk", "ok")],
)
def test_a_network_s_disk_is_told(tmp_path: Path, mount: str, verdict: str) -> None:
    there = tmp_path / "my disk" / "state"
    there.mkdir(parents=True)
    own = str(tmp_path).replace(" ", "\\040")
    rows = {
        "": "",
        "/": "/dev/sda1 / ext4 rw 0 0\n",
        "filer": f"/dev/sda1 / ext4 rw 0 0\nfiler:/x {own} nfs4 rw 0 0\n",
        "my disk": f"filer:/x {own} nfs4 rw 0 0\n/dev/b {own}/my\\040disk xfs rw 0 0\n",
    }
    found = {each.about: each for each in state_folder_findings(there, rows[mount])}
    assert found["its disk"].verdict == verdict
    assert ("XDG_STATE_HOME" in found["its disk"].remedy) == (verdict == "trouble")


def test_the_rights_of_the_state_folder_are_told(tmp_path: Path) -> None:
    later = tmp_path / "later" / "state"
    first = next(iter(state_folder_findings(later, "")))
    assert "which the first run makes" in first.text
    assert not later.exists()
    later.mkdir(parents=True)
    later.chmod(0o777)
    first = next(iter(state_folder_findings(later, "")))
    assert (first.verdict, first.remedy) == ("trouble", f"chmod 700 {later}")
    file = tmp_path / "file"
    file.touch()
    assert next(iter(state_folder_findings(file, ""))).verdict == "trouble"


def test_terminal_colours_clipboard_and_editor_are_told(tmp_path: Path) -> None:
    editor = tmp_path / "edit"
    editor.write_text("#!/bin/sh\n")
    editor.chmod(0o755)
    environ = {"TERM": "xterm-256color", "PATH": str(tmp_path), "EDITOR": "edit -w"}
    found = {
        each.about: each
        for each in terminal_findings(environ, size=(80, 24), encoding="utf-8")
    }
    assert found["terminal"].text == "xterm-256color, 80 columns and 24 rows"
    assert found["colours"].text == "256 or more"
    assert found["editor"].text == str(editor)
    assert found["clipboard"].verdict == "note"
    poor = {"TERM": "dumb", "PATH": str(tmp_path), "EDITOR": "gone 'x"}
    found = {
        each.about: each
        for each in terminal_findings(poor, size=None, encoding="ascii")
    }
    assert {each.verdict for each in found.values()} == {"note", "ok"}
    assert "cannot be read" in found["editor"].text


@pytest.mark.parametrize(
    ("have", "bounds", "does"),
    [
        ("8.10.1", "<9,>=8.2", True),
        ("9.0", "<9,>=8.2", False),
        ("8.1.9", "<9,>=8.2", False),
        ("8.2rc1", ">=8.2", True),
    ],
)
def test_a_package_is_held_to_its_bounds(have: str, bounds: str, does: bool) -> None:
    assert is_within_bounds(have, bounds) is does


def test_the_command_says_all_and_exits_by_the_worst(
    state_home: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    main(["doctor"])
    said = capsys.readouterr().out
    assert f"state folder   {state_home}/mobius-tui, which the first run" in said
    assert not state_home.exists()
    main(["doctor", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert {"Python", "textual", "bash", "after log-out"} <= {f["about"] for f in found}
    monkeypatch.setenv("PATH", os.devnull)
    assert main(["doctor"]) == 1
    assert "TROUBLE  bash" in capsys.readouterr().out
