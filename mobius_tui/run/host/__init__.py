"""The detached process that runs a run: its setup, control socket, autopilot.

What intents ask for is in `intents/`; viewers are in `client/`.
"""
