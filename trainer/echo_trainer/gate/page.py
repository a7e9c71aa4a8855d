"""The verdict as a page: reasons first, then each comparison as an interval, then all figures.

Left out: where it is kept.

Rules
 - One file without scripts, that loads nothing from elsewhere. No text of a sample.
 - Every plot is a drawing of a table that stands beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from echo_trainer.gate.comparing import Comparison, Finding
from echo_trainer.gate.deciding import Decision
from echo_trainer.reports.frame import table, whole
from echo_trainer.reports.intervals import Interval, intervals
from echo_trainer.runs.records import Run, Verdict

_SENTENCES = {
    Finding.NOT_WORSE: "not worse",
    Finding.WORSE: "worse",
    Finding.UNSURE: "too few to tell",
}


def page(run: Run, verdict: Verdict, decision: Decision) -> bytes:
    """The page, in UTF-8."""
    outcome = "passes" if verdict.passed else "is refused"
    body = f"""<h1>{escape(run.name)}, {verdict.kind.value}: {outcome}</h1>
<p>Judged against {escape(run.base.name)} on held-out samples of dataset version
{escape(run.dataset)}. It learned from {run.learned}.</p>
{_sentences("Why it is refused", verdict.reasons)}
{_sentences("What else to know", verdict.notes)}
<h2>Differences to the base</h2>
<p>To the right it is better. The line is where the difference may lie, the mark beside it the
margin that is allowed.</p>
{intervals([_interval(one) for one in decision.comparisons])}
{_comparisons(decision.comparisons)}
<h2>All figures</h2>
{_figures(verdict.figures)}
<h2>What decided</h2>
{table(("Setting", "Value"), sorted((name, str(value)) for name, value in verdict.limits.items()))}
<h2>Digests</h2>
{table(("Of", "SHA-256"), _digests(verdict))}"""
    return whole(f"{run.name}, {verdict.kind.value}", body)


def _sentences(title: str, those: Sequence[str]) -> str:
    if not those:
        return ""
    lines = "".join(f"<li>{escape(one)}</li>" for one in those)
    return f"<h2>{title}</h2><ul>{lines}</ul>"


def _interval(one: Comparison) -> Interval:
    return Interval(one.name, one.low, one.difference, one.high, -one.margin)


def _comparisons(those: Iterable[Comparison]) -> str:
    titles = ("Figure", "Questions", "Base", "Candidate", "From", "To", "Margin", "Finding")
    rows = (
        (
            one.name,
            one.count,
            f"{one.base:.3f}",
            f"{one.candidate:.3f}",
            f"{one.low:+.3f}",
            f"{one.high:+.3f}",
            f"{-one.margin:+.3f}",
            _SENTENCES[one.finding],
        )
        for one in those
    )
    return table(titles, rows)


def _figures(figures: Mapping[str, float]) -> str:
    """Base and candidate beside one another, and what is of neither below."""
    both = sorted(
        name.removesuffix(".base")
        for name in figures
        if name.endswith(".base") and f"{name.removesuffix('.base')}.candidate" in figures
    )
    pairs = (
        (name, *(f"{figures[f'{name}.{side}']:.4f}" for side in ("base", "candidate")))
        for name in both
    )
    told = {f"{name}.{side}" for name in both for side in ("base", "candidate", "low", "high")}
    rest = ((name, f"{value:.4f}") for name, value in sorted(figures.items()) if name not in told)
    return table(("Figure", "Base", "Candidate"), pairs) + table(("Figure", "Value"), rest)


def _digests(verdict: Verdict) -> list[tuple[str, str]]:
    return [
        ("the file", verdict.sha256),
        ("its base", verdict.base_sha256),
        ("the dataset's manifest", verdict.dataset_sha256),
    ]
