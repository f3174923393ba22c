"""The MOBIUS worker: proves twice a second, by a heartbeat file, that it is alive."""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path

APP = Path(__file__).resolve().parents[1]
RUN = APP.parent / "run"


def main() -> None:
    """Beat until SIGTERM, or until the site is removed."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    version = (APP / "VERSION").read_text().strip()
    sys.stderr.write(f"MOBIUS worker {version}\n")
    sys.stderr.flush()
    while RUN.is_dir():
        (RUN / "worker.heartbeat").write_text(f"{time.time():.3f}\n")
        time.sleep(0.5)


if __name__ == "__main__":
    main()
