"""The checks of a step for each of its hosts: what is told of one that fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.run.conftest import Begin


@pytest.mark.parametrize(
    ("repeat", "prefix"),
    [
        ('attempts = 2, every = "100ms", for = "10m"', ""),
        ('every = "100ms", for = "0.3s"', "not within 0.3 s: "),
    ],
)
async def test_only_a_check_whose_time_ran_out_says_so(
    begin: Begin, tmp_path: Path, repeat: str, prefix: str
) -> None:
    site = tmp_path / "site"
    site.mkdir()
    run = await begin(
        f"""format = 2
[runbook]
title = "X"
[targets.web]
hosts = ["web-1"]
[[step]]
id = "go"
hosts = "web"
effect = "change"
timeout = "1m"
undo = "none: a test"
run = "true"
check.run = {{ script = "exit 3", on = "host", {repeat} }}
""",
        host_sites={"web-1": str(site)},
    )
    await run.did("start", "go")
    state = await run.status("go", "failed")
    own = state.fleets["go"].attempts[1].hosts["web-1"]
    assert own.reason == f"run check: {prefix}exit code 3"
