"""The table [teacher] of config.toml: an endpoint that may be asked in place of the local model.

Left out: the consent that it needs besides (never a setting), who asks it
(`echo_daemon.remote`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

_CHARS_MAX: Final = 2048  # of an address or a path, as in many other programs


@dataclass(frozen=True, slots=True)
class TeacherSettings:
    """Who is asked where a target ends; the local model, unless an endpoint is named here."""

    endpoint: str = field(
        default="",
        metadata={
            "unit": "address",
            "effect": "An OpenAI-compatible interface, such as `https://host/v1`, that is asked "
            "where the first logical unit of what you kept ends; empty: the local model. It is "
            "sent text only after `echoctl consent teacher-endpoint on`.",
            "chars_max": _CHARS_MAX,
        },
    )
    model: str = field(
        default="",
        metadata={
            "unit": "",
            "effect": "The name of the endpoint's model; it has to give log-probabilities.",
            "chars_max": 256,
        },
    )
    key_env: str = field(
        default="",
        metadata={
            "unit": "name of a variable",
            "effect": "The environment variable that holds the endpoint's credential, as the "
            "daemon was started with it.",
            "chars_max": 256,
        },
    )
    key_file: str = field(
        default="",
        metadata={
            "unit": "path",
            "effect": "A file that holds the endpoint's credential in one line and that only you "
            "can read; `key_env` comes first.",
            "chars_max": _CHARS_MAX,
        },
    )
