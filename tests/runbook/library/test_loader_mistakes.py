"""Each mistake in a table is reported at its place, with the remedy."""

from __future__ import annotations

import pytest

from tests.runbook.runbook_texts import Examine, Pointed
from tests.table import each_row

PHASE = """
[[phase]]
id = "p"
title = "P"
"""
STEP = (
    PHASE
    + """
[[phase.step]]
id = "s"
title = "S"
"""
)
RUN = STEP + "run = 'true'\n"
CHECK = RUN + "[phase.step.check]\n"
HEALTH = (
    RUN
    + """
[health]
[[health.probe]]
id = "api"
url = "http://localhost"
"""
)

COUNTED = (
    "format = 2\n[runbook]\ntitle = 'X'\n[[step]]\ntitle = 'A'\n"
    "check.http = {{ url = 'http://x', {} }}\n"
)
ROLLED_OUT = (
    "format = 2\n[runbook]\ntitle = 'X'\n[targets.web]\nhosts = ['w1']\n"
    "[[step]]\ntitle = 'A'\nrun = 'true'\nhosts = 'web'\n{}\n"
)

KEYS = [
    (
        RUN + "«gaet = true",
        "unknown key `gaet` in [[phase.step]]; did you mean `gate`?",
    ),
    (CHECK + "run = 'x'\n«gate = true", "it belongs above [phase.step.check]"),
    (CHECK + "port.at = 'x:1'\n«timeout = '1m'", "belongs above [phase.step.check]"),
    (RUN + "«aside = true", "it belongs above [[phase.step]]"),
    (RUN + "retry = { attempts = 2, «gate = true }", "it belongs to [[phase.step]]"),
    (
        "format = 1\n«owners = ['x']\n[runbook]\nid='x'\ntitle='X'\n" + RUN,
        "belongs in [runbook]",
    ),
    (CHECK + "run = 'x'\n«attempts = 3", "unknown key `attempts`"),
    (
        "format = 2\n[runbook]\ntitle = 'X'\n" + CHECK + "port = 'x:1'\n«closed = true",
        "belongs in `port`: `port = { at = …, closed = … }`",
    ),
    (CHECK + "port = { at = 'x:1' }\n«attempts = 3", "it belongs in `port`"),
    (CHECK + "«htpt = { url = 'http://x' }", "did you mean `http`?"),
    (
        RUN + "«[variable.x]\ntitle = 'x'",
        "unknown key `variable` in the file; here that is [var.",
    ),
    (RUN + "«command = 'x'", "in [[phase.step]]; here that is `run`"),
    (RUN + "«cmd = 'x'", "here that is `run`"),
    (RUN + "«script = 'x'", "here that is `run`"),
    (RUN + "«name = 'x'", "here that is `title`"),
    (RUN + "«depends_on = ['x']", "here that is `needs`"),
    (RUN + "«depends-on = ['x']", "here that is `needs`"),
    (RUN + "«hosts = 'x'", "`hosts` is of format 2; `mobius-tui upgrade FILE`"),
    (RUN + "«host = 'x'", "here that is [targets.NAME] with `hosts`"),
    (RUN + "«nodes = 'x'", "and `hosts = 'NAME'` on its steps (format 2)"),
    (RUN + "«serial = 1", "here that is `batch = "),
    (RUN + "«ignore_errors = true", 'here that is `on_failure = "continue"`'),
    (RUN + "«become = true", "`become` belongs to a step with `hosts`"),
    (RUN + "«sudo = true", "here that is `sudo -n` in the script"),
    (RUN + "«cwd = '/srv'", "here that is `cd DIR` in the script"),
    (RUN + "«[[tasks]]\nname = 'x'", "here that is [[phase]], [[phase.step]]"),
    (RUN + "«[[steps]]\nname = 'x'", "here that is [[phase]], [[phase.step]]"),
    (
        RUN
        + "[[phase]]\nid = 'q'\ntitle = 'Q'\n«tasks = []\n[[phase.step]]\nid = 't'\n"
        "title = 'T'\nmanual = 'x'",
        "here that is [[phase.step]]",
    ),
    (RUN + "«[vars]\na = 'x'", "here that is [var.NAME], a table for each variable"),
    (RUN + "uses = ['v']\n[var.v]\n«description = 'x'", "here that is `title`"),
    (
        RUN + "uses = ['v']\n[var.v]\ndefault = 'x'\n«required = true",
        "here that is `ask = true`",
    ),
    (CHECK + "http = { url = 'http://x', «status_code = 200 }", "that is `status`"),
    (CHECK + "http = { url = 'http://x', «interval = '1s' }", "here that is `every`"),
]
UNQUOTED = [
    ("every = «1s", 'text goes in quotes: "1s"'),
    ("timeout = «10 minutes", 'text goes in quotes: "10 minutes"'),
    ("title = «My title", 'text goes in quotes: "My title"'),
    ("effect = «read  # or not", 'text goes in quotes: "read"'),
    ("version = «1.2.3", 'text goes in quotes: "1.2.3"'),
    ("gate = «yes", 'write true, or "yes" if it is a text'),
    ("gate = «True", 'write true, or "True" if it is a text'),
    ("gate = «off", 'write false, or "off" if it is a text'),
    ("updated = «24.11.2026", "a date is written 2026-11-24, without quotes"),
    ("updated = «2026-24-11", "a date is written 2026-11-24, without quotes"),
    ("expect = «null", "TOML has no such value: leave the key out"),
    ("needs = [«one, two]", 'text goes in quotes: "one"'),
    ("retry = { attempts = 3, every = «1s }", 'text goes in quotes: "1s"'),
    ("title = «“Restore”", "“ is no quote of TOML: write"),
]
TYPES = [
    (RUN + "«timeout = 10", '`timeout` is a text with a unit, "500ms", "10s"'),
    (RUN + "«timeout = '10'", "`timeout` is a duration"),
    (RUN + "«timeout = '0s'", "too short: `timeout` is from 10ms to 720h"),
    (RUN + "«timeout = '721h'", "too long: `timeout` is from 10ms to 720h"),
    (RUN + "«timeout = '" + "9" * 5000 + "h'", "too long: `timeout` is from"),
    (RUN + "«timeout = '-1s'", "`timeout` is a duration"),
    (RUN + "«timeout = 'inf'", "`timeout` is a duration"),
    (RUN + "«timeout = nan", "`timeout` is a text with a unit"),
    (RUN + "«timeout = 5", "`timeout` is a text with a unit"),
    (RUN + "«max_output = '1B'", "too small: `max_output` is from 4KiB to 1TiB"),
    (RUN + "«max_output = '" + "9" * 400 + "TiB'", "`max_output` is a size"),
    (RUN + "«expect = 'soon'", "`expect` is a duration"),
    (RUN + "«max_output = 1000", "`max_output` is a text with a unit"),
    (RUN + "«max_output = '5 apples'", "`max_output` is a size"),
    (RUN + "«gate = 'yes'", "`gate` is true or false, without quotes, not a text"),
    (RUN + "«needs = 'x'", '`needs` is a list, such as ["one", "two"], not a text'),
    (RUN + "needs = [«1]", "`needs` is a list of texts"),
    (RUN + "success = [«256]", "an exit code is a number from 0 to 255"),
    (RUN + "success = [«true]", "an exit code is a number from 0 to 255"),
    (RUN + "warning = [3]\n«effect = 'delete'", "one of read, change, destroy"),
    (RUN + "retry = { «attempts = 0 }", "`attempts` is a number from 1 to 1000"),
    (RUN + "retry = { «attempts = 0x" + "f" * 9000 + " }", "a number from 1 to 1000"),
    (RUN + "«retry = { every = '1s' }", "`attempts` is missing in `retry`"),
    (RUN + "«retry = 3", "`retry` is a table"),
    (RUN + "approve = { role = 'x', «count = 0 }", "`count` is a number from 1"),
    (RUN + "links = [{ title = 'x', «url = 'ftp://x' }]", "begins with http://"),
    (RUN + "env = { «A = 1 }", "`A` is a text in quotes"),
    (RUN + "env = { «RUNBOOK_OUTPUT = 'x' }", "is set by this program"),
    (RUN + "env = { «'A-B' = 'x' }", "letters, digits and _"),
    (CHECK + "http = { url = 'http://x', «status = 99 }", "a number from 100 to 599"),
    (CHECK + "http = { «url = 'x' }", "begins with http:// or https://"),
    (CHECK + "http = { url = 'http://x', json = { «a = nan } }", "JSON has no dates"),
    (CHECK + "http = { url = 'http://x', json.a.«b = 07:32:00 }", "JSON has no dates"),
    (CHECK + "process = { «match = '(' }", "`match` is no regular expression"),
    (
        CHECK + "process = { match = 'x', «count = 0 }",
        '`count` is a text, such as ">=1"',
    ),
    (CHECK + "process = { match = 'x', «count = 'many' }", "`count` is a comparison"),
    (CHECK + "service = { «names = [] }", "`names` is empty"),
    (CHECK + "«checksum = { file = 'x' }", "wants one of `sums` and `sha256`"),
    (CHECK + "checksum = { file = 'x', «sha256 = 'ab' }", "64 hexadecimal digits"),
    (CHECK + "file = { path = 'x', «mode = '0999' }", "is octal"),
    (CHECK + "file = { path = 'x', absent = true, «mode = '644' }", "an absent file"),
    (CHECK + "port = { «at = 'x' }", '`at` is "host:port"'),
    (CHECK + "port = { «at = 'x:65536' }", '`at` is "host:port"'),
    (CHECK + "disk = { «free = '10 %' }", 'or a share such as "10%"'),
    (CHECK + "«output = {}", "`output` wants `match`, `not` or both"),
    (CHECK + "output = { match = 'x', «attempts = 2 }", "it is looked at once"),
    (CHECK + "«run = '  '", "`run` is an empty script"),
    (CHECK + "«port = { at = 'x:1', attempts = 2, consecutive = 3 }", "never hold"),
    (RUN + "«[phase.step.check]", "a check names a kind"),
    (RUN + "«[[phase.step.check]]\nrun = 'x'", "a table, [phase.step.check] or"),
]
STEPS = [
    (STEP.replace("[[phase.step]]", "«[[phase.step]]"), "a step wants one of run,"),
    (RUN + "«manual = 'x'", "a step does one thing; this has `run`, `manual`"),
    (STEP + "manual = 'x'\n«effect = 'read'", "`effect` belongs to a step with `run`"),
    (STEP + "manual = 'x'\n«timeout = '1m'", "`timeout` belongs to a step with `run`"),
    (RUN + "«ask = { var = 'x' }", "`ask` belongs to a step with `manual`"),
    (RUN + "«to = ['x']", "`to` belongs to a step with `message`"),
    (STEP + "«manual = ''", "`manual` says what a person does"),
    (STEP + "«run = ''", "`run` is an empty script"),
    (
        RUN + "follow = true\noptional = true\n«tty = true",
        "`tty` gives the terminal away",
    ),
    (RUN + "«warning = [0]", "in both `success` and `warning`"),
    (STEP + "manual = 'x'\nask = { «var = 'a b' }", "letters, digits and _"),
    (STEP + "«choose = { var = 'x' }", "`choose` wants [[phase.step.choose.option]]"),
    (
        STEP + "[phase.step.choose]\nvar = 'x'\n[[phase.step.choose.option]]\n"
        "value = 'a'\n«end = true\ngo = 'p'",
        "not both",
    ),
    (
        STEP + "choose = { var = 'x', «option = [{value='a'}, {value='a'}] }",
        "the same `value`",
    ),
    (
        HEALTH.replace("run = 'true'", "«watch = {}")
        + "[health.trigger]\nconsecutive_failures = 3\n",
        "`for` is missing in `watch`",
    ),
    (PHASE.replace("[[", "«[["), "a phase wants at least one [[phase.step]]"),
    (PHASE + "«[[phase.step]]\nid='s'\nrun = 'x'", "`title` is missing"),
    (PHASE + "«[[phase.step]]\ntitle='s'\nrun = 'x'", "`id` is missing"),
    (RUN.replace('id = "s"', '«id = "S 1"'), "an `id` is made of a-z, 0-9 and -"),
    (
        RUN.replace('id = "s"', f'«id = "{"s" * 65}"'),
        "an `id` has at most 64 characters, not 65",
    ),
    (RUN.replace('id = "p"', '«id = "stop"'), "`stop` is a word of `on_failure`"),
    ("«[phase]\nid = 'p'", "`phase` is a list of tables, [[phase]], not a table"),
]
HEADS = [
    ("«format = 3\nformatted = 'format = 1'", "this program reads the formats 1 and 2"),
    ("«format = '1'\n# format = 1", "a number, without quotes: format = 1"),
    ("«format = '3'\n# format = 1", "this program reads the formats 1 and 2"),
    ("«{'format': 2}\n#format = 2", "this is JSON"),
    (
        "format = 2\n[runbook]\ntitle = 'X'\n[[step]]\nrun = «\"true\n",
        'the " that opens here is not closed on its line',
    ),
    (
        "format = 2\n[runbook]\ntitle = 'X'\n[[step]]\nrun=«'''\n[[step]]\nrun = ''\n",
        "the ''' that opens here is never closed",
    ),
    (
        COUNTED.format("attempts = '${v}'") + "[var.v]\nask = true\n«kind = 'host'\n",
        "`attempts` counts, and this is of kind `host`",
    ),
    (
        COUNTED.format("attempts = '${v}'") + "[var.v]\n«default = 'x'\n",
        "'x' is none: `attempts` is a whole number from 1 to 10000",
    ),
    (
        COUNTED.format("«attempts = '3'"),
        '`attempts` is a whole number, without quotes, or a variable: "${NAME}"',
    ),
    (
        ROLLED_OUT.format("parallel = '${v}'") + "[var.v]\n«default = '51'\n",
        "'51' is none: `parallel` is a whole number from 1 to 50",
    ),
    (
        ROLLED_OUT.format("max_failed = '${v}'") + "[var.v]\n«default = '120%'\n",
        "'120%' is none: `max_failed` is a number of hosts or a share of all",
    ),
    (
        ROLLED_OUT.format("max_failed = '${v}'") + "[var.v]\n«kind = 'host'\n",
        "`max_failed` counts, and this is of kind `host`",
    ),
    (
        ROLLED_OUT.format("retry.attempts = '${v}'") + "[var.v]\n«default = '0'\n",
        "'0' is none: `retry.attempts` is a whole number from 1 to 1000",
    ),
    (
        ROLLED_OUT.format("retry = { attempts = '«${now}' }"),
        "`retry.attempts` takes variables alone, and `now` is none",
    ),
    (
        ROLLED_OUT.replace("hosts = 'web'\n", "for_each = ['x']\n").format(
            "retry = { attempts = '«${item}' }"
        ),
        "`retry.attempts` takes variables alone, and `item` is none",
    ),
    ("format = 2\n[runbook]\ntitle = 'X'\n[[step]]\n«run = 5\n", "`run` is a text"),
    ("format = 2\n[runbook]\ntitle = 'X'\n[[step]]\n«use = 'zz'\n", "no step `zz`"),
    ("format = 1\n«runbook = 1\n" + RUN, "`runbook` is a table"),
    (
        "format = 1\n[runbook]\nid='x'\ntitle='X'\n«updated = '2026-11-24'\n" + RUN,
        "a date without quotes",
    ),
    (
        "format = 1\n[runbook]\nid='x'\ntitle='X'\n«updated = 2026-11-24T01:02:03\n"
        + RUN,
        "not a time",
    ),
    (RUN + "[[contact]]\nrole = 'x'\nhandle = 'y'\n«fro = 'z'", "mean `for`"),
    (RUN + "«[[message]]\nid = 'x'\ntitle = 'X'", "`body` is missing in [[message]]"),
    (
        RUN + "[[channel]]\nid='x'\n«kind = 'irc'\nurl = 'http://x'",
        "one of slack, teams, webhook",
    ),
    (RUN + "[profile.p]\n«target = 'x'", "used and never defined"),
    (
        RUN + "uses = ['v']\n[var.v]\nchoices = ['a']\n«default = 'b'",
        "not one of `choices` of v",
    ),
    (RUN + "[[message]]\nid='m'\ntitle='M'\nbody='b'\n[[message]]\n«id='m'\ntitle='M'"
     "\nbody='b'", "a second message `m`"),
    (RUN + "[[channel]]\nid='m'\nkind='slack'\nurl='http://x'\n[[channel]]\n«id='m'\n"
     "kind='slack'\nurl='http://x'", "a second channel `m`"),
]  # fmt: skip
HEALTHS = [
    (RUN + "«[health]", "[health] has no [[health.probe]]"),
    (RUN + "[health]\n«[[health.probe]]\nid = 'x'", "`url` is missing"),
    (
        HEALTH + "[[health.probe]]\n«id = 'api'\nurl = 'http://x'",
        "a second probe `api`",
    ),
    (HEALTH + "p95 = { «at = 'x' }", "a JSON pointer"),
    (HEALTH + "p95 = { at = '/x', «unit = 'h' }", "one of ms, s"),
    (HEALTH + "[health.trigger]\nsuccess_rate = { «below = 70 }", "from 0 to 1"),
    (HEALTH + "[health.trigger]\nsuccess_rate = { «below = nan }", "from 0 to 1"),
    (
        HEALTH + "[health.trigger]\n«success_rate = { min_checks = 61 }",
        "it could never fire",
    ),
    (HEALTH + "[health.trigger]\n«consecutive_failures = 0", "a number from 1"),
    (HEALTH.replace("[health]", "[health]\n«witness = ['x']"), 'list of "host:port"'),
    (HEALTH + "[health.trigger]\n«grace = 5", "with a unit"),
]


@each_row(
    ("text", "message"),
    [*KEYS, *TYPES, *STEPS, *HEADS, *HEALTHS],
)
def test_a_mistake_is_reported_in_its_place(
    pointed: Pointed, text: str, message: str
) -> None:
    ((severity, said),) = pointed(text)
    assert severity == "error"
    assert message in said


@pytest.mark.parametrize(("marked", "words"), UNQUOTED)
def test_a_value_without_quotes_is_told_how_to_write_it(
    marked: str, words: str, examined: Examine
) -> None:
    before, _, after = (RUN + marked).partition("«")
    runbook, [problem] = examined(before + after + "\nlinks = []\n")
    assert runbook is None
    assert words in problem.message
    assert problem.text == (before + after).splitlines()[-1]
    assert problem.column > len(marked.partition("«")[0])


@pytest.mark.parametrize("text", ["title = 'a' b", "a = [1, 2\nb = 3", "a = 1 b = 2"])
def test_other_mistakes_keep_their_words(text: str, examined: Examine) -> None:
    _, [problem] = examined(RUN + text)
    assert "quotes" not in problem.message
