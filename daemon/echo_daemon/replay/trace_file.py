"""Trace files: plain or gzip-compressed JSON lines in, the lines of a trace out.

Left out: what a line means (`echo_core.records.trace`).
"""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import Final

from echo_core.errors import TraceError
from echo_core.records import trace

_GZIP_MAGIC: Final = b"\x1f\x8b"


def read_trace(path: Path) -> list[trace.TraceLine]:
    """All lines of the trace at `path`; compressed or not is seen from its first bytes.

    Raises:
        TraceError: the file cannot be read, is not UTF-8, or a line of it is malformed.
    """
    try:
        with path.open("rb") as file:
            packed = file.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
        opener = gzip.open if packed else open
        with opener(path, "rt", encoding="utf-8", newline="\n") as lines:
            return list(trace.parse(lines))
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or "it is cut off or damaged"
        raise TraceError(f"the trace {path} cannot be read ({reason})") from error
    except UnicodeDecodeError as error:
        raise TraceError(f"the trace {path} is not UTF-8: convert it") from error
