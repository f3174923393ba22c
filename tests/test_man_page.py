"""The pages of `man`: whatever a help says is shown, and is no request."""

from __future__ import annotations

import argparse
import re
import subprocess

import pytest

from mobius_tui.commands.command_arguments import COMMANDS
from mobius_tui.commands.completions import ASSETS
from mobius_tui.runbook.model.key_table import KEYS
from tests.format_page import FORMAT_PAGE
from tests.man_page import PAGE, escape, man_page

HOSTILE = ".so /etc/hosts\n'br \\n(.f \\fB-x\\fR `a` ^~ “é” \\\n..\n\\&.x"


def drawn(page: str) -> str:
    """What groff draws of a page, without colours; it must not warn of anything."""
    done = subprocess.run(
        ["groff", "-ww", "-man", "-Tutf8", "-P-c", "-P-bou", "-rLL=200n"],
        input=page,
        capture_output=True,
        text=True,
        check=True,
        encoding="utf-8",
    )
    assert done.stderr == ""
    return done.stdout


def test_no_line_of_a_text_is_a_request() -> None:
    assert escape(HOSTILE).splitlines() == [
        r"\&.so /etc/hosts",
        r"\(aqbr \en(.f \efB\-x\efR \(gaa\(ga \(ha\(ti \[u201C]\[u00E9]\[u201D] \e",
        r"\&..",
        r"\e&.x",
    ]


def test_the_page_has_each_command_and_its_own_name_for_apropos() -> None:
    text = (ASSETS / PAGE).read_text()
    for name in COMMANDS:
        assert f"\n.SS {escape(name)}\n" in text
    assert "\n.SH NAME\nmobius\\-tui \\- run a rollback runbook" in text


def test_the_page_of_the_format_has_each_key_of_each_table() -> None:
    text = (ASSETS / FORMAT_PAGE).read_text()
    assert "\n.SH NAME\nmobius\\-runbook \\- the file" in text
    parts = re.findall(r"^\.SS \[*(.*?)\]*\n((?:(?!\.S).*\n)*)", text, re.M)
    tables = {"" if name == "The file" else name: rows for name, rows in parts}
    for place in KEYS:
        told = re.findall(r"^\.TP\n\\fB(.*)\\fR$", tables[place], re.M)
        shared = KEYS.get(place.rpartition(".")[0], {})
        assert {*told} <= {*KEYS[place]}
        assert {*KEYS[place]} - {*told} <= {*shared}, place
    assert {"url", "headers"} <= {*re.findall(r"\\fB(\w+)\\fR", text)}


@pytest.mark.machine("groff")
def test_groff_draws_all_of_it_without_a_warning() -> None:
    text = drawn((ASSETS / PAGE).read_text())
    assert "mobius-tui export [OPTION ...] RUN -o FILE\n" in text
    assert "--auto-rollback" in text
    text = drawn((ASSETS / FORMAT_PAGE).read_text())
    assert "[[phase.step]]\n" in text
    assert "`" not in text


@pytest.mark.machine("groff")
def test_groff_shows_a_hostile_text_as_it_is() -> None:
    parser = argparse.ArgumentParser("x", epilog=HOSTILE, description=".de x")
    parser.add_argument("--y", metavar="'Z", help=".rm TP")
    shown = [line.strip() for line in drawn(man_page(parser)).splitlines()]
    assert {*HOSTILE.splitlines(), ".de x", "--y 'Z .rm TP"} <= {*shown}
