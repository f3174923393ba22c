"""Where bash stops reading a script our parser does, too, and nowhere else."""

from __future__ import annotations

import random
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mobius_tui.runbook.library.runbook_files import bundled_folder
from mobius_tui.runbook.shell.script_parser import MAX_CHARACTERS, parse_script
from tests.paths import ROOT
from tests.table import each_row

BROKEN = [
    ("a\n«if b; then\n  c", "the `if` that begins here has no `fi`"),
    ("«if b\nc", "the `if` that begins here has no `then`"),
    ("if b; then\n  for x in c; do d\n«fi", "`fi` stands here where `for` wants its"),
    ("if b; then c\n«done", "`done` stands here where `if` wants its `fi`"),
    ("if b then c\n«fi", "`fi` stands here where `if` wants its `then`"),
    ("if b; then c; else\n«fi", "`fi` stands here where a command should begin"),
    ("while a; do\n b\n«fi", "`fi` stands here where `while` wants its `done`"),
    ("«for x in a; do b", "the `for` that begins here has no `done`"),
    ("for x in a\n«b\ndone", "`b` stands here where `for` wants its `do`"),
    ("for «((i = 0; i < 3; i++); do a; done", "the `((` that opens here has no `))`"),
    ("for x in a «> b; do c; done", "`>` stands here among the words of `for`"),
    ("«case $x in a) b ;;", "the `case` that begins here has no `esac`"),
    ("case $x in a «b) c ;; esac", "`b` stands here where `case` wants PATTERN)"),
    ("case $x «of a) b ;; esac", "`of` stands here where `case` wants `in`"),
    ("f() { a; }\n«}", "`}` stands here and closes nothing"),
    ("a\n«done", "`done` stands here and closes nothing"),
    ("«{ a }", "the `{` that begins here has no `}`"),
    ("f() «echo", "the body of `f` wants { } around it"),
    ("a «(b)", "`(` cannot stand here without quotes"),
    ("«(a", "the `(` that begins here has no `)`"),
    ("(a) «b", "`b` stands here where the command should end"),
    ("a\n«)", "`)` stands here where a command should begin"),
    ('echo «"a\necho b', 'the quote that opens here is never closed: no `"` follows'),
    ("echo it«'s", "the quote that opens here is never closed: no `'` follows"),
    ("x=«$(a | b", "the `$(` that begins here has no `)`"),
    ('x="$(if a; then «)"', "`)` stands here where a command should begin"),
    ("x=$(a; «fi)", "`fi` stands here where `$(` wants its `)`"),
    ("x=«$((1 + 2)\na", "the `$((` that opens here has no `))`"),
    ("x=«`a | b", "the backtick that opens here is never closed"),
    ("echo «${x\na", "the `${` that opens here has no `}`"),
    ("x=«(a b", "the array that begins here has no `)`"),
    ("x=(a «; b)", "`;` cannot stand here without quotes"),
    ("«[[ a == b\nc", "the `[[` that begins here has no `]]`"),
    ("a | «| b", "`|` stands here where `|` wants a command"),
    ("a && «; b", "`;` stands here where `&&` wants a command"),
    ("a ||«", "the script ends where `||` wants a command"),
    ("a «>\nb", "nothing stands after `>`"),
    ("a; «; b", "`;` stands here where a command should begin"),
    ("cat <<«EOF\na\n  EOF\nb", "the here-document never ends: no line is `EOF`"),
]


@each_row(("marked", "reason"), BROKEN)
def test_a_broken_script_is_broken_at_its_place(marked: str, reason: str) -> None:
    before, _, after = marked.partition("«")
    broken = parse_script(before + after).syntax_problem
    assert broken is not None
    assert reason in broken.reason
    assert broken.start == len(before)


def test_it_says_what_is_still_open_and_where() -> None:
    broken = parse_script("a\nif b; then\n  while c; do\n    d\nfi").syntax_problem
    assert broken is not None
    assert (broken.opener, broken.opener_start) == ("while", 15)


def test_the_first_of_many_functions_without_a_body_is_told() -> None:
    parsed = parse_script("f() ;\n" * 50)
    assert parsed.complete
    assert parsed.syntax_problem is not None
    assert parsed.syntax_problem.start == 4


