"""Columns of the store as the types that they must have.

Left out: what to do about a damaged one; `echoctl doctor` says it.
"""

from __future__ import annotations

from echo_core.errors import StoreError
from echo_daemon.store.database import Value


def integer(value: Value) -> int:
    """A number without a fraction."""
    if not isinstance(value, int):
        raise StoreError("A number in the store is damaged: run `echoctl doctor`.")
    return value


def real(value: Value) -> float:
    """A number."""
    if not isinstance(value, int | float):
        raise StoreError("A number in the store is damaged: run `echoctl doctor`.")
    return float(value)


def blob(value: Value) -> bytes:
    """Bytes, of a text or an event."""
    if not isinstance(value, bytes):
        raise StoreError("A text in the store is damaged: run `echoctl doctor`.")
    return value
