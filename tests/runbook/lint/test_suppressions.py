"""`# lint: ignore=CODE reason`, and what `--auto` refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.cli import main
from mobius_tui.errors import UsageError
from mobius_tui.run.client.run_briefing import prepare_briefing
from mobius_tui.run.client.start_run import start_new_run
from mobius_tui.run.intents.unattended_answers import (
    UnattendedAnswers,
    automatic_action,
)
from mobius_tui.run.storage.run_index import all_runs
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.runbook.library.loader import examine, load
from tests.run.running import Running
from tests.runbook.runbook_texts import HEAD, STEP, found

READ = "effect = 'read'\nrun = '''\n"
CANNOT = "check.run = 'systemctl is-active api || true'"


@pytest.mark.parametrize(
    "text",
    [
        f"{READ}sudo ls # lint: ignore=prompt no password there\n'''",
        f"{READ}# lint: ignore=prompt no password there\nsudo ls\n'''",
        f"{READ}# lint: ignore=prompt,unquoted-variable both are so\nsudo ls $y\n'''",
        f"{READ}#lint:ignore=prompt it has many lines\necho \\\n a |\n sudo ls\n'''",
        "effect = 'read'\nrun = 'sudo ls'   # lint: ignore=prompt no password there",
        "effect = 'read'\n# lint: ignore=prompt no password there\nrun = 'sudo ls'",
        "# lint: ignore=no-timeout it ends by itself\nrun = 'systemctl stop x'",
        f"[var.v]  # lint: ignore=unused-variable for later\n{STEP}manual = 'x'",
        f"{READ}true # lint: ignore=SC1000 ShellCheck may not be there\n'''",
    ],
)
def test_a_reason_hides_what_is_meant_so(text: str, tmp_path: Path) -> None:
    assert found(text, tmp_path) == []


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (f"{READ}sudo ls # lint: ignore=prompt\n'''", 3, "gives no reason"),
        (f"{READ}sudo ls # lint: ignore=prompt --\n'''", 3, "gives no reason"),
        (f"{READ}sudo ls # lint: ignore because\n'''", 3, "names no rule"),
        (f"{READ}sudo ls # lint: ignore=promt why\n'''", 3, "did you mean `prompt`?"),
        (f"{READ}sudo ls # lint: ignore=bad-ignore why\n'''", 3, "cannot be ignored"),
    ],
)
def test_a_comment_that_hides_nothing_is_a_warning_beside_the_finding(
    text: str, line: int, words: str, tmp_path: Path
) -> None:
    problems = found(text, tmp_path)
    assert {(code, at) for code, at, _ in problems} == {
        ("prompt", line),
        ("bad-ignore", line),
    }
    assert any(words in said for _, _, said in problems)


@pytest.mark.parametrize(
    "text",
    [
        f"{READ}true # lint: ignore=prompt why\n'''",
        f"{READ}sudo -n ls # lint: ignore=prompt why\n'''",
        f"{READ}# lint: ignore=prompt why\n\nsudo -n ls\n'''",
    ],
)
def test_an_unneeded_comment_is_a_warning(text: str, tmp_path: Path) -> None:
    [(code, line, said)] = found(text, tmp_path)
    assert (code, line) == ("bad-ignore", 3)
    assert "not needed" in said


def test_it_hides_no_error_and_nothing_further_down(tmp_path: Path) -> None:
    text = f"{READ}sudo ls # lint: ignore=prompt why\nsudo ls\n'''"
    assert [each[:2] for each in found(text, tmp_path)] == [("prompt", 4)]
    path = tmp_path / "y.toml"
    path.write_text(f"{HEAD}{STEP}# lint: ignore=unused-variable why\nrum = 'x'\n")
    runbook, _ = examine(path)
    assert runbook is None


def test_loading_says_nothing_of_what_only_a_check_looks_for(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text(f"{HEAD}{STEP}{READ}sudo ls # lint: ignore=prompt why\n'''")
    assert examine(path)[1] == ()


DESTROY = "effect = 'destroy'\nrun = 'x'\n"
NEXT = f"\n[[phase.step]]\nid = 'd'\ntitle = 'D'\n{DESTROY}"
PHASE = "\n[[phase]]\nid = 'q'\ntitle = 'Q'"
TRIES = "for i in 1 2 3; do\n curl -f a && echo ok\n sleep 1\ndone"
COUNTS = "n=0\nwhile [ $n -lt 3 ]; do\n curl -f a && echo ok\n n=$((n + 1))\ndone"
UNTIL = "n=0\nuntil curl -f a || [ $n -ge 3 ]; do\n sleep 1\n n=$((n + 1))\ndone"
GUARDS = [
    DESTROY + CANNOT,
    CANNOT + NEXT,
    f"gate = true\n{CANNOT}{PHASE}{NEXT}",
    f"{CANNOT}{PHASE}{NEXT}needs = ['s']",
    f"{DESTROY}check.process = {{ match = 'x', count = '>=0' }}",
    f"{DESTROY}check.output = {{ match = '.*' }}",
    f"{DESTROY}check.disk = {{ free = '0%' }}",
    f"{DESTROY}check.file = {{ path = 'a', same_as = 'a' }}",
    f"{DESTROY}check.run = 'if nc -z a 80; then echo ok; else echo FAILED; fi'",
    f"{DESTROY}check.run = '''\n{TRIES}\n'''",
    f"{DESTROY}check.run = {{ script = 'grep -q x y', success = [0, 1] }}",
    f"{DESTROY}check.run = 'f=/mnt/data/.probe'",
    f"{DESTROY}check.run = 'while read -r each; do echo $each; done < list'",
    f"{DESTROY}check.run = 'while ((n++ < 3)); do curl -f a || echo no; done'",
    f"{DESTROY}check.run = '''\n{COUNTS}\n'''",
    f"{DESTROY}check.run = '''\n{UNTIL}\n'''",
]
NO_GUARDS = [
    f"effect = 'change'\nrun = 'x'\n{CANNOT}",
    f"{DESTROY}check = {{ run = 'true', http = {{ url = 'http://x/' }} }}",
    f"on_failure = 'continue'\n{CANNOT}{NEXT}",
    CANNOT + PHASE + NEXT,
    f"{DESTROY}# lint: ignore=check-cannot-fail nothing to check\n{CANNOT}",
    f"{DESTROY}check.run = 'test -f a || exit 1'",
    f"{DESTROY}check.run = 'curl -f a && echo ok'",
    f"{DESTROY}check.process = {{ match = '^node', count = '0' }}",
    f"{DESTROY}check.run = 'f=/mnt/data/.probe; > \"$f\"'",
    f"{DESTROY}check.run = 'until curl -fs -m 2 http://x/; do sleep 1; done'",
    f"{DESTROY}check.run = 'while [ -e \"$lock\" ]; do sleep 1; done'",
    f"{DESTROY}check.run = 'while true; do nc -z a 80 && break; sleep 1; done'",
]


def blocking(text: str, folder: Path) -> tuple[str, ...]:
    path = folder / "x.toml"
    path.write_text(HEAD + STEP + text)
    return load(path).blocking


@pytest.mark.parametrize("text", GUARDS)
def test_a_check_that_cannot_fail_and_guards_a_destroy_blocks(
    text: str, tmp_path: Path
) -> None:
    [said] = blocking(text, tmp_path)
    assert said.startswith(f"{tmp_path}/x.toml:")
    assert "cannot fail" in said


@pytest.mark.parametrize("text", NO_GUARDS)
def test_what_guards_nothing_or_may_fail_does_not_block(
    text: str, tmp_path: Path
) -> None:
    assert blocking(text, tmp_path) == ()


@pytest.mark.parametrize(
    "words", [("--auto",), ("--auto", "--plain"), ("--auto", "--json")]
)
def test_auto_is_refused_before_anything_begins(
    words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.toml"
    path.write_text(HEAD + STEP + GUARDS[0])
    assert main(["run", str(path), *words]) == 2
    said = capsys.readouterr().err
    assert said.startswith("mobius-tui: --auto: ")
    assert f"{path}:13: this check cannot fail" in said
    assert "|| true" in said
    assert all_runs(runs_root()) == ()


async def test_begin_refuses_it_too_and_a_guided_briefing_tells(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text(HEAD + STEP + GUARDS[0])
    briefing = prepare_briefing(load(path), given={})
    assert "cannot fail" in briefing.problems[0]
    with pytest.raises(UsageError, match="cannot fail"):
        await start_new_run(
            briefing,
            auto=automatic_action(UnattendedAnswers(), manual="stop", yes=True),
        )
    assert all_runs(runs_root()) == ()


ARMED = f"""{HEAD}[[phase]]
id = 'p'
title = 'P'
[[phase.step]]
id = 's'
title = 'S'
manual = 'x'
[[phase]]
id = 'q'
title = 'Q'
aside = true
[[phase.step]]
id = 'd'
title = 'D'
{DESTROY}{CANNOT}
[health]
[[health.probe]]
id = 'api'
url = 'http://127.0.0.1:1/'
trigger = false
[health.trigger]
consecutive_failures = 3
then = 'q'
"""


async def test_nor_does_a_run_that_is_open_go_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text(ARMED)
    run = Running(load(path))
    try:
        await run.begin()
        for reply in (await run.intend("auto"), await run.intend("arm")):
            assert not reply.ok
            assert "cannot fail" in reply.text
        assert not run.state.watch.armed
        assert run.state.auto is None
    finally:
        await run.close()
