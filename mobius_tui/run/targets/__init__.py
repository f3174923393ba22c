"""Resolves a target to hosts, by names or an Ansible inventory; tests who answers ssh.

Nothing here runs a step on a host, or writes into a run.
"""
