"""The guard of a step, `when`: its variables, its text, and whether it holds. Pure.

A guard has the structure of its TOML: for each variable the texts of which its value
must satisfy one, and `not`, `any` and `all` over further guards. The meaning of the
texts is in `guard_comparison`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import TypeAlias, Union

from msgspec import Struct

from mobius_tui.runbook.model.actions import chosen_options
from mobius_tui.runbook.model.guard_comparison import (
    GuardComparison,
    expected_in_words,
    filled_comparison,
    operand_names,
    parse_comparison,
    satisfies,
)
from mobius_tui.runbook.text.template_text import fill
from mobius_tui.structs import replace

Guard: TypeAlias = Mapping[str, "Part"]
Part: TypeAlias = Union[tuple[str, ...], tuple["Guard", ...], "Guard"]
"""The value of a key: texts for a variable, guards for `not`, `any` and `all`."""
GuardValues: TypeAlias = Mapping[str, str | None]
"""The values of the variables that have one; `None` for a secret."""
GuardPath: TypeAlias = tuple[str | int, ...]
Titles: TypeAlias = Mapping[str, str]
"""By variable, what people call it; those that have no title are called by their name.
"""
NO_TITLES: Titles = MappingProxyType({})

MAX_SHOWN_VALUE = 60
"""Characters of a value in a message; of a longer one the middle is left out."""


class Undecided(Struct, frozen=True, kw_only=True):
    """Why a guard cannot be decided."""

    name: str
    """The name of the variable."""
    words: str
    is_given: bool = True
    """Whether it has a value, but one that cannot be compared."""


class GuardVerdict(Struct, frozen=True, kw_only=True):
    """Whether a guard, or a part of it, holds, and the parts that decide it."""

    holds: bool | None
    """`None` if it is undecided."""
    words: str = ""
    """The deciding parts as text: `lag > 1000`."""
    names: tuple[str, ...] = ()
    """The variables in them."""
    undecided: tuple[Undecided, ...] = ()


def guard_leaves(
    guard: Guard, path: GuardPath = ()
) -> Iterator[tuple[GuardPath, str, tuple[str, ...]]]:
    """Each use of a variable in a guard: its key path, the name, the texts.

    Args:
        guard: a guard, or one nested in it.
        path: the key path of a nested guard.
    """
    for name, part in guard.items():
        if texts := texts_of(part):
            yield (*path, name), name, texts
        for place, inner in _nested_guards(part):
            yield from guard_leaves(inner, (*path, name, *place))


def guard_variables(guard: Guard) -> frozenset[str]:
    """The variables that a guard names, and those that it compares them with."""
    found: set[str] = set()
    for _, name, texts in guard_leaves(guard):
        found.add(name)
        found.update(other for text in texts for other in operand_names(text))
    return frozenset(found)


def texts_of(part: Part) -> tuple[str, ...]:
    """The comparisons of a variable, such as `> 1000`.

    Empty if the part is a nested guard.
    """
    if isinstance(part, Mapping):
        return ()
    return tuple(each for each in part if isinstance(each, str))


def _nested_guards(part: Part) -> Iterator[tuple[GuardPath, Guard]]:
    if isinstance(part, Mapping):
        yield (), part
        return
    for index, each in enumerate(part):
        if isinstance(each, Mapping):
            yield (index,), each


def with_literal_choices(
    guard: Guard, choices: Callable[[str], Collection[str]]
) -> Guard:
    """A guard in which texts that are possible values are compared literally.

    One of the `choices` of a variable may look like a comparison, such as `>1000`.
    """
    found: dict[str, Part] = {}
    for name, part in guard.items():
        if texts := texts_of(part):
            found[name] = tuple(_literal(text, choices(name)) for text in texts)
        elif isinstance(part, Mapping):
            found[name] = with_literal_choices(part, choices)
        else:
            inner = (
                with_literal_choices(each, choices) for _, each in _nested_guards(part)
            )
            found[name] = tuple(inner)
    return MappingProxyType(found)


def _literal(text: str, choices: Collection[str]) -> str:
    return (
        f"= {text}" if text in choices and not parse_comparison(text).is_plain else text
    )


def guard_in_words(guard: Guard, titles: Titles = NO_TITLES) -> str:
    """A guard as text: `env = a or b, and lag > 1000`."""
    return _all_in_words([_part_in_words(*item, titles) for item in guard.items()])


def _called(name: str, titles: Titles) -> str:
    """A variable as people call it: its title, or else its name."""
    return f"“{titles[name]}”" if titles.get(name) else name


def _part_in_words(name: str, part: Part, titles: Titles) -> str:
    if texts := texts_of(part):
        return _leaf_in_words(_called(name, titles), texts)
    inner = [guard_in_words(each, titles) for _, each in _nested_guards(part)]
    if isinstance(part, Mapping):
        return f"not ({inner[0]})"
    return _all_in_words(inner) if name == "all" else _any_in_words(inner)


@lru_cache(maxsize=4096)
def _leaf_in_words(called: str, texts: tuple[str, ...]) -> str:
    meant = [parse_comparison(text) for text in texts]
    same = [text for each in meant if each.sign == "=" for text in each.texts]
    words = [f"{called} = {' or '.join(_text(text) for text in same)}"] * bool(same)
    words += [f"{called} {each}" for each in meant if each.sign != "="]
    return fill(" or ".join(words), str)  # a variable by its name


def _text(text: str) -> str:
    return text or "(nothing)"


def _all_in_words(parts: list[str]) -> str:
    return ", and ".join(parts)


def _any_in_words(parts: list[str]) -> str:
    return f"({', or '.join(parts)})" if len(parts) > 1 else "".join(parts)


def evaluate_guard(
    guard: Guard, values: GuardValues, titles: Titles = NO_TITLES
) -> GuardVerdict:
    """Evaluate a guard with the given values, and say it with the given titles."""
    parts = (_judge_part(name, part, values, titles) for name, part in guard.items())
    return _combine(parts, _ALL, _all_in_words)


def _judge_part(
    name: str, part: Part, values: GuardValues, titles: Titles
) -> GuardVerdict:
    if texts := texts_of(part):
        return _judge_leaf(name, texts, values, titles)
    inner = [evaluate_guard(each, values, titles) for _, each in _nested_guards(part)]
    if isinstance(part, Mapping):
        return _not(inner[0])
    if name == "all":
        return _combine(inner, _ALL, _all_in_words)
    return _combine(inner, _ANY, _any_in_words)


def _judge_leaf(
    name: str, texts: tuple[str, ...], values: GuardValues, titles: Titles
) -> GuardVerdict:
    others = dict.fromkeys(other for text in texts for other in operand_names(text))
    verdict = GuardVerdict(
        holds=None,
        words=_leaf_in_words(_called(name, titles), texts),
        names=tuple(dict.fromkeys((name, *others))),
    )
    known: dict[str, str] = {}
    for each in verdict.names:
        value = values.get(each)
        if value is not None:
            known[each] = value
            continue
        words = f"cannot be decided: {_called(each, titles)} is a secret"
        if each not in values:
            words = f"{_called(each, titles)} is not decided yet"
        unknown = Undecided(name=each, words=words, is_given=each in values)
        return replace(verdict, undecided=(unknown,))
    not_comparable: list[str] = []
    for text in texts:
        results = []
        for meant in filled_comparison(text, known.__getitem__):
            results.append(_any_value_satisfies(known[name], meant))
            if results[-1] is None:
                not_comparable.append(f"{meant} wants {expected_in_words(meant)}")
        if True in results:
            return replace(verdict, holds=True)
    if not not_comparable:
        return replace(verdict, holds=False)
    called = _called(name, titles)
    why = f"{called} is {_quoted(known[name])}, and {', '.join(not_comparable)}"
    undecided = Undecided(name=name, words=f"cannot be decided: {why}")
    return replace(verdict, undecided=(undecided,))


def _any_value_satisfies(value: str, comparison: GuardComparison) -> bool | None:
    """Whether a value satisfies a comparison; of several chosen values, one is enough.

    For `!=`, all of them must differ.
    """
    lines = chosen_options(value)
    if len(lines) > 1 and comparison.is_ordered:
        return None
    results = {satisfies(line, comparison) for line in lines}
    decisive = comparison.sign != "!="
    if decisive in results:
        return decisive
    return None if None in results else not decisive


def _not(inner: GuardVerdict) -> GuardVerdict:
    holds = None if inner.holds is None else not inner.holds
    return replace(inner, holds=holds, words=f"not ({inner.words})")


def _combine(
    parts: Iterable[GuardVerdict],
    order: tuple[bool | None, ...],
    join: Callable[[list[str]], str],
) -> GuardVerdict:
    """Combine verdicts by three-valued logic.

    `order` lists the results, the one that wins over the others first.
    """
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
                undecided=tuple(o for each in own for o in each.undecided),
            )
    return GuardVerdict(holds=True)


_ALL = (False, None, True)
_ANY = (True, None, False)


def why_guard_fails(
    verdict: GuardVerdict, values: GuardValues, titles: Titles = NO_TITLES
) -> str:
    """Why a step does not apply: `lag is 70, and the step wants lag > 1000`.

    Args:
        verdict: of a guard that does not hold.
        values: those that it was judged by.
        titles: those that it was judged with.
    """
    in_words = " and ".join(
        f"{_called(name, titles)} is {_shown(values[name])}" for name in verdict.names
    )
    return f"{in_words}, and the step wants {verdict.words}"


def not_for_text(
    verdict: GuardVerdict,
    values: GuardValues,
    decided: Collection[str],
    titles: Titles = NO_TITLES,
) -> str:
    """The same in short: `not for code`, or `not for lag=70`.

    Args:
        verdict: of a guard that does not hold.
        values: those that it was judged by.
        decided: the names of variables whose values say by themselves what they are
            about, as options of a decision do.
        titles: what people call the others.
    """
    shown = (
        _shown(values[name])
        if name in decided
        else f"{_called(name, titles)}={_shown(values[name])}"
        for name in verdict.names
    )
    return f"not for {' and '.join(shown)}"


def _shown(value: str | None) -> str:
    text = ", ".join(chosen_options(value))
    if len(text) > MAX_SHOWN_VALUE:
        text = f"{text[: MAX_SHOWN_VALUE // 2]}…{text[-MAX_SHOWN_VALUE // 2 :]}"
    return text or "empty"


def _quoted(value: str) -> str:
    return repr(_shown(value)) if value else "empty"
