"""Words that pages had and runbooks lost: headings, hosts of prompts, placeholders."""

from __future__ import annotations

import pytest

from tests.acceptance.page_words import lost_words
from tests.runbook.page.imported import imported, lost, scripts, titles

CODE = "```bash\nuptime\n```\n"
LONG = "Watch one two three four five six seven eight nine ten eleven twelve"
FACTS = "| Field | Value |\n|---|---|\n| Owner | the team of storage |\n"


@pytest.mark.parametrize(
    ("heading", "title"),
    [
        ("[12.4.27](https://x.example/c) (2026-05-16)", ""),
        ("v7.1.23 2020-10-15", "v7.1.23 2020-10-15"),
        ("Version 1.95.0 (2026-04-16)", "Version 1.95.0 (2026-04-16)"),
        ("Go to 1.29. now", "Go to 1.29. now"),
        ("Apache 2.0 License", "Apache 2.0 License"),
        ("12.4.0 (2026-05-16)", "12.4.0 (2026-05-16)"),
        ("2.0 release", "2.0 release"),
        ("2. Look at it", "Look at it"),
        ("0. Look at it", "Look at it"),
        ("2.3 Look at it", "Look at it"),
        ("2.3.1. `uptime`", "uptime"),
        ("3) Look at it", "Look at it"),
    ],
)
def test_only_the_number_of_an_outline_is_taken_off_a_heading(
    heading: str, title: str
) -> None:
    page = f"# T\n\n## {heading}\n\n{CODE}\n## S\n\n### {heading}\n\n{CODE}"
    made, book = imported(page)
    assert lost(page) == []
    if title:
        assert [book.phases[0].title, titles(book)[1]] == [title, title]
    number = heading.split()[0]
    assert made.count(f" {number} ") >= 2 or number in title or not title


@pytest.mark.parametrize(
    "page",
    [
        f"---\ntitle: Call it so\n---\n\n# Unseal the segment\n\n## S\n\n{CODE}",
        f"# T\n\n## About the drain of shards\n\nWords.\n\n## S\n\n{CODE}",
        f"# T\n\n## S\n\n{CODE}\n### About these documents\n\nWords.\n",
        "# T\n\n## S\n\n### `worker`\n\nWords.\n\nMore.\n\n```css\n.a {}\n```\n",
        f"# T\n\n## S\n\n### Look at it\n\nWords.\n\nMore:\n\n{CODE}",
        f"# T\n\n## S\n\n### Is it so?\n\nA.\n\nB:\n\n{CODE}\nC:\n\n{CODE}\nD.\n",
        f"# T\n\n## S\n\n### {LONG}\n\nMore.\n",
        f"# T\n\n## S\n\n### {LONG}\n\n{CODE}",
        f"# T\n\n## S\n\n### Usage\n\n{CODE}\n### Usage\n\n{CODE}",
        f"# T\n\n## S\n\n{CODE}{FACTS}\n## S\n\n### One\n\n{FACTS}\n{FACTS}",
        f"# T\n\n## S\n\n{CODE}\n### One\n\n{FACTS}",
        f"# T\n\n## S\n\n{CODE}\n## One\n\n[A](#s)\n\n## One\n\n{FACTS}",
        f"# T\n\n## S\n\nAs on [x.example](http://x.example).\n\n{CODE}",
    ],
)
def test_no_heading_and_no_address_is_lost(page: str) -> None:
    assert lost(page) == []
    made = imported(page)[0]
    shown = [row for row in made.split("\n") if not row.startswith("# ")]
    assert lost_words(page, "\n".join(shown))[1] == ()


@pytest.mark.parametrize(
    ("session", "script"),
    [
        (
            "[root@a ~]# uptime\n[root@a ~]# df -h\n[root@b ~]# uptime",
            "# on root@a\nuptime\ndf -h\n# on root@b\nuptime\n",
        ),
        ("me@a:~$ uptime\n up", "# on me@a\nuptime\n"),
        ("me@a:/srv/x$ ls", "# on me@a, in /srv/x\nls\n"),
        ("[me@a.example /srv]$ ls", "# on me@a.example, in /srv\nls\n"),
        ("(base) me@a:~$ ls", "# on me@a, with (base)\nls\n"),
        ("a:~$ ls", "# on a\nls\n"),
        ("➜  api git:(main) ✗ ls", "# in api git:(main)\nls\n"),
        ("➜  ~ ls", "ls\n"),
        (
            "[me@a ~]$ psql x\nx=# select 1;\n[me@a ~]$ ls",
            "# on me@a\npsql x <<'EOF'\nselect 1;\nEOF\nls\n",
        ),
    ],
)
def test_a_script_says_where_its_commands_were_typed(session: str, script: str) -> None:
    page = f"# T\n\n## Look at it\n\n```console\n{session}\n```\n"
    _, book = imported(page)
    assert (scripts(book), titles(book)) == ([script], ["Look at it"])
    assert "on me@a" not in book.phases[0].steps[0].why
    assert lost(page) == []


def test_a_host_that_is_nowhere_said_is_lost() -> None:
    page = "# T\n\n## S\n\n```\n[root@a /srv]# uptime\n```\n"
    made = imported(page)[0]
    for less in ("on root@a, ", ", in /srv", "uptime"):
        assert lost_words(page, made.replace(less, ""))[1]


def test_a_variable_is_called_all_that_its_placeholder_says() -> None:
    disk = "the disk of the node that the database writes to"
    page = (
        f"# T\n\n`<disk: e.g. sda>` is {disk}.\n\n## S\n\n```bash\n"
        "export NODE=<enter the node, eg. worker>\nlsblk <disk: e.g. sda>\n"
        "npm team rm <scope:team> <scope>\nset <on|off>\n```\n"
    )
    made, book = imported(page)
    assert {name: each.title for name, each in book.variables.items()} == {
        "node": "Enter the node, eg. worker",
        "disk": "The disk of the node that the database writes to",
        "scope_team": "Scope team",
        "scope": "Scope",
        "on_off": "On|off",
    }
    assert f"# T{disk[1:]} (disk: e.g. sda)\n[var.disk]" in made
    assert lost(page) == []


def test_what_a_section_says_of_the_page_stands_under_its_heading() -> None:
    page = f"# T\n\n## One\n\n{FACTS}| RTO | < 1 min |\n\n## S\n\n{CODE}"
    made, book = imported(page)
    assert (book.summary.strip(), book.owners) == (
        "## One\n\nRTO: < 1 min",
        ("the team of storage",),
    )
    assert [phase.title for phase in book.phases] == ["S"]
    assert made.count("One") == 1
    _, book = imported(f"# T\n\n## Overview:\n\nWords.\n\n## S\n\n{CODE}")
    assert book.summary == "Words."
