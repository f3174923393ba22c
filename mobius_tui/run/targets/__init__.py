"""Which hosts a target has now: by names, by an Ansible inventory, and who answers.

Nothing here runs a step on a host, or writes into a run.
"""
