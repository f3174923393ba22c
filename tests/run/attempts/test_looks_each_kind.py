"""Each kind of check, for a step of this machine and for each host of a step.

What a check needs (the output, where a log ended, a process group) is given to it by
whoever makes it: a kind that is tried in one place alone can fail for ever in another.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from mobius_tui.runbook.model.check_kinds import CHECK_KINDS
from tests.health.servers import TLS, closed_port, serve, whole
from tests.run.checks.name_servers import ASKED, answer, name_server, record
from tests.run.conftest import Begin

HOST = "127.0.0.1"
"""A name of a host that leads here."""
PLACES = ("here", "for each host")
HOLDS, FAILS, CANNOT = "holds", "does not hold", "cannot look"
SCRIPT = """
echo hello {name}
echo ready {name} >> {folder}/{name}.log
"""

ODD = '[var.odd]\ndefault = "odd"\n'
"""A value that is no size: what it is filled into is known in the run alone."""
SUM = hashlib.sha256(b"well\n").hexdigest()
KINDS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "http": {
        HOLDS: ('url = "http://NAME:PORT/"', "200"),
        FAILS: ('url = "http://NAME:PORT/", status = 404', "wanted 404"),
        CANNOT: ('url = "http://NAME:CLOSED/"', "refused"),
    },
    "port": {
        HOLDS: ('at = "NAME:PORT"', "accepts connections"),
        FAILS: ('at = "NAME:CLOSED"', "refused"),
        CANNOT: ('at = "NAME..b:80"', "NAME..b:80"),
    },
    "tls": {
        HOLDS: ('at = "NAME:TLS", name = "localhost", ca = "CA"', "is valid"),
        FAILS: ('at = "NAME:TLS", name = "x.example", ca = "CA"', "not valid for"),
        CANNOT: ('at = "NAME:TLS", ca = "/nowhere"', "cannot read the certificates"),
    },
    "dns": {
        HOLDS: ('name = "www.x", at = "NAME:DNS", records = ["10.0.0.1"]', "10.0.0.1"),
        FAILS: ('name = "www.x", at = "NAME:DNS", records = ["10.0.0.9"]', "10.0.0.9"),
        CANNOT: (
            'name = "www.x", at = "NAME:CLOSED", records = ["10.0.0.1"]',
            "NAME:CLOSED",
        ),
    },
    "process": {
        HOLDS: ('match = "^marked-NAME-TAG"', "1 process"),
        FAILS: ('match = "^marked-NAME-TAG", count = "0"', "1 process"),
        CANNOT: ('match = "${odd}(NAME"', "not a pattern"),
    },
    "service": {
        HOLDS: ('names = ["well-NAME"]', "well-NAME"),
        FAILS: ('names = ["ill-NAME"]', "failed"),
        CANNOT: ('names = ["lost-NAME"]', "lost-NAME"),
    },
    "file": {
        HOLDS: ('path = "NAME.txt"', "NAME.txt"),
        FAILS: ('path = "NAME.gone"', "NAME.gone"),
        CANNOT: ('path = "NAME.txt/x"', "NAME.txt/x"),
    },
    "checksum": {
        HOLDS: (f'file = "NAME.txt", sha256 = "{SUM}"', "NAME.txt"),
        FAILS: (f'file = "NAME.txt", sha256 = "{"0" * 64}"', "NAME.txt"),
        CANNOT: (f'file = "NAME.gone", sha256 = "{SUM}"', "NAME.gone"),
    },
    "disk": {
        HOLDS: ('path = "NAME.folder", free = "1KiB"', "free"),
        FAILS: ('path = "NAME.folder", free = "1000TiB"', "free"),
        CANNOT: ('path = "NAME.gone", free = "1KiB"', "NAME.gone"),
    },
    "memory": {
        HOLDS: ('free = "NUMBERKiB"', "free"),
        FAILS: ('free = "NUMBER000TiB"', "free"),
        CANNOT: ('free = "${odd}NAME"', "oddNAME"),
    },
    "run": {
        HOLDS: ('script = "echo fine", is = "fine"ON', 'it printed "fine"'),
        FAILS: ('script = "echo oh >&2; exit 3"ON', "exit code 3: oh"),
        CANNOT: ('script = "true", shell = ["no-such-shell"]ON', "no-such-shell"),
    },
    "sql": {
        HOLDS: ('query = "select n from t", is = "1", file = "NAME.db"', "1"),
        FAILS: ('query = "select n from t", is = "2", file = "NAME.db"', "2"),
        CANNOT: ('query = "select n from t", is = "1", file = "NAME.no"', "NAME.no"),
    },
    "output": {
        HOLDS: ('match = "^hello NAME$"', "line 1 matches"),
        FAILS: ('match = "^goodbye NAME$"', "no line of 1 matches"),
        CANNOT: ('match = "${odd}(NAME"', "not a pattern"),
    },
    "log": {
        HOLDS: ('file = "NAME.log", match = "ready NAME"', "since the step began"),
        FAILS: ('file = "NAME.log", match = "before NAME"', "no line of 1 matches"),
        CANNOT: ('file = "NAME.folder", match = "ready NAME"', "NAME.folder"),
    },
}
"""For each kind and each verdict the check, and what its detail has."""


def test_no_kind_is_left_out() -> None:
    assert KINDS.keys() == CHECK_KINDS.keys()
    for kind, cases in KINDS.items():
        assert cases.keys() == {HOLDS, FAILS, CANNOT}, kind


def zone(asked: bytes) -> bytes:
    """One address for every name."""
    return answer(asked, record(ASKED, "A", bytes((10, 0, 0, 1))))


@pytest_asyncio.fixture
async def words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Mapping[str, str]]:
    """A world in which each check can hold; by what stands for its ports and files."""
    programs = tmp_path / "programs"
    programs.mkdir()
    systemctl = programs / "systemctl"
    systemctl.write_text("""#!/bin/sh
