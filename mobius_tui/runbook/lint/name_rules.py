"""Rules about names: each must be defined and used, and no secret may leak."""

from __future__ import annotations

from functools import cache

from mobius_tui.runbook.decode.assemble import RunbookDraft
from mobius_tui.runbook.decode.decode_checks import checks_with_paths
from mobius_tui.runbook.lint.guard_solver import (
    MAX_COMBINATIONS,
    can_hold,
    multiple_choice_variables,
)
from mobius_tui.runbook.model.actions import Choose, Run
from mobius_tui.runbook.model.check_kinds import RunCheck
from mobius_tui.runbook.model.guard_comparison import (
    GuardComparison,
    comparison_problem,
    operand_names,
    parse_comparison,
    satisfies,
)
from mobius_tui.runbook.model.guards import Guard, guard_in_words, guard_leaves
from mobius_tui.runbook.model.limits import (
    COUNTS,
    HOST_SHARES,
    fixed_counts,
    limit_problem,
    limited_texts_by_variable,
)
from mobius_tui.runbook.model.runbook import Step, Variable, step_of_probe
from mobius_tui.runbook.model.script_names import names_in_script
from mobius_tui.runbook.model.value_kinds import value_problem
from mobius_tui.runbook.text.names import did_you_mean
from mobius_tui.runbook.text.provided_names import (
    HealthOf,
    HostField,
    ProvidedFact,
    StepField,
    StepValue,
    provided_name,
)
from mobius_tui.runbook.text.template_text import (
    broken_template,
    fill,
    template_names,
)
from mobius_tui.runbook.toml.table_reader import TemplateUse, TomlTable
from mobius_tui.structs import replace


def lint_names(draft: RunbookDraft) -> None:
    """Report undefined names, leaking secrets, and variables that nobody uses.

    Raises:
        TooManyProblemsError: there are too many problems now.
    """
    names = _NameUses(draft)
    for template in draft.root.registry.templates:
        names.add_text(template)
    for step in draft.runbook.steps():
        names.add_step(step, draft.table_of("step", step.id))
    for probe in draft.runbook.probes():
        names.add_step(step_of_probe(probe), draft.table_of("probe", probe.id))
    names.add_profiles()
    names.add_variable_scripts()
    _lint_limits(draft)
    names.add_environment()
    names.warn_unused()


ORDERED_KINDS = ("int", "duration")
"""Kinds of variables that a guard compares by order."""


