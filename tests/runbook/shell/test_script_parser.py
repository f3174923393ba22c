"""A script becomes its commands, and what only looks like one stays out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobius_tui.runbook.shell.script_model import (
    EXPANSION_MARK,
    ParsedScript,
    Script,
    Word,
)
from mobius_tui.runbook.shell.script_parser import MAX_CHARACTERS, parse_script
from mobius_tui.runbook.shell.script_walk import (
    assignments,
    commands,
    own_words,
    visits,
)
from tests.growth import UNEVEN, growth


def run_in(script: str) -> list[str]:
    """The programs of a script, in order; `HOLE` is shown as `…`."""
    found = []
    for visit in visits(parse_script(script).body):
        if visit.program is not None:
            words = (visit.program.word, *visit.program.arguments)
            found.append(
                " ".join(word.text for word in words).replace(EXPANSION_MARK, "…")
            )
    return found


@pytest.mark.parametrize(
    ("script", "programs"),
    [
        ("a b; c && d || e & f", ["a b", "c", "d", "e", "f"]),
        ("a | b |& c", ["a", "b", "c"]),
        ("a \\\n  b", ["a b"]),
        ("a # b; c\nd", ["a", "d"]),
        ("a#b '#c' \"#d\" ${#e}", ["a#b #c #d …"]),
        ("a 'b; c' \"d | e\" f\\;g", ["a b; c d | e f;g"]),
        ("a \"$(b 'c')\" `d`", ["a … …", "b c", "d"]),
        ('a "$(b "$(c)")"', ["a …", "b …", "c"]),
        ("a $((1 + $(b))) $((c))", ["a … …", "b"]),
        ("((x = $(a))); b", ["((", "a", "b"]),
        ("a $'it\\'s; b' c", ["a it\\'s; b c"]),
        ("x=1 y=$(a) b", ["b", "a"]),
        ("x=(1 2 # three\n 3)\na", ["a"]),
        ("a <b >c 2>&1 <<<d", ["a"]),
        ("cat <<EOF | a\nb; $(c)\nEOF\nd", ["cat", "c", "a", "d"]),
        ("cat <<'EOF' | a\n$(c)\nEOF\nd", ["cat", "a", "d"]),
        ('cat <<-E\n\t"$(a)" `b` ${x:-$(c)}\n\tE\nd', [*["cat"], *"abcd"]),
        ("cat <<E\n$(cat <<F\n$(a)\nF\n)\nE\nd", ["cat", "cat", "a", "d"]),
        ("x=(1 $(a) $(b)) c", ["c", "a", "b"]),
        ("cat <<'A' <<-B\nx\nA\n\tB\nd", ["cat", "d"]),
        ("cat <<EOF\nnever closed; a", ["cat"]),
        ("if a; then b; elif c; then d; else e; fi; f", [*"abcdef"]),
        ("while a; do b; done < c; d", [*"abd"]),
        ("until a\ndo\n b\ndone", [*"ab"]),
        ("for x in 1 $(a); do b; done; c", [*"abc"]),
        ("for ((i = 0; i < 3; i++)); do a; done", ["a"]),
        ("case $x in a|b) c ;; (*) d;; esac; e", [*"cde"]),
        ("case x in\n a)\n  b\n  ;;\n c) ;&\n d) e\nesac\nf", [*"bef"]),
        ("f() { a; }; function g { b; }; g", ["a", "b", "g"]),
        ("{ a; b; } | c", [*"abc"]),
        ("( (a); b ); ((x++)); c", ["a", "b", "((", "c"]),
        ("[[ $x == a* && (-f b || -f c) ]] && d", ["[[ … == a* -f b -f c ]]", "d"]),
        ("! a; time b", [*"ab"]),
        ("a <(b) >(c)", ["a … …", "b", "c"]),
        ("a @(b|c)d", ["a @(b|c)d"]),
        ("sudo -u x -n timeout -k 5 10 env A=b nice a b", ["a b"]),
        ("sudo -Hu x a b", ["a b"]),
        ("sudo --user x --chdir=/y a b", ["a b"]),
        ("timeout --signal KILL 5 env -iu X a b", ["a b"]),
        ("sudo -ux nice -n5 a b", ["a b"]),
        ("/usr/bin/a b", ["/usr/bin/a b"]),
        ("a; ) fi done; b", [*"ab"]),
        ("echo if; echo done", ["echo if", "echo done"]),
        ("a ${x:-$(b)} ${y//\\}/z} ${!z}", ["a … … …", "b"]),
    ],
)
def test_the_commands_of_a_script(script: str, programs: list[str]) -> None:
    assert run_in(script) == programs


def test_what_is_known_of_a_command() -> None:
    script = "while read -r x; do (cd a; b) | c; done < d; f() { g; }; cd e; h &"
    seen = {
        visit.program.name: visit
        for visit in visits(parse_script(script).body)
        if visit.program is not None
    }
    assert seen["read"].has_input
    assert seen["c"].pipeline_index == 1
    assert seen["b"].is_in_loop
    assert len(seen["b"].directory_changes) == 1
    assert seen["c"].directory_changes == ()
    assert seen["g"].function == "f"
    assert len(seen["h"].directory_changes) == 1
    assert seen["h"].statement.background


def test_assignments_in_all_their_forms() -> None:
    script = "a=1; export b=2 c; d=(3); local e+=4; for f in x; do g[1]=5; done; h=6 i"
    assert [each.name for each in assignments(parse_script(script).body)] == [*"abdegh"]


def test_expansions_say_whether_they_are_quoted() -> None:
    script = 'a $b "$c" ${d:?} "${e#f}" ${#g} $? $1 "x"$h \'$i\' "${j:-$k}"'
    [command] = commands(parse_script(script).body)
    found = {
        each.name: (each.quoted, each.operator)
        for word in own_words(command)
        for each in word.expansions
    }
    assert found == {
        "b": (False, ""),
        "c": (True, ""),
        "d": (False, ":?"),
        "e": (True, "#"),
        "g": (False, "#name"),
        "?": (False, ""),
        "1": (False, ""),
        "h": (False, ""),
        "j": (True, ":-"),
        "k": (True, ""),
    }


def words(script: Script) -> Iterator[Word]:
    """Every word, those in `$(…)` too."""
    for command in commands(script):
        for word in own_words(command):
            yield word
            for inner in word.scripts:
                yield from words(inner)


PIECES = st.sampled_from(
    [
        *("a", " ", "\n", ";", ";;", "&", "&&", "|", "||", "(", ")", "((", "))", "{ "),
        *("} ", "$", "${", "}", "$(", "`", "'", '"', "\\", "#", "<", ">", "<<", "<<-"),
        *("EOF", "<<<", "<(", "=", "x=", "=(", "@(", "if ", "then ", "else ", "elif "),
        *("fi ", "for ", "in ", "do ", "done ", "while ", "case ", "esac ", "[[ "),
        *("]] ", "! ", "function ", "time ", "\t", "\0", "é", "\ufffc", ":-", "1"),
    ]
)


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.lists(PIECES, max_size=60).map("".join) | st.text(max_size=80))
def test_any_text_is_read_and_every_word_is_where_it_says(text: str) -> None:
    for word in words(parse_script(text).body):
        assert text.startswith(word.source, word.start)


@pytest.mark.parametrize(
    "piece",
    [
        *("a ", "a;", "a\n", "((", "((a ", "$(", "${", "`", "'", '"', "<<a ", "<<a\n"),
        *("{ ", "if ", "case a in ", "x=(", "@(", "[[ ", "f() { ", "a|", "\\", "#\n"),
    ],
)
def test_a_mebibyte_of_anything_ends_soon(piece: str) -> None:
    def read(length: int) -> ParsedScript:
        script = parse_script(piece * (length // len(piece)))
        for _ in visits(script.body):
            pass
        return script

    assert growth(read, MAX_CHARACTERS) < UNEVEN
    assert not read(1024 * 1024).complete


def test_of_a_long_script_the_beginning_is_read() -> None:
    script = parse_script("a\n" * MAX_CHARACTERS)
    assert len(script.body) == MAX_CHARACTERS // 2
    assert not script.complete
    assert parse_script("a\n" * 9).complete
