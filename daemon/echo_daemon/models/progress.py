"""How a pull tells somebody how far it is. Left out: how that is drawn (`ctl.models`)."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Whoever watches a pull. Called from the thread that pulls, many times a second."""

    def says(self, sentence: str) -> None:
        """Something a person should know: a source failed, another one is tried."""
        ...

    def at(self, step: str, bytes_done: int, bytes_total: int) -> None:
        """`bytes_done` of `bytes_total` of this step are there; may fall when a step restarts."""
        ...


class Silent:
    """Nobody watches."""

    def says(self, sentence: str) -> None:
        """Nothing."""

    def at(self, step: str, bytes_done: int, bytes_total: int) -> None:
        """Nothing."""


def size_text(size_bytes: int) -> str:
    """A size for people, in decimal units as the disks are sold: `491.4 MB`."""
    if size_bytes < 1000:
        return f"{size_bytes} bytes"
    value = float(size_bytes)
    for unit in ("kB", "MB", "GB"):
        value /= 1000
        if value < 999.95:
            return f"{value:.1f} {unit}"
    return f"{value / 1000:.1f} TB"
