"""A module for each command: `do` executes it and returns the exit code.

What a command takes is in `command_arguments`; what several share is in `support`.
"""
