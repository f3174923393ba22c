"""Steps on hosts under a real host process: the hosts are folders of this machine."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from xml.etree import ElementTree as Tree

import pytest

from mobius_tui.review.formats.junit_report import as_junit
from mobius_tui.review.report_builder import build_report
from mobius_tui.review.run_export import export_run
from mobius_tui.review.run_import import import_run
from mobius_tui.run.client.viewer import open_socket
from mobius_tui.run.events.fleet_events import BatchStarted, FleetHostStarted
from mobius_tui.run.events.fleet_events import HostStatus as Host
from mobius_tui.run.records.verification import run_problems
from mobius_tui.run.state.fleet_state import AttemptFleet, BatchHold
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.storage.play_files import PlayFiles
from mobius_tui.run.storage.run_directory import RunDirectory, lock_holder
from tests.run.conftest import Begin
from tests.run.plays import pretended_ansible
from tests.run.running import Running, alive
from tests.run.targets.inventories import put_answer
from tests.waiting import wait_for

NAMES = ("web-1", "web-2", "web-3", "web-4")
HEAD = """format = 2
[runbook]
title = "Hosts"
[targets.web]
hosts = ["web-[1:4]"]
[[step]]
id = "go"
hosts = "web"
effect = "change"
timeout = "1m"
undo = "none: a test"
"""
RAN = 'echo "$RUNBOOK_HOST" >> "$HOME/ran"\n'
"""What a script does first: how often it ran is seen by that."""


@pytest.fixture
def sites(tmp_path: Path) -> Mapping[str, str]:
    """The homes of the hosts."""
    found = {name: tmp_path / "hosts" / name for name in NAMES}
    for site in found.values():
        site.mkdir(parents=True)
    return {name: str(site) for name, site in found.items()}


def book(script: str, more: str = "") -> str:
    return f"{HEAD}run = '''\n{RAN}{script}\n'''\n{more}"


def fleet(run: Running, attempt: int = 1) -> AttemptFleet:
    return run.state.fleets["go"].attempts[attempt]


async def until_held(run: Running, attempt: int = 1) -> BatchHold:
    """What holds an attempt's hosts, as soon as something does."""

    def held(state: RunState) -> BatchHold | None:
        found = state.fleets.get("go")
        own = found.attempts.get(attempt) if found is not None else None
        return own.held if own is not None else None

    found = held(await run.until(held))
    assert found is not None
    return found


def ran(sites: Mapping[str, str], names: Iterable[str] = NAMES) -> list[int]:
    """How often the script ran on each host."""
    found = []
    for name in names:
        path = Path(sites[name], "ran")
        found.append(len(path.read_text().splitlines()) if path.exists() else 0)
    return found


WATCHED = """[[health.probe]]
id = "nginx"
hosts = "web"
check.service = "nginx"
"""


def put_systemctl(site: Path, state: str) -> None:
    """Let the login of a host find a `systemctl` that says this of each unit."""
    program = site / "systemctl"
    program.write_text(f"#!/bin/sh\necho {state}\n")
    program.chmod(0o755)
    (site / ".profile").write_text('PATH="$HOME:$PATH"\nexport PATH\n')


def looks(run: Running) -> list[dict[str, object]]:
    """What the probe found, look by look."""
    records = map(json.loads, run.directory.health.read_text().splitlines())
    return [each for each in records if each.get("probe") == "nginx"]


def output(run: Running, host: str, attempt: int = 1) -> str:
    directory = run.directory.attempt("go", attempt).path
    return (directory / "hosts" / host / "output").read_text()


