"""What lies in a run's folder, or comes as one file: journals, health, records."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

from mobius_tui.drill import drill_record
from mobius_tui.drill.past_drills import score_as_json as drill_json
from mobius_tui.drill.past_drills import score_row
from mobius_tui.errors import MobiusError
from mobius_tui.health.backtest import DEFAULT_TRIGGERS, backtest_lines, run_backtest
from mobius_tui.health.backtest import backtest_as_json as backtest_json
from mobius_tui.review import run_annotations
from mobius_tui.review.formats.html_report import as_html
from mobius_tui.review.formats.json_report import report_as_json
from mobius_tui.review.formats.junit_report import as_junit
from mobius_tui.review.formats.markdown_report import as_markdown
from mobius_tui.review.report_builder import build_report
from mobius_tui.review.reviewed_run import RunHistory
from mobius_tui.review.run_export import export_run
from mobius_tui.review.run_import import import_run
from mobius_tui.run.attempts.attempt_files import (
    read_outputs,
    read_process_group,
    read_script_end,
)
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.events.journal_entry import EVENTS
from mobius_tui.run.journal.describe_entry import journal_entry_text
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.journal.journal import EMPTY_JOURNAL_HEAD
from mobius_tui.run.records.run_summary import read_summary
from mobius_tui.run.records.verification import run_problems
from mobius_tui.run.storage.last_viewed import read_last_view
from mobius_tui.run.storage.table_of_contents import read_table_of_contents
from mobius_tui.run.watch.other_runs import OtherRunsMonitor
from mobius_tui.tui.commands.run_commands import RunCommand
from mobius_tui.tui.presenters.availability import (
    available_commands,
    footer_labels,
    why_unavailable,
)
from mobius_tui.tui.presenters.next_action import next_action
from mobius_tui.tui.presenters.run_presenter import RunPresenter
from mobius_tui.tui.presenters.status_text import status_text
from mobius_tui.tui.presenters.step_details import detail_fields
from mobius_tui.tui.screen_state import StepRow
from mobius_tui.tui.widgets.checklist import (
    phase_row,
    step_counts_text,
    step_row,
)
from tests.acceptance import mutations
from tests.acceptance.mutations import Sound
from tests.review.story import story
from tests.run.samples import fields_of
from tests.tui.runs import MadeRun

FORMS = (as_markdown, as_html, report_as_json, as_junit)


class Kept(Sound):
    """A run by hand, whose files are made hostile one after the other."""

    def __init__(self, folder: Path) -> None:
        self.made: MadeRun = story(folder / "runs")
        self.directory = self.made.directory
        self.number = 0

    def told(self) -> None:
        """By one form of the report, each in its turn."""
        self.number += 1
        FORMS[self.number % len(FORMS)](build_report(self.directory))

    def seen(self) -> None:
        """As the screens have it."""
        viewer = Viewer(self.directory)
        sight = RunPresenter(viewer)
        view = sight.run_view_at(self.made.at + 60, None)
        health = sight.health(view)
        step_counts_text(view)
        for phase in view.runbook.phases:
            phase_row(view, phase, folded=False, waits="")
            for step in phase.steps:
                step_row(view, step, phase_wait="")
                row = StepRow(step.id)
                detail_fields(view, row, compact=False)
                next_action(view, row, moved=True)
                footer_labels(view, row)
                for command in set(RunCommand) - available_commands(view, row):
                    why_unavailable(view, row, command)
        status_text(view, health, run=self.directory.id, head=EMPTY_JOURNAL_HEAD)

    def refused(self, *ways: Callable[[], object]) -> None:
        """Each way, whether the one before it was refused or not.

        Raises:
            MobiusError: the last that one of them raised.
        """
        last: MobiusError | None = None
        for way in ways:
            try:
                way()
            except MobiusError as error:
                last = error
        if last is not None:
            raise last


class Journals(Kept):
    """Journals whose chain holds, and what is in them does not."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        rows = self.directory.journal.read_bytes().splitlines()
        self.rows = [json.loads(each) for each in rows]
        for each in self.rows:
            del each["prev"]

    def make(self, dice: Random) -> bytes:
        rows: list[Any] = list(self.rows)
        for _ in range(dice.choice((1, 1, 1, 2, 5))):
            at = dice.randrange(len(rows))
            roll = dice.random()
            if roll < 0.2:
                rows.insert(dice.randrange(len(rows)), rows.pop(at))
            elif roll < 0.3:
                rows.insert(at, rows[dice.randrange(len(rows))])
            elif roll < 0.4 and len(rows) > 1:
                rows.pop(at)
            elif roll < 0.6:
                name = dice.choice(list(EVENTS))
                texts = ("", "look", "restore", "\ud800", "api", "x" * 3000)
                event = fields_of(EVENTS[name], dice.choice(texts))
                base = {k: self.rows[0][k] for k in ("n", "at", "mono", "boot", "by")}
                rows.insert(at + 1, {**base, "event": name, **event})
            else:
                rows[at] = mutations.tree(dice, rows[at])
        if dice.random() < 0.8:  # numbered as they stand
            for n, each in enumerate(rows, 1):
                if isinstance(each, dict):
                    rows[n - 1] = {**each, "n": n}
        return b"".join(map(mutations.packed, rows))

    def feed(self, data: bytes) -> None:
        prev, lines = EMPTY_JOURNAL_HEAD, []
        for each in data.splitlines():
            said = json.loads(each)
            if isinstance(said, dict):
                said["prev"] = prev
            lines.append(mutations.packed(said))
            prev = sha256(lines[-1][:-1]).hexdigest()
        self.directory.journal.write_bytes(b"".join(lines))
        self.refused(self._listed, self._verified, self.told, self._followed, self.seen)

    def _listed(self) -> None:
        found = read_summary(self.directory)
        found.row()
        found.as_json()
        OtherRunsMonitor(self.directory.path.parent).urgent_runs()

    def _verified(self) -> None:
        assert all(isinstance(each, str) for each in run_problems(self.directory))

    def _followed(self) -> None:
        follower = Follower(self.directory)
        for entry in follower.initial_entries:
            journal_entry_text(entry, follower.plan, follower.state)
        rewind = RunHistory(follower.plan)
        rewind.take(follower.initial_entries, ())


