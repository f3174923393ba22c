"""A TOML file as tables with positions.

Reading, typed keys, problems with their place. What the keys of a runbook mean is in
decode/.
"""
