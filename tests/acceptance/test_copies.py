"""Copies beside their originals, in short; the long form is `copies`."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.intents.step_intents import StartStep
from tests.acceptance.campaigns import start_book
from tests.acceptance.copies import OTHER_WAYS, WAYS, campaign
from tests.program import PROGRAM
from tests.run.copied import copy_folder
from tests.run.running import kill_host_of
from tests.waiting import wait_for

pytestmark = pytest.mark.campaign


async def test_of_a_run_and_its_copy_one_goes_on_and_nothing_runs_twice(
    tmp_path: Path,
) -> None:
    tally = await campaign(tmp_path, len(WAYS) + len(OTHER_WAYS), seed=9)
    print(tally.line())
    assert tally.is_good, tally.line()
    assert tally.refused
    assert tally.resumed
    assert tally.taken_over


@pytest.mark.machine("unshare")
async def test_another_machine_with_an_id_of_its_own_is_told_whose_the_run_is(
    tmp_path: Path,
) -> None:
    """Its id is bound over this one's, in a namespace: users must be let have one."""
    (tmp_path / "id").write_text("fedcba98765432100123456789abcdef\n")
    script = f"echo x >> {tmp_path}/ran; until [ -e {tmp_path}/go ]; do sleep 0.1; done"
    book = 'format = 2\n[runbook]\ntitle = "Two"\n[[step]]\nid = "a"\n'
    run = await start_book(tmp_path / "two.toml", f"{book}run = '''{script}'''\n")
    viewer = Viewer(run)
    assert (await viewer.send_intent(StartStep(step="a", attempt=1))).ok
    await viewer.close()
    wait_for((tmp_path / "ran").exists)
    kill_host_of(run)
    there = tmp_path / "there" / "mobius-tui" / "runs" / run.id
    there.parent.mkdir(parents=True, mode=0o700)
    copy_folder(run.path, there)

    def elsewhere(*words: str) -> tuple[int, str]:
        bind = f"mount --bind {tmp_path}/id /etc/machine-id"
        done = subprocess.run(
            [
                "unshare",
                "-rm",
                "sh",
                "-c",
                f'{bind} && exec "$@"',
                "-",
                PROGRAM,
                *words,
            ],
            env={**os.environ, "XDG_STATE_HOME": str(tmp_path / "there")},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    here = os.uname().nodename
    code, said = elsewhere("resume", run.id, "--plain")
    assert (code, f"the run was on {here}, whose host was last" in said) == (4, True)
    code, said = elsewhere("takeover", run.id, "--from", here)
    assert (code, f"{here} is not told" in said) == (0, True), said
    assert "the run was taken over while it ran" in said
    assert "restarted" not in (there / "journal.jsonl").read_text()
    code, said = elsewhere("verify", run.id)
    first, second = re.findall(r"epoch \d: .* \(machine (\w+)\)", said)
    assert first != second
    (tmp_path / "go").touch()
    assert (tmp_path / "ran").read_text() == "x\n"
