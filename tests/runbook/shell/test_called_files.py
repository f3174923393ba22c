"""The files that a script runs by a literal path, and those that cannot be known."""

from __future__ import annotations

import pytest

from mobius_tui.runbook.shell.called_files import called_files, files_in_command
from tests.table import each_row

CALLED = [
    ("./go.sh", "go.sh"),
    ("scripts/x.sh a b", "scripts/x.sh"),
    ("/opt/x --yes", "/opt/x"),
    ("~/bin/x", "~/bin/x"),
    ("'./go now.sh'", "go now.sh"),
    ("bash x.sh", "x.sh"),
    ("bash -eu x.sh -c", "x.sh"),
    ("bash -o pipefail x.sh", "x.sh"),
    ("bash < x.sh", "x.sh"),
    ("source lib.sh", "lib.sh"),
    (". ./lib.sh", "lib.sh"),
    ("python3 tools/x.py --all", "tools/x.py"),
    ("python3 -u -X dev x.py", "x.py"),
    ("/usr/bin/env python3 x.py", "x.py"),
    ("sudo -u root ./go.sh", "go.sh"),
    ("FOO=1 timeout 5 nice -n 3 ./go.sh", "go.sh"),
    ("if ! ./go.sh; then (./other.sh); fi", "go.sh other.sh"),
    ('echo "$(./go.sh)" `./other.sh`', "go.sh other.sh"),
    ("f() { ./go.sh; }; f | ./other.sh", "go.sh other.sh"),
    ("bash -c './go.sh && cd x && ./y.sh'", "go.sh x/y.sh"),
    ("sudo bash -ec ./go.sh", "go.sh"),
    ("eval ./go.sh a", "go.sh"),
    ("cd app && ./go.sh", "app/go.sh"),
    ("cd /srv/app; cd bin; ./go.sh; (cd ..; ./up.sh); ./on.sh", ""),
    ("./a/../go.sh; go.sh; ./go.sh", "go.sh"),
]
UNKNOWN = [
    "go.sh",
    "kubectl apply -f ./x.yaml",
    "rm -rf ./x /srv/y",
    'bash -c "$code"',
    "python3 -c 'print(1)'",
    "python3 -m http.server",
    "bash -s < <(curl x)",
    'cd "$dir" && ./go.sh',
    "cd - && ./go.sh",
    '"$tools/x.sh"',
    "./*.sh",
    "command -v ./go.sh",
    "",
]


@each_row(("script", "files"), CALLED)
def test_what_is_called_by_a_literal_path(script: str, files: str) -> None:
    wanted = (
        ("/srv/app/bin/go.sh", "/srv/app/up.sh", "/srv/app/bin/on.sh")
        if not files
        else tuple(files.split())
        if "now" not in script
        else (files,)
    )
    assert called_files(script) == wanted


@pytest.mark.parametrize("script", UNKNOWN)
def test_what_nobody_can_know_from_the_script_alone(script: str) -> None:
    assert called_files(script) == ()


def test_the_words_of_a_step_s_shell() -> None:
    assert files_in_command(("python3", "./tool.py")) == ("./tool.py",)
    assert files_in_command(("./run", "x")) == ("./run",)
    assert files_in_command(("bash", "-c", 'docker exec web sh -c "$0"')) == ()
