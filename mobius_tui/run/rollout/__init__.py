"""How a step goes over its hosts: which begin next, what holds them, what it comes to.

Pure: what was decided, and what hosts and health are, comes in; nothing is begun here.
"""
