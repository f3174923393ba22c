"""The command that asks the newest Textual: what it finds, and when it cannot ask."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests import textual_next
from tests.textual_next import UnaskedError, broken, install, main, run

PYTHON = Path(sys.executable)
SMALL = """
import pytest

@pytest.mark.parametrize("name", ["textual.app.App._driver", "textual._parser.Read1"])
def test_textual_still_has(name):
    assert name != "textual._parser.Read1"

def test_else():
    raise ValueError("textual.x")
"""


def test_what_broke_is_named_by_textuals_name(tmp_path: Path) -> None:
    contract = tmp_path / "test_small.py"
    contract.write_text(SMALL)
    settings = tmp_path / "pytest.ini"
    settings.write_text("[pytest]\n")
    options = ("-q", "-rf", "-p", "no:cacheprovider", "-c", str(settings))
    done = run(PYTHON, "-m", "pytest", *options, str(contract), limit=60)
    assert done.returncode == textual_next.BROKEN
    assert broken(done.stdout) == ["textual._parser.Read1", "test_else"]


def test_what_cannot_be_installed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(UnaskedError, match="cannot install no-such-package: "):
        install(PYTHON, "no-such-package")


def test_what_takes_too_long_is_said() -> None:
    with pytest.raises(UnaskedError, match=r"not done in 0\.2 s"):
        run(PYTHON, "-c", "import time; time.sleep(60)", limit=0.2)


def test_it_takes_no_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == textual_next.UNASKED
    assert "usage: python -m tests.textual_next" in capsys.readouterr().err
