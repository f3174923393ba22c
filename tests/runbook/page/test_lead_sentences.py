"""Titles: the sentence that says what is done, whole, and without addresses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobius_tui.runbook.page.lead_sentences import (
    MAX_TITLE_CHARACTERS,
    fit_title,
    lead_title,
    names_place,
)
from tests.runbook.page.imported import imported, lost, titles


@pytest.mark.parametrize(
    ("lead", "title"),
    [
        (
            "Delete the VM in the console. Ask a colleague to look over your shoulder.",
            "Delete the VM in the console",
        ),
        (
            "Forget the node on every node. Replace `NODE_ID` with the id from above:",
            "Forget the node on every node",
        ),
        ("Wait until it answers. This usually takes 3-4 minutes:",
         "Wait until it answers"),
        ("The pods are stuck. Restart them:", "Restart them"),
        ("To send writes to the cluster, you must retrieve the mons in use:",
         "Retrieve the mons in use"),
        ("This is the case where it works. The list of them:", "The list of them"),
        ("See the [page](https://a.example/x) first. Drain the node:",
         "Drain the node"),
        ("Note that it takes long. Then, drain the node:", "Drain the node"),
        ("You should drain the node:", "Drain the node"),
    ],
)  # fmt: skip
def test_the_title_is_what_is_done(lead: str, title: str) -> None:
    assert lead_title(lead) == title


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (
            "Delete the VM in the console: it is the one that the alert names in full",
            "Delete the VM in the console",
        ),
        (
            "Look at the pods of the operator (https://a.example/b/c/d/e/f/g/h?i=j)",
            "Look at the pods of the operator",
        ),
        (
            "Look at the pods of the operator (all those that are not deleted) now",
            "Look at the pods of the operator now",
        ),
        (
            "Restart the primary database of the second region if the replica is dead",
            "Restart the primary database of the second region…",
        ),
        (
            "Drain the node that the alert names in its text and then reboot it now",
            "Drain the node that the alert names in its text…",
        ),
        (
            "Check that the certificates of all of the services that customers see fit",
            "Check that the certificates of all of the services",
        ),
        ("a" * 100, "a" * 59 + "…"),
    ],
)
def test_a_long_title_ends_with_a_clause(text: str, title: str) -> None:
    assert fit_title(text) == title


@given(st.text('ab ,.:;()-`"/\n', max_size=200) | st.text(max_size=200))
def test_a_title_fits_and_is_made_once(text: str) -> None:
    title = fit_title(text)
    assert len(title) <= MAX_TITLE_CHARACTERS
    assert fit_title(title) == title
    assert "\n" not in title


def test_a_comment_that_names_a_place_is_no_title() -> None:
    assert names_place("on the jump host")
    assert not names_place("Restart it")
    page = (
        "# T\n\n## Apply\n\nA.\n\n```bash\n# on the jump host\nterraform apply\n```\n"
    )
    assert titles(imported(page)[1]) == ["Apply"]


def test_what_is_called_an_example_is_called_by_its_command() -> None:
    fences = "".join(
        f"Example:\n\n```bash\nmytool --n {at}\n```\n\n" for at in (1, 2, 3)
    )
    page = f"# T\n\n## Example\n\n{fences}"
    found = titles(imported(page)[1])
    assert found == ["mytool --n 1", "mytool --n 2", "mytool --n 3"]
    assert lost(page) == []
