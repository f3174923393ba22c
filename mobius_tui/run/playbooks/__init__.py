"""One `ansible-playbook` for each batch: its files, its events, each host's verdict.

The keeper under which `ansible-playbook` runs is started in `run/attempts/`.
"""
