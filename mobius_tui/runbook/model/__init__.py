"""What a runbook says, as immutable values, and what follows from that alone.

Pure. No TOML, no positions, no files.
"""
