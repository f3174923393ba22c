"""A wreck: a site in which nothing is as it should be, whatever a check looks at.

Some checks see none of the faults: a script's permissions, say, or the head of the
database. A check that stays green on a wreck cannot fail. Nothing repairs a wreck, so
only a site that is about to be removed is made one.
"""

from __future__ import annotations

import shutil

from mobius_tui.drill import services
from mobius_tui.drill.faults.obstacles import backups
from mobius_tui.drill.furnish import DUMPS, RELEASES
from mobius_tui.drill.site import Site


def wreck(site: Site) -> None:
    """Stop what runs, empty what is kept, and take every permission away.

    Raises:
        OSError: a file of it is not there any more.
        TimeoutError: a service is there even after SIGKILL.
    """
    shutil.rmtree(site.root / "systemd", ignore_errors=True)  # what may not be killed
    for unit in reversed(services.UNITS):
        services.stop(site.root, unit)
    for backup in backups(site):
        backup.write_bytes(b"")
    (site.root / "data" / "mobius.db").write_text("this was a database\n")
    for kept in (RELEASES, DUMPS):
        for file in (site.root / kept).iterdir():
            file.write_bytes(b"")
    for script in (site.root / "scripts" / "deploy").glob("*.sh"):
        script.chmod(0o600)
    for name in ("src", "node_modules"):
        shutil.rmtree(site.root / name, ignore_errors=True)
    for folder in (site.config, *site.root.glob("config/backup")):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
