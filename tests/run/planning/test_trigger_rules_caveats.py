"""What is said before a trigger may begin the rollback, and what is not."""

from __future__ import annotations

import pytest

from mobius_tui.health.probe_window import CurrentHealth as Seen
from mobius_tui.run.planning.trigger_rules import reported_figures, trigger_caveats
from mobius_tui.runbook.model.probes import Figure, Health, P95Latency, Probe, Triggers
from mobius_tui.runbook.text.template_text import fill
from tests.health.checks import ok, trace

HERE, FAR = "http://127.0.0.1:3000/health", "https://mobius.example/health"
SLOW = Triggers(p95_latency=P95Latency(above="5s"))
POINTER = Figure(at="/p95", unit="ms")


def said(health: Health, seen: Seen | None = None, **values: str) -> tuple[str, ...]:
    windows = seen.windows if seen is not None else {}

    def filled(text: str) -> str:
        return fill(text, lambda name: values.get(name, f"${{{name}}}"))

    return trigger_caveats(health, filled, reported_figures(windows))


def watched(*probes: Probe, witness: tuple[str, ...] = ()) -> Health:
    return Health(probes=probes, trigger=SLOW, witness=witness)


def looked(*, p95_ms: float | None = None) -> Seen:
    seen = Seen()
    for _ in range(3):
        seen.apply(ok(p95_ms=p95_ms))
    return seen


def test_nothing_where_all_is_as_it_should_be() -> None:
    assert trigger_caveats(None, str, {}) == ()
    assert said(watched(Probe(id="api", url=HERE, timeout="6s"))) == ()


@pytest.mark.parametrize(
    ("timeout", "pointer", "seen", "words"),
    [
        ("4s", None, None, "can't fire: the service reports no P95"),
        ("5s", None, None, "can't fire: the service reports no P95"),
        ("5.1s", None, None, ""),
        ("4s", POINTER, None, "can fire only if the service reports its P95"),
        ("4s", POINTER, looked(), "can't fire: the service reports no P95"),
        ("4s", POINTER, looked(p95_ms=20.0), ""),
        ("${limit}", None, None, ""),
    ],
)
def test_a_limit_that_no_answer_of_ours_can_reach(
    timeout: str, pointer: Figure | None, seen: Seen | None, words: str
) -> None:
    probe = Probe(id="api", url=HERE, timeout=timeout, p95=pointer)
    found = said(watched(probe), seen)
    rest = f", and its `timeout` of {timeout} ends each answer before that"
    assert found == ((f"P95 of api above 5s {words}{rest}",) if words else ())


def test_a_failed_first_look_does_not_tell_what_is_reported() -> None:
    seen = Seen()
    [check] = trace("f")
    seen.apply(check)
    assert not reported_figures(seen.windows)["api"].p95
    assert reported_figures(Seen().windows) == {}


def test_a_dead_network_looks_like_a_dead_service() -> None:
    far = Probe(id="api", url=FAR, timeout="6s")
    words = "no `witness` is named: a dead network looks like a dead service (api)"
    assert said(watched(far)) == (words,)
    assert said(watched(far, witness=("192.0.2.1:22",))) == ()
    other = Probe(id="web", url=FAR, timeout="6s", trigger=False)
    assert said(watched(other)) == (), "it is kept out of the triggers"


def test_it_is_judged_where_the_variable_leads_in_this_run() -> None:
    probe = Probe(id="api", url="${base_url}/health", timeout="6s")
    assert said(watched(probe), base_url="http://localhost:3000") == ()
    assert len(said(watched(probe), base_url="https://mobius.example")) == 1
    assert len(said(watched(probe))) == 1, "where it leads is not known"
