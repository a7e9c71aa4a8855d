"""One run's file through the gate: from its documents to the verdict on disk.

Left out: the parts of it; where files are found on this machine (the command).

Rules
 - What is judged is the file whose bytes its document names, over the base's file, on the dataset
   version that the run learned from: each is checked by its digest first.
 - The report is written last, so that there is a verdict only where all was judged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import asdict, dataclass
from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files as resources
from pathlib import Path
from typing import Final

from echo_core.errors import EngineError, TrainerError
from echo_core.release.metadata import Kind
from echo_engine.api import EngineOptions, ModelFile
from echo_engine.client import EngineClient
from echo_runtime import files
from echo_runtime.clock import SystemClock
from echo_trainer.gate import choosing
from echo_trainer.gate.card import card
from echo_trainer.gate.choosing import Question
from echo_trainer.gate.deciding import Decision, decide
from echo_trainer.gate.evidence import Evidence
from echo_trainer.gate.judging import Judging, Side
from echo_trainer.gate.ledger import Ledger
from echo_trainer.gate.page import page
from echo_trainer.gate.problems import cursors_of
from echo_trainer.home import make_private
from echo_trainer.lake.shredding import RowKeys
from echo_trainer.lake.versions import Versions
from echo_trainer.runs.canaries import planted
from echo_trainer.runs.folders import RunFolder
from echo_trainer.runs.records import Run, Shipped, Verdict
from echo_trainer.settings.gate import GateSettings

REPORT_HTML: Final = "report.html"
CARD: Final = "card.md"
_LEDGER: Final = "answers.jsonl"
_SEED: Final = 1  # of the problems that are asked
_CONTEXT_TOKENS: Final = 8192  # as a client's engine has by default
# What decides what an answer's figures are, besides Echo's version.
_ANSWERING: Final = ("asking.py", "judging.py", "written.py", "codebleu.py", "flow.py")


@dataclass(frozen=True, slots=True)
class Gating:
    """What a gate works with."""

    run: RunFolder
    kind: Kind
    base: Path  # the base's file, checked
    versions: Versions
    keys: RowKeys
    limits: GateSettings
    infilling: Path | None
    clock: SystemClock
    say: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Texts:
    """What is asked, held in memory."""

    held_out: list[Question]
    alone: list[Question]


def gate(work: Gating) -> Verdict:
    """Judge, and write the verdict, its page and its card.

    Raises:
        InputError: the run, its file or its dataset version is not there.
        TrainerError: one of them is another than its document names.
        EngineError: the base cannot be loaded.
    """
    run, shipped = work.run.read_run(), work.run.read_shipped(work.kind)
    _check(work, run, shipped)
    texts = Texts(
        choosing.held_out(work.versions, run.dataset, work.keys, work.limits.samples_max),
        choosing.contributed_alone(
            work.versions,
            run.dataset,
            work.keys,
            work.limits.verbatim_samples,
            work.limits.verbatim_tokens,
        ),
    )
    work.say(f"{len(texts.held_out)} held-out samples, {len(texts.alone)} of training")
    evidence = asyncio.run(_measured(work, run, shipped, texts))
    decision = decide(evidence, work.limits)
    verdict = Verdict(
        run=run.name,
        kind=work.kind,
        sha256=shipped.sha256,
        base_sha256=shipped.base.sha256,
        dataset_sha256=run.dataset_sha256,
        passed=decision.passed,
        reasons=decision.reasons,
        figures=dict(decision.figures),
        notes=decision.notes,
        limits=asdict(work.limits),
    )
    _write(work, run, shipped, verdict, decision)
    return verdict


def _check(work: Gating, run: Run, shipped: Shipped) -> None:
    file = work.run.shipped(work.kind)
    try:
        found = files.sha256_of(file, lambda _done: None)
    except OSError as error:
        raise TrainerError(
            f"{file} cannot be read ({error.strerror}): `echo-trainer export` writes it."
        ) from error
    if found != shipped.sha256:
        raise TrainerError(
            f"{file} is not what its document says: `echo-trainer export` makes it again."
        )
    if work.versions.manifest(run.dataset).digest != run.dataset_sha256:
        raise TrainerError(
            f"The dataset version {run.dataset} is not the one that the run learned from."
        )


async def _measured(work: Gating, run: Run, shipped: Shipped, texts: Texts) -> Evidence:
    file = work.run.shipped(work.kind)
    merged = work.kind is Kind.MERGED
    base, candidate = (
        _engine(work, ModelFile(shipped.base.name, work.base)),
        _engine(
            work,
            ModelFile(run.name, file if merged else work.base, None if merged else file),
        ),
    )
    try:
        await base.warm()
        try:
            await candidate.warm()
        except EngineError as error:
            return Evidence((), broken=f"It cannot be loaded: {error}")
        ledger = Ledger(work.run.gate(work.kind) / _LEDGER, _of(run))
        whole = shipped.sha256 if merged else f"{shipped.base.sha256}+{shipped.sha256}"
        asking = Judging(
            Side(base, shipped.base.sha256),
            Side(candidate, whole),
            ledger,
            work.clock.steady_ms,
            work.say,
        )
        return await _asked(work, run, asking, texts)
    finally:
        await asyncio.gather(base.close(), candidate.close())


async def _asked(work: Gating, run: Run, asking: Judging, texts: Texts) -> Evidence:
    limits = work.limits
    judged = await asking.judged(texts.held_out)
    spoken = [one for one in texts.held_out if not one.sample.void]
    timed = await asking.timed(spoken[: limits.latency_samples])
    infilling = None
    if work.infilling is not None:
        cursors = cursors_of(work.infilling, limits.infilling_problems, _SEED)
        infilling = await asking.infilling(cursors)
    canaries = planted(run.parameters)
    exposures = (
        None if canaries is None else await asking.exposures(canaries, limits.canary_references)
    )
    unseen = choosing.long_enough(spoken, limits.verbatim_samples, limits.verbatim_tokens)
    verbatim = await asking.verbatim(texts.alone, unseen, limits.verbatim_tokens)
    return Evidence(judged, timed, infilling, exposures, verbatim)


def _engine(work: Gating, model: ModelFile) -> EngineClient:
    options = EngineOptions(
        threads=work.limits.threads, context_tokens=_CONTEXT_TOKENS, idle_minutes=0
    )
    return EngineClient(work.clock, options, model)


def _of(run: Run) -> str:
    """What the answers belong to: a dataset version, and the code that asks and counts."""
    whole = sha256(f"{run.dataset_sha256} {version('echo-completion')}".encode())
    package = resources("echo_trainer.gate")
    for name in _ANSWERING:
        whole.update((package / name).read_bytes())
    return whole.hexdigest()


def _write(work: Gating, run: Run, shipped: Shipped, verdict: Verdict, decision: Decision) -> None:
    folder = work.run.gate(work.kind)
    make_private(folder)
    try:
        files.write_whole(folder / REPORT_HTML, page(run, verdict, decision))
        files.write_whole(folder / CARD, card(run, shipped, verdict))
    except OSError as error:
        raise TrainerError(
            f"{folder} cannot be written ({error.strerror}): free some space."
        ) from error
    work.run.write(verdict)
