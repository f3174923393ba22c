"""mobius-tui: a runbook that runs, watches, remembers and can be rehearsed."""

__version__ = "0.2.0"
