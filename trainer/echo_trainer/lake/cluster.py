"""The Ray cluster that somebody named, for curation and for training.

Left out: what is computed there.

Rules
 - Ray is loaded when a cluster was named, and counts nobody: its reports of use are off.
"""

from __future__ import annotations

import logging
import os
from typing import Any

from echo_core.errors import TrainerError


def ray_at(address: str) -> Any:
    """The module `ray`, connected to the cluster at `address`.

    Raises:
        TrainerError: Ray is not installed, or not there.
    """
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    try:
        import ray  # noqa: PLC0415 - large, in an extra of its own, and only where it is asked for
    except ImportError as error:
        raise TrainerError(
            "Ray is not installed: `pip install 'echo-completion[trainer,ray]'`."
        ) from error
    try:
        if not ray.is_initialized():
            ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    except Exception as error:  # Ray raises whatever the connection does
        raise unusable(address) from error
    return ray


def unusable(address: str) -> TrainerError:
    """What is said of a cluster that does not do."""
    return TrainerError(f"The Ray cluster at {address} cannot be used.")
