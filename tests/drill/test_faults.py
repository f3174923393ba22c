"""Each fault breaks a site for real, shows there, and can be put right again."""

from __future__ import annotations

import json
import time
import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from mobius_tui.drill.faults import FAULTS
from mobius_tui.drill.faults.combine import answers_for, chance, combined
from mobius_tui.drill.faults.fault import Fault
from mobius_tui.drill.site import Site, ask, build, tear_down
from mobius_tui.drill.verdict import verdict
from mobius_tui.errors import UsageError

Run = Callable[..., "CompletedProcess[str]"]
Newest = Callable[[Site], Path]
ROLLBACK = "scripts/deploy/rollback_dhash.sh"


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One site for all faults: each is healed before the next."""
    folder = tmp_path_factory.mktemp("faults") / "a site"
    built = build(folder, seed=3, started=datetime(2026, 11, 24, 13, tzinfo=UTC))
    yield built
    tear_down(built)


def await_symptom(fault: Fault, site: Site) -> str:
    """Wait until a fault shows; gives how."""
    deadline = time.monotonic() + 60.0
    while not (shown := fault.symptom(site)):
        assert time.monotonic() < deadline, f"{fault.name} does not show"
        time.sleep(0.05)
    return shown


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_shows_is_seen_by_the_verdict_and_heals(
    broken: Site, name: str
) -> None:
    fault = FAULTS[name]
    assert fault.symptom(broken) == ""
    assert verdict(broken, [fault]) == ()
    fault.inject(broken)
    shown = await_symptom(fault, broken)
    assert shown.strip() == shown
    wrong = verdict(broken, [fault])
    # What is only in the way of a rollback leaves the service well.
    assert bool(wrong) is (fault.role == "cause" or name.endswith(("up", "checksum")))
    if fault.worsen is not None:
        fault.worsen(broken)
        if name != "slow-release":  # it takes eight seconds to show
            await_symptom(fault, broken)
    fault.heal(broken)
    assert fault.symptom(broken) == ""
    assert verdict(broken, [fault]) == ()


def test_flapping_is_two_of_five_and_never_three_in_a_row(broken: Site) -> None:
    fault = FAULTS["flapping"]
    patterns = set()
    described = broken.root / "site.json"
    as_it_was = described.read_text()
    for seed in (1, 2):
        described.write_text(json.dumps({**json.loads(as_it_was), "seed": seed}))
        fault.inject(broken)
        # The traffic looks meanwhile: each client is given the backends in turn.
        looks = [ask(broken, "/health")[0] != 200 for _ in range(15)]
        assert sum(looks) == 6
        assert looks[:5] == looks[5:10] == looks[10:]
        assert not any(all(looks[n : n + 3]) for n in range(13))
        patterns.add(tuple(looks))
    assert len(patterns) == 2
    fault.heal(broken)
    described.write_text(as_it_was)


def test_the_rollback_script_dies_half_way(
    broken: Site, run: Run, newest_backup: Newest
) -> None:
    fault = FAULTS["rollback-fails"]
    fault.inject(broken)
    words = ("--backup", str(newest_backup(broken)), "--env", "production", "--force")
    ended = run(broken, ROLLBACK, *words)
    assert ended.returncode == 127
    assert "FAILED at: Restoring application code" in ended.stdout
    assert ask(broken, "/health")[0] == 0
    fault.heal(broken)
    assert run(broken, ROLLBACK, *words).returncode == 0
    assert verdict(broken) == ()


def test_a_stuck_service_outlives_its_unit(broken: Site, run: Run) -> None:
    fault = FAULTS["stuck-service"]
    fault.inject(broken)
    assert run(broken, "systemctl", "stop", "mobius-api").returncode == 0
    assert run(broken, "systemctl", "is-active", "mobius-api").stdout == "failed\n"
    assert fault.symptom(broken)
    assert run(broken, "systemctl", "start", "mobius-api").returncode == 0
    assert fault.symptom(broken)
    assert run(broken, "pkill", "-f", "node.*mobius/api").returncode == 0
    assert fault.symptom(broken)
    assert run(broken, "pkill", "-KILL", "-f", "node.*mobius/api").returncode == 0
    fault.heal(broken)
    assert verdict(broken, [fault]) == ()


def test_a_migration_is_taken_back_even_without_its_way_back(broken: Site) -> None:
    fault = FAULTS["bad-migration"]
    fault.inject(broken)
    for path in (broken.root / "app" / "migrations").glob("004*"):
        path.unlink()  # as a rollback of the code alone leaves it
    fault.heal(broken)
    assert verdict(broken, [fault]) == ()


def test_every_fault_has_its_name_and_answers() -> None:
    assert len(FAULTS) == 12
    for name, fault in FAULTS.items():
        assert fault.name == name
        answers = tomllib.loads(fault.answers.read_text())
        for value in answers.values():
            values = value if isinstance(value, list) else [value]
            assert all(isinstance(each, str) and each for each in values)


def test_no_title_says_what_is_wrong() -> None:
    telling = "500 503 latency checksum backup sha config migrat schema worker script"
    for fault in FAULTS.values():
        title = fault.title.lower()
        assert not any(word in title for word in telling.split()), fault.name
        assert fault.name not in title


def test_obstacles_are_given_a_reason_to_roll_back() -> None:
    def names(*given: str) -> list[str]:
        return [fault.name for fault in combined(given)]

    assert names("flapping") == ["flapping"]
    assert names("corrupt-backup") == ["bad-release", "corrupt-backup"]
    both = ["slow-release", "corrupt-backup", "rollback-fails"]
    assert names("corrupt-backup", "slow-release", "rollback-fails") == both
    answers = answers_for(combined(both))
    assert answers["trigger_within"]
    assert answers["attended"] == "failure-recovery"
    assert "six seconds" in answers["reason"]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (("bad-releas",), "there is no such fault.*bad-release"),
        (("bad-release", "flapping"), "whoever repairs one"),
        (("corrupt-backup", "missing-checksum"), "nobody sees that it is damaged"),
        (("config-drift", "corrupt-backup"), "reads no backup"),
        (("dead-worker", "rollback-fails"), "in nobody's way"),
        (("random", "bad-release"), "no such fault"),
    ],
)
def test_what_makes_no_sense_together_is_refused(
    given: tuple[str, ...], why: str
) -> None:
    with pytest.raises(UsageError, match=why):
        combined(given)


def test_chance_is_repeated_by_its_seed() -> None:
    assert {chance(seed)[0][0] for seed in range(100)} == set(FAULTS)
    (name,), seed = chance(None)
    assert chance(seed) == ((name,), seed)
