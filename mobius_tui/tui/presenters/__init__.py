"""From a run, or a runbook, to what is shown.

Pure judgement, words and rows. No screen and no widget is imported here; what is drawn
in cells is in widgets/.
"""
