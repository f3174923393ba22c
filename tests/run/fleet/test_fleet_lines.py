"""Orders and reports as lines."""

from __future__ import annotations

import pytest

from mobius_tui.errors import RunError
from mobius_tui.run.fleet.fleet_lines import (
    AttachHosts,
    BeginHosts,
    CleanHosts,
    HostReport,
    Order,
    OrderedHost,
    ReportedState,
    SetParallelHosts,
    StepOrder,
    StopHosts,
    decode_order,
    decode_report,
    encode_order,
    encode_report,
)
from mobius_tui.run.fleet.transport import LocalRoute, SshRoute

STEP = StepOrder(
    run="r",
    step="s",
    folder="/f",
    route=SshRoute(become="root"),
    host_count=2,
    script="echo é\n",
    shell=("bash", "-eu"),
    values={"A": "\udcff"},
    secrets=("x",),
)
HOST = OrderedHost(name="a", attempt=3, earlier=(1, 2), values={"B": "1"})


@pytest.mark.parametrize(
    "order",
    [
        STEP,
        StepOrder(
            run="r",
            step="s",
            folder="/f",
            route=LocalRoute(sites={"a": "/s"}, shell=("dash", "-s")),
            host_count=1,
            script="",
            shell=("sh",),
            timeout=1.5,
        ),
        BeginHosts(hosts=(HOST, OrderedHost(name="b"))),
        AttachHosts(hosts=()),
        StopHosts(),
        StopHosts(names=("a",)),
        SetParallelHosts(width=3),
        CleanHosts(hosts=(OrderedHost(name="a"), OrderedHost(name="b"))),
    ],
)
def test_an_order_comes_back_from_its_line(order: Order) -> None:
    text = encode_order(order)
    assert text.count(b"\n") == 1
    assert decode_order(text) == order


def test_a_report_comes_back_from_its_line() -> None:
    report = HostReport(host="a", state=ReportedState.OK, attempt=1, exit=0, bytes=3)
    assert encode_report(report) == (
        b'{"host":"a","state":"ok","attempt":1,"exit":0,"bytes":3}\n'
    )
    assert decode_report(encode_report(report)) == report


@pytest.mark.parametrize(
    "text", [b"", b"[]", b"{", b'{"do":"fly"}', b'{"do":"begin","hosts":[{"x":1}]}']
)
def test_what_is_no_order_is_refused_and_not_shown(text: bytes) -> None:
    with pytest.raises(RunError, match="is no order") as error:
        decode_order(text)
    assert "fly" not in str(error.value)


@pytest.mark.parametrize("text", [b"", b"{}", b'{"host":"a","state":"fine"}', b"\xff"])
def test_what_is_no_report_is_refused(text: bytes) -> None:
    with pytest.raises(RunError, match="no report"):
        decode_report(text)