for last; do :; done
case $last in
  well-*) echo active;;
  ill-*) echo failed;;
  lost-*) echo "the bus is gone" >&2; exit 1;;
esac
""")
    systemctl.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    (tmp_path / f"{HOST}.txt").write_text("well\n")
    (tmp_path / f"{HOST}.log").write_text(f"before {HOST}\n")
    (tmp_path / f"{HOST}.folder").mkdir()
    with sqlite3.connect(tmp_path / f"{HOST}.db") as database:
        database.execute("create table t (n)")
        database.execute("insert into t values (1)")
    database.close()
    tag = f"{os.getpid()}-{tmp_path.name}"
    marked = subprocess.Popen(
        [f"marked-{HOST}-{tag}", "60"], executable="/bin/sleep", stdin=-3
    )
    async with AsyncExitStack() as stack:
        port, _ = await stack.enter_async_context(serve(whole()))
        tls, _ = await stack.enter_async_context(
            serve(whole(), certificate="server.pem")
        )
        dns = await stack.enter_async_context(name_server(zone))
        yield {
            "CLOSED": str(closed_port()),
            "PORT": str(port),
            "TLS": str(tls),
            "DNS": dns.rpartition(":")[2],
            "CA": str(TLS / "ca.pem"),
            "TAG": tag,
        }
    marked.kill()
    marked.wait()


def step(kind: str, check: str, words: Mapping[str, str], place: str) -> str:
    """A step with one check, on this machine or on a host."""
    there = place != "here"
    repeat = "" if kind == "output" else ', attempts = 1, timeout = "20s"'
    words = {**words, "NAME": "${host.name}" if there else HOST}
    words |= {"NUMBER": "${host.batch}" if there else "1"}
    words |= {"ON": ', on = "host"' if there else ""}
    for word, text in words.items():
        check = check.replace(word, text)
    return f"""
[[step]]
id = "{kind}"
effect = "change"
timeout = "1m"
undo = "none: a test"
{'hosts = "web"' if there else ""}
run = '''SCRIPT'''
check.{kind} = {{ {check}{repeat} }}
"""


@pytest.mark.parametrize("verdict", [HOLDS, FAILS, CANNOT])
@pytest.mark.parametrize("place", PLACES)
async def test_a_check_of_each_kind(
    begin: Begin, tmp_path: Path, words: Mapping[str, str], place: str, verdict: str
) -> None:
    steps = [
        step(kind, cases[verdict][0], words, place) for kind, cases in KINDS.items()
    ]
    script = SCRIPT.format(name=HOST, folder=tmp_path)
    body = "".join(steps).replace("SCRIPT", script)
    home = tmp_path / "home"
    home.mkdir()
    (home / ".profile").write_text(f"PATH={tmp_path}/programs:$PATH\n")
    target = f'\n[targets.web]\nhosts = ["{HOST}"]\n' if place != "here" else ""
    run = await begin(
        f'format = 2\n[runbook]\ntitle = "X"\n{ODD}{target}{body}',
        host_sites={HOST: str(home)} if target else {},
    )
    wanted = "passed" if verdict == HOLDS else "failed"
    found = {}
    for kind in KINDS:
        await run.did("start", kind)
        state = await run.status(kind, "passed", "failed")
        result = str(state.steps[kind].status)
        if wanted == "failed":
            await run.did("skip", kind, reason="the next one")
        if place == "here":
            detail = state.steps[kind].attempts[-1].check_tries[-1].detail
        else:
            detail = state.fleets[kind].attempts[1].hosts[HOST].last_look_detail
        says = KINDS[kind][verdict][1].replace("NAME", HOST).replace("NUMBER", "1")
        for word, text in words.items():
            says = says.replace(word, text)
        found[kind] = (
            result,
            says in detail,
            detail,
        )
    assert found == {kind: (wanted, True, found[kind][2]) for kind in KINDS}
