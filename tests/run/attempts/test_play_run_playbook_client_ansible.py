"""Plays of a real Ansible: what it says, and what is left of it when it is killed."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from mobius_tui.run.attempts.stopping import ATTEMPT_MARK
from mobius_tui.run.keeper.told_secrets import TOLD_SEPARATOR
from mobius_tui.run.playbooks.playbook_order import PlaybookOrder
from mobius_tui.run.storage.run_directory import lock_holder
from mobius_tui.run.storage.socket_path import short_socket_path
from mobius_tui.run.targets.resolved_hosts import TargetHost
from mobius_tui.structs import replace
from tests.run.plays import Plays, ansible_playbook, local_order, states

pytestmark = pytest.mark.machine("ansible-playbook")
TEN = tuple(f"h{number}" for number in range(10))


async def played(order: PlaybookOrder) -> Plays:
    """A play, to its end."""
    plays = await Plays.open(order)
    await plays.begin()
    await plays.ends()
    await plays.close()
    return plays


async def test_each_of_ten_hosts_is_told_what_became_of_it(tmp_path: Path) -> None:
    tasks = """
    - name: once
      ansible.builtin.raw: "true"
      changed_when: false
      run_once: true
    - name: greet
      ansible.builtin.raw: "echo to {{ inventory_hostname }} {{ release | quote }}"
      changed_when: inventory_hostname == 'h1'
    - name: break
      ansible.builtin.raw: "echo hunter2; echo no such unit >&2; exit 3"
      when: inventory_hostname == 'h2'
    - name: break and go on
      ansible.builtin.raw: "false"
      ignore_errors: true
      when: inventory_hostname == 'h3'
    - name: write
      ansible.builtin.copy: {content: "new\\n", dest: "{{ target }}"}
      diff: true
      when: inventory_hostname == 'h4'
    - name: items
      ansible.builtin.debug: {msg: "of {{ item }}"}
      loop: [x, y]
      when: inventory_hostname == 'h5'
"""
    target = tmp_path / "target"
    order = local_order(
        tmp_path,
        TEN,
        ansible_playbook(),
        tasks,
        variables={
            "release": "{{ lookup('pipe', 'touch bad') }}",
            "target": str(target),
        },
        secrets=("hunter2",),
    )
    plays = await played(order)
    ends = plays.ended()
    expected = {**dict.fromkeys(TEN, "ok"), "h1": "changed", "h2": "failed"}
    assert states(ends) == {**expected, "h3": "changed", "h4": "changed"}
    assert ends["h2"].reason == "the task `break` failed: no such unit"
    assert (ends["h0"].exit, ends["h2"].exit) == (0, None)
    assert plays.output("h2").startswith(
        "TASK greet\nok\nto h2 {{ lookup('pipe', 'touch bad') }}\nTASK break\nFAILED"
    )
    assert "\n[redacted]\nno such unit\n" in plays.output("h2")
    assert "FAILED, ignored (exit 1)" in plays.output("h3")
    assert "\n+new\n" in plays.output("h4")
    assert "item ok x\nof x\nitem ok y\nof y\nok\n" in plays.output("h5")
    assert not (tmp_path / "bad").exists()
    files = [path for path in Path(order.folder).rglob("*") if path.is_file()]
    assert [path for path in files if b"hunter2" in path.read_bytes()] == []


async def test_every_host_s_start_is_durable_before_it_begins(tmp_path: Path) -> None:
    """What cannot be written ends the play before anything runs."""
    tasks = "    - ansible.builtin.raw: touch ran\n"
    order = local_order(tmp_path, ("a",), ansible_playbook(), tasks)
    program = tmp_path / "with-a-full-disk"
    program.write_text(
        f"#!{sys.executable}\nimport json, os, sys\n"
        "path = os.environ['MOBIUS_ORDERS']\norders = json.load(open(path))\n"
        "json.dump({**orders, 'events': '/dev/full'}, open(path, 'w'))\n"
        f"os.execv({order.program!r}, sys.argv)\n"
    )
    program.chmod(0o755)
    order = local_order(tmp_path, ("a",), str(program), tasks)
    plays = await played(order)
    assert states(plays.ended()) == {"a": "failed"}
    assert "the play ends: [Errno 28]" in plays.ended()["a"].reason
    assert not (tmp_path / "ran").exists()


async def test_without_our_events_nothing_is_played(tmp_path: Path) -> None:
    tasks = "    - ansible.builtin.raw: touch ran\n"
    order = local_order(tmp_path, ("a",), ansible_playbook(), tasks)
    program = tmp_path / "without-orders"
    program.write_text(f'#!/bin/sh\nrm "$MOBIUS_ORDERS"\nexec {order.program} "$@"\n')
    program.chmod(0o755)
    plays = await played(local_order(tmp_path, ("a",), str(program), tasks))
    assert states(plays.ended()) == {"a": "failed"}
    assert not (tmp_path / "ran").exists()


PLAYS = """
- hosts: a,b
  gather_facts: false
  tasks: [{ansible.builtin.raw: "true"}]
