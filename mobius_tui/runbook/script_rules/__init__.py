"""Lint rules that examine one script or check.

Pure. Rules about the runbook around it, and the table of all rules, are in lint/.
"""