async def test_it_runs_once_on_each_and_each_has_its_output(
    begin: Begin, sites: Mapping[str, str], tmp_path: Path
) -> None:
    units = ("active", "active", "failed", "no bus")
    for name, unit in zip(NAMES, units, strict=True):
        put_systemctl(Path(sites[name]), unit)
    run = await begin(book("echo from $RUNBOOK_HOST", WATCHED), host_sites=sites)
    await run.until(lambda _: looks(run))
    first = looks(run)[0]
    assert first["state"] == "failed"
    assert first["summary"] == "2/4 active, web-3 failed, web-4 no data"
    assert first["reason"] == "web-3: nginx is failed; web-4: nginx: no bus"
    await run.did("start", "go")
    state = await run.status("go", "passed", "failed", "not started")
    assert state.steps["go"].status == "passed", state.steps["go"].reason
    assert ran(sites) == [1, 1, 1, 1]
    assert fleet(run).counts() == Counter({Host.OK: 4})
    assert [output(run, name) for name in NAMES] == [f"from {n}\n" for n in NAMES]
    left = [Path(site, ".mobius-tui", "claims") for site in sites.values()]
    assert all(any(claims.iterdir()) for claims in left)
    await run.did("end")
    await run.over()
    assert not any(any(claims.iterdir()) for claims in left), "the run is over"
    assert list(run_problems(run.directory)) == []

    export_run(run.directory, tmp_path / "run.tar.gz")
    brought = import_run(
        tmp_path / "run.tar.gz", tmp_path / "elsewhere", head=None, now=time.time()
    )
    run.directory = RunDirectory(brought.path)
    assert output(run, "web-4") == "from web-4\n"
    changed = run.directory.attempt("go", 1).path / "hosts" / "web-2" / "output"
    changed.write_text("from web-3\n")
    [problem] = run_problems(run.directory)
    assert problem == "go.1: the output of web-2 was changed after it ended there"


async def test_a_canary_that_fails_stops_it_and_again_takes_who_is_left(
    begin: Begin, sites: Mapping[str, str]
) -> None:
    rollout = 'batch = ["1", "100%"]\n'
    run = await begin(book('[ -e "$HOME/good" ]', rollout), host_sites=sites)
    for name in NAMES[1:]:
        Path(sites[name], "good").touch()
    await run.did("start", "go")
    state = await run.status("go", "failed")
    assert "web-1" in state.steps["go"].reason
    assert ran(sites) == [1, 0, 0, 0]
    Path(sites["web-1"], "good").touch()
    await run.did("retry", "go")
    await run.status("go", "passed")
    assert ran(sites) == [2, 1, 1, 1]
    begun = [each.event for each in run.entries()]
    batches = [each.hosts for each in begun if isinstance(each, BatchStarted)]
    assert batches == [("web-1",), ("web-1",), ("web-2", "web-3", "web-4")]


async def test_by_itself_it_goes_on_past_as_many_hosts_as_may_fail(
    begin: Begin, sites: Mapping[str, str]
) -> None:
    rollout = """max_failed = "25%"
parallel = 2
retry = { attempts = 2, every = "100ms" }
"""
    rest = '[[step]]\nid = "two"\nrun = "true"\neffect = "read"\ntimeout = "1m"\n'
    script = '[ "$RUNBOOK_HOST" != web-2 ]'
    run = await begin(book(script, rollout + rest), host_sites=sites)
    await run.auto()
    state = await run.over()
    assert ran(sites) == [1, 2, 1, 1], "it is tried again before it is borne"
    assert state.steps["go"].status == "warned"
    assert [each.status for each in state.steps["go"].attempts] == ["failed", "warned"]
    assert state.steps["two"].status == "passed"
    assert state.ended is not None
    assert state.ended.outcome == "completed"
    said = "warned: 0 of 1 passed, 1 failed (web-2), and 1 may; web-2: exit 1"
    assert said in state.ended.reason
    cases = Tree.fromstring(as_junit(build_report(run.directory)))
    assert cases.get("failures") == "1", "it is borne, and it failed"
    case = next(cases.iter("testcase"))
    assert case.find("failure") is None, "the step is only warned"
    assert case.find("flakyFailure") is not None
    assert "web-2 failed: exit 1" in (case.findtext("system-out") or "")


HEALTH = """
[health]
every = "1s"
[[health.probe]]
id = "shop"
url = "http://127.0.0.1:9/"
[health.trigger]
consecutive_failures = 1000
"""


