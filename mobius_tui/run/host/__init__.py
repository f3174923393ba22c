"""The detached process that runs a run: takeover, control socket, autopilot.

Handlers of intents are in `intents/` below; viewers are in `client/`.
"""
