"""Samples that were judged and kept, as whoever shares them needs them.

Left out: judging (`echo_daemon.distilling`), what leaves of a sample
(`echo_core.sharing.bundle.making`).

Rules
 - A judgement by older checks counts as none: what today's checks would drop must not leave
   because they have not come to it yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from echo_core.gaps.life import Break
from echo_core.judging.checks import difficulty, rejected, standing
from echo_core.judging.checks.later import judged_text
from echo_core.judging.checks.table import TABLE, Cost
from echo_core.judging.exhibit import Exhibit
from echo_core.judging.judgement import Judgement, State
from echo_core.sharing.bundle.making import Hidden, KeptRow, KeptSample, is_safe, kind_of
from echo_daemon.store import judging
from echo_daemon.store.asking import asked
from echo_daemon.store.queries import Queries
from echo_daemon.store.recorder import Store
from echo_daemon.store.values import integer

_KEPT: Final = f"""
    SELECT s.request, d.uri AS doc, s.reason
    FROM judgements AS j JOIN samples AS s ON s.id = j.sample JOIN documents AS d ON d.id = s.doc
    WHERE j.state = '{State.KEPT}'
        AND CASE s.reason WHEN '{Break.IMPORTED}' THEN :history ELSE s.broken_ms >= :since END
    ORDER BY s.reason = '{Break.IMPORTED}', s.broken_ms
"""  # noqa: S608 - constants
_NUMBER: Final = "SELECT id FROM samples WHERE request = CAST(:request AS TEXT)"


class StoreKept:
    """`echo_daemon.sharing.api.KeptSamples` over the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def kept(self, since_ms: int, *, history: bool) -> Sequence[KeptRow]:
        """All that is kept and ended since then, oldest first; with `history`, then what was
        imported, whenever its commits were made."""
        asks = {"since": since_ms, "history": int(history)}
        rows = await asked(self._store, lambda queries: queries.rows(_KEPT, asks))
        return [
            KeptRow(str(row["request"]), str(row["doc"]), kind_of(Break(str(row["reason"]))))
            for row in rows
        ]

    async def sample(self, request: str) -> KeptSample | None:
        """One of them; None where it is not kept any more, or judged by other checks."""
        found = await asked(self._store, lambda queries: _exhibit(queries, request))
        if found is None or found.judgement is None:
            return None
        judgement = found.judgement
        kept = judgement.state is State.KEPT and is_current(judgement)
        if not (kept and is_safe(judgement.verdicts)):
            return None
        return kept_sample(found, judgement)


def _exhibit(queries: Queries, request: str) -> Exhibit | None:
    rows = queries.rows(_NUMBER, {"request": request.encode("utf-8", "surrogatepass")})
    return judging.exhibit(queries, integer(rows[0]["id"])) if rows else None


def is_current(judgement: Judgement) -> bool:
    """Whether today's checks made it: each of them, and each in its version."""
    versions = {step.name: step.version for step in TABLE}
    asked = {verdict.check: verdict.version for verdict in judgement.verdicts}
    cheap = {step.name for step in TABLE if step.cost is Cost.CHEAP}
    return cheap <= asked.keys() and asked.items() <= versions.items()


def kept_sample(found: Exhibit, judgement: Judgement) -> KeptSample:
    """A sample with its target cut, and what was found of it."""
    sample = found.sample
    refused = rejected.may_leave(judgement.verdict(rejected.NAME))
    return KeptSample(
        request=sample.request,
        doc=sample.doc,
        language=sample.language,
        prefix=sample.prefix,
        target=judged_text(sample, found.looks, judgement.later)[: judgement.cut],
        suffix=sample.suffix,
        model=sample.model,
        proposed_chars=len(sample.proposal),
        accepted_chars=sample.accepted_chars,
        kept_chars=sample.kept_chars,
        ended=sample.break_reason,
        broken_at_ms=sample.broken_at_ms,
        quality=judgement.quality,
        zone=str(_fact(judgement, difficulty.NAME, "zone") or ""),
        likeness=_part(_fact(judgement, difficulty.NAME, "similarity")),
        survived=_part(_fact(judgement, standing.NAME, "kept")),
        verdicts=judgement.verdicts,
        hidden=tuple(Hidden(each.start, each.end, each.kind) for each in judgement.redactions),
        rejected=sample.proposal if refused else "",
    )


def _fact(judgement: Judgement, check: str, name: str) -> str | int | float | None:
    verdict = judgement.verdict(check)
    return dict(verdict.facts).get(name) if verdict is not None else None


def _part(value: str | float | None) -> float | None:
    return float(value) if isinstance(value, int | float) else None
