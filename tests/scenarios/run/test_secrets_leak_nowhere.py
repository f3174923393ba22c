"""A secret is found nowhere: on the disk, on the screen, in a report, on the wire."""

from __future__ import annotations

import asyncio
import io
import json
import re
import tarfile
from base64 import b64encode, urlsafe_b64encode
from hashlib import sha512
from pathlib import Path
from typing import get_type_hints
from urllib.parse import quote, urlencode

import pytest

from mobius_tui.cli import main
from mobius_tui.commands.past_runs.past_run_options import REPORT_FORMATS
from mobius_tui.errors import UsageError
from mobius_tui.plain import print_run
from mobius_tui.run.client.run_briefing import answer_briefing, prepare_briefing
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.events.run_events import NoteAdded
from mobius_tui.run.intents.intent_actions import ACTIONS
from mobius_tui.run.intents.run_intents import ReleaseHost
from mobius_tui.run.keeper.stream_redactor import StreamRedactor
from mobius_tui.run.storage.redaction import (
    MIN_ENCODED_CHARS,
    REDACTED,
    redact,
    secret_literals,
)
from mobius_tui.tui.screens.run_screen import RunScreen
from tests.conftest import MakeRunbook
from tests.pictures import words_of
from tests.run.books import ONE, step
from tests.run.conftest import Begin
from tests.run.samples import fields_of, sample
from tests.run.webhooks import webhook
from tests.table import each_row
from tests.tui.runs import no_resume, running, settled

CANARY = "c4n4ry-in-a-mine"
SPLIT = """
for ((i = 1; i < ${#T}; i++)); do
  printf %s "${T:0:i}"; printf %s "${T:i}"; echo
  printf %s "${T:0:i}" >&2; printf %s "${T:i}" >&2; echo >&2
done
for ((i = 0; i < ${#T}; i++)); do printf %s "${T:i:1}"; sleep 0.001; done
"""
NAMED = 'secrets = { T = "token" }'
OUT = '\noutputs = ["out"]'
BOOK = (
    '[var.token]\nfrom_env = "THE_TOKEN"\nsecret = true\n[var.word]\ndefault = "x"\n'
    '[[channel]]\nid = "hook"\nkind = "webhook"\nurl = "HOOK"\n'
    '[[message]]\nid = "m"\ntitle = "M"\nbody = "Started"\n'
    + ONE
    + step("split", SPLIT, NAMED)
    + step("fails", 'echo "$T"; exit 1', NAMED)
    + step("over", 'echo "$T" >&2; exit 1', NAMED)
    + '[[phase.step]]\nid = "tell"\ntitle = "Tell"\nmessage = "m"\nto = ["hook"]\n'
    + '[[phase.step]]\nid = "asks"\ntitle = "Asks"\nmanual = "Say"\n'
    'ask = { var = "word" }\n'
)


@pytest.mark.parametrize("first", range(1, len(CANARY)))
def test_it_is_found_wherever_reads_split_it(first: int) -> None:
    data = f"<{CANARY}><{CANARY}>".encode()
    for second in range(first, len(data)):
        redactor = StreamRedactor((CANARY.encode(),))
        parts = (data[:first], data[first:second], data[second:])
        shown = (
            b"".join(bytes(redactor.feed(part)) for part in parts) + redactor.flush()
        )
        assert shown == b"<[redacted]><[redacted]>"


