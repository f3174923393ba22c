"""What a step does: `run`, `manual`, `message`, `choose` or `watch`."""

from __future__ import annotations

from typing import Any, cast

from mobius_tui.runbook.decode_head import name_problem
from mobius_tui.runbook.model_action import (
    Action,
    Ask,
    Choose,
    Manual,
    Option,
    Run,
    SendMessage,
    Watch,
)
from mobius_tui.runbook.reader import Table
from mobius_tui.runbook.values import (
    codes,
    duration,
    interpreter,
    one_of,
    pattern,
    size,
    warn_of_backslash,
)

ACTIONS = ("run", "manual", "message", "choose", "watch")

_ONLY_WITH = {
    "run": (
        *("shell", "effect", "success", "warning", "timeout", "follow", "tty"),
        *("max_output", "outputs"),
    ),
    "manual": ("ask",),
    "message": ("to",),
}
"""The keys of a step that mean nothing without its action."""


def action(step: Table) -> Action | None:
    """The one thing that a step does, or None where it only verifies."""
    given = step.given(*ACTIONS)
    if len(given) > 1:
        words = ", ".join(f"`{key}`" for key in given)
        step.report(f"a step does one thing; this has {words}", given[1])
    for key, only in _ONLY_WITH.items():
        for stray in step.given(*only):
            if key not in given:
                step.report(f"`{stray}` belongs to a step with `{key}`", stray)
    match given[:1]:
        case ("run",):
            return _run(step)
        case ("manual",):
            return _manual(step)
        case ("message",):
            return SendMessage(message=step.text("message"), to=step.words("to"))
        case ("choose",):
            return _choose(step)
        case ("watch",):
            return _watch(step)
        case _:
            return None


def _run(step: Table) -> Run:
    script = step.text("run", lines=True)
    if step.value("run", (str,), "a script in '''") is not None and not script.strip():
        step.report("`run` is an empty script", "run")
    if script:
        warn_of_backslash(step, "run")
    follow, tty = step.flag("follow"), step.flag("tty")
    if follow and tty:
        step.report("`tty` gives the terminal away, `follow` runs beside it", "tty")
    success, warning = codes(step, "success", (0,)), codes(step, "warning", ())
    if set(success) & set(warning):
        step.report("an exit code is in both `success` and `warning`", "warning")
    usual = "read" if follow or tty else "change"
    effect = one_of(step, "effect", ("read", "change", "destroy"), usual)
    if follow or tty:
        timeout = duration(step, "timeout", None)
    else:
        timeout = duration(step, "timeout", "10m")
    return Run(
        script=script,
        shell=interpreter(step),
        effect=cast("Any", effect),
        success=success,
        warning=warning,
        timeout=timeout,
        follow=follow,
        tty=tty,
        max_output=size(step, "max_output", "1GiB"),
    )


def _manual(step: Table) -> Manual:
    text = step.text("manual", lines=True, filled=True)
    if not text.strip():
        step.report("`manual` says what a person does", "manual")
    asks = tuple(_ask(table) for table in step.tables("ask", single=True))
    return Manual(text=text, ask=asks)


def _ask(table: Table) -> Ask:
    return Ask(
        var=variable_name(table, "var"),
        title=table.text("title", filled=True),
        match=pattern(table, "match"),
    )


def variable_name(table: Table, key: str) -> str:
    """The name of a variable that is declared here."""
    table.require(key)
    name = table.text(key)
    problem = name_problem(name)
    if name and problem is not None:
        table.report(problem, key)
    return name


def _choose(step: Table) -> Choose | None:
    table = step.table("choose")
    if table is None:
        return None
    options = tuple(_option(inner) for inner in table.tables("option"))
    listed = table.maybe("from") or None
    if not options and listed is None:
        table.report("`choose` wants [[phase.step.choose.option]] tables, or `from`")
    if options and listed is not None:
        table.report("`from` lists what can be chosen: name no options besides", "from")
    values = [option.value for option in options]
    if len(set(values)) < len(values):
        table.report("two options have the same `value`", "option")
    var, multi = variable_name(table, "var"), table.flag("multi")
    return Choose(var=var, options=options, from_=listed, multi=multi)


def _option(table: Table) -> Option:
    table.require("value")
    option = Option(
        value=table.text("value"),
        title=table.text("title", filled=True),
        why=table.text("why", lines=True, filled=True),
        go=table.maybe("go"),
        end=table.flag("end"),
    )
    if option.go is not None and option.end:
        table.report("an option goes to a phase or ends the run, not both", "end")
    return option


def _watch(step: Table) -> Watch | None:
    table = step.table("watch")
    if table is None:
        return None
    table.require("for")
    return Watch(for_=duration(table, "for", "5m"))
