"""`file` checks on real files."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from mobius_tui.run.checks.context import CheckContext
from mobius_tui.runbook.model.check_kinds import FileCheck, Repeat
from tests.run.checks.conftest import sight


def tree(root: Path, **files: str) -> Path:
    """A folder with files; `__` in a name stands for `/`."""
    root.mkdir()
    for name, text in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


async def test_there_and_absent(ctx: CheckContext, tmp_path: Path) -> None:
    (tmp_path / "mobius").write_text("x" * 1536)
    there = await sight(FileCheck(path="${app}"), ctx)
    assert (there.held, there.detail) == (True, "mobius is a file of 1.5 KiB")
    unwanted = await sight(FileCheck(path="mobius", absent=True), ctx)
    assert not unwanted.held
    missing = await sight(FileCheck(path="gone"), ctx)
    assert (missing.held, missing.detail) == (False, "gone does not exist")
    assert (await sight(FileCheck(path="gone", absent=True), ctx)).held


async def test_a_link_that_leads_nowhere_is_neither(
    ctx: CheckContext, tmp_path: Path
) -> None:
    (tmp_path / "link").symlink_to("nowhere")
    assert not (await sight(FileCheck(path="link", absent=True), ctx)).held
    seen = await sight(FileCheck(path="link"), ctx)
    assert (seen.held, seen.detail) == (False, "link is a link that leads nowhere")


@pytest.mark.parametrize("wanted", ["0640", "640", "0o640"])
async def test_mode(ctx: CheckContext, tmp_path: Path, wanted: str) -> None:
    path = tmp_path / "f"
    path.touch()
    path.chmod(0o640)
    assert (await sight(FileCheck(path="f", mode=wanted), ctx)).held
    path.chmod(0o600)
    seen = await sight(FileCheck(path="f", mode=wanted), ctx)
    assert (seen.held, seen.detail) == (False, "f has mode 0600, wanted 0640")


async def test_a_mode_that_is_none(ctx: CheckContext, tmp_path: Path) -> None:
    (tmp_path / "f").touch()
    seen = await sight(FileCheck(path="f", mode="rwx"), ctx)
    assert (seen.held, seen.detail) == (False, "'rwx' is no mode; write \"0755\"")


async def test_size(ctx: CheckContext, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(bytes(1024))
    assert (await sight(FileCheck(path="f", min_size="1KiB"), ctx)).held
    seen = await sight(FileCheck(path="f", min_size="2KiB"), ctx)
    assert seen.detail == "f is a file of 1 KiB, wanted 2KiB"
    folder = await sight(FileCheck(path=".", min_size="1B"), ctx)
    assert not folder.held


async def test_newer_than_a_while_ago(ctx: CheckContext, tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.touch()
    assert (await sight(FileCheck(path="f", newer_than="1h"), ctx)).held
    os.utime(path, (time.time() - 60, time.time() - 60))
    seen = await sight(FileCheck(path="f", newer_than="${ten}"), ctx)
    assert not seen.held
    assert seen.detail == "f was changed 1 min ago, wanted 10 s"


async def test_newer_than_a_file(ctx: CheckContext, tmp_path: Path) -> None:
    for name, at in (("old", 1000), ("new", 2000)):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (at, at))
    assert (await sight(FileCheck(path="new", newer_than="old"), ctx)).held
    seen = await sight(FileCheck(path="old", newer_than="new"), ctx)
    assert not seen.held
    same = await sight(FileCheck(path="new", newer_than="new"), ctx)
    assert not same.held
    gone = await sight(FileCheck(path="new", newer_than="gone"), ctx)
    assert (gone.held, "does not exist" in gone.detail) == (False, True)


async def test_equal_files(ctx: CheckContext, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("same")
    (tmp_path / "b").write_text("same")
    (tmp_path / "c").write_text("diff")
    assert (await sight(FileCheck(path="a", same_as="b"), ctx)).held
    seen = await sight(FileCheck(path="a", same_as="c"), ctx)
    assert (seen.held, seen.detail) == (
        False,
        "a differs from c: a has another content",
    )
    gone = await sight(FileCheck(path="a", same_as="gone"), ctx)
    assert not gone.held


async def test_equal_folders(ctx: CheckContext, tmp_path: Path) -> None:
    tree(tmp_path / "one", a="1", sub__b="2")
    tree(tmp_path / "two", a="1", sub__b="2")
    (tmp_path / "current").symlink_to("two")
    for other in ("two", "current"):
        seen = await sight(FileCheck(path="one", same_as=other), ctx)
        assert seen.held
        assert seen.detail == f"one is a folder, is the same as {other} (2 files)"


async def test_the_first_differences_are_named(
    ctx: CheckContext, tmp_path: Path
) -> None:
    tree(tmp_path / "one", a="1", c__d="3", e="4", f="5", same="x")
    tree(tmp_path / "two", b="2", c="3", e="other", f="5!", same="x")
    seen = await sight(FileCheck(path="one", same_as="two"), ctx)
    assert not seen.held
    assert seen.detail == (
        "one differs from two: a is only in one; b is only in two; "
        "c is a folder here and a file there; and 2 more"
    )


async def test_links_in_folders(ctx: CheckContext, tmp_path: Path) -> None:
    for name in ("one", "two"):
        folder = tree(tmp_path / name, a="1")
        (folder / "loop").symlink_to(".")
    (tmp_path / "one" / "b").symlink_to("a")
    (tmp_path / "two" / "b").write_text("1")
    assert (await sight(FileCheck(path="one", same_as="two"), ctx)).held
    (tmp_path / "two" / "loop").unlink()
    (tmp_path / "two" / "loop").symlink_to("..")
    seen = await sight(FileCheck(path="one", same_as="two"), ctx)
    assert seen.detail == "one differs from two: loop leads elsewhere"


async def test_a_fifo_holds_nothing_up(ctx: CheckContext, tmp_path: Path) -> None:
    for name in ("one", "two"):
        os.mkfifo(tree(tmp_path / name) / "pipe")
    check = FileCheck(path="one", same_as="two", repeat=Repeat(timeout="5s"))
    seen = await sight(check, ctx)
    assert "pipe is neither a file nor a folder" in seen.detail
