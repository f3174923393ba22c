"""Faults of a fleet: those of one site on each host, and those of one host alone."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

from mobius_tui.drill.faults import FAULTS
from mobius_tui.drill.faults.fault import Fault
from mobius_tui.drill.site import site_services
from mobius_tui.drill.site.drill_site import Site, open_site, wait_for_version
from mobius_tui.drill.site.fleet_site import (
    fleet_hosts,
    login_has,
    on_each_host,
    set_login,
)
from mobius_tui.drill.site.site_files import (
    ASSETS,
    CORE_PACKAGE,
    install_release,
    installed_version,
    publish_release,
    read_baseline,
    run_site_program,
)
from mobius_tui.structs import replace

DOWN_MARKER = "run/down"
"""The file in a host's site that says that the machine is off."""
SLOW_SECONDS = 4
"""Seconds that each login on a slow host takes."""
_CHANGED = "! cmp -s package.json run/release-before"
"""Whether another release was put in place since the fault was injected, for sh."""
_REFUSED = """\
echo "ssh: connect to host {name} port 22: Connection refused" >&2
exit 255
"""
_BREAKS_ONCE_CHANGED = f"""\
exec 3<&0
sh -s <&3 3<&- &
shell=$!
exec 3<&- </dev/null
while kill -0 "$shell" 2>/dev/null; do
  if {_CHANGED}; then
    : >run/$broken
    kill "$shell"
    refuse
  fi
  sleep 0.05
done
wait "$shell"
exit
"""
"""What a login does that is cut off as soon as it has changed the host."""
_SILENT = f"""\
broken=silent
refuse() {{
  echo "Connection timed out during banner exchange" >&2
  exit 255
}}
[ ! -e run/silent ] || refuse
{_BREAKS_ONCE_CHANGED}"""
_SLOW = f"sleep {SLOW_SECONDS}\n"
_LOST = f"""\
broken=lost
refuse() {{
  echo "client_loop: send disconnect: Broken pipe" >&2
  exit 255
}}
if [ ! -e run/lost ]; then
{_BREAKS_ONCE_CHANGED}fi
"""


def last_host(fleet: Site) -> Site:
    """The host that goes last: all faults of one host but `bad-canary` break it."""
    return open_site(fleet.host_sites[fleet.hosts[-1]])


def _canary(fleet: Site) -> Site:
    return open_site(fleet.host_sites[fleet.hosts[0]])


def _break_login(more: str, fleet: Site) -> None:
    host = last_host(fleet)
    for name in ("silent", "lost"):
        (host.root / "run" / name).unlink(missing_ok=True)
    shutil.copyfile(host.root / "package.json", host.root / "run" / "release-before")
    set_login(host, more)


def _mend_login(fleet: Site) -> None:
    set_login(last_host(fleet))


def _login_symptom(lines: str, words: str, fleet: Site) -> str:
    host = last_host(fleet)
    return f"{host.name}: {words}" if login_has(host, lines) else ""


def _refusal(host: Site) -> str:
    """The lines of a login that is refused."""
    return _REFUSED.format(name=host.name)


def _down_symptom(fleet: Site) -> str:
    lines = _refusal(last_host(fleet))
    return _login_symptom(lines, "it refuses every connection", fleet)


def _turn_off(fleet: Site) -> None:
    host = last_host(fleet)
    for unit in host.units:
        for pid in site_services.processes(host.root, unit):
            site_services.end(pid, grace=0)
        site_services.pid_file(host.root, unit).unlink(missing_ok=True)
    (host.root / DOWN_MARKER).touch()
    set_login(host, _refusal(host))


def _turn_on(fleet: Site) -> None:
    host = last_host(fleet)
    (host.root / DOWN_MARKER).unlink(missing_ok=True)
    set_login(host)
    run_site_program(host.root, "bin/systemctl", "start", *host.units)
    wait_for_version(host, installed_version(host.root))


def is_down(host: Site) -> bool:
    """Whether a host is off: nothing that is done elsewhere repairs it."""
    return (host.root / DOWN_MARKER).exists()


