"""What a host is told when it starts."""

from __future__ import annotations

from mobius_tui.run.events.journal_entry import first_invalid_field
from mobius_tui.run.events.run_events import RunBegan
from mobius_tui.run.events.watch_events import WatchBegan
from mobius_tui.run.host.takeover import HostOrder
from tests.run.samples import fields_of


def test_an_order_is_read_as_it_was_given() -> None:
    order = HostOrder(
        began=RunBegan(**fields_of(RunBegan, "x")),
        values={"name": ("value", "begin")},
        secrets={"token": "s3cret"},
        auto="{}",
        watch=WatchBegan(**fields_of(WatchBegan, "x")),
        unwatched=1.5,
    )
    found = HostOrder.decode(order.encode())
    assert found == order
    assert found.began is not None
    assert first_invalid_field(found.began) is None, "a word for a member of its kind"
