"""No test judges how fast this machine is: what grows is compared with itself."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.growth import UNEVEN, cost, growth
from tests.paths import ROOT, TESTS

CLOCKS = (
    *("monotonic", "perf_counter", "process_time", "thread_time", "time"),
    "boot_clock",
)
"""What reads a clock, of whatever module it is; with `_ns`, too."""
RECORDED = ("ms", "took", "duration", "latency", "elapsed")
"""What the program calls the time that something took."""
BY_HAND = {"acceptance/toml_suite.py", "acceptance/hostile.py"}
"""What a person starts, who knows the machine, beside `tests/benchmarks`."""


class Times(ast.NodeVisitor):
    """Where a function compares a time that something took with a number.

    A limit is none of those: it is a moment, made by adding to a clock, which is looked
    at in a loop, and only ends what would go on for ever.
    """

    def __init__(self, function: ast.AST) -> None:
        self.lines: list[int] = []
        self._loops = 0
        self._moments: set[str] = set()
        self._limits: set[str] = set()
        self._taken: set[str] = set()
        nodes = list(ast.walk(function))
        if not any(
            isinstance(node, ast.Lt | ast.LtE | ast.Gt | ast.GtE) for node in nodes
        ):
            return
        for _ in range(2):  # what is made of what is named later
            for node in nodes:
                if isinstance(node, ast.Assign):
                    self._learn(node.targets, node.value)
                elif isinstance(node, ast.NamedExpr):
                    self._learn([node.target], node.value)
        self.visit(function)

    def _learn(self, targets: list[ast.expr], value: ast.expr) -> None:
        for target in targets:
            if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                for each, part in zip(target.elts, value.elts, strict=False):
                    self._learn([each], part)
            elif isinstance(target, ast.Name):
                for kind, names in (
                    (self._is_moment, self._moments),
                    (self._is_limit, self._limits),
                    (self._is_taken, self._taken),
                ):
                    if kind(value):
                        names.add(target.id)

    def _visit_loop(self, node: ast.AST) -> None:
        self._loops += 1
        self.generic_visit(node)
        self._loops -= 1

    visit_While = visit_For = visit_AsyncFor = visit_Lambda = _visit_loop  # noqa: N815

    def visit_Compare(self, node: ast.Compare) -> None:
        sides = [node.left, *node.comparators]
        for left, operator, right in zip(sides, node.ops, sides[1:], strict=False):
            less = isinstance(operator, ast.Lt | ast.LtE)
            if less or isinstance(operator, ast.Gt | ast.GtE):
                small, great = (left, right) if less else (right, left)
                self._compare(small, great, node.lineno)
        self.generic_visit(node)

    def _compare(self, small: ast.expr, great: ast.expr, line: int) -> None:
        either = ((small, great), (great, small))
        is_judged = any(self._is_taken(a) and is_number(b) for a, b in either)
        is_judged |= is_recorded(small) and is_number(great)
        is_late = self._is_moment(small) and self._is_limit(great) and not self._loops
        if is_judged or is_late:
            self.lines.append(line)

    def _is_moment(self, node: ast.expr) -> bool:
        """A clock, or what it said."""
        match node:
            case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)):
                return name.removesuffix("_ns") in CLOCKS and not node.args
            case ast.Name(id=name):
                return name in self._moments
            case ast.NamedExpr(value=value):
                return self._is_moment(value)
        return False

    def _is_limit(self, node: ast.expr) -> bool:
        """What a clock says later."""
        match node:
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self._is_moment(left) or self._is_moment(right)
            case ast.Name(id=name):
                return name in self._limits
        return False

    def _is_taken(self, node: ast.expr) -> bool:
        """A time between two moments."""
        match node:
            case ast.BinOp(left=left, op=operator, right=right):
                between = (
                    not self._is_limit(left)
                    if self._is_moment(right)
                    else self._is_moment(left) and not is_number(right)
                )
                return (isinstance(operator, ast.Sub) and between) or (
                    self._is_taken(left) or self._is_taken(right)
                )
            case ast.Call(args=args):
                return any(map(self._is_taken, args))
            case ast.NamedExpr(value=value):
                return self._is_taken(value)
            case ast.Name(id=name):
                return name in self._taken
        return False


def is_number(node: ast.expr) -> bool:
    """A number, or what is made of numbers and of names of such."""
    match node:
        case ast.Constant(value=int() | float()):
            return True
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.isupper()
        case ast.UnaryOp(operand=operand):
            return is_number(operand)
        case ast.BinOp(left=left, right=right):
            return is_number(left) and is_number(right)
    return False


def is_recorded(node: ast.expr) -> bool:
    """A time that the program took down, such as `check.ms` and `took["a"] or 0`."""
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name in RECORDED
        case ast.Subscript(value=value):
            return is_recorded(value)
        case ast.BoolOp(values=values):
            return any(map(is_recorded, values))
    return False


def judged_times(source: str) -> Iterator[int]:
    """The lines that compare with a number what something took."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from Times(node).lines


