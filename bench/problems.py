"""Where the infilling problems of benchmarks lie: HumanEval-Infilling, or a few of our own.

Left out: reading them (`echo_trainer.gate.problems`), who is asked (`bench.infill`).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from bench.texts import DATA

DATA_VARIABLE: Final = "ECHO_DATA"
BENCHMARK: Final = "human-eval-infilling-single-line.jsonl.gz"
OWN: Final = DATA / "infill.jsonl"


def default_path(environ: Mapping[str, str]) -> Path:
    """The benchmark where it lies at hand, else our own few problems."""
    folder = environ.get(DATA_VARIABLE, "")
    path = Path(folder) / BENCHMARK
    return path if folder and path.is_file() else OWN


def environment_path() -> Path:
    """`default_path` of this process."""
    return default_path(os.environ)
