"""No core files: what a crashed process held in memory is source text, and a core is not encrypted.

Left out: memory itself, swap and hibernation, which no process can keep from the disk
(docs/privacy.md).

Every program of ours calls this first; its children inherit it.
"""

from __future__ import annotations

from contextlib import suppress

try:
    import resource
except ImportError:  # a system without limits for processes writes no core files either
    resource = None  # type: ignore[assignment]


def leave_none() -> None:
    """From here on neither this process nor any that it starts leaves a core file."""
    if resource is not None:
        with suppress(OSError, ValueError):  # forbidden: then it is not ours to change
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
