"""Whether a file says what the trained model says: logits compared, as numbers with thresholds.

Left out: where logits come from (`apart`).

Rules
 - Errors are measured against what the adapter changes, so that a threshold holds for a LoRA of any
   strength and a model of any size.
 - What cannot be told apart from no change at all is refused: nothing could be said of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from echo_core.errors import ModelError
from echo_trainer.export.architectures import Matrix

# Of the adapter's effect, unquantised base and adapter against unquantised merged model.
# llama.cpp adds (x a) b in another order than x (w + ba), and rounds keys and values to 16 bits.
# Right files: 0.0007 (32 bits) and 0.004 (16 bits). A scale that is wrong by 2%: 0.04. Queries and
# keys in the wrong order: 0.4 to 0.9. (docs/export.md)
ERROR_MAX: Final = 0.02
# Root mean square over all logits. Logits spread over about 2; changes of less than this are those
# of rounding, against which an error of 2% cannot be seen.
EFFECT_MIN: Final = 0.002

# Of a merged file, against the trained model: how much of what was learned is left, and how much
# of the way from the base is still to go. The base's own 4 bits after 20 steps of training: -0.05
# and 1.03, nothing; 8 bits: 1.02 and 0.26; the adapter over the same base: 0.94 and 0.19.
KEPT_MIN: Final = 0.8
FAR_MAX: Final = 0.5


def rms(numbers: Matrix) -> float:
    """Root mean square."""
    return float(np.sqrt(np.mean(np.square(numbers, dtype=np.float64))))


def adapter_figures(plain: Matrix, adapted: Matrix, merged: Matrix) -> dict[str, float]:
    """How far an adapter is from the merged model, both unquantised.

    Raises:
        ModelError: too far, or the adapter changes nothing.
    """
    difference, effect = adapted - merged, rms(merged - plain)
    _check_numbers(adapted, merged)
    if effect < EFFECT_MIN:
        raise ModelError(
            f"The adapter changes logits by {effect:.5f} in the mean, which is nothing: train "
            "longer, or with larger steps."
        )
    error = rms(difference) / effect
    if error > ERROR_MAX:
        raise ModelError(
            f"The exported adapter says something else than the merged model: its logits are off "
            f"by {error:.3f} of what it changes, {ERROR_MAX} is allowed. Nothing was shipped; "
            "report this with the run's base."
        )
    return {
        "logits_effect": effect,
        "logits_error": error,
        "logits_error_max": float(np.max(np.abs(difference))),
    }


def served_figures(
    trained: Matrix, plain: Matrix, base: Matrix, served: Matrix
) -> dict[str, float]:
    """What is left of the training in a file as it is served, over a base that is quantised.

    Args:
        trained: the merged model's logits, unquantised.
        plain: the base's, unquantised.
        base: the base's, as clients hold it.
        served: those of the file in question, as clients would hold it.
    """
    _check_numbers(served)
    wanted = (trained - plain).astype(np.float64)
    return {
        "effect_kept": float(np.sum((served - base) * wanted) / np.sum(wanted * wanted)),
        "divergence": divergence(trained, served),
        "base_divergence": divergence(trained, base),
    }


def is_left(figures: Mapping[str, float]) -> bool:
    """Whether what was learned is left in a file, by its `served_figures`."""
    near = figures["divergence"] <= FAR_MAX * figures["base_divergence"]
    return near and figures["effect_kept"] >= KEPT_MIN


def what_is_lost(figures: Mapping[str, float]) -> str:
    """Why `is_left` says no, as the beginning of a sentence."""
    if figures["effect_kept"] < KEPT_MIN:
        return f"{100 * figures['effect_kept']:.0f}% of what was learned is left when quantised"
    return (
        f"Quantising changes more than was learned (divergence {figures['divergence']:.4f}, of "
        f"the base {figures['base_divergence']:.4f})"
    )


def divergence(wanted: Matrix, said: Matrix) -> float:
    """How far next tokens' chances are from the wanted ones: Kullback-Leibler, nats, the mean."""
    right, other = _log_chances(wanted), _log_chances(said)
    return float(np.mean(np.sum(np.exp(right) * (right - other), axis=-1)))


def _log_chances(logits: Matrix) -> NDArray[np.float64]:
    shifted = logits.astype(np.float64)
    shifted -= shifted.max(axis=-1, keepdims=True)
    chances: NDArray[np.float64] = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return chances


def _check_numbers(*said: Matrix) -> None:
    if not all(np.isfinite(each).all() for each in said):
        raise ModelError("The exported model says what is no number: train with smaller steps.")
