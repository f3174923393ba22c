"""`replace`: the same value of a class of ours, but for some of its fields.

It is msgspec's. Type checkers are told that it is the standard library's, of which they
know the names and types of the fields that it takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import replace as replace
else:
    from msgspec.structs import replace as replace
