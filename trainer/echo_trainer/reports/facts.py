"""The report of a run as JSON: the manifest, and what does not belong to the version itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from echo_trainer.curation.manifest import Manifest, encode


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What a run did besides its version."""

    bundles: int = 0
    added: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)  # when bundles were opened
    wishes: int = 0
    seconds: Mapping[str, float] = field(default_factory=dict)  # by step
    workers: int = 1


def as_json(manifest: Manifest, run: RunFacts) -> bytes:
    """The document."""
    said = {
        "version": manifest.name,
        "manifest": json.loads(encode(manifest)),
        "opened": {"bundles": run.bundles, "added": run.added, "dropped": dict(run.dropped)},
        "wishes": run.wishes,
        "seconds": {step: round(took, 3) for step, took in run.seconds.items()},
        "workers": run.workers,
    }
    return json.dumps(said, sort_keys=True, indent=2).encode() + b"\n"
