"""Which variables a script reads: held to what real programs read."""

from __future__ import annotations

import subprocess
import sys

import pytest

from mobius_tui.runbook.model.script_names import name_offsets, names_in_script
from tests.growth import UNEVEN, growth
from tests.table import each_row

READ_BY_BASH = [
    'echo "$v"',
    'echo "${v}"',
    'echo "${#v}"',
    "echo '$HOME' ${v%1}",
    "(( v > 1 ))",
    "echo $((v*86400))",
    "echo $(( (1 + v) * (2 + 3) ))",
    "if ((1)) && (( 2 < v )); then echo yes; fi",
    "for ((i = 0; i < v; i++)); do echo $i; done",
    "echo $[v + 1]",
    'let x=v+1; echo "$x"',
    "[[ v -gt 1 ]] && echo yes",
    "[[ 1 -lt v ]] && echo yes",
    "[[ -v v ]]",
    "[ -v v ]",
    "test -v v",
    'p=v; echo "${!p}"',
    'for p in v; do echo "${!p}"; done',
    'declare -n r=v; echo "$r"',
    'a=(0 1 2 3); echo "${a[v]}"',
    'a=(0 1 2 3); echo "${a[1 + v]}"',
    'a[v]=x; echo "${a[2]}"',
    't=abcdef; echo "${t:v:1}"',
    't=abcdef; echo "${t:1:v}"',
    "printenv v",
    "awk 'BEGIN { exit ENVIRON[\"v\"] != 2 }'",
]
NOT_READ_BY_BASH = [
    "echo v",
    "echo vv; (( 2 > 1 ))",
    "w=3; (( w > 1 ))",
    "echo $((16#f))",
    "(( 0xv )) || true".replace("0xv", "0x1"),
    "[[ v == v ]]",
    "grep -v v /dev/null || true",
    'declare -A m=([v]=1); echo "${m[v]}"',
    'x=1; echo "${x:-v}"',
    'x=1; echo "${x:+v}"',
    "( (echo v); (echo v) )",
    "echo list | sed 's/v/w/'",
    "env -u v true",
]


def ran(script: str, env: dict[str, str]) -> tuple[int, str]:
    done = subprocess.run(
        ["bash", "-eu", "-c", script],
        env={"PATH": "/usr/bin:/bin", **env},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


@each_row("script", READ_BY_BASH)
def test_what_bash_reads_is_seen(script: str) -> None:
    assert ran(script, {"v": "2"}) != ran(script, {})
    assert "v" in names_in_script(script)


@pytest.mark.parametrize("script", NOT_READ_BY_BASH)
def test_what_bash_does_not_read_is_not(script: str) -> None:
    assert ran(script, {"v": "2"}) == ran(script, {})
    assert "v" not in names_in_script(script)


PYTHON = [
    'import os; print(os.environ["v"])',
    "import os; print(os.environ['v'])",
    'import os; print(os.environ.get("v"))',
    'from os import environ; print(environ.pop("v"))',
    'import os; print(os.getenv("v"))',
    'import os; print(os.environb[b"v"])',
]


@pytest.mark.parametrize("script", PYTHON)
def test_what_python_reads_is_seen(script: str) -> None:
    def ran(**env: str) -> str:
        words = [sys.executable, "-c", script]
        done = subprocess.run(words, env=env, capture_output=True, text=True)
        return done.stdout

    assert ran(v="2") != ran()
    assert "v" in names_in_script(script)


@pytest.mark.parametrize(
    "script",
    [
        'puts ENV["v"]',
        'puts ENV.fetch("v")',
        "print $ENV{v};",
        "print $ENV{'v'};",
        "console.log(process.env.v)",
        'console.log(process.env["v"])',
        "console.log(process.env?.v)",
        'fmt.Println(os.Getenv("v"))',
        "echo getenv('v');",
        "Write-Output $env:v",
        "jq -n env.v",
    ],
)
def test_what_other_languages_read_is_seen(script: str) -> None:
    assert "v" in names_in_script(script)


@pytest.mark.parametrize(
    "script",
    [
        'os.environ.get("v", "3")',
        "os.getenv('v', None)",
        'ENV.fetch("v", 3)',
        'process.env.v ?? "3"',
        'process.env["v"] || "3"',
    ],
)
def test_what_goes_on_without_a_value_waits_for_none(script: str) -> None:
    assert "v" not in names_in_script(script)


def test_names_in_a_script() -> None:
    script = 'echo "$a" ${b:-x} ${#c} ${!d} \\$e $1 $$ ${f[0]} $aa'
    assert names_in_script(script) == ("a", "b", "c", "d", "e", "f", "aa")


def test_where_each_is_read() -> None:
    script = 'echo "$a"; (( b > a ))\n'
    assert name_offsets(script) == (("a", 6), ("b", 14), ("a", 18))


PIECES = ["((a ", "$[a ", "${x[a ", "[[ a ", "x[a ", "${x:a ", "for p in a ", "env.a("]


@pytest.mark.parametrize("piece", PIECES)
def test_the_work_grows_as_the_script_does(piece: str) -> None:
    """Scripts are hostile: what is opened again and again is never closed."""
    assert growth(lambda size: names_in_script("${!p}" + piece * size), 4000) < UNEVEN
