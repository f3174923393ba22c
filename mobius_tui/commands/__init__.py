"""A module for each command: `do` executes it and returns the exit code.

What a command takes is in `command_arguments`, or beside it in `authoring` and
`past_runs`; what several share is in `support`.
"""
