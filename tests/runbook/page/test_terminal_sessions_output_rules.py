"""What is no command in a block of code: it is shown, and what is a command is run."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobius_tui.runbook.page.terminal_sessions import (
    OUTPUT_RULES,
    output_rule,
    split_output,
)
from tests.runbook.page.imported import imported, lost, scripts
from tests.table import each_row

OUTPUT = {
    "left-out": ["...", "[...]", "<snip>", "… ", "... 12 more lines ..."],
    "log-line": [
        "1 drain_controller.go:173] node worker-0: Drain failed",
        "2026-11-30 12:00:01 went down",
        "Oct 18 19:39:01 web-1 chronyd: stepped",
        "I0802 18:35:13.968 6 run.go:47] Starting",
        "[INFO] started",
        'time="2026-11-30" level=info msg=up',
        "INFO[0000] Initializing the installer",
    ],
    "table": [
        "UID   PID  PPID  CMD",
        "NAME READY STATUS",
        "web-1   1/1   Running",
        "web   ClusterIP   None   <none>   9200/TCP   67m",
        "| id | name |",
        "+----+------+",
    ],
    "listing": ["-rw-r--r-- 1 root root 201 Aug 17 20:09 a", "total 34800", "├── a"],
    "data": [
        '{ "LdapServer": "ldap.example.org:389" }',
        "apiVersion: v1",
        "[Service]",
        "size = 3",
        'INHERIT += "full"',
        "x-request-id=8f41",
    ],
    "list": [
        "-w, --write-out string   format of the output",
        "- one",
        "a.example/max-size - the maximum of it",
    ],
    "number": [
        "644",
        "10.107.72.122:6789,10.103.244.218:6789",
        "https://a.example/b",
        "quay.io/calico/node",
        "ZTKK4EXR1EWR5",
        "AutoDeploy.Rule.Create",
        "Complete!",
        "<http|https>://localhost:80/a",
    ],
    "message": [
        "Error from server (NotFound): pods",
        "deployment.apps/web configured",
        "k3x: command not found",
        'service "web" created',
    ],
    "other-language": [
        "SELECT 1;",
        "GET /_cluster/health",
        "/*+ ONE_SHARD=1 */",
        "sum(rate(x[5m]))",
        "kmp_mac_collisions > 1",
        "set @@ddl_strategy='vitess';",
        "// CPU of containers",
        "@deploy-to-a-single-device.yml@ # https://a.example/b",
    ],
    "sentence": [
        "Successfully created the pod",
        "All is well.",
        "MountVolume.SetUp failed for volume “pvc-1” : no such program in $PATH",
    ],
    "no-shell": ["pods (web) are ) up"],
    "banner": ["e2fsck 1.44.1 (24-Mar-2018)"],
}
COMMANDS = [
    *("kubectl get pods", "mytool start", "./install", "k get po -A", "make", "uptime"),
    *("NAME=x mytool", "X=$(a b)", "f() {", "for i in a; do", "[ -f x ] && rm x"),
    *(
        "{ a; b; }",
        "(cd x && make)",
        "case $x in",
        "$KUBECTL get",
        "<pod> get",
        "set -e",
    ),
    *("server:/x", "mytool 'abc", "mytool \\", "> file", ": > file", "!ls", "a | b"),
]


@each_row(("name", "line"), [(name, line) for name in OUTPUT for line in OUTPUT[name]])
def test_a_line_of_output_is_told_by_its_rule(name: str, line: str) -> None:
    found = output_rule(line)
    assert found is not None
    assert found.name == name


@each_row("line", COMMANDS)
def test_a_command_is_no_output(line: str) -> None:
    assert output_rule(line) is None


def test_each_rule_has_an_example() -> None:
    assert {rule.name for rule in OUTPUT_RULES} <= OUTPUT.keys()


@pytest.mark.parametrize("language", ["bash", "console"])
@each_row("line", [line for each in OUTPUT.values() for line in each])
def test_a_block_of_output_is_shown_and_not_run(language: str, line: str) -> None:
    page = f"# T\n\n## S\n\nThere is this:\n\n```{language}\n{line}\n```\n\n"
    page += "```sh\nuptime\n```\n"
    assert scripts(imported(page)[1]) == ["uptime\n"]
    assert lost(page) == []


@each_row("line", [line for each in OUTPUT.values() for line in each])
def test_output_below_a_command_leaves_the_script(line: str) -> None:
    page = f"# T\n\n## S\n\n```bash\nstat -c %a F\n{line}\nuptime\n```\n"
    made, book = imported(page)
    assert scripts(book) == ["stat -c %a F\nuptime\n"]
    assert "The page shows this output:" in made
    assert lost(page) == []


@pytest.mark.parametrize(
    "script",
    [
        "cat <<EOF > x\nkind: Pod\n644\nEOF",
        "echo 'one\n644\nError: x'",
        "for i in 1 2\ndo\n  644\ndone",
        "if true; then\n  A B C\nfi",
        "mytool \\\n  - one\\\n  two",
        "f() {\n  total 3\n}",
        "jq '{\n  a: 1\n}' x",
        "VALUES=(\n1\n2\n)",
        "usage()\n{\n  local count=3\n  644\n}\nusage",
        "function usage\n{\n  log_info 'Embedding it'\n\n  total 3\n}",
        "look(){\n  while read -r line\n  do\n    644\n  done\n}\nlook",
        "write() {\n  cat <<EOF\n}\n644\nEOF\n  total 3\n}\nwrite",
    ],
)
def test_what_stands_within_a_command_is_a_part_of_it(script: str) -> None:
    assert split_output(script.split("\n")).output == ()


ROWS = st.lists(
    st.sampled_from([line for each in OUTPUT.values() for line in each]), max_size=4
)


@given(st.lists(st.tuples(st.sampled_from(["uptime", "ls -l", "mytool -x"]), ROWS)))
def test_each_command_is_kept_whatever_stands_between(
    parts: list[tuple[str, list[str]]],
) -> None:
    lines = [line for command, rows in parts for line in (command, *rows)]
    split = split_output(lines)
    assert list(split.commands) == [command for command, _ in parts]
    assert sorted([*split.commands, *split.output]) == sorted(lines)


@pytest.mark.parametrize(
    "template",
    [
        "velero install \\\n  --provider aws \\\n  ...",
        "kops get [flags]",
        "a {-f X}...",
    ],
)
def test_a_template_of_a_command_is_shown(template: str) -> None:
    page = f"# T\n\n## S\n\n```bash\n{template}\n```\n\n```sh\nuptime\n```\n"
    assert scripts(imported(page)[1]) == ["uptime\n"]
    assert lost(page) == []
