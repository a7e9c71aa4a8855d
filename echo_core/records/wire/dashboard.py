"""The message that opens the inspector's pages.

Left out: the pages themselves, which are HTTP and never come this way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from echo_core.records.wire.signature import Nothing, Signature

DASHBOARD_OPEN: Final = "dashboard/open"  # Nothing -> DashboardLink


@dataclass(frozen=True, slots=True)
class DashboardLink:
    """Where the pages are. The link works once, and only for a short while."""

    url: str
    seconds: int


METHODS: Final[dict[str, Signature]] = {DASHBOARD_OPEN: Signature(Nothing, DashboardLink)}
