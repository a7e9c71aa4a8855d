"""What a benchmark says at its end: one JSON object on one line, figures beside their budgets.

Left out: measuring. Nothing here reads a clock or a model.

Rules
 - A budget is data: the text that people read ("<= 0.125") is the text that is judged.
 - A figure that could not be measured has no value, and a budget on it does not hold.
 - A budget is judged on the value as measured; rounding is only for the eye.
"""

from __future__ import annotations

import json
import math
import operator
import os
import platform
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

_COMPARISONS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
    "==": operator.eq,
}
_BUDGET = re.compile(r"(<=|>=|==|<|>) (-?\d+(?:\.\d+)?)")
_DIGITS: Final = 4  # behind the point in the JSON

# The budgets of the benchmarks that stand here: bench -> figure -> unit and budget.
BUDGETS: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "latency": {
        "prompt_tokens_per_key_p50": ("tokens", "<= 3"),
        "first_line_ratio_p50": ("ratio", "<= 0.125"),
        "first_line_ratio_p95": ("ratio", "<= 0.334"),
    },
    "infill": {
        "mid_line_em_gain": ("share", ">= 0.10"),
        "line_em_gain": ("share", ">= 0.0"),
    },
    "context": {
        "context_em_gain": ("share", ">= 0.0"),
    },
    "overhead": {
        "request_p50_ms": ("ms", "<= 1"),
        "request_p95_ms": ("ms", "<= 2"),
        "lsp_rss_mb": ("MB", "<= 60"),
        "daemon_rss_mb": ("MB", "<= 150"),
    },
    "editor": {
        "activation_ms_p50": ("ms", "<= 50"),  # of VS Code's start; most wait for nothing
        "window_rss_mb": ("MB", "<= 60"),  # the language server of one window
        "vsix_mb": ("MB", "<= 3"),
    },
    "gaps": {
        "edits_per_s": ("edits/s", ">= 50000"),
        "history_slope": ("ratio", "<= 1.2"),
    },
    "record": {
        "events_per_s": ("1/s", ">= 20000"),
        "us_per_key": ("us", "<= 50"),
        "bytes_per_key": ("B", "<= 60"),
        "bytes_per_key_asking": ("B", "<= 60"),
    },
    "cancel": {
        "cancel_p95_ms": ("ms", "<= 60"),
    },
    "crash": {
        "acknowledged_lost": ("events", "== 0"),
        "live_equals_rebuilt": ("yes is 1", "== 1"),
        "integrity_problems": ("problems", "== 0"),
        "torn_no_prefix": ("images", "== 0"),
    },
    "swap": {
        "requests_lost": ("requests", "== 0"),
        "pause_ms_max": ("ms", "<= 50"),
    },
    "train": {
        "speed_ratio": ("ratio", ">= 1.0"),  # the same arithmetic, and less of it
        "memory_ratio": ("ratio", "<= 1.0"),
    },
    "verify": {
        "syntax_recall": ("share", ">= 0.99"),
        "syntax_false": ("share", "<= 0.01"),
        "names_recall": ("share", ">= 0.90"),
        "names_false": ("share", "<= 0.05"),
        "secrets_recall": ("share", ">= 0.95"),
        "personal_recall": ("share", ">= 0.99"),
    },
    "secrets": {},  # whatever corpus somebody has: the detail tells
    "truncate": {
        "exact_prefix": ("share", ">= 1.0"),
        "ends_at_unit": ("share", ">= 0.99"),
    },
    "distil": {
        "typing_ratio_p95": ("ratio", "<= 1.05"),
    },
    "intake": {
        "samples_per_s": ("samples/s", ">= 2000"),
        "lost": ("bundles", "== 0"),
    },
    "curate": {
        "minutes_per_million": ("min", "<= 10"),
        "ray_efficiency": ("ratio", ">= 0.7"),
    },
    "gate": {
        "judged_ratio": ("ratio", ">= 0.75"),
        "answered_ratio": ("ratio", ">= 0.9"),
    },
    "flywheel": {},  # one turn with a handful of people decides nothing: the detail tells
    "gpu": {},  # whatever GPU somebody has: the detail tells
}


@dataclass(frozen=True, slots=True)
class Budget:
    """A bound on a figure."""

    comparison: str
    bound: float

    @classmethod
    def parse(cls, text: str) -> Budget:
        """Read "<= 0.125".

        Raises:
            ValueError: it is no comparison with a number.
        """
        found = _BUDGET.fullmatch(text)
        if found is None:
            raise ValueError(f"a budget is a comparison and a number, not {text!r}")
        return cls(found[1], float(found[2]))

    def holds(self, value: float | None) -> bool:
        """Whether `value` keeps it; what was not measured, or is no number, does not."""
        if value is None or not math.isfinite(value):
            return False
        return _COMPARISONS[self.comparison](value, self.bound)


@dataclass(frozen=True, slots=True)
class Report:
    """One run of one benchmark."""

    bench: str
    when: str
    machine: str
    model: str
    values: Mapping[str, float | None]
    detail: Mapping[str, object]

    def as_line(self) -> str:
        """The JSON object.

        Raises:
            KeyError: the benchmark measured other figures than its budgets name.
        """
        budgets = BUDGETS[self.bench]
        if self.values.keys() != budgets.keys():
            odd = ", ".join(sorted(self.values.keys() ^ budgets.keys()))
            raise KeyError(f"figures and budgets of {self.bench!r} differ: {odd}")
        figures = {
            name: {
                "value": _rounded(self.values[name]),
                "unit": unit,
                "budget": budget,
                "holds": Budget.parse(budget).holds(self.values[name]),
            }
            for name, (unit, budget) in budgets.items()
        }
        whole = {
            "bench": self.bench,
            "when": self.when,
            "machine": self.machine,
            "model": self.model,
            "figures": figures,
            "detail": _rounded(self.detail),
        }
        return json.dumps(whole, allow_nan=False)


def _rounded(value: object) -> object:
    """`value` for the eye; a number that JSON cannot say becomes nothing."""
    if isinstance(value, float):
        return round(value, _DIGITS) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _rounded(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(one) for one in value]
    return value


def ratio(ours: float | None, theirs: float | None) -> float | None:
    """`ours / theirs`; None where one is missing or the peer's is nothing."""
    return None if ours is None or not theirs else ours / theirs


def when(wall_ms: int) -> str:
    """A time of the system clock in words."""
    return datetime.fromtimestamp(wall_ms / 1000, UTC).isoformat(timespec="seconds")


def machine() -> str:
    """This machine in words: processor, cores, memory, system. Never a name or an address."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    system = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    return f"{_processor()}, {cores} cores, {memory_gb:.0f} GB, {system}"


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(encoding="utf-8", errors="replace").split("\n"):
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return " ".join(value.split())
    return platform.processor() or platform.machine()
