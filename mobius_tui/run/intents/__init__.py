"""What viewers ask of a host and what it answers.

Typed messages and their codec. Neither sockets nor judgement: see `client/`, `host/`
and `planning/permissions`.
"""
