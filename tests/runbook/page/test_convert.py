"""A page becomes a runbook that holds all that the page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobius_tui.errors import RunbookError
from mobius_tui.runbook.model.actions import Manual, Run, SendMessage
from mobius_tui.runbook.model.runbook import Runbook
from mobius_tui.runbook.page.convert import convert_page
from tests.growth import UNEVEN, growth
from tests.paths import TESTS
from tests.runbook.page.imported import imported, scripts, titles

SEED = TESTS / "data" / "rollback_runbook.md"
PAGES = sorted((TESTS / "runbook" / "data" / "pages").glob("*.md"))


def of_file(name: str) -> tuple[str, Runbook]:
    """What one of the pages of other people becomes."""
    path = next(path for path in PAGES if path.stem == name)
    return imported(path.read_bytes().decode("utf-8-sig"), name)


def plain(line: str) -> str:
    """A line of the seed without its marks."""
    return re.sub(r"^#+ |[*`]", "", line)


def effects(book: Runbook) -> dict[str, str]:
    runs = [(step.id, step.action) for step in book.steps()]
    return {name: run.effect for name, run in runs if isinstance(run, Run)}


def test_every_command_of_the_seed_is_in_a_script() -> None:
    page = SEED.read_text()
    _, book = imported(page)
    have = "".join(scripts(book)).split("\n")
    blocks = re.findall(r"```bash\n(.*?)```", page, re.DOTALL)
    wanted = [line for block in blocks for line in block.rstrip("\n").split("\n")]
    assert len(blocks) == 16
    lost = [line for line in wanted if line not in have]
    assert lost == ["cp -r config/* /path/to/production/config/"]
    assert 'cp -r config/* "$config"/' in have
    assert len(scripts(book)) == len(blocks)


def test_every_item_of_the_seed_is_somewhere() -> None:
    page = SEED.read_text()
    text, book = imported(page)
    boxes = re.findall(r"^- \[ \] (.*?) *$", page, re.MULTILINE)
    assert [box for box in boxes if box not in titles(book)] == []
    items = re.findall(r"^- (?!\[ \])(.*?) *$", page, re.MULTILINE)
    roles = {f"{c.role}: {c.handle} ({c.for_})" for c in book.contacts}
    lost = [plain(i) for i in items if plain(i) not in text and plain(i) not in roles]
    assert lost == []
    assert len(items) == 4 + 5 + 4 + 5 + 4 + 4


def test_every_heading_and_paragraph_of_the_seed_is_somewhere() -> None:
    page = re.sub(r"```.*?```", "", SEED.read_text(), flags=re.DOTALL)
    text, book = imported(SEED.read_text())
    lines = [plain(line).strip() for line in page.split("\n") if line.strip()]
    prose = [line for line in lines if not line.startswith(("-", "Document", "Review"))]
    prose = [re.sub(r"^\d+\. ", "", line) for line in prose]
    # The headings whose only content went to a table of its own.
    gone = {"Overview", "Contacts"}
    assert [line for line in prose if line not in text and line not in gone] == []
    assert (book.title, book.version) == ("MOBIUS Rollback Runbook", "1.0")
    assert book.review_cycle == "After each rollback event"


def test_the_seed_in_the_words_of_a_runbook() -> None:
    text, book = imported(SEED.read_text(), "mobius")
    assert book.id == "mobius"
    assert [contact.handle for contact in book.contacts] == [
        *("@sre-oncall", "@ops", "@eng-lead", "@incident-commander")
    ]
    assert list(book.messages) == [
        *("rollback-started", "rollback-completed", "rollback-failed")
    ]
    assert "# - Error Rate: >5% error rate for 5+ consecutive checks\n" in text
    assert "YYYYMMDD" in text
    assert "(Database-specific commands)" in text
    asides = [phase.title for phase in book.phases if phase.aside]
    assert asides == ["Rollback Failure Recovery", "Quick Reference"]
    guessed = effects(book)
    reads = {name for name, effect in guessed.items() if effect == "read"}
    assert reads == {
        *("identify-latest-backup", "service-status-check", "health-verification"),
        *("data-integrity-check", "log-monitoring"),
    }
    destroys = {name for name, effect in guessed.items() if effect == "destroy"}
    assert destroys >= {
        *("automated-rollback", "manual-rollback", "manual-restoration"),
        *("scenario-1-configuration-rollback-only", "emergency-commands"),
    }


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_page_becomes_a_valid_runbook(path: Path) -> None:
    _, book = of_file(path.stem)
    assert book.steps()


def test_underlined_headings_and_tables() -> None:
    text, book = of_file("setext")
    assert [phase.title for phase in book.phases] == [
        *("When to use it", "Stop the writers", "Restore")
    ]
    assert scripts(book)[0] == "systemctl stop indexer\nsystemctl stop indexer-retry\n"
    assert scripts(book)[1].startswith("# Find the newest snapshot\nsnap=$(ls")
    assert [(c.role, c.handle, c.for_) for c in book.contacts] == [
        ("Search", "#search-help, +49 30 1234567", "first"),
        ("Platform", "@platform", "if it fails"),
    ]
    assert "Cluster: green · Node: search-2 · Port: 9201" in text
    assert "If it is damaged, take the one before." in text


def test_nested_lists_fences_in_them_and_front_matter() -> None:
    text, book = of_file("nested")
    assert book.title == "Fail over the database"
    assert (book.version, str(book.updated)) == ("3.2", "2026-02-28")
    assert book.owners == ("dba@example.com", "ops@example.com")
    assert "# severity: SEV1" in text
    assert "rm -rf" not in text
    assert titles(book)[:6] == [
        *("Check the replica", "Tell people", "Post in #incidents"),
        *("Page the @dba-oncall", "Promote it", "Point the application at it"),
    ]
    first, promote = scripts(book)
    assert first == (
        "psql -h replica -c 'select pg_is_in_recovery()'\n"
        "psql -h replica \\\n  -c 'select now() - pg_last_xact_replay_timestamp()'\n"
    )
    assert promote.startswith("sudo -u postgres")
    assert "pg_is_in_recovery\n----" in book.steps()[0].why
    last = book.steps()[5].action
    assert isinstance(last, Manual)
    assert "host: replica.internal" in last.text
    assert book.messages["communication"].body == "DATABASE FAILOVER in $${environment}"
    assert isinstance(book.steps()[6].action, SendMessage)
    assert [contact.role for contact in book.contacts] == [
        *("DBA on-call", "Head of Platform")
    ]
    assert "Everybody else reads along." in book.summary


def test_sessions_attributes_and_quotes() -> None:
    _, book = of_file("sessions")
    assert scripts(book) == [
        "kubectl -n shop get pods\nkubectl -n shop rollout history deployment/web\n",
        "kubectl -n shop rollout undo deployment/web\n",
        "kubectl -n shop rollout status deployment/web\n",
        "kubectl -n shop get events\n",
        "# on root@web-1\nsystemctl restart nginx\nnginx -t\n",
        "./scripts/clean.sh --all\n",
    ]
    assert list(effects(book).values()) == [
        *("read", "destroy", "read", "read", "change", "change")
    ]
    assert "successfully rolled out" in book.steps()[2].why
    sql = book.steps()[-2].action
    assert isinstance(sql, Manual)
    assert sql.text == "```sql\nDELETE FROM locks WHERE age > 3600;\n```\n"


def test_no_headings_and_quotes_of_every_kind() -> None:
    _, book = of_file("plain")
    assert (book.title, len(book.phases)) == ("Plain", 1)
    assert book.phases[0].why == "Restart the mail queue."
    line = r"""printf 'it'\''s "quoted" \\ and '''"'''"'tripled'\n'"""
    assert scripts(book) == [f"{line}\npostqueue -p\n"]
    assert book.steps()[-1].why == "Then wait ten minutes."


