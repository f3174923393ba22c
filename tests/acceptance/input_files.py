"""Files that a person gives to the program: runbooks, pages, settings, answers."""

from __future__ import annotations

from pathlib import Path
from random import Random

from mobius_tui.drill.own_staging import own_faults
from mobius_tui.run.client.dry_run import dry_run_lines
from mobius_tui.run.client.run_briefing import prepare_briefing
from mobius_tui.run.intents.unattended_answers import read_answers_file
from mobius_tui.runbook.library.loader import decode_runbook
from mobius_tui.runbook.page.convert import convert_page
from mobius_tui.runbook.toml.problem import Problem, problem_report
from mobius_tui.runbook.toml.runbook_source import RefusedError
from mobius_tui.tui.config import settings_file
from mobius_tui.tui.presenters.briefing_fields import (
    effect_fields,
    preflight_fields,
    summary_fields,
    value_fields,
)
from tests.acceptance import mutations
from tests.acceptance.mutations import Sound
from tests.paths import ROOT

DATA = ROOT / "tests" / "runbook" / "data"
COMMON = (DATA / "mobius-common.toml").read_bytes()
STEP = b"[[phase.step]]"
SHORT = 1500
"""Bytes of a short runbook."""


def read(name: str) -> tuple[str, bytes]:
    """The included file, which is there under one name only."""
    if name == "mobius-common.toml":
        return name, COMMON
    raise RefusedError(Problem(file=name, line=0, column=0, message="is not there"))


def parts(whole: bytes) -> list[bytes]:
    """Short runbooks out of a long one: what stands before its steps, and one step."""
    head, *steps = whole.split(STEP)
    return [head + STEP + step for step in steps]


class Runbooks(Sound):
    """Runbooks, read as `check` does, and planned where they can be."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        wholes = [(DATA / "rollback.toml").read_bytes()]
        wholes += [path.read_bytes() for path in sorted(ROOT.glob("runbooks/*.toml"))]
        self.parts = [part for whole in wholes for part in parts(whole)]
        self.wholes = wholes
        self.short = [part for part in self.parts if len(part) < SHORT]

    def make(self, dice: Random) -> bytes:
        # What is long takes long, and has the same faults: mostly short ones are made.
        roll = dice.random()
        some = self.short if roll < 0.8 else self.parts if roll < 0.99 else self.wholes
        sound = dice.choice(some)
        return mutations.text(dice, sound, dice.choice(self.parts))

    def feed(self, data: bytes) -> None:
        path = self.folder / "x.toml"
        runbook, problems = decode_runbook(path, data, read, thorough=True)
        errors = [problem for problem in problems if problem.severity == "error"]
        assert (runbook is None) == bool(errors)
        assert problem_report(problems).replace("\n", "").isprintable()
        if runbook is None:
            return
        briefing = prepare_briefing(runbook, given={}, workdir=self.folder)
        for each in (summary_fields, preflight_fields, value_fields):
            each(briefing)
        effect_fields(runbook)
        tuple(dry_run_lines(briefing, now=1.8e9))


class Pages(Sound):
    """Pages of Markdown, converted; what comes of one is a runbook."""

    def __init__(self, _folder: Path) -> None:
        places = (*DATA.glob("pages/*.md"), ROOT / "tests/data/rollback_runbook.md")
        pages = [path.read_bytes() for path in sorted(places)]
        self.pieces = [
            b"\n\n".join(blocks[at : at + 12])
            for blocks in (page.split(b"\n\n") for page in pages)
            for at in range(0, len(blocks), 8)
        ]

    def make(self, dice: Random) -> bytes:
        return mutations.text(dice, dice.choice(self.pieces), dice.choice(self.pieces))

    def feed(self, data: bytes) -> None:
        text = data.decode("utf-8", "replace")
        made = convert_page(
            text, page_file="page.md", file="page.toml", id_source="page"
        )
        runbook, problems = decode_runbook(Path("page.toml"), made.text.encode(), read)
        assert runbook is not None, problem_report(problems)


SETTINGS = b"""theme = "textual-light"
bell = false
title = true
ascii = false
[keys]
skip = "k"
retry = "ctrl+r"
"""
ANSWERS = b"""reason = "it is broken"
kinds = ["code", "data"]
attended = "a b"
trigger_within = "10s"
"""
FAULTS = b"""[[fault]]
id = "stop"
title = "The service stops"
inject = "systemctl stop app"
heal = "systemctl start app"
verify = "curl -f localhost"
timeout = "30s"
"""


class Small(Sound):
    """The other files of TOML."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "small.toml"

    def make(self, dice: Random) -> bytes:
        sound = dice.choice((SETTINGS, ANSWERS, FAULTS))
        return mutations.text(dice, sound, ANSWERS)

    def feed(self, data: bytes) -> None:
        self.path.write_bytes(data)
        if b"fault" in data:
            own_faults(self.path)
        elif b"keys" in data:
            settings_file.decode_settings(self.path, data)
        else:
            read_answers_file(self.path)


KINDS: mutations.Kinds = {
    "runbook": (Runbooks, 1.0),
    "page": (Pages, 0.1),
    "settings": (Small, 0.05),
}
