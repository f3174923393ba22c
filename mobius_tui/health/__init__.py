"""Watching: probes, their windows, and the machine."""
