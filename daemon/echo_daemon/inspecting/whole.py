"""One sample, put together from all that is known of it, and exactly what would leave of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any, Final, cast

from echo_core.errors import InputError
from echo_core.gaps.life import Break
from echo_core.judging.checks.causes import Cause
from echo_core.judging.checks.later import Later
from echo_core.judging.judgement import State
from echo_core.places import path_of
from echo_core.records.wire import Explanation, SampleQuery, SampleRow, SamplesQuery
from echo_core.sharing.bundle.contents import Contribution, digest
from echo_core.sharing.bundle.fields import about_fields
from echo_core.sharing.bundle.making import kind_of
from echo_core.sharing.consent import LEAVES
from echo_core.sharing.outbox import DropCause, Item, ItemState
from echo_daemon.inspecting.diff import compared, cut_at, hidden_in
from echo_daemon.inspecting.samples import Departure, Field, SamplePage, Standing
from echo_daemon.inspecting.sources import Sources

STATES: Final = {
    State.CANDIDATE: "Not judged yet.",
    State.KEPT: "Kept.",
    State.DROPPED: "Dropped.",
}
_NOT_KEPT: Final = "Only what every check kept can leave."
_UNFIT: Final = "Something in it must not leave, or it is too large."


async def sample_page(ask: Sources, query: SampleQuery) -> SamplePage:
    """One sample.

    Raises:
        InputError: there is none of that number.
    """
    newest = SamplesQuery(limit=1, before=query.id + 1)
    rows = (await ask.samples.samples(newest)).rows if ask.records.exists() else []
    if not rows or rows[0].id != query.id:
        raise InputError(f"There is no sample {query.id}: it was forgotten, or never was.")
    found = await ask.judging.explain(query)
    detail, row = found.detail, found.detail.row
    newer, older = await ask.records.beside(query.id)
    behind = len(detail.prefix) + row.cut_chars
    judged = row.state != State.CANDIDATE
    return SamplePage(
        number=row.id,
        request=detail.request,
        doc=row.doc,
        path=path_of(row.doc),
        language=row.language,
        model=detail.model,
        opened_ms=row.opened_at_ms,
        lived_ms=row.lived_ms,
        reason=row.break_reason,
        ended=Break(row.break_reason).sentence,
        before=hidden_in(detail.prefix, 0, found.redactions),
        diff=compared(detail.proposal, detail.target),
        later=Later(detail.later).sentence,
        target=cut_at(detail.judged, row.cut_chars if judged else len(detail.judged)),
        after=hidden_in(detail.suffix, behind, found.redactions),
        proposed_chars=row.proposed_chars,
        accepted_chars=row.accepted_chars,
        kept_chars=row.kept_chars,
        target_chars=row.target_chars,
        cut_chars=row.cut_chars,
        unit=found.unit,
        state=row.state,
        verdict=verdict_words(row),
        quality=row.quality,
        quality_words=_quality(found),
        licence=found.licence,
        verdicts=tuple(found.verdicts),
        asked=tuple(found.asked),
        redactions=tuple(found.redactions),
        looks=tuple((await ask.samples.looks(query)).rows),
        departure=await _departure(ask, detail.request, row),
        newer=newer,
        older=older,
    )


def verdict_words(row: SampleRow) -> str:
    """Whether a sample is kept, and why not."""
    words = STATES[State(row.state)]
    return f"{words} {Cause(row.cause).sentence}" if row.cause in set(Cause) else words


def _quality(found: Explanation) -> str:
    parts = [(one.check, one.quality) for one in found.verdicts if one.finding]
    parts.append(("length", found.length))
    less = [f"{name} {value:.2f}" for name, value in parts if value != 1.0]
    return " × ".join(less) or "nothing takes any off"


async def _departure(ask: Sources, request: str, row: SampleRow) -> Departure:
    """What would leave of it, and why it leaves or stays."""
    item = await ask.outgoing.item(request)
    if item is not None:
        return _of_item(item)
    if row.state != State.KEPT:
        return Departure(Standing.UNFIT, _NOT_KEPT)
    content = await ask.outgoing.made(request)
    if not content:
        return Departure(Standing.UNFIT, _UNFIT)
    refused = await asyncio.to_thread(_refusal, ask, row)
    going = "It waits for its turn: new samples come into the outbox every minute."
    return _shown(Standing.FIT, refused or going, content)


def _refusal(ask: Sources, row: SampleRow) -> str:
    """Why it may not leave; empty where it may."""
    switches = LEAVES[kind_of(Break(row.break_reason))]
    decisions = (ask.decide(switch, row.doc) for switch in switches)
    return next((each.reason for each in decisions if not each.allowed), "")


def _of_item(item: Item) -> Departure:
    match item.state:
        case ItemState.WAITING:
            waits = "It waits in the outbox; you can drop it there."
            return _shown(Standing.WAITING, waits, item.content, due_ms=item.due_ms)
        case ItemState.SEALED:
            sealed = "It is sealed, and tried until it arrives."
            return _shown(Standing.SEALED, sealed, item.content, parcel=item.parcel)
        case ItemState.SENT:
            return Departure(Standing.SENT, "It was sent.", parcel=item.parcel)
        case ItemState.DROPPED:
            cause = item.cause
            known = DropCause(cause).sentence if cause in set(DropCause) else cause
            return Departure(Standing.DROPPED, known)


def _shown(
    standing: Standing, sentence: str, content: bytes, *, due_ms: int = 0, parcel: str = ""
) -> Departure:
    record = cast("Mapping[str, Any]", json.loads(content))
    fields = tuple(
        Field(name, about.purpose, about.category, _words(record[name]))
        for name, about in about_fields(Contribution).items()
    )
    text = content.decode()
    return Departure(standing, sentence, due_ms, text, digest(content), fields, parcel)


def _words(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
