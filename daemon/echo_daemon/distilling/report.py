"""What a person is told of judging: how it stands, what came of it, why one sample is as it is.

Left out: how it looks at a terminal (`echo_daemon.ctl`).
"""

from __future__ import annotations

from collections import Counter

from echo_core.judging.checks import quality
from echo_core.judging.checks.table import Cost, Step
from echo_core.judging.checks.verdict import Verdict
from echo_core.judging.exhibit import Standing
from echo_core.judging.judgement import Judgement, State
from echo_core.records.wire import (
    AskedRow,
    DistillProgress,
    DistillReport,
    DistillStatus,
    Explanation,
    RedactionRow,
    SampleDetail,
    VerdictRow,
)
from echo_daemon.distilling.distiller import Pause, Tally


def status(pause: Pause, due: int, standings: list[Standing]) -> DistillStatus:
    """How far judging is."""
    kept = sum(one.count for one in standings if one.state == State.KEPT)
    dropped: Counter[str] = Counter()
    for one in standings:
        if one.state == State.DROPPED:
            dropped[one.cause] += one.count
    return DistillStatus(pause.value, pause.sentence, due, kept, dict(dropped.most_common()))


def progress(tally: Tally) -> DistillProgress:
    """How far one run is."""
    return DistillProgress(tally.due, tally.judged, tally.kept)


def report(tally: Tally, left: int) -> DistillReport:
    """What came of one run."""
    return DistillReport(
        judged=tally.judged,
        kept=tally.kept,
        dropped=dict(tally.dropped.most_common()),
        passed_over=tally.passed_over,
        left=left,
        pause=tally.ended.value,
        sentence=tally.ended.sentence,
    )


def explanation(
    table: tuple[Step, ...], detail: SampleDetail, judgement: Judgement | None
) -> Explanation:
    """Every verdict in words."""
    if judgement is None:
        return Explanation(detail)
    return Explanation(
        detail,
        unit=judgement.unit,
        licence=judgement.licence,
        length=quality.of_length(detail.judged[: judgement.cut]),
        verdicts=[_row(step, judgement) for step in table],
        asked=[
            AskedRow(one.question, one.prompt, one.model, list(one.answers))
            for one in judgement.asked
        ],
        redactions=[RedactionRow(one.start, one.end, one.kind) for one in judgement.redactions],
    )


def _row(step: Step, judgement: Judgement) -> VerdictRow:
    verdict = judgement.verdict(step.name)
    if verdict is None:
        return VerdictRow(step.name, step.version, step.asks, "", "", _why(step, judgement), 1.0)
    return VerdictRow(
        check=verdict.check,
        version=verdict.version,
        asks=step.asks,
        finding=verdict.finding.value,
        cause="" if verdict.cause is None else verdict.cause.value,
        sentence="" if verdict.cause is None else verdict.cause.sentence,
        quality=verdict.quality,
        spans=list(verdict.spans),
        facts={name: _words(value) for name, value in verdict.facts},
    )


def _why(step: Step, judgement: Judgement) -> str:
    """Why a check did not run."""
    against: Verdict | None = judgement.dropped_by
    if against is None:
        return "It is new, and looks at this sample soon."
    asked = "asked" if step.cost is Cost.MODEL else "run"
    return f"Not {asked}, because `{against.check}` had already dropped the sample."


def _words(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:g}"
