"""A briefing by a runbook whose file was edited, or copied, since."""

from __future__ import annotations

import os
from dataclasses import replace

from mobius_tui.run.briefing import Briefing, own_place, prepare
from mobius_tui.runbook.model import Runbook


def prepared_anew(briefing: Briefing, runbook: Runbook) -> Briefing:
    """What a run would begin with now.

    Args:
        briefing: what was known before; what was given for it holds.
        runbook: as it is now.

    Raises:
        UsageError: what was given does not fit it any more.
    """
    before = briefing.runbook
    values, secrets = briefing.values, briefing.secrets
    chosen = before.profiles.get(briefing.profile or "")
    profile = chosen.values if chosen is not None else {}
    given = {
        name: value
        for name, (value, source) in values.items()
        if source == "begin"
        and value != profile.get(name)
        and value != os.environ.get(before.variables[name].from_env or "")
    }
    anew = prepare(
        runbook,
        given=given,
        profile=briefing.profile,
        workdir=None
        if briefing.workdir == own_place(before).resolve()
        else briefing.workdir,
        mode=briefing.mode,
        site=briefing.site,
        path=briefing.path,
        sink=briefing.sink,
        pages=briefing.pages,
        places=briefing.places,
    )
    known = {name: secrets[name] for name in runbook.variables if name in secrets}
    missing = tuple(each for each in anew.missing if each.name not in known)
    return replace(anew, secrets={**anew.secrets, **known}, missing=missing)