class _NameUses:
    """The names of one runbook, and which of them are used; reports as it reads."""

    def __init__(self, draft: RunbookDraft) -> None:
        self.draft = draft
        self.runbook = draft.runbook
        self.declared = draft.runbook.variables
        self.used: set[str] = set()
        self.probes = {probe.id for probe in draft.runbook.probes()}
        self.steps = {step.id for step in draft.runbook.steps()}
        self.possible = cache(draft.runbook.possible_values)
        self.possible_set = cache(lambda name: frozenset(self.possible(name)))
        self.items = {
            (table.document.file, table.path): step.for_each.item
            for step in draft.runbook.steps()
            if step.for_each is not None
            for table in (draft.table_of("step", step.id),)
        }
        """By the place of a step, the variable of its rows."""
        self.with_hosts = {
            (table.document.file, table.path)
            for step in draft.runbook.steps()
            if step.rollout is not None
            for table in (draft.table_of("step", step.id),)
        }
        """The places of steps that run on hosts."""
        self.multiple = multiple_choice_variables(draft.runbook)

    def add_text(self, template: TemplateUse) -> None:
        """Report undefined names and secrets in a text that is filled in."""
        table, path = template.table, template.path
        broken = broken_template(template.text)
        if broken is not None:
            words = f"{broken!r} is no ${{name}}; write $${{ for a literal ${{"
            table.report_within(broken, words, *path)
        for name in template_names(template.text):
            if name == self._item_at(table):
                continue
            problem = self._undefined(name) or self._host_problem(name, template)
            if problem is None and template.shown and self._is_secret(name):
                problem = (
                    f"`{name}` is a secret, and this text is shown; "
                    "a step gets it by `secrets`"
                )
            if problem is not None:
                table.report_within(f"${{{name}}}", problem, *path)

    def _host_problem(self, name: str, template: TemplateUse) -> str | None:
        """Why a text cannot use a `host.…` name.

        None if it can, or for any other name.
        """
        if not isinstance(provided_name(name), HostField):
            return None
        table, path = template.table, template.path
        while not self._is_with_hosts(table) and (outer := table.parent) is not None:
            table, path = outer, table.path[len(outer.path) :]
        if not self._is_with_hosts(table):
            return f"`{name}` is of a step with `hosts`"
        if path[0] not in ("env", "check", "until"):
            words = "it is for `env` and checks"
            return f"`{name}` has another value for each host: {words}"
        return None

    def _is_with_hosts(self, table: TomlTable) -> bool:
        return (table.document.file, table.path) in self.with_hosts

    def _item_at(self, table: TomlTable) -> str | None:
        """The variable of the rows of the step that a table is in, if it has any."""
        ends = range(len(table.path) + 1) if self.items else ()
        places = ((table.document.file, table.path[:end]) for end in ends)
        return next((self.items[at] for at in places if at in self.items), None)

    def _add_for_each(self, step: Step, table: TomlTable) -> None:
        """Report what is wrong with the names of a step's rows."""
        each = step.for_each
        if each is None:
            return
        name = each.variable
        if name is not None:
            self._add_variable(name, table, "for_each")
            if self._is_secret(name):
                table.report(f"`{name}` is a secret, and rows are shown", "for_each")
        if each.command is not None:
            self._add_script(step, each.command.script, table, "for_each")
        names = {**self.declared, **step.env, **step.secrets}
        if each.item in names and not step.undo_of:  # said of the step that it undoes
            words = f"`{each.item}` is a variable already: name the item otherwise"
            table.report(words, "item" if table.has("item") else "for_each")
        for other in self.steps:
            if other.startswith(f"{step.id}--"):
                words = f"the rows of `{step.id}` have such ids: rename `{other}`"
                table.report(words, *(() if step.undo_of else ("for_each",)))

    def _add_fixed_counts(self, step: Step, table: TomlTable) -> None:
        """Report names in counts that are no variables: attempts keep only these."""
        item = step.for_each.item if step.for_each is not None else ""
        for key, text in fixed_counts(step):
            for name in template_names(text):
                provided = provided_name(name)
                is_other = provided is not None and not isinstance(provided, HostField)
                if name not in self.declared and (is_other or name == item):
                    words = f"`{key}` takes variables alone, and `{name}` is none"
                    table.report_within(f"${{{name}}}", words, *key.split("."))

    def _is_secret(self, name: str) -> bool:
        return name in self.declared and self.declared[name].secret

    def _undefined(self, name: str) -> str | None:
        """The problem of a name in a text, or None."""
        self.used.add(name)
        if name in self.declared:
            return None
        match provided_name(name):
            case ProvidedFact() | HostField():
                return None
            case HealthOf(probe):
                near = did_you_mean(probe, self.probes)
                return None if probe in self.probes else f"no probe `{probe}`{near}"
            case StepValue(step, StepField.RESULT | StepField.CHECK | StepField.ENDED):
                near = did_you_mean(step, self.steps)
                return None if step in self.steps else f"no step `{step}`{near}"
            case _ if len(name) > len("step.") and name.startswith("step."):
                names = (f"${{step.ID.{field}}}" for field in ("result", "check"))
                return f"of a step there are {', '.join(names)} and ${{step.ID.ended}}"
            case _:
                provided = (*ProvidedFact, *HostField)
                near = did_you_mean(name, (*self.declared, *provided))
                return f"`{name}` is used and never defined{near}"

    def add_step(self, step: Step, table: TomlTable) -> None:
        """Report undefined variables that a step names, and secrets it lacks."""
        self._add_guard(step, table)
        self._add_for_each(step, table)
        self._add_fixed_counts(step, table)
        for index, name in enumerate(step.uses):
            self._add_variable(name, table, "uses", index)
        if isinstance(step.action, Choose) and step.action.from_run:
            self._add_script(step, step.action.from_run, table, "choose")
        elif isinstance(step.action, Choose) and step.action.from_ is not None:
            self._add_variable(step.action.from_, table, "choose", "from")
        for key, name in step.secrets.items():
            self._add_variable(name, table, "secrets", key)
            if name in self.declared and not self.declared[name].secret:
                words = f"`{name}` is no secret: give its [var] `secret = true`"
                table.report(words, "secrets", key)
        if isinstance(step.action, Run):
            self._add_script(step, step.action.script, table, "run")
            for text in step.action.shell:
                self._add_script(step, text, table, "shell")
            for index, name in enumerate(step.action.playbook_vars):
                self._add_variable(name, table, "vars", index)
        for check, path in checks_with_paths(step, table):
            if isinstance(check, RunCheck):
                for text in (check.script, *check.shell):
                    self._add_script(step, text, table, str(path[0]))

    def _add_script(self, step: Step, script: str, table: TomlTable, key: str) -> None:
        """Scripts have variables of their own: an undeclared name is no error."""
        for name in names_in_script(script):
            self.used.add(name)
            if self._is_secret(name) and name not in {**step.secrets, **step.env}:
                words = f'`secrets = {{ {name} = "{name}" }}` on the step'
                problem = f"`{name}` is a secret: a step gets it only by {words}"
                table.report_within(f"${name}", problem, key)

    def _add_variable(self, name: str, table: TomlTable, *path: str | int) -> bool:
        self.used.add(name)
        if name in self.declared:
            return True
        near = did_you_mean(name, self.declared)
        table.report(f"`{name}` is used and never defined{near}", *path)
        return False

    def _add_guard(self, step: Step, table: TomlTable) -> None:
        """Report undefined variables of a guard, and comparisons that never hold."""
        is_valid = True
        for path, name, texts in guard_leaves(step.when):
            if not self._add_variable(name, table, "when", *path):
                is_valid = False
                continue
            if self._is_secret(name):
                words = f"`{name}` is a secret, which no guard sees: it never applies"
                table.report(words, "when", *path)
                is_valid = False
                continue
            if any(self._operand_problem(name, text, table, path) for text in texts):
                is_valid = False
                continue
            is_too_much = len(texts) * len(self.possible(name)) > MAX_COMBINATIONS
            for text in texts:
                problem = comparison_problem(text)
                if not problem and not (
                    is_too_much and not parse_comparison(text).is_plain
                ):
                    problem = self._impossible_value(name, text)
                if problem:
                    table.report_within(text, problem, "when", *path)
                    is_valid = False
        if is_valid and step.when and not self._can_hold(step.when):
            words = f"this can never be true: {guard_in_words(step.when)}"
            table.report(words, "when")

    def _operand_problem(
        self, name: str, text: str, table: TomlTable, path: tuple[str | int, ...]
    ) -> bool:
        """Report what is wrong with the variables that a guard compares with.

        Args:
            name: the variable that is compared.
            text: the comparison.
            table: the step's.
            path: of the comparison, below `when`.
        """
        broken = broken_template(text)
        if broken is not None:
            words = f"{broken!r} is no ${{name}}; write $${{ for a literal ${{"
            table.report_within(broken, words, "when", *path)
            return True
        for other in operand_names(text):
            if not self._add_variable(other, table, "when", *path):
                return True
            why = self._incomparable(name, self.declared[other], text)
            if why is not None:
                table.report_within(f"${{{other}}}", why, "when", *path)
                return True
        return False

    def _incomparable(self, name: str, other: Variable, text: str) -> str | None:
        """Why a variable is nothing to compare with; None if it may be."""
        if other.secret:
            words = "is a secret, which no guard sees: it never applies"
            return f"`{other.name}` {words}"
        is_ordered = parse_comparison(text).is_ordered
        return self._unordered(name, other, text) if is_ordered else None

    def _unordered(self, name: str, other: Variable, text: str) -> str | None:
        """Why a variable is nothing to compare by order with; None if it may be."""
        kind = self.declared[name].kind
        both = kind in ORDERED_KINDS and other.kind in ORDERED_KINDS
        if both and kind != other.kind:
            words = f"`{name}` is of kind `{kind}`, `{other.name}` of `{other.kind}`"
            return f"{words}: they cannot be compared"
        values = self.possible(other.name)
        if not values and other.default and not other.ask:
            values = (other.default,)
        for value in values:
            filled = fill(text, lambda _, value=value: value)  # type: ignore[misc]
            if comparison_problem(filled):
                sign = parse_comparison(text).sign
                return f"`{sign}` compares with a quantity, and {value!r} is none"
        return None

    def _can_hold(self, guard: Guard) -> bool:
        if any(operand_names(t) for _, _, texts in guard_leaves(guard) for t in texts):
            return True  # it depends on the value of another
        return can_hold(guard, self.possible, self.multiple)

    def _impossible_value(self, name: str, text: str) -> str:
        """A message if a variable can never have a value that a guard needs; or ""."""
        possible, meant = self.possible(name), parse_comparison(text)
        if not possible or operand_names(text) or text in self.possible_set(name):
            return ""
        if meant.sign == "=":
            never = [t for t in meant.texts if not _any_satisfies(possible, t, meant)]
            near = did_you_mean(never[0], possible) if never else ""
            return f"`{name}` is never `{never[0]}`{near}" if never else ""
        if any(satisfies(each, meant) for each in possible):
            return ""
        return f"`{name}` is never `{meant}`: it is {' or '.join(possible)}"

    def add_profiles(self) -> None:
        """Report undefined variables and impossible values of profiles."""
        for profile in self.runbook.profiles.values():
            table = self.draft.table_of("profile", profile.name)
            for name, value in profile.values.items():
                if name not in self.declared:
                    near = did_you_mean(name, self.declared)
                    table.report(f"`{name}` is used and never defined{near}", name)
                    continue
                variable = self.declared[name]
                if (
                    variable.choices
                    and not variable.many
                    and (value not in variable.choices)
                ):
                    table.report(f"not one of `choices` of {name}", name)
                elif problem := value_problem(variable, value):
                    table.report(problem, name)

    def add_variable_scripts(self) -> None:
        """Report secrets in the `from_run` of variables, which get none."""
        for variable in self.declared.values():
            for name in names_in_script(variable.from_run):
                self.used.add(name)
                if self._is_secret(name):
                    words = f"`{name}` is a secret, and is given to steps alone"
                    table = self.draft.table_of("var", variable.name)
                    table.report_within(f"${name}", words, "from_run")

    def add_environment(self) -> None:
        """Report problems of `environment` and `protected`."""
        table = self.draft.root.table("runbook")
        name = self.runbook.environment
        if table is None:
            return
        if name is None:
            if self.runbook.protected:
                words = "`protected` wants `environment`, the variable that it is about"
                table.report(words, "protected")
            return
        if self._add_variable(name, table, "environment"):
            choices = self.declared[name].choices
            for index, value in enumerate(self.runbook.protected):
                if choices and value not in choices:
                    words = f"not one of `choices` of {name}"
                    table.report(words, "protected", index)

    def warn_unused(self) -> None:
        """Warn of each `[var]` of the main file that nothing uses."""
        for name in self.declared:
            table = self.draft.tables.get(("var", name))
            if table is None or table.document is not self.draft.root.document:
                continue
            if name not in self.used and not self.declared[name].record:
                words = f"nobody uses the variable `{name}`"
                table.warn("unused-variable", words)


