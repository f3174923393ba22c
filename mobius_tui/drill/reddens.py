"""Which faults turn which checks, probes and triggers of the bundled runbooks red.

Measured by `mobius-tui drill --matrix`; for whoever asks which drill would show that a
check can fail. By the key that `seen.Subject` has.
"""

from __future__ import annotations

from collections.abc import Mapping

REDDENS: Mapping[str, tuple[str, ...]] = {}
