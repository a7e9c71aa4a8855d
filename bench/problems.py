"""Which infilling problems a benchmark asks: HumanEval-Infilling, or a few of our own.

Left out: reading them (`echo_trainer.gate.problems`), who is asked (`bench.infill`, `bench.gate`).
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from bench import stage
from bench.texts import DATA

DATA_VARIABLE: Final = "ECHO_DATA"
BENCHMARK: Final = "human-eval-infilling-single-line.jsonl.gz"
OWN: Final = DATA / "infill.jsonl"


def default_path(environ: Mapping[str, str]) -> Path:
    """The benchmark where it lies at hand, else our own few problems."""
    folder = environ.get(DATA_VARIABLE, "")
    path = Path(folder) / BENCHMARK
    return path if folder and path.is_file() else OWN


def parser(description: str | None, count: int) -> argparse.ArgumentParser:
    """The options of a benchmark that asks one model about `count` problems, or as many as said."""
    options = stage.parser(description)
    options.add_argument(
        "--path",
        type=Path,
        default=default_path(os.environ),
        help="a file of HumanEval-Infilling; without it, the one in ECHO_DATA, else a few of ours",
    )
    options.add_argument("--problems", type=int, default=count, help="0: all")
    return options
