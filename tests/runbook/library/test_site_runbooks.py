"""Which runbooks are written for the drill site: by their bytes, not by their names."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.library.runbook_files import bundled_folder, is_runbook
from mobius_tui.runbook.library.site_runbooks import (
    SITE_RUNBOOK_DIGESTS,
    site_runbook_digest,
    site_runbook_files,
    stays_on_site,
)

FILES = tuple(site_runbook_files())
RUNBOOKS = [path for path in FILES if is_runbook(path)]


def copy_files(folder: Path) -> None:
    """Copy each file to where it is looked for beside a runbook."""
    for each in FILES:
        is_file_of_one = each.parent.name == "mobius"
        target = folder / each.relative_to(each.parents[1 if is_file_of_one else 0])
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(each.read_bytes())


def test_their_digests_are_those_of_the_bundled_files() -> None:
    """After an edit it is looked at anew whether it stays there: then this is taken."""
    due = {
        site_runbook_digest(path.read_bytes()): path for path in site_runbook_files()
    }
    rows = "".join(f'        "{each}",  # {due[each].name}\n' for each in due)
    assert due.keys() == SITE_RUNBOOK_DIGESTS, f"\n{rows}"


@pytest.mark.parametrize("path", RUNBOOKS, ids=lambda path: path.stem)
def test_it_is_known_under_another_name(path: Path, tmp_path: Path) -> None:
    assert stays_on_site(load(path).sources)
    copy_files(tmp_path)
    copy = tmp_path / "mine.toml"
    copy.write_bytes(path.read_bytes())
    assert stays_on_site(load(copy).sources)


@pytest.mark.parametrize("path", RUNBOOKS, ids=lambda path: path.stem)
def test_one_that_was_edited_is_another(path: Path, tmp_path: Path) -> None:
    copy_files(tmp_path)
    same_name = tmp_path / path.name
    same_name.write_bytes(path.read_bytes() + b"\n# mine\n")
    assert not stays_on_site(load(same_name).sources)


def test_one_that_includes_something_edited_is_another(tmp_path: Path) -> None:
    copy_files(tmp_path)
    with (tmp_path / "mobius-common.toml").open("a") as common:
        common.write("\n# mine\n")
    assert not stays_on_site(load(tmp_path / "mobius-quick.toml").sources)


def test_one_whose_program_was_edited_is_another(tmp_path: Path) -> None:
    copy_files(tmp_path)
    with (tmp_path / "mobius" / "find-backup").open("a") as program:
        program.write("# mine\n")
    assert not stays_on_site(load(tmp_path / "mobius-quick.toml").sources)


def test_what_is_bundled_for_other_systems_is_not_among_them() -> None:
    for name in ("kubernetes-rollback", "postgres-failover", "dns-cutover"):
        path = bundled_folder() / "examples" / f"{name}.toml"
        assert not stays_on_site(load(path).sources)
    assert not stays_on_site(())
