"""Trace files: plain or gzip-compressed JSON lines in, the lines of a trace out.

Left out: what a line means (`echo_core.records.trace`).
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from echo_core.errors import TraceError
from echo_core.records import trace
from echo_core.records.answers import EchoLine

_GZIP_MAGIC: Final = b"\x1f\x8b"


def read_trace(path: Path) -> list[trace.TraceLine]:
    """What the editor did in the trace at `path`; see `read_all`."""
    return editors_lines(read_all(path))


def editors_lines(lines: Iterable[trace.AnyLine]) -> list[trace.TraceLine]:
    """Without what Echo did."""
    return [line for line in lines if not isinstance(line, EchoLine)]


def read_all(path: Path) -> list[trace.AnyLine]:
    """All lines of the trace at `path`; compressed or not is seen from its first bytes.

    Raises:
        TraceError: the file cannot be read, is not UTF-8, or a line of it is malformed.
    """
    try:
        with path.open("rb") as file:
            packed = file.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
        opener = gzip.open if packed else open
        with opener(path, "rt", encoding="utf-8", newline="\n") as lines:
            return list(trace.parse_all(lines))
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or "it is cut off or damaged"
        raise TraceError(f"the trace {path} cannot be read ({reason})") from error
    except UnicodeDecodeError as error:
        raise TraceError(f"the trace {path} is not UTF-8: convert it") from error
