"""The panes of a screen.

Each shows values that it is given, and posts messages. Output is in output/; no widget
reads a file, knows a screen or judges a run.
"""
