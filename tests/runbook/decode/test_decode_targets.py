"""`[targets.NAME]` and `hosts`: what they take, and refuse with place and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.runbook.library.loader import decode_runbook, examine
from mobius_tui.runbook.model.actions import Run
from mobius_tui.runbook.model.check_kinds import HttpCheck, RunCheck
from mobius_tui.runbook.model.runbook import Runbook
from mobius_tui.runbook.model.runbook_diff import diff_runbooks, part_digest
from mobius_tui.runbook.model.targets import Between, HostRollout, Target
from mobius_tui.runbook.model.templates import uses_host_fields
from mobius_tui.runbook.toml.problem import Problem
from tests.table import each_row

BOOK = """format = {form}
[runbook]
id = "x"
title = "X"
[var.release]
default = "1"
[targets.web]
{target}
[[phase]]
id = "p"
title = "P"
{phase}
[[phase.step]]
id = "go"
title = "Go"
{step}
"""
HEALTH = """
[health]
[[health.probe]]
id = "api"
url = "http://x/"
"""
WEB = 'hosts = ["web-[1:30]"]'
RUN = "hosts = 'web'\nrun = 'echo \"$release\"'\n"


def read(
    step: str = RUN, target: str = WEB, phase: str = "", form: int = 2
) -> tuple[Runbook | None, list[Problem]]:
    """The runbook with such a step and a target, and its errors."""
    data = BOOK.format(form=form, target=target, step=step, phase=phase).encode()
    runbook, problems = decode_runbook(Path("x.toml"), data, lambda name: (name, b""))
    return runbook, [each for each in problems if not each.code]


def errors(
    step: str = RUN, target: str = WEB, phase: str = "", form: int = 2
) -> list[tuple[str, str]]:
    """Where each error is, by its line up to `=`, and what it says."""
    text = BOOK.format(form=form, target=target, step=step, phase=phase).split("\n")
    _, problems = read(step, target, phase, form)
    return [
        (text[each.line - 1].split("=")[0].strip(), each.message) for each in problems
    ]


def rollout(words: str) -> HostRollout:
    """How a step with these keys goes over its hosts."""
    runbook, problems = read(RUN + words)
    assert problems == []
    assert runbook is not None
    found = runbook.steps()[0].rollout
    assert found is not None
    return found


def test_a_target_has_hosts_those_that_go_first_and_a_bound() -> None:
    keys = "title = 'Web'\nfirst = ['web-2']\nat_most = 40\n"
    runbook, problems = read(target=f"{WEB}\n{keys}")
    assert problems == []
    assert runbook is not None
    target = runbook.targets["web"]
    assert target == Target(
        name="web",
        title="Web",
        hosts=("web-[1:30]",),
        first=("web-2",),
        at_most=40,
    )
    assert runbook.target_of(runbook.steps()[0]) == target


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("", HostRollout(target="web")),
        ("become = 'root'", HostRollout(target="web", become="root")),
        (
            "batch = ['1', '25%', '100%']\nparallel = 50\nmax_failed = '5%'",
            HostRollout(
                target="web", batch=("1", "25%", "100%"), parallel=50, max_failed="5%"
            ),
        ),
        ("max_failed = 2", HostRollout(target="web", max_failed="2")),
        (
            "parallel = '${release}'\nmax_failed = '${release}%'",
            HostRollout(target="web", parallel="${release}", max_failed="${release}%"),
        ),
        ("between = 'none'", HostRollout(target="web")),
        ("between = 'person'", HostRollout(target="web", between=Between(person=True))),
        (
            f"between = {{ healthy = '1m', within = '5m' }}{HEALTH}",
            HostRollout(target="web", between=Between(healthy="1m", within="5m")),
        ),
        ("on_unreachable = 'ask'", HostRollout(target="web", on_unreachable="ask")),
        ("engine = 'ansible'", HostRollout(target="web", engine="ansible")),
    ],
)
def test_how_a_step_goes_over_its_hosts(words: str, found: HostRollout) -> None:
    assert rollout(words) == found


def test_a_playbook_is_in_place_of_a_script() -> None:
    runbook, problems = read("hosts = 'web'\nplaybook = 'p.yml'\nvars = ['release']")
    assert problems == []
    assert runbook is not None
    step = runbook.steps()[0]
    assert isinstance(step.action, Run)
    assert (step.action.playbook, step.action.playbook_vars) == ("p.yml", ("release",))
    assert step.rollout == HostRollout(target="web", engine="ansible")


def test_a_check_runs_on_the_host_or_is_made_here_for_each() -> None:
    checks = (
        "check.run = { script = 'true', on = 'host' }\n"
        "check.http = [ 'http://${host.address}/health', 'http://x' ]"
    )
    runbook, problems = read(RUN + checks)
    assert problems == []
    assert runbook is not None
    on_host, each, once = runbook.steps()[0].checks
    assert isinstance(on_host, RunCheck)
    assert on_host.on_host
    assert on_host.condition == "`true` succeeds on each host"
    assert isinstance(each, HttpCheck)
    assert (uses_host_fields(each), uses_host_fields(once)) == (True, False)


@each_row(
    ("target", "place", "words"),
    [
        ("title = 'x'", "[targets.web]", "`hosts` is missing in [targets.web]"),
        ("hosts = []", "hosts", "what is empty never means all of them"),
        ("hosts = ['!web-1']", "hosts", "what is empty never means all of them"),
        ("hosts = ['a', '!a']", "hosts", "no host is left"),
        ("hosts = ['a', 'b', 'A']", "hosts", "`A` is there twice"),
        ("hosts = ['a[1:3]', 'a2']", "hosts", "`a2` is there twice"),
        ("hosts = ['a', '!b']", "hosts", "`b` names no host"),
        ("hosts = ['a[1:3]']\nat_most = 2", "hosts", "3 hosts; `at_most` is 2"),
        ("hosts = ['a[1:1001]']", "hosts", "1001 hosts; `at_most` is 1000"),
        ("hosts = ['a']\nat_most = 1001", "at_most", "a number from 1 to 1000"),
        ("hosts = ['-oProxyCommand=x']", "hosts", "begins with `-`, as options of ssh"),
        ("hosts = ['a b']", "hosts", "'a b' is no name of a host"),
        ("hosts = ['a;reboot']", "hosts", "is no name of a host"),
        ("hosts = ['../../etc']", "hosts", "is no name of a host"),
        ("hosts = ['..']", "hosts", "is no name of a host"),
        ("hosts = ['root@a']", "hosts", "the user is set in ~/.ssh/config"),
        ("hosts = ['a']\nconnect_timeout = '3m'", "connect_timeout", "from 1s to 2m"),
        ("hosts = ['a']\nconnect_timeout = 5", "connect_timeout", "a text"),
        (
            "hosts = ['a']\nconnect_timeout = '${now}s'",
            "connect_timeout",
            "before values",
        ),
        ("hosts = ['a']\ntries = 0", "tries", "a number from 1 to 10"),
        ("hosts = ['a']\nretries = 2", "retries", "here that is `tries`"),
        ("hosts = ['a']\nssh_config = ' '", "ssh_config", "a file of ssh's"),
        ("hosts = ['a']\nproxy_jump = 'b'", "proxy_jump", "here that is `ssh_config`"),
        (
            "hosts = ['a']\nignore_vars = ['x']",
            "ignore_vars",
            "variables of an inventory",
        ),
        ("hosts = ['wéb']", "hosts", "is no name of a host"),
        ("hosts = ['a[3:1]']", "hosts", "it ends before it begins"),
        ("hosts = ['a[1:3:0]']", "hosts", "its step is 0"),
        ("hosts = ['a[x:z]']", "hosts", "a range is [FIRST:LAST]"),
        ("hosts = ['a[1:9999][1:9999]']", "hosts", "more than 10000 names"),
        ("hosts = ['a']\nfirst = ['b']", "hosts", "`b` goes `first`, and is none of"),
        ("hosts = ['a']\nfirst = ['a', 'a']", "first", "`a` goes `first` twice"),
        ("hosts = ['a']\nfirst = ['-a']", "first", "begins with `-`"),
        ("hosts = ['a']\nclaims_in = []", "claims_in", "are 1 to 8 folders"),
        ("hosts = ['a']\nclaims_in = ['~', '~']", "claims_in", "each named once"),
        ("hosts = ['a']\nclaims_in = ['']", "claims_in", "is a list of texts"),
        ("hosts = ['a']\nclaims_in = ['x']", "claims_in", "are folders on the hosts"),
        ("hosts = ['a']\nclaims_in = ['/a/../b']", "claims_in", "are folders on the"),
        ("hosts = ['a']\nclaims_in = ['/a b']", "claims_in", "are folders on the"),
        ("hosts = ['a']\nclaims_in = ['/a*']", "claims_in", "are folders on the"),
        ("hosts = ['a']\nclaims_in = ['~b']", "claims_in", "are folders on the"),
        ("hosts = ['a']\ninventory = ''", "inventory", "is a file, a directory or"),
        ("hosts = ['a']\nport = 1", "port", "here that is in ~/.ssh/config, or in an"),
        ("hosts = ['a']\ncanary = 'a'", "canary", "here that is `first`"),
        ("hosts = ['a']\nhots = 'a'", "hots", "in [targets.web]; did you mean `hosts`"),
    ],
)
def test_a_wrong_target_is_reported_at_its_key(
    target: str, place: str, words: str
) -> None:
    found = errors(target=target)
    assert len(found) == 1
    assert found[0][0] == place
    assert words in found[0][1]


def test_the_folders_for_claims_are_the_homes_unless_they_are_named() -> None:
    runbook, _ = read(RUN)
    assert runbook is not None
    assert runbook.targets["web"].claims_in == ("~",)
    places = "claims_in = ['~/claims', '/dev/shm', '/run/user/1000']"
    assert errors(target=f"hosts = ['a']\n{places}") == []


@pytest.mark.parametrize(
    ("written", "limit"),
    [("", "16MiB"), ("max_output = '1GiB'", "1GiB"), ("max_output = '1MiB'", "1MiB")],
)
def test_a_limit_of_output_that_is_written_is_the_limit(
    written: str, limit: str
) -> None:
    runbook, problems = read(f"{RUN}\n{written}")
    assert problems == []
    assert runbook is not None
    action = runbook.steps()[0].action
    assert isinstance(action, Run)
    assert action.max_output == limit


def test_an_inventory_is_not_read_here() -> None:
    keys = "inventory = 'hosts.ini'\nhosts = ['web', '!db']\nfirst = ['web-1']"
    assert errors(target=keys) == []


@each_row(
    ("step", "place", "words"),
    [
        (RUN + "tty = true", "tty", "a terminal is for one program"),
        (RUN + "outputs = ['x']", "outputs", "each host would overwrite the values"),
        (RUN + "follow = true", "follow", "30 hosts; a step with `follow` has 20"),
        (RUN + "for_each = ['x']", "for_each", "take one of them"),
        (RUN + "undo = 'echo x'", "undo", "write a step of its own with these `hosts`"),
        (RUN + "batch = []", "batch", "`batch` is empty"),
        (RUN + "batch = 2", "batch", 'a list, such as ["1", "25%", "100%"]'),
        (RUN + "batch = ['0']", "batch", "a number of hosts or a share of all"),
        (RUN + "batch = ['0%']", "batch", "a number of hosts or a share of all"),
        (RUN + "batch = ['101%']", "batch", "a number of hosts or a share of all"),
        (RUN + "batch = ['1', '100%', '5']", "batch", "no host is left after 100%"),
        (RUN + "batch = [1]", "batch", "`batch` is a list of texts in quotes"),
        (RUN + "parallel = 51", "parallel", "a number from 1 to 50"),
        (RUN + "parallel = '9'", "parallel", "without quotes, or a variable"),
        (RUN + "parallel = '${n}'", "parallel", "`n` is used and never defined"),
        (RUN + "parallel = '${now}'", "parallel", "takes variables alone, and `now`"),
        (RUN + "parallel = '${host.batch}'", "parallel", "another value for each host"),
        (RUN + "max_failed = '${now}%'", "max_failed", "takes variables alone"),
        (RUN + "parallel = true", "parallel", "a whole number"),
        (RUN + "max_failed = '120%'", "max_failed", "a number of hosts or a share"),
        (RUN + "max_failed = -1", "max_failed", "a number of hosts or a share"),
        (RUN + "between = 'wait'", "between", '"none", "person" or { healthy'),
        (RUN + "between = {}", "between", "`healthy` is missing in `between`"),
        (RUN + "between = { healthy = '9' }", "between", "`healthy` is a duration"),
        (
            RUN + "between = { healthy = '5m', within = '1m' }",
            "between",
            "before 5m of",
        ),
        (RUN + "between = { healthy = '1m' }", "between", "wants a [health] with"),
        (RUN + "between = { healthy = '48h' }", "between", "`healthy` is from 1s to"),
        (RUN + "on_unreachable = 'x'", "on_unreachable", "is one of fail, skip, ask"),
        (RUN + "engine = 'ansible'\nfollow = true", "follow", "before its end"),
        (RUN + "engine = 'salt'", "engine", "is one of ssh, ansible"),
        (RUN + "become = '-u x'", "become", "is the name of a user, such as root"),
        (RUN + "vars = ['release']", "vars", "belongs to a step with `playbook`"),
        (RUN + "title = '${host.name}'", "title", "it is for `env` and checks"),
        (RUN + "env = { A = '${host.x}' }", "env", "is used and never defined"),
        ("run = 'true'\nhosts = 'wab'", "hosts", "no target `wab`; did you mean `web`"),
        ("run = 'true'\nhosts = ''", "hosts", "is the name of a target"),
        ("run = 'true'\nbecome = 'root'", "become", "belongs to a step with `hosts`"),
        ("run = 'true'\nparallel = 2", "parallel", "with `for_each` or `hosts`"),
        ("run = 'true'\nmax_failed = 2", "max_failed", "with `for_each` or `hosts`"),
        ("run = 'true'\nenv = { A = '${host.name}' }", "env", "is of a step with"),
        (
            "run = 'true'\ncheck.run = { script = 'true', on = 'host' }",
            "check.run",
            '`on = "host"` is for a step with `hosts`',
        ),
        ("playbook = 'p.yml'", "playbook", "names its `hosts`, a target"),
        ("hosts = 'web'\nplaybook = '-i'", "playbook", "begins with `-`"),
        ("hosts = 'web'\nplaybook = ' '", "playbook", "is the file of an Ansible"),
        (
            "hosts = 'web'\nplaybook = 'p'\nvars = ['relaese']",
            "vars",
            "never defined; did you mean `release`",
        ),
        ("hosts = 'web'\nplaybook = 'p'\nengine = 'ssh'", "engine", "by Ansible alone"),
        ("hosts = 'web'\nplaybook = 'p'\nshell = ['sh']", "shell", "step with `run`"),
        ("hosts = 'web'\nmanual = 'Do it'", "manual", "done once, by people"),
    ],
)
def test_a_wrong_step_is_reported_at_its_key(step: str, place: str, words: str) -> None:
    step = step if "title" not in step else step.replace("title", "links = [{ title", 1)
    step += ", url = 'http://x' }]" if "links" in step else ""
    found = [each for each in errors(step) if words in each[1]]
    place = "links" if place == "title" else place
    assert [each[0] for each in found] == [place], errors(step)


def test_a_phase_with_steps_side_by_side_has_none_on_hosts() -> None:
    (found,) = errors(phase="parallel = true")
    assert found[0] == "hosts"


def test_all_of_it_is_of_format_2() -> None:
    step = (
        f"{RUN}batch = ['1']\ntimeout = '1m'\n"
        "check.run = { script = 'true', on = 'here' }"
    )
    said = [words for _, words in errors(step, form=1)]
    for key in ("targets", "hosts", "on"):
        assert any(words.startswith(f"`{key}` is of format 2") for words in said)


def test_the_names_of_a_host_are_known_in_scripts_and_texts(tmp_path: Path) -> None:
    step = "hosts = 'web'\nrun = 'echo \"$RUNBOOK_HOST\"'\neffect = 'read'\n"
    text = BOOK.format(form=2, target=WEB, phase="", step=step)
    path = tmp_path / "x.toml"
    path.write_text(text.replace('[var.release]\ndefault = "1"\n', ""))
    runbook, problems = examine(path, thorough=True)
    assert runbook is not None
    assert [each.render() for each in problems] == []


def test_what_changes_is_told_by_the_keys_of_the_file() -> None:
    old, _ = read()
    new, _ = read(f"{RUN}batch = ['1', '100%']", f"{WEB}\nat_most = 50")
    assert old is not None
    assert new is not None
    found = {
        (each.kind, each.part, each.name): each.lines
        for each in diff_runbooks(old, new)
    }
    assert set(found) == {("edited", "target", "web"), ("edited", "step", "go")}
    assert "+at_most = 50" in found["edited", "target", "web"]
    assert "+batch = 1, 100%" in found["edited", "step", "go"]


def test_a_step_may_use_another_with_its_hosts() -> None:
    more = '[[phase.step]]\nuse = "go"\nid = "again"\ntitle = "Again"\nbatch = ["2"]'
    runbook, problems = read(f"{RUN}become = 'root'\nbatch = ['1']\n{more}")
    assert problems == []
    assert runbook is not None
    _, again = runbook.steps()
    assert again.rollout == HostRollout(target="web", become="root", batch=("2",))


def test_targets_of_an_included_file_are_there_and_its_own_count_first() -> None:
    other = b"""format = 2
[targets.web]
hosts = ["other"]
[targets.db]
hosts = ["db-1"]
[[phase]]
id = "more"
title = "More"
[[phase.step]]
run = "uptime"
hosts = "db"
"""
    text = BOOK.format(form=2, target=WEB, phase="", step=RUN)
    data = f'{text}[[phase]]\ninclude = "o.toml#more"\n'.encode()
    runbook, problems = decode_runbook(Path("x.toml"), data, lambda name: (name, other))
    assert [each.message for each in problems if not each.code] == []
    assert runbook is not None
    hosts = {name: target.hosts for name, target in runbook.targets.items()}
    assert hosts == {"web": ("web-[1:30]",), "db": ("db-1",)}


def test_a_step_without_hosts_has_the_digest_that_it_had() -> None:
    runbook, _ = read("run = 'true'\neffect = 'change'\ntimeout = '10m'")
    assert runbook is not None
    assert part_digest(runbook.steps()[0]) == "af7f4e7df3b15857"
