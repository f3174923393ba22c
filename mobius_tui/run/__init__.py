"""Doing it: the run directory, its journal, the host, keepers, checks, viewers."""
