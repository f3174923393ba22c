"""Ways to break a drill site, for real."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from mobius_tui.drill.furnish import ASSETS, copy_files, run, set_version
from mobius_tui.drill.site import Site, await_answer


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """One way to break a site."""

    name: str
    title: str
    """What people notice; never what is wrong."""
    inject: Callable[[Site], None]
    """Breaks the site, and returns when the break shows."""

    @property
    def answers(self) -> Path:
        """What a drill of this fault answers where no person takes part; a file."""
        return ASSETS / "answers" / f"{self.name}.toml"


def _bad_release(site: Site) -> None:
    """Deploy a release that answers 500 on every route."""
    copy_files(ASSETS / "releases" / "bad-release", site.root / "app")
    set_version(site.root, "2.5.0")
    run(site.root, "bin/systemctl", "restart", "mobius-api", "mobius-worker")
    await_answer(site, 500)


_ALL = (
    Fault(
        name="bad-release",
        title="Every page fails since this afternoon's deployment.",
        inject=_bad_release,
    ),
)

FAULTS: Mapping[str, Fault] = MappingProxyType({fault.name: fault for fault in _ALL})
"""Every fault, by its name."""
