"""What the items of a list are, as the items around them tell."""

from __future__ import annotations

from collections.abc import Sequence

from mobius_tui.runbook.page.blocks import Block, Fence, Grid, Item, Words
from mobius_tui.runbook.page.leads import is_to_do


def follows(blocks: Sequence[Block], at: int) -> bool:
    """Whether an item follows another one of the same list."""
    item, before = blocks[at], blocks[at - 1] if at else None
    if not isinstance(item, Item) or not isinstance(before, Item):
        return False
    return before.depth >= item.depth


def are_to_do(blocks: Sequence[Block], at: int) -> bool:
    """Whether at least half the items of a list tell somebody to do something."""
    first = blocks[at]
    depth = first.depth if isinstance(first, Item) else 0
    items: list[bool] = []
    for block in blocks[at : at + 100]:
        match block:
            case Item() if block.depth == depth:
                items.append(is_to_do(block.text))
            case Item() if block.depth < depth:
                break
            case Words() | Fence() | Grid() if block.depth <= depth:
                break
            case _:
                pass
    return 2 * sum(items) >= len(items)


def has_more(blocks: Sequence[Block], at: int) -> bool:
    """Whether code, or items to tick, stand in an item."""
    item = blocks[at]
    depth = item.depth if isinstance(item, Item) else 0
    for block in blocks[at + 1 : at + 40]:
        match block:
            case Item() if block.depth <= depth:
                return False
            case Item() if block.box:
                return True
            case Fence():
                return block.depth > depth
            case Words() if not block.depth:
                return False
            case _:
                pass
    return False
