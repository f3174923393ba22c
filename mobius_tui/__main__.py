"""`python -m mobius_tui`: the same as the command `mobius-tui`."""

import sys

from mobius_tui.cli import main

if __name__ == "__main__":
    sys.exit(main())
