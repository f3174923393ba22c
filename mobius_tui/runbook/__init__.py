"""Runbooks: the TOML format, its model, lint, import of pages, and the library.

Nothing here runs a step, knows of a run or draws a screen.
"""
