"""What a page says is done only on a condition, or not at all."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from mobius_tui.runbook.library.loader import examine
from mobius_tui.runbook.model.actions import Choose, Manual, Run
from mobius_tui.runbook.model.runbook import Runbook, Step
from mobius_tui.runbook.page.convert import draft_runbook
from mobius_tui.runbook.page.page_parser import parse_page
from mobius_tui.runbook.page.ruled_text import sentences_of
from mobius_tui.runbook.page.sentence_rules import ruled
from tests.runbook.page.imported import imported, lost, scripts
from tests.table import each_row

FENCE = "```bash\n{}\n```\n"


def page_of(*blocks: str) -> str:
    """A page of one section: sentences, and commands in backticks."""
    rows = (
        FENCE.format(each.strip("`")) if each[0] == "`" else f"{each}\n"
        for each in blocks
    )
    return "# T\n\n## Fix\n\n" + "\n".join(rows)


def with_answers(book: Runbook, *answers: str) -> list[str]:
    """The scripts that a run comes to, on the main line, with these answers.

    Args:
        book: the runbook.
        answers: one for each decision, in their order.
    """
    left, values, found = [*answers], dict[str, str](), list[str]()
    for step in (s for phase in book.phases if not phase.aside for s in phase.steps):
        if not all(values.get(var) in texts for var, texts in step.when.items()):
            continue
        match step.action:
            case Choose() as action:
                answer = left.pop(0)
                assert answer in [option.value for option in action.options]
                values[action.var] = answer
            case Run():
                found.append(step.action.script.strip())
            case _:
                pass
    assert not left
    return found


def explained(page: str, text: str) -> list[str]:
    """The rules that the explanation of an import names for a text."""
    parts = draft_runbook(parse_page(page)).parts
    words = text.replace("`", "")
    return [
        rule for part in parts if part.words == words for rule in part.rules if rule
    ]


def decisions(book: Runbook) -> list[tuple[str, list[str]]]:
    """The title and the values of each decision."""
    return [
        (step.title, [option.value for option in step.action.options])
        for step in book.steps()
        if isinstance(step.action, Choose)
    ]


def test_what_follows_a_condition_goes_with_it() -> None:
    page = page_of(
        *("If the primary is down, fence it:", "`fence`"),
        *("Then promote the standby:", "`promote`"),
    )
    _, book = imported(page)
    assert decisions(book) == [("The primary is down?", ["yes", "no"])]
    assert with_answers(book, "yes") == ["fence", "promote"]
    assert with_answers(book, "no") == []
    assert lost(page) == []


def test_what_has_words_of_its_own_may_be_for_everybody_and_that_is_asked() -> None:
    page = page_of(
        *("Look:", "`look`", "If it hangs, stop it:", "`stop`", "`clean`"),
        *("Start the writer:", "`start`"),
    )
    _, book = imported(page)
    assert decisions(book) == [("It hangs?", ["yes", "no", "no-and-on"])]
    assert with_answers(book, "yes") == ["look", "stop", "clean", "start"]
    assert with_answers(book, "no") == ["look"]
    assert with_answers(book, "no-and-on") == ["look", "start"]


@pytest.mark.parametrize("indent", ["   ", ""])
def test_a_numbered_list_is_not_torn(indent: str) -> None:
    items = (
        ("If the disk is full, stop the writer:", "stop"),
        ("Then remove the old segments:", "remove"),
        ("Start the writer:", "start"),
    )
    rows = [
        f"{at}. {text}\n\n{indent}```sh\n{indent}{command}\n{indent}```\n"
        for at, (text, command) in enumerate(items, 1)
    ]
    _, book = imported("## Fix\n\n" + "\n".join(rows))
    assert with_answers(book, "yes") == ["stop", "remove", "start"]
    assert with_answers(book, "no") == []
    led = "## Fix\n\nIf the disk is full:\n\n" + "\n".join(rows[2:]).replace("3.", "1.")
    _, book = imported(led + "\n2. Verify it:\n\n   ```sh\n   verify\n   ```\n")
    assert with_answers(book, "yes") == ["start", "verify"]
    assert with_answers(book, "no") == []


def test_otherwise_is_the_other_way() -> None:
    blocks = (
        *("If a backup exists, restore it:", "`restore`"),
        *("Otherwise, rebuild it:", "`rebuild`"),
    )
    _, book = imported(page_of(*blocks) + "\n## Verify\n\n" + FENCE.format("verify"))
    assert decisions(book) == [("A backup exists?", ["yes", "otherwise"])]
    assert with_answers(book, "yes") == ["restore", "verify"]
    assert with_answers(book, "otherwise") == ["rebuild", "verify"]
    _, book = imported(page_of(*blocks, "Format the disk:", "`format`"))
    assert with_answers(book, "yes") == ["restore"]
    assert with_answers(book, "otherwise") == ["rebuild", "format"]
    assert with_answers(book, "yes-and-on") == ["restore", "format"]


@pytest.mark.parametrize(
    "text",
    [
        "If the data is expendable, it is gone. There are several ways, for example:",
        "If the pods hang, memory is short. More of it helps.",
        "Look at them. If you need no backup, wipe it:",
        "This step is only needed with the old release. Run it:",
        "Restart it if the pod is stuck.",
        "If you want to restrict it. You may install it so:",
        "Wipe it, unless you plan to use it again:",
    ],
)
def test_a_condition_within_a_paragraph_is_one(text: str) -> None:
    _, book = imported(page_of(text, "`wipe`"))
    assert with_answers(book, "yes") == ["wipe"]
    assert with_answers(book, "no") == []


def test_an_advice_is_no_condition_of_what_follows() -> None:
    page = page_of("If you are unsure, ask the lead.", "Restart it:", "`restart`")
    assert with_answers(imported(page)[1]) == ["restart"]


def test_headings_that_are_conditions_are_asked_there() -> None:
    page = "# T\n\n## Look\n\n```sh\na\n```\n\n"
    page += "## If a backup exists\n\n```sh\nb\n```\n\n### Then\n\n```sh\nc\n```\n\n"
    page += "## Otherwise\n\n```sh\nd\n```\n\n## Verify\n\n```sh\ne\n```\n"
    _, book = imported(page)
    assert not any(phase.aside for phase in book.phases)
    assert with_answers(book, "yes") == ["a", "b", "c", "e"]
    assert with_answers(book, "otherwise") == ["a", "d", "e"]
    assert lost(page) == []


def test_a_step_that_fails_leads_to_what_the_page_says_then() -> None:
    blocks = ("Test it:", "`test`", "If that fails, restore it:", "`restore`")
    _, book = imported(page_of(*blocks))
    main, aside = book.phases
    assert (aside.aside, aside.attended) == (True, True)
    assert [step.on_failure for step in main.steps] == [aside.id]
    _, book = imported(page_of(*blocks, "Reload it:", "`reload`"))
    (phase,) = book.phases
    assert phase.steps[0].on_failure == "continue"
    assert with_answers(book, "no-and-on") == ["test", "reload"]


def test_a_condition_for_which_the_page_skips_is_the_other_way_round() -> None:
    page = page_of(
        "If it is already installed, skip this step.", "`install`", "Start:", "`start`"
    )
    _, book = imported(page)
    assert with_answers(book, "no") == ["install", "start"]
    assert with_answers(book, "yes") == []
    assert with_answers(book, "yes-and-on") == ["start"]


def test_what_a_page_warns_of_or_tells_is_no_step() -> None:
    page = page_of(
        *("The outage was caused by somebody who ran:", "`drop-all`"),
        *("Do not run this:", "`rm -rf /var/lib/pgsql`"),
        *("Never restart the primary like this:", "`systemctl restart pg`"),
        *("- Never run `kubectl delete ns prod`", "Look:", "`look`"),
    )
    text, book = imported(page)
    assert scripts(book) == ["look\n"]
    assert "```bash\nrm -rf /var/lib/pgsql\n```" in text
    assert lost(page) == []


@pytest.mark.parametrize(
    "lead",
    [
        "Do not forget to run:",
        "Do not use `a`, use this instead:",
        "We run this for each of them:",
        "The following command automatically finds them and deletes them:",
        "Do not do that twice.",
    ],
)
def test_a_command_is_not_lost_to_a_word(lead: str) -> None:
    assert scripts(imported(page_of(lead, "`look`"))[1]) == ["look\n"]


def test_what_a_system_does_by_itself_is_nothing_to_tick() -> None:
    items = "- Stop the primary\n- Delete the data\n- Promote the standby"
    text = "The operator will do the following automatically:"
    page = f"## A\n\n{text}\n\n{items}\n\n## Look\n\n{FENCE.format('ls')}"
    _, book = imported(page)
    assert [step.title for step in book.steps()] == ["Look"]
    assert items in book.summary
    by_hand = page.replace(text, "Do the following:")
    manual = [s for s in imported(by_hand)[1].steps() if isinstance(s.action, Manual)]
    assert len(manual) == 3


def test_what_may_be_left_out_is_optional() -> None:
    page = page_of("(Optional) drop the cache:", "`drop`", "Look:", "`look`")
    _, book = imported(page)
    assert [step.optional for step in book.steps()] == [True, False]
    _, book = imported("- [ ] Update the status page if applicable\n- [ ] Look\n")
    assert decisions(book) == []
    blocks = ("Make it:", "`make`", "Use it:", "`use`")
    for page in (
        page_of(*blocks).replace("## Fix", "## Check it (Optional)"),
        page_of("Optionally, users can make a map.", *blocks),
    ):
        assert all(step.optional for step in imported(page)[1].steps())
    for text in (
        "If unsure, take all of them. Some are large.",
        "First install it. Optionally you can try it. Then you can go on with:",
    ):
        page = page_of(text, *blocks)
        assert not any(step.optional for step in imported(page)[1].steps())


def test_what_deletes_what_the_page_makes_is_an_aside() -> None:
    titles = ("Create", "Deleting your cluster", "Verify")
    pages = [f"## {title}\n\n{FENCE.format('a')}" for title in titles]
    _, book = imported("# T\n\n" + "\n".join(pages))
    assert [phase.aside for phase in book.phases] == [False, True, False]
    _, book = imported("# T\n\n" + "\n".join(pages[1:]))
    assert not any(phase.aside for phase in book.phases)
    _, book = imported("# Deleting things\n\n" + "\n".join(pages))
    assert not any(phase.aside for phase in book.phases)


@each_row(
    ("sentence", "rule"),
    [
        ("If nginx -t fails, restore the file:", "failure"),
        ("If it is not ready, restart it:", "condition"),
        ("When the pods crash, delete them:", "condition"),
        ("Otherwise, restore it:", "otherwise"),
        ("Restart it if it is stuck:", "condition"),
        ("Only do this when the cluster is lost:", "condition"),
        ("Do not run this unless the cluster is lost:", "condition"),
        ("If the new node is healthy, drain the old one:", "condition"),
        ("If you already have it, skip this step.", "skip"),
        ("Check if the pod runs:", ""),
        ("If all is well, go on:", "went-well"),
        ("If there are no errors, go on:", "went-well"),
        ("When the pods are ready, go on:", ""),
        ("As soon as you issue the copy, its state is shown by:", ""),
        ("And if we insert a row into it:", "walk-through"),
        ("If installing elsewhere, replace the name in:", "other-value"),
        ("If you are unsure, ask the lead.", "remark"),
        ("Restart it if it is stuck.", "remark"),
        ("Then promote it:", "goes-on"),
        ("For example, if a pod hangs, delete it.", "remark"),
        ("For example, if a pod hangs, delete it:", "condition"),
        ("Otherwise we risk the quorum:", "remark"),
        ("Otherwise the volume will be lost, restore it:", "otherwise"),
        ("Add memory (use a hotplug if supported, else restart):", ""),
        ("Run this on the node or inside the container (if it is one):", ""),
        ("Restart it (if it hangs):", "condition"),
        ("Restart it (do this only if it hangs):", "condition"),
        ("If the user creates a backup by a command like:", "walk-through"),
        ("For example, if the user uses this command:", "walk-through"),
        ("If you curl that address:", "walk-through"),
        ("If we were to watch from 8:", "walk-through"),
        ("An operator ran this by mistake:", "narrated"),
        ("You should never run this:", "prohibited"),
        ("As soon as traffic is sent issue the commands:", ""),
        ("And if we pipe it to a file, we should once again see it:", "walk-through"),
        ("If you list them you should see that there are three:", "walk-through"),
        ("If it is up, restart it, otherwise delete it.", "remark"),
        ("Change the file, but not the version (unless it is old), and run:", ""),
        ("Run a (if it is old) or b (if it is new):", ""),
        ("Create a bucket (if you have none) for the state:", "condition"),
        ("We recommend 8.0 if your system has a package of it:", "remark"),
        ("Restore it by the command below, we can map it if we want to:", "remark"),
        ("Delete the pod and its volume, if asked for, in order to move it:", ""),
        ("If the pool is there already go to Step 4 to make a class.", "skip"),
        ("If it is installed, go to the next step.", "skip"),
        ("In any other environment:", "otherwise"),
        ("Edit it, and add the label, if needed.", "remark"),
        ("Restart it if needed.", "optional"),
        ("Verifying if you have access:", ""),
        ("Ensure that it is only chosen if all others are gone:", ""),
        ("If we do not set it by default its value will be no.", "remark"),
        ("If it is full it will be needed to delete a part.", "condition"),
        ("If not set the default value will be used.", "remark"),
        (
            "If it is older, use `b` instead of `a` in the snippets above:",
            "other-value",
        ),
        ("You can only run this change successfully once.", ""),
        ("Only run this on the primary:", "condition"),
        (
            "Restart it (this finds it, and deletes it, if you know its name, do so):",
            "",
        ),
        ("If it was made, the first pool below does not need to be made.", "remark"),
        ("If you have it, you do not need to install it:", "skip"),
        ("If you have it, you do not need to take any action.", "remark"),
        ("When asking twice, the key can come optionally from it:", "optional"),
        (
            "For Rancher, if the system used is Rancher, enable the service:",
            "condition",
        ),
        (
            "When we start it, the member will exit by itself if it was removed:",
            "remark",
        ),
    ],
)
def test_each_rule_has_a_name(sentence: str, rule: str) -> None:
    assert ruled(sentence).rule == rule


@pytest.mark.parametrize(
    "text",
    [
        "Look at it. If you pass no id, one will be generated.",
        "Delete it. If it fails, that is caused by an older release.",
        "If there are more members, the extra ones will be left (../with/).",
        "Turn it into a file. If you have none, get it as described in its manual:",
        "First remove the member. Otherwise we risk the quorum:",
        "To see it, use the following command. If it fails, look at the log by `log`:",
        "Restore it with the command below. If no map is given, it goes to the source.",
        "In this example, we map a node. If it is to listen twice, give both of them.",
        "If you prefer b instead, feel free to! To generate a pair with a, run:",
        "If no file is given, the default will be used. To change the size, run:",
        "If you use a chart, the way is the same. For the program, install it again:",
        "Open a console of the app. For example, if the app is x, open one on x.",
        "Edit it in the folder, if there is one, otherwise make one. Then see this:",
        "Run the program to deploy it. If this is new, this command will also make it.",
        "If you do not see that line, you are vulnerable.",
        "Have the right one of it. If you have none, see the guide (a/b.md).",
        "If you are on the first path then routes displays the traffic. For example:",
        "If it is configured, the class will be used. See the manual for more.",
        "For a member of another size you will get an error if you try:",
        "After it there is no way back. If you tag it later, you must count on.",
        "Back up the whole. If others run there, we can exclude them using labels:",
        "It tells how it is. If it returns `true`, then the cluster is healthy.",
        "If there is one, the first pool below (root) does not need to be made again.",
    ],
)
def test_what_a_page_only_mentions_guards_no_code(text: str) -> None:
    assert not any(each.asks for each in sentences_of(text, is_before_code=True))


@pytest.mark.parametrize(
    "text",
    [
        "If the pods are stuck, deleting them will help.",
        "If the disk is full, the following is needed:",
        "If you have no generator, install it as described in its manual:",
        "If it is lost, the volume is restored by running:",
        "Look at it. If it is lost, restore it as shown in the following example:",
        "If it is not there, you need to make it. You can do that by the program, as:",
        "If you agree with it, apply it to the site. You will be asked to type yes.",
        "If the name is missing, the package may be missing, too. To install it:",
        "If it is not enabled you will need to enable it. You can execute this once:",
        "If you are in Europe, update the settings. Open the file. Change the line:",
        "If it hangs, memory is short. See the manual. More of it helps.",
        "If the table is large, it will be rejected. You may override that by:",
        "There are defaults, but if you want another one, you can set it by:",
        "Optionally, if you want to remove them, you can use this:",
        "If you use the program, then it will take care of it. You just need to run:",
        "Plug it in. If it is a card, insert it and use a command similar to this:",
        "If you then use the new one, restart it:",
        'If you see err="... i/o timeout" or err="... EOF":',
    ],
)
def test_a_condition_of_code_stays_one(text: str) -> None:
    assert any(each.asks for each in sentences_of(text, is_before_code=True))


@pytest.mark.parametrize(
    ("sentence", "clause"),
    [
        ("Optionally, if you want to remove them, use this:", "remove them"),
        ("Otherwise, if it runs locally, forward it:", "runs locally"),
        ("However, if you know its name, delete it:", "know its name"),
        ("If it is no pod, or if it is one of two, stop it:", "one of two"),
        ("If pods show A, high load, or slow starts in it, stop them:", "in it"),
        ("If the output says, as above, that it is off, then turn it on:", "it is off"),
        ("If a: always is set in it, you can update it by:", "set in it"),
        ("If the disk is full, stop it, clear it, and start it:", "is full"),
        ("If the file is xfs, you can mount it, then expand it:", "is xfs"),
    ],
)
def test_a_clause_ends_where_its_consequence_begins(sentence: str, clause: str) -> None:
    assert ruled(sentence).clause.endswith(clause)


def test_a_question_is_whole() -> None:
    leads = {
        "If it is not live and if it is not to move, stop it:": "It is not live and if "
        "it is not to move?",
        "If the [tool](https://example.com/a/b/c/d/e/f) is installed, use it:": "The "
        "tool is installed?",
        "Read the notes. If there are, edit the file:": "If there are, edit the file?",
    }
    for lead, title in leads.items():
        assert decisions(imported(page_of(lead, "`x`"))[1])[0][0] == title


def test_code_that_shows_whether_a_condition_holds_comes_before_it() -> None:
    page = page_of(
        "If there is no default class, you must set one. You can list the classes by:",
        *("`list`", "Set it:", "`set`"),
    )
    _, book = imported(page)
    assert with_answers(book, "yes") == ["list", "set"]
    assert with_answers(book, "no") == ["list"]
    lead = "If no version is shown when you run the following commands, stop here:"
    _, book = imported(page_of(lead, "`version`", "`next`"))
    assert with_answers(book, "yes")[0] == with_answers(book, "no")[0] == "version"


def test_behind_a_condition_that_is_told_whole_can_be_gone_on() -> None:
    for page in (
        page_of("If there are any, edit the file. Then you can use:", "`use`"),
        page_of(
            "If you downloaded it, rename it.", "Once you have it, run it:", "`use`"
        ),
        page_of("If the settings changed, update them.", "In general:", "`use`"),
        page_of("If you use no gateway you can tell it so.", "1. Create it:", "`use`"),
    ):
        _, book = imported(page)
        assert with_answers(book, "yes") == ["use"], page
        assert with_answers(book, "no-and-on") == ["use"], page
        assert with_answers(book, "no") == [], page


def test_a_condition_of_one_step_leaves_the_next_to_everybody() -> None:
    blocks = ("Create a bucket (if you have none) for the state:", "`bucket`")
    _, book = imported(page_of(*blocks, "Then name it:", "`name`"))
    assert decisions(book)[0][0] == "You have none?"
    assert with_answers(book, "yes") == ["bucket", "name"]
    assert with_answers(book, "no-and-on") == ["name"]


def test_code_of_the_program_that_a_condition_names_waits_for_it() -> None:
    lead = "If you use site-installer, then it will take care of the old release."
    _, book = imported(page_of(lead, "`./site-installer deploy`"))
    assert with_answers(book, "no") == []
    _, book = imported(page_of(lead, "`other-installer deploy`"))
    assert with_answers(book) == ["other-installer deploy"]


def test_a_text_above_code_has_words_of_its_own_whatever_they_are() -> None:
    blocks = ("If none runs, start one:", "`start`", "With one, all is well.", "`use`")
    _, book = imported(page_of(*blocks))
    assert with_answers(book, "yes") == ["start", "use"]
    assert with_answers(book, "no-and-on") == ["use"]


def test_both_ways_of_one_sentence_are_ways() -> None:
    _, book = imported(page_of("If it is up, use the page, otherwise run:", "`run`"))
    assert with_answers(book, "yes") == []
    assert with_answers(book, "otherwise") == ["run"]
    same = "If it is now then look at it, otherwise wait, and we can look at the same:"
    assert with_answers(imported(page_of(same, "`look`"))[1]) == ["look"]


STEPS = """\
1. Look:

   ```sh
   look
   ```
