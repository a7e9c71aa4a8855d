"""What Prometheus reads: how much came, what became of it, what waits.

Rules
 - No label is anybody's: reasons, kinds and routes.
"""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

STORED: Final = "stored"
AGAIN: Final = "again"
PART: Final = "part"
FAILED: Final = "failed"
CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
_SECONDS: Final = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 30, 300)


class Gauges:
    """One registry for each app, so that two in one process do not add up."""

    def __init__(self) -> None:
        registry = self._registry = CollectorRegistry()
        self.uploads = Counter(
            "echo_intake_uploads", "Uploads, by what became of them", ["outcome"], registry=registry
        )
        self.wishes = Counter(
            "echo_intake_wishes", "Wishes, by what became of them", ["outcome"], registry=registry
        )
        self.refusals = Counter(
            "echo_intake_refusals", "Requests refused, by reason", ["reason"], registry=registry
        )
        self.bytes = Counter("echo_intake_bytes", "Bytes of accepted envelopes", registry=registry)
        self.seconds = Histogram(
            "echo_intake_seconds",
            "How long a request took",
            ["route"],
            buckets=_SECONDS,
            registry=registry,
        )
        self.under_way = Gauge("echo_intake_uploads_under_way", "Uploads now", registry=registry)
        self.waiting = Gauge("echo_intake_waiting", "Envelopes to be written", registry=registry)
        self.rows = Gauge("echo_intake_rows", "What waits", ["what"], registry=registry)
        self.keys_days = Gauge(
            "echo_intake_keys_days", "Days until the list of keys expires", registry=registry
        )
        self.swept = Counter("echo_intake_swept", "Loose objects erased", registry=registry)

    def page(self) -> bytes:
        """All of it in Prometheus' form."""
        return generate_latest(self._registry)
