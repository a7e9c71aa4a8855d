"""The table [intake] of trainer.toml: where intake listens, whom it admits, how much it takes."""

from __future__ import annotations

from dataclasses import dataclass, field

_PATH_CHARS_MAX = 4096


@dataclass(frozen=True, slots=True)
class IntakeSettings:
    """By default intake listens to this machine alone and admits who has a token."""

    host: str = field(
        default="127.0.0.1",
        metadata={
            "unit": "address",
            "effect": "Where it listens; `0.0.0.0` in a container, or where it does TLS itself.",
            "chars_max": 255,
        },
    )
    port: int = field(
        default=8600,
        metadata={
            "unit": "",
            "effect": "The port; 0: a free one, which is printed.",
            "minimum": 0,
            "maximum": 65_535,
        },
    )
    prefix: str = field(
        default="",
        metadata={
            "unit": "path",
            "effect": "What stands before `/v1/` in the addresses that clients use, such as "
            "`/echo`, where no proxy takes it off.",
            "chars_max": 255,
        },
    )
    tls_certificate: str = field(
        default="",
        metadata={
            "unit": "path",
            "effect": "A certificate chain in PEM: it then speaks TLS itself; empty: a proxy "
            "before it does.",
            "chars_max": _PATH_CHARS_MAX,
        },
    )
    tls_key: str = field(
        default="",
        metadata={
            "unit": "path",
            "effect": "The certificate's private key in PEM.",
            "chars_max": _PATH_CHARS_MAX,
        },
    )
    trusted_proxies: tuple[str, ...] = field(
        default=(),
        metadata={
            "unit": "addresses or networks",
            "effect": "Proxies whose `X-Forwarded-For` is believed; nobody else's is.",
        },
    )
    metrics_from: tuple[str, ...] = field(
        default=("127.0.0.0/8", "::1/128"),
        metadata={
            "unit": "addresses or networks",
            "effect": "Who may read `/metrics`; for others it is not there.",
        },
    )
    open: bool = field(
        default=False,
        metadata={
            "unit": "",
            "effect": "Take bundles from anybody, without a token of `echo-trainer tokens`.",
        },
    )
    bundles_a_day: int = field(
        default=64,
        metadata={
            "unit": "bundles",
            "effect": "No more are taken from one pseudonym on one day (UTC); a daemon sends "
            "about 4.",
            "minimum": 1,
            "maximum": 1_000_000,
        },
    )
    bytes_a_day: int = field(
        default=32 << 20,
        metadata={
            "unit": "bytes",
            "effect": "The same, sealed; a daemon sends 8 MiB at most.",
            "minimum": 4096,
            "maximum": 1 << 40,
        },
    )
    requests_a_minute: int = field(
        default=120,
        metadata={
            "unit": "requests",
            "effect": "From one address; an office behind one address needs more. A burst of as "
            "many is taken.",
            "minimum": 1,
            "maximum": 10_000_000,
        },
    )
    uploads_per_address: int = field(
        default=8,
        metadata={
            "unit": "uploads",
            "effect": "At one time from one address.",
            "minimum": 1,
            "maximum": 10_000,
        },
    )
    uploads_max: int = field(
        default=64,
        metadata={
            "unit": "uploads",
            "effect": "At one time; each takes up to 2 MiB of memory.",
            "minimum": 1,
            "maximum": 10_000,
        },
    )
    connections_max: int = field(
        default=1024,
        metadata={
            "unit": "connections",
            "effect": "At one time; more are closed at once.",
            "minimum": 1,
            "maximum": 100_000,
        },
    )
    header_s: int = field(
        default=10,
        metadata={
            "unit": "seconds",
            "effect": "Within which the head of a request has to come.",
            "minimum": 1,
            "maximum": 600,
        },
    )
    silence_s: int = field(
        default=30,
        metadata={
            "unit": "seconds",
            "effect": "The longest pause within a body.",
            "minimum": 1,
            "maximum": 600,
        },
    )
    body_s: int = field(
        default=300,
        metadata={
            "unit": "seconds",
            "effect": "The longest time for a whole body; what arrived is kept, and goes on later.",
            "minimum": 1,
            "maximum": 3600,
        },
    )
    weeks_back: int = field(
        default=5,
        metadata={
            "unit": "weeks",
            "effect": "Bundles of older weeks are refused; a daemon gives up after two.",
            "minimum": 1,
            "maximum": 520,
        },
    )
