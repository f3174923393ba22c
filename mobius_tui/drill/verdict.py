"""Whether a site is as it should be: what it shows itself, not what a run claims."""

from __future__ import annotations

import json
from collections.abc import Iterator

from mobius_tui.drill import services
from mobius_tui.drill.site import Site, ask


def verdict(site: Site) -> tuple[str, ...]:
    """What is still wrong with a site, in words; nothing where all is well.

    Args:
        site: one whose services may be stopped, broken or gone.
    """
    return (*_answers(site), *_services(site))


def _answers(site: Site) -> Iterator[str]:
    """What its API says."""
    for path in ("/health", "/api/health/detailed"):
        status, body = ask(site, path)
        if status != 200:
            yield f"{path} answers {status}" if status else f"{path}: no answer"
            continue
        try:
            said = json.loads(body)
            word = said.get("status") if isinstance(said, dict) else None
        except ValueError:
            word = None
        if word != "ok":
            yield f'{path} answers 200, but not "status": "ok"'


def _services(site: Site) -> Iterator[str]:
    """Whether each of its services runs."""
    for unit in services.UNITS:
        state = services.state(site.root, unit)
        if state != "active":
            yield f"{unit} is {state}"
