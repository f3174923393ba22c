"""What an inventory says and ssh does not follow is named, each with its cure."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.errors import UsageError
from mobius_tui.run.targets.inventory_variables import (
    NOT_FOLLOWED,
    unfollowed_variables,
)
from mobius_tui.run.targets.resolve_targets import resolve_target
from mobius_tui.run.targets.resolved_hosts import decode_host_list, encode_host_list
from mobius_tui.runbook.model.targets import Target
from tests.run.targets.inventories import put_answer
from tests.table import each_row

SWITCHES = ("ansible_host_key_checking", "ansible_ssh_host_key_checking")
"""Variables that matter where they are off."""


@each_row("name", sorted(NOT_FOLLOWED))
def test_each_variable_is_an_error_unless_the_target_ignores_it(name: str) -> None:
    value = "no" if name in SWITCHES else "odd"
    said = unfollowed_variables({"web-1": {name: value}}, ()) or ""
    assert f"`{name}` (web-1)" in said
    assert '`engine = "ansible"` on the step' in said
    assert f'ignore_vars = ["{name}"]' in said
    assert unfollowed_variables({"web-1": {name: value}}, (name,)) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("ansible_become", False), ("ansible_become", "no"), ("ansible_become", "")),
        *(("ansible_connection", "ssh"), ("ansible_connection", "smart")),
        *(("ansible_host_key_checking", True), ("ansible_become_method", "sudo")),
        *(("ansible_shell_type", "sh"), ("ansible_ssh_common_args", "")),
        *(("ansible_python_interpreter", "/usr/bin/python3"), ("ansible_host", "x")),
        *(("ansible_user", "ops"), ("ansible_port", 22), ("http_port", 80)),
        ("ansible_remote_tmp", "/var/tmp"),
    ],
)
def test_what_says_nothing_else_than_ssh_does_is_no_error(
    name: str, value: object
) -> None:
    assert unfollowed_variables({"web-1": {name: value}}, ()) is None


def test_hosts_are_named_and_counted() -> None:
    hosts = {f"web-{n}": {"ansible_become": "yes"} for n in range(9)}
    said = unfollowed_variables(hosts, ()) or ""
    assert "`ansible_become` (web-0, web-1, web-2 and 6 more)" in said
    assert '`become = "USER"` on the step' in said


ANSWER = {
    "_meta": {
        "hostvars": {
            "web-1": {"ansible_ssh_common_args": "-o ProxyJump=bastion"},
            "web-2": {},
        }
    },
    "all": {"children": ["web"]},
    "web": {"hosts": ["web-1", "web-2"]},
}


async def test_a_step_by_ssh_is_refused_and_one_by_ansible_is_not(
    tmp_path: Path,
) -> None:
    env = put_answer(tmp_path, ANSWER)
    web = Target(name="web", hosts=("web",), inventory="hosts.ini")
    with pytest.raises(UsageError) as error:
        await resolve_target(web, tmp_path, env, by_ssh=True)
    assert "the target web: the inventory says `ansible_ssh_common_args` (web-1)" in (
        str(error.value)
    )
    assert "`ssh_config` of the target" in str(error.value)
    found = await resolve_target(web, tmp_path, env, by_ssh=False)
    assert found.names == ("web-1", "web-2")
    limited = await resolve_target(web, tmp_path, env, limit="web-2", by_ssh=True)
    assert limited.names == ("web-2",), "a host that is left out says nothing"


async def test_a_configuration_for_ssh_is_part_of_the_list(tmp_path: Path) -> None:
    target = Target(name="web", hosts=("web-1",), ssh_config="bastion.conf")
    plain = await resolve_target(
        Target(name="web", hosts=("web-1",)), tmp_path, {}, by_ssh=True
    )
    with pytest.raises(UsageError, match=r"bastion\.conf: No such file"):
        await resolve_target(target, tmp_path, {}, by_ssh=True)
    (tmp_path / "bastion.conf").write_text("Host *\n  ProxyJump bastion\n")
    first = await resolve_target(target, tmp_path, {}, by_ssh=True)
    (tmp_path / "bastion.conf").write_text("Host *\n  ProxyJump elsewhere\n")
    second = await resolve_target(target, tmp_path, {}, by_ssh=True)
    assert len({plain.sha256, first.sha256, second.sha256}) == 3
    assert decode_host_list(encode_host_list(first)) == first