- hosts: a,b,c
  gather_facts: false
  serial: 1
  tasks:
    - {ansible.builtin.raw: "{{ 'false' if inventory_hostname == 'b' else 'true' }}"}
- hosts: a
  gather_facts: false
  tasks: [{ansible.builtin.raw: "true"}]
"""
FATAL = """
- hosts: a,b,c
  gather_facts: false
  any_errors_fatal: true
  tasks:
    - {ansible.builtin.raw: "{{ 'false' if inventory_hostname == 'b' else 'true' }}"}
    - {ansible.builtin.raw: "true"}
"""
TEMPLATED = PLAYS.replace("- hosts: a\n", "- hosts: '{{ who }}'\n  vars: {who: a}\n")
PERCENT = FATAL.replace("any_errors_fatal: true", "max_fail_percentage: 0")


@pytest.mark.parametrize("book", [PLAYS, TEMPLATED, FATAL, PERCENT])
async def test_whom_others_cut_off_has_not_passed(tmp_path: Path, book: str) -> None:
    order = local_order(tmp_path, ("a", "b", "c", "d"), ansible_playbook(), "x")
    (tmp_path / "book.yml").write_text(book)
    plays = await played(order)
    assert set(states(plays.ended()).values()) == {"failed"}
    assert "as others failed" in plays.ended()["a"].reason
    untouched = ("nothing was done", "as others failed")
    assert plays.ended()["d"].reason.endswith(untouched)


async def test_plays_of_hosts_that_a_variable_names(tmp_path: Path) -> None:
    """Each is for some of the hosts, and all have what is for them."""
    order = local_order(tmp_path, ("a", "b"), ansible_playbook(), "x")
    play = "- hosts: '{{ %s }}'\n  gather_facts: false\n  serial: 1\n  tasks:\n"
    play += "    - {ansible.builtin.raw: 'true', changed_when: false}\n"
    (tmp_path / "book.yml").write_text(play % "one" + play % "two")
    variables = {"one": "a", "two": "a:b"}
    plays = await played(replace(order, variables=variables))
    assert states(plays.ended()) == {"a": "ok", "b": "ok"}


async def test_a_playbook_that_cannot_be_read(tmp_path: Path) -> None:
    order = local_order(tmp_path, ("a",), ansible_playbook(), "    - no_such: 1\n")
    plays = await played(order)
    assert states(plays.ended()) == {"a": "failed"}
    reason = plays.ended()["a"].reason
    assert reason.startswith("nothing was done: ansible-playbook: exit 4: ")
    assert "no_such" in plays.play.keeper_directory.output.read_text()


HOSTILE = r"""
import os
os.write(1, b"\x1b]0;title\x07\x1b[31mred [bold]x[/] \xff\xfe ${jndi:x}\n")
os.write(1, b"x" * (10 << 20))
os.write(2, b"\xe2\x82 half\n")
"""


async def test_hostile_output(tmp_path: Path) -> None:
    (tmp_path / "hostile").write_text(HOSTILE)
    tasks = f"    - ansible.builtin.raw: {sys.executable} {tmp_path}/hostile\n"
    tasks += "    - ansible.builtin.raw: printf '\\033[31m[b]\\377' >&2; false\n"
    plays = await played(local_order(tmp_path, ("a",), ansible_playbook(), tasks))
    assert states(plays.ended()) == {"a": "failed"}
    reason = plays.ended()["a"].reason
    assert reason.startswith("the task `ansible.builtin.raw` failed: ␛[31m[b]")
    output = plays.output("a")
    assert len(output) < 100_000
    assert "characters are left out]\nxxx" in output
    assert "half" in output
    assert all(line.isascii() for line in plays.events().splitlines())


LONG = """
    - name: long
      ansible.builtin.{module}: sleep 600
      when: inventory_hostname == 'a'
    - name: after
      ansible.builtin.raw: "true"
