"""Whether the machine runs on its battery.

Left out: what is done about it.
"""

from __future__ import annotations

import psutil


def on_battery() -> bool:
    """Whether there is a battery and nothing charges it; false where the system does not say."""
    try:
        battery = psutil.sensors_battery()
    except (AttributeError, OSError, RuntimeError):  # a system without sensors, or with odd ones
        return False
    return battery is not None and battery.power_plugged is False
