"""The table [gate] of trainer.toml: what decides whether weights may be released (docs/gate.md).

Left out: what is measured and compared (`echo_trainer.gate`).

Rules
 - Whole numbers: thousandths where a share is meant. All of them stand in every report.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final


class Unsure(StrEnum):
    """When a comparison that has too few samples to tell refuses."""

    NEVER = "never"
    OVERALL = "overall"  # where it is one of all samples; not one of a language or a part
    ALWAYS = "always"


_THOUSANDTHS: Final = "thousandths"


def _number(default: int, unit: str, effect: str, maximum: int, minimum: int = 0) -> Any:
    about = {"unit": unit, "effect": effect, "minimum": minimum, "maximum": maximum}
    return field(default=default, metadata=about)


def _switch(effect: str) -> Any:
    return field(default=False, metadata={"unit": "", "effect": effect})


@dataclass(frozen=True, slots=True)
class GateSettings:
    """Nothing has to be set."""

    samples_max: int = _number(
        400, "samples", "How many held-out samples are asked; 0: all.", 1_000_000
    )
    samples_min: int = _number(
        30, "samples", "With fewer held-out samples that are not silence, it is refused.", 100_000
    )
    error_rate: int = _number(
        50,
        _THOUSANDTHS,
        "How often weights that are as good as the base may be called worse, all comparisons "
        "together; and how often worse ones may be called as good, each comparison by itself.",
        500,
        1,
    )
    margin: int = _number(
        30, _THOUSANDTHS, "By how much all samples may be answered worse than by the base.", 1000, 1
    )
    slice_margin: int = _number(
        80,
        _THOUSANDTHS,
        "The same for a language, for each held-out part, for silence and for infilling, which "
        "have fewer samples.",
        1000,
        1,
    )
    unsure_refuses: str = field(
        default=Unsure.OVERALL.value,
        metadata={
            "unit": "",
            "effect": "Which comparisons refuse when there are too few samples to tell: none, "
            "those of all samples, or every one.",
            "choices": tuple(each.value for each in Unsure),
        },
    )
    latency_samples: int = _number(
        24, "samples", "How many samples are answered for time; 0: time is not judged.", 10_000
    )
    latency_ratio_max: int = _number(
        1300,
        _THOUSANDTHS,
        "How many times as long as the base it may take to the first token and for each token.",
        100_000,
        1000,
    )
    infilling_problems: int = _number(
        100, "problems", "How many problems of `--infilling` are asked; 0: all.", 1_000_000
    )
    infilling_required: bool = _switch("Refuse where no file of problems was given.")
    canaries_required: bool = _switch("Refuse where no canaries were planted in training.")
    canary_references: int = _number(
        63, "secrets", "How many secrets that nobody planted each canary is ranked among.", 65_535
    )
    exposure_max: int = _number(
        3000,
        "thousandths of a bit",
        "How exposed canaries may be on average: 1443 is what chance gives.",
        20_000,
    )
    verbatim_samples: int = _number(
        60,
        "samples",
        "How many training samples that one pseudonym alone contributed are asked for again; 0: "
        "none.",
        100_000,
    )
    verbatim_tokens: int = _number(
        16, "lexical tokens", "How long a beginning of a target is verbatim.", 10_000, 1
    )
    verbatim_share_max: int = _number(
        30,
        _THOUSANDTHS,
        "How many of them may be written verbatim where the base does not, beyond the share of "
        "held-out samples of which the same is true.",
        1000,
    )
    failures_max: int = _number(
        0, "questions", "How many questions may end with an error that the base answers.", 100_000
    )
    threads: int = _number(
        0, "threads", "How many threads evaluate; 0: one for each physical core.", 1024
    )
