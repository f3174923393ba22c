"""A pager or editor that cannot be begun, and signals that come while it is."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from mobius_tui.errors import EXIT_INTERRUPTED
from mobius_tui.tui.external.output_files import (
    OpenWith,
    _termination_signals,
    open_output,
)

NO_SUCH = "No such file or directory"


@pytest.mark.parametrize(
    ("way", "environ", "said"),
    [
        ("pager", {"PAGER": "less '"}, "$PAGER cannot be read: No closing quotation"),
        ("pager", {"PAGER": "/no/such"}, f"/no/such: {NO_SUCH}; set $PAGER"),
        ("editor", {"EDITOR": "/no/such"}, f"/no/such: {NO_SUCH}; set $EDITOR"),
        (
            "editor",
            {"VISUAL": "vim '", "EDITOR": "true"},
            "$VISUAL cannot be read: No closing quotation",
        ),
        (
            "editor",
            {"VISUAL": "/no/such", "EDITOR": "true"},
            f"/no/such: {NO_SUCH}; set $VISUAL",
        ),
    ],
)
def test_a_program_that_cannot_be_begun_is_told_with_the_variable_that_names_it(
    tmp_path: Path, way: OpenWith, environ: dict[str, str], said: str
) -> None:
    output = tmp_path / "output"
    output.write_text("line\n")
    told = open_output(output, way=way, name="a", folder=tmp_path, environ=environ)
    assert told == said


def test_an_output_that_is_gone_is_named_and_no_program_is_blamed(
    tmp_path: Path,
) -> None:
    output = tmp_path / "output"
    environ = {"PAGER": "true"}
    told = open_output(output, way="pager", name="a", folder=tmp_path, environ=environ)
    assert told == f"{output}: {NO_SUCH}"
    output.write_text("line\n")
    gone = tmp_path / "gone"
    told = open_output(output, way="pager", name="a", folder=gone, environ=environ)
    assert told.startswith(f"{gone}/.reading-")
    assert told.endswith(f": {NO_SUCH}")


def test_a_signal_while_the_pager_is_begun_ends_it_as_soon_as_it_can() -> None:
    with _termination_signals() as told:
        signal.raise_signal(signal.SIGHUP)  # nobody could end the pager yet
        with pytest.raises(SystemExit) as left:
            told.raise_pending()
    assert left.value.code == EXIT_INTERRUPTED
    assert told.number == signal.SIGHUP


def test_only_the_first_signal_raises_so_that_the_ending_is_not_cut_short() -> None:
    with _termination_signals() as told:
        told.raise_pending()
        with pytest.raises(SystemExit):
            signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGHUP)
    assert told.number == signal.SIGTERM