"""


def own_processes(order: PlaybookOrder) -> list[psutil.Process]:
    """Those that live with the attempt's mark."""
    found = []
    for each in psutil.process_iter():
        try:
            mark = each.environ().get(ATTEMPT_MARK)
            if mark == order.env[ATTEMPT_MARK] and each.status() != "zombie":
                found.append(each)
        except psutil.Error:
            continue
    return found


def sleeps(order: PlaybookOrder) -> bool:
    """Whether the task `long` has begun its program."""
    found = False
    for each in own_processes(order):
        with suppress(psutil.Error):
            found = found or each.cmdline()[:1] == ["sleep"]
    return found


@pytest.mark.parametrize(
    ("way", "module"),
    [("KILL", "command"), ("TERM", "raw"), ("KILL both", "raw"), ("stop", "command")],
)
async def test_of_a_play_that_was_cut_off(
    tmp_path: Path, way: str, module: str
) -> None:
    tasks = LONG.format(module=module)
    order = local_order(tmp_path, ("a", "b"), ansible_playbook(), tasks, forks=1)
    plays = await Plays.open(order)
    await plays.begin()
    await plays.until(lambda: plays.play.events.exists() and sleeps(order))
    process = plays.play.keeper_directory
    main, keeper = int(process.pid.read_text()), lock_holder(process.lock)
    assert keeper
    if way == "stop":
        await plays.stop()
    elif way == "KILL both":
        os.kill(keeper, signal.SIGKILL)
        os.kill(main, signal.SIGKILL)
    else:
        os.kill(main, getattr(signal, f"SIG{way}"))
    ends = await plays.ends()
    await plays.close()
    assert states(ends) == {"a": "unknown", "b": "void"}
    assert "at the task `long`: how far it got is not known" in ends["a"].reason
    assert own_processes(order) == []


async def test_a_play_is_not_disturbed_when_its_keeper_and_we_die(
    tmp_path: Path,
) -> None:
    tasks = """
    - name: wait
      ansible.builtin.raw: "while ! test -e go; do sleep 0.1; done; echo went"
    - name: unknown
      ansible.builtin.debug: {msg: "{{ 1 + 1 }}"}
"""
    order = local_order(tmp_path, ("a", "b"), ansible_playbook(), tasks)
    plays = await Plays.open(order)
    await plays.begin()
    await plays.until(lambda: len(plays.reports) == 2)
    keeper = lock_holder(plays.play.keeper_directory.lock)
    assert keeper
    os.kill(keeper, signal.SIGKILL)
    await plays.close()
    (tmp_path / "go").touch()
    again = await Plays.open(order)
    await again.attach()
    assert set(states(await again.ends()).values()) == {"changed"}
    await again.close()
    assert again.output("b") == "TASK wait\nchanged\nwent\nTASK unknown\nok\n2\n"


async def test_a_playbook_that_hangs_ends_when_its_time_is_up(tmp_path: Path) -> None:
    tasks = LONG.format(module="raw")
    order = local_order(tmp_path, ("a", "b"), ansible_playbook(), tasks, timeout=3.0)
    plays = await played(order)
    assert states(plays.ended()) == {"a": "unknown", "b": "unknown"}
    assert "it took longer than 3 s, so it was stopped" in plays.ended()["a"].reason
    assert own_processes(order) == []


async def test_hosts_of_an_inventory_that_is_a_script(tmp_path: Path) -> None:
    """It says another address by now than the one that was resolved."""
    own = {"ansible_connection": "local", "ansible_host": "192.0.2.9"}
    hosts = {"hosts": ["a", "b"]}
    inventory = {"web": hosts, "_meta": {"hostvars": {"a": own, "b": own}}}
    script = tmp_path / "inventory"
    script.write_text(f"#!/bin/sh\necho '{json.dumps(inventory)}'\n")
    script.chmod(0o755)
    tasks = "    - ansible.builtin.raw: echo {{ ansible_host }} {{ group_names }}\n"
    order = local_order(
        tmp_path,
        ("a",),
        ansible_playbook(),
        tasks,
        inventory="inventory",
        hosts=(TargetHost(name="a", address="192.0.2.1"),),
    )
    plays = await played(order)
    assert states(plays.ended()) == {"a": "changed"}
    assert "192.0.2.1 [web]" in plays.output("a").replace("'", "")
    assert not (Path(order.folder) / "hosts" / "b").exists()


