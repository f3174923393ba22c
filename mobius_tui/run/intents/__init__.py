"""What viewers ask of a host, whether it may be done, what is done, and the answers.

An action is one class, in a module `*_intents.py`. Neither sockets nor processes: see
`client/` and `host/`.
"""