class Healths(Kept):
    """Lines of health that are none, or say what cannot be."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.rows = self.directory.health.read_bytes().splitlines(keepends=True)[:20]

    def make(self, dice: Random) -> bytes:
        rows = list(self.rows)
        for _ in range(dice.choice((1, 2, 6))):
            at = dice.randrange(len(rows))
            if dice.random() < 0.3:
                rows[at] = mutations.text(dice, rows[at])
            else:
                said = mutations.tree(dice, json.loads(self.rows[at]))
                rows[at] = mutations.packed(said)
        return b"".join(rows)

    def feed(self, data: bytes) -> None:
        self.directory.health.write_bytes(data)
        found = run_backtest(data.splitlines(keepends=True), DEFAULT_TRIGGERS)
        tuple(backtest_lines(found))
        backtest_json(found)
        self.refused(self.seen, self.told, lambda: read_summary(self.directory).row())


SCORE = b"""{"run":"r","runbook":"story","title":"T","operator":"ana",
"outcome":"completed","began":1795527905.0,"ended":1795528905.0,"score":{"faults":["bad-release"],
"automatic":false,"handled":true,"detected":10.0,"restored":60.0,"hints":0,"left":[],
"wrong":[],"skipped":[]},"texts":{"look":"x"},"seen":[["look#1","x",1,2,3.0,4.0]]}"""
RECORD = b"""run = "r"
runbook = "story"
mode = "drill"
ended = 2026-11-24T13:50:05Z
head = "x"
[outage]
probe = "api"
fired = 2026-11-24T13:46:05Z
first_healthy = 2026-11-24T13:48:05Z
[[annotations]]
at = 2026-11-24T13:47:05Z
by = "ana"
text = "why so late"
step = "look"
"""


class Records(Kept):
    """The small files beside a journal."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        folders = self.directory.attempt("look", 1)
        folders.path.mkdir(exist_ok=True)
        self.sound = {
            self.directory.record: RECORD,
            drill_record.drill_record_path(self.directory): SCORE,
            self.directory.last_view: b'{"at": 1795527905.0, "health": "ok"}',
            self.directory.table_of_contents: b"T\tdrill\tx\n\t1 One\nlook\t1.1 Look\n",
            self.directory.imported: b'head = "x"\n',
            folders.exit: b"cause=exited\ncode=1\nbytes=10\nend\n",
            folders.pid: b"4242\n",
            folders.outputs: b"key=value\nother=1\n",
            folders.spans: bytes(48),
            self.directory.lock: b"4242\n",
        }

    def make(self, dice: Random) -> bytes:
        number = dice.randrange(len(self.sound))
        return bytes([number]) + mutations.text(dice, list(self.sound.values())[number])

    def feed(self, data: bytes) -> None:
        path, sound = list(self.sound.items())[data[0]]
        path.write_bytes(data[1:])
        try:
            self.refused(*self._ways(path))
        finally:
            path.write_bytes(sound)

    def _ways(self, path: Path) -> tuple[Callable[[], object], ...]:
        run, attempt = self.directory, self.directory.attempt("look", 1)
        found = drill_record.read_drill_record(run)
        drill: tuple[Callable[[], object], ...] = ()
        if found is not None:
            drill = (lambda: score_row(found), lambda: drill_json(found))
        return (
            *drill,
            lambda: run_annotations.read_annotations(run),
            lambda: tuple(run_problems(run)),
            lambda: read_last_view(run),
            lambda: read_table_of_contents(run, 10),
            lambda: read_script_end(attempt),
            lambda: read_process_group(attempt),
            lambda: read_outputs(attempt) if path == attempt.outputs else None,
            run.host_pid,
            self.told,
        )


