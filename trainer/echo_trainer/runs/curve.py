"""A run's curve: what was measured at which step, a line each as training goes on.

Left out: MLflow, which may be elsewhere or off (`echo_trainer.training.curves`).

Rules
 - Training that was cut off and goes on says a step again: the later line holds.
 - A line that was cut off is left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import isfinite
from typing import Final

from echo_core.errors import TrainerError
from echo_trainer.home import make_private
from echo_trainer.runs.folders import RunFolder

_STEP: Final = "step"
_LINES_MAX: Final = 100_000  # a year of steps; a longer file is not ours


def note(folder: RunFolder, step: int, figures: Mapping[str, float]) -> None:
    """Add what was measured.

    Raises:
        TrainerError: it cannot be written.
    """
    make_private(folder.path)
    line = json.dumps({_STEP: step, **{name: float(said) for name, said in figures.items()}})
    try:
        with folder.curve.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
    except OSError as error:
        raise TrainerError(
            f"{folder.curve} cannot be written ({error.strerror}): free some space."
        ) from error


def read(folder: RunFolder) -> dict[int, dict[str, float]]:
    """What was measured, by step; nothing where nothing was noted."""
    try:
        lines = folder.curve.read_text(encoding="utf-8").split("\n")
    except (OSError, ValueError):
        return {}
    found: dict[int, dict[str, float]] = {}
    for line in lines[:_LINES_MAX]:
        try:
            said = json.loads(line)
            step = int(said.pop(_STEP))
            figures = {str(name): float(value) for name, value in said.items()}
        except (ValueError, TypeError, KeyError, AttributeError):
            continue
        found.setdefault(step, {}).update(
            {name: value for name, value in figures.items() if isfinite(value)}
        )
    return dict(sorted(found.items()))
