"""The table [training] of trainer.toml: what a run is trained with, where, and where curves go.

What decides about the result goes into the run's document; the rest (`PLACES`) does not.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, Final


def _number(default: int, unit: str, effect: str, low: int, high: int) -> int:
    about: dict[str, Any] = {"unit": unit, "effect": effect, "minimum": low, "maximum": high}
    made: int = field(default=default, metadata=about)
    return made


def _text(effect: str, unit: str) -> str:
    made: str = field(default="", metadata={"unit": unit, "effect": effect, "chars_max": 2048})
    return made


def _choice(default: str, effect: str, choices: tuple[str, ...]) -> str:
    about: dict[str, Any] = {"unit": "", "effect": effect, "choices": choices}
    made: str = field(default=default, metadata=about)
    return made


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """Nothing has to be set."""

    context_tokens: int = _number(
        1024,
        "tokens",
        "Room for prompt and target of one sample; memory and time grow with it.",
        64,
        1 << 17,
    )
    epochs: int = _number(2, "", "How often each sample is learned from.", 1, 1000)
    steps_max: int = _number(0, "steps", "Ends training after so many; 0: no bound.", 0, 10**9)
    batch_samples: int = _number(
        16, "samples", "How many one step learns from, over all devices together.", 1, 65536
    )
    samples_at_once: int = _number(
        1, "samples", "How many of them a device computes at once; more take more memory.", 1, 4096
    )
    rank: int = _number(16, "", "Of the LoRA: how much it can hold, and how large it is.", 1, 512)
    alpha: int = _number(32, "", "Of the LoRA: its scale is this through its rank.", 1, 4096)
    learning_rate_millionths: int = _number(
        200, "millionths", "How far a step goes at most; it falls along a cosine.", 1, 1_000_000
    )
    warmup_thousandths: int = _number(
        30, "thousandths of the steps", "Over which the steps grow to that.", 0, 1000
    )
    seed: int = _number(0, "", "Of every draw: the order of samples, the LoRA's start.", 0, 1 << 31)
    heldout_samples: int = _number(
        64, "samples", "Of each held-out part, read for its loss before and after.", 0, 1_000_000
    )
    canaries: int = _number(
        0,
        "samples",
        "How many random secrets are planted among the samples, so that the gate can tell how much "
        "is learned by heart; 0: none. Eight are enough.",
        0,
        1000,
    )
    canary_repeats: int = _number(1, "times", "How often each of them stands there.", 1, 1000)
    preferences: bool = field(
        default=False,
        metadata={
            "unit": "",
            "effect": "Also learn, at the end, from proposals that were shown and not kept.",
        },
    )
    preference_epochs: int = _number(1, "", "How often each of them is learned from.", 1, 1000)
    preference_beta_thousandths: int = _number(
        1000,
        "thousandths",
        "How much of a difference between the kept and the rejected text is enough; a smaller one "
        "leads further from what was learned before.",
        1,
        1_000_000,
    )
    preference_learning_rate_millionths: int = _number(
        20, "millionths", "As learning_rate_millionths, for them.", 1, 1_000_000
    )
    precision: str = _choice(
        "auto",
        "How the base's weights are held: bfloat16 takes half the memory; auto: bfloat16 on a "
        "GPU, float32 on a processor.",
        ("auto", "float32", "bfloat16"),
    )
    device: str = _choice("auto", "auto: a GPU where there is one.", ("auto", "cpu"))
    recompute: bool = field(
        default=False,
        metadata={
            "unit": "",
            "effect": "Compute a layer's numbers again instead of keeping them: less memory, a "
            "third slower.",
        },
    )
    checkpoint_steps: int = _number(
        50, "steps", "After so many training can go on if it is cut off.", 1, 10**9
    )
    tracking: str = _text(
        "Where MLflow keeps runs and curves, such as `https://host`; empty: SQLite in "
        "`data/mlflow.db`; `off`: nowhere.",
        "URL",
    )
    ray: str = _text(
        "The Ray cluster that trains, as `ray://host:10001` or `auto`; empty: this machine. Needs "
        "the extra `ray`.",
        "address",
    )
    ray_workers: int = _number(1, "workers", "Of that cluster, each with one device.", 1, 4096)


# What may differ when a run that was cut off goes on.
PLACES: Final = (
    "device",
    "recompute",
    "samples_at_once",
    "checkpoint_steps",
    "tracking",
    "ray",
    "ray_workers",
)


def deciding(settings: TrainingSettings) -> dict[str, object]:
    """What decides about the result, for the run's document."""
    names = (each.name for each in fields(settings) if each.name not in PLACES)
    return {name: getattr(settings, name) for name in names}
