"""A run in one file: the same bytes, taken in only if it is as it was written."""

from __future__ import annotations

import gzip
import io
import os
import shutil
import tarfile
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from mobius_tui.cli import main
from mobius_tui.errors import MobiusError, RunError, UsageError
from mobius_tui.review import run_import
from mobius_tui.review.report_builder import build_report
from mobius_tui.review.run_export import export_run
from mobius_tui.review.run_import import import_run
from mobius_tui.run.client.start_host import resume_run
from mobius_tui.run.events.fleet_events import FleetHostEnded, HostStatus
from mobius_tui.run.fleet.host_output import sha256_of, spans_path
from mobius_tui.run.host.host_setup import HostSpec, take_run
from mobius_tui.run.records.run_summary import newest_open_run
from mobius_tui.run.records.verification import run_problems
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.run_index import all_runs, newest_run_without_record
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.runbook.library.loader import load
from tests.review.forms import FORMS
from tests.review.story import BOOK, begun, story
from tests.tui.fleets import Fleet
from tests.tui.runs import BEGAN, made

Member = tuple[tarfile.TarInfo, bytes]


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    return story(tmp_path / "here").directory


@pytest.fixture
def file(run: RunDirectory, tmp_path: Path) -> Path:
    target = tmp_path / "run.tar.gz"
    export_run(run, target)
    return target


def taken(file: Path, root: Path, head: str | None = None) -> RunDirectory:
    return import_run(file, root, head=head, now=BEGAN + 3600)


def nothing_left(root: Path) -> bool:
    return not root.exists() or not list(root.iterdir())


def test_it_tells_the_same_elsewhere(
    run: RunDirectory, file: Path, tmp_path: Path
) -> None:
    head = build_report(run).head
    there = taken(file, tmp_path / "there", head)
    assert there.id == run.id
    for form in FORMS.values():
        assert form(build_report(there)) == form(build_report(run))
    said = tomllib.loads(there.imported.read_text())
    assert said["head"] == head
    for path in there.path.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_the_same_run_gives_the_same_bytes(
    run: RunDirectory, file: Path, tmp_path: Path
) -> None:
    for path in run.path.rglob("*"):
        os.utime(path, (1, 1))
    export_run(run, tmp_path / "again.tar.gz")
    data = (tmp_path / "again.tar.gz").read_bytes()
    assert data == file.read_bytes()
    assert data[4:8] == bytes(4), "no time of today is in gzip's header"


def test_nothing_is_overwritten(file: Path, run: RunDirectory) -> None:
    with pytest.raises(UsageError, match="is there already"):
        export_run(run, file)
    before = sorted(run.path.rglob("*"))
    with pytest.raises(UsageError, match="is here already"):
        taken(file, run.path.parent)
    assert sorted(run.path.rglob("*")) == before
    assert [path.name for path in run.path.parent.iterdir()] == [run.id]


LONG_BOOK = f"""\
format = 2
[runbook]
id = "long"
title = "Long"
[targets.t]
hosts = ["h"]
[[phase]]
id = "p"
title = "P"
[[phase.step]]
id = "{"s" * 60}"
title = "S"
hosts = "t"
run = "true"
"""


