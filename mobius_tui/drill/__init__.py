"""Rehearsing: a whole small MOBIUS site, and ways to break it."""
