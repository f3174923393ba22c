"""What `mobius-tui doctor` examines on this machine, a module for each subject.

Findings only: printing them is in `commands/doctor`.
"""
