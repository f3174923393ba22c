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
        "cdae70b21713064cf5daeea7fdb7147a",  # mobius-common.toml
        "9fac9b85a8aedac89fcf588fac8a5f99",  # mobius-config-rollback.toml
        "464a3ab811e08a9c28d3a72855aac29e",  # mobius-failure-recovery.toml
        "dab001f53bab2518e4756c144ccf2121",  # mobius-post-incident.toml
        "20feda54d2893a9ea334bff25edf4ada",  # mobius-prevention.toml
        "095285b1438f72efacab251e1d4a6ae1",  # mobius-quick.toml
        "05a0ef51c0f1b804df5dcabca69b666f",  # mobius-rollback.toml
        "6b85d85c4d93547d26fec36d8cde358b",  # ask-page
        "0e37af61b406276f2660f18b2a6b0333",  # compare-backup
        "a1b85e3f503e76f4673e2acea7aa3007",  # find-backup
        "e9971f9b181a21ddf60eb652b700d33f",  # find-elsewhere
        "38acbf21894afa14268afaabbb68bcb9",  # keep-backups
        "e56dc81321b95c12b07f631569673a6d",  # mobius_backups.py
        "0e58e14f024b4a30030cc64c34a0424b",  # open-backup
        "2ae20a00599631395b1d3583c0b41129",  # put-release
        "eee3e0b8670ce823252ecf06777a8694",  # restore-configuration
        "15cc7afcd10f543cb7d87dc105a1f5cc",  # restore-database
        "30feb085d44dae898b2a40bcdc0e12a5",  # site-processes
        "355d337c5f50f42de26cacd2a082110a",  # where-we-stand
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
