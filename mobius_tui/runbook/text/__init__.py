"""Rules of plain texts.

Units, names, placeholders, secrets, cost of a pattern. Nothing here knows TOML or the
model.
"""