def test_outputs_of_hosts_whatever_they_are_called(tmp_path: Path) -> None:
    """With when they came; a name that the old form of tar has no room for is whole."""
    host = ".".join(["a" * 60] * 4)
    book = tmp_path / "book.toml"
    book.write_text(LONG_BOOK)
    fleet = Fleet(made(tmp_path, book, {}), "s" * 60, (host,))
    fleet.begin()
    fleet.batch(1)
    fleet.say(host, "said\n")
    output = fleet.output_of(host)
    ended = FleetHostEnded(
        step=fleet.step,
        attempt=1,
        host=host,
        status=HostStatus.OK,
        output_sha256=sha256_of(output),
        spans_sha256=sha256_of(spans_path(output)),
    )
    fleet.run.write(ended, by="host")
    play = output.parents[2] / "plays" / "1"
    (play / "process").mkdir(parents=True)
    for name in ("hosts.json", "variables.yml", "process/output", "process/lock"):
        (play / name).write_text("x")
    here, files = fleet.run.directory, [tmp_path / "1", tmp_path / "2"]
    for file in files:
        export_run(here, file)
    assert files[0].read_bytes() == files[1].read_bytes()
    there = taken(files[0], tmp_path / "there")
    names = {str(p.relative_to(there.path)) for p in there.path.rglob("*")}
    for path in (output, spans_path(output)):
        name = str(path.relative_to(here.path))
        assert (there.path / name).read_bytes() == path.read_bytes()
    kept = {name.partition("/plays/1/")[2] for name in names if "/plays/1/" in name}
    assert kept == {"hosts.json", "process", "process/output"}
    assert list(run_problems(there)) == []
    spans_path(output).write_bytes(b"")
    export_run(here, tmp_path / "3")
    with pytest.raises(RunError, match="when the output came of a"):
        taken(tmp_path / "3", tmp_path / "elsewhere")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"17 path=run/evil\n", "run/evil in it is nothing that"),
        (b"19 path=../../evil\n", "outside"),
        (b"18 path=run/evil\n", "more than a name"),
        (b"17 path=run/evil\n12 size=500\n", "more than a name"),
        (b"12 path=\xff\xff\xff\n", "no exported run"),
        (b"x" * 5000, "too long"),
        (b"", "too long"),
    ],
)
def test_a_long_name_is_no_way_around_the_others(
    data: bytes, words: str, file: Path, tmp_path: Path
) -> None:
    header = tarfile.TarInfo("././@PaxHeader")
    header.type, header.size = tarfile.XHDTYPE, len(data)
    bad = tmp_path / "bad"
    with gzip.open(bad, "wb") as out:
        for member, content in [*packed(file), (header, data), entry("run/short")]:
            out.write(member.tobuf(tarfile.USTAR_FORMAT))
            out.write(content + bytes(-len(content) % 512))
        out.write(bytes(1024))
    with pytest.raises(UsageError, match=words):
        taken(bad, tmp_path / "there")
    assert nothing_left(tmp_path / "there")


async def test_an_imported_run_is_never_run(tmp_path: Path) -> None:
    open_one = begun(tmp_path / "here").directory
    file = tmp_path / "open.tar.gz"
    with open_one.journal.open("ab") as journal:
        journal.write(b'{"n":')  # a host is just writing it
    open_one.lock.write_bytes(b"1\n")
    with pytest.raises(RunError, match="torn"):
        export_run(open_one, file)
    os.truncate(open_one.journal, open_one.journal.stat().st_size - 5)
    export_run(open_one, file)
    root = tmp_path / "there"
    there = taken(file, root)
    assert not there.lock.exists()
    with pytest.raises(RunError, match="never run"):
        await resume_run(there, load(BOOK))
    with pytest.raises(RunError, match="never run"):
        take_run(there, HostSpec())
    assert newest_run_without_record(root) is None
    with pytest.raises(UsageError, match="no open run"):
        newest_open_run(root)


def packed(file: Path) -> list[Member]:
    with tarfile.open(file) as tar:
        found = []
        for member in tar:
            content = tar.extractfile(member)
            found.append((member, content.read() if content else b""))
    return found


def packing(members: list[Member], target: Path, form: int) -> Path:
    with (
        gzip.open(target, "wb") as out,
        tarfile.open(fileobj=out, mode="w", format=form) as tar,
    ):
        for member, data in members:
            member.size = len(data) if member.isreg() else member.size
            tar.addfile(member, io.BytesIO(data))
    return target


