"""Blocks that look like commands and are none: what bash cannot read is not run."""

from __future__ import annotations

import pytest

from tests.runbook.page.imported import imported, lost, scripts


def page_of(block: str, language: str) -> str:
    return f"# T\n\n## S\n\n~~~{language}\n{block}\n~~~\n\n```sh\nuptime\n```\n"


@pytest.mark.parametrize(
    ("language", "block"),
    [
        ("bash", "npm init <@scope> (same as `npx <@scope>/create`)"),
        ("bash", "npm set <key>=<value> [<key>=<value> ...] (See `npm config`)"),
        ("bash", "npm dist-tag add <spec (with version)> [<tag>]\n\nalias: dist-tags"),
        ("bash", "<protocol>://[<user>[:<password>]@]<hostname>[/]<path>[#<a> | #<b>]"),
        ("bash", "uptime\n\n```bash\n# Look\nuptime 'x"),
        ("bash", "npm prune [[<@scope>/]<pkg>...]"),
        ("bash", "npm team create <scope:team> [--otp <otpcode>]"),
        ("", "vtctldclient RemoveShardCell [--force|-f] <shard> <cell>"),
        ("bash", "npm prune [--production] x"),
        ("console", "$ npm uninstall [<@scope>/]<pkg>..."),
        ("console", "(worker_total / limit) * 100"),
        ("", "df -h (all of them)"),
        ("", "make sure of it"),
        ("bash", "etcdctl del $KEY [$END_KEY]"),
        ("bash", "kubectl cnpg COMMAND [ARGS...]"),
        ("bash", "kubectl cnpg report cluster CLUSTER [-n NAMESPACE] --logs"),
        ("sh", "calico/node"),
        ("sh", "/etc/mender-monitor"),
        ("sh", "~/.spotinst/credentials"),
        ("sh", "I have no name!@jumpbox:/$"),
        ("", "[ ssl_client ]\n...\n  usage = clientAuth"),
        ("bash", "import os\nprint(os.environ)"),
        ("bash", 'output "hosts" {\n  value = {\n    a = true\n  }\n}'),
        ("bash", "do_install:append() {\n    install -d /a\n}"),
        ("{code-block} shell", "etcdctl del [$END_KEY]"),
    ],
)
def test_what_bash_cannot_read_is_shown(language: str, block: str) -> None:
    page = page_of(block, language)
    made, book = imported(page)
    assert scripts(book) == ["uptime\n"]
    assert block in made
    assert lost(page) == []


@pytest.mark.parametrize(
    ("language", "block", "script"),
    [
        ("bash", "uptime 'now", "uptime 'now"),
        ("", "$ uptime 'now", "uptime 'now"),
        ("bash", "kubectl logs <pod> [-f]", 'kubectl logs "$pod" [-f]'),
        ("", "kubectl logs <pod>", 'kubectl logs "$pod"'),
        ("", "make install", "make install"),
        ("bash", "ls [a-z]*", "ls [a-z]*"),
        ("bash", "grep ' [<a' x", "grep ' [<a' x"),
        ("bash", "cat <<E\nimport os\nE", "cat <<E\nimport os\nE"),
        ("sh", "hack/update-all", "hack/update-all"),
        ("{code-block} shell", "ls /a\nls /b", "ls /a\nls /b"),
        ("{code-block} console", ":caption: A list\n\n$ ls /a", "ls /a"),
        ("bash", "[ -f <pod> ] && ls", '[ -f "$pod" ] && ls'),
        ("bash", "npm token revoke <id|token>", 'npm token revoke "$id_token"'),
        ("bash", "a <on|off> <user@host>", 'a "$on_off" "$user_host"'),
        ("bash", "sort <in|uniq> out", "sort <in|uniq> out"),
        ("bash", "x=1 sort <in|uniq>out", "x=1 sort <in|uniq>out"),
        ("bash", "echo '<https://x.example>'", "echo '<https://x.example>'"),
        ("bash", "mail '<me@localhost>'", "mail '<me@localhost>'"),
        ("bash", "echo 'Me <me@x.example>'", "echo 'Me <me@x.example>'"),
    ],
)
def test_what_is_meant_for_bash_stays_a_script(
    language: str, block: str, script: str
) -> None:
    assert scripts(imported(page_of(block, language))[1])[0].strip() == script


def test_settings_that_nothing_reads_are_the_content_of_a_file() -> None:
    settings = "# Of the monitor\nSERVICE_NAME=web\nSERVICE_TYPE='systemd'"
    page = page_of(settings, "bash")
    made, book = imported(page)
    assert scripts(book) == ["uptime\n"]
    assert settings in made
    assert lost(page) == []


@pytest.mark.parametrize(
    "block",
    ["export A=b", "A=$(uptime)", "A=b uptime", "A=<your name>", "A=b\nuptime"],
)
def test_a_script_that_sets_something_stays_one(block: str) -> None:
    assert len(scripts(imported(page_of(block, "bash"))[1])) == 2


def test_what_a_later_block_reads_is_set_by_a_script() -> None:
    page = page_of("A=b", "bash").replace("uptime", 'echo "$A"')
    assert len(scripts(imported(page)[1])) == 2
