"""The MOBIUS worker: proves twice a second, by a heartbeat file, that it is alive."""

from __future__ import annotations

import json
import signal
import sys
import time
from pathlib import Path

SITE = Path(__file__).resolve().parents[2]


def main() -> None:
    """Beat until SIGTERM, or until the site is removed."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    environment = sys.argv[1]
    config = json.loads((SITE / "config" / environment / "worker.json").read_text())
    version = json.loads((SITE / "package.json").read_text())["version"]
    sys.stderr.write(f"MOBIUS worker {version}\n")
    sys.stderr.flush()
    while (SITE / "run").is_dir():
        (SITE / config["heartbeat"]).write_text(f"{time.time():.3f}\n")
        time.sleep(0.5)


if __name__ == "__main__":
    main()
