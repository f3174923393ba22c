"""Acts on intents, one at a time and each once, and answers them."""

from __future__ import annotations

from dataclasses import replace

from mobius_tui.errors import MobiusError, RunError
from mobius_tui.run.host.engine import Engine
from mobius_tui.run.host.intents.run_handlers import INTENT_HANDLERS
from mobius_tui.run.host.intents.step_handlers import stop_unwritten
from mobius_tui.run.intents.messages import Intent, Reply
from mobius_tui.run.storage.redaction import holds_secret


class Dispatcher:
    """Hands each intent to its handler."""

    def __init__(self, engine: Engine) -> None:
        """Answer nothing yet.

        Args:
            engine: what the handlers act through.
        """
        self._engine = engine

    async def judge(self, intent: Intent, who: str) -> Reply:
        """Act on an intent, once, and answer it.

        Args:
            intent: what is asked for.
            who: asks.
        """
        engine = self._engine
        stalled = engine.journal.stalled
        if stalled and stop_unwritten(engine, intent):
            words = f"asked to stop; by whom cannot be noted: {stalled}"
            return Reply(id=intent.id, ok=True, text=words)
        if stalled:
            return Reply(id=intent.id, ok=False, text=_disk_full_text(stalled))
        async with engine.turn:
            known = engine.state.intents.get(intent.id)
            if known is not None:
                return Reply(id=intent.id, ok=True, n=known)
            if engine.broken is not None:
                return Reply(id=intent.id, ok=False, text=engine.broken)
            engine.is_released = False
            try:
                harmless = _without_secrets(engine, intent)
                entry = await INTENT_HANDLERS[intent.wish](engine, harmless, who)
            except MobiusError as error:
                return Reply(id=intent.id, ok=False, text=engine.redact(str(error)))
            number = entry.n if entry is not None else engine.state.n
        await engine.settle()
        return Reply(id=intent.id, ok=True, n=number)


def _disk_full_text(why: str) -> str:
    """What is answered while the disk is full.

    Args:
        why: the system's words for it.
    """
    return (
        f"the journal cannot be written: {why}; this was not done, and nothing new is "
        "started. Free some space, and the run goes on by itself"
    )


def _without_secrets(engine: Engine, intent: Intent) -> Intent:
    """An intent of which nothing that is recorded holds a secret.

    Raises:
        RunError: a value does: as another text, it would not be that value.
    """
    declared = engine.plan.runbook.variables
    for name, value in intent.values.items():
        is_secret = name in declared and declared[name].secret
        if not is_secret and holds_secret(value, engine.secrets.values()):
            raise RunError(f"{name}: this holds the value of a secret, and is kept")
    return replace(intent, text=engine.redact(intent.text))
