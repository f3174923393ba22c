"""Which fault ought to turn which kind of check red, where no drill has told yet."""

from __future__ import annotations

from collections.abc import Mapping

OUGHT: Mapping[str, tuple[str, ...]] = {
    "probe": ("bad-release",),
    "consecutive_failures": ("bad-release",),
    "success_rate": ("flapping",),
    "p95_latency": ("slow-release",),
    "error_rate": ("error-burst",),
    "http": ("bad-release",),
    "service": ("dead-worker",),
    "process": ("dead-worker",),
    "checksum": ("corrupt-backup",),
    "file same_as": ("config-drift",),
}
"""By the kind of a subject. What is not in it turns red on a wrecked site alone."""
