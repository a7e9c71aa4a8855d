"""The table [updates] of config.toml: where new weights for the model in use come from.

Left out: which release is taken (`echo_core.release`), pinning one (`echoctl models pin`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

_CHARS_MAX: Final = 2048  # of an address or a path, as in many other programs


@dataclass(frozen=True, slots=True)
class UpdatesSettings:
    """Nothing is asked for while no repository is named here."""

    repository: str = field(
        default="",
        metadata={
            "unit": "address",
            "effect": "A release repository, such as `https://host/echo`; naming one switches "
            "updates on. Files are fetched from it, nothing is sent. Only https, except to this "
            "machine itself.",
            "chars_max": _CHARS_MAX,
        },
    )
    root: str = field(
        default="",
        metadata={
            "unit": "path",
            "effect": "The repository's `root.json`, as whoever runs it handed it out: what it "
            "signs is believed, nothing else. Empty: `root.json` beside config.toml.",
            "chars_max": _CHARS_MAX,
        },
    )
    channel: str = field(
        default="stable",
        metadata={
            "unit": "",
            "effect": "Which channel of the repository is followed.",
            "chars_max": 64,
        },
    )
    hours: int = field(
        default=6,
        metadata={
            "unit": "hours",
            "effect": "How often the repository is asked.",
            "minimum": 1,
            "maximum": 720,
        },
    )
    bytes_max: int = field(
        default=4 << 30,
        metadata={
            "unit": "bytes",
            "effect": "A larger release is refused.",
            "minimum": 0,
            "maximum": 1 << 40,
        },
    )
    on_metered: bool = field(
        default=False,
        metadata={
            "unit": "",
            "effect": "Fetch releases also where the system says that the network is metered.",
        },
    )
