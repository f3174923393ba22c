"""Rules about a decoded runbook, the table of all rules, and their suppression.

Rules that look at one script alone are in script_rules/.
"""
