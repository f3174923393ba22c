"""Pages by the hundred, in short; `tests.acceptance.pages` is the long form."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mobius_tui.errors import RunbookError
from mobius_tui.runbook.page.convert import convert_page
from tests.acceptance import planted
from tests.acceptance.made_pages import CONSTRUCTS, each_alone, pages
from tests.acceptance.page_faults import placeholders
from tests.acceptance.page_words import lost_words
from tests.acceptance.pages import Sums, campaign, pages_below, shown
from tests.paths import ROOT
from tests.table import each_row

pytestmark = pytest.mark.campaign

HERE = "tests.acceptance.test_pages"
CONVERTER = "tests.acceptance.planted:convert"


def run_over(folder: Path, names: str, **changed: str) -> Sums:
    """Import pages of these names, each the planted page unless it is said otherwise.

    Args:
        folder: where they are written.
        names: of the pages, without `.md`.
        changed: what some of them hold.
    """
    for name in names.split():
        (folder / f"{name}.md").write_text(changed.get(name, planted.PAGE))
    return campaign(pages_below(folder), workers=2, converter=CONVERTER, limit=10)


def test_each_fault_is_found_and_named(tmp_path: Path) -> None:
    own = planted.PAGE.replace("uptime", "uptime 'now")
    names = "exit format good hang label order own place quote raise refuse twice word"
    sums = run_over(tmp_path, names, own=own)
    found = {page.name.removesuffix(".md"): page for page in sums.pages}
    assert sorted(found) == names.split()
    assert "planted" in found["raise"].crash
    assert found["exit"].crash == "it ended the process: exit 3"
    assert found["hang"].crash == "it was not done after 10 s"
    assert "what it wrote is no runbook" in found["format"].crash
    assert found["refuse"].refused == "it has 17 lines too many"
    assert found["word"].lost == ["line 5: keyring | Watch the keyring for a while."]
    assert found["order"].lost[0].startswith("line 5: ")
    assert found["place"].left == ["look-at-it: <pod>, YOUR_NAMESPACE"]
    assert len(found["quote"].refuses) == len(found["own"].refuses_page) == 1
    assert len(found["label"].low) == 1
    assert found["twice"].repeated == ["The same"]
    kinds = ("lost", "left", "refuses", "refuses_page", "low", "repeated")
    figures = {kind: sums.number(kind) for kind in kinds}
    assert figures == {**dict.fromkeys(kinds, 1), "lost": 2}
    sums.seconds = 0.1  # how long it took here is no matter
    rows, code = shown(sums, 9)
    assert code == 1
    assert rows[-1] == (
        "missed: crashes, words lost, labels too low, refused by bash, "
        "placeholders left"
    )
    assert "                         1 it has N lines too many" in rows
    assert any("raise.md: Traceback" in row and "planted" in row for row in rows)
    assert any(row.startswith("label.md: clear-the-cache: read, and") for row in rows)


def test_what_is_right_meets_all_goals(tmp_path: Path) -> None:
    sums = run_over(tmp_path, "a b")
    sums.seconds = 0.1
    rows, code = shown(sums, 5)
    assert (code, rows[-1]) == (0, "all goals are met")
    assert rows[0].startswith("2 pages in ")
    assert sums.number("words") == 2 * 28
    assert (sums.number("manual"), sums.number("steps")) == (2, 6)
    sums.seconds = 6.1  # what fewer than 100 pages may take is 6 s
    assert shown(sums, 0)[0][-1] == "missed: time"


MADE = """\
# p
format = 1
[[contact]]
role = "Operations"
handle = "@ops"
[[phase]]
id = "a"
title = "The plan"
why = '''
Start with the first.

Look at `x` (https://example.org/x), then at y.
'''
[[phase.step]]
id = "b"
title = "Look"
run = '''
kubectl logs "$pod_name"
'''
"""


@each_row(
    ("page", "lost"),
    [
        ("# The plan\n\n## 2. Look\n\nStart with\nthe **first**.", ""),
        ("Look at [`x`](https://example.org/x), then at y.", ""),
        ("Look at [`x`](https://example.org/z), then at y.", "https://example.org/z"),
        ("Look at [`x`](#here), then at y.", ""),
        ("<!-- not seen -->\n<details><summary>The plan</summary></details>", ""),
        ("```bash\nkubectl logs <pod-name>\n```", ""),
        ("```bash\nkubectl logs <pod-name> -f\n```", "f"),
        ("$ kubectl logs <other>", "other"),
        ("    mysql> Look\n    plan=# Look\n    PS C:\\x> The plan", ""),
        ("    root@db1:~# kubectl logs <pod-name>", "root db1"),
        ("| Command | Field |\n|---|---|\n| Owner | @ops |", ""),
        ("<table><tr><td>@ops</td><td>Operations</td></tr></table>", ""),
        ('<img\nalt="x"\nsrc="y">\nLost', "lost"),
        ("# The 2.0 plan", "the 2 0 plan"),
        ("    1. Look\n    2. Lost", "lost"),
        ("with the first Start", "start"),
        ("Start with the second", "second"),
        ("# Look\n\n# Look\n\n# Look", "look"),
        ("| Team | Call |\n|---|---|\n| Operations | @ops |", ""),
        ("- Operations: @ops", ""),
        ("- Operations: @dev", "operations dev"),
        ("---\ntitle: The plan\n---\n", ""),
        ("> The plan\n---\n> lost", "lost"),
        ("```-e flag```", "e flag"),
        ("Look <a@b.c>", "look a b c a@b.c"),
        ("# Overview", "overview"),
        ("- [The plan](#the-plan)\n\n# The plan", ""),
        ("&nbsp;The&nbsp;plan", ""),
        ('<Tabs><TabItem value="x" label="Look">', ""),
        ('<Tabs><TabItem value="x" label="Lost">', "lost"),
        ('{{< tabs name="no" >}}\n{{% tab name="Look" %}}\n{{< /tabs >}}', ""),
        ('{{% tab name="Lost" %}}', "lost"),
        ('!!! danger "Look"\n\n:::danger Look\n\n[[_TOC_]]', ""),
        ("!!! danger\n\n> [!WARNING]\n> Look", "danger warning"),
    ],
)
def test_which_words_are_lost(page: str, lost: str) -> None:
    count, found = lost_words(page, MADE)
    assert " ".join(word for each in found for word in each.words) == lost
    assert count > 0


def test_scripts_of_a_section_that_change_places_are_lost() -> None:
    step = '[[phase.step]]\nid = "{}"\nrun = "{} it {}"\n'
    made = f"{MADE}{step.format('x', 'stop', 'now')}{step.format('y', 'wipe', 'now')}"
    first, second = "```sh\nstop it now\n```\n", "```sh\nwipe it now\n```\n"
    assert lost_words(f"{first}{second}", made)[1] == ()
    assert lost_words(f"{second}# Look\n\n{first}", made)[1] == ()
    [lost] = lost_words(f"{second}{first}", made)[1]
    assert (lost.line, lost.words) == (5, ("stop", "it", "now"))
    text = '[[phase.step]]\nid = "t"\nmanual = "wipe it now"\n'
    assert lost_words(f"{second}{first}{second}", f"{made}{text}")[1] == ()
    made += '[[phase.step]]\nid = "z"\nmanual = "Look"\n'
    assert lost_words("```\n```\n\nLook\n\n```\n```\n", made)[1] == ()


def test_what_is_a_placeholder() -> None:
    for script in (
        "a <pod>",
        "a <me@host>",
        "a YOUR_X",
        "a {{ x }}",
        'a "[your name]"',
        "a your-ns",
    ):
        assert len(placeholders(f"# <no> YOUR_X\n{script}")) == 1
    for script in (
        *("sort < in > out", "cat <<EOF\nx\nEOF", 'a "$YOUR_X"', "a ${YOUR_X}"),
        *("docker ps --format '{{.Names}}'", "[ a = b ]", "echo '<a>b</a>'"),
        *("a <https://b.example/1>", "a 'B <b@b.example>'"),
    ):
        assert placeholders(script) == [], script


def test_pages_that_are_made_are_the_same_for_the_same_seed() -> None:
    assert list(pages(20, 7)) == list(pages(20, 7))
    assert list(pages(20, 7)) != list(pages(20, 8))
    alone = dict(each_alone(0))
    assert len(alone) == len(CONSTRUCTS)
    assert not any("«" in page for page in alone.values())


def digest() -> str:
    """Of what a hundred pages become."""
    said = hashlib.sha256()
    for name, page in pages(100, 5):
        try:
            made = convert_page(page, page_file=name, file="x.toml", id_source="x")
            said.update(made.text.encode())
        except RunbookError as error:
            said.update(str(error).encode())
    return said.hexdigest()


def test_the_same_page_gives_the_same_bytes() -> None:
    """Twice in a process, and in another that orders its sets otherwise."""
    other = subprocess.run(
        [
            sys.executable,
            "-c",
            "from tests.acceptance.test_pages import digest; print(digest())",
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert digest() == digest() == other.stdout.strip()
