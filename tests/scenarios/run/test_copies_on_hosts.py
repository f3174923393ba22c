"""A copy of a run whose step is on hosts: they are asked, and never told twice."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from mobius_tui.run.events.fleet_events import HostStatus as Host
from tests.run.conftest import Begin
from tests.run.copied import copied, moved_to, taken_over
from tests.run.journals import rewritten
from tests.run.running import Running
from tests.scenarios.run.test_hosts import (
    NAMES,
    book,
    fleet,
    output,
    play_of,
    put_ansible,
    ran,
    sites,
)
from tests.waiting import wait_for

__all__ = ["sites"]


async def test_what_was_in_flight_on_hosts_is_asked_for_and_runs_once(
    begin: Begin, sites: Mapping[str, str], tmp_path: Path
) -> None:
    script = f"until [ -e {tmp_path}/go ]; do sleep 0.05; done"
    run = await begin(book(script, 'batch = ["50%", "100%"]\n'), host_sites=sites)
    await run.did("start", "go")
    wait_for(lambda: ran(sites) == [1, 1, 0, 0])
    run.kill_host()
    copy = copied(run, tmp_path / "copy")
    await taken_over(copy)
    (tmp_path / "go").touch()
    await copy.status("go", "passed")
    assert ran(sites) == [1, 1, 1, 1]
    assert fleet(copy).counts() == {Host.OK: 4}
    await copy.close()


async def test_a_retry_on_both_sides_never_takes_the_other_one_for_its_own(
    begin: Begin,
    sites: Mapping[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The other machine is not told: both go on, and each says what it did itself."""
    script = f"cat {tmp_path}/said; exit 1"
    (tmp_path / "said").write_text("first")
    run = await begin(book(script), host_sites=sites)
    await run.did("start", "go")
    await run.status("go", "failed")
    run.kill_host()
    copy = copied(run, tmp_path / "copy")
    rewritten(copy.directory, moved_to("0" * 32, "jump-1"))
    (tmp_path / "said").write_text("where it was")
    await run.resume()
    await run.did("retry", "go")
    await run.until(lambda state: len(state.steps["go"].attempts) == 2)
    await run.status("go", "failed")
    (tmp_path / "said").write_text("in the copy")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state-of-jump-2"))
    await taken_over(copy)
    await copy.did("retry", "go")
    await copy.until(lambda state: len(state.steps["go"].attempts) == 2)
    await copy.status("go", "failed")
    for side, said in ((run, "where it was"), (copy, "in the copy")):
        assert [output(side, name, 2) for name in NAMES] == [said] * 4
        assert fleet(side, 2).counts() == {Host.FAILED: 4}
    assert ran(sites) == [3, 3, 3, 3]
    await copy.close()


@pytest.mark.parametrize("is_listed", [True, False])
async def test_a_play_that_was_in_flight_is_unknown(
    begin: Begin,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    is_listed: bool,
) -> None:
    """Ansible leaves no claims: a copy without its events is no proof of anything."""
    put_ansible(tmp_path, monkeypatch)
    (tmp_path / "p.yml").write_text(
        f"open({str(tmp_path / 'began')!r}, 'a').write('x')\n"
        f"until({str(tmp_path / 'go')!r})\n"
    )
    run = await begin(play_of('["100%"]'))
    await run.did("start", "go")
    wait_for((tmp_path / "began").exists)
    run.kill_host()
    copy = copied(run, tmp_path / "copy")
    shutil.rmtree(copy.directory.attempt("go", 1).path / "plays")
    if not is_listed:
        shutil.rmtree(copy.directory.attempt("go", 1).path)
    await taken_over(copy)
    state = await copy.status("go", "unknown", "failed", "not started", "passed")
    assert state.steps["go"].status == "unknown"
    assert "taken over" in state.steps["go"].reason
    assert fleet(copy).counts() == {Host.UNKNOWN: 4}
    (tmp_path / "go").touch()
    assert (tmp_path / "began").read_text() == "x"
    await copy.close()


async def test_the_original_that_is_not_told_asks_for_what_it_began(
    begin: Begin,
    sites: Mapping[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    script = f"until [ -e {tmp_path}/go ]; do sleep 0.05; done"
    run = await begin(book(script), host_sites=sites)
    await run.did("start", "go")
    wait_for(lambda: ran(sites) == [1, 1, 1, 1])
    run.kill_host()
    copy = copied(run, tmp_path / "copy")
    rewritten(copy.directory, moved_to("0" * 32, "jump-1"))
    await run.resume()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state-of-jump-2"))
    await taken_over(copy)
    (tmp_path / "go").touch()
    both: tuple[Running, ...] = (run, copy)
    for side in both:
        await side.status("go", "passed")
    assert ran(sites) == [1, 1, 1, 1]
    await copy.close()
