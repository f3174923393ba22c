"""The person's config.toml.

Settings, keys and themes. What the terminal can show is in backend/capabilities;
nothing of a run is here.
"""
