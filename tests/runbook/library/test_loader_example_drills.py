"""The example runbooks, drilled on the stand-ins that come with them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest

from mobius_tui.cli import main
from mobius_tui.drill import drill_record
from mobius_tui.drill.own_staging import own_faults
from mobius_tui.drill.site.drill_site import sites_root
from mobius_tui.run.storage.run_index import all_runs
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.library.runbook_files import bundled_folder
from mobius_tui.runbook.model.runbook_diff import step_digests
from tests.health.servers import TLS

EXAMPLES = bundled_folder() / "examples"
STAND_INS = EXAMPLES / "stand-ins"

QUICKER = {"every": "100ms", "watch": "200ms", "patience": "1s"}
Drill = Callable[..., int]


def drill_program() -> ModuleType:
    loader = SourceFileLoader("stand_ins_drill", str(STAND_INS / "drill"))
    spec = spec_from_loader(loader.name, loader)
    assert spec is not None
    found = module_from_spec(spec)
    loader.exec_module(found)
    return found


@pytest.fixture
def drill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Drill]:
    """Drills an example on a fault, as the program `drill` does."""
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    program = drill_program()
    folder = tmp_path / "world"
    folder.mkdir()
    for name in ("ca.pem", "server.pem"):
        shutil.copy(TLS / name, folder)

    def begin(example: str, fault: str, *more: str) -> int:
        world = worlds.enter_context(program.World(example, folder))
        world.values |= {
            name: value for name, value in QUICKER.items() if name in world.values
        }
        for name, value in world.environment().items():
            monkeypatch.setenv(name, value)
        told = ["drill", *world.words(), "--fault", fault, "--auto", "--yes"]
        told += ["--manual", "tick"]
        return main([*told, "--plain", *more])

    with ExitStack() as worlds:
        yield begin
        assert not any(sites_root().iterdir()), "what was broken is healed"


def in_order(said: str, words: Sequence[str]) -> bool:
    """Whether lines with these words come one after another."""
    lines = iter(said.splitlines())
    return all(any(word in each for each in lines) for word in words)


@pytest.mark.parametrize(
    ("example", "fault", "words", "proved"),
    [
        (
            "kubernetes-rollback",
            "bad-release",
            [
                "decided: 2.2 Which revision?: 42",
                "rolled back",
                "passed: 3.2 It answers",
            ],
            "",
        ),
        (
            "postgres-failover",
            "primary-lost",
            ["rows: 2.3 Lead each pooler", "server promoted", 'query gives "21"'],
            "",
        ),
        (
            "dns-cutover",
            "old-site-fails",
            [
                "2.2 Each resolver has heard",
                "and done again",
                "passed: 2.2.3 127.0.0.34",
            ],
            "2.1 Lead the name to the new site",
        ),
    ],
)
def test_an_example_repairs_what_it_is_for(
    drill: Drill,
    capsys: pytest.CaptureFixture[str],
    example: str,
    fault: str,
    words: list[str],
    proved: str,
) -> None:
    code = drill(example, fault, *["--rehearse-undo"] * bool(proved))
    said = capsys.readouterr().out
    assert code == 0, said
    undone = {each for each in said.splitlines() if each.startswith("undo ")}
    assert undone == ({f"undo proved: {proved}"} if proved else set())
    assert in_order(said, [*words, "COMPLETED", f"handled; the fault was {fault}"])
    [run] = all_runs(runs_root())
    record = drill_record.read_drill_record(run)
    assert record is not None
    assert record.texts == step_digests(load(EXAMPLES / f"{example}.toml"))
    named = [each for each in said.splitlines() if each.startswith("unseen: ")]
    assert named
    assert not [each for each in named if "127.0.0." in each], "rows are one check"


@pytest.mark.drills
@pytest.mark.parametrize(
    ("example", "fault", "failed", "never"),
    [
        (
            "kubernetes-rollback",
            "wrong-context",
            'failed: 1.1 Which context|it printed "production", wanted = staging',
            "started: 2",
        ),
        (
            "kubernetes-rollback",
            "no-room",
            "failed: 2.3 Roll back|not within 1 s: exit code 1: error: timed out",
            "started: 3",
        ),
        (
            "postgres-failover",
            "primary-alive",
            "failed: 1.1 The primary refuses connections|accepts connections, wanted",
            "started: 2",
        ),
        (
            "postgres-failover",
            "standby-behind",
            'failed: 1.2 The standby is one|the query gives "52428800", wanted <= 0',
            "started: 2",
        ),
        (
            "postgres-failover",
            "pooler-keeps",
            "failed: 2.3.2 Lead 127.0.0.22|FATAL: server conn crashed?",
            "started: 3",
        ),
        (
            "dns-cutover",
            "long-remembered",
            "failed: 1.1 The name leads|127.0.0.2 (TTL 3600 s), wanted <= 60s",
            "started: 2",
        ),
        (
            "dns-cutover",
            "new-site-hangs-up",
            "failed: 1.2 The new site has its certificate|: answer cut short",
            "started: 2",
        ),
        (
            "dns-cutover",
            "update-refused",
            "update failed: REFUSED|failed: 2.1 Lead the name to the new site",
            "started: 2.2",
        ),
        (
            "dns-cutover",
            "resolver-remembers",
            "failed: 2.2.2 127.0.0.33 has heard|127.0.0.2 (TTL 1 s), wanted 127.0.0.1",
            "started: 3",
        ),
    ],
)
def test_an_example_stops_where_it_must(
    drill: Drill,
    capsys: pytest.CaptureFixture[str],
    example: str,
    fault: str,
    failed: str,
    never: str,
) -> None:
    code = drill(example, fault)
    said = capsys.readouterr().out
    assert code == 1, said
    for words in failed.split("|"):
        assert words in said
    assert never not in said
    assert f"score: not handled; the fault was {fault}" in said


@pytest.mark.drills
def test_a_release_that_never_came_up_is_taken_back(
    drill: Drill, capsys: pytest.CaptureFixture[str]
) -> None:
    assert drill("kubernetes-rollback", "image-missing", "--rehearse-undo") == 0
    said = capsys.readouterr().out
    assert "undo proved: 2.1 Stop automatic rollouts" in said
    assert in_order(said, ["trying and failing to pull image", "warned: 1.5 What it"])


@pytest.mark.drills
def test_an_unreachable_primary_is_fenced_by_hand_before_the_standby_is_promoted(
    drill: Drill, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    answers = tmp_path / "answers.toml"
    answers.write_text('attended = ["fence-by-hand"]\n')
    told = ("--answers", str(answers))
    assert drill("postgres-failover", "primary-unreachable", *told) == 0
    assert in_order(
        capsys.readouterr().out,
        [
            "failed: 2.1 Fence the old primary, in",
            "phase begins: Fence by hand",
            "passed: A.1 Cut the old primary off",
            "started: 2.2 Promote the standby",
            "COMPLETED",
        ],
    )


def test_what_an_example_says_of_its_drills_is_true() -> None:
    page = (STAND_INS / "README.md").read_text()
    for path in EXAMPLES.glob("*.toml"):
        if load(path).targets:
            assert "#   mobius-tui drill --hosts 5\n" in path.read_text()
            continue
        first, *others = own_faults(STAND_INS / f"{path.stem}-faults.toml")
        for fault in (first, *others):
            assert f"`{fault.name}`" in page
        text = path.read_text()
        tick = "--manual tick " * ("\nmanual = " in text)
        words = f"drill {path.stem} --fault {first.name} --auto --yes {tick}--plain"
        assert f"#   stand-ins/{words}\n" in text
