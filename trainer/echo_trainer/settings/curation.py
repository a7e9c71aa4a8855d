"""The table [curation] of trainer.toml: what curation computes with, and what it accepts.

Left out: what decides about samples, which is no setting of a machine: a file of parameters
(docs/curation.md) goes into every version's manifest.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class CurationSettings:
    """Nothing has to be set."""

    workers: int = field(
        default=0,
        metadata={
            "unit": "processes",
            "effect": "How many batches of samples are worked on at once; 0: one for each "
            "processor of this machine or cluster.",
            "minimum": 0,
            "maximum": 4096,
        },
    )
    ray: str = field(
        default="",
        metadata={
            "unit": "address",
            "effect": "The Ray cluster that computes, as `ray://host:10001` or `auto`; empty: this "
            "machine. Needs the extra `ray`.",
            "chars_max": 2048,
        },
    )
    parameters: str = field(
        default="",
        metadata={
            "unit": "path",
            "effect": "A TOML file with parameters that differ from the defaults "
            "(docs/curation.md); empty: `curation.toml` of the home, if it is there.",
            "chars_max": 4096,
        },
    )
    problems: tuple[str, ...] = field(
        default=(),
        metadata={
            "unit": "paths",
            "effect": "Files of problems that models are judged by: samples that hold a stretch of "
            "one are not taken.",
        },
    )
    envelopes_days: int = field(
        default=30,
        metadata={
            "unit": "days",
            "effect": "How long sealed envelopes are kept after curation was done with them, so "
            "that they can be opened again if the lake is lost; 0: until the next day. Deletion "
            "is asked for and done as before.",
            "minimum": 0,
            "maximum": 36_500,
        },
    )
    consents: tuple[str, ...] = field(
        default=(),
        metadata={
            "unit": "SHA-256 in hex",
            "effect": "Digests of older texts of consent under which samples may still be used; "
            "the text of this version always is.",
        },
    )
