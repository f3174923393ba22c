"""What steps on many hosts need of this machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from mobius_tui.doctor.finding import Finding
from mobius_tui.doctor.needed_programs import ANSIBLE_CORE, many_hosts_findings
from tests.paths import ROOT

OPENSSH = "echo OpenSSH_{}p1 Debian-7, OpenSSL 3.5 >&2"
Examine = Callable[..., Mapping[str, Finding]]


@pytest.fixture
def examine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Examine:
    """What is found where programs print what is said, by its subject."""
    monkeypatch.setattr("sys.executable", str(tmp_path / "no-python"))

    def go(**programs: str) -> Mapping[str, Finding]:
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        for name, script in programs.items():
            program = folder / name.replace("_", "-")
            program.write_text(f"#!/bin/sh\n{script}\n")
            program.chmod(0o755)
        found = many_hosts_findings(str(folder), tmp_path, tmp_path / "etc")
        return {each.about: each for each in found}

    return go


@pytest.mark.parametrize(
    ("script", "verdict", "words"),
    [
        (OPENSSH.format("10.0"), "ok", "OpenSSH 10.0, /"),
        (OPENSSH.format("8.7"), "ok", "OpenSSH 8.7, /"),
        (OPENSSH.format("8.2"), "note", "OpenSSH 8.2, and steps with `hosts` want 8.7"),
        ("echo OpenSSH_for_Windows_9.5p1 >&2", "ok", "OpenSSH 9.5"),
        ("echo Dropbear v2024 >&2", "note", "does not say that it is OpenSSH"),
        ("exit 1", "note", "does not say that it is OpenSSH"),
    ],
)
def test_ssh_is_new_enough_for_what_it_is_told(
    examine: Examine, script: str, verdict: str, words: str
) -> None:
    found = examine(ssh=script)
    assert found["ssh"].verdict == verdict
    assert words in found["ssh"].words
    assert "PerSourcePenalties" in found["sshd's limits"].words


def test_without_ssh_only_that_is_said(examine: Examine) -> None:
    found = examine()
    assert set(found) == {"ssh", "ansible-core"}
    assert found["ssh"].words == "not on PATH: no step with `hosts` can run"


def test_connections_are_shared_where_their_sockets_can_be(
    examine: Examine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder, verdict, words in (
        ("/tmp", "ok", "up to 50 hosts"),
        (str(tmp_path / ("long" * 25)), "trouble", "too long a path"),
        ("/dev/null", "trouble", "no socket can be made in /dev/null"),
    ):
        monkeypatch.setattr("tempfile.gettempdir", lambda folder=folder: folder)
        found = examine(ssh=OPENSSH.format("10.0"))["shared ssh"]
        assert (found.verdict, words in found.words) == (verdict, True), found


def test_keys_of_hosts_are_known_or_that_is_said(
    examine: Examine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ssh = OPENSSH.format("10.0")
    assert examine(ssh=ssh)["known hosts"].verdict == "note"
    (tmp_path / "etc" / "ssh").mkdir(parents=True)
    (tmp_path / "etc" / "ssh" / "ssh_known_hosts").write_text("web-1 ssh-ed25519 A\n")
    assert examine(ssh=ssh)["known hosts"].verdict == "ok"
    own = tmp_path / ".ssh" / "known_hosts"
    own.parent.mkdir()
    own.touch()
    monkeypatch.setattr("os.access", lambda path, _mode: path != own)
    found = examine(ssh=ssh)["known hosts"]
    assert (found.verdict, f"{own} cannot be read" in found.words) == ("trouble", True)


@pytest.mark.parametrize(
    ("script", "verdict", "words"),
    [
        ("echo 'ansible-playbook [core 2.19.14]'", "ok", "2.19.14, /"),
        ("echo 'ansible-playbook [core 2.15.9]'", "note", "2.15.9, and"),
        ("echo 'ansible-playbook [core 2.20.0]'", "note", "2.20.0, and"),
        ("exit 1", "note", "does not say its version"),
    ],
)
def test_ansible_is_of_the_versions_that_the_extra_asks_for(
    examine: Examine, script: str, verdict: str, words: str
) -> None:
    found = examine(ansible_playbook=script)["ansible-core"]
    assert (found.verdict, words in found.words) == (verdict, True), found
    if verdict == "note":
        assert found.remedy == "pip install 'mobius-tui[ansible]'"


def test_the_extra_asks_for_the_same() -> None:
    assert f'"ansible-core{ANSIBLE_CORE}"' in (ROOT / "pyproject.toml").read_text()
