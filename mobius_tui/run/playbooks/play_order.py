"""`PlaybookOrder`: what Ansible runs on the hosts of an attempt, and its limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mobius_tui.run.targets.resolved_hosts import TargetHost


@dataclass(frozen=True, kw_only=True, slots=True)
class PlaybookOrder:
    """One attempt of a step by Ansible: what is the same for all of its batches."""

    folder: str
    """The attempt's folder, absolute; outputs go to `hosts/NAME/output` in it."""
    hosts: tuple[TargetHost, ...]
    """All hosts of the attempt."""
    program: str
    """`ansible-playbook`, absolute; see `find_ansible`."""
    workdir: str
    """The folder of the runbook: playbook and inventory are named from there, and an
    `ansible.cfg` in it counts."""
    env: Mapping[str, str]
    """The whole environment of Ansible, with `ATTEMPT_MARK`."""
    playbook: str = ""
    """Its file; empty if a script is run in place of one."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """The variables that a playbook is given, with secrets."""
    script: str = ""
    shell: tuple[str, ...] = ()
    """What runs the script, whose path is its last argument."""
    values: Mapping[str, str] = field(default_factory=dict)
    """The script's environment on each host, with secrets."""
    inventory: str = ""
    """The target's; empty where `hosts` are names for ssh."""
    become: str = ""
    """The user that it runs as there; empty for who logs in."""
    forks: int = 25
    """Hosts that Ansible is busy with at the same time."""
    timeout: float | None = None
    """Seconds: of a playbook for each batch, of a script for each host."""
    max_output: int = 1 << 20
    """Bytes of output, for each host."""
    secrets: tuple[str, ...] = ()
    """What is redacted from all that Ansible says, in every form."""
    check: bool = False
    """Whether nothing is to be changed: `--check --diff`."""
    umask: int = 0o022
    clock_offset: float = 0.0
    """Seconds that the run's time is ahead of this machine's, by which events go."""

    @property
    def is_script(self) -> bool:
        """Whether a script is run, by a playbook of ours, instead of a playbook."""
        return not self.playbook

    @property
    def batch_timeout(self) -> float | None:
        """Seconds for a batch; for scripts, a bound beyond the limit kept on each host.

        Hosts beyond `forks` wait for others, and Ansible itself takes a while for each.
        """
        if self.timeout is None or not self.is_script:
            return self.timeout
        rounds = -(-len(self.hosts) // self.forks)
        return rounds * (self.timeout + ROUND_TIME)


ROUND_TIME = 60.0
"""Seconds that `batch_timeout` adds to a script's limit, for each `forks` hosts."""