@pytest.mark.parametrize(
    ("between", "why"),
    [
        ('"person"', "a person lets it begin"),
        (
            '{ healthy = "1s", within = "1s" }',
            "it was not well for long enough in time",
        ),
    ],
)
async def test_by_itself_a_batch_that_is_held_for_a_person_ends_that(
    begin: Begin, sites: Mapping[str, str], between: str, why: str
) -> None:
    rollout = f'batch = ["1", "100%"]\nbetween = {between}\n{HEALTH}'
    run = await begin(book("true", rollout), host_sites=sites)
    await run.auto()
    state = await run.until(lambda state: state.auto_stopped)
    assert state.auto_stopped is not None
    assert state.auto_stopped.code == 4
    assert state.auto_stopped.reason.endswith(
        f"is held at batch 2: {why}; resume without --auto, and let it go on"
    )
    assert state.steps["go"].status == "running"
    assert ran(sites) == [1, 0, 0, 0]
    await run.did("let begin", "go", attempt=1, batch=2, text="it is well")
    await run.status("go", "passed")
    assert ran(sites) == [1, 1, 1, 1]


async def test_by_itself_a_host_of_which_nobody_knows_ends_that_in_the_middle(
    begin: Begin, sites: Mapping[str, str]
) -> None:
    script = """[ "$RUNBOOK_HOST" != web-1 ] ||
kill -9 $(cut -d' ' -f1 "$HOME"/.mobius-tui/claims/*/*/go/*/keeper)"""
    run = await begin(book(script, 'batch = ["1", "100%"]\n'), host_sites=sites)
    await run.auto()
    state = await run.until(lambda state: state.auto_stopped)
    assert state.auto_stopped is not None
    assert state.auto_stopped.code == 4
    assert state.auto_stopped.reason.endswith(
        "nobody knows how far web-1 got; "
        "resume without --auto, and say what became of it"
    )
    assert ran(sites) == [1, 0, 0, 0]


async def test_whoever_is_killed_nothing_runs_twice(
    begin: Begin, sites: Mapping[str, str], tmp_path: Path
) -> None:
    script = f"""echo begun
until [ -e {tmp_path}/go-on ]; do sleep 0.05; done
echo over"""
    run = await begin(book(script, "parallel = 2\n"), host_sites=sites)
    await run.did("start", "go")
    await run.until(lambda _: sum(ran(sites)) == 2)
    run.kill_host()
    await run.resume()
    assert sum(ran(sites)) == 2
    (tmp_path / "go-on").touch()
    await run.status("go", "passed")
    assert ran(sites) == [1, 1, 1, 1]
    assert [output(run, name) for name in NAMES] == ["begun\nover\n"] * 4


async def test_how_many_at_a_time_and_how_many_may_fail_are_given_by_variables(
    begin: Begin, sites: Mapping[str, str], tmp_path: Path
) -> None:
    head, rest = HEAD.split("[targets.web]")
    variables = '[var.width]\ndefault = "1"\n[var.few]\ndefault = "0"\n'
    keys = 'parallel = "${width}"\nmax_failed = "${few}"\n'
    script = f"""until [ -e {tmp_path}/go-on ]; do sleep 0.05; done
[ "$RUNBOOK_HOST" != web-2 ]"""
    text = f"{head}{variables}[targets.web]{rest}run = '''\n{RAN}{script}\n'''\n"
    run = await begin(text + keys, host_sites=sites, width="3", few="25%")
    await run.did("start", "go")
    await run.until(lambda _: sum(ran(sites)) == 3)
    counts = fleet(run).counts()
    assert (counts[Host.RUNNING], counts[Host.PENDING]) == (3, 1)
    (tmp_path / "go-on").touch()
    state = await run.status("go", "warned", "failed")
    assert state.steps["go"].status == "warned", state.steps["go"].reason
    assert ran(sites) == [1, 1, 1, 1]


