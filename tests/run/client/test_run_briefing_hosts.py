"""The hosts of a run before it begins: in the briefing, and in the dry run."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.errors import UsageError
from mobius_tui.run.client.dry_run import dry_run_lines
from mobius_tui.run.client.run_briefing import (
    Briefing,
    has_unread_inventory,
    is_executable_inventory,
    prepare_briefing,
    refresh_briefing,
    with_inventories,
)
from mobius_tui.runbook.library.loader import load
from mobius_tui.structs import replace
from mobius_tui.tui.presenters.briefing_fields import before_begin_text, host_fields
from tests.run.targets.inventories import ANSWER, put_answer, put_program

BOOK = """format = 2
[runbook]
title = "Hosts"
[var.calm]
default = "2m"
[health]
every = "5s"
[[health.probe]]
id = "api"
title = "API"
url = "http://127.0.0.1:1/health"
[targets.web]
title = "Web servers"
hosts = ["web-[001:020]"]
first = ["web-001"]
claims_in = ["~", "/dev/shm"]
[targets.prod]
inventory = "hosts.ini"
hosts = ["prod"]
[targets.idle]
inventory = "nothing.ini"
hosts = ["x"]
[[step]]
title = "Restart"
hosts = "web"
run = "./there-alone.sh && systemctl reload nginx"
batch = ["1", "50%"]
become = "root"
between = { healthy = "${calm}", within = "9m" }
[[step]]
title = "Play"
hosts = "prod"
playbook = "p.yml"
batch = ["2"]
[[step]]
title = "Follow"
hosts = "prod"
run = "journalctl -f"
follow = true
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The PATH on which `ansible-inventory` is, and the runbook beside it."""
    (tmp_path / "x.toml").write_text(BOOK)
    (tmp_path / "p.yml").write_text("- hosts: all\n  tasks:\n  - command: uptime\n")
    put_answer(tmp_path, ANSWER)
    programs = tmp_path / "programs"
    for name in ("ssh", "ansible-playbook"):
        (programs / name).touch(mode=0o755)
    return tmp_path


def briefing(folder: Path, limit: str = "") -> Briefing:
    """The briefing of the runbook in a folder."""
    search = f"{folder}/programs:/usr/bin:/bin"
    runbook = load(folder / "x.toml")
    return prepare_briefing(runbook, given={}, search_path=search, limit=limit)


def said(found: Briefing) -> str:
    """The dry run, as one text."""
    return "\n".join(dry_run_lines(found, now=0.0))


async def test_what_a_run_would_hit_is_seen_before_it_begins(path: Path) -> None:
    first = briefing(path)
    assert has_unread_inventory(first)
    assert list(first.hosts) == ["web"]
    found = await with_inventories(first, executes=False)
    assert not has_unread_inventory(found)
    assert (found.problems, found.notices) == ((), ())
    lines = [line.strip() for line in said(found).splitlines()]
    assert (
        "hosts  on web as root, in batches of 1, 50%, 25 at a time, between them 2m of "
        "health (a person after 9m)"
    ) in lines
    assert "hosts  20 hosts" in lines
    assert "keeps  the first 16MiB of each host's output" in lines
    assert "claims in ~, else /dev/shm of each host" in lines
    assert "bash, limit 10m, of each host:" in lines
    assert "batch 1: web-001" in lines
    batch = "batch 2: web-002, web-003, web-004, web-005, web-006 … web-011 (10 hosts)"
    assert batch in lines
    assert "ansible-playbook p.yml, limit 10m, of each batch" in lines
    assert "hosts  4 hosts, of 3 groups" in lines
    assert "batch 2: web-3, db-1" in lines
    fields = [field.content.plain for field in host_fields(found)]
    first_ten = ", ".join(f"web-{n:03}" for n in range(1, 11))
    batches, claims = "in batches of 1, 50%", "claims in ~, else /dev/shm"
    assert fields == [
        f"Web servers: 20 hosts: {first_ten} and 10 more, {batches}; {claims}",
        "prod: 4 hosts, of 3 groups: web-1, web-2, web-3, db-1, in batches of 2",
    ]
    assert (
        before_begin_text(found) == "before Begin only commands that list hosts are run"
    )


async def test_a_pattern_leaves_some_of_them(path: Path) -> None:
    found = await with_inventories(briefing(path, limit="web-*"), executes=True)
    assert found.hosts["prod"].names == ("web-1", "web-2", "web-3")
    assert "hosts  3 hosts, of 2 groups, limited to web-*" in said(found)
    with pytest.raises(UsageError, match="the target web: `rack` names no host"):
        briefing(path, limit="rack")


async def test_in_a_drill_every_host_has_a_site(path: Path) -> None:
    first = briefing(path)
    sites = {name: str(path) for name in first.hosts["web"].names[2:]}
    found = prepare_briefing(
        first.runbook, given={}, search_path=first.search_path, host_sites=sites
    )
    missing = "no site plays web-001, web-002 of the target web: limit it to others"
    assert [each[: len(missing)] for each in found.problems] == [missing]
    found = await with_inventories(found, executes=True)
    assert "of the target prod" in found.problems[-1]


async def test_what_was_read_stays_while_the_target_is_what_it_was(path: Path) -> None:
    found = await with_inventories(briefing(path), executes=True)
    again = refresh_briefing(found, load(path / "x.toml"))
    assert again.hosts == found.hosts
    other = (path / "x.toml").read_text().replace('["prod"]', '["db"]')
    (path / "x.toml").write_text(other)
    again = refresh_briefing(found, load(path / "x.toml"))
    assert set(again.hosts) == {"web"}


def test_what_a_group_may_do_stays(path: Path) -> None:
    shared = replace(briefing(path), share="ops", share_control=True)
    again = refresh_briefing(shared, load(path / "x.toml"))
    assert (again.share, again.share_control) == ("ops", True)


async def test_an_inventory_that_is_a_program_is_run_for_a_run_alone(
    path: Path,
) -> None:
    (path / "hosts.ini").chmod(0o755)
    prod = load(path / "x.toml").targets["prod"]
    assert is_executable_inventory(prod, path)
    found = await with_inventories(briefing(path), executes=False)
    assert "prod" not in found.hosts
    assert found.notices == ("the inventory hosts.ini is a program, which is not run",)
    assert "hosts  of hosts.ini, not read" in said(found)
    found = await with_inventories(briefing(path), executes=True)
    assert len(found.hosts["prod"].hosts) == 4


async def test_a_folder_is_a_program_if_there_is_one_in_it(path: Path) -> None:
    prod = load(path / "x.toml").targets["prod"]
    (path / "hosts.ini").unlink()
    assert not is_executable_inventory(prod, path)
    (path / "hosts.ini").mkdir()
    (path / "hosts.ini" / "a").touch()
    assert not is_executable_inventory(prod, path)
    (path / "hosts.ini" / "b").touch(mode=0o755)
    assert is_executable_inventory(prod, path)


@pytest.mark.parametrize("executes", [False, True])
async def test_an_inventory_that_cannot_be_looked_at_is_told(
    path: Path, executes: bool
) -> None:
    name = "x" * 300
    (path / "x.toml").write_text(BOOK.replace("hosts.ini", name))
    found = await with_inventories(briefing(path), executes=executes)
    assert found.problems == (f"the inventory {name}: File name too long",)
    assert "prod" not in found.hosts


async def test_what_is_missing_or_doubtful_is_told(path: Path) -> None:
    (path / "programs" / "ansible-playbook").unlink()
    (path / "p.yml").write_text("- hosts: all\n  serial: 2\n  tasks:\n  - raw: id\n")
    hosts = {**ANSWER, "db": {"hosts": [f"h{n}" for n in range(30)]}}
    put_answer(path, hosts)
    found = await with_inventories(briefing(path), executes=True)
    first, second = found.problems
    assert first.startswith("ansible-playbook is not on PATH; ansible-core 2.16")
    assert first.endswith("(1.2 would run it)")
    assert second == "1.3 Follow follows 33 hosts; 20 are the most"
    assert found.notices == (
        "p.yml has `serial`, too, which cuts each `batch` into others",
        "p.yml has `raw`, whose exit 255 is called unreachable",
    )
    (path / "p.yml").unlink()
    assert "p.yml is not there (1.2 would play it)" in briefing(path).problems
    put_program(path, "exit 3")
    found = await with_inventories(briefing(path), executes=True)
    assert "the inventory hosts.ini: ansible-inventory: exit code 3" in "".join(
        found.problems
    )


WATCHED = """format = 2
[runbook]
title = "Watched"
[targets.web]
hosts = ["web-1", "web-2"]
[targets.prod]
inventory = "hosts.ini"
hosts = ["db"]
[[step]]
title = "Look"
run = "true"
[[health.probe]]
id = "nginx"
hosts = "web"
check.service = "nginx"
[[health.probe]]
id = "postgres"
hosts = "prod"
check.service = "postgresql"
"""


async def test_hosts_that_probes_alone_look_at_are_found_and_counted(
    path: Path,
) -> None:
    (path / "x.toml").write_text(WATCHED)
    put_answer(path, {"db": {"hosts": [f"h{n}" for n in range(199)]}})
    found = await with_inventories(briefing(path), executes=True)
    assert [field.content.plain for field in host_fields(found)] == [
        "web: 2 hosts: web-1, web-2",
        "prod: 199 hosts, of 1 group: "
        + ", ".join(f"h{n}" for n in range(10))
        + " and 189 more",
    ]
    [problem] = found.problems
    assert problem.startswith("probes look at 201 hosts; 200 are the most: give")
    (path / "programs" / "ssh").unlink()
    alone = prepare_briefing(
        load(path / "x.toml"), given={}, search_path=f"{path}/programs"
    ).problems
    assert "ssh is not on PATH; install it (the probe nginx looks by it)" in alone


async def test_a_limit_is_of_the_hosts_that_steps_run_on(path: Path) -> None:
    (path / "x.toml").write_text(f"{WATCHED}[[step]]\nhosts = 'web'\nrun = 'true'\n")
    found = await with_inventories(briefing(path, "web-2"), executes=True)
    assert found.hosts["web"].names == ("web-2",)
    assert found.hosts["prod"].names == ("db-1",)


def test_what_ansible_cannot_promise_of_a_script_is_told(path: Path) -> None:
    text = BOOK.replace('become = "root"', 'engine = "ansible"')
    (path / "x.toml").write_text(text)
    [words] = briefing(path).notices
    assert words == (
        "1.1 Restart is run by Ansible: what it prints comes at its end, a batch is "
        "stopped as a whole, and a host that runs when Ansible is killed is unknown"
    )
