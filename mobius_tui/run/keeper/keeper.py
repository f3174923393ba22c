"""The keeper: the small process between the host and a step's script.

It is run as a plain file by `python -I -S keeper.py LOCK TREE SPEC TOLD`, and imports
next to nothing, so that an attempt costs little. It owns the script's output, time-out,
output limit and stopping, and records how the script ended; all of that holds with no
host alive. SIGTERM asks it to stop the script.

Its arguments are inherited descriptors: of the file `lock`, locked for as long as the
keeper lives; of the file `tree`, whose lock the script's processes inherit, so that it
is held until all of them end or close it; of a pipe with the spec; and of a socket on
which it is told of secrets that the host learns later.

The spec is a marshalled mapping, read from a pipe so that no secret shows in a process
list: `dir`, `told` (the path of that socket), `argv`, `env`, `cwd`, `umask`, `timeout`
(seconds or None), `grace` (seconds between SIGTERM and SIGKILL), `max_output` (bytes),
`rotate` (bool; see `OutputWriter`), `ahead` (seconds by which the run's clock is ahead
of this machine's), `secrets` (a tuple of bytes).

It knows where the package lies, and imports its parts from there: those are compiled
once, where a plain file is compiled anew for every attempt.
"""

import sys

sys.path.append(__file__.rpartition("/mobius_tui/")[0])

from mobius_tui.run.keeper.attempt_record import (
    begin_attempt_record,
    finish_attempt_record,
    read_keeper_spec,
)
from mobius_tui.run.keeper.output_pump import OutputPump
from mobius_tui.run.keeper.script_process import ScriptProcess
from mobius_tui.run.keeper.stream_redactor import StreamRedactor
from mobius_tui.run.keeper.told_secrets import ToldSecrets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def keep_attempt(lock: int, tree: int, spec: "dict[str, Any]", told: int) -> None:
    """Run one script from start to end.

    Reserve `exit.new`, start it, copy its output, end its group, write `exit`.
    """
    stop_requests: list[int] = []
    record, waker, output = begin_attempt_record(lock, spec, stop_requests)
    secrets = ToldSecrets(spec, told)
    script = ScriptProcess(spec, lock, tree, secrets)
    streams: dict[int, tuple[int, StreamRedactor]] = {}
    for number, end in enumerate(script.start(), 1):
        redactor = StreamRedactor(spec["secrets"])
        secrets.redactors.append(redactor)
        streams[end] = (number, redactor)
    if script.start_failure is None:
        OutputPump(script, streams, output, record, waker, stop_requests).run()
        script.end_group()
    finish_attempt_record(record, script, output.total)


if __name__ == "__main__":
    keep_attempt(*read_keeper_spec())
