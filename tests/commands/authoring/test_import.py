"""`mobius-tui import`: what it writes, and what it leaves alone."""

from __future__ import annotations

import io
import json
import os
import stat
import sys
from pathlib import Path

import pytest

from mobius_tui.cli import main
from mobius_tui.runbook.library.loader import load

PAGE = "# Mend it\n\n## Look\n\n```bash\nuptime\n```\n\n<!-- hidden -->\n"


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "page.md"
    path.write_text(PAGE)
    return path


def test_it_writes_a_runbook_once(
    page: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "mend-it.toml"
    assert main(["import", str(page), "-o", str(target)]) == 0
    told = capfd.readouterr()
    assert told.out == ""
    assert f"wrote {target}: phases 1, steps 1\n" in told.err
    assert "1 HTML comment" in told.err
    assert f"mobius-tui check {target}" in told.err
    assert load(target).id == "mend-it"
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(target.stat().st_mode) == 0o666 & ~umask
    target.write_text("mine")
    assert main(["import", str(page), "-o", str(target)]) == 2
    assert "is there already; --force replaces it" in capfd.readouterr().err
    assert target.read_text() == "mine"
    assert main(["import", str(page), "-o", str(target), "--force"]) == 0
    assert load(target).title == "Mend it"
    assert target.read_text().startswith("#:schema ./mobius-runbook.schema.json\n# ")
    assert sorted(path.name for path in tmp_path.glob("*e*")) == [
        *("mend-it.toml", "mobius-runbook.schema.json", "page.md")
    ]


def typed(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    """What comes by standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_a_page_may_come_by_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for output in ((), ("-o", "-")):
        typed(monkeypatch, PAGE.encode())
        assert main(["import", "-", *output]) == 0
        told = capfd.readouterr()
        assert 'id = "mend-it"\ntitle = "Mend it"\n' in told.out
        assert told.out.startswith("# From the page standard input: ")
        assert "mobius-tui check runbook.toml" in told.out
        assert "1 HTML comment" in told.err
    target = tmp_path / "web.toml"
    typed(monkeypatch, PAGE.encode())
    assert main(["import", "-", "-o", str(target)]) == 0
    assert load(target).id == "web"
    for data, words in (
        (b"# a\n\n- \xff\n", "standard input: is not UTF-8: byte 0xff on line 3"),
        (b"", "standard input: no step can be made of it"),
        (b"a" * ((1 << 20) + 1), "standard input: is larger than 1 MiB"),
    ):
        typed(monkeypatch, data)
        assert main(["import", "-"]) == 2
        told = capfd.readouterr()
        assert words in told.err
        assert told.out == ""
    monkeypatch.setattr(sys, "stdin", None)
    assert main(["import", "-"]) == 2
    assert "standard input is closed; name a page" in capfd.readouterr().err


def test_a_page_is_held_beside_its_runbook(
    page: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    book = tmp_path / "mend-it.toml"
    assert main(["import", str(page), "-o", str(book)]) == 0
    capfd.readouterr()
    assert main(["import", "--check", str(page), str(book)]) == 0
    told = capfd.readouterr()
    assert told.out == ""
    assert told.err == f"mobius-tui: {page} and {book} agree: commands 1\n"
    text = book.read_text().replace('"""', "'''")
    text = text.replace("uptime\n", "uptime \\\n  --since\ndate\n")
    book.write_text(text)
    at = text.split("\n").index("uptime \\") + 1
    changed = page.read_text().replace("uptime", "hostname\nuptime \x1b[31m")
    page.write_text(changed)
    assert main(["import", "--check", str(page), str(book)]) == 1
    told = capfd.readouterr()
    step = f"step look ({book}:{at})"
    assert told.out.split("\n") == [
        f"{page}:6: new: `hostname` is in no step of {book}",
        f"{page}:7: changed: `uptime ␛[31m` is `uptime --since` in {step}",
        f"{book}:{at + 2}: missing: `date` of step look is not on {page}",
        "",
    ]
    assert "have parted: new 1, changed 1, missing 1" in told.err
    typed(monkeypatch, changed.encode())
    assert main(["import", "--check", "-", str(book), "--json"]) == 1
    new, *_, gone = json.loads(capfd.readouterr().out)
    assert new["page"] == {
        "file": "standard input",
        "line": 6,
        "step": "look",
        "command": "hostname",
    }
    assert (new["kind"], gone["kind"]) == ("new", "missing")
    assert gone["runbook"]["line"] == at + 2


def test_it_explains_what_became_of_each_part_and_by_which_rule(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# T\n\n## Fix\n\nIf the disk is full, clean it:\n\n```bash\nclean\n```\n\n"
        "Do not run this:\n\n```bash\nrm -rf / \x1b[31m\n```\n"
    )
    assert main(["import", "--explain", str(page)]) == 0
    told = capfd.readouterr()
    way = "(only with the_disk_is_full = yes)"
    assert told.out.split("\n") == [
        f"{page}:3: heading: Fix",
        f"{page}:5: condition: If the disk is full, clean it:",
        f"{page}:7: step: clean → 1.1 The disk is full?; 1.2 Clean it {way}",
        f"{page}:11: prohibited: Do not run this:",
        f"{page}:13: prohibited: rm -rf / ␛[31m",
        "",
    ]
    assert sorted(path.name for path in tmp_path.glob("page*")) == ["page.md"]
    assert main(["import", "--explain", str(page), "--json"]) == 0
    parts = json.loads(capfd.readouterr().out)
    assert [part["rule"] for part in parts[-2:]] == ["prohibited", "prohibited"]
    assert parts[2]["steps"] == ["1.1 The disk is full?", f"1.2 Clean it {way}"]
    assert parts[2]["line"] == 7


def test_what_check_takes_and_what_it_does_not(
    page: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    book = tmp_path / "mend-it.toml"
    for words, said in (
        ((str(page),), "name the runbook to write: -o FILE.toml, or -o -"),
        ((str(page), str(book), "-o", "-"), "RUNBOOK belongs to --check"),
        ((str(page), "--json", "-o", "-"), "--json belongs to --check and --explain"),
        (("--explain", str(page), "--check"), "--check and --explain do not go"),
        (("--explain", str(page), "-o", "-"), "leave -o and --force out"),
        (("--check", str(page)), "name the page, then its runbook"),
        (("--check", str(page), str(book), "-o", "-"), "leave -o and --force out"),
        (("--check", str(page), str(book)), "mend-it.toml"),
        (("--check", str(page), str(page)), "page.md:5:1:"),
        (("--check", str(tmp_path), str(page)), "is a folder; name a page in it"),
    ):
        assert main(["import", *words]) == 2, words
        told = capfd.readouterr()
        assert said in told.err, words
        assert told.out == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == ["page.md"]


def test_help_says_what_import_takes(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["import", "--help"])
    assert ended.value.code == 0
    told = " ".join(capfd.readouterr().out.split())
    assert "PAGE.md a Markdown page; - for standard input" in told
    assert "with --check: what the page is compared with" in told
    assert "exit 1 where they have" in told
    assert "# page: none" in told


def test_it_writes_to_standard_output(
    page: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", str(page), "-o", "-"]) == 0
    assert 'id = "page"\ntitle = "Mend it"\n' in capfd.readouterr().out


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"# a\n\n- \xff\n", "byte 0xff on line 3; save it as UTF-8"),
        (b"", "no step can be made of it"),
        (b"- a\0b", "a NUL byte"),
        (b"a" * ((1 << 20) + 1), "is larger than 1 MiB"),
    ],
)
def test_what_is_no_page_is_refused(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], data: bytes, words: str
) -> None:
    path = tmp_path / "page.md"
    path.write_bytes(data)
    target = tmp_path / "x.toml"
    assert main(["import", str(path), "-o", str(target)]) == 2
    err = capfd.readouterr().err
    assert err.startswith("mobius-tui: ")
    assert "page.md" in err
    assert words in err
    assert not target.exists()


def test_what_cannot_be_read_or_written_is_refused(
    page: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", str(tmp_path), "-o", "-"]) == 2
    assert "is a folder" in capfd.readouterr().err
    assert main(["import", str(tmp_path / "none.md"), "-o", "-"]) == 2
    assert "there is no such file" in capfd.readouterr().err
    assert main(["import", str(page), "-o", str(tmp_path / "no" / "x.toml")]) == 2
    assert "cannot be written: No such file" in capfd.readouterr().err
    assert main(["import", str(page), "--force", "-o", str(tmp_path)]) == 2
    assert "is a folder; name the file in it" in capfd.readouterr().err
