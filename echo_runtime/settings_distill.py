"""The table [distill] of config.toml: judging what was recorded, in idle time.

Left out: who judges (`echo_daemon.distilling`).
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class DistillSettings:
    """When samples are judged (docs/verification.md)."""

    enabled: bool = field(
        default=True,
        metadata={
            "unit": "",
            "effect": "Judge samples when nobody types; `echoctl distill --now` does it all the "
            "same.",
        },
    )
    on_battery: bool = field(
        default=False,
        metadata={"unit": "", "effect": "Judge samples on battery, too; costs power."},
    )
    idle_seconds: int = field(
        default=30,
        metadata={
            "unit": "seconds",
            "effect": "How long nobody may have typed in any window before samples are judged.",
            "minimum": 1,
            "maximum": 86_400,
        },
    )
