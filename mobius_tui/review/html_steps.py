"""The steps of a run in HTML, each with its attempts. Pure."""

from __future__ import annotations

from mobius_tui.review import phrases
from mobius_tui.review.drawing import ROLES
from mobius_tui.review.markup import Markup, tag
from mobius_tui.review.prose_html import texts
from mobius_tui.review.told import ToldPhase, ToldStep, Try
from mobius_tui.runbook.prose.model import Prose


def phase_section(phase: ToldPhase) -> Markup:
    """A phase, and all of its steps."""
    aside = " (aside)" if phase.aside else ""
    heading = tag("h3", f"{phase.number} {phase.title}{aside}")
    if not phase.entered:
        return tag("div", heading, tag("p", "Not entered.", class_="muted"))
    return tag("div", heading, *texts(phase.why, "Why:"), *map(_step, phase.steps))


def _step(step: ToldStep) -> Markup:
    role = ROLES.get(step.status, "bad")
    about = ", ".join(phrases.labels(step))
    parts = [
        tag(
            "h4",
            f"{step.number} {step.title} ",
            tag("span", step.status, class_=f"status {role}"),
        ),
        tag("p", f"{about}; {step.reason}" if step.reason else about, class_="muted"),
    ]
    parts += texts(step.why, "Why:")
    if isinstance(step.command, Prose):
        parts += texts(step.command)
    elif step.command:
        parts.append(tag("pre", step.command))
    if step.checks:
        listed = (tag("li", f"Check: {each}") for each in step.checks)
        parts.append(tag("ul", *listed, class_="plain"))
    return tag("article", *parts, *map(_try, step.tries))


def _try(own: Try) -> Markup:
    words = f": {phrases.attempt(own)}"
    parts = [tag("p", tag("strong", f"Attempt {own.number}"), words)]
    lines = [tag("li", f"{given.name} = {given.value}") for given in own.given]
    lines += [
        tag(
            "li",
            f"{phrases.hour(look.at)} ",
            "held" if look.held else tag("strong", "did not hold", class_="bad"),
            f": {look.check}: {look.detail}",
        )
        for look in own.looks
    ]
    if lines:
        parts.append(tag("ul", *lines, class_="plain"))
    if own.output:
        parts.append(tag("p", f"Printed, {phrases.printed(own)}:", class_="muted"))
        parts.append(tag("pre", "\n".join(own.output)))
    return tag("div", *parts)
