"""Faults that come with a deployment: a release that is bad in one way or another."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable

from mobius_tui.drill.faults.fault import Fault, fault_random
from mobius_tui.drill.site import site_services
from mobius_tui.drill.site.drill_site import (
    Site,
    ask_health,
    request_site,
    wait_for_status,
    wait_for_version,
)
from mobius_tui.drill.site.site_files import (
    ASSETS,
    copy_files,
    install_release,
    publish_release,
    read_baseline,
    run_site_program,
)

HTTP_OK = 200
PATH_EXPRESSION = 'self.path.partition("?")[0]'
"""How the server finds the path of a request."""
MAX_ANSWER_SECONDS = 5.0
"""Seconds after which an answer is too late: the P95 of the runbook's trigger."""
REQUESTS = 26
"""Requests of which at least one fails, where one in twelve or thirteen does."""
STOP_GRACE_SECONDS = 0.5
"""Seconds for a release to stop that is being replaced; a stuck one never does."""


def deploy(site: Site, name: str, version: str, **more: object) -> None:
    """Deploy a release of `assets/releases`, and wait until it serves.

    Args:
        site: where.
        name: the release's folder.
        version: what it calls itself.
        more: the settings in its `release.json`.
    """
    install(site, name, version, **more)
    run_site_program(site.root, "bin/systemctl", "restart", site.api, site.worker)
    wait_for_version(site, version)


def install(site: Site, name: str, version: str, **more: object) -> None:
    """Put a release's packages in place; what runs goes on with the old ones."""
    package = publish_release(site.root, version, ASSETS / "releases" / name)
    (package / "release.json").write_text(json.dumps(more) + "\n")
    install_release(site.root, version, site.kind)


def redeploy(site: Site) -> None:
    """Deploy the release that served before anything was broken."""
    baseline = read_baseline(site.root)
    shutil.rmtree(site.root / "systemd", ignore_errors=True)
    for pid in site_services.processes(site.root, site.api):
        site_services.end(pid, grace=STOP_GRACE_SECONDS)
    run_site_program(site.root, "bin/systemctl", "stop", site.api, site.worker)
    shutil.rmtree(site.root / "src")
    copy_files(ASSETS / "site" / "src", site.root / "src")
    install_release(site.root, baseline.live, site.kind)
    run_site_program(site.root, "bin/systemctl", "start", site.api, site.worker)
    wait_for_version(site, baseline.live)


def _all_fail(site: Site) -> str:
    code = ask_health(site).code
    return f"/health answers {code}" if code == 500 else ""


def _is_slow(site: Site) -> str:
    began = time.monotonic()
    code = request_site(site, "/", timeout=MAX_ANSWER_SECONDS * 4)[0]
    took = time.monotonic() - began
    return f"/ answers {code} after {took:.1f} s" if took > MAX_ANSWER_SECONDS else ""


def _errs(site: Site) -> str:
    codes = [request_site(site, "/api/version")[0] for _ in range(REQUESTS)]
    bad = sum(code != HTTP_OK for code in codes)
    fine = bad and ask_health(site).code == HTTP_OK
    return f"/health answers 200, and {bad} of {REQUESTS} requests fail" if fine else ""


def _flaps(site: Site) -> str:
    codes = [ask_health(site).code for _ in range(10)]
    bad = sum(code != HTTP_OK for code in codes)
    return f"{bad} of 10 looks at /health fail" if 0 < bad < 10 else ""


def _lies(site: Site) -> str:
    answer = ask_health(site)
    degraded = answer.code == HTTP_OK and answer.status == "degraded"
    return "/health answers 200, and says degraded" if degraded else ""


def _is_stuck(site: Site) -> str:
    answer = ask_health(site)
    stopping = answer.code == 503 and answer.status == "stopping"
    return "/health answers 503, and says stopping" if stopping else ""


def _flapping(site: Site) -> None:
    """Two of five looks fail; which two, the seed says: never three in a row."""
    deploy(
        site,
        "flapping",
        "2.5.2",
        bad=sorted(fault_random(site, "flapping").sample(range(5), 2)),
    )


def _flap_more(site: Site) -> None:
    deploy(site, "flapping", "2.5.2", bad=[0, 1, 3, 4])


def _stuck(site: Site) -> None:
    """The API ignores SIGTERM, and its unit may not kill it."""
    conf = site.root / "systemd" / f"{site.api}.conf"
    conf.parent.mkdir(mode=0o755, exist_ok=True)
    conf.write_text("[Service]\nSendSIGKILL=no\n")
    deploy(site, "stuck-service", "2.5.4")


def _break_source(site: Site) -> None:
    """A release whose fault is in `src/`, which no backup of a real site holds."""
    install_release(site.root, read_baseline(site.root).live, site.kind)
    server = site.root / "src" / "api" / "index.py"
    text = server.read_text()
    server.write_text(text.replace(PATH_EXPRESSION, f'{PATH_EXPRESSION}.lstrip("/")'))
    run_site_program(site.root, "bin/systemctl", "restart", site.api)
    wait_for_status(site, 404)


def _finds_nothing(site: Site) -> str:
    code = ask_health(site).code
    return f"/health answers {code}" if code == 404 else ""


def _release(name: str, version: str, **more: object) -> Callable[[Site], None]:
    def deploy_it(site: Site) -> None:
        deploy(site, name, version, **more)

    return deploy_it


RELEASE_FAULTS = (
    Fault(
        name="bad-release",
        title="Every page fails since this afternoon's deployment.",
        handled_by="a full rollback",
        inject=_release("bad-release", "2.5.0"),
        heal=redeploy,
        symptom=_all_fail,
    ),
    Fault(
        name="slow-release",
        title="Users wait and wait. Their pages do come, in the end.",
        handled_by="the P95 trigger, and a full rollback",
        inject=_release("slow-release", "2.5.1", seconds=6),
        heal=redeploy,
        worsen=_release("slow-release", "2.5.1", seconds=8),
        symptom=_is_slow,
    ),
    Fault(
        name="error-burst",
        title="A few users write that they get an error page, now and then.",
        handled_by="the error-rate trigger, and a full rollback",
        inject=_release("error-burst", "2.5.3", rate=0.08),
        heal=redeploy,
        worsen=_release("error-burst", "2.5.3", rate=0.4),
        symptom=_errs,
    ),
    Fault(
        name="flapping",
        title="The status page is red, and green, and red again.",
        handled_by="the success-rate trigger, and a full rollback",
        inject=_flapping,
        heal=redeploy,
        worsen=_flap_more,
        symptom=_flaps,
    ),
    Fault(
        name="lying-health",
        title="The load balancer is content. Users say that their files are gone.",
        handled_by="a check that reads the body of /health, and a full rollback",
        inject=_release("lying-health", "2.5.5"),
        heal=redeploy,
        symptom=_lies,
    ),
    Fault(
        name="stuck-service",
        title="Nothing is served any more, and a restart changed nothing.",
        handled_by="the emergency stop, and a restoration by hand",
        inject=_stuck,
        heal=redeploy,
        failing_steps=(
            *("execute", "auto-execute"),  # a lenient site's script stops services
            *("restart-after", "auto-restart", "stop-services"),
        ),
        symptom=_is_stuck,
    ),
    Fault(
        name="thin-backup",
        title="No page is found any more, and the new release changed no package.",
        handled_by="the archive of the release: no backup holds the source code",
        inject=_break_source,
        heal=redeploy,
        symptom=_finds_nothing,
    ),
)
"""Those that a deployment brings."""
