"""Which URLs lead to this machine itself, without a network between."""

from __future__ import annotations

import pytest

from mobius_tui.runbook.model.probes import is_loopback


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:3000/health",
        "https://LOCALHOST./",
        "http://api.localhost/",
        "http://127.0.0.1:${port}/health",
        "http://127.44.0.9/${path}",
        "http://[::1]:3000/health",
        "http://[::ffff:127.0.0.1]/",
        "http://user:secret@127.0.0.1/",
    ],
)
def test_here(url: str) -> None:
    assert is_loopback(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://mobius.example/health",
        "http://localhost@mobius.example/",
        "http://localhost.example/",
        "http://mylocalhost/",
        "http://128.0.0.1/",
        "http://0.0.0.0:3000/",
        "http://10.0.0.4/localhost",
        "http://[fe80::1]/",
        "http://[::1/",
        "${base_url}/health",
        "http://${host}/",
        "localhost:3000/health",
        "",
    ],
)
def test_elsewhere_or_not_known(url: str) -> None:
    assert not is_loopback(url)
