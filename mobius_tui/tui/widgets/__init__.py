"""The panes of a screen; each shows values that it is given and posts messages."""
