"""A page and the runbook that was finished by hand: where their commands part."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.errors import RunbookError
from mobius_tui.runbook.library.loader import decode_runbook
from mobius_tui.runbook.model.runbook import Runbook
from mobius_tui.runbook.page.convert import convert_page
from mobius_tui.runbook.page.page_drift import (
    ComparedCommand,
    Drift,
    commands_of_runbook,
    find_drift,
)
from mobius_tui.structs import replace
from tests.acceptance.made_pages import pages
from tests.growth import FACTOR, UNEVEN, growth

PAGE = """\
# Restart the web tier

## Look

```bash
kubectl get pods -n web   # who's there
kubectl logs -n web <pod>
```

## Restart

```bash
kubectl drain node-1 \\
  --ignore-daemonsets
systemctl restart web
curl -s http://127.0.0.1/health
```

```bash
./mend --env production
```
"""
BY_HAND = """\
format = 1

[runbook]
id = "web"
title = "The web tier, finished by hand"

[var.pod]
ask = true

[var.env]
default = "production"

[[phase]]
id = "again"
title = "Bring it back"
why = "It says more than the page."

[[phase.step]]
id = "drain"
title = "Drain the node"
effect = "destroy"
run = '''
set -euo pipefail
# one node at a time
kubectl drain  node-1 --ignore-daemonsets
systemctl restart web
echo "at=$(date)" >> "$RUNBOOK_OUTPUT"
'''
outputs = ["at"]
[phase.step.check]
run = "curl -s http://127.0.0.1/health"

[[phase.step]]
id = "mend"
title = "Mend"
run = './mend --env "${env}"'

[[phase]]
id = "look"
title = "Who is there"

[[phase.step]]
id = "pods"
title = "Pods"
effect = "read"
run = "kubectl get pods -n web"

[[phase.step]]
id = "logs"
title = "Logs"
effect = "read"
run = 'kubectl logs -n web "$pod"'

[[phase.step]]
id = "own"
title = "What only we do"
run = '''
# page: none
./tell-the-others
'''

[[phase.step]]
use = "pods"
id = "pods-again"
"""


def of_text(text: str) -> Runbook:
    found, problems = decode_runbook(Path("x.toml"), text.encode(), lambda _: ("", b""))
    assert found is not None, "\n".join(each.render() for each in problems)
    return found


def commands_on(page: str) -> tuple[ComparedCommand, ...]:
    """The commands of a page, as `import` reads it."""
    made = convert_page(page, page_file="p.md", file="p.toml", id_source="p")
    imported = of_text(made.text)
    names = frozenset(imported.variables)
    return tuple(
        replace(each, placeholders=names) for each in commands_of_runbook(imported)
    )


def parted(page: str, runbook: str) -> list[tuple[str, str, str]]:
    """Where they have parted: how, the page's command, the runbook's."""

    def shown(command: ComparedCommand | None) -> str:
        """As it is compared, but that a placeholder has become a variable."""
        return "" if command is None else command.text.replace("<pod>", "$pod")

    found: tuple[Drift, ...] = find_drift(
        commands_on(page), commands_of_runbook(of_text(runbook))
    )
    return [(each.kind, shown(each.page), shown(each.runbook)) for each in found]


def test_what_is_finished_by_hand_has_not_parted() -> None:
    assert parted(PAGE, BY_HAND) == []


@pytest.mark.parametrize(
    ("was", "now", "found"),
    [
        (
            "kubectl get pods",
            "kubectl get nodes",
            ("changed", "kubectl get nodes -n web", "kubectl get pods -n web"),
        ),
        ("systemctl restart web\n", "", ("missing", "", "systemctl restart web")),
        (
            "systemctl",
            "sync\nsystemctl",
            ("new", "sync", ""),
        ),
        (
            "systemctl restart web\n",
            "systemctl restart web\nsystemctl restart web\n",
            ("new", "systemctl restart web", ""),
        ),
        (
            "--env production",
            "--env staging",
            ("changed", "./mend --env staging", "./mend --env $env"),
        ),
        (
            "-n web <pod>",
            "-n db <pod>",
            ("changed", "kubectl logs -n db $pod", "kubectl logs -n web $pod"),
        ),
    ],
)
def test_what_the_page_says_now_is_told(
    was: str, now: str, found: tuple[str, str, str]
) -> None:
    page = PAGE.replace(was, now)
    assert page != PAGE
    assert parted(page, BY_HAND) == [found]


def test_what_only_the_runbook_has_is_missing_unless_it_says_so() -> None:
    runbook = BY_HAND.replace("# page: none\n", "")
    assert parted(PAGE, runbook) == [("missing", "", "./tell-the-others")]


def test_a_step_without_a_phase_ends_where_the_next_one_begins() -> None:
    steps = ["uptime", "sync", "# page: none\n./tell-the-others"]
    runbook = "format = 2\n[runbook]\ntitle = 'X'\n" + "".join(
        f"[[step]]\nid = 's{at}'\ntitle = 'S{at}'\nrun = '''\n{script}\n'''\n"
        for at, script in enumerate(steps)
    )
    needed = [each.is_needed for each in commands_of_runbook(of_text(runbook))]
    assert needed == [True, True, False]


def test_what_the_page_has_and_something_else_does_can_be_said() -> None:
    runbook = BY_HAND.replace("systemctl restart web\n", "./restart-web\n")
    runbook = runbook.replace("# page: none", "# page: systemctl restart web")
    told = [
        ("missing", "", "./restart-web"),
        ("missing", "", "./tell-the-others"),
    ]
    assert parted(PAGE, runbook) == told


def test_a_command_that_was_commented_out_is_gone() -> None:
    runbook = BY_HAND.replace("systemctl restart web\n", "# systemctl restart web\n")
    assert parted(PAGE, runbook) == [("new", "systemctl restart web", "")]


def test_another_order_in_a_phase_is_told_and_of_phases_is_not() -> None:
    first, second = "kubectl drain node-1 \\\n  --ignore-daemonsets\n", "systemctl "
    page = PAGE.replace(first, "").replace(second, f"{first}{second}", 1)
    assert page == PAGE
    page = PAGE.replace(first, "").replace("curl -s", f"{first}curl -s")
    drain, restart = "kubectl drain node-1 --ignore-daemonsets", "systemctl restart web"
    assert parted(page, BY_HAND) in (
        [("order", drain, drain)],
        [("order", restart, restart)],
    )


CONDITIONAL = """\
## Fix

