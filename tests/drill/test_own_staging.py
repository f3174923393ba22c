"""A drill on a staging that is not ours: `python -m http.server`, a team's commands."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from mobius_tui.cli import main
from mobius_tui.drill import drill_record
from mobius_tui.drill.drill_facilitator import Facilitator
from mobius_tui.drill.own_staging import own_faults
from mobius_tui.drill.rehearsal import own_rehearsal
from mobius_tui.drill.site.drill_site import sites_root
from mobius_tui.errors import UsageError
from mobius_tui.run.client.start_run import start_new_run
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.intents.run_intents import EndRun
from mobius_tui.run.storage.run_index import all_runs
from mobius_tui.run.storage.state_folders import runs_root
from tests.paths import ROOT
from tests.waiting import PATIENCE, wait_for

SERVE = """#!/bin/sh
# Begins the server, if it is not there; it outlives whoever begins it.
test -e server.pid && kill -0 "$(cat server.pid)" 2>/dev/null && exit 0
setsid PYTHON -m http.server --bind 127.0.0.1 "$port" </dev/null >/dev/null 2>&1 &
echo $! > server.pid
for _ in $(seq 300); do
  (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && exit 0
  sleep 0.1
done
exit 1
"""
BOOK = """format = 1
[runbook]
id = "web"
title = "Web server"
environment = "place"
protected = ["production"]
[var.place]
default = "production"
[var.port]
default = "PORT"
[profile.staging]
place = "staging"
[health]
every = "200ms"
[[health.probe]]
id = "web"
title = "Pages"
url = "http://127.0.0.1:${port}/"
timeout = "5s"
[health.trigger]
consecutive_failures = 3
[[phase]]
id = "repair"
title = "Repair"
[[phase.step]]
id = "start"
title = "Start the server"
run = "REPAIR"
env = { port = "${port}" }
"""
FAULTS = """
[[fault]]
id = "web-down"
title = "Pages do not load"
handled_by = "starting the server"
inject = 'kill "$(cat server.pid)"; rm server.pid'
heal = "./serve"
verify = "exec 3<>/dev/tcp/127.0.0.1/$port"
timeout = "30s"

[[fault]]
id = "no-fault"
title = "Nothing happens"
inject = "true"
heal = "true"
verify = "true"
timeout = "300ms"
"""


class Staging:
    """A server of somebody else, and the files of a team."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.book, self.faults = folder / "web.toml", folder / "faults.toml"
        (folder / "serve").write_text(
            SERVE.replace("PYTHON", sys.executable).replace("#!/bin/sh", "#!/bin/bash")
        )
        (folder / "serve").chmod(0o755)
        self.faults.write_text(FAULTS)
        self.runbook("./serve")

    def runbook(self, repair: str) -> None:
        text = BOOK.replace("PORT", str(self.port)).replace("REPAIR", repair)
        self.book.write_text(text)

    def serve(self) -> None:
        env = {**os.environ, "port": str(self.port)}
        subprocess.run(
            ["./serve"], cwd=self.folder, env=env, check=True, timeout=PATIENCE
        )

    def answers(self) -> bool:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("GET", "/serve")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def end(self) -> None:
        pid = self.folder / "server.pid"
        if pid.exists():
            os.kill(int(pid.read_text()), signal.SIGKILL)

    def drill(self, *words: str) -> int:
        return main(["drill", str(self.book), "--inject-cmd", str(self.faults), *words])


Say = Callable[[], str]


@pytest.fixture
def staging(tmp_path: Path) -> Iterator[Staging]:
    (tmp_path / "site").mkdir()
    found = Staging(tmp_path / "site")
    found.serve()
    try:
        yield found
        wait_for(lambda: not any(sites_root().glob("*")))
    finally:
        found.end()


AUTO = ("--profile", "staging", "--auto", "--plain")


def test_what_the_runbook_repairs_is_handled(
    staging: Staging, capsys: pytest.CaptureFixture[str]
) -> None:
    assert staging.drill(*AUTO) == 0
    said = capsys.readouterr()
    assert "DRILL Web server in staging" in said.out
    assert "score: handled; the fault was web-down" in said.out
    assert staging.answers()
    assert not any(sites_root().iterdir()), "it waits until the staging is as it was"
    [run] = all_runs(runs_root())
    drill = drill_record.read_drill_record(run)
    assert drill is not None
    assert drill.score.handled
    assert drill.score.faults == ("web-down",)
    assert drill.own_staging
    assert "--fault" not in said.out, "the program's own faults are none of theirs"
    assert '"fault": "web-down"' in (run.path / "injected.jsonl").read_text()


def test_what_a_fault_leaves_behind_holds_nobody_up(
    staging: Staging, capsys: pytest.CaptureFixture[str]
) -> None:
    """It may be in a session of its own, and have the script's output."""
    left = "setsid sleep 600 & echo $! > left.pid; "
    text = staging.faults.read_text()
    staging.faults.write_text(text.replace("inject = 'kill", f"inject = '{left}kill"))
    assert staging.drill(*AUTO) == 0, capsys.readouterr()
    # It is still there to be killed: nobody waited for its end.
    os.kill(int((staging.folder / "left.pid").read_text()), signal.SIGKILL)


def test_what_it_does_not_repair_is_not_handled_and_healed_afterwards(
    staging: Staging, capsys: pytest.CaptureFixture[str]
) -> None:
    staging.runbook("true")
    assert staging.drill(*AUTO) == 1
    said = capsys.readouterr().out
    assert "COMPLETED" in said, "the run believes that all is well"
    assert "score: not handled" in said
    assert "still wrong: web-down: `verify`: exit code 1" in said
    assert staging.answers()


def test_what_is_not_well_before_is_not_broken(
    staging: Staging, capsys: pytest.CaptureFixture[str]
) -> None:
    staging.end()
    (staging.folder / "server.pid").unlink()
    assert staging.drill(*AUTO) != 0
    assert (
        "the staging is not well before the drill: web-down" in capsys.readouterr().err
    )
    assert all_runs(runs_root()) == ()


def test_a_fault_that_does_not_show_is_none(
    staging: Staging, capsys: pytest.CaptureFixture[str]
) -> None:
    assert staging.drill(*AUTO, "--fault", "no-fault") != 0
    assert "no-fault does not show after" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--auto",), "production is protected, and a drill breaks what it is made on"),
        ((*AUTO, "--fault", "web-dwn"), "did you mean `web-down`"),
        ((*AUTO, "--keep"), "--keep: only on the program's own site"),
        ((*AUTO, "--matrix"), "--matrix: only on the program's own site"),
        ((*AUTO, "--site", "kind"), "--site: only on the program's own site"),
        (
            (*AUTO, "--environment", "staging"),
            "--environment: only on the program's own site",
        ),
        ((*AUTO, "--dry-run"), "a drill breaks the staging first"),
        (("--inject-cmd", "/no/such.toml"), "/no/such.toml"),
    ],
)
def test_what_cannot_be_breaks_nothing(
    staging: Staging,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    said: str,
) -> None:
    assert staging.drill(*words) == 2
    assert said in capsys.readouterr().err
    assert staging.answers()


