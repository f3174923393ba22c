"""Why something may not be done without a person, as it is known before a run. Pure."""

from __future__ import annotations

from mobius_tui.runbook.model.runbook import Runbook


def unattended_refusal(runbook: Runbook, feature: str) -> str | None:
    """Why a runbook may not run unattended, as a check of it cannot fail.

    Args:
        runbook: what is to be run.
        feature: what was asked for, such as `--auto`.

    Returns:
        The reason in words; None where no such check guards a step that destroys.
    """
    if not runbook.blocking:
        return None
    return (
        f"{feature}: nobody would see that this went wrong: "
        f"{'; '.join(runbook.blocking)}. Mend the check, or run it guided, "
        f"without {feature}; `mobius-tui check --explain check-cannot-fail` says more"
    )


def manual_tick_refusal(
    *, is_harmless: bool, environment: str | None, protected: bool
) -> str | None:
    """Why `--manual tick` is refused in a run; None where it may be given.

    Args:
        is_harmless: whether it is a drill that reaches nothing real.
        environment: its name, if it has one.
        protected: whether the runbook protects it.
    """
    if not protected or is_harmless:
        return None
    return (
        f"--manual tick is refused in {environment}, which is protected: nobody would "
        "have done what it ticks"
    )
