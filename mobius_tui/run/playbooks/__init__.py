"""Ansible over the hosts of a batch: what it is given, what it says, what that means.

The keeper under which `ansible-playbook` runs is started in `run/attempts/`.
"""