def _break_canary(fleet: Site) -> None:
    """On the canary, the release of the newest backup installs, but does not run."""
    host = _canary(fleet)
    live = read_baseline(host.root).live
    publish_release(host.root, live, ASSETS / "releases" / "bad-release")


def _mend_canary(fleet: Site) -> None:
    host = _canary(fleet)
    live = read_baseline(host.root).live
    publish_release(host.root, live)
    if installed_version(host.root) == live:
        install_release(host.root, live, host.kind)
        run_site_program(host.root, "bin/systemctl", "restart", host.api)
        wait_for_version(host, live)


def _canary_symptom(fleet: Site) -> str:
    host = _canary(fleet)
    live = read_baseline(host.root).live
    package = host.root / "lib" / "registry" / f"{CORE_PACKAGE}-{live}"
    found = (package / "base.py").exists()
    return f"{host.name}: release {live} does not run there" if found else ""


HOST_FAULTS = (
    Fault(
        name="bad-canary",
        title="Every page fails, and the first server was never quite like the others.",
        handled_by="a canary that fails its check, and an older backup for all",
        role="obstacle",
        inject=_break_canary,
        heal=_mend_canary,
        symptom=_canary_symptom,
        failing_steps=("roll-back", "auto-roll-back"),
    ),
    Fault(
        name="host-down",
        title="Every page fails, and one server has not been heard of since noon.",
        handled_by="a rollout that goes on without it, and names it",
        role="obstacle",
        inject=_turn_off,
        heal=_turn_on,
        symptom=_down_symptom,
        failing_steps=("roll-back", "auto-roll-back"),
    ),
    Fault(
        name="host-silent",
        title="Every page fails, and the network people are at work tonight.",
        handled_by="a rollout that holds: nobody knows how far that host got",
        role="obstacle",
        inject=partial(_break_login, _SILENT),
        heal=_mend_login,
        symptom=partial(_login_symptom, _SILENT, "it falls silent once it is changed"),
        failing_steps=("roll-back", "auto-roll-back"),
    ),
    Fault(
        name="slow-host",
        title="Every page fails, and one server answers in its own good time.",
        handled_by="batches that wait for it, and time-outs that leave it the time",
        role="obstacle",
        inject=partial(_break_login, _SLOW),
        heal=_mend_login,
        symptom=partial(_login_symptom, _SLOW, f"a login takes {SLOW_SECONDS} s"),
    ),
    Fault(
        name="line-lost",
        title="Every page fails, and connections drop now and then.",
        handled_by="claims: it is found again on the host, and runs once",
        role="obstacle",
        inject=partial(_break_login, _LOST),
        heal=_mend_login,
        symptom=partial(_login_symptom, _LOST, "its line breaks once"),
    ),
)
"""Those of one host, in the way of whoever rolls a fleet back; `inject` and the others
are given the fleet."""


def _on_each(fault: Fault) -> Fault:
    """A fault of a site as one of all hosts of a fleet."""

    def each(do: Callable[[Site], object], fleet: Site) -> None:
        on_each_host(fleet, do)

    def symptom(fleet: Site) -> str:
        found = zip(fleet.hosts, on_each_host(fleet, fault.symptom), strict=True)
        return next((f"{name}: {words}" for name, words in found if words), "")

    def unrepaired(fleet: Site) -> tuple[str, ...]:
        hosts = [each for each in fleet_hosts(fleet) if not is_down(each)]
        return tuple(
            f"{host.name}: {each}" for host in hosts for each in fault.unrepaired(host)
        )

    return replace(
        fault,
        inject=partial(each, fault.inject),
        heal=partial(each, fault.heal),
        worsen=partial(each, fault.worsen) if fault.worsen is not None else None,
        symptom=symptom,
        unrepaired=unrepaired,
    )


FLEET_FAULTS: Mapping[str, Fault] = MappingProxyType(
    {
        **{name: _on_each(fault) for name, fault in FAULTS.items()},
        **{fault.name: fault for fault in HOST_FAULTS},
    }
)
"""Every fault of a fleet, by its name."""
