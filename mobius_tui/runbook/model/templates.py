"""Which variables a step reads and sets: in its texts, its scripts, its checks."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from msgspec import Struct

from mobius_tui.runbook.model.actions import Choose, Manual, Run, SendMessage, Watch
from mobius_tui.runbook.model.check_kinds import Check, RunCheck
from mobius_tui.runbook.model.runbook import Runbook, Step
from mobius_tui.runbook.model.script_names import names_in_script
from mobius_tui.runbook.text.provided_names import HostField, provided_name
from mobius_tui.runbook.text.template_text import template_names


def script_variables(step: Step, declared: Collection[str]) -> tuple[str, ...]:
    """The declared variables that a step's script and its `run` checks read.

    These are the names that `script_names` sees in them and in `shell`, and those in
    `uses`. Variables that the step itself sets (`outputs`, `ask.var`,
    `choose.var`) only count if `uses` lists them: a step cannot wait for its own
    result. A decision reads the variable with its options.
    """
    checks = (*step.checks, *step.when_checks)
    runs = [check for check in checks if isinstance(check, RunCheck)]
    scripts = [text for run in runs for text in (run.script, *run.shell)]
    own = set(step.outputs)
    options: list[str] = []
    match step.action:
        case Run(script=script, shell=shell):
            scripts[:0] = script, *shell
        case Manual(ask=asks):
            own.update(ask.var for ask in asks)
        case Choose(var=name, from_=source, from_run=script):
            own.add(name)
            scripts.append(script)
            if source is not None and source in declared:
                options.append(source)
        case _:
            pass
    named = (name for script in scripts for name in names_in_script(script))
    mentioned = [name for name in named if name in declared and name not in own]
    listed = [name for name in step.uses if name in declared]
    return tuple(dict.fromkeys(options + mentioned + listed))


def texts_in(value: object) -> Iterator[str]:
    """Every text in a part of the model, at any depth."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from texts_in(key)
            yield from texts_in(item)
    elif isinstance(value, tuple):
        for item in value:
            yield from texts_in(item)
    elif isinstance(value, Struct):
        for name in value.__struct_fields__:
            yield from texts_in(getattr(value, name))


def uses_host_fields(part: object) -> bool:
    """Whether a text in a part of the model has another value for each host."""
    return any(
        isinstance(provided_name(name), HostField)
        for text in texts_in(part)
        if "${host." in text
        for name in template_names(text)
    )


def is_for_each_host(check: Check) -> bool:
    """Whether a check of a step with hosts is made for each of them."""
    return (isinstance(check, RunCheck) and check.on_host) or uses_host_fields(check)


def variables_read(step: Step, runbook: Runbook) -> tuple[str, ...]:
    """The declared variables that a step needs before it can start, in order.

    Those that it sets itself, and those that the program provides, are not among them.
    """
    declared = runbook.variables
    names = list(script_variables(step, declared))
    parts: list[object] = [step.checks, step.when_checks, step.env, step.expect]
    parts += [step.retry, step.rollout]
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
    if isinstance(step.action, Run):
        names += step.action.playbook_vars
    for text in texts_in(tuple(part for part in parts if part is not None)):
        names += template_names(text)
    names += step.secrets.values()
    if step.for_each is not None and step.for_each.row is not None:
        names += variables_read(step.for_each.row, runbook)
    own = (
        {ask.var for ask in step.action.ask} if isinstance(step.action, Manual) else ()
    )
    names_read = [
        name
        for name in dict.fromkeys(names)
        if name in declared and name not in step.outputs and name not in own
    ]
    return tuple(names_read)


def variables_set(step: Step) -> frozenset[str]:
    """The variables that a step sets."""
    names = set(step.outputs)
    match step.action:
        case Manual(ask=asks):
            names |= {ask.var for ask in asks}
        case Choose(var=var):
            names.add(var)
        case _:
            pass
    return frozenset(names)
