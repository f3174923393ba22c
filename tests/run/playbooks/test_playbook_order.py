"""The files of a play, and its command."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from mobius_tui.errors import RunError
from mobius_tui.run.fleet.fleet_lines import OrderedHost
from mobius_tui.run.playbooks.playbook_order import (
    PlaybookOrder,
    play_command,
    play_environment,
    write_play,
)
from mobius_tui.run.storage.play_files import PlayFiles, PlayHost, plays_of_attempt
from mobius_tui.run.targets.resolved_hosts import TargetHost

HOSTS = (
    TargetHost(name="a", address="a"),
    TargetHost(name="b", address="10.0.0.2", user="ops", port=2222),
)


def order_in(folder: Path, **more: Any) -> PlaybookOrder:
    return PlaybookOrder(
        **{
            "folder": str(folder),
            "hosts": HOSTS,
            "program": "/x/ansible-playbook",
            "workdir": "/books",
            "env": {"ANSIBLE_CALLBACK_PLUGINS": "/own"},
            **more,
        }
    )


def orders(*names: str) -> tuple[OrderedHost, ...]:
    return tuple(
        OrderedHost(name=name, attempt=2, values={"RUNBOOK_HOST": name})
        for name in names
    )


def inventory(files: PlayFiles) -> Any:
    return json.loads(files.inventory.read_text())["all"]["hosts"]


def test_hosts_are_where_they_were_resolved(tmp_path: Path) -> None:
    there = {"ansible_host": "10.0.0.2", "ansible_user": "ops", "ansible_port": 2222}
    order = order_in(tmp_path, playbook="p.yml")
    named = write_play(order, orders("a", "b"))
    assert inventory(named) == {"a": {"ansible_host": "a"}, "b": there}
    assert "-i /books" not in play_command(order, named)
    order = order_in(tmp_path, playbook="p.yml", inventory="hosts.ini")
    listed = write_play(order, orders("a", "b"))
    assert inventory(listed) == {"a": {}, "b": there}
    words = f"-i /books/hosts.ini -i {listed.inventory} "
    assert words in play_command(order, listed)
    assert [each.path.name for each in plays_of_attempt(tmp_path)] == ["1", "2"]


def test_each_host_s_script_has_its_own_values(tmp_path: Path) -> None:
    tmp_path.chmod(0o2750)  # a run that a group may read
    order = order_in(
        tmp_path, script="id {{ x }}", shell=("sh",), values={"T": "hunter2"}
    )
    files = write_play(order, orders("a", "b"))
    head, first, second = files.variables.read_text().splitlines()
    assert head == "mobius_standard_input:"
    for name, row in (("a", first), ("b", second)):
        assert row.startswith(f'  "{name}": !unsafe "')
        assert f"export RUNBOOK_HOST={name}" in row
        assert "export T=hunter2" in row
        assert "id {{ x }}" in row
    assert stat.S_IMODE(files.variables.stat().st_mode) == 0o600
    assert stat.S_IMODE(files.limit.stat().st_mode) == 0o640
    assert "hunter2" not in play_command(order, files)
    assert "hunter2" not in files.playbook.read_text()
    env = play_environment(order, files)
    assert env["ANSIBLE_NO_TARGET_SYSLOG"] == "True"
    assert env["ANSIBLE_CALLBACK_PLUGINS"].endswith("/playbooks/assets:/own")


def test_a_play_without_its_list_of_hosts_has_not_begun(tmp_path: Path) -> None:
    files = write_play(order_in(tmp_path, playbook="p.yml"), orders("a"))
    assert files.read_hosts() == (PlayHost(name="a", attempt=2),)
    for text in ("[1]", "{", '[{"name": "a"}]'):
        files.hosts.write_text(text)
        assert files.read_hosts() == ()
    files.hosts.unlink()
    assert files.read_hosts() == ()


def test_a_play_is_for_the_hosts_of_its_attempt(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="'z' is no host of this attempt"):
        write_play(order_in(tmp_path, playbook="p.yml"), orders("a", "z"))
    assert plays_of_attempt(tmp_path) == ()
