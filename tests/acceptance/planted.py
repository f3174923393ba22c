"""A converter that makes one fault at each page that is called after it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping

from mobius_tui.errors import RunbookError
from mobius_tui.runbook.page.convert import ConvertedPage
from mobius_tui.runbook.page.convert import convert_page as as_it_is
from mobius_tui.structs import replace

PAGE = """\
# Mend it

## Look at it

Watch the keyring for a while.

```bash
uptime
```

## Clear the cache

```bash
rm -rf /srv/cache
```

## Tell the others

1. Tell the team what was done.
"""
"""A page at which nothing is wrong; its name says what the converter does to it."""

_AGAIN = """
[[phase.step]]
id = "{}"
title = "The same"
manual = "Do it."
"""

_FAULTS: Mapping[str, Callable[[str], str]] = {
    "word": lambda text: text.replace("keyring", "ring"),
    "order": lambda text: text.replace("the keyring", "keyring the"),
    "place": lambda text: text.replace(
        "\nuptime\n", "\nuptime '<pod>' YOUR_NAMESPACE\n"
    ),
    "quote": lambda text: text.replace("\nuptime\n", "\nuptime 'now\n"),
    "label": lambda text: text.replace('"destroy"', '"read"'),
    "twice": lambda text: text + _AGAIN.format("once") + _AGAIN.format("again"),
    "format": lambda text: text.replace("format = 2", "format = 9"),
}


def convert(text: str, *, page: str, file: str, name: str) -> ConvertedPage:
    """Convert a page, with the fault that it is called after."""
    match name:
        case "raise":
            raise ValueError("planted")
        case "exit":
            os._exit(3)
        case "hang":
            while True:
                time.sleep(1)
        case "refuse":
            raise RunbookError(f"{page}: it has 17 lines too many")
    made = as_it_is(text, page_file=page, file=file, id_source=name)
    fault = _FAULTS.get(name)
    if fault is None:
        return made
    planted = fault(made.text)
    assert planted != made.text, made.text
    return replace(made, text=planted)
