"""What the shell of a host reads, read by a shell."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from mobius_tui.run.playbooks.playbook_order import script_standard_input

VALUES = {
    "A": "a'\"b {{ y }} $HOME",
    "B": "two\nlines",
    "script": "own",
    "IFS": "x",
}


def run(
    tmp_path: Path,
    script: str,
    *,
    shell: tuple[str, ...] = ("sh", "-eu"),
    timeout: float | None = None,
) -> subprocess.CompletedProcess[str]:
    text = script_standard_input(script, shell, VALUES, nonce="END-1", timeout=timeout)
    return subprocess.run(
        ["sh", "-s"],
        input=text,
        env={"TMPDIR": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.parametrize("timeout", [None, 30.0])
def test_a_script_has_its_values_and_its_status(
    tmp_path: Path, timeout: float | None
) -> None:
    script = 'printf "%s|" "$A" "$B" "$script" "$#" "$0"; cat; echo {{ x }}\n'
    script += "cat <<X\ny\nX\nexit 255"
    done = run(tmp_path, script, timeout=timeout)
    *values, path, rest = done.stdout.split("|")
    assert values == [VALUES["A"], VALUES["B"], "own", "0"]
    assert path.startswith(str(tmp_path))
    assert rest == "{{ x }}\ny\n"
    assert done.returncode == 255
    assert list(tmp_path.iterdir()) == []


def test_a_script_is_private_while_it_runs(tmp_path: Path) -> None:
    done = run(tmp_path, 'stat -c %a "$0"; umask')
    usual = subprocess.run(["sh", "-c", "umask"], capture_output=True, check=True)
    assert done.stdout == f"600\n{usual.stdout.decode()}"  # its own files are as ever


def test_a_script_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    done = run(tmp_path, "echo begun; sleep 60", timeout=0.2)
    assert (done.stdout, done.returncode) == ("begun\n", 124)


def test_output_is_in_order_and_is_text(tmp_path: Path) -> None:
    script = "echo a; echo b >&2; printf 'c\\377\\303\\244\\n'; exit 3"
    done = run(tmp_path, script)
    assert (done.stdout, done.stderr, done.returncode) == ("a\nb\ncä\n", "", 3)
