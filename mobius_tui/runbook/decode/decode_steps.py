"""`[[phase]]` and `[[phase.step]]`: actions, retries, approvals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from mobius_tui.runbook.decode.decode_checks import read_step_checks
from mobius_tui.runbook.decode.decode_derived_steps import read_for_each, read_parallel
from mobius_tui.runbook.decode.decode_guards import read_guard, read_guard_checks
from mobius_tui.runbook.decode.decode_targets import read_rollout
from mobius_tui.runbook.decode.decode_variables import (
    read_value_command,
    variable_name_problem,
)
from mobius_tui.runbook.decode.value_readers import (
    part_id,
    read_duration,
    read_fields,
    read_id,
    read_one_of,
    read_size,
    read_step_title,
    warn_of_backslash,
)
from mobius_tui.runbook.model.actions import (
    DEFAULT_MAX_OUTPUT,
    DEFAULT_MAX_OUTPUT_PER_HOST,
    EFFECTS,
    Ask,
    Choose,
    Effect,
    Manual,
    Option,
    Run,
    SendMessage,
    StepAction,
    Watch,
)
from mobius_tui.runbook.model.keys import (
    MAX_OUTPUT,
    TIMEOUT,
    VARIABLE_NAME_PATTERN,
    keys_of,
)
from mobius_tui.runbook.model.runbook import Approve, Link, Phase, Retry, Step
from mobius_tui.runbook.text.names import did_you_mean, is_mobius_variable
from mobius_tui.runbook.toml.table_reader import TomlTable
from mobius_tui.structs import replace

ACTION_KEYS = ("run", "playbook", "manual", "message", "choose", "watch")

_OF_PLAYBOOKS = ("playbook", "playbook_vars")
_ONLY_WITH = {
    "run": (
        *(
            key.name
            for field, key in keys_of(Run).items()
            if field not in ("script", *_OF_PLAYBOOKS)
        ),
        "outputs",
    ),
    "playbook": ("vars",),
    "manual": ("ask",),
    "message": ("to",),
}
"""The keys that are only allowed with an action."""
_ALSO_WITH_PLAYBOOK = ("effect", "timeout", "max_output")
"""Of those that belong to `run`, the keys that say something of a playbook, too."""


def read_action(step: TomlTable) -> StepAction | None:
    """The action of a step, or None if it only has checks."""
    given = step.present_keys(*ACTION_KEYS)
    if len(given) > 1:
        words = ", ".join(f"`{key}`" for key in given)
        step.report(f"a step does one thing; this has {words}", given[1])
    for key, only in _ONLY_WITH.items():
        for misplaced in step.present_keys(*only):
            shared = "playbook" in given and misplaced in _ALSO_WITH_PLAYBOOK
            if key not in given and not shared:
                step.report(f"`{misplaced}` belongs to a step with `{key}`", misplaced)
    match given[:1]:
        case ("run",):
            return _run(step)
        case ("playbook",):
            return _playbook(step)
        case ("manual",):
            return _manual(step)
        case ("message",):
            return SendMessage(**read_fields(step, SendMessage))
        case ("choose",):
            return _choose(step)
        case ("watch",):
            return _watch(step)
        case _:
            return None


def _run(step: TomlTable) -> Run:
    script = step.text("run", lines=True)
    if isinstance(step.owner("run").node["run"], str) and not script.strip():
        step.report("`run` is an empty script", "run")
    if script:
        warn_of_backslash(step, "run")
    given = read_fields(
        step,
        Run,
        but=("script", "effect", "timeout", "max_output", *_OF_PLAYBOOKS),
    )
    is_open = given["follow"] or given["tty"]
    usual = None if is_open else keys_of(Run)["timeout"].usual
    found = Run(
        script=script,
        **given,
        effect=_effect(step, "read" if is_open else "change"),
        is_judged=step.owner("run").format >= 2 and not step.has("effect"),
        timeout=read_duration(step, "timeout", usual, TIMEOUT),
        max_output=_max_output(step),
    )
    if found.follow and found.tty:
        step.report("`tty` gives the terminal away, `follow` runs beside it", "tty")
    if set(found.success) & set(found.warning):
        step.report("an exit code is in both `success` and `warning`", "warning")
    return found


def _effect(step: TomlTable, usual: Effect) -> Effect:
    return cast("Effect", read_one_of(step, "effect", EFFECTS, usual))


def _max_output(step: TomlTable) -> str:
    on_hosts = step.has("hosts")
    usual = DEFAULT_MAX_OUTPUT_PER_HOST if on_hosts else DEFAULT_MAX_OUTPUT
    return read_size(step, "max_output", usual, MAX_OUTPUT)


def _playbook(step: TomlTable) -> Run:
    """A playbook in place of a script; its effect is `change` unless it is stated."""
    name = step.text("playbook") if step.has_since(2, "playbook") else ""
    if step.has("playbook") and not name.strip():
        step.report("`playbook` is the file of an Ansible playbook", "playbook")
    elif name.startswith("-"):
        words = f"{name[:40]!r} begins with `-`, as options do: write ./{name[:40]}"
        step.report(words, "playbook")
    if not step.has("hosts"):
        step.report("a step with `playbook` names its `hosts`, a target", "playbook")
    return Run(
        script="",
        playbook=name or "?",
        **read_fields(step, Run, only=("playbook_vars", "timeout")),
        effect=_effect(step, "change"),
        max_output=_max_output(step),
    )


def _manual(step: TomlTable) -> Manual:
    asks = tuple(
        Ask(var=read_variable_name(table, "var"), **read_fields(table, Ask))
        for table in step.tables("ask", single=True)
    )
    found = Manual(**read_fields(step, Manual), ask=asks)
    if not found.text.strip():
        step.report("`manual` says what a person does", "manual")
    return found


def read_variable_name(table: TomlTable, key: str) -> str:
    """The name of a variable that a key declares."""
    name = table.text(key)
    problem = variable_name_problem(name)
    if name and problem is not None:
        table.report(problem, key)
    return name


def _choose(step: TomlTable) -> Choose | None:
    table = step.table("choose")
    if table is None:
        return None
    options = tuple(_option(inner) for inner in table.tables("option"))
    given = {"var": read_variable_name(table, "var"), **read_fields(table, Choose)}
    script = ""
    if table.format >= 2 and isinstance(table.node.get("from"), dict):
        lister = table.table("from")
        assert lister is not None
        lister.require("run")
        script = read_value_command(lister, "run") if lister.has("run") else ""
    listed = f"{given['var']}.listed" if script else table.optional_text("from") or None
    if not options and listed is None:
        table.report("`choose` wants [[phase.step.choose.option]] tables, or `from`")
    if options and listed is not None:
        table.report("`from` lists what can be chosen: name no options besides", "from")
    values = [option.value for option in options]
    if len(set(values)) < len(values):
        table.report("two options have the same `value`", "option")
    return Choose(**given, options=options, from_=listed, from_run=script)


def _option(table: TomlTable) -> Option:
    option = Option(**read_fields(table, Option))
    if option.go is not None and option.end:
        table.report("an option goes to a phase or ends the run, not both", "end")
    return option


def _watch(step: TomlTable) -> Watch | None:
    table = step.table("watch")
    if table is None:
        return None
    return Watch(**read_fields(table, Watch))


_ON_FAILURE_WORDS = ("stop", "continue")
"""Values of `on_failure` besides the id of a phase."""


class StepTables:
    """The tables of steps of all files by id, for `use`."""

    def __init__(self) -> None:
        self._tables: dict[str, list[TomlTable]] = {}

    def add_phase(self, phase: TomlTable) -> None:
        """Add the tables of the steps of a phase."""
        for table in phase.tables("step"):
            if name := part_id(table):
                self._tables.setdefault(name, []).append(table)

    def add_all(self, root: TomlTable) -> None:
        """Add the steps of a file's unread phases.

        Mark the keys of these phases as read.
        """
        for phase in root.tables("phase"):
            if not phase.read_keys:
                phase.present_keys(*phase.node)
                self.add_phase(phase)

    def inherit(self, step: TomlTable) -> str | None:
        """Give a step with `use` its base; returns the id of that, or None."""
        name = step.optional_text("use")
        if name is None:
            return None
        found = self._tables.get(name, [])
        # A step may keep the id of the one that it uses: that one is meant.
        base = next((one for one in found if "use" not in one.node), None)
        if not found:
            step.report(f"no step `{name}`{did_you_mean(name, self._tables)}", "use")
        elif base is None:
            step.report(f"`{name}` uses another step itself; name that one", "use")
        else:
            step.base = base
            return name
        return None


def read_phase(
    table: TomlTable, steps: StepTables
) -> tuple[Phase, list[tuple[Step, TomlTable]]]:
    """A `[[phase]]`, and each of its steps with its table."""
    table.require("title")
    phase_id = read_id(table) or f"?{table.line()}"
    if phase_id in _ON_FAILURE_WORDS:
        table.report(f"`{phase_id}` is a word of `on_failure`; take another", "id")
    found = [(read_step(inner, steps), inner) for inner in table.tables("step")]
    if not table.has("step"):
        table.report("a phase wants at least one [[phase.step]]")
    parallel = read_parallel(table)
    for made_step, inner in found if parallel else ():
        if made_step.rollout is not None:
            words = "a phase with `parallel` has no step with `hosts`"
            inner.report(f"{words}: these are many already", "hosts")
    made = Phase(
        id=phase_id,
        steps=tuple(one for one, _ in found),
        parallel=parallel,
        **read_fields(table, Phase),
    )
    return made, found


PHASE_OF_BARE_STEPS = Phase(id="steps", title="Steps", steps=())
"""The phase of a runbook that has `[[step]]` tables alone."""


def read_phase_of_bare_steps(
    root: TomlTable, steps: StepTables
) -> tuple[Phase, list[tuple[Step, TomlTable]]]:
    """The phase that the `[[step]]` tables of a file make, and each with its table."""
    found = [(read_step(inner, steps), inner) for inner in root.tables("step")]
    return replace(PHASE_OF_BARE_STEPS, steps=tuple(one for one, _ in found)), found


def read_step(table: TomlTable, steps: StepTables) -> Step:
    """A `[[phase.step]]`, or a `[[step]]`."""
    same_as = steps.inherit(table)
    act, verified = read_action(table), read_step_checks(table)
    guard = table.table("when")
    is_bare = act is None and not verified and not table.present_keys("check", "until")
    if is_bare and ("use" not in table.node or table.base is not None):
        until = " or until" if table.format >= 2 else ""
        kinds = "run, playbook, manual," if table.format >= 2 else "run, manual,"
        kinds += " message, choose, watch or check"
        table.report(f"a step wants one of {kinds}{until}")
    return Step(
        id=_own_id(table),
        title=read_step_title(table),
        action=act,
        checks=verified,
        **read_fields(table, Step, but=("title", "env", "secrets", "confirmed_with")),
        when=read_guard(guard),
        when_checks=read_guard_checks(table, guard),
        env=_environment(table, "env"),
        secrets=_environment(table, "secrets"),
        retry=_retry(table.table("retry")),
        confirmed_with=_confirmed_with(table),
        for_each=read_for_each(table, act),
        rollout=read_rollout(table, act),
        approve=_approve(table.table("approve")),
        no_undo=_why_no_undo(table),
        links=tuple(Link(**read_fields(each, Link)) for each in table.tables("links")),
        same_as=same_as,
        line=table.line(),
    )


def _confirmed_with(table: TomlTable) -> tuple[str, ...]:
    if not table.has_since(2, "confirmed_with"):
        return ()
    found = table.text_list("confirmed_with")
    if found and ("hosts" in table.node or "for_each" in table.node):
        words = "what hosts and items a step has is confirmed for each step by itself"
        table.report(words, "confirmed_with")
    return found


def _own_id(table: TomlTable) -> str:
    """The id of a step, which is not inherited; a placeholder if it is wrong."""
    found = ""
    if "id" in table.node or table.format >= 2:
        found = read_id(table)
    else:
        table.report("`id` is missing in [[phase.step]]")
    return found or f"?{table.line()}"


def _environment(step: TomlTable, key: str) -> Mapping[str, str]:
    """`env` or `secrets`: values of environment variables."""
    found = step.text_table(key, filled=key == "env")
    for name in found:
        if not VARIABLE_NAME_PATTERN.fullmatch(name):
            step.report("a name is made of letters, digits and _", key, name)
        elif is_mobius_variable(name):
            step.report(f"`{name}` is set by this program; take another", key, name)
    return found


def _retry(table: TomlTable | None) -> Retry | None:
    return None if table is None else Retry(**read_fields(table, Retry))


def _approve(table: TomlTable | None) -> Approve | None:
    if table is None or not table.node:
        return None  # an empty table takes away what `use` brought
    found = Approve(**read_fields(table, Approve))
    if table.present_keys("role") and not found.role.strip():
        table.report("`role` says whose approval it is", "role")
    return found


NO_UNDO_PREFIX = "none"
"""What `undo` begins with where a step cannot be undone; the reason follows."""


def _why_no_undo(table: TomlTable) -> str:
    """Why a step cannot be undone, as `undo = "none: …"` says; empty without that."""
    if not table.has_since(2, "undo"):
        return ""
    text = table.owner("undo").node["undo"]
    if not isinstance(text, str):
        return ""
    word, _, reason = text.strip().partition(":")
    if word.strip() != NO_UNDO_PREFIX:
        return ""
    table.check_text(text, "undo", lines=False, filled=False)
    if not reason.strip():
        table.report('say why it cannot be undone: undo = "none: the reason"', "undo")
    return reason.strip() or NO_UNDO_PREFIX
