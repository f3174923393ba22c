"""Rows of `for_each` under a real host: listed, killed in between, worked once each."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as Tree

from mobius_tui.review.formats.junit_report import as_junit
from mobius_tui.review.report_builder import build_report
from mobius_tui.run.events.step_events import RowsAdded
from mobius_tui.run.records.verification import run_problems
from tests.run.conftest import Begin
from tests.run.journals import cut

HOSTILE = "x; touch pwned; $(touch pwned) ${HOME} [red]"


def book(folder: Path) -> str:
    return f"""format = 2
[runbook]
title = "Rows"
[var.names]
default = " "
[[phase]]
id = "p"
title = "P"
[[phase.step]]
id = "go"
title = "Restart ${{server}}"
for_each = {{ run = '''
echo list >> {folder}/ran
cat {folder}/items
echo done >&2
''' }}
item = "server"
run = '''
echo "$server" >> {folder}/ran
until [ "$server" != two ] || [ -e {folder}/go ]; do sleep 0.02; done
'''
env = {{ NAMED = "at ${{server}}" }}
check = {{ run = '[ "$NAMED" = "at $server" ]' }}
effect = "change"
timeout = "1m"
[[phase.step]]
id = "of-names"
title = "Of names"
for_each = "names"
run = "true"
effect = "read"
"""


async def test_listed_once_and_each_row_worked_once_whatever_dies(
    begin: Begin, tmp_path: Path
) -> None:
    run = await begin(book(tmp_path))
    items, ran = tmp_path / "items", tmp_path / "ran"
    await run.did("start", "go")
    state = await run.status("go", "failed")
    assert "exit" in state.steps["go"].reason  # there is no file to list
    items.write_text("\n \n")
    await run.did("retry", "go")
    await run.until(lambda state: len(state.steps["go"].attempts) == 2)
    state = await run.status("go", "failed")
    assert state.steps["go"].reason == "it lists nothing: no line has an item"
    items.write_text("".join(f"{n}\n" for n in range(501)))
    await run.did("retry", "go")
    await run.until(lambda state: len(state.steps["go"].attempts) == 3)
    state = await run.status("go", "failed")
    assert state.steps["go"].reason == "it lists 501 items; 500 are the most"
    ran.unlink()
    items.write_text(f"one\ntwo\n{HOSTILE}\none\n")
    await run.did("retry", "go")
    state = await run.until(lambda state: "go" in state.rows_of)
    assert tuple(state.items.values()) == ("one", "two", HOSTILE)

    # Killed after the rows were on record, and before the end of the list was.
    await run.status("go", "pending")
    run.kill_host()
    journal = run.directory.journal
    lines = journal.read_bytes().splitlines(keepends=True)
    end = next(n for n, each in enumerate(lines) if b'"RowsAdded"' in each)
    cut(run.directory, lines[: end + 1])
    await run.resume()
    await run.status("go", "pending")
    assert ran.read_text() == "list\n"

    # Killed between the list and the first row, and again while a row runs.
    run.kill_host()
    await run.resume()
    await run.did("start", "go--1")
    await run.status("go--1", "passed")
    await run.did("start", "go--2")
    await run.output("go--2", "")
    await run.until(lambda _: "two" in ran.read_text())
    run.kill_host()
    await run.resume()
    assert run.state.steps["go--2"].status == "running"
    (tmp_path / "go").touch()
    await run.status("go--2", "passed")
    await run.did("start", "go--3")
    await run.status("go", "passed")
    assert ran.read_text().splitlines() == ["list", "one", "two", HOSTILE]
    assert not [*tmp_path.glob("**/pwned")]
    added = [e for e in run.entries() if isinstance(e.event, RowsAdded)]
    assert len(added) == 1
    assert [*run_problems(run.directory)] == []


async def test_a_variable_of_no_lines_lists_nothing(
    begin: Begin, tmp_path: Path
) -> None:
    run = await begin(book(tmp_path))
    await run.did("start", "of-names")
    state = await run.status("of-names", "failed")
    assert state.steps["of-names"].reason == "it lists nothing: no line has an item"
    await run.did("set", None, values={"names": "a\nb\n"})
    await run.did("retry", "of-names")
    state = await run.until(lambda state: "of-names" in state.rows_of)
    assert tuple(state.items.values()) == ("a", "b")


async def test_by_itself_a_row_that_failed_is_retried_beside_the_others(
    begin: Begin, tmp_path: Path
) -> None:
    """The pause ends while another row runs: the retry waits for room, and is made."""
    run = await begin(f"""format = 2
[runbook]
title = "Rows"
[[step]]
id = "go"
title = "Go"
for_each = ["a", "b", "c"]
run = '''
echo "$item" >> {tmp_path}/ran
[ "$item" != b ] || sleep 0.4
[ "$item" != a ]
'''
effect = "read"
max_failed = 1
retry = {{ attempts = 2, every = "100ms" }}
""")
    ran = tmp_path / "ran"
    await run.auto()
    state = await run.over()
    assert sorted(ran.read_text().split()) == ["a", "a", "b", "c"]
    assert state.ended is not None
    assert state.ended.outcome == "completed"
    assert "1.1 Go warned: 1 of 3 rows failed: a" in state.ended.reason
    cases = Tree.fromstring(as_junit(build_report(run.directory)))
    assert cases.get("failures") == "1", "it is borne, and it failed"
    row, *_ = (c for c in cases.iter("testcase") if c.get("name", "")[:5] == "1.1.1")
    assert [each.tag for each in row] == ["failure", "rerunFailure", "system-out"]
    assert "failed, and 1.1 is warned: exit 1" in (row.findtext("system-out") or "")


async def test_by_itself_after_too_many_rows_the_aside_is_entered_once(
    begin: Begin, tmp_path: Path
) -> None:
    run = await begin(f"""format = 2
[runbook]
title = "Rows"
[[phase]]
title = "Main"
[[phase.step]]
id = "go"
title = "Go"
for_each = ["a", "b", "c", "d"]
run = '''
echo "$item" >> {tmp_path}/ran
[ "$item" = d ]
'''
effect = "read"
max_failed = 1
on_failure = "back"
[[phase]]
id = "back"
title = "Back"
aside = true
[[phase.step]]
id = "put-back"
title = "Put back"
run = "echo back >> {tmp_path}/ran"
effect = "change"
""")
    await run.auto()
    state = await run.over()
    assert (tmp_path / "ran").read_text().split() == ["a", "b", "back"]
    assert state.ended is not None
    words = "1.1 Go failed and was turned aside to Back"
    assert state.ended.reason == f"every step that applies is done; {words}"
