"""What systemd does at log-out, from copies of its files."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.doctor.login import login_finding

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
        ({MAIN: "[Login]\nKillUserProcesses=Y\n"}, "trouble"),
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
    found = login_finding(machine(tmp_path, files), "ana")
    assert found.verdict == verdict
    assert ("loginctl enable-linger" in found.remedy) == (verdict != "ok")


def test_without_systemd_or_in_a_manager_that_lingers_nothing_is_killed(
    tmp_path: Path,
) -> None:
    assert login_finding(tmp_path / "none", "ana").verdict == "ok"
    kills = {MAIN: "KillUserProcesses=yes\n"}
    root = machine(tmp_path / "own", kills, MANAGER)
    assert login_finding(root, "ana").verdict == "trouble"
    (root / "var/lib/systemd/linger").mkdir(parents=True)
    (root / "var/lib/systemd/linger/ana").touch()
    assert login_finding(root, "ana").verdict == "ok"
    again = machine(tmp_path / "login", {**kills, "var/lib/systemd/linger/ana": ""})
    assert login_finding(again, "ana").remedy.startswith("start it by `systemd-run")
