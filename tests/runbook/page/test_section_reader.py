"""What of a page becomes steps, what is said with them, and what stands aside."""

from __future__ import annotations

import subprocess
import sys

import pytest

from mobius_tui.runbook.model.actions import Choose, Manual, Run
from mobius_tui.runbook.page.lead_sentences import (
    introduces_output,
    lead_title,
)
from tests.paths import CASES
from tests.runbook.page.imported import imported, scripts, titles

PAGES = CASES / "import"
IMPORT = "from mobius_tui.runbook.page.convert import convert_page"
FENCE = "```bash\n{}\n```\n"


def steps_of(page: str) -> list[tuple[str, str]]:
    """The title and the reason of each step."""
    return [(step.title, step.why.strip()) for step in imported(page)[1].steps()]


@pytest.mark.parametrize(
    ("lead", "title"),
    [
        ("Run the following command to drain the node:", "Drain the node"),
        ("To drain the node, run:", "Drain the node"),
        ("Check the pods by using the command below:", "Check the pods"),
        ("Log in first. Then check the pods:", "Log in first"),
        ("Log in first. Run this command:", "Log in first"),
        ("Or, with docker:", "With docker"),
        ("For example:", ""),
        ("Run:", ""),
    ],
)
def test_what_a_sentence_calls_the_commands_after_it(lead: str, title: str) -> None:
    assert lead_title(lead) == title


def test_trouble_and_the_way_back_are_no_part_of_the_main_line() -> None:
    headings = ["Deploy", "Roll back", "Check", "Troubleshooting", "Tear down"]
    parts = [
        f"### {each}\n\n{FENCE.format(f'run {n}')}" for n, each in enumerate(headings)
    ]
    _, book = imported("# Release\n\n## Do\n\n" + "\n".join(parts))
    assert [(phase.title, phase.aside) for phase in book.phases] == [
        *(("Do", False), ("Roll back", True)),
        *(("Troubleshooting", True), ("Tear down", True)),
    ]
    assert scripts(book)[:2] == ["run 0\n", "run 2\n"]
    _, book = imported("# Roll a release back\n\n## A\n\nx\n\n" + parts[1])
    assert not any(phase.aside for phase in book.phases)


def test_what_a_command_prints_belongs_to_it() -> None:
    page = f"""## S

Look at them:

{FENCE.format("kubectl get pods")}
You should see:

```
web-1 Running
```

All of them must run. Then restart it:

{FENCE.format("kubectl rollout restart deploy/web")}
```
deployment.apps/web restarted
```
"""
    (first, why), (second, more) = steps_of(page)
    assert (first, second) == ("Look at them", "Restart it")
    assert why == "You should see:\n\nThe page shows this output:\nweb-1 Running"
    assert more.startswith("All of them must run. Then restart it:")
    assert more.endswith("this output:\ndeployment.apps/web restarted")


def test_the_output_that_a_page_calls_shell_is_not_run() -> None:
    page = f"## S\n\n{FENCE.format('chronyc tracking')}\nIt prints this output:\n\n"
    _, book = imported(page + FENCE.format("Oct 18 19:39 chronyd: stepped"))
    assert scripts(book) == ["chronyc tracking\n"]
    assert introduces_output("It prints this output:")
    assert "Oct 18 19:39 chronyd" in book.steps()[0].why


def test_either_way_is_asked() -> None:
    page = "## Restart\n\nWith systemd:\n\n{}\nOr with docker:\n\n{}"
    _, book = imported(page.format(FENCE.format("a"), FENCE.format("b")))
    asked, first, second = book.steps()
    assert isinstance(asked.action, Choose)
    assert asked.title == "Restart: With systemd or With docker?"
    assert {*first.when} == {*second.when} == {asked.action.var}
    headings = "## T\n\n### Option 1: stop\n\n{}\n### Option 2: Roll back\n\n{}"
    _, book = imported(headings.format(FENCE.format("a"), FENCE.format("b")))
    assert titles(book) == [
        *("T: Option 1: stop or Option 2: Roll back?", "Option 1: stop"),
        "Option 2: Roll back",
    ]
    assert not book.phases[0].aside


