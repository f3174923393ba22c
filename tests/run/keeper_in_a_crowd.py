"""A keeper that is told that it never gets a processor; see `test_keeper`.

It is run as a plain file in place of the keeper's own, and rests as long as it can
between two reads of a flood.
"""

import os
import runpy
import sys
import time
from pathlib import Path

_pread = os.pread


def crowded(handle: int, count: int, at: int) -> bytes:
    if Path(f"/proc/self/fd/{handle}").readlink().name == "schedstat":
        return b"0 %d 0" % time.monotonic_ns()
    return _pread(handle, count, at)


if __name__ == "__main__":
    os.pread = crowded
    keeper = Path(__file__).parents[2] / "mobius_tui" / "run" / "keeper" / "keeper.py"
    runpy.run_path(str(keeper), run_name="__main__")
    sys.exit(0)
