"""Files that are no runbook are refused at once, each in one clear line."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from mobius_tui.runbook.library.loader import examine
from tests.growth import UNEVEN, growth

HEAD = b'format = 1\n[runbook]\nid = "x"\ntitle = "X"\n'
RUN = b"[[phase]]\nid='p'\ntitle='P'\n[[phase.step]]\nid='s'\ntitle='S'\nrun='true'\n"


def refusal(path: Path) -> str:
    """The only problem of a file."""
    runbook, problems = examine(path)
    assert runbook is None
    (problem,) = problems
    assert "\n" not in problem.message
    return problem.render()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"#" * (1 << 20) + b"#", "is larger than 1 MiB"),
        (
            b"\xff\xfe" + HEAD.decode().encode("utf-16-le"),
            "is UTF-16; save it as UTF-8",
        ),
        (
            b"\xfe\xff" + HEAD.decode().encode("utf-16-be"),
            "is UTF-16; save it as UTF-8",
        ),
        (HEAD + b"# caf\xe9\n", "is not UTF-8: byte 0xe9 on line 5"),
        (HEAD + b"a = 'x\0y'\n", "5:7: a NUL byte"),
        (HEAD + b"a = " + b"[" * 50_000, "5:36: nested more than 32 deep"),
        (HEAD + b"a = " + b"{a=" * 50_000, "nested more than 32 deep"),
        (HEAD + b".".join([b"a"] * 50_000) + b" = 1", "5:1: nested more than 32 deep"),
        (HEAD + b"[" + b".".join([b"a"] * 50_000) + b"]", "nested more than 32 deep"),
        (HEAD + b"[[" + b".".join([b"a"] * 50_000) + b"]]", "nested more than 32"),
        (HEAD + b"a = [" + b"1," * 500_000 + b"]", "a list of more than 10000 values"),
        (HEAD + b"a = {" + b".".join([b"a"] * 50_000) + b" = 1}", "nested more than"),
        (HEAD + b"a = " + b"9" * 5000, "5:5: this number is too long"),
        (HEAD + b'a = """' + b"x" * 500_000, "Unterminated string"),
        (HEAD + b'a = "' + b"\\" * 500_001, "5:"),
        (HEAD + b'a = "\\d"', "a \\ begins an escape"),
        (HEAD + b"a = { b = 1,\n c = 2 }", "5:"),
        (HEAD + b"a = 1\na = 2", "6:6: Cannot overwrite a value: this key was given"),
        (HEAD + b"[runbook]", "this table was given before"),
        (HEAD + b"a = yes", 'Invalid value: write true, or "yes" if it is a text'),
        (HEAD + b"a = 'x\x07'", "control characters cannot stand in a TOML text"),
        (b"", "`format = 2` is missing: is this a runbook?"),
        (b"# A page of Markdown\n\nHello there.\n", "a line is KEY = VALUE"),
        (b'{"json": true}', "1:1:"),
    ],
    ids=lambda value: repr(value[-30:]),
)
def test_bytes_that_are_no_runbook(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(data)
    assert words in refusal(path)


def test_what_is_no_file(tmp_path: Path) -> None:
    fifo, listener = tmp_path / "fifo.toml", tmp_path / "sock"
    os.mkfifo(fifo)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(listener))
        assert "is a socket" in refusal(listener)
    assert refusal(fifo) == f"{fifo}: is a pipe; a runbook is read from a file"
    assert "is a directory; name the file in it" in refusal(tmp_path)
    assert "is a device" in refusal(Path("/dev/zero"))
    assert "there is no such file" in refusal(tmp_path / "none.toml")
    assert "cannot be read" in refusal(tmp_path / ("x" * 300))
    assert "cannot be read" in refusal(Path("a\0b"))


def test_a_link_to_nowhere_and_a_link_in_a_circle(tmp_path: Path) -> None:
    (tmp_path / "nowhere").symlink_to(tmp_path / "none")
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    assert "there is no such file" in refusal(tmp_path / "nowhere")
    assert "cannot be read" in refusal(tmp_path / "circle")


MISTAKES: Mapping[int, Sequence[Callable[[int], bytes]]] = {
    6_000: (
        lambda n: HEAD + b"[[phase]]\n" + b"[[phase.step]]\n" * n,
        lambda n: HEAD + RUN + b"".join(b"k%d=1\n" % i for i in range(n)),
    ),
    4_000: (lambda n: HEAD + RUN + b"uses = [" + b"1," * n + b"]",),
    2_000: (
        lambda n: (
            HEAD
            + RUN
            + b"".join(
                b"[[phase.step]]\nid='a%d'\ntitle='x'\nuse='a%d'\n" % (i, i + 1)
                for i in range(n)
            )
        ),
    ),
}
"""Files of nothing but mistakes, by how many of them there are."""


@pytest.mark.parametrize(
    ("data", "count"),
    [(make, count) for count, makes in MISTAKES.items() for make in makes],
)
def test_a_thousand_mistakes_end_at_a_hundred(
    tmp_path: Path, data: Callable[[int], bytes], count: int
) -> None:
    path = tmp_path / "x.toml"

    def examined(number: int) -> None:
        path.write_bytes(data(number))
        runbook, problems = examine(path)
        assert len(problems) == 101
        assert "the rest is unread" in problems[0].render() + problems[-1].render()
        assert runbook is None

    assert growth(examined, count) < UNEVEN


@pytest.mark.parametrize(
    ("data", "count"),
    [
        pytest.param(make, count, id=repr(make(3)[len(HEAD) :]))
        for count, makes in {
            20_000: (
                lambda n: HEAD + b"a = " + b"[" * n,
                lambda n: HEAD + b"a = " + b"{a=" * n,
                lambda n: HEAD + b".".join([b"a"] * n) + b" = 1",
                lambda n: HEAD + b"[" + b".".join([b"a"] * n) + b"]",
                lambda n: HEAD + b"a = {" + b".".join([b"a"] * n) + b" = 1}",
            ),
            100_000: (
                lambda n: HEAD + b"a = [" + b"1," * n + b"]",
                lambda n: HEAD + b'a = """' + b"x" * n,
                lambda n: HEAD + b'a = "' + b"\\" * (n | 1),
                lambda n: HEAD + b"a = " + b"9" * n,
            ),
        }.items()
        for make in makes
    ],
)
def test_one_mistake_takes_no_more_for_a_byte_the_longer_it_is(
    tmp_path: Path, data: Callable[[int], bytes], count: int
) -> None:
    path = tmp_path / "x.toml"

    def examined(number: int) -> None:
        path.write_bytes(data(number))
        refusal(path)

    assert growth(examined, count) < UNEVEN


def test_thousands_of_warnings_are_all_counted_and_refuse_nothing(
    tmp_path: Path,
) -> None:
    path = tmp_path / "x.toml"
    unused = b"".join(b"v%d={}\n" % n for n in range(5_000))
    path.write_bytes(HEAD + RUN + b"[var]\n" + unused)
    runbook, problems = examine(path)
    assert runbook is not None
    assert len(problems) == 5_000