TABS = {
    "mkdocs": """
=== "Linux"

    ```sh
    a
    ```

=== "Mac"

    ```sh
    b
    ```
""",
    "docusaurus": """
<Tabs>
<TabItem value="l" label="Linux">

```sh
a
```

</TabItem>
<TabItem value="Mac" default>

```sh
b
```

</TabItem>
</Tabs>
""",
    "hugo": """
{{< tabs name="x" >}}
{{% tab name="Linux" %}}

```sh
a
```

{{% /tab %}}
{{% tab name="Mac" %}}

```sh
b
```

{{% /tab %}}
{{< /tabs >}}
""",
    "gitlab": """
::Tabs

:::TabTitle Linux

```sh
a
```

:::TabTitle Mac

```sh
b
```

::EndTabs
""",
    "grav": """
[ui-tabs position="top-left" active="0" theme="lite" ]
[ui-tab title="Linux"]

```sh
a
```

[/ui-tab]
[ui-tab title="Mac"]

```sh
b
```

[/ui-tab]
[/ui-tabs]
""",
}


@pytest.mark.parametrize("page", TABS.values(), ids=TABS)
def test_tabs_of_every_maker_of_sites(page: str) -> None:
    """Asked once, though two sections have them, and what follows is for all."""
    _, book = imported(f"# T\n\n## S\n\n{page}\n```sh\nc\n```\n\n## R\n\n{page}")
    assert [isinstance(step.action, Choose) for step in book.steps()] == [
        *(True, False, False, False),
        *(False, False),
    ]
    asked = book.steps()[0].action
    assert isinstance(asked, Choose)
    assert [option.title for option in asked.options] == ["Linux", "Mac"]
    ways: list[tuple[str, ...]] = [("linux",), ("mac",)]
    whens = [step.when.get(asked.var) for step in book.steps()]
    assert whens == [None, *ways, None, *ways]
    assert scripts(book) == ["a\n", "b\n", "c\n", "a\n", "b\n"]


def test_tabs_in_an_item_are_the_decision_that_it_leads_in_to() -> None:
    tabs = TABS["hugo"].replace("\n\n", "\n").replace("\n", "\n   ")
    page = (
        f"1. Upgrade it:\n{tabs}\n2. Restart it:\n\n   ```\n   X=1\n   ls x\n   ```\n"
    )
    _, book = imported(page)
    assert titles(book)[0] == "Upgrade it: Linux or Mac?"
    assert isinstance(book.steps()[0].action, Choose)
    assert scripts(book) == ["a\n", "b\n", "X=1\nls x\n"]
    assert not book.steps()[-1].when


def test_titles_do_not_repeat() -> None:
    page = "## S\n\n" + "\n".join(FENCE.format(f"echo {n % 3}") for n in range(5))
    assert [title for title, _ in steps_of(page)] == [
        *("S", "S: echo 1", "S: echo 2", "S: echo 0", "S (2)"),
    ]


def test_what_a_title_has_no_room_for_is_told_besides() -> None:
    long = " ".join(f"word{n}" for n in range(20))
    _, book = imported(f"# {long}\n\n## {long}\n\n- [ ] do {long}\n")
    assert len(book.title) <= 100
    assert long in book.summary
    assert long in book.phases[0].why
    assert len(book.steps()[0].title) <= 60


def test_owners_and_contacts_are_people() -> None:
    page = """# T

Owner: The platform team is responsible for this page

## Contacts

- DBA: @dba (first)
- Restart the service: try that before you call
- On-call: +1 555 0100

## Do

- [ ] this
"""
    _, book = imported(page)
    assert book.owners == ()
    assert [contact.role for contact in book.contacts] == ["DBA", "On-call"]
    assert "is responsible for this page" in book.summary
    assert "- Restart the service: try that before you call" in book.summary
    assert imported("Owners: Data Platform, SRE\n\n- [ ] x")[1].owners == (
        *("Data Platform", "SRE"),
    )


def test_a_command_in_a_sentence_is_run() -> None:
    page = "1. Restart it with `systemctl restart web`.\n2. See `web.conf`.\n"
    page += "\nRun `systemctl status web`.\n"
    _, book = imported(page)
    assert scripts(book) == ["systemctl restart web\n", "systemctl status web\n"]
    assert isinstance(book.steps()[1].action, Manual)


