"""What a step reads before it can start, and what it gives a value. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass

from mobius_tui.runbook.model import Runbook, Step
from mobius_tui.runbook.model_action import Choose, Manual, Run, SendMessage, Watch
from mobius_tui.runbook.templates import script_variables, template_names


def texts(value: object) -> Iterator[str]:
    """Every text in a part of the model, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from texts(key)
            yield from texts(item)
    elif isinstance(value, tuple):
        for item in value:
            yield from texts(item)
    elif is_dataclass(value):
        for each in fields(value):
            yield from texts(getattr(value, each.name))


def reads(step: Step, runbook: Runbook) -> tuple[str, ...]:
    """The declared variables that a step needs before it can start, in order.

    Its own answer or output is not among them, and neither is what the program
    provides.
    """
    declared = runbook.variables
    names = list(script_variables(step, declared))
    parts: list[object] = [step.checks, step.env, step.expect]
    match step.action:
        case Run(timeout=timeout, max_output=max_output):
            parts += [timeout, max_output]
        case Manual(text=text):
            parts.append(text)
        case SendMessage(message=message):
            parts.append(runbook.messages[message].body)
        case Watch(for_=duration):
            parts.append(duration)
        case _:
            pass
    for text in texts(tuple(part for part in parts if part is not None)):
        names += template_names(text)
    names += step.secrets.values()
    own = (
        {ask.var for ask in step.action.ask} if isinstance(step.action, Manual) else ()
    )
    kept = [
        name
        for name in dict.fromkeys(names)
        if name in declared and name not in step.outputs and name not in own
    ]
    return tuple(kept)


def produced(step: Step) -> frozenset[str]:
    """The variables that a step gives a value."""
    names = set(step.outputs)
    match step.action:
        case Manual(ask=asks):
            names |= {ask.var for ask in asks}
        case Choose(var=var):
            names.add(var)
        case _:
            pass
    return frozenset(names)
