"""The detached process that runs a run: takeover, control socket, autopilot.

What it acts by is in the rooms below; viewers are in `client/`.
"""
