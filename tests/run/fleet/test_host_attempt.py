"""The attempt of one host, in this process."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.run.fleet import host_attempt
from mobius_tui.run.fleet.claim_request import ClaimVerb
from mobius_tui.run.fleet.fleet_lines import HostReport, OrderedHost, ReportedState
from mobius_tui.run.fleet.host_attempt import HostAttempt
from mobius_tui.run.fleet.transport import Destination, transport_to
from tests.run.fleet_controller import local_route, step_order


async def test_a_host_that_claims_to_run_for_ever_is_believed_only_so_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host_attempt, "END_REPORT_TIMEOUT", 0.1)
    lies = (
        'read -r n; n=${n#NONCE=}; until [ "${l%% *}" = main ]; do read -r l; done\n'
        'printf "\\n%s\\n" $n\n'
        'echo "$n here" >&2; echo "$n claimed b" >&2; exec sleep 300'
    )
    route = local_route(tmp_path, ["a"], "sh", "-c", lies)
    step = step_order(tmp_path, route, "true", timeout=0.1, grace=0.1)
    (tmp_path / "step/hosts").mkdir()
    reports: list[HostReport] = []
    attempt = HostAttempt(
        OrderedHost(name="a"),
        step,
        transport_to(Destination(name="a"), route, None),
        reports.append,
    )
    end = await attempt.carry_through(ClaimVerb.START)
    assert [each.state for each in reports] == [ReportedState.RUNNING]
    assert end.state is ReportedState.UNKNOWN
    assert end.reason == "it should have ended, but the host says no"
