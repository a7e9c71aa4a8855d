"""The pages, filled: `echo_daemon.inspecting.api.Inspecting` over whom `sources` names.

Left out: what can be done from a page; how one sample is put together (`whole`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from echo_core.errors import StoreError
from echo_core.gaps.life import Break
from echo_core.judging.checks.causes import Cause
from echo_core.judging.judgement import State
from echo_core.places import holds, outermost, path_of
from echo_core.records.wire import (
    ConsentRow,
    DataSize,
    OutboxRow,
    OutboxState,
    SampleQuery,
    SampleRow,
    SamplesQuery,
    SizeRow,
)
from echo_core.sharing.bundle.contents import digest
from echo_core.sharing.consent import Switch
from echo_core.sharing.consent_text import text_digest
from echo_core.sharing.dictionary import lines
from echo_core.sharing.outbox import ItemState
from echo_core.showing.listing import Facet
from echo_daemon.inspecting import whole
from echo_daemon.inspecting.consents import ChoiceRow, ConsentPage, SwitchPage
from echo_daemon.inspecting.gaps import (
    PAGE_ROWS_MAX,
    Choice,
    EndedPage,
    EndedQuery,
    EndedRow,
    Filters,
    GapRow,
    GapsPage,
    GapsQuery,
)
from echo_daemon.inspecting.leaving import FolderRow, LeavingPage, SessionLine
from echo_daemon.inspecting.models import EngineRow, ModelsPage
from echo_daemon.inspecting.outbox import (
    Cap,
    OutboxPage,
    Parcel,
    Waiting,
    Wish,
    leaves,
    parcel_words,
    wish_words,
)
from echo_daemon.inspecting.overview import Judged, Overview, Space
from echo_daemon.inspecting.progress import Progress, ProgressQuery, progress, stretch_of
from echo_daemon.inspecting.samples import SamplePage
from echo_daemon.inspecting.sources import Sources

PAST_ROWS: Final = 200  # of what was sent or dropped
_KINDS: Final = {
    "edit": "edits",
    "cursor": "movements of the cursor",
    "request": "requests for a completion",
    "proposal": "proposals, and why there was none",
    "outcome": "what you did with proposals",
    "open": "openings of files",
    "focus": "changes from one file to another",
    "save": "savings",
    "close": "closings",
    "head": "what is checked out",
    "commit": "texts of commits",
    "import": "imported commits",
    "mark": "marks about the record itself",
    "rename": "new names of files",
    "packed": "older events, in compressed blocks",
    "texts": "texts of files, as they were opened",
    "samples": "samples: code that you kept, with what stood around it",
    "outbox": "samples that wait to be sent, or were",
    "judgements": "what was found about samples",
    "gaps": "how gaps ended",
}


class Pages:
    """One profile, page by page."""

    def __init__(self, sources: Sources) -> None:
        self._from = sources

    async def overview(self) -> Overview:
        """The first page."""
        ask, daemon = self._from, self._from.daemon()
        sizes = await ask.samples.sizes() if ask.records.exists() else DataSize([], 0, 0)
        outbox, agreed = await ask.outgoing.state(), ask.agreed.show()
        notes = (daemon.status.message, daemon.engine_note, daemon.watch_note, outbox.problem)
        return Overview(
            version=daemon.version,
            now_ms=ask.clock.wall_ms(),
            state=daemon.store_state,
            recording=daemon.status.recording,
            problem=ask.problem(),
            since_ms=sizes.oldest_ms,
            keep_days=ask.terms.keep_days,
            keep_bytes=ask.terms.keep_bytes,
            file_bytes=sizes.file_bytes,
            key_source=daemon.key_source,
            spaces=_spaces(sizes),
            judged=await self._judged(),
            switches=tuple(agreed.switches),
            editors_off=tuple(agreed.editors_off),
            all_paused="" in outbox.paused,
            folders_paused=tuple(folder for folder in outbox.paused if folder),
            notes=tuple(dict.fromkeys(note for note in notes if note)),
        )

    async def _judged(self) -> Judged:
        if not self._from.records.exists():
            return Judged()
        found = await self._from.judging.status()
        return Judged(found.kept, sum(found.dropped.values()), found.due, found.sentence)

    async def progress(self, query: ProgressQuery) -> Progress:
        """How well it goes."""
        ask = self._from
        zone = ask.zone()
        stretch = stretch_of(query.days, ask.clock.wall_ms(), zone)
        return progress(await ask.records.counted(stretch), stretch, zone)

    async def gaps(self, query: GapsQuery) -> GapsPage:
        """Gaps that became samples."""
        rows_max = max(1, min(query.rows, PAGE_ROWS_MAX))
        query = replace(query, rows=rows_max, before=max(0, query.before))
        filters = _filters(await self._from.records.facets())
        if not self._from.records.exists():
            return GapsPage(query, (), 0, 0, filters)
        found = await self._from.samples.samples(
            SamplesQuery(
                limit=rows_max + 1,  # whether there is a next page
                break_reason=query.reason,
                with_proposal=query.proposed,
                state=query.state,
                cause=query.cause,
                language=query.language,
                model=query.model,
                path=query.path,
                accepted=query.accepted,
                before=query.before,
            )
        )
        rows = tuple(_gap(row) for row in found.rows[:rows_max])
        next_before = rows[-1].number if len(found.rows) > rows_max else 0
        return GapsPage(query, rows, found.total, next_before, filters)

    async def ended(self, query: EndedQuery) -> EndedPage:
        """How all gaps ended."""
        records = self._from.records
        rows_max = max(1, min(query.rows, PAGE_ROWS_MAX - 1))
        query = replace(query, rows=rows_max, before=max(0, query.before))
        found = await records.ended(query.before, rows_max + 1, query.reason)
        rows = tuple(
            EndedRow(
                *(one.number, one.doc, path_of(one.doc), one.broken_ms, one.reason),
                ended=Break(one.reason).sentence,
                gaps=one.gaps,
                samples=one.samples,
            )
            for one in found[:rows_max]
        )
        next_before = rows[-1].number if len(found) > rows_max else 0
        return EndedPage(query, rows, next_before, await records.live())

    async def sample(self, number: int) -> SamplePage:
        """One sample."""
        return await whole.sample_page(self._from, SampleQuery(number))

    async def outbox(self) -> OutboxPage:
        """What waits, what left, what is asked back."""
        ask, now_ms = self._from, self._from.clock.wall_ms()
        state, bundle = await ask.outgoing.state(), await ask.outgoing.first_bundle()
        today = await ask.outgoing.today()
        waits = (ItemState.WAITING, ItemState.SEALED)
        waiting = sorted(
            (row for row in state.rows if row.state in waits), key=lambda row: row.due_ms
        )
        past = sorted(
            (row for row in state.rows if row.state not in waits),
            key=lambda row: row.added_ms,
            reverse=True,
        )
        parcels = sorted(state.parcels, key=lambda row: row.made_ms, reverse=True)
        shown = [*waiting, *past[:PAST_ROWS]]
        numbers = await ask.records.numbers([row.request for row in shown])

        def line(row: OutboxRow) -> Waiting:
            number = numbers.get(row.request, 0)
            return Waiting(row, path_of(row.doc), number, leaves(row, now_ms))

        return OutboxPage(
            intake=ask.terms.intake,
            problem=state.problem,
            all_paused="" in state.paused,
            folders_paused=tuple(folder for folder in state.paused if folder),
            delay_hours=ask.terms.delay_hours,
            caps=(
                Cap("samples", today.samples, ask.terms.caps.samples),
                Cap("bytes", today.bytes, ask.terms.caps.bytes),
            ),
            waiting=tuple(map(line, waiting)),
            past=tuple(map(line, past[:PAST_ROWS])),
            past_total=len(past),
            parcels=tuple(Parcel(row, parcel_words(row)) for row in parcels[:PAST_ROWS]),
            parcels_total=len(parcels),
            wishes=tuple(Wish(row, wish_words(row)) for row in state.wishes),
            preview=bundle.decode(),
            preview_digest=digest(bundle) if bundle else "",
        )

    async def consents(self) -> ConsentPage:
        """What was agreed to."""
        agreed = self._from.agreed
        shown, problem = agreed.show(), ""
        try:
            history = agreed.history().rows
        except StoreError as error:
            history, problem = [], str(error)
        return ConsentPage(
            switches=tuple(
                SwitchPage(
                    Switch(one.switch).subject,
                    Switch(one.switch).command,
                    one,
                    lines(Switch(one.switch)),
                )
                for one in shown.switches
            ),
            editors_off=tuple(shown.editors_off),
            history=tuple(map(_choice, reversed(history))),
            problem=problem,
        )

    async def models(self) -> ModelsPage:
        """The shelf."""
        rows = tuple(await asyncio.to_thread(self._from.models))
        daemon = self._from.daemon()
        engine = EngineRow(
            state=daemon.engine_state,
            sentence=daemon.engine_note or daemon.status.message,
            model=daemon.model,
            pid=daemon.engine_pid,
            restarts=daemon.engine_restarts,
        )
        size, releases = sum(row.bytes for row in rows), self._from.releases()
        return ModelsPage(rows, engine, self._from.shelf, size, releases)

    async def leaving(self) -> LeavingPage:
        """Erasing and exporting."""
        ask = self._from
        contents, outbox = await ask.records.contents(), await ask.outgoing.state()
        off = next(
            (one.folders_off for one in ask.agreed.show().switches if one.switch == Switch.RECORD),
            [],
        )
        roots = sorted({path_of(root) for one in contents.sessions for root in one.roots} - {""})
        documents = [(path_of(uri), count) for uri, count in contents.documents]
        roots += sorted(_folders_outside(roots, [path for path, _ in documents]))
        folders = [
            FolderRow(
                path=root,
                sessions=sum(
                    any(path_of(each) == root for each in one.roots) for one in contents.sessions
                ),
                documents=sum(holds(root, path) for path, _ in documents),
                samples=sum(count for path, count in documents if holds(root, path)),
                recorded=not any(holds(folder, root) for folder in off),
            )
            for root in roots
        ]
        return LeavingPage(
            files=tuple(await asyncio.to_thread(ask.files)),
            folders=tuple(sorted(folders, key=lambda row: (-row.samples, row.path))),
            sessions=tuple(
                SessionLine(
                    *(one.name, one.client, one.started_ms, one.last_ms, one.events),
                    folders=tuple(path_of(root) for root in one.roots),
                )
                for one in contents.sessions
            ),
            sessions_total=await ask.records.sessions_all(),
            asked_back=_weeks(outbox),
            waits=_WAITS if ask.owed() else "",
        )


_WAITS: Final = (
    "What you named is still to be forgotten: the store cannot be written at the moment."
)


def _folders_outside(roots: Sequence[str], paths: Sequence[str]) -> set[str]:
    """The folders of files that lie in no workspace."""
    outside = (path for path in paths if path and not outermost(path, roots))
    return {path.rpartition("/")[0] or "/" for path in outside}


def _weeks(outbox: OutboxState) -> int:
    """Weeks in which something left, or may have."""
    return len({(one.kind, one.week) for one in outbox.parcels if one.attempts or one.receipt})


def _spaces(sizes: DataSize) -> tuple[Space, ...]:
    everything = max(1, sum(row.bytes for row in sizes.rows))

    def space(row: SizeRow) -> Space:
        words = _KINDS.get(row.kind, row.kind)
        return Space(row.kind, words, row.rows, row.bytes, row.bytes / everything)

    return tuple(map(space, sorted(sizes.rows, key=lambda row: -row.bytes)))


def _gap(row: SampleRow) -> GapRow:
    return GapRow(
        number=row.id,
        doc=row.doc,
        path=path_of(row.doc),
        language=row.language,
        model=row.model,
        opened_ms=row.opened_at_ms,
        lived_ms=row.lived_ms,
        reason=row.break_reason,
        ended=Break(row.break_reason).sentence,
        target_chars=row.target_chars,
        target_lines=row.target_lines,
        proposed_chars=row.proposed_chars,
        accepted_chars=row.accepted_chars,
        kept_chars=row.kept_chars,
        state=row.state,
        cause=row.cause,
        verdict=whole.verdict_words(row),
        cut_chars=row.cut_chars,
        quality=row.quality,
    )


def _filters(found: Sequence[Facet]) -> Filters:

    def choices(what: str) -> tuple[Choice, ...]:
        return tuple(
            Choice(one.value, _facet_words(one), one.count) for one in found if one.what == what
        )

    return Filters(*map(choices, ("state", "cause", "reason", "language", "model")))


def _facet_words(one: Facet) -> str:
    if one.what == "cause" and one.value in set(Cause):
        return Cause(one.value).sentence
    if one.what == "reason":
        return Break(one.value).sentence
    if one.what == "state":
        return whole.STATES[State(one.value)]
    return one.value or "unknown"


def _choice(row: ConsentRow) -> ChoiceRow:
    switch = Switch(row.switch)
    said = f"{switch.subject} was switched {'on' if row.on else 'off'}"
    where = f" in {row.workspace}" if row.workspace else ""
    right = ", and you said that you have the right to share its code" if row.right else ""
    outdated = row.on and row.text_hash != text_digest(switch)
    return ChoiceRow(row, f"{said}{where}{right}.", outdated)