2. Configure it. {condition}

   ```sh
   configure
   ```
3. Start it:

   ```sh
   start
   ```
4. Verify it:

   ```sh
   verify
   ```
"""


@pytest.mark.parametrize(
    ("condition", "answer", "skipped"),
    [
        ("If it is configured already go to step 4.", "yes", ["configure", "start"]),
        ("If it is configured, continue with Step 4.", "yes", ["configure", "start"]),
        ("If it is configured, go to the next step.", "yes", ["configure"]),
        ("If it is configured already go to step 4.", "no", []),
    ],
)
def test_a_page_goes_on_at_the_step_that_it_names(
    condition: str, answer: str, skipped: list[str]
) -> None:
    _, book = imported("# T\n\n## Fix\n\n" + STEPS.format(condition=condition))
    everything = ["look", "configure", "start", "verify"]
    left = [each for each in everything if each not in skipped]
    assert with_answers(book, answer) == left


def test_what_is_asked_within_an_item_is_over_with_it() -> None:
    note = "If you get an error, wait a minute, then run it again:"
    code = "\n\n   ```sh\n   again\n   ```"
    page = "# T\n\n## Fix\n\n" + STEPS.format(condition=f"\n\n   {note}{code}")
    _, book = imported(page)
    assert with_answers(book, "no") == ["look", "start", "verify"]


def test_tabs_are_the_ways_of_a_choice_that_is_told() -> None:
    page = "# T\n\n## Get\n\nIf you have a key, take A. Otherwise, take B.\n\n"
    page += '=== "A"\n\n    ```sh\n    a\n    ```\n\n'
    page += '=== "B"\n\n    ```sh\n    b\n    ```\n\nLoad it:\n\n```sh\nload\n```\n'
    _, book = imported(page)
    assert with_answers(book, "a") == ["a", "load"]
    assert with_answers(book, "b") == ["b", "load"]


def test_a_note_between_a_lead_and_its_code_guards_nothing() -> None:
    page = page_of("Look at it:", "Note: If there are two, pick the older.", "`look`")
    _, book = imported(page)
    assert with_answers(book) == ["look"]
    assert lost(page) == []


def test_what_a_text_shows_is_done_and_the_rest_is_not_only_for_it() -> None:
    item = (
        "1. Set it:\n\n   ```sh\n   set\n   ```\n\n   If it has no such key, add:\n\n"
    )
    page = f"# T\n\n## A\n\n{item}   ```toml\n   key = 1\n   ```\n\n"
    page += "   Restart it after that change:\n\n   ```sh\n   restart\n   ```\n"
    _, book = imported(page)
    assert with_answers(book, "no-and-on") == ["set", "restart"]


def test_an_example_is_asked_by_its_condition() -> None:
    condition = ruled("For example, if you want a copy of it, label it:")
    assert condition.clause == "if you want a copy of it"


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("If you use b, write it there instead:", "cp x b"),
        ("It takes all. If you want to keep b, set a flag:", "cp --no-clobber x a"),
        ("If you need version 4, use:", "cp x a/v4"),
    ],
)
def test_what_is_run_instead_is_the_other_way(text: str, other: str) -> None:
    page = page_of("Copy it:", "`cp x a`", text, f"`{other}`", "Look:", "`look`")
    _, book = imported(page)
    assert with_answers(book, "no-and-on") == ["cp x a", "look"]
    assert with_answers(book, "yes") == [other, "look"]
    assert explained(page, text) == ["condition", "instead"]


def test_each_of_several_variants_is_run_instead() -> None:
    page = page_of("Make it:", "`make a`", "If you want no c:", "`make a --c`")
    page += "If you want no d:\n\n" + FENCE.format("make a --d")
    _, book = imported(page)
    assert with_answers(book, "no", "no") == ["make a"]
    assert with_answers(book, "yes", "no") == ["make a --c"]
    assert with_answers(book, "no", "yes") == ["make a --d"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("If you see an error, run it with a flag:", "make a --force"),
        ("If it fails, run this instead:", "make b"),
        ("If you want b, too, make it:", "make b"),
        ("If you want to look, list it:", "ls --all"),
    ],
)
def test_what_is_run_besides_leaves_the_command_before_to_everybody(
    text: str, code: str
) -> None:
    page = page_of("Make it:", "`make a`", text, f"`{code}`")
    _, book = imported(page)
    assert with_answers(book, *["no"][: len(decisions(book))])[0] == "make a"
    assert not next(step for step in book.steps() if isinstance(step.action, Run)).when


def test_an_example_alone_goes_with_the_condition_above_it() -> None:
    page = page_of("If there is no context, create one.", "`make NAME`", "Example:")
    page += FENCE.format("make a") + "\nSet the one that you have:\n\n"
    page += FENCE.format("set a")
    _, book = imported(page)
    assert with_answers(book, "no-and-on") == ["set a"]
    assert with_answers(book, "yes") == ["make NAME", "make a", "set a"]
    assert explained(page, "Example:") == ["goes-on"]


def test_what_comes_before_the_steps_below_leaves_them_to_everybody() -> None:
    text = "If there is a second, it must be created before running the steps below."
    page = page_of(text, "`create`", "This helps you to find it.", "`ls x`")
    _, book = imported(page)
    assert with_answers(book, "no-and-on") == ["ls x"]
    assert with_answers(book, "yes") == ["create", "ls x"]


def test_steps_below_an_item_are_those_of_its_condition() -> None:
    text = "If these labels are not present, continue with the steps below."
    page = f"# T\n\n## Fix\n\n1. Look at the labels.\n\n   {text}\n\n"
    page += "2. List:\n\n   ```sh\n   list\n   ```\n\n3. See:\n\n"
    page += "   ```sh\n   see\n   ```\n"
    _, book = imported(page)
    assert with_answers(book, "no") == []
    assert with_answers(book, "yes") == ["list", "see"]


def test_a_condition_of_what_was_done_is_within_its_condition() -> None:
    text = "This will leave out the role. If you have it already, delete it:"
    page = page_of("If you want less, install:", "`install`", text, "`delete`")
    page += "To confirm:\n\n" + FENCE.format("confirm")
    _, book = imported(page)
    assert with_answers(book, "no") == []
    assert with_answers(book, "no-and-on") == ["confirm"]
    assert with_answers(book, "yes", "yes") == ["install", "delete", "confirm"]
    assert explained(page, text) == ["condition", "within"]


@pytest.mark.parametrize(
    "text",
    [
        "If you install from a repository you can give a version.",
        "If you install from a repository, you can give a version.",
    ],
)
def test_what_may_be_given_guards_only_code_that_gives_it(text: str) -> None:
    assert not decisions(imported(page_of(text, "`pip install app`"))[1])
    book = imported(page_of(text, "`pip install app --version 2`"))[1]
    assert len(decisions(book)) == 1


CONDITIONS = (
    *(
        "If the disk is full, stop it:",
        "If you use it, stop it:",
        "Otherwise, stop it:",
    ),
    *("Only do this when it is lost:", "Unless it runs, stop it:", "In case of doubt:"),
    *("When the primary is down, stop it:", "Stop it if it hangs:"),
)
PLAIN = ("Look:", "Then look:", "Restart it:", "Run this:", "And see:", "Done.", "")


def made_page(random_: random.Random) -> tuple[str, list[str]]:
    """A page of conditions and lists, and its commands behind a condition."""
    rows, guarded = ["# T", ""], list[str]()
    for section in range(random_.randint(1, 3)):
        rows += [f"## S{section}", ""]
        is_conditional, number = False, 0
        for at in range(random_.randint(1, 6)):
            is_condition = random_.random() < 0.3
            is_conditional |= is_condition
            text = random_.choice(CONDITIONS if is_condition else PLAIN)
            command = f"ls s{section}x{at}"
            guarded += [command] if is_conditional else []
            number = number + 1 if text and random_.random() < 0.5 else 0
            indent = "   " if number and random_.random() < 0.7 else ""
            rows += [f"{number}. {text}" if number else text, ""]
            rows += [f"{indent}```sh", f"{indent}{command}", f"{indent}```", ""]
    return "\n".join(rows), guarded


@each_row("seed", range(150))
def test_no_command_behind_a_condition_is_on_the_main_line_unasked(seed: int) -> None:
    page, guarded = made_page(random.Random(seed))
    _, book = imported(page)
    found: list[str] = []
    for step, asked in _with_decisions(book):
        if isinstance(step.action, Run):
            command = step.action.script.strip()
            found.append(command)
            assert bool(step.when) == (command in guarded), f"{command}\n{page}"
            assert set(step.when) <= asked, "it is asked before"
    assert sorted(found) == sorted(set(found)), "each is run once"
    assert set(guarded) <= set(found)
    assert lost(page) == []


def _with_decisions(book: Runbook) -> Iterator[tuple[Step, set[str]]]:
    """Each step, and the variables of the decisions before it."""
    asked: set[str] = set()
    for step in book.steps():
        if isinstance(step.action, Choose):
            asked.add(step.action.var)
        yield step, asked


def test_nothing_that_is_made_of_a_condition_is_left_without_a_way(
    tmp_path: Path,
) -> None:
    path = tmp_path / "page.toml"
    for seed in range(20):
        path.write_text(imported(made_page(random.Random(seed))[0])[0])
        _, problems = examine(path)
        assert not [each for each in problems if each.code == "unreached-phase"]
