"""A sequence that grows without copies, and whose older versions stay as they were."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mobius_tui.run.grown import NONE_YET, Grown

STEPS = st.lists(
    st.tuples(st.sampled_from(["plus", "amended"]), st.integers(0, 9), st.integers()),
    max_size=40,
)


@given(STEPS)
def test_every_version_stays_what_a_tuple_would_be(
    steps: list[tuple[str, int, int]],
) -> None:
    """Whichever version is gone on with, an old one too, no other changes."""
    versions: list[tuple[Grown[int], tuple[int, ...]]] = [(NONE_YET, ())]
    for way, which, item in steps:
        grown, model = versions[-1 - which % len(versions)]
        if way == "plus":
            versions.append((grown.plus(item), (*model, item)))
        elif model:
            versions.append((grown.amended(item), (*model[:-1], item)))
        for each, wanted in versions:
            assert each == wanted
            assert tuple(each) == wanted
            assert len(each) == len(wanted)
            assert each[-2:] == wanted[-2:]
            if wanted:
                assert (each[0], each[-1]) == (wanted[0], wanted[-1])


def test_what_grows_is_not_copied() -> None:
    """20,000 notes on a run, and as many on each attempt, share one list."""
    first: Grown[int] = NONE_YET.plus(0)
    grown = first
    for n in range(1, 20_000):
        grown = grown.plus(n).amended(-n)
    assert len(first) == 1
    assert grown[19_998] == -19_998
    assert grown._shared is first._shared
