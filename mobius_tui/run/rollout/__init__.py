"""How a step rolls out over its hosts: which begin next, what holds them, its result.

Pure: what was decided, and what hosts and health are, comes in; nothing is begun here.
"""