class Archives(Kept):
    """Exported runs that somebody made to do harm."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.root = folder / "elsewhere"
        self.file = folder / "run.tgz"
        export_run(self.directory, folder / "sound.tgz")
        self.packed = (folder / "sound.tgz").read_bytes()
        self.tar = gzip.decompress(self.packed)

    def make(self, dice: Random) -> bytes:
        if dice.random() < 0.2:
            return mutations.text(dice, self.packed)
        if dice.random() < 0.5:
            return gzip.compress(mutations.text(dice, self.tar), 1)
        return gzip.compress(self._built(dice), 1)

    def _built(self, dice: Random) -> bytes:
        """The same members, some of them of another kind, name, or size."""
        made = io.BytesIO()
        with (
            tarfile.open(fileobj=io.BytesIO(self.tar)) as sound,
            tarfile.open(fileobj=made, mode="w", format=tarfile.USTAR_FORMAT) as target,
        ):
            for member in sound:
                source = sound.extractfile(member)
                data = source.read() if source is not None else b""
                if dice.random() < 0.1:
                    names = ("../x", "/etc/x", "run/../../x", "run/lock", "run/a/b/c/d")
                    kinds = (tarfile.SYMTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE, b"x")
                    member.name = dice.choice((*names, member.name, member.name + "/x"))
                    member.type = dice.choice((*kinds, member.type, member.type))
                    member.linkname = "/etc/passwd"
                    data = mutations.text(dice, data)
                    member.size = len(data) if member.isreg() else 0
                target.addfile(member, io.BytesIO(data))
        return made.getvalue()

    def feed(self, data: bytes) -> None:
        self.file.write_bytes(data)
        run = import_run(self.file, self.root, head=None, now=1.8e9)
        build_report(run)
        assert run.path.parent == self.root
        run.path.rename(self.root / f".taken-{len(list(self.root.iterdir()))}")


KINDS: mutations.Kinds = {
    "journal": (Journals, 0.02),
    "health": (Healths, 0.02),
    "record": (Records, 0.05),
    "archive": (Archives, 0.01),
}
