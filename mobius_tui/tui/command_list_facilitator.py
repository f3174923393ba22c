"""The commands of the facilitator's screen; see `command_list`."""

from __future__ import annotations

from mobius_tui.tui.command import Command

FACILITATOR_COMMANDS: tuple[Command, ...] = tuple(
    Command(
        id=f"facilitator.{act}",
        act=act,
        keys=(key,),
        title=title,
        label=label,
        help=help_,
        group="Facilitator",
        place="facilitator",
    )
    for act, key, title, label, help_ in (
        (
            *("inject", "i", "Inject the fault", "Inject"),
            "Breaks the site; the team is told what it was when the drill is over.",
        ),
        (
            *("worsen", "w", "Worsen the fault", "Worsen"),
            "Breaks it further, or again where a fault has no worse.",
        ),
        (
            *("heal", "h", "Heal the fault", "Heal"),
            "Puts right what the fault had broken.",
        ),
        (
            *("hint", "t", "Give the team a hint", "Hint"),
            "Shown on the team's screens, on record, and counted in the score.",
        ),
        (
            *("status", "y", "Copy a status update", "Status"),
            "Where the team's run stands; nothing of what was done to the site.",
        ),
    )
)
