"""A keeper on a disk that does what a file says; see `test_room`.

It is run as a plain file in place of the keeper's own. The variable `DISK` names a file
that holds `roomy`, `full`, `short` (half of each write is made) or `broken`, and after
it which of the attempt's files that is true of.
"""

import errno
import os
import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

DISK = Path(os.environ["DISK"])
ERRORS = {"full": errno.ENOSPC, "broken": errno.EIO}


def limited(real: Callable[..., int]) -> Callable[..., int]:
    def write(handle: int, data: Any, *place: int) -> int:
        name = Path(f"/proc/self/fd/{handle}").readlink().name
        how, *names = DISK.read_text().split()
        if name in names and how in ERRORS:
            raise OSError(ERRORS[how], os.strerror(ERRORS[how]))
        if name in names and how == "short":
            data = bytes(data)[: max(1, len(data) // 2)]
        return real(handle, data, *place)

    return write


if __name__ == "__main__":
    os.write, os.pwrite = limited(os.write), limited(os.pwrite)
    keeper = Path(__file__).parents[2] / "mobius_tui" / "run" / "keeper" / "keeper.py"
    runpy.run_path(str(keeper), run_name="__main__")
    sys.exit(0)
