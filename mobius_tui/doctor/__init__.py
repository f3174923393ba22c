"""What `mobius-tui doctor` examines on this machine.

One module for each subject. Findings only: printing them is in `commands/doctor`.
"""
