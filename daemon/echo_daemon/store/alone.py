"""Work on the store that is neither appending nor reading: steps over the connection that writes.

Left out: what the steps are (`erasing`, `forgetting`, `keeping`, `rebuilding`); the log's thread,
which takes them between its batches (`log`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

from echo_daemon.store.database import Connection, open_for_writing, translated
from echo_daemon.store.migrations import migrate
from echo_daemon.store.rows import RowWriter

# Each step is short and whole in itself.
Work: TypeAlias = "Callable[[Connection, RowWriter], Iterator[None]]"


def work_alone(path: Path, key: bytes, make: Work, now_ms: int) -> None:
    """All steps of `make`, where no log is open. Blocks."""
    connection = open_for_writing(path, key)
    try:
        migrate(connection, now_ms)
        with translated():
            for _ in make(connection, RowWriter(connection)):
                pass
    finally:
        connection.close()