def test_sql_is_run_where_the_page_names_the_client() -> None:
    page = "## S\n\n{}:\n\n```{}\nselect 1;\n```\n"
    script = "psql -X -v ON_ERROR_STOP=1 <<'EOF'\nselect 1;\nEOF\n"
    assert scripts(imported(page.format("Ask", "sql"))[1]) == []
    assert scripts(imported(page.format("Ask in `psql`", "sql"))[1]) == [script]
    assert scripts(imported(page.format("Ask", "psql"))[1]) == [script]


def test_people_to_escalate_to_are_contacts() -> None:
    page = "## Escalation\n\n1. The lead (@lead) - after 15 minutes\n2. Page the VP\n"
    _, book = imported(page)
    assert [(c.role, c.handle, c.for_) for c in book.contacts] == [
        ("The lead", "@lead", "after 15 minutes")
    ]
    assert titles(book) == ["Page the VP"]


@pytest.mark.parametrize(
    ("block", "script"),
    [
        ("$ cat <<E\n$ a\nb\nE\n$ c\nd", "cat <<E\n$ a\nb\nE\nc\n"),
        ("$ cat <<E\n> $ a\n> E\n$ c", "cat <<E\n$ a\nE\nc\n"),
        ('$ psql -c "select\n  1"\n 1', 'psql -c "select\n  1"\n'),
        ("$ for a in b; do\n  ls\ndone\nx", "for a in b; do\n  ls\ndone\n"),
        ("# id\n# ls /x\n", "id\nls /x\n"),
        ("# Stop it\nls", "# Stop it\nls\n"),
        ("bash-5.1$ ls\n(venv) $ id", "ls\n# with (venv)\nid\n"),
        ("$ psql -h x\npsql (15)\n\ndb=# a;", "psql -h x <<'EOF'\na;\nEOF\n"),
        (">>> 1\n1", "python3 - <<'EOF'\n1\nEOF\n"),
        ("127.0.0.1:6379> KEYS *\n(nil)", "redis-cli <<'EOF'\nKEYS *\nEOF\n"),
    ],
)
def test_what_was_typed_in_a_session(block: str, script: str) -> None:
    page = f"## S\n\n```console\n{block}\n```\n"
    assert scripts(imported(page)[1]) == [script]


def test_a_tab_that_also_indents_is_kept() -> None:
    page = "1. Do it:\n\n   ```sh\n   cat <<-X\n\ta\n\tX\n   ```\n"
    assert scripts(imported(page)[1]) == ["cat <<-X\n\ta\n\tX\n"]


def test_a_table_of_commands_is_steps() -> None:
    page = "| Check | Command | Expected |\n|--|--|--|\n| Pods | `ls a` | two |\n"
    (step,) = imported(page)[1].steps()
    assert (step.title, step.why) == ("Pods", "Check: Pods · Expected: two")
    assert isinstance(step.action, Run)


def test_html_notes_and_fold_outs_are_read() -> None:
    page = """## S

<table><tr><th>Host</th><th>Port</th></tr><tr><td>db1</td><td>1</td></tr></table>

<p>Call <a href="https://x.example">the <b>desk</b></a>.<br>Wait.</p>

![the dashboard](dash.png) &amp; ~~no~~ <kbd>Ctrl</kbd>

> [!WARNING]
> Only once.

!!! danger "Mind"
    Twice is too often.

<details><summary>More</summary>

Hidden words.

</details>
"""
    (step,) = imported(page)[1].steps()
    assert isinstance(step.action, Manual)
    assert (
        step.action.text
        == """Host: db1 · Port: 1

Call the desk (https://x.example).
Wait.

the dashboard (dash.png) & ~~no~~ Ctrl

Warning:
Only once.

Mind:

Twice is too often.

More

Hidden words.
"""
    )


def test_a_page_gives_the_same_bytes_whatever_the_order_of_sets() -> None:
    """Each process has an order of its own, so two of them are asked."""
    page = PAGES / "b.md"
    given = f"open({str(page)!r}).read(), page_file='', file='', id_source='x'"
    code = f"print(convert_page({given}).text)"
    runs = [
        subprocess.run(
            [sys.executable, "-c", f"{IMPORT}; {code}"],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        )
        for seed in ("1", "2")
    ]
    assert runs[0].stdout == runs[1].stdout
    assert b"kubectl get pods" in runs[0].stdout
