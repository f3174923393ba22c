"""What a script needs of the run: values of steps before it, answers, a terminal."""

from __future__ import annotations

import pytest

from mobius_tui.runbook.model.actions import Manual, Run
from mobius_tui.runbook.model.runbook import Runbook, Step
from tests.runbook.page.imported import imported, lost, titles


def page_of(*scripts: str, lead: str = "") -> str:
    blocks = [f"## S{at}\n\n```bash\n{each}\n```" for at, each in enumerate(scripts)]
    blocks[-1] = blocks[-1].replace("\n\n", f"\n\n{lead}\n\n", 1)
    return "# T\n\n" + "\n\n".join(blocks) + "\n"


def outputs(book: Runbook) -> list[tuple[str, ...]]:
    return [each.outputs for each in book.steps()]


def asks(step: Step) -> list[str]:
    assert isinstance(step.action, Manual)
    return [each.var for each in step.action.ask]


@pytest.mark.parametrize(
    "first",
    [
        'export NS="$(kubectl get x -o name)"',
        "NS=$(kubectl get x -o name)",
        "export A=1 NS=shop",
        "NS=$(kubectl get x |\n  head -1)\nuptime",
    ],
)
def test_what_a_script_sets_reaches_the_later_ones(first: str) -> None:
    page = page_of(first, "uptime", "kubectl -n $NS get pods", "echo ${NS}")
    made, book = imported(page)
    assert outputs(book) == [("NS",), (), (), ()]
    assert """printf 'NS=%s\\n' "$NS" >> "$RUNBOOK_OUTPUT"\n""" in made
    assert lost(page) == []


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("NS=a", "uptime"),
        ("NS=a mytool", "echo $NS"),
        ("NS=a", "NS=b; echo $NS"),
        ("if mytool; then NS=a; fi", "echo $NS"),
        ("f() {\n  NS=a\n}", "echo $NS"),
        ("PATH=/x:$PATH", "echo $PATH"),
        ("DB_PASSWORD=$(vault read x)", "echo $DB_PASSWORD"),
        ("(NS=a; mytool)", "echo $NS"),
    ],
)
def test_what_no_later_script_can_have_is_no_output(first: str, second: str) -> None:
    assert outputs(imported(page_of(first, second))[1]) == [(), ()]


def test_what_one_way_of_two_sets_reaches_that_way_alone() -> None:
    page = "# T\n\n## S\n\n"
    page += '=== "A"\n\n    ```bash\n    NS=a\n    ```\n\n    Go on:\n\n'
    page += "    ```bash\n    echo $NS\n    ```\n\n"
    page += '=== "B"\n\n    ```bash\n    echo b $NS\n    ```\n'
    _, book = imported(page)
    assert [each for each in outputs(book) if each] == [("NS",)]
    page = page.replace("    Go on:\n\n    ```bash\n    echo $NS\n    ```\n\n", "")
    assert not any(outputs(imported(page)[1]))


def test_what_a_step_shows_is_asked_behind_it_and_not_before_begin() -> None:
    page = page_of("kubectl get pods -n shop", "kubectl logs <pod-name>")
    _, book = imported(page)
    assert titles(book) == ["S0", "Fill in: Pod name", "S1"]
    assert asks(book.steps()[1]) == ["pod_name"]
    assert not book.variables["pod_name"].ask
    assert lost(page) == []


def test_what_a_page_says_was_found_is_asked_where_it_is_needed() -> None:
    lead = "End the backend found above:"
    _, book = imported(page_of("uptime", 'psql -c "SELECT f(<pid>)"', lead=lead))
    assert asks(book.steps()[1]) == ["pid"]


@pytest.mark.parametrize(
    "scripts",
    [
        ("kubectl logs <pod>",),
        ("kubectl get pods -n <ns>", "kubectl get svc -n <ns>"),
        ("kubectl describe pod <pod>", "kubectl logs <pod>"),
        ("kubectl get pods", "mysql -p<password> -e 'select 1'"),
    ],
)
def test_what_is_needed_at_once_is_asked_before_begin(scripts: tuple[str, ...]) -> None:
    _, book = imported(page_of(*scripts))
    assert len(book.steps()) == len(scripts)
    assert all(each.ask for each in book.variables.values())


def test_what_wants_a_person_gets_a_terminal() -> None:
    scripts = ("kubectl edit deploy/web", "terraform apply", "sudo ls /srv", "ls")
    _, book = imported(page_of(*scripts))
    actions = [each.action for each in book.steps()]
    found = [each.tty for each in actions if isinstance(each, Run)]
    assert found == [True, True, False, False]


def test_texts_have_the_value_that_the_commands_have() -> None:
    page = page_of("kubectl drain <node>", lead="Look whether `<node>` is up:")
    page += "\nThen call the owner of <node>.\n"
    made, book = imported(page)
    assert "the owner of ${node}." in book.steps()[0].why
    assert "<node>" not in made
    assert lost(page) == []
