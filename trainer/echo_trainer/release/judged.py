"""What may be released of a training run: the very file that the gate let pass.

Left out: judging (`echo_trainer.gate`), putting it into the repository (`publishing`).

Rules
 - Nothing is taken on trust: the file's bytes are those that were exported and those that were
   judged, over the same base and dataset. Where one differs, it is refused and the sentence says
   which step has to be done again.
 - All that a manifest says comes from the run's documents and the file; its name alone is chosen.
"""

from __future__ import annotations

from pathlib import Path

from echo_core.errors import TrainerError
from echo_core.release.metadata import Kind, Manifest
from echo_trainer.release.publishing import measured
from echo_trainer.runs.folders import RunFolder
from echo_trainer.runs.records import Run, Shipped, Verdict


class RefusedError(TrainerError):
    """The gate did not let these bytes pass; as the gate does, it ends with 1."""

    exit_code = 1


def releasable(run: RunFolder, kind: Kind, name: str, *, engine_min: str) -> tuple[Path, Manifest]:
    """The file that may be released under `name`, and its manifest.

    Raises:
        RefusedError: the gate has not let these very bytes pass.
        InputError: the run is not done, or nothing was exported.
        TrainerError: the file is gone.
    """
    done, shipped = run.read_run(), run.read_shipped(kind)
    if not run.verdict(kind).exists():
        raise RefusedError(f"The {kind} of {run.name} was never judged: {_remedy(run, kind)}.")
    verdict, gate_sha256 = run.read_judged(kind)
    path = run.shipped(kind)
    size, digest = measured(path)
    if (size, digest) != (shipped.bytes, shipped.sha256):
        raise RefusedError(
            f"{path.name} of {run.name} is not what was exported: run `echo-trainer export` and"
            " `echo-trainer gate` again."
        )
    _check(run, done, shipped, verdict)
    base = shipped.base
    return path, Manifest(
        release=name,
        kind=kind,
        base=base.name,
        base_sha256=base.sha256,
        architecture=base.architecture,
        bytes=size,
        sha256=digest,
        dataset_sha256=done.dataset_sha256,
        gate_sha256=gate_sha256,
        engine_min=engine_min,
    )


def _check(run: RunFolder, done: Run, shipped: Shipped, verdict: Verdict) -> None:
    judged = (verdict.kind, verdict.sha256, verdict.base_sha256, verdict.dataset_sha256)
    made = (shipped.kind, shipped.sha256, shipped.base.sha256, done.dataset_sha256)
    remedy = _remedy(run, shipped.kind)
    if judged != made or shipped.base != done.base:
        raise RefusedError(
            f"The gate judged another {shipped.kind} than {run.name} has now: {remedy}."
        )
    if not verdict.passed:
        reasons = " ".join(verdict.reasons) or "Its report gives no reason."
        raise RefusedError(f"The gate refused the {shipped.kind} of {run.name}: {reasons}")


def _remedy(run: RunFolder, kind: Kind) -> str:
    return f"run `echo-trainer gate {run.name} --form {kind}`"
