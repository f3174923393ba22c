"""`checksum` checks: hash against hash, whatever name a sum file holds."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobius_tui.run.checks.context import CheckContext
from mobius_tui.run.checks.file_checks import (
    ChecksumLine,
    checksum_of_file,
    parse_checksums,
)
from mobius_tui.runbook.model.check_kinds import ChecksumCheck
from tests.run.checks.conftest import sight

DATA = b"a backup"
GOOD = hashlib.sha256(DATA).hexdigest()
BAD = "0" * 64


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    path = tmp_path / "backups" / "mobius.zip"
    path.parent.mkdir()
    path.write_bytes(DATA)
    return path


@pytest.mark.parametrize(
    "text",
    [
        f"{GOOD}  mobius.zip\n",
        f"{GOOD} *mobius.zip\n",
        f"{GOOD}  /some/other/name.zip\n",
        f"{GOOD}\n",
        f"{GOOD}",
        f"{GOOD.upper()}  mobius.zip\r\n",
        f"\ufeff{GOOD}  mobius.zip\n",
        f"SHA256 (mobius.zip) = {GOOD}\n",
        f"\\{GOOD}  odd\\nname\n",
        f"# sums\nMD5 (mobius.zip) = 00\n{GOOD}  x\n",
        f"{BAD}  other.zip\n{GOOD}  mobius.zip\n",
        f"{BAD}  other/mobius.zip\n{GOOD}  backups/mobius.zip\n",
    ],
)
async def test_a_good_backup(ctx: CheckContext, backup: Path, text: str) -> None:
    backup.with_name("sums").write_text(text, encoding="utf-8")
    seen = await sight(
        ChecksumCheck(file="backups/${app}.zip", sums="backups/sums"), ctx
    )
    assert seen.held
    assert seen.detail == f"backups/mobius.zip has the SHA-256 {GOOD[:12]}…"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f"{BAD}  mobius.zip\n", f"wanted {BAD[:12]}"),
        (f"{GOOD}  other.zip\n{BAD}  mobius.zip\n", f"wanted {BAD[:12]}"),
        (f"{GOOD}  a.zip\n{BAD}  b.zip\n", "holds 2 sums, and not just one for"),
        (f"{GOOD}  a/mobius.zip\n{BAD}  b/mobius.zip\n", "holds 2 sums"),
        (f"{GOOD[:-1]}  mobius.zip\n", "holds no SHA-256"),
        ("", "holds no SHA-256"),
    ],
)
async def test_what_is_not_shown_to_be_good(
    ctx: CheckContext, backup: Path, text: str, problem: str
) -> None:
    backup.with_name("sums").write_text(text)
    seen = await sight(
        ChecksumCheck(file="backups/mobius.zip", sums="backups/sums"), ctx
    )
    assert not seen.held
    assert problem in seen.detail


async def test_a_hash_in_the_runbook(ctx: CheckContext, backup: Path) -> None:
    name = str(backup)
    assert (await sight(ChecksumCheck(file=name, sha256=GOOD.upper()), ctx)).held
    assert not (await sight(ChecksumCheck(file=name, sha256=BAD), ctx)).held
    short = await sight(ChecksumCheck(file=name, sha256="abc"), ctx)
    assert "'abc' is no SHA-256" in short.detail


async def test_what_cannot_be_hashed(ctx: CheckContext, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, problem in (
        ("gone", "No such file"),
        (".", "is no regular file"),
        ("pipe", "is no regular file"),
    ):
        seen = await sight(ChecksumCheck(file=name, sha256=GOOD), ctx)
        assert not seen.held
        assert problem in seen.detail
        seen = await sight(ChecksumCheck(file=name, sums=name), ctx)
        assert not seen.held


hashes = st.binary(min_size=32, max_size=32).map(bytes.hex)
names = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1
)


def escaped(name: str) -> tuple[str, str]:
    """A name as `sha256sum` writes it, and what stands before its line."""
    found = name.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    return found, "\\" if found != name else ""


@given(st.lists(st.tuples(hashes, names, st.sampled_from([" ", "*"])), max_size=5))
def test_lines_of_sha256sum_are_read_back(lines: list[tuple[str, str, str]]) -> None:
    text = ""
    for sha256, name, kind in lines:
        shown, before = escaped(name)
        text += f"{before}{sha256} {kind}{shown}\n"
    read = parse_checksums(text)
    assert [each.sha256 for each in read] == [sha256 for sha256, _, _ in lines]
    # Blanks around a name are lost, and a first `*`, which marks a kind: neither
    # decides anything.
    for each, (_, name, _) in zip(read, lines, strict=True):
        assert each.name.strip(" \t*") == name.strip(" \t*")


@given(hashes, names)
def test_the_only_hash_counts_whatever_it_names(sha256: str, name: str) -> None:
    assert (
        checksum_of_file((ChecksumLine(sha256=sha256, name=name),), "any.zip") == sha256
    )


def test_what_the_real_program_writes(tmp_path: Path) -> None:
    name = "odd\\name\nof\ra file"
    (tmp_path / name).write_bytes(DATA)
    program = shutil.which("sha256sum")
    assert program is not None
    for options in ([], ["--tag"], ["--binary"]):
        text = subprocess.run(
            [program, *options, name], cwd=tmp_path, capture_output=True, check=True
        ).stdout.decode()
        assert parse_checksums(text)[0].sha256 == GOOD
        assert parse_checksums(text)[0].name.startswith("odd\\name\nof")
