"""The detached process that runs a run.

Takeover, engine, control socket, autopilot. What it acts by is below; viewers are in
`client/`.
"""
