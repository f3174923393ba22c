"""From a run, or a runbook, to what is shown.

Pure judgement, words, and rows down to their cells; only `run_presenter` reads files.
No screen and no widget is imported here; what shows these values is in widgets/.
"""