def _any_satisfies(
    possible: tuple[str, ...], text: str, meant: GuardComparison
) -> bool:
    return any(satisfies(e, replace(meant, texts=(text,))) for e in possible)


def _lint_limits(draft: RunbookDraft) -> None:
    """Report initial values that break the limits of a duration or a size."""
    runbook = draft.runbook
    for name, limited_texts in limited_texts_by_variable(runbook).items():
        if name not in runbook.variables:
            continue
        variable, table = runbook.variables[name], draft.table_of("var", name)
        counted = COUNTS.keys() | HOST_SHARES
        counts = [key for key, _ in limited_texts if key in counted]
        if counts and variable.kind not in ("", "int"):
            words = f"`{counts[0]}` counts, and this is of kind `{variable.kind}`"
            table.report(f"{words}: `int` is", "kind")
            continue
        if variable.default and (
            problem := limit_problem(limited_texts, variable.default)
        ):
            table.report(problem, "default")
        for index, choice in enumerate(variable.choices):
            if problem := limit_problem(limited_texts, choice):
                table.report(problem, "choices", index)
        for profile in runbook.profiles.values():
            given = profile.values.get(name)
            if given is not None and (problem := limit_problem(limited_texts, given)):
                draft.table_of("profile", profile.name).report(problem, name)
