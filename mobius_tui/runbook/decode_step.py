"""`[[phase]]` and `[[phase.step]]`."""

from __future__ import annotations

from collections.abc import Mapping

from mobius_tui.runbook.decode_action import action
from mobius_tui.runbook.decode_check import checks
from mobius_tui.runbook.decode_guard import guard
from mobius_tui.runbook.model import Approve, Link, Phase, Retry, Step
from mobius_tui.runbook.names import did_you_mean, is_ours
from mobius_tui.runbook.reader import Table
from mobius_tui.runbook.values import NAME, duration, slug, url

_WORDS = ("stop", "continue")
"""What `on_failure` may say beside a phase."""


class Steps:
    """The step tables by id, so that `use` finds them; from all files."""

    def __init__(self) -> None:
        self._tables: dict[str, list[Table]] = {}

    def remember(self, phase: Table) -> None:
        """Note the steps of a phase, wherever in the file they stand."""
        for table in phase.tables("step"):
            name = table.node.get("id")
            if isinstance(name, str):
                self._tables.setdefault(name, []).append(table)

    def remember_all(self, root: Table) -> None:
        """Note all steps of a file, also of phases that nobody includes."""
        for phase in root.tables("phase"):
            if not phase.asked:
                phase.given(*phase.node)
                self.remember(phase)

    def inherit(self, step: Table) -> str | None:
        """Give a step with `use` its base; the id of that, or None without one."""
        name = step.maybe("use")
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


def phase(table: Table, steps: Steps) -> tuple[Phase, list[tuple[Step, Table]]]:
    """A `[[phase]]`, and each of its steps with its table."""
    table.require("title")
    phase_id = slug(table) or f"?{table.line()}"
    if phase_id in _WORDS:
        table.report(f"`{phase_id}` is a word of `on_failure`; take another", "id")
    found = [(step(inner, steps), inner) for inner in table.tables("step")]
    if not table.has("step"):
        table.report("a phase wants at least one [[phase.step]]")
    made = Phase(
        id=phase_id,
        title=table.text("title", filled=True),
        steps=tuple(one for one, _ in found),
        why=table.text("why", lines=True, filled=True),
        aside=table.flag("aside"),
        instead_of=table.words("instead_of"),
        next=table.maybe("next"),
        attended=table.flag("attended"),
    )
    return made, found


def step(table: Table, steps: Steps) -> Step:
    """A `[[phase.step]]`."""
    same_as = steps.inherit(table)
    table.require("title")
    act, verified = action(table), checks(table)
    if act is None and not verified and not table.given("check"):
        table.report("a step wants one of run, manual, message, choose, watch or check")
    return Step(
        id=_own_id(table),
        title=table.text("title", filled=True),
        action=act,
        checks=verified,
        why=table.text("why", lines=True, filled=True),
        when=guard(table.table("when")),
        needs=table.words("needs"),
        uses=table.words("uses"),
        outputs=table.words("outputs"),
        env=_environment(table, "env"),
        secrets=_environment(table, "secrets"),
        expect=duration(table, "expect", None),
        retry=_retry(table.table("retry")),
        on_failure=table.text("on_failure", "stop"),
        gate=table.flag("gate"),
        optional=table.flag("optional"),
        role=table.maybe("role"),
        approve=_approve(table.table("approve")),
        links=tuple(_link(inner) for inner in table.tables("links")),
        same_as=same_as,
        line=table.line(),
    )


def _own_id(table: Table) -> str:
    """The id of a step, which it cannot inherit; a made-up one where it is wrong."""
    found = ""
    if "id" in table.node:
        found = slug(table)
    else:
        table.report("`id` is missing in [[phase.step]]")
    return found or f"?{table.line()}"


def _environment(step: Table, key: str) -> Mapping[str, str]:
    """`env` or `secrets`: values of environment variables."""
    found = step.strings(key, filled=key == "env")
    for name in found:
        if not NAME.fullmatch(name):
            step.report("a name is made of letters, digits and _", key, name)
        elif is_ours(name):
            step.report(f"`{name}` is set by this program; take another", key, name)
    return found


def _retry(table: Table | None) -> Retry | None:
    if table is None:
        return None
    table.require("attempts")
    attempts = table.whole("attempts", 1, 1, 1000)
    return Retry(attempts=attempts, every=duration(table, "every", "5s"))


def _approve(table: Table | None) -> Approve | None:
    if table is None or not table.node:
        return None  # an empty table takes away what `use` brought
    table.require("role")
    role = table.text("role")
    if table.given("role") and not role.strip():
        table.report("`role` says whose approval it is", "role")
    return Approve(
        role=role,
        count=table.whole("count", 1, 1, 100),
        within=duration(table, "within", "15m"),
    )


def _link(table: Table) -> Link:
    table.require("title", "url")
    return Link(title=table.text("title", filled=True), url=url(table))
