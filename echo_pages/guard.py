"""What a request has to look like before anything of it is read, and what every answer says.

Left out: who it comes from (`door`, `neighbours`).

Rules
 - A name that is not this machine's loopback is refused, whatever it resolves to: otherwise a
   page elsewhere could let its own name point here (DNS rebinding) and read what it gets.
 - What changes something comes from a page of ours: `Origin` says so, in every browser.
 - A page is only ever opened by a person or from a page of ours. To a browser every port of
   this machine is the same site, so `same-site` is a stranger, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

METHODS: Final = frozenset({"GET", "HEAD", "POST"})

POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "img-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS: Final[Mapping[str, str]] = {  # beside `POLICY`, which a report of ours has another of
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",  # for browsers that do not know frame-ancestors
    # `no-referrer` would turn a form's Origin into "null", and Origin is what is checked.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), clipboard-read=()",
}


class Refusal(StrEnum):
    """Why a request is not answered."""

    METHOD = "method"
    HOST = "host"
    ORIGIN = "origin"
    SITE = "site"
    PREFETCH = "prefetch"

    @property
    def status(self) -> int:
        """As HTTP has it."""
        return {Refusal.METHOD: 405, Refusal.HOST: 421}.get(self, 403)

    @property
    def sentence(self) -> str:
        """For whoever sees it."""
        return _SENTENCES[self]


_SENTENCES: Final = {
    Refusal.METHOD: "These pages answer GET and POST.",
    Refusal.HOST: "These pages answer only under the name that their link has.",
    Refusal.ORIGIN: "This form was not sent from one of these pages.",
    Refusal.SITE: "Another page led here.",
    Refusal.PREFETCH: "Nothing is handed out in advance.",
}


def refusal(method: str, headers: Mapping[str, str], port: int) -> Refusal | None:
    """The first rule that a request breaks. `headers`: by small names, each once."""
    hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
    host = headers.get("host", "").lower()
    if host not in hosts:
        return Refusal.HOST
    if method not in METHODS:
        return Refusal.METHOD
    origin = headers.get("origin")
    if (method == "POST" or origin is not None) and origin != f"http://{host}":
        return Refusal.ORIGIN
    if "prefetch" in headers.get("sec-purpose", headers.get("purpose", "")).lower():
        return Refusal.PREFETCH
    site = headers.get("sec-fetch-site", "none" if method != "POST" else "same-origin")
    if site == "same-origin" or (site == "none" and method != "POST"):
        return None
    return Refusal.SITE
