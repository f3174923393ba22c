"""`tty` steps: a pseudo-terminal under a keeper, and the person who attends it."""
