"""What format 2 lets a step leave out, and what it says where that cannot be."""

from __future__ import annotations

import pytest

from mobius_tui.runbook.model.actions import Run
from mobius_tui.runbook.model.runbook import Step
from mobius_tui.runbook.model.runbook_diff import step_digests
from tests.runbook.runbook_texts import Decoded, Pointed

HEAD = """format = 2
[runbook]
title = "Restart the API"
"""
NINE_LINES = (
    HEAD
    + """[[step]]
run = "systemctl status api"
[[step]]
run = "systemctl restart api"
[[step]]
run = "rm -rf /srv/api/cache"
"""
)


def action(step: Step) -> Run:
    assert isinstance(step.action, Run)
    return step.action


def test_three_commands_are_nine_lines(decoded: Decoded) -> None:
    assert NINE_LINES.count("\n") == 9
    runbook = decoded(NINE_LINES)
    assert (runbook.id, runbook.title) == ("restart-the-api", "Restart the API")
    assert [(each.id, each.title) for each in runbook.phases] == [("steps", "Steps")]
    assert [(step.id, step.title) for step in runbook.steps()] == [
        ("systemctl-status-api", "systemctl status api"),
        ("systemctl-restart-api", "systemctl restart api"),
        ("rm-rf-srv-api-cache", "rm -rf /srv/api/cache"),
    ]
    effects = [action(step).effect for step in runbook.steps()]
    assert effects == ["read", "change", "destroy"]
    assert all(action(step).is_judged for step in runbook.steps())


def test_what_is_stated_counts_and_is_no_other_step(decoded: Decoded) -> None:
    """Whoever writes what was judged, or the id that was made, changes nothing."""
    stated = HEAD + (
        "[[step]]\nid = 'systemctl-restart-api'\ntitle = 'systemctl restart api'\n"
        "run = 'systemctl restart api'\neffect = 'change'\n"
    )
    derived = HEAD + "[[step]]\nrun = 'systemctl restart api'\n"
    assert not action(decoded(stated).steps()[0]).is_judged
    assert step_digests(decoded(stated)) == step_digests(decoded(derived))
    heavier = derived + "effect = 'destroy'\n"
    assert action(decoded(heavier).steps()[0]).effect == "destroy"


@pytest.mark.parametrize(
    ("keys", "effect"),
    [
        ("run = 'journalctl -f'\nfollow = true", "read"),
        ("run = 'htop-of-ours'\ntty = true", "read"),  # not known; as in format 1
        ("run = 'sudo systemctl restart x'\ntty = true", "change"),
        ("run = 'our-own-tool'", "change"),  # not known
        ("run = 'our-own-tool'\n[commands]\nour-own-tool = 'read'", "read"),
        ("run = 'print(1)'\nshell = ['python3']", "change"),  # not looked into
    ],
)
def test_what_a_script_is_judged_to_do(
    decoded: Decoded, keys: str, effect: str
) -> None:
    runbook = decoded(f"{HEAD}[[step]]\ntitle = 'S'\n{keys}\n")
    assert action(runbook.steps()[0]).effect == effect


def test_ids_that_titles_make_are_found_by_use_and_needs(decoded: Decoded) -> None:
    runbook = decoded(
        HEAD
        + """
[[phase]]
title = "Look first"
[[phase.step]]
title = "Find the backup"
run = "ls backups"
[[phase]]
title = "Go back"
[[phase.step]]
use = "find-the-backup"
title = "Find it again"
needs = ["find-the-backup"]
on_failure = "look-first"
"""
    )
    assert [each.id for each in runbook.phases] == ["look-first", "go-back"]
    first, second = runbook.steps()
    assert (second.id, second.same_as) == ("find-it-again", first.id)
    assert action(second) == action(first)


PHASE = HEAD + "[[phase]]\ntitle = 'P'\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            f"{HEAD}[[step]]\nrun = 'ls'\n«[[step]]\nrun = 'ls'\n",
            "a second step `ls`; the first is at ",
        ),
        (
            f"{PHASE}[[phase.step]]\n«title = '再起動'\nrun = 'ls'\n",
            "this title has no letter for an `id`: give it one",
        ),
        (
            f"{PHASE}[[phase.step]]\nrun = 'ls'\n[[phase.step]]\n«use = 'ls'\n",
            "a step with `use` wants an `id` or a `title` of its own",
        ),
        (
            f"{PHASE}[[phase.step]]\nrun = 'ls'\n«[[step]]\nrun = 'df'\n",
            "steps outside of phases are for a runbook without [[phase]]",
        ),
        (
            "format = 1\n[runbook]\nid = 'x'\ntitle = 'X'\n«[[step]]\nrun = 'ls'\n",
            "`step` is of format 2",
        ),
        (HEAD.replace("format", "«format"), "a runbook wants at least one [[phase]], "),
    ],
)
def test_what_cannot_be_left_out_is_said(
    pointed: Pointed, text: str, words: str
) -> None:
    (_, said), *_ = pointed(text)
    assert words in said


def test_in_format_1_nothing_is_derived(pointed: Pointed) -> None:
    text = "format = 1\n[runbook]\nid = 'x'\ntitle = 'X'\n[[phase]]\nid = 'p'\n"
    found = pointed(f"{text}title = 'P'\n«[[phase.step]]\nrun = 'ls'\n")
    assert {words for _, words in found} == {
        "`title` is missing in [[phase.step]]",
        "`id` is missing in [[phase.step]]",
    }