def entry(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> Member:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, link
    return member, b"x" if kind == tarfile.REGTYPE else b""


@pytest.mark.parametrize(
    ("member", "words"),
    [
        (entry("run/../../evil"), "outside"),
        (entry("../evil"), "outside"),
        (entry("/etc/evil"), "outside"),
        (entry("run//evil"), "outside"),
        (entry("run/a/b/c/d/e/f/g"), "outside"),
        (entry("run/a\x1b[2J"), "outside"),
        (entry("else/where"), "outside"),
        (entry("run/lock"), "another machine"),
        (entry("run/imported.toml"), "another machine"),
        (entry("run/journal.jsonl"), "twice"),
        (entry("run/journal.jsonl/x"), "run/journal.jsonl/x in it is nothing that"),
        (entry("run/evil.sh"), "run/evil.sh in it is nothing that an export writes"),
        (entry("run/glance.json"), "nothing that an export writes"),
        (entry("run/export"), "nothing that an export writes"),
        (entry("run/runbook"), "nothing that an export writes"),
        (entry("run/runbook/a/b"), "nothing that an export writes"),
        (entry("run/steps/look.1/evil"), "nothing that an export writes"),
        (entry("run/steps/look.1"), "nothing that an export writes"),
        (entry("run/steps/look/output"), "nothing that an export writes"),
        (entry("run/steps/look.01/output"), "nothing that an export writes"),
        (entry("run/steps/l@k.1/output"), "nothing that an export writes"),
        (entry("run/steps/a.1/hosts/h/boot"), "nothing that an export writes"),
        (entry("run/steps/a.1/plays/1/orders.json"), "nothing that an export writes"),
        (entry("run/steps/a.1/plays/01/hosts.json"), "nothing that an export writes"),
        (entry("run/steps/d", tarfile.DIRTYPE), "a folder, which no export writes"),
        (entry("run/l", tarfile.SYMTYPE, "/etc/passwd"), "a link"),
        (entry("run/l", tarfile.LNKTYPE, "/etc/passwd"), "a link"),
        (entry("run/d", tarfile.CHRTYPE), "a device"),
        (entry("run/d", tarfile.BLKTYPE), "a device"),
        (entry("run/p", tarfile.FIFOTYPE), "a pipe"),
        (entry("run/s", tarfile.GNUTYPE_SPARSE), "what no run holds"),
        (entry(f"run/{'n' * 300}"), "what no run holds"),
    ],
)
def test_what_no_run_holds_is_refused(
    member: Member, words: str, file: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.tar.gz"
    packing([*packed(file), member], bad, tarfile.GNU_FORMAT)
    root = tmp_path / "deep" / "there"
    with pytest.raises(UsageError, match=words):
        taken(bad, root)
    assert not root.parent.exists(), "nothing was made"
    assert not list(tmp_path.rglob("evil"))


def without_first(members: list[Member]) -> list[Member]:
    return members[1:]


def renamed(members: list[Member]) -> list[Member]:
    text = members[0][1].replace(b"run 2026", b"run ../x-2026", 1)
    return [(members[0][0], text), *members[1:]]


def of_another(members: list[Member]) -> list[Member]:
    text = members[0][1].replace(b"run 2026", b"run 2025", 1)
    return [(members[0][0], text), *members[1:]]


def edited(members: list[Member]) -> list[Member]:
    return [
        (m, data.replace(b"13:46", b"13:45") if "journal" in m.name else data)
        for m, data in members
    ]


def cut(members: list[Member]) -> list[Member]:
    return [
        (m, data[: data.rindex(b"\n", 0, -1) + 1] if "journal" in m.name else data)
        for m, data in members
    ]


def other_book(members: list[Member]) -> list[Member]:
    return [
        (m, data + b"# more" if m.name.endswith("story.toml") else data)
        for m, data in members
    ]


def other_health(members: list[Member]) -> list[Member]:
    return [
        (m, data.replace(b"500", b"200") if "health" in m.name else data)
        for m, data in members
    ]


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        (without_first, UsageError, "does not begin with its name"),
        (renamed, UsageError, "names no run"),
        (of_another, RunError, "of another run"),
        (edited, RunError, "the chain breaks"),
        (cut, RunError, "does not end with the head"),
        (other_book, RunError, "runbook was changed"),
        (other_health, RunError, "after they were sealed"),
    ],
)
def test_what_is_not_as_it_was_written_is_not_kept(
    change: Callable[[list[Member]], list[Member]],
    kind: type[MobiusError],
    words: str,
    file: Path,
    tmp_path: Path,
) -> None:
    bad = packing(change(packed(file)), tmp_path / "bad", tarfile.USTAR_FORMAT)
    root = tmp_path / "there"
    with pytest.raises(kind, match=words):
        taken(bad, root)
    assert nothing_left(root)


def test_another_head_than_the_one_that_was_given_is_refused(
    file: Path, tmp_path: Path
) -> None:
    with pytest.raises(RunError, match="lines were changed, or cut"):
        taken(file, tmp_path / "there", head="0" * 64)
    assert nothing_left(tmp_path / "there")


def test_a_bomb_is_refused_before_it_is_written(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_import, "MAX_TOTAL_BYTES", 100_000)
    member = entry("run/steps/look.9/output")[0]
    bad = packing(
        [*packed(file), (member, bytes(200_000))], tmp_path / "bomb", tarfile.GNU_FORMAT
    )
    with pytest.raises(UsageError, match=r"too large.*look.9/output"):
        taken(bad, tmp_path / "there")
    assert not (tmp_path / "there").exists()


