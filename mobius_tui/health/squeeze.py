"""Small data, packed with little memory. Pure."""

from __future__ import annotations

import zlib

WINDOW = 12
MEMORY = 4
"""As zlib counts them: 24 KB while it works, where its own choice is 260. Of what is
packed ever again such holes are left in a process that runs for days; of 2 KB it makes
as little, in a fifth of the time."""


def squeezed(data: bytes) -> bytes:
    """The data, packed: for `zlib.decompress`."""
    packer = zlib.compressobj(wbits=WINDOW, memLevel=MEMORY)
    return packer.compress(data) + packer.flush()
