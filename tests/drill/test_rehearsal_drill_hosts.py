"""Which hosts of a runbook sites play in a drill."""

from __future__ import annotations

import pytest

from mobius_tui.drill.rehearsal import DrillHosts, choose_drill_hosts
from mobius_tui.errors import UsageError
from mobius_tui.runbook.model.runbook import Runbook
from tests.conftest import MakeRunbook

STEP = '[[step]]\nrun = "true"\neffect = "read"\n'
MANY = ",".join(f"web-{n}" for n in range(1, 6))


def book(make_runbook: MakeRunbook, **targets: str) -> Runbook:
    steps = (
        "".join(f'{STEP}title = "On {name}"\nhosts = "{name}"\n' for name in targets)
        or STEP
    )
    text = "".join(f"[targets.{n}]\n{each}\n" for n, each in targets.items())
    head = 'format = 2\n[runbook]\nid = "own"\ntitle = "T"\n'
    return make_runbook(f"{head}{text}{steps}")


def test_the_first_hosts_are_played_and_the_run_is_limited_to_them(
    make_runbook: MakeRunbook,
) -> None:
    web = book(make_runbook, web='hosts = ["web-[1:9]"]\nfirst = ["web-4"]')
    chosen = choose_drill_hosts(web, 2)
    assert chosen == DrillHosts(names=("web-4", "web-1"), limit="web-4,web-1")
    assert len(choose_drill_hosts(web, None).names) == 5
    assert choose_drill_hosts(web, 9).limit == ""
    both = book(make_runbook, a='hosts = ["a"]', b='hosts = ["b[1:3]"]')
    assert choose_drill_hosts(both, None).names == ("a", "b1", "b2", "b3")


def test_a_runbook_without_hosts_has_one_site(make_runbook: MakeRunbook) -> None:
    plain = book(make_runbook)
    assert choose_drill_hosts(plain, None) == DrillHosts()
    with pytest.raises(UsageError, match="--hosts 3: all steps of own run on this"):
        choose_drill_hosts(plain, 3)


@pytest.mark.parametrize(
    ("targets", "count", "words"),
    [
        ({"web": 'hosts = ["web-[1:3]"]'}, 4, "--hosts 4: own has 3 of them"),
        ({"web": 'hosts = ["all"]\ninventory = "x.ini"'}, None, "hosts from x.ini"),
        ({"a": 'hosts = ["a"]', "b": 'hosts = ["b[1:3]"]'}, 2, "of 4 hosts"),
        ({"a": 'hosts = ["a"]', "b": 'hosts = ["b[1:30]"]'}, None, "and 20 at most"),
    ],
)
def test_what_cannot_be_played_is_said(
    make_runbook: MakeRunbook, targets: dict[str, str], count: int, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        choose_drill_hosts(book(make_runbook, **targets), count)


def test_what_goes_by_ansible_reaches_no_real_host(make_runbook: MakeRunbook) -> None:
    head = 'format = 2\n[runbook]\nid = "own"\ntitle = "T"\n'
    web = '[targets.web]\nhosts = ["a", "b"]\n[[step]]\ntitle = "Play"\nhosts = "web"\n'
    for way in ('playbook = "p.yml"', 'run = "true"\nengine = "ansible"'):
        with pytest.raises(UsageError, match="Play goes to its hosts by Ansible"):
            choose_drill_hosts(make_runbook(f"{head}{web}{way}\n"), None)
