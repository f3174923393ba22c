"""What a fault is: how it breaks a site, how that shows, and what proves the repair."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from msgspec import Struct

from mobius_tui.drill.site.drill_site import Site
from mobius_tui.drill.site.site_files import ASSETS, SiteKind


def nothing_unrepaired(_site: Site) -> tuple[str, ...]:
    """The default of `Fault.unrepaired`: nothing beyond the site's own checks."""
    return ()


class Fault(Struct, frozen=True, kw_only=True):
    """One way to break a site."""

    name: str
    title: str
    """What people notice; never what is wrong."""
    handled_by: str
    """What handles it; for the end of a drill."""
    role: Literal["cause", "obstacle"] = "cause"
    """Whether it is a reason to act, or in the way of whoever acts."""
    environment: Literal["production", "staging"] = "production"
    """The environment that a drill of it is about."""
    is_handled_by_rollback: bool = True
    """Whether a rollback to a backup handles it."""
    inject: Callable[[Site], None]
    """Breaks the site; what is broken is in place when it returns."""
    heal: Callable[[Site], None]
    """Puts the site right again, for whoever leads a drill."""
    worsen: Callable[[Site], None] | None = None
    """Makes it worse, where that is more than breaking it again."""
    symptom: Callable[[Site], str]
    """How the fault shows at the site now, in words; empty if it does not."""
    failing_steps: tuple[str, ...] = ()
    """Steps of the rollback that change something and fail by it, by their ids."""
    unrepaired: Callable[[Site], tuple[str, ...]] = nothing_unrepaired
    """What is not repaired, in words, beyond what `site_problems` finds on any site."""

    @property
    def answers(self) -> Path:
        """The answers file of a drill of this fault without a person."""
        return self.answers_on(SiteKind.REAL)

    def answers_on(self, kind: SiteKind) -> Path:
        """The answers file for a kind of site, whose API may show more or less."""
        kinds = {
            SiteKind.LENIENT: (SiteKind.LENIENT, SiteKind.RICH),
            SiteKind.RICH: (SiteKind.RICH,),
            SiteKind.REAL: (),
        }
        files = [
            ASSETS / "answers" / f"{self.name}.{each}.toml" for each in kinds[kind]
        ]
        own = ASSETS / "answers" / f"{self.name}.toml"
        return next((file for file in files if file.exists()), own)


def fault_random(site: Site, name: str) -> random.Random:
    """A random generator for a fault at a site: equal for equal seeds."""
    seed = json.loads((site.root / "site.json").read_text())["seed"]
    return random.Random(f"{seed} {name}")  # noqa: S311 - reproducible, and no secret