def test_too_many_files_are_refused_before_one_is_written(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_import, "MAX_FILES", 50)
    more = [entry(f"run/steps/look.{number}/output") for number in range(2, 60)]
    bad = packing([*packed(file), *more], tmp_path / "bad", tarfile.USTAR_FORMAT)
    with pytest.raises(UsageError, match=r"too large.*50 files"):
        taken(bad, tmp_path / "there")
    assert not (tmp_path / "there").exists()


def test_more_than_it_declares_is_refused(file: Path, tmp_path: Path) -> None:
    data = gzip.decompress(file.read_bytes())
    bad = tmp_path / "bad"
    bad.write_bytes(gzip.compress(data + bytes(run_import.MAX_PADDING) + b"more"))
    with pytest.raises(UsageError, match="more behind its end"):
        taken(bad, tmp_path / "there")
    assert not (tmp_path / "there").exists()


def test_what_is_no_part_of_its_runbook_is_not_kept(file: Path, tmp_path: Path) -> None:
    more = entry("run/runbook/evil.sh")
    bad = packing([*packed(file), more], tmp_path / "bad", tarfile.USTAR_FORMAT)
    with pytest.raises(RunError, match=r"runbook/evil.sh is no part of its runbook"):
        taken(bad, tmp_path / "there")
    assert nothing_left(tmp_path / "there")


def test_an_attempt_that_its_journal_does_not_know_is_not_kept(
    file: Path, tmp_path: Path
) -> None:
    more = entry("run/steps/look.7/output")
    bad = packing([*packed(file), more], tmp_path / "bad", tarfile.USTAR_FORMAT)
    with pytest.raises(RunError, match="knows no such attempt"):
        taken(bad, tmp_path / "there")
    assert nothing_left(tmp_path / "there")


def test_what_came_after_the_journal_was_read_is_left_out(
    run: RunDirectory, tmp_path: Path
) -> None:
    """A host may go on meanwhile: what is exported is one moment of the run."""
    for name in ("steps/look.9/output", "glance.json", "evil", "steps/look.1/exit.new"):
        (run.path / name).parent.mkdir(exist_ok=True)
        (run.path / name).write_text("x")
    target = tmp_path / "later.tar.gz"
    export_run(run, target)
    names = [member.name for member, _ in packed(target)]
    assert not [n for n in names if n.endswith(("evil", ".new", "glance.json"))]
    assert "run/steps/look.9/output" not in names
    assert taken(target, tmp_path / "there").id == run.id


def test_a_run_whose_end_was_cut_is_not_exported(
    run: RunDirectory, tmp_path: Path
) -> None:
    lines = run.journal.read_bytes().splitlines(keepends=True)
    run.record.write_text(f'head = "{"0" * 64}"\nevents = {len(lines)}\n')
    run.journal.write_bytes(b"".join(lines[:-2]))
    with pytest.raises(RunError, match="lines were cut from its end"):
        export_run(run, tmp_path / "cut.tar.gz")
    assert not (tmp_path / "cut.tar.gz").exists()


@pytest.mark.parametrize("keep", [0, 1, 10, 500, -1, -600])
def test_half_a_file_is_refused(keep: int, file: Path, tmp_path: Path) -> None:
    file.write_bytes(file.read_bytes()[:keep])
    with pytest.raises(UsageError):
        taken(file, tmp_path / "there")
    assert nothing_left(tmp_path / "there")


def test_no_file_a_folder_and_a_pipe_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name in ("none", ".", "pipe"):
        with pytest.raises(UsageError):
            taken(tmp_path / name, tmp_path / "there")


def test_the_commands(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    run = story(runs_root()).directory
    file = str(tmp_path / "run.tar.gz")
    assert main(["export", run.id, "-o", file]) == 0
    head = capsys.readouterr().out.split()[1]
    shutil.rmtree(run.path)
    assert main(["import-run", file, "--head", head]) == 0
    assert capsys.readouterr().out == f"{run.id}\n"
    assert [each.id for each in all_runs(runs_root())] == [run.id]
    assert main(["import-run", file]) == 2
    assert main(["verify", run.id]) == 0
    assert main(["resume", run.id, "--plain"]) in (0, 4)
