"""The detached process that runs a run: its setup, control socket, autopilot.

Handlers of intents are in `intents/` below; viewers are in `client/`.
"""
