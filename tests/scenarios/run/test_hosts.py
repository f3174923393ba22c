"""Steps on hosts under a real host: nothing of them runs on this machine."""

from __future__ import annotations

from pathlib import Path

from tests.run.conftest import Begin


async def test_a_script_for_hosts_never_runs_here(begin: Begin, tmp_path: Path) -> None:
    run = await begin(f"""format = 2
[runbook]
title = "Hosts"
[targets.web]
hosts = ["localhost"]
[[step]]
id = "go"
hosts = "web"
run = "touch {tmp_path}/ran"
effect = "change"
timeout = "1m"
""")
    await run.did("start", "go")
    state = await run.status("go", "not started")
    assert "nothing of it runs on this machine" in state.steps["go"].reason
    assert not (tmp_path / "ran").exists()