If the primary is down, fence it:

```bash
./fence
```

Then promote the standby:

```bash
./promote
```

Otherwise, restart it:

```bash
./restart
```
"""


def made_of(page: str) -> str:
    return convert_page(page, page_file="p.md", file="p.toml", id_source="p").text


@pytest.mark.parametrize(
    ("was", "now", "parted_at"),
    [
        ("Then promote the standby:", "## Promote", "./promote"),
        ("Otherwise, restart it:", "Then restart it:", "./restart"),
        ("Otherwise, restart it:", "## Restart", "./restart"),
        ("If the primary is down, fence it:", "Fence it:", "./fence"),
    ],
)
def test_another_condition_is_told(was: str, now: str, parted_at: str) -> None:
    """Whichever of the two has the condition."""
    other = CONDITIONAL.replace(was, now)
    assert parted(CONDITIONAL, made_of(CONDITIONAL)) == []
    found = [("condition", parted_at, parted_at)]
    assert found[0] in parted(CONDITIONAL, made_of(other))
    assert found[0] in parted(other, made_of(CONDITIONAL))


def test_a_condition_of_the_runbooks_own_can_be_said() -> None:
    always = CONDITIONAL.replace("If the primary is down, fence it:", "Fence it:")
    made = made_of(CONDITIONAL)
    own = made.replace("./fence", "# page: when\n./fence")
    own = own.replace("./promote", "# page: when\n./promote")
    assert own.count("# page: when") == 2
    assert ("condition", "./fence", "./fence") in parted(always, made)
    assert ("condition", "./fence", "./fence") not in parted(always, own)


def test_another_order_is_told_though_the_runbook_parts_the_phase() -> None:
    page = "## Fix\n\n```bash\n./first\n./second\n```\n"
    phases = [
        f"[[phase]]\ntitle = '{name}'\n[[phase.step]]\nid = '{name}-it'\n"
        f"title = 'T'\nrun = './{name}'\n"
        for name in ("first", "second")
    ]
    head = "format = 2\n[runbook]\ntitle = 'X'\n"
    assert parted(page, head + "".join(phases)) == []
    assert [kind for kind, *_ in parted(page, head + "".join(phases[::-1]))] == [
        "order"
    ]


def test_a_step_can_become_what_a_person_does() -> None:
    run = "run = 'kubectl logs -n web \"$pod\"'"
    manual = "manual = '''\nAt the console:\nkubectl logs -n web POD\n'''"
    runbook = BY_HAND.replace(run, manual).replace('"read"\nmanual', '"x"\nmanual')
    runbook = runbook.replace('effect = "x"\n', "")
    assert parted(PAGE, runbook.replace("[var.pod]\nask = true\n", "")) == []


def test_a_variable_of_the_page_may_be_called_otherwise_or_be_filled_in() -> None:
    on_page = ComparedCommand(
        text="ssh $host-name -p $port",
        shown="x",
        placeholders=frozenset({"host", "port"}),
    )
    for text in (
        *("ssh $node-name -p 22", 'ssh "a b"-name -p $port'),
        "ssh <your host>-name -p <port>",
    ):
        assert on_page.matches_command(ComparedCommand(text=text, shown="x")), text
    for text in ("ssh $node -p 22", "ssh a b-name -p 22", "ssh $node-name -p"):
        assert not on_page.matches_command(ComparedCommand(text=text, shown="x")), text


def test_a_page_agrees_with_what_was_just_made_of_it() -> None:
    read = 0
    for name, page in pages(60, 3):
        try:
            made = convert_page(page, page_file=name, file="x.toml", id_source="x")
        except RunbookError:
            continue
        read += 1
        assert parted(page, made.text) == [], name
    assert read > 50


def test_a_page_of_nothing_but_changes_is_soon_done_with() -> None:
    def compared(count: int) -> None:
        many = {
            word: [
                ComparedCommand(text=f"{word} {at} <x> <y>", shown=word, phase=0)
                for at in range(count)
            ]
            for word in "ab"
        }
        assert len(find_drift(many["a"], many["b"])) in (count, 2 * count)

    # Each is held against each of the other side once.
    assert growth(compared, 600) < FACTOR * UNEVEN
