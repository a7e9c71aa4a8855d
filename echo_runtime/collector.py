"""Python's collector of cycles, set for a process that starts once and then waits for keys.

What is there after the start (modules, classes, converters) stays to the end. Left to itself the
collector looks through all of it again and again, and a key waits for that.

Left out: when a process has started.
"""

from __future__ import annotations

import gc
from typing import Final

# New objects before they are looked at. A request makes some hundreds, nearly all of which go
# without the collector's help; Python's own number is 700.
NEW_OBJECTS_MAX: Final = 10_000


def keep_what_is_there() -> None:
    """Look at nothing again that exists by now, and at the rest less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS_MAX)