async def test_an_attempt_has_to_its_end_the_counts_that_it_began_with(
    begin: Begin, sites: Mapping[str, str]
) -> None:
    """Who is decided for another width meanwhile decides for the next attempt."""
    head, rest = HEAD.split("[targets.web]")
    choose = """[[step]]
title = "How"
id = "how"
choose = { var = "width", option = [{ value = "1" }, { value = "4" }] }
"""
    follows = rest.replace('timeout = "1m"\n', "").replace(
        "[[step]]", choose + "[[step]]"
    )
    keys = "follow = true\nparallel = \"${width}\"\nrun = '''\n"
    waits = 'until [ -e "$HOME/end" ]; do sleep 0.05; done'
    script = f"{RAN}{waits}\n'''\n"
    later = '[[step]]\ntitle = "Later"\nmanual = "Look at it"\n'
    body = f"{head}[targets.web]{follows}{keys}{script}{later}"
    run = await begin(body, host_sites=sites)
    await run.did("choose", "how", options=("1",))
    await run.did("start", "go")
    await run.until(lambda _: sum(ran(sites)) == 1)
    await run.did("choose", "how", options=("4",), reason="it is slow")
    run.kill_host()
    await run.resume()
    Path(sites["web-1"], "end").touch()
    await run.until(lambda _: sum(ran(sites)) > 1)
    counts = fleet(run).counts()
    assert (counts[Host.RUNNING], counts[Host.PENDING]) == (1, 2)
    await run.did("stop", "go")
    await run.status("go", "stopped", "failed")


async def test_stopped_it_ends_there_and_begins_nowhere(
    begin: Begin, sites: Mapping[str, str]
) -> None:
    run = await begin(book("sleep 600", "parallel = 2\n"), host_sites=sites)
    await run.did("start", "go")
    await run.until(lambda _: sum(ran(sites)) == 2)
    await run.did("stop", "go")
    state = await run.status("go", "stopped", "failed")
    counts = fleet(run).counts()
    assert counts[Host.FAILED] == 2, state.steps["go"].reason
    assert counts[Host.PENDING] == 2
    assert sum(ran(sites)) == 2


async def test_checks_are_made_for_each_host_there_and_here(
    begin: Begin, sites: Mapping[str, str], tmp_path: Path
) -> None:
    checks = f"""
[[step.check.run]]
script = 'grep -qx "$RUNBOOK_HOST" "$HOME/ran"'
on = "host"
[[step.check.file]]
path = "{tmp_path}/hosts/${{host.name}}/ran"
"""
    run = await begin(book("true", checks), host_sites=sites)
    await run.did("start", "go")
    state = await run.status("go", "passed", "failed", "not started")
    assert state.steps["go"].status == "passed", state.steps["go"].reason
    assert all(each.looks == 2 for each in fleet(run).hosts.values())


async def test_who_cannot_be_reached_is_said_and_nothing_else_begins(
    begin: Begin, sites: Mapping[str, str]
) -> None:
    some = {name: site for name, site in sites.items() if name != "web-1"}
    run = await begin(book("true", "parallel = 1\n"), host_sites=some)
    await run.did("start", "go")
    state = await run.status("go", "failed")
    assert "1 unreachable (web-1)" in state.steps["go"].reason
    assert ran(sites) == [0, 0, 0, 0]
    assert sum(isinstance(e.event, FleetHostStarted) for e in run.entries()) == 1


async def test_the_fleet_process_may_die(
    begin: Begin, sites: Mapping[str, str], tmp_path: Path
) -> None:
    script = f"until [ -e {tmp_path}/go-on ]; do sleep 0.05; done"
    run = await begin(book(script), host_sites=sites)
    await run.did("start", "go")
    await run.until(lambda _: ran(sites) == [1, 1, 1, 1])
    children = run.host_children("fleet_process")
    for child in children:
        child.kill()
    wait_for(lambda: not any(alive(child.pid) for child in children))
    (tmp_path / "go-on").touch()
    await run.status("go", "passed")
    assert ran(sites) == [1, 1, 1, 1]


