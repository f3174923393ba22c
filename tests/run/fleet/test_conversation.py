"""A host that lies: what it says is bounded, and is held to the protocol."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mobius_tui.run.fleet.claim_request import ClaimRequest, ClaimVerb
from mobius_tui.run.fleet.conversation import ConversationEnd, HostConversation
from mobius_tui.run.fleet.host_output import HostOutput, output_path
from mobius_tui.run.fleet.transport import Transport

TAKE_NONCE = 'read -r line; NONCE=${line#NONCE=}; say() { echo "$NONCE $*" >&2; }\n'
"""What a host does that only pretends to run what it is sent."""
HELLO = (
    TAKE_NONCE
    + 'until [ "${line%% *}" = main ]; do read -r line; done\n'
    + 'printf "\\n%s\\n" "$NONCE"; say here\n'
)


@pytest.fixture
def output(tmp_path: Path) -> Iterator[HostOutput]:
    (tmp_path / "hosts").mkdir()
    output = HostOutput(output_path(tmp_path, "h"), (), 1024)
    yield output
    output.close()


async def answer_of(
    host: str, output: HostOutput, earlier: tuple[int, ...] = ()
) -> ConversationEnd:
    """What a conversation with a host comes to that runs this instead."""
    way = Transport(argv=("sh", "-c", host), description="ssh h")
    request = ClaimRequest(
        verb=ClaimVerb.START,
        run="r",
        step="s",
        host="h",
        earlier=earlier,
        max_output=1024,
    )
    return await HostConversation(way, request, output).exchange()


@pytest.mark.parametrize(
    "words",
    [
        *("exit", "exit 0", "exit -1 0 exited", "exit 256 0 exited", "exit 0 0 fine"),
        *("exit 0 9999999999999999 exited", "exit ０ 0 exited", "void now", "EXIT 0 0"),
        *("earlier 3", "earlier x", "verdict ok", "unknown \x1b[2J"),
    ],
)
async def test_words_that_are_not_of_the_protocol_are_no_answer(
    words: str, output: HostOutput
) -> None:
    answer = await answer_of(f"{HELLO} say '{words}'", output, earlier=(1, 2))
    assert answer.spoke
    assert (answer.verdict, answer.status, answer.of_attempt) == ("", None, 0)


async def test_only_who_knows_the_nonce_is_heard(output: HostOutput) -> None:
    answer = await answer_of(
        f"{TAKE_NONCE} NONCE=0123456789abcdef; echo $NONCE; say here; say exit 0 0 "
        "exited; say claimed; printf '\\033[2Jbye' >&2; exit 1",
        output,
    )
    assert not answer.spoke
    assert (answer.verdict, answer.reason) == ("", "␛[2Jbye")
    assert output.size == 0


async def test_the_first_verdict_counts(output: HostOutput) -> None:
    answer = await answer_of(
        f"{HELLO} say exit 3 0 exited; say exit 0 0 exited; say void", output
    )
    assert (answer.verdict, answer.status) == ("exit", 3)


async def test_a_reason_of_the_host_is_cleaned_and_short(output: HostOutput) -> None:
    says = "$(printf '\\033]0;x\\007'; seq 1000 | tr '\\n' ' ')"
    answer = await answer_of(f'{HELLO} say refused "{says}"', output)
    assert answer.verdict == "refused"
    assert answer.reason.startswith("␛]0;x␇")
    assert len(answer.reason) <= 200


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        (HELLO + "yes", "it sends more output than its limit"),
        (HELLO + "say exit 0 0 exited; yes", "it sends more output than its limit"),
        ("yes", "its login prints too much before a shell begins"),
        ("yes >&2", "it says too much that is no output"),
        ("tr '\\0' x </dev/zero >&2", "it says too much that is no output"),
        (HELLO + "while say beat; do :; done", "it says too much that is no output"),
    ],
    ids=["output", "output after its end", "login", "words", "no newline", "beats"],
)
async def test_what_never_ends_is_ended(
    host: str, reason: str, output: HostOutput
) -> None:
    answer = await answer_of(host, output)
    assert (answer.verdict, answer.reason) == ("", reason)
    assert output.size <= 1024


async def test_a_program_that_is_not_there_is_said(output: HostOutput) -> None:
    way = Transport(argv=("no-such-ssh",), description="ssh h")
    request = ClaimRequest(verb=ClaimVerb.ATTACH, run="r", step="s", host="h")
    answer = await HostConversation(way, request, output).exchange()
    assert answer == ConversationEnd(reason="there is no program 'no-such-ssh' on PATH")