def sources() -> Iterator[Path]:
    """What the default run reads, or may."""
    for path in sorted(TESTS.rglob("*.py")):
        name = str(path.relative_to(TESTS))
        if not name.startswith("benchmarks/") and name not in BY_HAND:
            yield path


def test_no_test_compares_a_time_with_a_number() -> None:
    """Beside others, the best program is late: see `docs/testing.md`."""
    wrong = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sources()
        for line in sorted(set(judged_times(path.read_text())))
    ]
    assert wrong == [], "measure it with tests/growth.py, or count what it does"


JUDGES = (
    "a = time.monotonic()\n    work()\n    assert time.monotonic() - a < 3",
    "a = process_time()\n    work()\n    b = process_time() - a\n    assert b < SOON",
    "a, b = perf_counter_ns(), 0\n    assert 1 <= perf_counter_ns() - a <= N",
    "end = loop.time() + 5\n    work()\n    assert loop.time() < end",
    "assert abs(state.at - time.time() - 3600) < 60",
    "if time.monotonic() - self.began > LIMIT: fail()",
    "while (waited := time.time() - began) < 9: pass",
    "assert 0 < answer.ms < 5000",
    "assert 0.5 <= (took['a'] or 0) < 30",
)
JUDGES_NOT = (
    "end = clock.time() + 5\n    while (left := end - clock.time()) > 0: read(left)",
    "end = time.time() + 60\n    while wrong():\n        assert time.time() < end",
    "began = time.monotonic()\n    wait_for(lambda: time.monotonic() > began + 3)",
    "assert growth(work, 1000) < UNEVEN",
    "before = time.time()\n    work()\n    assert before - 1 <= made.at <= time.time()",
    "assert answer.ms >= 300",
    "took = time.monotonic() - began\n    assert answer.ms <= took * 1000",
)


@pytest.mark.parametrize("body", JUDGES)
def test_what_judges_a_machine_is_found(body: str) -> None:
    assert list(judged_times(f"def test() -> None:\n    {body}\n"))


@pytest.mark.parametrize("body", JUDGES_NOT)
def test_a_limit_for_what_hangs_is_none_of_it(body: str) -> None:
    assert not list(judged_times(f"def test() -> None:\n    {body}\n"))


def repeated(count: int) -> int:
    return sum(number & 1 for number in range(count))


def squared(count: int) -> int:
    return sum(repeated(count) for _ in range(count))


@pytest.mark.parametrize(
    ("work", "size", "even"),
    [
        (repeated, 200_000, True),
        (lambda count: sorted(range(count, 0, -1)), 200_000, True),
        (squared, 1500, False),
        (lambda count: ("x" * count).count("x" * (count // 2) + "y"), 20_000, True),
    ],
)
def test_what_takes_its_square_is_seen_on_any_machine(
    work: Callable[[int], object], size: int, even: bool
) -> None:
    assert (growth(work, size) < UNEVEN) is even


def test_the_cost_is_that_of_the_other() -> None:
    assert cost(lambda _: repeated(800_000), lambda _: repeated(20_000)) > UNEVEN
