"""What scripts do.

The judge of effects, and commands.toml, the table of known commands. No warnings: those
are in lint/label_rules.
"""
