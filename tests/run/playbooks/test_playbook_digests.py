"""What is covered of a playbook, and how a change of it is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.run.playbooks import playbook_digests as digests
from mobius_tui.run.playbooks.playbook_digests import (
    changed_paths_text,
    playbook_digests,
)

FILES = {
    "plays/release.yml": "- import_playbook: other.yml\n- hosts: all\n",
    "plays/other.yml": "- hosts: all\n  vars_files: [../common/x.yaml]\n",
    "common/x.yaml": "a: 1\n",
    "plays/roles/web/tasks/main.yml": "- ping:\n",
    "plays/group_vars/web.yml": "b: 1\n",
    "plays/unrelated.txt": "1",
    "plays/apart.yml": "- hosts: all\n",
    "stock/hosts.ini": "[web]\na\n",
    "stock/host_vars/a.yml": "c: 1\n",
    "ansible.cfg": "[defaults]\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def found(folder: Path) -> dict[str, str]:
    return dict(playbook_digests(folder, "plays/release.yml", "stock/hosts.ini"))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("plays/release.yml", "plays/release.yml"),
        ("plays/other.yml", "plays/other.yml"),
        ("common/x.yaml", "common/x.yaml"),
        ("plays/roles/web/tasks/main.yml", "plays/roles"),
        ("plays/roles/db/new.yml", "plays/roles"),
        ("plays/templates/new.j2", "plays/templates"),
        ("plays/group_vars/web.yml", "plays/group_vars"),
        ("stock/hosts.ini", "stock/hosts.ini"),
        ("stock/host_vars/a.yml", "stock/host_vars"),
        ("ansible.cfg", "ansible.cfg"),
        ("plays/unrelated.txt", ""),
        ("plays/apart.yml", ""),
        ("plays/roles/web/library/__pycache__/made.pyc", ""),
    ],
)
def test_what_is_changed_is_named_where_it_is_covered(
    folder: Path, name: str, said: str
) -> None:
    before = found(folder)
    assert changed_paths_text(before, found(folder)) == ""
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(f"{FILES.get(name, '')}# changed\n")
    assert changed_paths_text(before, found(folder)) == said


def test_what_is_gone_and_what_is_many_is_named(folder: Path) -> None:
    before = found(folder)
    for name in FILES:
        (folder / name).unlink()
    words = changed_paths_text(before, found(folder))
    assert words == "plays/release.yml, plays/other.yml, common/x.yaml and 5 more"
    assert changed_paths_text({}, before) == "", "an older run has none on record"


def test_links_in_a_circle_and_unreadable_things_end(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    roles = folder / "plays/roles"
    (roles / "round").symlink_to(roles)
    (roles / "nowhere").symlink_to(folder / "nothing")
    long_name = "x" * 300
    text = f"- import_playbook: release.yml\n- import_playbook: {long_name}.yml\n"
    (folder / "plays/other.yml").write_text(text)
    before = found(folder)
    assert "plays/roles" in before
    (folder / "linked").mkdir()
    (roles / "linked").symlink_to(folder / "linked")
    (folder / "linked/main.yml").write_text("- ping:\n")
    assert changed_paths_text(before, found(folder)) == "plays/roles"
    monkeypatch.setattr(digests, "MAX_DIGESTED_FILE_BYTES", 4)
    before = found(folder)
    (roles / "web/tasks/main.yml").write_text("- ping: of another length\n")
    assert changed_paths_text(before, found(folder)) == "plays/roles"
