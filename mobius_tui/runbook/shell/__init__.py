"""Reading shell scripts: what is a command in them, and what only looks like one."""
