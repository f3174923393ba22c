"""One look at each probe, against real servers."""

from __future__ import annotations

from mobius_tui.health.once import look_once
from mobius_tui.health.target import Target
from tests.health.servers import closed_port, serve, whole


async def test_each_probe_is_asked_once_and_says_what_it_saw() -> None:
    async with (
        serve(whole()) as (port, requests),
        serve(whole(status="503 Service Unavailable")) as (bad, _),
    ):
        well, ill, gone, blind = await look_once(
            (
                Target(id="well", url=f"http://127.0.0.1:{port}/"),
                Target(id="ill", url=f"http://127.0.0.1:{bad}/"),
                Target(id="gone", url=f"http://127.0.0.1:{closed_port()}/"),
                Target(id="blind", url="https://127.0.0.1/", ca="/nowhere.pem"),
            )
        )
    assert len(requests) == 1
    assert (well.id, well.state) == ("well", "ok")
    assert well.words.startswith("200 in ")
    assert (ill.state, ill.words) == ("failed", "answered 503, wanted 200")
    assert (gone.state, "refused" in gone.words) == ("failed", True)
    assert (blind.state, "/nowhere.pem" in blind.words) == ("no data", True)