def test_windows_line_ends() -> None:
    text, book = of_file("windows")
    assert "\r" not in text
    assert scripts(book) == ["echo one \\\n  two\n"]
    assert book.title == "Notes"


def test_control_characters_become_signs_and_names_stay_as_they_are() -> None:
    text, book = of_file("control")
    assert text.replace("\n", "").isprintable()
    assert scripts(book) == ['printf "␛[2J"␇\n']
    assert titles(book)[-1] == "Tell $${nobody} and $$${x} and $${"


@pytest.mark.parametrize(
    "page", ["", "\n \n\t\n", "<!-- only\nthis -->", "---\n***\n___", "```bash\n```"]
)
def test_nothing_to_import(page: str) -> None:
    with pytest.raises(RunbookError, match=r"^p\.md: no step can be made of it"):
        convert_page(page, page_file="p.md", file="p.toml", id_source="p")


MANY = 1 << 18
HOSTILE = {
    "deep quotes": ">" * 100_000 + " x",
    "deep list on a line": "* - " * 100_000 + "x",
    "deep list": "\n".join(" " * depth + "- x" for depth in range(1400)),
    "one long line": "a " * (MANY // 2),
    "hashes": "# " + "#" * (MANY - 9) + "x",
    "asterisks": "**a " * (MANY // 4),
    "brackets": "[" * MANY,
    "ticks": "` `` " * (MANY // 5),
    "items": "- a\n" * (MANY // 4),
    "headings": "# a\n" * (MANY // 4),
    "blank lines": "\n" * MANY,
    "lines": "a\n" * (MANY // 2),
    "rows": "a|b\n-|-\n" + "x|y\n" * (MANY // 5),
    "cells": "|" * (MANY // 2) + "\n" + "|-" * (MANY // 4),
    "open comments": "`<!-- " * (MANY // 6),
    "quotes": "```sh\n" + "'''\\\"\n" * (MANY // 7),
    "substitutions": "```sh\n" + '"$(' * (MANY // 3),
    "prompts": "```console\n" + "a@b" * (MANY // 3),
    "contacts": "# Contacts\n- " + "a - (" * (MANY // 5),
    "tags": "<a " * (MANY // 3),
    "details": "<details><summary>a</summary>\n\n" * (MANY // 31),
    "html": "<div>" + "<td><!--" * (MANY // 8),
    "tabs": '=== "a"\n\n' + '    === "b"\n\n' * (MANY // 14),
    "documents": "```sh\n" + "cat <<E\n" * (MANY // 8),
    "placeholders": "```sh\n" + "ls <a b> '<c>' {{d}} [your e]\n" * (MANY // 30),
    "many placeholders": "".join(
        f"```sh\nls <a{n}>\nssh {'-p ' * 20}\n```\n" for n in range(10_000)
    ),
    "shells": ("```sh\n" + "sh ssh -p <a b> " * 2000 + "\n```\n") * 30,
    "conditions": "If it fails " * (MANY // 12),
    "leads": "Run the command to " * (MANY // 20) + "\n\n```sh\nls\n```",
    "prompts of databases": "```console\n" + "a=# b\n" * (MANY // 6),
    "loops": "```console\n$ for a in b\n" + "> for a in b\n" * (MANY // 13),
    "wide": "|a" * 300 + "\n" + "|-" * 300 + "\n" + ("|b" * 300 + "\n") * 1700,
    "references": "[a]: b\n" * (MANY // 14) + "[a] " * (MANY // 8),
    "shortcodes": "{{< tab " * (MANY // 8),
    "escapes": "\x1b[31m" * (MANY // 6),
}


NOT_REFUSED = 1 << 15
"""Characters of a page that no limit refuses, so that it must be read."""


@pytest.mark.parametrize("page", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_page_takes_no_more_for_a_line_the_longer_it_is(page: str) -> None:

    def converted(length: int) -> None:
        part = page[: length - 1] + page[-1]
        try:
            convert_page(part, page_file="p.md", file="p.toml", id_source="p")
        except RunbookError as error:
            assert str(error).startswith("p.md: ")  # noqa: PT017 - either will do

    assert growth(converted, NOT_REFUSED) < UNEVEN


PIECES = st.sampled_from(
    [
        *("# ", "## ", "### 1. ", "- ", "- [ ] ", "  - ", "1. ", "> ", "    ", "\t"),
        *("\n", "\n\n", "\r\n", "===\n", "---\n", "+++\n", "| a | b |\n|---|---|\n"),
        *("```bash\n", "```\n", "~~~ console\n", "$ ls\n", "# x\n", "<!--", "-->"),
        *("Contacts\n", "Triggers\n", "When to\n", "Messages\n", "Overview\n", "stop"),
        *("a", "A: @b (c)", "**x**", "`y`", "[z](#q)", "Version: 1", "title: t\n"),
        *("'''", '"""', '"', "'", "\\", "${", "${x}", "$${", "}", "\x1b", "\0", "\x85"),
        *("\u2028", "\u202e", "é", "名", "🚨", "\ufeff", "rm -rf /\n", "EOF <<EOF\n"),
    ]
)


@settings(derandomize=True, deadline=None, max_examples=250)
@given(st.lists(PIECES, max_size=25).map("".join) | st.text(max_size=60))
def test_whatever_a_page_holds_the_runbook_is_valid(page: str) -> None:
    try:
        imported(page)
    except RunbookError as error:
        assert "no step can be made of it" in str(error)  # noqa: PT017 - either will do
