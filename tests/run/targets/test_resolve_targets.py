"""The hosts of a target, by names and by an inventory, hostile ones too."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from mobius_tui.errors import RunError, UsageError
from mobius_tui.run.targets import ansible_inventory
from mobius_tui.run.targets.resolve_targets import (
    resolve_target,
    with_ssh_addresses,
)
from mobius_tui.run.targets.resolved_hosts import (
    ResolvedHosts,
    TargetHost,
    decode_host_list,
    encode_host_list,
)
from mobius_tui.runbook.model.targets import Target
from mobius_tui.runbook.text.provided_names import HostField
from tests.run.targets.inventories import ANSWER, put_answer, put_program


def target(*hosts: str, first: tuple[str, ...] = ()) -> Target:
    """A target of the inventory that the tests have."""
    return Target(name="web", inventory="hosts.ini", hosts=hosts, first=first)


async def test_names_need_no_program(tmp_path: Path) -> None:
    named = Target(name="web", hosts=("web-[1:4]", "!web-2"), first=("web-4",))
    found = await resolve_target(named, tmp_path, {}, by_ssh=True)
    assert found.names == ("web-4", "web-1", "web-3")
    assert found.in_words() == "3 hosts"
    limited = await resolve_target(named, tmp_path, {}, limit="web-[1:3]", by_ssh=True)
    assert (limited.names, limited.first) == (("web-1", "web-3"), ())
    assert limited.in_words() == "2 hosts, limited to web-[1:3]"


async def test_an_inventory_gives_addresses_and_groups(tmp_path: Path) -> None:
    env = put_answer(tmp_path, ANSWER)
    found = await resolve_target(
        target("prod", "!web-3", first=("db-1",)), tmp_path, env, by_ssh=True
    )
    assert found.hosts == (
        TargetHost(
            name="db-1", address="db-1", groups=("prod", "db"), user="ops", port=22
        ),
        TargetHost(name="web-1", address="web-1", groups=("prod", "web")),
        TargetHost(name="web-2", address="10.0.0.2", groups=("prod", "web"), port=2222),
    )
    assert found.in_words() == "3 hosts, of 3 groups"
    assert found.limited("web:&prod").names == ("web-1", "web-2")
    assert found.hosts[2].provided(batch=3) == {
        HostField.NAME: "web-2",
        HostField.ADDRESS: "10.0.0.2",
        HostField.BATCH: "3",
    }


async def test_the_digest_is_of_who_they_are_and_where(tmp_path: Path) -> None:
    env = put_answer(tmp_path, ANSWER)
    found = await resolve_target(target("prod"), tmp_path, env, by_ssh=True)
    assert decode_host_list(encode_host_list(found)) == found
    nobody = {**ANSWER, "_meta": {"hostvars": {"web-1": {"ansible_user": None}}}}
    own = await resolve_target(
        target("prod"), tmp_path, put_answer(tmp_path, nobody), by_ssh=True
    )
    assert decode_host_list(encode_host_list(own)) == own
    put_answer(tmp_path, ANSWER)
    groups = {**ANSWER, "rack": {"hosts": ["web-1"]}}
    again = await resolve_target(
        target("prod"), tmp_path, put_answer(tmp_path, groups), by_ssh=True
    )
    assert again.sha256 == found.sha256
    moved = {**ANSWER, "_meta": {"hostvars": {"web-1": {"ansible_host": "10.9.9.9"}}}}
    other = await resolve_target(
        target("prod"), tmp_path, put_answer(tmp_path, moved), by_ssh=True
    )
    assert other.sha256 != found.sha256
    fewer = await resolve_target(target("web"), tmp_path, env, by_ssh=True)
    assert fewer.sha256 != found.sha256


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"web-1"', b'"web-9"'),
        (b'"web-1"', b'"-oProxyCommand=x"'),
        (b'"hosts": [', b'"hosts": 1, "x": ['),
        (b"{", b"["),
    ],
)
def test_an_edited_document_is_refused(old: bytes, new: bytes) -> None:
    found = ResolvedHosts(
        target="web", hosts=(TargetHost(name="web-1", address="web-1"),)
    )
    data = encode_host_list(found)
    assert decode_host_list(data) == found
    with pytest.raises(RunError, match=r"hosts\.json"):
        decode_host_list(data.replace(old, new, 1))


def of(*hosts: str, **variables: Mapping[str, object]) -> Mapping[str, object]:
    """An answer with a group of hosts, and variables of the first."""
    values = {hosts[0]: variables.get("own", {})} if hosts else {}
    return {"web": {"hosts": list(hosts)}, "_meta": {"hostvars": values}}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (of("-oProxyCommand=touch pwned"), "begins with `-`, as options of ssh do"),
        (of("a;reboot"), "is no name of a host"),
        (of("../../etc"), "is no name of a host"),
        (of("x\x1b[31m\x1b]0;t\x07"), "is no name of a host"),
        (of("a", "A"), "`A` is there twice, in other letters"),
        (of("a", own={"ansible_host": "-x"}), "the address of a: '-x' begins with"),
        (
            of("a", own={"ansible_host": "{{ lookup('pipe','id') }}"}),
            "the address of a",
        ),
        (of("a", own={"ansible_host": ["b"]}), "the address of a: is no text"),
        (of("a", own={"ansible_user": "-l x"}), "the user of a is no name of a user"),
        (of("a", own={"ansible_port": "22 -o"}), "the port of a is no number"),
        (of("a", own={"ansible_port": 70000}), "the port of a is no number"),
        (of(), "`web` names no host"),
        ({"web": {"hosts": "a"}}, "`web` names no host"),
        ({"_meta": [], "web": ["a"]}, "`web` names no host"),
        ([], "printed no inventory"),
        (of(*(f"h{n}" for n in range(1001))), "1001 hosts; `at_most` is 1000"),
        (of(*(f"h{n}" for n in range(20001))), "has 20001 hosts; 20000 are the most"),
    ],
)
async def test_what_a_hostile_inventory_says_is_refused(
    tmp_path: Path, answer: object, words: str
) -> None:
    env = put_answer(tmp_path, answer)
    with pytest.raises(UsageError) as refused:
        await resolve_target(target("web"), tmp_path, env, by_ssh=True)
    assert words in str(refused.value)
    assert str(refused.value).isprintable()


async def test_a_host_that_nobody_wants_may_be_called_anything(tmp_path: Path) -> None:
    env = put_answer(tmp_path, {**ANSWER, "odd": {"hosts": ["a b", "-x"]}})
    found = await resolve_target(target("web"), tmp_path, env, by_ssh=True)
    assert found.names == ("web-1", "web-2", "web-3")
    with pytest.raises(UsageError, match="is no name of a host"):
        await resolve_target(target("web", "odd"), tmp_path, env, by_ssh=True)


async def test_groups_in_a_circle_have_their_hosts_once(tmp_path: Path) -> None:
    answer = {
        "a": {"hosts": ["x"], "children": ["b"]},
        "b": {"hosts": ["y"], "children": ["a"]},
    }
    found = await resolve_target(
        target("a"), tmp_path, put_answer(tmp_path, answer), by_ssh=True
    )
    assert found.names == ("x", "y")


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo 'ERROR! it is broken' >&2; exit 1", "exit code 1: ERROR! it is broken"),
        ("printf '\\033]0;x\\007' >&2; exit 4", "exit code 4"),
        ("echo no json", "printed no JSON"),
        ("kill -9 $$", "killed by SIGKILL"),
    ],
)
async def test_a_program_that_fails_is_named(
    tmp_path: Path, script: str, words: str
) -> None:
    env = put_program(tmp_path, script)
    with pytest.raises(UsageError) as refused:
        await resolve_target(target("web"), tmp_path, env, by_ssh=True)
    assert words in str(refused.value)
    assert str(refused.value).isprintable()


async def test_time_and_output_are_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ansible_inventory, "INVENTORY_TIME_LIMIT", 0.1)
    env = put_program(tmp_path, "exec sleep 60")
    with pytest.raises(UsageError, match=r"took longer than 0\.1 s, and was stopped"):
        await resolve_target(target("web"), tmp_path, env, by_ssh=True)
    monkeypatch.undo()
    monkeypatch.setattr(ansible_inventory, "MAX_INVENTORY_ANSWER_BYTES", 1 << 20)
    env = put_program(tmp_path, "head -c 2000000 /dev/zero")
    with pytest.raises(UsageError, match="printed more than 1 MiB"):
        await resolve_target(target("web"), tmp_path, env, by_ssh=True)


async def test_what_is_missing_is_named_with_its_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError, match=r"there is no .*/hosts\.ini"):
        await resolve_target(target("web"), tmp_path, {}, by_ssh=True)
    (tmp_path / "hosts.ini").touch()
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(UsageError, match=r"pip install 'mobius-tui\[ansible\]'"):
        await resolve_target(
            target("web"), tmp_path, {"PATH": str(tmp_path)}, by_ssh=True
        )


async def test_ssh_says_where_a_name_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ssh = tmp_path / "ssh"
    ssh.write_text(
        '#!/bin/sh\n[ "$1 $2" = "-G --" ] || exit 1\n'
        'case $3 in a) echo "hostname 10.0.0.1";; b) echo "hostname -x";; esac\n'
    )
    ssh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    hosts = [TargetHost(name=name, address=name) for name in "abc"]
    kept = TargetHost(name="d", address="10.0.0.4")
    found = ResolvedHosts(target="web", hosts=(*hosts, kept))
    addresses = [each.address for each in (await with_ssh_addresses(found, "")).hosts]
    assert addresses == ["10.0.0.1", "b", "c", "10.0.0.4"]