def test_its_faults_are_listed(
    staging: Staging, capsys: pytest.CaptureFixture[str]
) -> None:
    assert staging.drill("--fault", "list") == 0
    assert "web-down         Pages do not load" in capsys.readouterr().out


def test_a_mistake_in_the_file_is_told_in_its_place(tmp_path: Path) -> None:
    path = tmp_path / "faults.toml"
    path.write_text('[[fault]]\nid = "a"\ntitle = "A"\ninject = ""\nhael = "true"\n')
    with pytest.raises(UsageError) as found:
        own_faults(path)
    said = str(found.value)
    assert "faults.toml:4:" in said
    assert "`inject` is an empty script" in said
    assert "did you mean `heal`" in said
    assert "`verify` is missing" in said


def test_a_time_limit_of_a_fault_has_no_variables(tmp_path: Path) -> None:
    path = tmp_path / "faults.toml"
    path.write_text(
        '[[fault]]\nid = "a"\ntitle = "A"\ninject = "true"\nheal = "true"\n'
        'verify = "true"\ntimeout = "${x}"\n'
    )
    with pytest.raises(UsageError, match=r"faults\.toml:7:.*filled in with nothing"):
        own_faults(path)


def test_a_killed_drill_is_healed_by_its_guard(staging: Staging) -> None:
    script = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from mobius_tui.drill.own_staging import own_faults\n"
        "from mobius_tui.drill.rehearsal import own_rehearsal\n"
        "faults = own_faults(Path(sys.argv[2]))\n"
        "with own_rehearsal(sys.argv[1], faults[:1], all_faults=faults, given={}, "
        "profile='staging', workdir=None, send=False):\n"
        "    print('broken', flush=True)\n"
        "    time.sleep(300)\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", script, str(staging.book), str(staging.faults)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "broken\n"
    assert not staging.answers()
    child.kill()
    child.wait()
    child.stdout.close()
    wait_for(staging.answers)


async def test_a_facilitator_has_the_teams_own_faults(staging: Staging) -> None:
    faults = own_faults(staging.faults)
    with own_rehearsal(
        str(staging.book),
        faults[:1],
        all_faults=faults,
        given={},
        profile="staging",
        workdir=None,
        send=False,
    ) as briefing:
        viewer = Viewer(await start_new_run(briefing))
        leads = Facilitator(viewer)
        assert tuple(leads.faults) == ("web-down", "no-fault")
        await leads.act("heal", leads.fault("web-down"))
        assert staging.answers()
        await leads.act("inject", leads.fault("web-down"))
        assert not staging.answers()
        await viewer.send_intent(EndRun())
        await viewer.close()
    wait_for(staging.answers)


def test_the_worked_example_is_valid(tmp_path: Path) -> None:
    readme = ROOT / "runbooks" / "README.md"
    text = readme.read_text(encoding="utf-8")
    [example] = re.findall(r"^```toml\n(# staging-faults.*?)^```$", text, re.M | re.S)
    path = tmp_path / "staging-faults.toml"
    path.write_text(example, encoding="utf-8")
    first, second = own_faults(path)
    assert (first.name, first.timeout) == ("web-down", 60.0)
    assert (second.symptom, second.timeout) == ("! sudo nginx -t", 30.0)