async def test_hosts_that_are_others_than_were_shown_are_confirmed_again(
    begin: Begin,
    sites: Mapping[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer = {"all": {"children": ["web"]}, "web": {"hosts": list(NAMES[:3])}}
    monkeypatch.setenv("PATH", put_answer(tmp_path, answer)["PATH"])
    inventory = HEAD.replace(
        'hosts = ["web-[1:4]"]', 'hosts = ["web"]\ninventory = "hosts.ini"', 1
    )
    second = '[[step]]\nid = "two"\nhosts = "web"\nrun = "true"\ntimeout = "1m"\n'
    run = await begin(f"{inventory}run = '''\n{RAN}'''\n{second}", host_sites=sites)
    await run.did("start", "go")
    await run.status("go", "passed")
    assert ran(sites) == [1, 1, 1, 0]
    put_answer(tmp_path, {**answer, "web": {"hosts": list(NAMES)}})
    await run.did("start", "two")
    state = await run.status("two", "not started", "passed")
    reason = state.steps["two"].reason
    assert "not those that were shown: now 4 hosts, of 1 group, new web-4." in reason
    assert not any(
        each.tries for each in state.fleets["two"].attempts[1].hosts.values()
    )
    await run.did("retry", "two")
    state = await run.status("two", "passed", "not started")
    assert state.steps["two"].status == "passed", state.steps["two"].reason


PLAY = """
with open(sys.argv[sys.argv.index("--limit") + 1][1:]) as file:
    names = file.read().split()
say("play", hosts=names)
for name in names:
    say("start", name)
    say("ok", name, stdout="VERSION")
say("stats", hosts={name: {"ok": 1} for name in names}, left_out=[])
"""


def put_inventory(folder: Path, names: Iterable[str]) -> Mapping[str, str]:
    """Put an inventory that has these hosts as `web`; what to look for it with."""
    answer = {"all": {"children": ["web"]}, "web": {"hosts": list(names)}}
    return put_answer(folder, answer)


def put_ansible(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a pretended Ansible on PATH, whose inventory has the hosts as `web`."""
    pretended_ansible(folder)
    search = put_inventory(folder, NAMES)["PATH"]
    monkeypatch.setenv("PATH", f"{folder}:{search}")


def play_of(batch: str, more: str = "") -> str:
    """A runbook whose step plays `p.yml` on those hosts, in such batches."""
    inventory = '["web"]\ninventory = "hosts.ini"'
    head = HEAD.replace('["web-[1:4]"]', inventory)
    return f'{head}title = "Play"\nplaybook = "p.yml"\nbatch = {batch}\n{more}'


async def test_a_playbook_that_is_not_what_was_shown_is_confirmed_again(
    begin: Begin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_ansible(tmp_path, monkeypatch)
    play = tmp_path / "p.yml"
    play.write_text(PLAY.replace("VERSION", "as shown"))
    run = await begin(play_of('["1", "100%"]', 'between = "person"\n'))
    (tmp_path / "group_vars").mkdir()
    (tmp_path / "group_vars" / "web.yml").write_text("release: 2\n")
    await run.did("start", "go")
    state = await run.status("go", "not started", "passed", "failed")
    assert state.steps["go"].reason.startswith(
        "p.yml is not what was shown: group_vars. Nothing ran"
    )
    await run.did("retry", "go")
    await until_held(run, 2)
    assert "as shown" in output(run, "web-1", 2)

    play.write_text(PLAY.replace("VERSION", "of another hand"))
    await run.did("let begin", "go", attempt=2, batch=2)
    state = await run.status("go", "stopped", "passed", "failed")
    assert state.steps["go"].reason == (
        "1 of 4 passed, 3 not begun: p.yml has changed: p.yml"
    )
    put_inventory(tmp_path, [*NAMES, "web-5"])
    await run.did("retry", "go")
    state = await run.status("go", "not started", "passed", "failed")
    assert state.steps["go"].reason == (
        "the hosts of web are not those that were shown: now 5 hosts, of 1 group, "
        "new web-5; p.yml is not what was shown: p.yml. "
        "Nothing ran; it may be tried again"
    )
    await run.did("retry", "go")
    await until_held(run, 4)
    assert "of another hand" in output(run, "web-2", 4)


async def test_what_ansible_said_is_sealed(
    begin: Begin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_ansible(tmp_path, monkeypatch)
    (tmp_path / "p.yml").write_text(PLAY)
    run = await begin(play_of('["2"]'))
    await run.did("start", "go")
    await run.status("go", "passed")
    await run.did("end")
    await run.over()
    assert list(run_problems(run.directory)) == []
    plays = run.directory.attempt("go", 1).path / "plays"
    assert sorted(each.name for each in plays.iterdir()) == ["1", "2"]
    words = "go.1/plays: what Ansible said was changed after the step ended, or is gone"
    for name in (
        "1/process/output",
        "2/events.jsonl",
        "2/process/spans",
        "1/hosts.json",
    ):
        path = plays / name
        before = path.read_bytes()
        path.write_bytes(before + b"\n")
        assert list(run_problems(run.directory)) == [words], name
        path.unlink()
        assert list(run_problems(run.directory)) == [words], name
        path.write_bytes(before)
    assert list(run_problems(run.directory)) == []
    (plays / "3").mkdir()
    assert list(run_problems(run.directory)) == [words]
    (plays / "3").rmdir()
    shutil.rmtree(plays)
    assert list(run_problems(run.directory)) == [words]


async def test_what_ansible_said_is_sealed_where_nobody_knows_how_it_ended(
    begin: Begin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_ansible(tmp_path, monkeypatch)
    begun = 'say("play", hosts=["web-1"])\nsay("start", "web-1")\n'
    (tmp_path / "p.yml").write_text(f"{begun}open('begun', 'w')\nuntil('never')\n")
    run = await begin(play_of('["1"]'))
    await run.did("start", "go")
    await run.until(lambda _: (tmp_path / "begun").exists())
    process = PlayFiles(
        run.directory.attempt("go", 1).path / "plays" / "1"
    ).keeper_directory
    pid, keeper = int(process.pid.read_text()), lock_holder(process.lock)
    assert keeper
    for each in (keeper, pid):
        os.kill(each, signal.SIGKILL)
    assert (await until_held(run)).why == "unknown"
    await run.did("stop", "go")
    await run.status("go", "unknown")
    await run.did("end")
    await run.over()
    assert list(run_problems(run.directory)) == []
    with PlayFiles(process.path.parent).events.open("a") as events:
        events.write("\n")
    assert len(list(run_problems(run.directory))) == 1


async def test_two_controllers_that_begin_in_one_second_each_run_their_own(
    begin: Begin,
    sites: Mapping[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two bastions, one login on the hosts: neither is told of what the other ran."""
    runs = []
    for name in ("a", "b"):
        with monkeypatch.context() as here:
            here.setattr(time, "time", lambda: 1_800_000_000.0)
            here.setenv("XDG_STATE_HOME", str(tmp_path / name))
            script = f"""echo {name} >>"$HOME/by"; echo from {name}
until [ -e {tmp_path}/go-on ]; do sleep 0.05; done"""
            runs.append(await begin(book(script), host_sites=sites))
    assert runs[0].directory.id == runs[1].directory.id
    for run in runs:
        await run.did("start", "go")
    await runs[0].until(lambda _: ran(sites) == [2, 2, 2, 2])
    (tmp_path / "go-on").touch()
    for name, run in zip(("a", "b"), runs, strict=True):
        await run.status("go", "passed")
        assert [output(run, host) for host in NAMES] == [f"from {name}\n"] * 4
        assert {*Path(sites["web-1"], "by").read_text().split()} == {"a", "b"}


@pytest.mark.parametrize("lost", [".mobius-tui", "."])
async def test_a_host_that_has_lost_its_claim_is_unknown_and_runs_nothing_again(
    begin: Begin, sites: Mapping[str, str], tmp_path: Path, lost: str
) -> None:
    """While nobody watched, its folder of claims went, or its whole home."""
    counts = tmp_path / "counts"
    script = f"""echo $RUNBOOK_HOST >>{counts}
until [ -e {tmp_path}/go-on ]; do sleep 0.05; done"""
    run = await begin(book(script), host_sites=sites)
    await run.did("start", "go")
    await run.until(lambda _: counts.exists() and len(counts.read_text().split()) == 4)
    run.kill_host()
    shutil.rmtree(Path(sites["web-2"], lost))
    Path(sites["web-2"]).mkdir(exist_ok=True)
    (tmp_path / "go-on").touch()
    await run.resume()
    await run.status("go", "unknown")
    found = fleet(run).hosts["web-2"]
    assert found.status is Host.UNKNOWN
    assert "has no trace of that any more" in found.reason
    assert sorted(counts.read_text().split()) == sorted(NAMES)


async def test_why_a_host_failed_is_said_in_the_words_of_local_steps(
    begin: Begin, sites: Mapping[str, str]
) -> None:
    script = """case $RUNBOOK_HOST in
*-1) kill -9 $$ ;;
*-2) sleep 300 ;;
*-3) no-such-command ;;
*-4) seq 20000 ;;
esac"""
    more = 'max_failed = "100%"\nmax_output = "4KiB"\n'
    text = book(script, more).replace('timeout = "1m"', 'timeout = "2s"')
    run = await begin(text, host_sites=sites)
    await run.did("start", "go")
    await run.status("go", "warned")
    reasons = [fleet(run).hosts[name].reason for name in NAMES]
    assert reasons == [
        "exit 137: a command was ended by SIGKILL (killed; perhaps memory ran out)",
        "it took longer than 2s, so it was stopped",
        "exit 127: a command was not found",
        "102.3 KiB more of its output were not kept (max_output)",
    ]
    assert fleet(run).hosts["web-4"].status is Host.OK


async def test_a_host_of_which_nobody_knows_keeps_its_claims(
    begin: Begin, sites: Mapping[str, str], tmp_path: Path
) -> None:
    look = '[[step]]\nid = "look"\nhosts = "web"\nrun = "true"\ntimeout = "1m"\n'
    script = f"until [ -e {tmp_path}/go-on ]; do sleep 0.05; done"
    text = book(script).replace('[[step]]\nid = "go"', f'{look}[[step]]\nid = "go"')
    run = await begin(text, host_sites=sites)
    await run.did("start", "look")
    await run.status("look", "passed")
    await run.did("start", "go")
    await run.until(lambda _: ran(sites) == [1, 1, 1, 1])
    [keeper] = Path(sites["web-1"]).glob(".mobius-tui/claims/*/*/go/*/keeper")
    os.kill(int(keeper.read_text().split()[0]), signal.SIGKILL)
    (tmp_path / "go-on").touch()
    await run.status("go", "unknown")
    assert fleet(run).hosts_with(Host.UNKNOWN) == ("web-1",)
    await run.did("end")
    await run.over()
    claims = [Path(site, ".mobius-tui", "claims") for site in sites.values()]
    assert [any(each.iterdir()) for each in claims] == [True, False, False, False]


async def test_a_host_that_an_earlier_attempt_was_on_keeps_no_claims(
    begin: Begin, sites: Mapping[str, str]
) -> None:
    rollout = 'batch = ["1", "100%"]\n'
    run = await begin(book('[ -e "$HOME/good" ]', rollout), host_sites=sites)
    for name in NAMES[:2]:
        Path(sites[name], "good").touch()
    await run.did("start", "go")
    await run.status("go", "failed")
    await run.did("retry", "go")
    both = ["failed", "failed"]
    await run.until(lambda s: [a.status for a in s.steps["go"].attempts] == both)
    assert ran(sites) == [1, 1, 2, 1]
    await run.did("end")
    await run.over()
    claims = [Path(site, ".mobius-tui", "claims") for site in sites.values()]
    assert [any(each.iterdir()) for each in claims] == [False] * 4


async def test_a_host_that_is_ending_listens_to_nobody_new(
    begin: Begin, sites: Mapping[str, str], tmp_path: Path
) -> None:
    """Who comes then waits for the next host, and sends nothing that is never done."""
    run = await begin(book("true"), host_sites=sites)
    await run.did("start", "go")
    await run.status("go", "passed")
    slow = (
        f"touch {tmp_path}/asked\nuntil [ -e {tmp_path}/go-on ]; do sleep 0.05; done\n"
    )
    for site in sites.values():
        Path(site, ".profile").write_text(slow)
    await run.did("end")
    await run.until(lambda _: (tmp_path / "asked").exists())
    assert run.directory.host_pid() is not None, "it removes what it left on hosts"
    with pytest.raises(ConnectionRefusedError):
        await open_socket(run.directory.socket)
    (tmp_path / "go-on").touch()
    await run.over()
