"""One policy of redaction: what keepers write, and what hosts and reports tell."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from mobius_tui.run.keeper import stream_redactor
from mobius_tui.run.storage import redaction
from mobius_tui.run.storage.redaction import holds_secret, redact, secret_literals

TEXTS = st.text("ab1/ \n", min_size=1, max_size=9)


@given(
    secrets=st.lists(TEXTS, min_size=1, max_size=3),
    pieces=st.lists(TEXTS, max_size=6),
    cuts=st.lists(st.integers(0, 60), max_size=4),
)
@settings(max_examples=60, deadline=None)
def test_a_keeper_leaves_of_a_stream_what_a_host_leaves_of_a_text(
    secrets: list[str], pieces: list[str], cuts: list[int]
) -> None:
    forms = sorted(secret_literals(secrets), key=len)
    text = "".join(each + forms[at % len(forms)] for at, each in enumerate(pieces))
    data = text.encode()
    keeper = stream_redactor.StreamRedactor(
        tuple(form.encode() for form in secret_literals(secrets))
    )
    places = sorted({0, len(data), *(min(cut, len(data)) for cut in cuts)})
    written = b"".join(
        bytes(keeper.feed(data[begin:end])) for begin, end in itertools.pairwise(places)
    )
    written += keeper.flush()
    told = redact(text, secrets)
    assert written.decode() == told
    assert (told == text) == (not holds_secret(text, secrets))


def test_both_put_the_same_in_its_place() -> None:
    assert stream_redactor.REDACTED.decode() == redaction.REDACTED