async def test_a_host_that_refuses_is_unreachable_and_a_lost_one_unknown(
    tmp_path: Path,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    tasks = """
    - name: first
      ansible.builtin.raw: "true"
      delegate_to: "{{ 'here' if inventory_hostname == 'b' else inventory_hostname }}"
    - name: second
      ansible.builtin.raw: "true"
"""
    here = {"ansible_connection": "local"}
    order = local_order(tmp_path, ("a", "b"), ansible_playbook(), tasks)
    hosts = {"all": {"hosts": {"here": here, "a": {}, "b": {}}}}
    (tmp_path / "hosts.json").write_text(json.dumps(hosts))
    nowhere = tuple(
        TargetHost(name=name, address="127.0.0.1", port=port) for name in ("a", "b")
    )
    plays = await played(replace(order, hosts=nowhere))
    ends = plays.ended()
    assert states(ends) == {"a": "unreachable", "b": "unknown"}
    assert "refused" in ends["a"].reason
    assert ends["b"].reason.startswith("it was lost at the task `second`")


async def test_nothing_is_changed_by_a_check(tmp_path: Path) -> None:
    tasks = """
    - ansible.builtin.copy: {content: "new\\n", dest: "{{ target }}"}
    - ansible.builtin.raw: touch ran
"""
    target = tmp_path / "target"
    variables = {"target": str(target)}
    order = local_order(
        tmp_path,
        ("a",),
        ansible_playbook(),
        tasks,
        check_mode=True,
        variables=variables,
    )
    plays = await played(order)
    assert states(plays.ended()) == {"a": "changed"}
    assert "+new\n" in plays.output("a")
    assert "TASK ansible.builtin.raw\nskipped\n" in plays.output("a")
    assert not target.exists()
    assert not (tmp_path / "ran").exists()


async def test_a_script_on_hosts(tmp_path: Path) -> None:
    script = """
echo "$RUNBOOK_HOST {{ x }} $TOKEN"; cat
[ "$RUNBOOK_HOST" = h1 ] || exit 255
printf 'no \\377newline' >&2
"""
    order = local_order(
        tmp_path,
        ("h1", "h2"),
        ansible_playbook(),
        script=script,
        shell=("bash", "-eu"),
        values={"TOKEN": "hunter2", "RUNBOOK_HOST": "h1"},
        secrets=("hunter2",),
        timeout=60,
    )
    plays = await played(order)
    ends = plays.ended()
    assert states(ends) == {"h1": "ok", "h2": "ok"}
    assert plays.output("h1") == "h1 {{ x }} [redacted]\nno newline\n"
    values = {**order.values, "RUNBOOK_HOST": "h2"}
    later = await played(replace(order, values=values))
    assert states(later.ended()) == {"h1": "failed", "h2": "failed"}
    assert (later.ended()["h1"].exit, later.ended()["h1"].cause) == (255, "exited")
    folder = Path(order.folder)
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert [path for path in files if b"hunter2" in path.read_bytes()] == []


async def test_ansible_is_told_of_a_secret_that_is_learnt_later(tmp_path: Path) -> None:
    tasks = f"""
    - name: wait
      ansible.builtin.raw: "until [ -e {tmp_path}/go ]; do sleep 0.05; done; echo hush!"
"""
    plays = await Plays.open(local_order(tmp_path, ("a",), ansible_playbook(), tasks))
    await plays.begin()
    await plays.until(lambda: plays.play.told_secrets.is_socket())
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as teller,
        short_socket_path(plays.play.told_secrets) as way,
    ):
        teller.sendto(TOLD_SEPARATOR.join((b"hush!", b"more")), str(way))
    (tmp_path / "go").touch()
    await plays.ends()
    await plays.close()
    assert "[redacted]" in plays.output("a")
    for path in Path(plays.order.folder).rglob("*"):
        assert not path.is_file() or b"hush!" not in path.read_bytes(), path
    assert not plays.play.told_secrets.exists()
