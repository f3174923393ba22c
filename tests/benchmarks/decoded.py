"""Opens a run's screen as `resume` does, and says when it was decoded.

What lies between the two words is taken off the time to the first paint.
"""

from __future__ import annotations

import sys
from pathlib import Path


def main(path: Path) -> int:
    """Decode a run, then show it."""
    from mobius_tui.run.directory import RunDirectory
    from mobius_tui.run.follow import Follower
    from mobius_tui.tui.settings import AS_IT_COMES

    directory = RunDirectory(path)
    print("decoding", flush=True)
    follower = Follower(directory)
    print("decoded", flush=True)
    from mobius_tui.tui.entry import open_run

    return open_run(follower, AS_IT_COMES, auto=None)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