async def test_a_canary_is_found_nowhere(
    begin: Begin,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("THE_TOKEN", CANARY)
    said: list[str] = []
    with webhook() as hook:
        run = await begin(BOOK.replace("HOOK", hook.url))
        for name, end in (("split", "passed"), ("fails", "failed"), ("over", "failed")):
            await run.did("start", name)
            await run.status(name, end)
        await run.did("note", text=f"the token is {CANARY}!")
        await run.did("skip", "fails", text=CANARY)
        await run.did("override", "over", text=f"<{CANARY}>")
        await run.did("send", "tell", text=f"We use {CANARY}.", names=("hook",))
        for reply in (
            await run.intend("set", values={"word": CANARY}),
            await run.intend("tick", "asks", values={"word": f"a {CANARY}"}),
            await run.intend("override", CANARY, text="no such step"),
        ):
            assert not reply.ok
            said.append(reply.text)
        assert "value of a secret" in said[0]
        assert "value of a secret" in said[1]
        await run.until(lambda _: hook.came)
        await run.did("end", text=CANARY)
        await run.over()
        said += [str(body) for body in hook.came] + hook.paths
    assert "We use [redacted]." in str(hook.came)
    for path in run.directory.path.rglob("*"):
        if path.is_file():
            assert CANARY.encode() not in path.read_bytes(), path
    output = run.directory.attempt("split", 1).output.read_bytes()
    assert output.count(b"[redacted]") == 2 * len(CANARY) - 1
    for form in REPORT_FORMATS:
        assert main(["report", run.directory.id, "--format", form]) == 0
    target = tmp_path / "run.tar.gz"
    assert main(["export", run.directory.id, "-o", str(target)]) == 0
    with tarfile.open(fileobj=io.BytesIO(target.read_bytes())) as archive:
        for member in archive:
            file = archive.extractfile(member)
            assert file is None or CANARY.encode() not in file.read(), member.name
    for as_json in (False, True):
        await print_run(run.directory, as_json=as_json, auto=None)
    printed = capsys.readouterr()
    said += [printed.out, printed.err]
    screen = RunScreen(
        Viewer(run.directory),
        skips_return_card=True,
        resume=no_resume,
        open_again=no_resume,
    )
    async with running(screen, size=(160, 60)) as pilot:
        await settled(pilot)
        await asyncio.sleep(0)
        said.append(words_of(pilot.app))
    assert "redacted" in printed.out
    assert CANARY not in "".join(said)


async def test_no_field_of_any_intent_brings_it_anywhere(
    begin: Begin, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is only compared, too; and what is refused says nothing of it."""
    monkeypatch.setenv("THE_TOKEN", CANARY)
    run = await begin(BOOK.replace("HOOK", "https://127.0.0.1:1/"))
    assert run.viewer is not None
    said: list[str] = []
    for kind in (each for each in ACTIONS if each is not ReleaseHost):
        hints = get_type_hints(kind)
        for name in kind.__struct_fields__:
            value = sample(hints[name], f"<{CANARY}>")
            if CANARY not in repr(value):
                continue
            given = {**fields_of(kind), "attempt": 1, "step": "asks", name: value}
            known = set(kind.__struct_fields__)
            action = kind(**{k: v for k, v in given.items() if k in known})
            said.append((await run.viewer.send_intent(action)).text)
    await run.did("end", text="enough") if run.state.ended is None else None
    await run.over()
    for form in REPORT_FORMATS:
        assert main(["report", run.directory.id, "--format", form]) == 0
    await print_run(run.directory, as_json=True, auto=None)
    printed = capsys.readouterr()
    assert CANARY not in "".join((*said, printed.out, printed.err))
    for path in run.directory.path.rglob("*"):
        if path.is_file():
            assert CANARY.encode() not in path.read_bytes(), path


def test_a_run_does_not_begin_with_it_in_another_value(
    make_runbook: MakeRunbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THE_TOKEN", CANARY)
    runbook = make_runbook(BOOK.replace("HOOK", "https://example.com/x"))
    briefing = prepare_briefing(runbook, given={"word": f"not {CANARY}"})
    with pytest.raises(UsageError, match="word: this holds the value of a secret"):
        answer_briefing(briefing, {})


KEY = "\n".join(
    [
        "-----BEGIN PRIVATE KEY-----",
        *(sha512(bytes([n])).hexdigest()[:60] + "+/" for n in range(12)),
        "QUJD",
        "-----END PRIVATE KEY-----",
        "",
    ]
)
KEY_STEP = """
echo "$T"
printf '%s' "$T" | sed 's/^/    | /'
printf '%s' "$T" | sed -n 5p
printf '%s\\r\\n' "$T" | tr '\\n' ' '; echo
printf '%s' "$T" | base64
printf 'user:%s' "$T" | base64 -w0; echo
printf '%s' "$T" | head -n 3 | sed 's/+/%2B/g; s,/,%2F,g'
"""


async def test_no_line_of_a_secret_of_several_lines_is_found_anywhere(
    begin: Begin, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("THE_TOKEN", KEY)
    book = '[var.token]\nfrom_env = "THE_TOKEN"\nsecret = true\n' + ONE
    run = await begin(book + step("a", KEY_STEP, NAMED))
    await run.did("start", "a")
    await run.status("a", "passed")
    line = KEY.splitlines()[4]
    await run.did("note", text=f"it begins with {line[:3]} and has {line} in it")
    await run.did("end")
    await run.over()
    assert main(["report", run.directory.id]) == 0
    said = [capsys.readouterr().out.encode()]
    every = (path for path in run.directory.path.rglob("*") if path.is_file())
    said += [path.read_bytes() for path in every]
    packed = b64encode(KEY.encode()), b64encode(b"user:" + KEY.encode())
    rows = [row.encode() for row in KEY.splitlines() if len(row) >= 6]
    rows += [row.replace(b"+", b"%2B").replace(b"/", b"%2F") for row in rows[1:3]]
    pieces = [form[at : at + 76] for form in packed for at in range(76, 800, 76)]
    for form in (*rows, *pieces):
        assert not [each for each in said if form in each], form
    assert b"| [redacted]" in run.directory.attempt("a", 1).output.read_bytes()


def test_a_value_that_holds_one_line_of_a_secret_is_refused(
    make_runbook: MakeRunbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THE_TOKEN", KEY)
    runbook = make_runbook(BOOK.replace("HOOK", "https://example.com/x"))
    briefing = prepare_briefing(runbook, given={"word": f"not {KEY.splitlines()[3]}"})
    with pytest.raises(UsageError, match="word: this holds the value of a secret"):
        answer_briefing(briefing, {})


@each_row("before", ["", "u", "us", "use", "user:"])
@each_row("after", ["", "\n", "@h", "@ho"])
@each_row("secret", [CANARY, "six+/6", "a b/c+d", "p@ss w\u00f6rd??>>"])
def test_a_secret_is_found_in_base64_and_in_a_url(
    secret: str, before: str, after: str
) -> None:
    data = f"{before}{secret}{after}".encode()
    for form in (b64encode(data), urlsafe_b64encode(data)):
        shown = redact(form.decode(), [secret])
        assert REDACTED in shown
        assert len(shown.replace(REDACTED, "")) <= len(form) - len(secret)
    for url in (quote(secret), quote(secret, safe=""), urlencode({"a": secret})):
        small = re.sub("%..", lambda found: found[0].lower(), url)
        for each in (url, small):
            assert redact(f"x{each}y", [secret]).endswith(f"{REDACTED}y")


@pytest.mark.parametrize("width", [64, 76])
def test_a_secret_is_found_in_base64_of_several_lines_and_in_json(width: int) -> None:
    packed = b64encode(KEY.encode()).decode()
    rows = [packed[at : at + width] for at in range(0, len(packed), width)]
    shown = redact("\n".join(rows), [KEY]).split("\n")
    assert set(shown[:-1]) == {REDACTED}
    for secret in ('tab\tand "quotes"', "b\\ack sl\\ash", "p\u00e4ssw\u00f6rd"):
        for is_ascii in (True, False):
            text = json.dumps({"a": secret}, ensure_ascii=is_ascii)
            assert redact(text, [secret]) == '{"a": "[redacted]"}'


def test_a_secret_is_found_in_json_as_php_writes_it() -> None:
    for secret in ("a/b/c-and-d", "https://user:pa/ss@example.com"):
        for is_ascii in (True, False):
            text = json.dumps({"a": secret}, ensure_ascii=is_ascii).replace("/", "\\/")
            assert redact(text, [secret]) == '{"a": "[redacted]"}'


@pytest.mark.parametrize("secret", ["7", "abc", "five5", "sixsix", CANARY])
async def test_one_policy_holds_in_every_place(
    begin: Begin, monkeypatch: pytest.MonkeyPatch, secret: str
) -> None:
    monkeypatch.setenv("THE_TOKEN", secret)
    body = (
        '[var.token]\nfrom_env = "THE_TOKEN"\nsecret = true\n'
        '[var.word]\ndefault = "x"\n[var.out]\n'
        + ONE
        + step("says", 'echo "<$T>"', NAMED)
        + step("gives", 'echo "out=<$T>" >> "$RUNBOOK_OUTPUT"', NAMED + OUT)
    )
    run = await begin(body)
    briefing = prepare_briefing(run.runbook, given={"word": f"<{secret}>"})
    assert any("the secret token has fewer" in n for n in briefing.notices) == (
        len(secret) < MIN_ENCODED_CHARS
    )
    with pytest.raises(UsageError, match="word: this holds the value of a secret"):
        answer_briefing(briefing, {})
    reply = await run.intend("set", values={"word": f"<{secret}>"})
    assert "this holds the value of a secret" in reply.text
    await run.did("note", text=f"<{secret}>")
    await run.did("start", "says")
    await run.status("says", "passed")
    assert run.directory.attempt("says", 1).output.read_text() == "<[redacted]>\n"
    await run.did("start", "gives")
    state = await run.status("gives", "failed")
    assert "it wrote a secret" in state.steps["gives"].reason
    [note] = [e.event for e in run.entries() if isinstance(e.event, NoteAdded)]
    assert note.text == "<[redacted]>"


def test_what_is_short_is_not_taken_for_a_line_of_a_secret() -> None:
    found = secret_literals(["{\n  a,\n  long-enough\n}", "abc", ""])
    assert "long-enough" in found
    assert "abc" in found, "a secret of its own, however short it is"
    assert not {"{", "}", "a,", "", "YWJj"} & set(found)


def test_a_secret_that_repeats_itself_is_no_end_of_the_keeper() -> None:
    redactor = StreamRedactor((b"aaaaaa",))
    shown = bytes(redactor.feed(b"x" + b"a" * 300_000)) + redactor.flush()
    assert shown.startswith(b"x[redacted][redacted]")
    assert b"aaaaaa" not in shown
