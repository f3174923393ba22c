"""What an inventory says of the way to a host that a step by ssh does not follow. Pure.

Ansible itself follows all of it. By ssh a step would go another way, or run as somebody
else, than the same inventory says to Ansible; so each such variable is an error, unless
the target names it in `ignore_vars`. Variables about modules, files and Python are no
part of it: no step by ssh has them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

MAX_HOSTS_NAMED = 3
"""Hosts that are named for each variable; of the others the number is."""
_FALSE = frozenset({"", "0", "false", "no", "off", "n", "f", "none"})
_BECOME = '`become = "USER"` on the step (by `sudo -n`)'
_CONFIG = "`ssh_config` of the target, or ~/.ssh/config"
_ANSIBLE = '`engine = "ansible"` on the step'
_KEYS = "a key in ssh's agent: ssh is never given a password"


def _is_false(text: str) -> bool:
    return text.lower() in _FALSE


def _is_one_of(*values: str) -> Callable[[str], bool]:
    return frozenset(values).__contains__


def _names(words: str) -> tuple[str, ...]:
    return tuple(words.split())


_NOT_FOLLOWED: Sequence[tuple[tuple[str, ...], Callable[[str], bool], str]] = (
    (_names("ansible_become ansible_sudo ansible_su"), _is_false, _BECOME),
    (
        _names(
            "ansible_become_user ansible_become_exe ansible_become_flags "
            "ansible_sudo_user ansible_sudo_exe ansible_sudo_flags ansible_su_user "
            "ansible_su_exe ansible_su_flags ansible_become_plugin"
        ),
        _is_false,
        _BECOME,
    ),
    (
        _names("ansible_become_method"),
        _is_one_of("", "sudo", "ansible.builtin.sudo"),
        _BECOME,
    ),
    (
        _names(
            "ansible_become_pass ansible_become_password ansible_sudo_pass "
            "ansible_sudo_password ansible_su_pass ansible_su_password"
        ),
        _is_false,
        _ANSIBLE,
    ),
    (
        _names("ansible_connection ansible_transport"),
        _is_one_of("", "ssh", "smart", "ansible.builtin.ssh"),
        _ANSIBLE,
    ),
    (
        _names(
            "ansible_ssh_args ansible_ssh_common_args ansible_ssh_extra_args "
            "ansible_ssh_executable ansible_ssh_pkcs11_provider ansible_pkcs11_provider"
        ),
        _is_false,
        _CONFIG,
    ),
    (
        _names(
            "ansible_ssh_private_key_file ansible_private_key_file "
            "ansible_ssh_private_key ansible_private_key"
        ),
        _is_false,
        f"IdentityFile in {_CONFIG}",
    ),
    (
        _names("ansible_password ansible_ssh_pass ansible_ssh_password"),
        _is_false,
        _KEYS,
    ),
    (
        _names("ansible_host_key_checking ansible_ssh_host_key_checking"),
        lambda text: bool(text) and not _is_false(text),
        "put the key into known_hosts: an unknown one is never accepted",
    ),
    (
        _names("ansible_timeout ansible_ssh_timeout"),
        _is_false,
        "`connect_timeout` of the target",
    ),
    (
        _names("ansible_ssh_retries"),
        _is_false,
        "`tries` of the target",
    ),
    (
        _names("ansible_shell_type"),
        _is_one_of("", "sh", "ansible.builtin.sh"),
        "`shell` of the step",
    ),
    (
        _names("ansible_shell_executable ansible_executable"),
        _is_one_of("", "/bin/sh", "/bin/bash", "/usr/bin/sh", "/usr/bin/bash"),
        "`shell` of the step",
    ),
)
"""Names of variables, which of their values say nothing else than ssh does, and what to
do instead. A step's script is begun by `sh` and run by bash, whatever the login's
shell is.
"""
NOT_FOLLOWED = frozenset(name for names, _, _ in _NOT_FOLLOWED for name in names)
"""The names of all variables that a step by ssh does not follow."""


def unfollowed_variables(
    variables: Mapping[str, Mapping[str, Any]], ignored: Sequence[str]
) -> str | None:
    """What hosts have in an inventory that ssh does not follow, with the cure.

    Args:
        variables: of each host.
        ignored: names of variables that need not be followed.

    Returns:
        Words for a person; None if there is nothing.
    """
    found: dict[str, list[str]] = {}
    cures: dict[str, None] = {}
    for names, is_harmless, cure in _NOT_FOLLOWED:
        for name in names:
            hosts = [
                host
                for host, own in variables.items()
                if name in own and not is_harmless(_text(own[name]))
            ]
            if hosts and name not in ignored:
                found[name] = hosts
                cures[cure] = None
    if not found:
        return None
    said = ", ".join(f"`{name}` ({_hosts(hosts)})" for name, hosts in found.items())
    listed = ", ".join(f'"{name}"' for name in found)
    others = f"{'; '.join(cures)}; " + (
        f"{_ANSIBLE}; " if _ANSIBLE not in cures else ""
    )
    return (
        f"the inventory says {said}, which a step by ssh does not follow. Instead: "
        f"{others}or, where that makes no difference, `ignore_vars = [{listed}]`"
    )


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()


def _hosts(hosts: Sequence[str]) -> str:
    more = len(hosts) - MAX_HOSTS_NAMED
    named = ", ".join(hosts[:MAX_HOSTS_NAMED])
    return f"{named} and {more} more" if more > 0 else named
