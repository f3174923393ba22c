"""Checks in short: in format 2 each kind is what its text says."""

from __future__ import annotations

import pytest

from tests.runbook.runbook_texts import Decoded, Examine, Pointed

HEAD = "format = 2\n[runbook]\ntitle = 'X'\n[[step]]\nrun = 'systemctl status x'\n"


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("http = 'http://x/a'", "http = { url = 'http://x/a' }"),
        ("process = 'x'", "process = { match = 'x' }"),
        ("service = 'x'", "service = { names = ['x'] }"),
        ("service = ['x', 'y']", "service = { names = ['x', 'y'] }"),
        ("file = '/x'", "file = { path = '/x' }"),
        ("port = 'x:1'", "port = { at = 'x:1' }"),
        ("tls = 'x:1'", "tls = { at = 'x:1' }"),
        ("disk = '1GiB'", "disk = { free = '1GiB' }"),
        ("memory = '10%'", "memory = { free = '10%' }"),
        ("run = 'nginx -t'", "run = { script = 'nginx -t' }"),
        ("output = 'ok'", "output = { match = 'ok' }"),
        ("run = ['a', 'b']", "run = [{ script = 'a' }, { script = 'b' }]"),
        (
            "http = ['http://x', { url = 'http://y', status = 204 }]",
            "http = [{ url = 'http://x' }, { url = 'http://y', status = 204 }]",
        ),
        (
            "http = 'http://x', port = 'x:1', consecutive = 3, every = '2s'",
            (
                "http = { url = 'http://x', consecutive = 3, every = '2s' }, "
                "port = { at = 'x:1', consecutive = 3, every = '2s' }"
            ),
        ),
        (
            "port = { at = 'x:1', every = '1s' }, every = '2s', timeout = '3s'",
            "port = { at = 'x:1', every = '1s', timeout = '3s' }",
        ),
    ],
)
def test_a_text_is_the_main_key_of_its_kind(
    decoded: Decoded, short: str, long: str
) -> None:
    found = [decoded(f"{HEAD}check = {{ {each} }}\n") for each in (short, long)]
    assert found[0].steps()[0].checks == found[1].steps()[0].checks
    assert found[0].steps()[0].checks


@pytest.mark.parametrize(
    ("check", "words"),
    [
        ("«tls = 3", "`tls` is a list of tables"),
        ("«http = 'x'", "`url` begins with http:// or https://"),
        ("http = ['http://x', «'y']", "`url` begins with http:// or https://"),
        ("port = 'x:1', «every = 'x'", "`every` is a duration"),
        ("«checksum = '/x'", "`checksum` is a list of tables"),
        ("port = 'x:1', «atempts = 3", "did you mean `attempts`?"),
    ],
)
def test_a_mistake_in_a_short_form_is_shown_at_its_place(
    pointed: Pointed, check: str, words: str
) -> None:
    (_, said), *_ = pointed(f"{HEAD}check = {{ {check} }}\n")
    assert words in said


def test_format_1_has_no_short_forms(examined: Examine) -> None:
    text = "format = 1\n[runbook]\nid='x'\ntitle='X'\n[[phase]]\nid='p'\ntitle='P'\n"
    step = "[[phase.step]]\nid = 's'\ntitle = 'S'\ncheck = { port = 'x:1' }\n"
    _, problems = examined(text + step)
    assert "`port` is a list of tables" in problems[0].message
