"""Pages that lost commands or words once, each in tests/data/cases/import."""

from __future__ import annotations

import pytest

from mobius_tui.runbook.model.actions import Choose, Manual, Run
from tests.paths import CASES
from tests.runbook.page.imported import imported, scripts, titles

PAGES = CASES / "import"
PSQL = "psql -X -v ON_ERROR_STOP=1 -d postgres"
SCRIPTS = {
    "ap": [
        "df -h /var/lib    # confirm there's room\nrm -rf /var/lib/pgsql/data\n",
        "df -h /var/lib    # confirm there is room\nrm -rf /var/lib/pgsql/data\n",
    ],
    "h": ["cat <<EOF | kubectl apply -f -\nkind: X\nEOF\nkubectl get x\n"],
    "k": [],
    "l1": [],
    "l2": ["true a\n"],
    "l3": ["true a\n"],
    "m": [
        "mongorestore --host h /backup\n",
        "curl -XDELETE localhost:9200/idx\n",
    ],
    "root": [
        """systemctl stop ceph.target
# wait until all of it is down
rm -rf /var/lib/ceph/tmp
"""
    ],
    "tab": ["cat <<-EOT > f\n\thello\n\tEOT\n"],
    "tabs": ["etcdctl snapshot restore a\n", "pg_restore b\n"],
    "v": ["df -h /tmp    # confirm there's room\nrm -rf /srv/old\n"],
    "w": ["df -h /tmp    # confirm there is room\nrm -rf /srv/old\n"],
    "y": [],
}


def case(name: str) -> str:
    return (PAGES / f"{name}.md").read_text()


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_commands_of_a_page(name: str) -> None:
    assert scripts(imported(case(name))[1]) == SCRIPTS[name]


def test_every_case_has_a_test() -> None:
    assert {path.stem for path in PAGES.glob("*.md")} == {*SCRIPTS, "b", "e"}


def test_the_blocks_of_every_kind() -> None:
    text, book = imported(case("b"))
    phases = {phase.title: phase for phase in book.phases}
    heredoc, *prompts = scripts(book)[:7]
    assert "all:\n\techo hi\nEOF\ncat <<-EOT\n\tx\n\tEOT\n" in heredoc
    assert prompts == [
        f"{PSQL} <<'EOF'\nSELECT pg_promote();\n\\q\nEOF\n",
        "mysql <<'EOF'\nSTOP REPLICA;\nEOF\n",
        "# on root@db1\nsystemctl stop postgresql\nrm -rf /var/lib/pgsql/data\n",
        "cat <<EOF > /etc/x\na=1\nEOF\necho done\n",
        "cat <<EOF > /etc/y\na=1\nb=2\nEOF\necho done\n",
        "kubectl get pods\n",
    ]
    for language, inside in {
        "powershell": "Restart-Service foo",
        "yaml": "  apiVersion: v1\n  kind: X",
        "sql": "SELECT pg_promote();\nDROP TABLE a;",
        "mermaid": "graph TD; A-->B;",
    }.items():
        assert f"```{language}\n{inside}\n```\n" in text
    python = phases["Python"].steps[0].action
    assert isinstance(python, Run)
    assert (python.shell, python.effect) == (("python3",), "change")
    decision, linux, mac = phases["Tabs"].steps
    assert isinstance(decision.action, Choose)
    options = [option.value for option in decision.action.options]
    assert options == ["linux", "mac"]
    way = decision.action.var
    assert (linux.when, mac.when) == ({way: ("linux",)}, {way: ("mac",)})
    asked, removal = phases["Details"].steps
    assert isinstance(asked.action, Choose)
    assert removal.when == {asked.action.var: ("yes",)}
    assert [step.why for step in phases["Table"].steps] == [
        "Step: 1 · Expected: all Running",
        "Step: 2 · Expected: deployment rolled back",
    ]


def test_the_commands_of_each_heading_stand_under_it() -> None:
    _, book = imported(case("e"))
    assert len(scripts(book)) == 22
    found = [step.title for step in book.phases[0].steps]
    assert found == [*"abcdefghijklmn", "Fill in: Pod name", *"opqrstuv"]
    logs = next(step for step in book.steps() if step.title == "o").action
    assert isinstance(logs, Run)
    assert logs.script == 'kubectl logs -n prod "$pod_name"\n'
    assert not book.variables["pod_name"].ask, "the pods are listed in the run"


def test_words_that_were_lost() -> None:
    restore = imported(case("l1"))[1].steps()[0].action
    assert isinstance(restore, Manual)
    assert "-e etcd_snapshot=/tmp/etcd_snapshot\n" in restore.text
    assert "stats: 1 xacts/s. This line is lost too." in restore.text
    option = imported(case("l2"))[1].steps()[0]
    assert len(option.title) <= 60
    assert "data of the publisher (USE WITH CAUTION)" in option.why
    note = imported(case("l3"))[1].steps()[0].why
    assert "will remain DANGEROUS.\n\nSecond note." in note
    links = imported(case("k"))[1].steps()[0].action
    assert isinstance(links, Manual)
    words = "See jq (https://x.org) and docs (https://docs.example/a)."
    assert links.text == words
    yaml = imported(case("y"))[1].steps()[0].action
    assert isinstance(yaml, Manual)
    assert yaml.text == "```yaml\n  apiVersion: v1\n  kind: X\n```\n"


def test_tabs_are_asked_and_only_one_way_is_gone() -> None:
    _, book = imported(case("tabs"))
    asked, first, second = book.steps()
    assert asked.title == "Roll back: etcd or Postgres?"
    assert isinstance(asked.action, Choose)
    assert [*first.when.values(), *second.when.values()] == [("etcd",), ("postgres",)]
    assert titles(book)[1:] == ["Restore etcd", "Restore Postgres"]
