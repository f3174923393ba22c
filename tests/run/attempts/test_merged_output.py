"""Outputs of many hosts as one, by when each line came."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mobius_tui.run.attempts import merged_output
from mobius_tui.run.attempts.merged_output import MergedHost, MergedOutput
from mobius_tui.run.attempts.output_reader import spans_in
from mobius_tui.run.fleet.host_output import HostOutput, output_path, spans_path

SECOND = 10**9


class Hosts:
    """Hosts that print by a clock of their own."""

    def __init__(self, folder: Path) -> None:
        (folder / "hosts").mkdir(parents=True)
        (folder / "merged").mkdir()
        self.folder, self.clock = folder, 0
        self.over: set[str] = set()
        self.names: dict[str, None] = {}
        self.merged = MergedOutput(folder / "merged" / "output")

    def path(self, name: str) -> Path:
        return output_path(self.folder, name)

    def say(self, name: str, text: str, at: float | None = None) -> None:
        self.names[name] = None
        self.clock = self.clock + SECOND if at is None else int(at * SECOND)
        output = HostOutput(self.path(name), (), 1 << 30, lambda: self.clock)
        output.write(text.encode())
        output.close()

    def look(self, *, is_last: bool = False, until: float = 1e9) -> str:
        """Catch up once; returns all that is there then."""
        hosts = [
            MergedHost(
                name=name,
                label=f"{name} ",
                state="ok",
                output=self.path(name),
                is_over=name in self.over,
            )
            for name in self.names
        ]
        self.merged.catch_up(hosts, is_last=is_last, until=int(until * SECOND))
        return self.merged.path.read_text()


@pytest.fixture
def hosts(tmp_path: Path) -> Hosts:
    return Hosts(tmp_path / "attempt")


def test_lines_stand_in_the_order_in_which_they_came(hosts: Hosts) -> None:
    hosts.say("a", "one\n", 1)
    hosts.say("b", "two\nthree\n", 2)
    hosts.say("a", "four\n", 3)
    expected = "a │ one\nb │ two\nb │ three\na │ four\n"
    assert hosts.look(is_last=True) == expected
    records = spans_in(spans_path(hosts.merged.path).read_bytes())
    assert [span.time // SECOND for span in records] == [1, 2, 2, 3]


def test_it_grows_and_no_line_stands_before_one_that_came_earlier(hosts: Hosts) -> None:
    hosts.say("b", "two\n", 2)
    assert hosts.look() == "", "what one look has seen the next one appends"
    hosts.say("a", "one\n", 1)  # its bytes were on their way
    assert hosts.look() == "a │ one\nb │ two\n"
    hosts.say("a", "thr", 3)
    hosts.say("b", "four\n", 4)
    hosts.look()
    assert hosts.look().endswith("two\nb │ four\n"), "half a line waits for its end"
    hosts.say("c", "five\n", 5)
    hosts.say("a", "ee\n", 6)
    hosts.look()
    assert hosts.look().endswith("four\nc │ five\na │ three\n")
    before = hosts.look()
    assert hosts.look() == before == hosts.look(is_last=True), "nothing is there twice"


def test_a_last_line_without_its_end_is_shown_when_its_host_is_over(
    hosts: Hosts,
) -> None:
    hosts.say("a", "no end")
    assert hosts.look() == hosts.look() == ""
    hosts.over.add("a")
    assert hosts.look() == "a │ no end\n"


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    max_examples=40,
    deadline=None,
)
@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(0, 90), st.booleans()),
        max_size=30,
    )
)
def test_all_is_there_once_and_in_order_however_often_it_is_looked_at(
    tmp_path_factory: pytest.TempPathFactory, said: list[tuple[str, int, bool]]
) -> None:
    hosts = Hosts(tmp_path_factory.mktemp("h") / "attempt")
    with pytest.MonkeyPatch.context() as patch:
        # So that an output is read in many parts, and lines are longer than a part.
        patch.setattr(merged_output, "TOTAL_BYTES", 0)
        patch.setattr(merged_output, "MIN_BYTES_OF_HOST", 48)
        hosts.look()
        for name in "abc":
            hosts.say(name, "begun\n")
            hosts.look()
            hosts.look()
        expected = [f"{name} │ begun" for name in "abc"]
        for number, (name, size, looks) in enumerate(said):
            text = f"{number}{'x' * size}"
            hosts.say(name, f"{text}\n")
            expected.append(f"{name} │ {text}")
            if looks:
                hosts.look()
        hosts.look(is_last=True)
    shown = hosts.merged.path.read_text().splitlines()
    if all(len(row) < 40 for row in expected):
        assert shown == expected
    for name in "abc":  # a line that is longer than a part is cut into some
        own = [row.partition("│ ")[2] for row in shown if row.startswith(name)]
        assert "".join(own) == hosts.path(name).read_text().replace("\n", "")


def test_of_a_long_output_the_end_is_shown(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merged_output, "TOTAL_BYTES", 0)
    monkeypatch.setattr(merged_output, "MIN_BYTES_OF_HOST", 48)
    hosts.say("a", "early\n")
    hosts.say("b", "x" * 30 + "\n" + "y" * 30 + "\nend\n")
    text = hosts.look(is_last=True)
    assert text == (
        f"a │ early\nb │ (31 bytes before this are in its own output)\n"
        f"b │ {'y' * 30}\nb │ end\n"
    )


@pytest.mark.parametrize("end", ["\n", ""], ids=["a newline", "no newline"])
def test_of_one_very_long_line_the_end_is_shown(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    monkeypatch.setattr(merged_output, "TOTAL_BYTES", 0)
    monkeypatch.setattr(merged_output, "MIN_BYTES_OF_HOST", 48)
    line = f"{'x' * 90}{end}"
    hosts.say("a", line)
    assert hosts.look(is_last=True) == (
        f"a │ ({len(line) - 48} bytes before this are in its own output)\n"
        f"a │ {line[-48:].rstrip()}\n"
    )


def test_until_a_moment(hosts: Hosts) -> None:
    hosts.say("a", "one\n", 1)
    hosts.say("b", "two\n", 2)
    hosts.say("a", "three\n", 3)
    assert hosts.look(is_last=True, until=2) == "a │ one\nb │ two\n"


def test_one_of_which_no_times_were_kept_stands_before_the_others(hosts: Hosts) -> None:
    hosts.say("a", "new\n")
    for name in "xy":
        hosts.say(name, f"old {name}\n")
        spans_path(hosts.path(name)).unlink()
    assert hosts.look(is_last=True) == (
        "(when these came was not kept: one host after the other)\n"
        "──── x · ok\nold x\n──── y · ok\nold y\na │ new\n"
    )
    assert hosts.merged.hosts_without_times == 2


def test_bytes_of_which_no_time_is_known_are_shown(hosts: Hosts) -> None:
    hosts.say("a", "one\ntwo\n", 2)
    hosts.say("b", "three\n", 3)
    hosts.say("a", "four\n", 4)
    times = spans_path(hosts.path("a"))
    for size in (24, 0):
        os.truncate(times, size)
        again = Hosts(hosts.folder / f"again-{size}")
        again.names, again.path = hosts.names, hosts.path  # type: ignore[method-assign]
        shown = again.look(is_last=True).splitlines()
        assert sorted(shown) == ["a │ four", "a │ one", "a │ two", "b │ three"]


def test_a_host_writes_over_no_name_and_colours_none(hosts: Hosts) -> None:
    hosts.say("a", "10 %\r50 %\r100 %\r\n\x1b[31mred\nroot │ fake\n")
    assert hosts.look(is_last=True) == (
        "a │ 100 %\na │ \x1b[31mred\x1b[0m\na │ root │ fake\n"
    )
