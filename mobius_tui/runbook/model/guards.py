"""The guard of a step, `when`: what it names, what it says, and whether it holds. Pure.

A guard is kept as TOML has it: by variable the texts of which its value must satisfy
one, and `not`, `any` and `all` over further guards. What the texts mean is in
`comparison`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType
from typing import TypeAlias, Union

from mobius_tui.runbook.model.guard_comparison import (
    GuardComparison,
    expected_in_words,
    parse_comparison,
    satisfies,
)

Guard: TypeAlias = Mapping[str, "Part"]
Part: TypeAlias = Union[tuple[str, ...], tuple["Guard", ...], "Guard"]
"""What stands beside a name: texts, or guards beside `not`, `any` and `all`."""
Values: TypeAlias = Mapping[str, str | None]
"""What the variables are that have a value; `None` for a secret."""
Path: TypeAlias = tuple[str | int, ...]

LONG = 60
"""Characters of a value in words; of a longer one the middle is left out."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Undecided:
    """What keeps a guard from being decided."""

    name: str
    """Of a variable."""
    words: str
    is_given: bool = True
    """Whether it has a value, which cannot be compared."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GuardVerdict:
    """Whether a guard, or a part of it, holds; and what decided that."""

    holds: bool | None
    """`None` where that is open."""
    words: str = ""
    """The parts that decided it: `lag > 1000`."""
    names: tuple[str, ...] = ()
    """The variables in them."""
    open: tuple[Undecided, ...] = ()


def guard_leaves(
    guard: Guard, path: Path = ()
) -> Iterator[tuple[Path, str, tuple[str, ...]]]:
    """Each variable that a guard names: where that stands in it, its name, its texts.

    Args:
        guard: a guard, or one below it.
        path: where it stands.
    """
    for name, part in guard.items():
        if texts := texts_of(part):
            yield (*path, name), name, texts
        for place, inner in _below(part):
            yield from guard_leaves(inner, (*path, name, *place))


def guard_variables(guard: Guard) -> frozenset[str]:
    """The variables that a guard names."""
    return frozenset(name for _, name, _ in guard_leaves(guard))


def texts_of(part: Part) -> tuple[str, ...]:
    """The texts that stand beside a variable; empty where no variable is meant."""
    if isinstance(part, Mapping):
        return ()
    return tuple(each for each in part if isinstance(each, str))


def _below(part: Part) -> Iterator[tuple[Path, Guard]]:
    if isinstance(part, Mapping):
        yield (), part
        return
    for index, each in enumerate(part):
        if isinstance(each, Mapping):
            yield (index,), each


def with_literal_choices(
    guard: Guard, choices: Callable[[str], Collection[str]]
) -> Guard:
    """The guard in which a text that its variable can be stands for that very text.

    One of the `choices` of a variable may look like a comparison: `>1000`.
    """
    found: dict[str, Part] = {}
    for name, part in guard.items():
        if texts := texts_of(part):
            found[name] = tuple(_literal(text, choices(name)) for text in texts)
        elif isinstance(part, Mapping):
            found[name] = with_literal_choices(part, choices)
        else:
            inner = (with_literal_choices(each, choices) for _, each in _below(part))
            found[name] = tuple(inner)
    return MappingProxyType(found)


def _literal(text: str, choices: Collection[str]) -> str:
    return (
        f"= {text}" if text in choices and not parse_comparison(text).is_plain else text
    )


def guard_in_words(guard: Guard) -> str:
    """What a guard wants, in words: `env = a or b, and lag > 1000`."""
    return _all_in_words([_part_in_words(*item) for item in guard.items()])


def _part_in_words(name: str, part: Part) -> str:
    if texts := texts_of(part):
        return _leaf_in_words(name, texts)
    inner = [guard_in_words(each) for _, each in _below(part)]
    if isinstance(part, Mapping):
        return f"not ({inner[0]})"
    return _all_in_words(inner) if name == "all" else _any_in_words(inner)


@lru_cache(maxsize=4096)
def _leaf_in_words(name: str, texts: tuple[str, ...]) -> str:
    meant = [parse_comparison(text) for text in texts]
    same = [text for each in meant if each.sign == "=" for text in each.texts]
    words = [f"{name} = {' or '.join(_text(text) for text in same)}"] * bool(same)
    words += [f"{name} {each}" for each in meant if each.sign != "="]
    return " or ".join(words)


def _text(text: str) -> str:
    return text or "(nothing)"


def _all_in_words(parts: list[str]) -> str:
    return ", and ".join(parts)


def _any_in_words(parts: list[str]) -> str:
    return f"({', or '.join(parts)})" if len(parts) > 1 else "".join(parts)


def evaluate_guard(guard: Guard, values: Values) -> GuardVerdict:
    """Whether a guard holds with these values."""
    parts = (_judge_part(name, part, values) for name, part in guard.items())
    return _decided(parts, _ALL, _all_in_words)


def _judge_part(name: str, part: Part, values: Values) -> GuardVerdict:
    if texts := texts_of(part):
        return _judge_leaf(name, texts, values)
    inner = [evaluate_guard(each, values) for _, each in _below(part)]
    if isinstance(part, Mapping):
        return _not(inner[0])
    if name == "all":
        return _decided(inner, _ALL, _all_in_words)
    return _decided(inner, _ANY, _any_in_words)


def _judge_leaf(name: str, texts: tuple[str, ...], values: Values) -> GuardVerdict:
    words = _leaf_in_words(name, texts)
    if name not in values:
        missing = Undecided(
            name=name, words=f"{name} is not decided yet", is_given=False
        )
        return GuardVerdict(holds=None, words=words, names=(name,), open=(missing,))
    value = values[name]
    if value is None:
        secret = Undecided(name=name, words=f"cannot be decided: {name} is a secret")
        return GuardVerdict(holds=None, words=words, names=(name,), open=(secret,))
    unclear: list[str] = []
    for meant in map(parse_comparison, texts):
        holds = _meets(value, meant)
        if holds:
            return GuardVerdict(holds=True, words=words, names=(name,))
        if holds is None:
            unclear.append(f"{meant} wants {expected_in_words(meant)}")
    if not unclear:
        return GuardVerdict(holds=False, words=words, names=(name,))
    why = f"{name} is {_quoted(value)}, and {', '.join(unclear)}"
    opened = Undecided(name=name, words=f"cannot be decided: {why}")
    return GuardVerdict(holds=None, words=words, names=(name,), open=(opened,))


def _meets(value: str, meant: GuardComparison) -> bool | None:
    """Whether a value satisfies one text; of several that were chosen, one is enough.

    What must be another than a text is another in each of its lines.
    """
    lines = value.split("\n")
    if len(lines) > 1 and meant.is_ordered:
        return None
    held = {satisfies(line, meant) for line in lines}
    enough = meant.sign != "!="
    if enough in held:
        return enough
    return None if None in held else not enough


def _not(inner: GuardVerdict) -> GuardVerdict:
    holds = None if inner.holds is None else not inner.holds
    return replace(inner, holds=holds, words=f"not ({inner.words})")


def _decided(
    parts: Iterable[GuardVerdict],
    order: tuple[bool | None, ...],
    join: Callable[[list[str]], str],
) -> GuardVerdict:
    """What several parts come to: the first of these that one of them came to."""
    found = list(parts)
    if len(found) == 1:
        return found[0]
    for holds in order:
        own = [each for each in found if each.holds is holds]
        if own:
            return GuardVerdict(
                holds=holds,
                words=join([each.words for each in own]),
                names=tuple(dict.fromkeys(n for each in own for n in each.names)),
                open=tuple(o for each in own for o in each.open),
            )
    return GuardVerdict(holds=True)


_ALL = (False, None, True)
_ANY = (True, None, False)


def why_guard_fails(verdict: GuardVerdict, values: Values) -> str:
    """What passed a step over: `lag is 70, and the step wants lag > 1000`."""
    held = " and ".join(f"{name} is {_shown(values[name])}" for name in verdict.names)
    return f"{held}, and the step wants {verdict.words}"


def _shown(value: str | None) -> str:
    text = ", ".join((value or "").split("\n"))
    if len(text) > LONG:
        text = f"{text[: LONG // 2]}…{text[-LONG // 2 :]}"
    return text or "empty"


def _quoted(value: str) -> str:
    return repr(_shown(value)) if value else "empty"
