"""The table [sharing] of config.toml: where contributions go, how long they wait, how many go.

Left out: whether anything may go at all, which is never a setting (`echo_core.sharing.consent`).
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SharingSettings:
    """Nothing is sent while no trainer is named here, whatever was agreed to."""

    intake: str = field(
        default="",
        metadata={
            "unit": "address",
            "effect": "The trainer's intake, such as `https://host/echo`; empty: none, and "
            "nothing is sent. Only https, except to this machine itself.",
            "chars_max": 2048,
        },
    )
    root_key: str = field(
        default="",
        metadata={
            "unit": "Ed25519 public key in hex",
            "effect": "The trainer's root key: keys to seal for are believed only when it signed "
            "them.",
            "chars_max": 64,
        },
    )
    token: str = field(
        default="",
        metadata={
            "unit": "",
            "effect": "What a team's intake asks of those who contribute; whoever runs it gives "
            "the same one to the whole team, so that it tells nobody apart.",
            "chars_max": 128,
        },
    )
    delay_hours: int = field(
        default=24,
        metadata={
            "unit": "hours",
            "effect": "How long a sample waits in the outbox, where it can be read and dropped.",
            "minimum": 0,
            "maximum": 8760,
        },
    )
    rejected: bool = field(
        default=False,
        metadata={
            "unit": "",
            "effect": "A sample also holds what was proposed to you there and you did not keep, so "
            "that a model can learn what to leave. It passes the same checks.",
        },
    )
    samples_a_day: int = field(
        default=200,
        metadata={
            "unit": "samples",
            "effect": "No more are sent on one day (UTC); the others wait.",
            "minimum": 0,
            "maximum": 10_000,
        },
    )
    bytes_a_day: int = field(
        default=8 << 20,
        metadata={
            "unit": "bytes",
            "effect": "No more are sent on one day (UTC), sealed and padded.",
            "minimum": 0,
            "maximum": 1 << 30,
        },
    )
    on_metered: bool = field(
        default=False,
        metadata={
            "unit": "",
            "effect": "Send also where the system says that the network is metered. Only "
            "NetworkManager is asked; where it is not, nobody knows, and samples are sent.",
        },
    )
