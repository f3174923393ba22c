"""The judge of effects: what a script does, by its commands.

It errs on the safe side: what it cannot analyze counts as a change. It runs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from mobius_tui.runbook.effects.command_effects import (
    CommandEffect,
    CommandEntry,
    CommandTable,
    ScriptEffects,
    TableEffect,
    bundled_commands,
)
from mobius_tui.runbook.effects.embedded_languages import (
    LANGUAGE_JUDGES,
    redis_command_effect,
)
from mobius_tui.runbook.effects.invocation import (
    Invocation,
    LineMatch,
    command_input,
    heaviest_table_effect,
    names_set_otherwise,
    temporary_file_names,
)
from mobius_tui.runbook.model.actions import SHELLS, is_shell
from mobius_tui.runbook.shell.script_model import (
    EXPANSION_MARK,
    CommandGroup,
    Pipeline,
    Redirect,
    Script,
    SimpleCommand,
    Word,
)
from mobius_tui.runbook.shell.script_parser import parse_script
from mobius_tui.runbook.shell.script_walk import (
    DECLARATION_COMMANDS,
    Program,
    assignments_in,
    assignments_of,
    effective_program,
    nested_scripts,
    own_words,
    pipelines,
)
from mobius_tui.runbook.shell.script_walk import commands as all_commands
from mobius_tui.structs import replace

MAX_EFFECTS = 100
"""Effects that are listed for one script."""
_MAX_DEPTH = 8
"""Levels of scripts within scripts that are analyzed."""
_MAX_CHARACTERS = 128 * 1024
"""Characters that are analyzed of a script and those within it."""

_SYSTEM_FOLDER = re.compile(r"/(?:usr/(?:local/)?)?s?bin/|/opt/(?:[\w.-]+/)+bin/")
_PATTERN = re.compile(r"[*?]|\[.+\]|\{.*(?:,|\.\.).*\}")
"""What bash makes several words of, or the names of files."""
_NO_FILE = re.compile(r"/dev/(?:null|stdout|stderr|tty|fd/\d+)|\d+-?|-")
_WRITING_REDIRECTS = frozenset((">", ">>", ">|", "&>", "&>>", "<>", ">&"))
_OUTPUT = "RUNBOOK_OUTPUT"
_EXEC_ENDS = (";", "+")
_SINGLE = re.compile(r"'([^']*)'")
_EVALUATES_SUBSCRIPTS = frozenset(
    (
        *("printf", "[[", "[", "test", "let", "unset", "read", "mapfile", "readarray"),
        *("getopts", "wait", *DECLARATION_COMMANDS),
    )
)
"""Commands that evaluate the subscript in a name that they are given."""
_BEFORE_CODE = "|-!& "
"""What may stand before the program in a variable that names one: `LESSOPEN='|x'`."""
_SETTING = re.compile(r"[^\s=]*[\s=]?")
_SUB_COMMAND = re.compile(r"[a-z][\w:-]*")
_SUB_COMMANDS = 3
"""The words of a program that is not in the table that may be sub-commands."""
_WORD_ENDS = re.compile(r"[-_.:/]")


def judge_script(
    script: str, *, shell: Sequence[str] = (), table: CommandTable | None = None
) -> ScriptEffects:
    """Judge a script.

    Args:
        script: its text.
        shell: the program that runs it, and its arguments; empty for bash.
        table: the table of commands; the bundled one if None.
    """
    judge = _Judge(bundled_commands() if table is None else table)
    # A program of a path of one's own is not trusted for its name.
    if not shell or (is_shell(shell) and _name(shell[0]) in SHELLS):
        judge.judge_shell_script(script, lambda offset: offset)
    else:
        judge.judge_other_program(shell, script)
    return ScriptEffects(effects=tuple(judge.effects))


def _name(word: str) -> str:
    """The name of a program without a system folder; other paths stay as they are."""
    return _SYSTEM_FOLDER.sub("", word, count=1) if _SYSTEM_FOLDER.match(word) else word


OffsetMap = Callable[[int], int]
"""Maps an offset in a piece of code to one in the script."""


def _map_into_word(word: Word, to_script_offset: OffsetMap) -> OffsetMap:
    """A map of offsets in a word's text to offsets in the script.

    All go to the word's start if quotes or escapes moved them.
    """
    single = _SINGLE.fullmatch(word.source)
    if single is not None:
        return lambda offset: to_script_offset(word.start + 1 + offset)
    if word.source == word.text:
        return lambda offset: to_script_offset(word.start + offset)
    return lambda _: to_script_offset(word.start)


class _Judge:
    """Collects the effects of a script and of the code that is nested in it."""

    def __init__(self, table: CommandTable) -> None:
        self.effects: list[CommandEffect] = []
        self._table = table
        self._remaining = _MAX_CHARACTERS
        self._depth = 0
        self._to_script_offset: OffsetMap = lambda offset: offset
        self._functions: frozenset[str] = frozenset()
        self._values: dict[str, str] = {}
        """The values of variables that the script assigns once."""
        self._own_files: frozenset[str] = frozenset()
        """Variables that name temporary files of the script."""
        self._step_script: str | None = None
        """The step's script, which the code in `shell` gets as `$0`."""

    def _add_effect(
        self, effect: TableEffect, offset: int, words: str, **more: bool
    ) -> None:
        if effect not in ("change", "destroy") or len(self.effects) >= MAX_EFFECTS:
            return
        place = self._to_script_offset(offset)
        self.effects.append(
            CommandEffect(effect=effect, offset=place, source_text=words, **more)
        )

    def _add_unreadable(self, offset: int, words: str) -> None:
        """Add what could be any command: a change, as far as a step's label goes."""
        self._add_effect("change", offset, words, known=False, readable=False)

    def judge_shell_script(self, script: str, to_script_offset: OffsetMap) -> None:
        """Judge a shell script.

        Args:
            script: its text.
            to_script_offset: maps its offsets to those of the whole script.
        """
        outer = (self._to_script_offset, self._functions, self._values, self._own_files)
        self._to_script_offset = to_script_offset
        self._remaining -= len(script)
        self._depth += 1
        if self._depth > _MAX_DEPTH or self._remaining < 0:
            self._add_unreadable(0, script)
        else:
            parsed = parse_script(script)
            self._collect_definitions(parsed.body)
            self._judge_statements(parsed.body)
            if not parsed.complete or parsed.syntax_problem is not None:
                self._add_unreadable(len(script), "what follows")
        self._depth -= 1
        self._to_script_offset, self._functions, self._values, self._own_files = outer

    def _collect_definitions(self, body: Script) -> None:
        """Collect what a script defines: functions, values, temporary files."""
        values: dict[str, str] = dict(self._values)
        assigned_names: set[str] = set()
        functions = set(self._functions)
        for command in all_commands(body):
            if isinstance(command, CommandGroup) and command.function:
                functions.add(command.function)
            if not isinstance(command, SimpleCommand):
                continue
            for each in assignments_of(command, effective_program(command)):
                values[each.name] = each.value.text
                if (
                    each.name in assigned_names
                    or EXPANSION_MARK in each.value.text
                    or each.rest
                ):
                    del values[each.name]
                assigned_names.add(each.name)
        self._functions = frozenset(functions)
        self._values = values
        self._own_files = temporary_file_names(body, self._own_files)

    def _judge_statements(self, body: Script) -> None:
        for statement in body:
            for pipe in pipelines(statement):
                for place in range(len(pipe.commands)):
                    self._judge_pipeline_command(pipe, place)

    def _judge_pipeline_command(self, pipe: Pipeline, place: int) -> None:
        command = pipe.commands[place]
        for redirect in command.redirects:
            self._judge_redirect(redirect)
        for word in own_words(command):
            for script in word.scripts:
                self._judge_statements(script)
        simple = command if isinstance(command, SimpleCommand) else None
        program = effective_program(simple) if simple is not None else None
        for name in names_set_otherwise(command, program):
            self._judge_variable(name, None, command.start)
        if simple is not None:
            before = pipe.commands[place - 1] if place else None
            self._judge_assignments(simple, program)
            if program is not None:
                words = (program.word, *program.arguments)
                self._judge_command(words, command_input(simple, before))
            return
        for script in nested_scripts(command):
            self._judge_statements(script)

    def _judge_assignments(
        self, command: SimpleCommand, program: Program | None
    ) -> None:
        """Judge what a command assigns, also by `env A=b`, and code in subscripts."""
        assigned = [
            *assignments_of(command, program),
            *assignments_in(() if program is None else program.words_before),
        ]
        for each in assigned:
            self._judge_variable(each.name, each.value, each.start)
            for word in (each.value, *each.rest):
                self._judge_subscripts(word)
        if program is not None and program.name in _EVALUATES_SUBSCRIPTS:
            for word in program.arguments:
                self._judge_subscripts(word)

    def _judge_variable(self, name: str, value: Word | None, start: int) -> None:
        """Judge the assignment of a variable, by its entry in the table, if it has one.

        Args:
            name: the variable.
            value: None if the script does not say it.
            start: the offset of the assignment.
        """
        entry = self._table.find(f"variable:{name}")
        if entry is None:
            return
        line = entry.default_line
        source = name if value is None else f"{name}={value.source}"
        if value is None or not line.code_places:
            self._add_effect(line.effect or "change", start, source)
        elif value.text.strip():
            text = value.text.lstrip(_BEFORE_CODE)
            if line.language == "path" and {e.name for e in value.expansions} - {name}:
                text = text.replace(EXPANSION_MARK, "$")  # what it is, nobody knows
            self._judge_language(line.language, replace(value, text=text))

    def _judge_subscripts(self, word: Word) -> None:
        """Judge `$(…)` in quotes that bash expands as part of a name: `'a[$(x)]'`."""
        text = word.text
        if word.quoted and "[" in text and ("$(" in text or "`" in text):
            place = self._to_script_offset(word.start)
            self._judge_expanded_text(text, lambda _: place)

    def _judge_expanded_text(self, text: str, to_script_offset: OffsetMap) -> None:
        """Judge what bash expands in a text as in double quotes."""
        quoted = text.replace("\\", "\\\\").replace('"', '\\"')
        self.judge_shell_script(f': "{quoted}"', to_script_offset)

    def _judge_redirect(self, redirect: Redirect) -> None:
        if redirect.sign in _WRITING_REDIRECTS and not self._is_own_file(
            redirect.target
        ):
            words = f"{redirect.sign} {redirect.target.source}"
            self._add_effect("change", redirect.target.start, words)

    def _is_own_file(self, word: Word) -> bool:
        """Whether a word names no file, or only one of the script itself."""
        if _NO_FILE.fullmatch(word.text):
            return True
        first = next((each for each in word.expansions if not each.inner), None)
        if first is None or not word.text.startswith(EXPANSION_MARK):
            return word.text == EXPANSION_MARK and bool(word.scripts)
        if first.operator or ".." in word.text:
            return False
        return first.name == _OUTPUT or first.name in self._own_files

    def judge_other_program(self, shell: Sequence[str], script: str) -> None:
        """Judge a script that a shell with `-c`, or no shell, runs.

        The shell runs the code after `-c`, which gets the script as `$0`.
        """
        words = tuple(Word(source=word, text=word, start=0) for word in shell)
        program = effective_program(SimpleCommand(start=0, words=words))
        entry = self._find_entry(program.word.text) if program is not None else None
        if program is not None and entry is not None and program.name in SHELLS:
            operands = Invocation(entry, program.arguments).operand_indexes
            if operands:
                code = program.arguments[operands[0]].text
                self._step_script = script
                self.judge_shell_script(code, lambda _: 0)
                return
        if program is not None and entry is not None:
            self._judge_beside(Invocation(entry, program.arguments))
        if entry is not None and entry.default_line.code_places:
            whole = Word(source=script, text=script, start=0)
            self._judge_language(entry.default_line.language, whole)
        else:
            self._add_effect("change", 0, " ".join(shell), known=entry is not None)

    def _judge_beside(self, invocation: Invocation) -> None:
        """Judge the options of a program that gets its script otherwise."""
        for match in invocation.matches():
            if match.line.also and not self._judge_code(invocation, match, None):
                weight = self._line_weight(invocation, match)
                words = _source_text(invocation.arguments)
                self._add_effect(weight, 0, words)

    def _judge_command(self, words: tuple[Word, ...], known_input: Word | None) -> None:
        """Judge one call of a program, by its entry in the table of commands.

        Args:
            words: its name and its arguments.
            known_input: its input, if that is in the script.
        """
        word = words[0]
        text = self._expanded(word)
        if text in self._functions:
            return
        entry = self._find_entry(text)
        if entry is None and text in self._table.scripts:
            self._judge_file(text, word)
            return
        if not text.strip() or (entry is None and _is_pattern(word)):
            self._add_unreadable(word.start, _source_text(words))
            return
        if self._is_help_request(entry, words):
            return
        if entry is None:
            self._judge_unlisted(words)
            return
        if self._judge_step_script(entry, words):
            return
        invocation = Invocation(entry, words[1:])
        inner_command_start = self._code_index(invocation)
        matches = invocation.matches(inner_command_start)
        counting = [
            match
            for match in matches
            if not self._judge_code(invocation, match, known_input)
            or (match.line.also and match.line.effect is not None)
        ]
        plain = [match for match in counting if not match.line.also]
        if plain and _runs_unreadable_file(text, invocation):
            self._add_unreadable(word.start, _source_text(words))
            return
        if entry.has_sub_commands and plain and all(map(_is_unlisted, counting)):
            self._judge_unlisted(words, known=True)
            return
        effect = heaviest_table_effect(
            [self._line_weight(invocation, match) for match in plain]
        )
        if len(plain) < len(counting):
            beside = [
                self._line_weight(invocation, match)
                for match in counting
                if match.line.also
            ]
            effect = heaviest_table_effect(
                ("read" if effect == "nothing" else effect, *beside)
            )
        if effect == "read" and invocation.has_unlisted_options(
            matches, inner_command_start
        ):
            effect = "change"
        self._add_effect(effect, word.start, _source_text(words))

    def _judge_unlisted(self, words: tuple[Word, ...], *, known: bool = False) -> None:
        """Judge a program, or a sub-command, that stands nowhere in the table.

        It changes; or it destroys, if its words say so, or have a command that does.

        Args:
            words: its name and its arguments.
            known: whether the table has the program.
        """
        first, *rest = words
        operands = [each for each in rest if not each.text.startswith("-")]
        names = [each for each in operands[:_SUB_COMMANDS] if "/" not in each.text]
        if not known:
            names.append(first)
        says_so = any(self._is_destroying_word(each.text) for each in names) or any(
            self._table.find(f"word:{each.text.rpartition('/')[2]}") is not None
            for each in operands
        )
        if says_so:
            self._add_effect("destroy", first.start, _source_text(words), known=known)
            return
        before = len(self.effects)
        for each in operands:
            if " " in each.text.strip():
                self._judge_language("shell", each)
        found = [one for one in self.effects[before:] if one.effect == "destroy"]
        self.effects[before:] = found
        self._add_effect("change", first.start, _source_text(words), known=known)

    def _is_destroying_word(self, text: str) -> bool:
        """Whether a word has one of those in the table that say that it destroys."""
        parts = _WORD_ENDS.split(text.removeprefix("./"))
        return "=" not in text and any(
            self._table.find(f"word:{part.lower()}") is not None for part in parts
        )

    def _judge_file(self, name: str, word: Word) -> None:
        """Judge a shell script that lies with the runbook, as if it stood here.

        Its functions and variables are its own. Each effect is at the word, and says
        which command of the file it is.
        """
        outer = self._functions, self._values, self._own_files
        self._functions, self._values, self._own_files = frozenset(), {}, frozenset()
        began = len(self.effects)
        place = self._to_script_offset(word.start)
        self.judge_shell_script(self._table.scripts[name], lambda _: place)
        self._functions, self._values, self._own_files = outer
        self.effects[began:] = [
            replace(each, source_text=f"{name}: {each.source_text}")
            for each in self.effects[began:]
        ]

    def _find_entry(self, text: str) -> CommandEntry | None:
        found = self._table.find(_name(text))
        if found is None and "/" in text and not _SYSTEM_FOLDER.match(text):
            found = self._table.find(text.removeprefix("./"))
        return found

    def _expanded(self, word: Word) -> str:
        """The text of a word, with the value of its only variable."""
        if word.text == EXPANSION_MARK and len(word.expansions) == 1:
            return self._values.get(word.expansions[0].name, "").strip()
        return "" if EXPANSION_MARK in word.text else word.text

    def _judge_step_script(self, entry: CommandEntry, words: tuple[Word, ...]) -> bool:
        """Judge the step's script, if a command in `shell` gets it as `$0`."""
        gets_script = any(
            each.text == EXPANSION_MARK and [e.name for e in each.expansions] == ["0"]
            for each in words[1:]
        )
        if (
            self._step_script is None
            or not gets_script
            or not entry.default_line.code_places
        ):
            return False
        whole = Word(source=self._step_script, text=self._step_script, start=0)
        outer, self._to_script_offset = self._to_script_offset, lambda offset: offset
        self._judge_language(entry.default_line.language, whole)
        self._to_script_offset = outer
        return True

    def _is_help_request(
        self, entry: CommandEntry | None, words: tuple[Word, ...]
    ) -> bool:
        """Whether a call only asks for help, or for the version.

        A program that is not in the table must be one of the system's, and get nothing
        else; one that has sub-commands there may get some before `--help`.
        """
        last = words[-1].text
        if last not in ("--help", "--version") or len(words) == 1:
            return False
        if len(words) == 2:
            return entry is not None or "/" not in _name(words[0].text)
        return (
            last == "--help"
            and entry is not None
            and entry.has_sub_commands
            and not any(line.code_places for line in entry.lines)
            and all(_SUB_COMMAND.fullmatch(each.text) for each in words[1:-1])
        )

    def _code_index(self, invocation: Invocation) -> int | None:
        """The index at which the words of another command begin."""
        for match in invocation.matches():
            if (
                "dashes" in match.line.code_places
                and invocation.double_dash_index is not None
            ):
                return invocation.double_dash_index
            if {"words", "joined"} & set(match.line.code_places):
                at = match.line.operand_count + match.line.skip
                if at < len(invocation.operand_indexes):
                    return invocation.operand_indexes[at]
        return None

    def _line_weight(self, invocation: Invocation, match: LineMatch) -> TableEffect:
        """The effect of a matching line; `read` if it only writes own files.

        `change` if the line states none.
        """
        line = match.line
        if line.write_place and self._writes_own(invocation, match):
            return "read"
        return line.effect or "change"

    def _writes_own(self, invocation: Invocation, match: LineMatch) -> bool:
        arguments = invocation.arguments
        words = [
            arguments[at]
            for at in invocation.operand_indexes[match.line.operand_count :]
        ]
        if match.line.write_place == "value":
            return bool(match.options) and all(
                _NO_FILE.fullmatch(each.value or "")
                if each.value_index is None
                else self._is_own_file(arguments[each.value_index])
                for each in match.options
            )
        if match.line.write_place == "last":
            words = words[-1:]
        return bool(words) and all(map(self._is_own_file, words))

    def _judge_code(
        self, invocation: Invocation, match: LineMatch, known_input: Word | None
    ) -> bool:
        """Judge the code in a command's arguments or input; False if there is none."""
        line = match.line
        arguments = invocation.arguments
        rest = [
            arguments[at]
            for at in invocation.operand_indexes[line.operand_count + line.skip :]
        ]
        for code in line.code_places:
            if code == "value" and (values := invocation.values(match)):
                for value in values:
                    self._judge_language(line.language, value)
                return True
            if code == "assigned":
                for each in arguments:
                    name, sign, code_text = each.text.partition("=")
                    if sign and not name.startswith("-"):
                        self._judge_language("shell", replace(each, text=code_text))
                return False
            if code in ("words", "joined") and rest:
                start = invocation.operand_indexes[line.operand_count + line.skip]
                self._judge_inner_command(code, line.language, arguments[start:])
                return True
            if code == "dashes" and invocation.double_dash_index is not None:
                inner = arguments[invocation.double_dash_index + 1 :]
                if inner:
                    self._judge_inner_command("words", line.language, inner)
                    return True
            elif code == "until" and match.options:
                self._judge_find_exec(
                    arguments, [each.index + 1 for each in match.options]
                )
                return True
            elif code == "first" and rest and not _has_value(invocation):
                self._judge_language(line.language, rest[0])
                return True
            elif code == "input" and known_input is not None:
                if line.language == "shell" and rest and not _reads_input(invocation):
                    continue
                self._judge_language(line.language, known_input)
                return True
        return False

    def _judge_inner_command(
        self, code: str, language: str, words: Sequence[Word]
    ) -> None:
        """Judge a command in the arguments of another one."""
        if language == "redis":
            weight = redis_command_effect(words, self._table)
            self._add_effect(weight, words[0].start, _source_text(words))
        elif code == "joined":
            if len(words) == 1:
                self._judge_language(language, words[0])
                return
            text = " ".join(each.text for each in words)
            start = words[0].start
            self._judge_language(language, Word(source="", text=text, start=start))
        elif self._depth >= _MAX_DEPTH:
            self._add_unreadable(words[0].start, _source_text(words))
        else:
            self._depth += 1
            program = effective_program(
                SimpleCommand(start=words[0].start, words=tuple(words))
            )
            if program is not None:
                self._judge_command((program.word, *program.arguments), None)
            self._depth -= 1

    def _judge_find_exec(self, words: Sequence[Word], starts: Sequence[int]) -> None:
        """Judge the commands of `find -exec`, each of which ends at `;` or `+`."""
        end = 0
        for start in starts:
            if start > end:  # else it is an argument of the command before
                ends = (
                    at
                    for at in range(start, len(words))
                    if words[at].text in _EXEC_ENDS
                )
                end = next(ends, len(words))
                if words[start:end]:
                    self._judge_inner_command("words", "shell", words[start:end])

    def _judge_language(self, language: str, word: Word) -> None:
        """Judge a word that contains code of a language."""
        place = _map_into_word(word, self._to_script_offset)
        if language == "transport":  # the name of a host and a command follow
            word = replace(word, text=f"{word.text} host true")
        if language == "text":
            self._judge_expanded_text(word.text, place)
            return
        if language == "setting":  # `name=code`, or `name code`
            code = _SETTING.sub("", word.text, count=1).lstrip(_BEFORE_CODE)
            word = replace(word, text=code)
        if language in ("shell", "transport", "setting"):
            if not word.text.strip(EXPANSION_MARK + " \n;"):
                self._add_unreadable(word.start, word.source or word.text)
            else:
                self.judge_shell_script(word.text, place)
            return
        outer, self._to_script_offset = self._to_script_offset, place
        for weight, offset, words in LANGUAGE_JUDGES[language](word.text, self._table):
            self._add_effect(weight, offset, words)
        self._to_script_offset = outer


def _is_unlisted(match: LineMatch) -> bool:
    """Whether a line is the default one of a program, and says that it changes."""
    line = match.line
    return line.effect == "change" and not line.tokens and not line.code_places


def _has_value(invocation: Invocation) -> bool:
    """Whether the code to run is the value of an option, as in `psql -c CODE`."""
    return any("value" in match.line.code_places for match in invocation.matches())


def _runs_unreadable_file(program: str, invocation: Invocation) -> bool:
    """Whether a shell runs what is not in the script, and no file that it names."""
    if _name(program) not in (*SHELLS, "source", "."):
        return False
    operands = [invocation.arguments[at] for at in invocation.operand_indexes]
    return not operands or EXPANSION_MARK in operands[0].text


def _is_pattern(word: Word) -> bool:
    """Whether bash makes other words of a word: `r{m,}`, `/bin/r?`."""
    return not word.quoted and _PATTERN.search(word.text) is not None


def _reads_input(invocation: Invocation) -> bool:
    return any("-s" in option.names for option in invocation.options)


def _source_text(words: Sequence[Word]) -> str:
    return " ".join(each.source or each.text for each in words)
