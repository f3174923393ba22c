"""Which blocks of a page stand in another order in the runbook that was made of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.acceptance.page_lines import Said


def moved(
    all_said: Sequence[Said], scripts: Sequence[tuple[int, str]]
) -> Iterator[tuple[int, str]]:
    """Blocks whose script stands before that of a block before it in its section.

    In another phase it may: what is done only if something is so is an aside. Of blocks
    that are alike some are text where there are fewer scripts; it is not known which.

    Args:
        all_said: what the page says.
        scripts: those of the runbook, each with the number of its phase.

    Returns:
        The line and the text of each.
    """
    typed = "\n\n".join(filter(None, map(_block, all_said)))
    rows = "\n".join(["", *(row.strip() for row in typed.split("\n")), ""])
    section, after = -1, dict[int, int]()
    for said in all_said:
        if said.section != section:
            section, after = said.section, {}
        block = _block(said)
        places = [
            (phase, at) for at, (phase, each) in enumerate(scripts) if each == block
        ]
        bare = "\n".join(row.strip() for row in block.split("\n"))
        if not block or rows.count(f"\n{bare}\n") > len(places):
            continue
        kept = [(phase, at) for phase, at in places if at >= after.get(phase, 0)]
        if kept:
            after[kept[0][0]] = kept[0][1] + 1
        else:
            yield said.lines[0].number, block


def _block(said: Said) -> str:
    """A block of code; empty for what is none."""
    if said.lines[0].kind != "code":
        return ""
    return "\n".join("".join(line.parts) for line in said.lines).strip()
