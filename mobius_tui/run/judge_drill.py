"""The wishes of whoever leads a drill: to give a hint, to touch the site."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, get_args

from mobius_tui.errors import RunError
from mobius_tui.run.drill_events import FACILITATOR, Act, HintGiven, SiteTouched
from mobius_tui.run.engine import Engine
from mobius_tui.run.entry import Entry
from mobius_tui.run.intents import Intent

HINT = 500
"""Characters of a hint at most."""


def _in_a_drill(engine: Engine) -> None:
    began = engine.state.began
    if began is None or began.mode != "drill":
        raise RunError("only a drill has a facilitator; this run is an incident")


async def _hint(engine: Engine, intent: Intent, who: str) -> Entry | None:
    """`hint`: the team is told something, and it counts."""
    _in_a_drill(engine)
    text = intent.text.strip()
    if not text:
        raise RunError("a hint says something")
    if len(text) > HINT:
        raise RunError(f"a hint has at most {HINT} characters; this one {len(text)}")
    event = HintGiven(text=engine.redact(text), who=who)
    return await engine.write(event, FACILITATOR, intent.id)


async def _facilitate(engine: Engine, intent: Intent, who: str) -> Entry | None:
    """`facilitate`: the site is about to be touched; by what is in its own notes."""
    _in_a_drill(engine)
    act: Any = intent.values.get("act", "")
    seal = intent.values.get("seal", "")
    if act not in get_args(Act) or re.fullmatch("[0-9a-f]{64}", seal) is None:
        raise RunError("a facilitator injects, worsens or heals, and seals what it is")
    event = SiteTouched(act=act, seal=seal, who=who)
    return await engine.write(event, FACILITATOR, intent.id)


HANDLERS: Mapping[str, Callable[[Engine, Intent, str], Awaitable[Entry | None]]] = {
    "hint": _hint,
    "facilitate": _facilitate,
}
