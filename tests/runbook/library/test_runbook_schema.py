"""An editor's schema accepts what `check` accepts, and finds most of what is broken."""

from __future__ import annotations

import copy
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
import tomli_w
from jsonschema import Draft7Validator

from mobius_tui.runbook.library.loader import examine
from mobius_tui.runbook.library.own_runbooks import new_runbook_text
from mobius_tui.runbook.library.runbook_files import bundled_folder
from mobius_tui.runbook.library.runbook_schema import (
    SCHEMA_LINE,
    SCHEMA_NAME,
    runbook_schema,
    schema_text,
    write_schema_beside,
)
from tests.paths import ROOT, TESTS
from tests.runbook.schema_refusals import refusals

FILES = sorted(
    {
        *bundled_folder().rglob("*.toml"),
        *(TESTS / "data" / "cases").rglob("*.toml"),
        *(TESTS / "runbook" / "data").rglob("*.toml"),
    }
)
EXAMPLES = re.findall(
    r"^```toml\n(format = .*?)^```$",
    (ROOT / "runbooks" / "README.md").read_text(encoding="utf-8"),
    re.MULTILINE | re.DOTALL,
)
BROKEN = 200


def sound_texts() -> list[str]:
    """Runbooks in which `check` finds no error, and the parts that they include."""
    parts = [path for path in FILES if path.name == "mobius-common.toml"]
    sound = [path for path in FILES if examine(path)[0] is not None]
    texts = [path.read_text(encoding="utf-8") for path in {*sound, *parts}]
    return [*texts, *EXAMPLES, new_runbook_text("x")]


def broken_texts() -> Iterator[str]:
    """Examples of the reference, each with one mistake, the same at each call."""
    dice = Random(23)
    trees = [tomllib.loads(text) for text in EXAMPLES]
    while True:
        tree = copy.deepcopy(dice.choice(trees))
        spots = list(_spots(tree))
        table, key = dice.choice(spots)
        match dice.randrange(4):
            case 0:
                del table[key]
            case 1:
                table[f"{key[:-1]}x"] = table.pop(key)
            case 2:
                table[key] = dice.choice([5, "soon", True, ["x"], {"a": "x"}, 0.5, ""])
            case _:
                table[dice.choice(["name", "command", "attempts", "gate"])] = True
        yield tomli_w.dumps(tree)


def _spots(node: Any) -> Iterator[tuple[dict[str, Any], str]]:
    for key, inner in node.items() if isinstance(node, dict) else ():
        yield node, key
        for each in inner if isinstance(inner, list) else [inner]:
            yield from _spots(each)


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Texts that `check` refuses; what it accepts, the schema accepts."""
    path = tmp_path_factory.mktemp("broken") / "x.toml"
    found: list[str] = []
    for text in broken_texts():
        path.write_text(text, encoding="utf-8")
        if examine(path)[0] is None:
            found.append(text)
        else:
            assert refusals(text) == []
        if len(found) == BROKEN:
            return found
    raise AssertionError


def test_it_is_a_schema_of_draft_7() -> None:
    Draft7Validator.check_schema(runbook_schema())


def test_it_accepts_every_runbook_that_check_accepts() -> None:
    texts = sound_texts()
    assert len(texts) > 20
    assert {text: refusals(text) for text in texts if refusals(text)} == {}


def test_it_finds_most_of_what_is_broken(broken: list[str]) -> None:
    assert sum(bool(refusals(text)) for text in broken) > BROKEN * 0.6


def test_a_key_is_explained_in_the_words_of_the_reference() -> None:
    schema = runbook_schema()
    step = schema["definitions"]["step"]["properties"]
    assert step["timeout"]["description"] == (
        'after this long it is stopped, `"10m"`; with `follow` or `tty` it has no limit'
    )
    assert step["retry"]["properties"]["every"]["description"].startswith("the time")
    assert step["use"]["description"].endswith("where it has none itself")
    assert "](" not in schema_text()
    assert "\\\\|" not in schema_text()


def test_it_is_written_beside_a_runbook_and_never_over_a_file(tmp_path: Path) -> None:
    runbook, schema = tmp_path / "x.toml", tmp_path / SCHEMA_NAME
    assert write_schema_beside(runbook)
    assert schema.read_text(encoding="utf-8") == schema_text()
    assert write_schema_beside(runbook)
    schema.write_text("of another version")
    assert not write_schema_beside(runbook)
    assert schema.read_text() == "of another version"
    schema.unlink()
    schema.symlink_to(tmp_path / "elsewhere")
    assert not write_schema_beside(runbook)
    assert list(tmp_path.iterdir()) == [schema]


LAST_FILES = 10


def refused_by_taplo(folder: Path, texts: list[str]) -> set[int]:
    """The texts that taplo refuses, each as a file that names its schema."""
    beside = Path(sys.executable).parent
    taplo = shutil.which("taplo", path=f"{beside}{os.pathsep}{os.environ['PATH']}")
    assert taplo is not None, "wants taplo: pip install taplo"
    write_schema_beside(folder / "x.toml")
    for number, text in enumerate(texts):
        path = folder / f"{number}.toml"
        path.write_text(SCHEMA_LINE + text, encoding="utf-8")
    # It may end before its last words are out, so the last files are not asked about.
    for number in range(LAST_FILES):
        path = folder / f"last{number}.toml"
        path.write_text(f"{SCHEMA_LINE}no-such-key = 1\n", encoding="utf-8")
    done = subprocess.run(
        [taplo, "lint", "--colors", "never", "--no-auto-config", f"{folder}/*.toml"],
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
    )
    total = len(texts) + LAST_FILES
    assert f"found files total={total}" in done.stderr, done.stderr[-2000:]
    assert "/last0.toml" in done.stderr, "it has not said all"
    return {int(each) for each in re.findall(r'path="[^"]*/(\d+)\.toml"', done.stderr)}


@pytest.mark.machine("taplo")
def test_taplo_says_the_same(tmp_path: Path, broken: list[str]) -> None:
    texts = [*sound_texts(), *broken]
    ours = {number for number, text in enumerate(texts) if refusals(text)}
    assert refused_by_taplo(tmp_path, texts) == ours
