"""The runbooks whose steps stay on the program's own drill site, by their bytes.

A copy of one under another name is still that runbook; one that was edited, even where
it is bundled, is another, of which nothing is promised.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from mobius_tui.runbook.library.runbook_files import bundled_folder
from mobius_tui.runbook.model.runbook import SourceFile

SITE_RUNBOOK_DIGESTS = frozenset(
    (
        "79701a0d50070490278adf84c90f22af",  # mobius-common.toml
        "c3a1efab2a532de285dd29cd32bade5e",  # mobius-config-rollback.toml
        "846c918e74974af0f6de7102bddef1ae",  # mobius-failure-recovery.toml
        "dab001f53bab2518e4756c144ccf2121",  # mobius-post-incident.toml
        "20feda54d2893a9ea334bff25edf4ada",  # mobius-prevention.toml
        "4b13f9fd9ee194e4a4a05ad439491a4d",  # mobius-quick.toml
        "50efa4026e72592020b94218cc8d9055",  # mobius-rollback.toml
        "89d74b5e39bb52530af9b4911deb8ae5",  # fleet-rollback.toml
    )
)
"""SHA-256 of each file, shortened to 32 digits; a test prints those that are due."""


def site_runbook_files() -> Iterator[Path]:
    """The bundled files that are written for the site."""
    folder = bundled_folder()
    yield from sorted(folder.glob("mobius-*.toml"))
    yield from sorted(path for path in folder.glob("mobius/*") if path.is_file())
    yield folder / "examples" / "fleet-rollback.toml"


def site_runbook_digest(data: bytes) -> str:
    """A file's entry in `SITE_RUNBOOK_DIGESTS`."""
    return hashlib.sha256(data).hexdigest()[:32]


def stays_on_site(sources: Iterable[SourceFile]) -> bool:
    """Whether a runbook consists of files that are written for the site alone.

    Args:
        sources: its own file, each that it includes, and its `files`.
    """
    digests = {site_runbook_digest(source.data) for source in sources}
    return bool(digests) and digests <= SITE_RUNBOOK_DIGESTS