WHOLE = r"""
if a; then b; elif c; then d; else e; fi
if a; then if b; then c; fi fi
while read -r x; do y; done < z > "$w" 2>&1
until a; do b; done & wait
for x in a "b c" $(d); do e; done
for x; do e; done
for x do e; done
for x in a; { b; }
for ((i = 0; i < 3; i++)) do a; done
for ((i = ")"; i < 3; i++)); do a; done
select x in a b; do c; done
case $x in a|b) c ;; (*) d ;; esac
case $x in a) b ;& c) d ;;& [!e]*) f; esac
case $x in esac
f() { a; }; function g { b; }; function h() ( c ); i() [[ d ]]
{ a; b; } > c && (d; e) | f |& g
! a; time -p b; ! { c; }; time { d; }
x=(a "b" $(c) [3]=d # it's fine
 e) y+=(f); declare -a z=(1 # don't
 2)
x[1+2]=3; x[(1+2)*3]=4; echo $[(1+2)*3] ${x[(1)]}
[[ -n $a && ( $b == x* || ! -f c ) && $d =~ ^(e|f)+$ ]]
[[ $a =~ [[:space:]]\(g\) && $b == @(h|i) ]]
((x++)); ((a) || (b)); echo $(( (1 + 2) * 3 )) $((x[1]))
coproc { a; }; coproc N { b; }; coproc c d; coproc O while e; do f; done
diff <(a) <(b | c) > >(d) 2>&1; e <(f)g
cat <<EOF; cat <<-'E F' | a; b <<\G
it's $(h
EOF
	"i
	E F
(
G
x=$(cat <<EOF
it's ) in $(
EOF
)
cat <<< "a" <<<$'b\'c' 3<&0 {fd}>d >&- &> e &>> f >| g <> h
echo "a ${x:-"b c"} ${y//\'/} ${z#'"'} $(d "e $(f)") `g "h" \`i\``" $"j"
echo ${x/#a/b} ${x@Q} ${!x} ${!x[@]} ${#x} ${x:1:2} ${x^^} ${x//$'\''/}
echo a#b 'c' \" \' \# if then done } { esac # it's "not
echo a \
  b &&
  # in between
  c ||

  d
a & b & c
$x; "$y" z; \if; {a,b}; }x; [ a ]; b in
f-g() { a; }; @h() { b; }
"""


def scripts() -> Iterator[str]:
    """Every script of the runbooks that come with the program, or with its tests."""
    for path in sorted(
        (*bundled_folder().glob("*.toml"), *ROOT.glob("tests/**/*.toml"))
    ):
        try:
            tree = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError):
            continue
        yield from _scripts(tree)
    fenced = re.compile(r"^```(?:bash|sh)\n(.*?)^```", re.DOTALL | re.MULTILINE)
    for path in sorted(ROOT.glob("tests/**/*.md")):
        yield from fenced.findall(path.read_text(encoding="utf-8", errors="replace"))


def _scripts(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for each in node:
            yield from _scripts(each)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key in ("run", "script") and isinstance(value, str):
                yield value
            else:
                yield from _scripts(value)


def damaged(count: int) -> Iterator[str]:
    """Scripts of every construct, of which something was taken, doubled or put in."""
    chance = random.Random(20261128)
    blocks = WHOLE.strip().split("\n")
    signs = "; ;; & && | ( ) { } ' \" ` $( ${ $(( (( [[ ]] << > < # \\ \n if then fi"
    more = "for in do done while case esac x=( f() ! a"
    words = [*signs.split(" "), *more.split(" ")]
    for _ in range(count):
        text = "\n".join(chance.sample(blocks, chance.choice((1, 1, 2))))
        for _ in range(chance.choice((1, 1, 2))):
            token = chance.choice(list(re.finditer(r"\w+|\s|[^\w\s]|$", text)))
            put = chance.choice(("", token[0] * 2, *chance.sample(words, 4)))
            text = text[: token.start()] + put + text[token.end() :]
        yield text


def complaints(texts: list[str], into: Path) -> list[str]:
    """What `bash -n` says of each; a here-document that never ends is a warning."""
    for index, text in enumerate(texts):
        (into / str(index)).write_text(text + "\n", encoding="utf-8")
    loop = 'for ((i = 0; i < $1; i++)); do said=$(bash -n $i 2>&1); echo "$? $said"'
    run = subprocess.run(
        ["bash", "-c", f"{loop}; printf '\\0'; done", "x", str(len(texts))],
        cwd=into,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=True,
    )
    answers = run.stdout.split("\0")[:-1]
    return [
        answer[2:] if answer[0] != "0" or "here-document" in answer else ""
        for answer in answers
    ]


def test_of_whole_scripts_bash_complains_of_the_same_ones(tmp_path: Path) -> None:
    texts = [text for text in scripts() if len(text) < MAX_CHARACTERS]
    texts += [WHOLE, *(marked.replace("«", "") for marked, _ in BROKEN)]
    assert len(texts) > 100
    for text, complaint in zip(texts, complaints(texts, tmp_path), strict=True):
        broken = parse_script(text).syntax_problem
        assert (broken is None) == (not complaint), (text, broken, complaint)


def test_where_bash_has_no_complaint_there_is_none(tmp_path: Path) -> None:
    """Of what bash refuses we may miss a tenth; of what it accepts, nothing is said."""
    texts = list(damaged(250))
    found = refused = 0
    for text, complaint in zip(texts, complaints(texts, tmp_path), strict=True):
        broken = parse_script(text).syntax_problem
        assert broken is None or complaint, (text, broken)
        found += broken is not None
        refused += bool(complaint)
    assert found > refused * 0.9 > 100


def test_what_may_be_another_thing_to_bash_is_not_judged() -> None:
    for marked, _ in BROKEN:
        script = marked.replace("«", "")
        assert parse_script(f"x[1 + 2]=3\n{script}").syntax_problem is None
        assert parse_script(f"{'#' * MAX_CHARACTERS}\n{script}").syntax_problem is None
