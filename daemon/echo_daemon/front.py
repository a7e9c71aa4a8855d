"""One connected front (an editor window or a tool): its documents, requests and outcomes.

The front is where the daemon's services meet: it turns messages into events for the miner, asks
the completer, and follows what becomes of each proposal.

Left out: the connection (`echo_daemon.rpc`), how a completion is written, how gaps live.

Rules
 - Whoever changes state is short and synchronous; `complete` holds a snapshot and changes
   nothing of the document.
 - A message about a document whose mirror is not exact is answered with a wish to resync, once.
"""

from __future__ import annotations

from collections.abc import Callable

from echo_core import limits
from echo_core.clock import Clock
from echo_core.completion.gate import Evidence
from echo_core.completion.offers import Happened, Offer, Offers, State
from echo_core.completion.removal import removed_after
from echo_core.errors import EditError
from echo_core.experience.fold import Fold
from echo_core.records.events import (
    CursorMoved,
    Edited,
    Focused,
    Outcome,
    OutcomeKind,
    Proposed,
    Requested,
    Saved,
    Trigger,
)
from echo_core.records.reasons import Reason
from echo_core.records.wire import (
    CompletionAnswer,
    CompletionAsk,
    DocumentCursor,
    DocumentEdit,
    DocumentOpen,
    DocumentRef,
    DocumentRename,
    EditorSettings,
    Forget,
    Hello,
    OutcomeReport,
)
from echo_core.records.wire import Offer as WireOffer
from echo_core.text.edits import with_removed
from echo_daemon.changes import fitting
from echo_daemon.completion.completer import Completer
from echo_daemon.completion.surroundings import Spot
from echo_daemon.completion.trail import Trail
from echo_daemon.completion.values import Asked, Place, Written
from echo_daemon.mining.miner import Miner, Recorder, Who
from echo_daemon.mining.names import Names
from echo_daemon.mining.outside import Outside
from echo_daemon.mining.parts import Parts
from echo_daemon.mining.sleepers import Sleepers

EVIDENCE_MAX = 64  # proposals whose outcome is not known yet: one for each document in hand


class Front:
    """The state of one connection after its Hello."""

    def __init__(
        self,
        hello: Hello,
        *,
        completer: Completer,
        recorder: Recorder,
        clock: Clock,
        resync: Callable[[str], None],
        count: Callable[[Reason], None],
        answered: Callable[[Proposed, Written], None],
        fold: Fold | None = None,
        sleepers: Sleepers | None = None,
        outside: Outside | None = None,
    ) -> None:
        self._who = Who(hello.client, tuple(hello.roots))
        self._reports_shown = hello.reports_shown
        self._completer = completer
        self._clock = clock
        self._resync = resync
        self._count = count
        self._answered = answered
        self._requests, self._proposals = Names(), Names()
        self._offers = Offers()
        self._places: dict[str, Place] = {}
        self._evidence: dict[
            str, tuple[Evidence, str]
        ] = {}  # by proposal, until its outcome is known
        self._stale: set[str] = set()
        self.recording = Parts(
            self._who, recorder, clock, fold=fold, sleepers=sleepers, outside=outside
        )
        self._options = completer.options
        self._workspace = completer.surroundings.workspace(hello.roots)
        self._trail = Trail(completer.surroundings, self._opened)
        self.touched_ms = 0.0  # steady time of the last key, move or request

    @property
    def _miner(self) -> Miner:
        return self.recording.settled()

    @property
    def session(self) -> str:
        """The recorded session that this front writes to."""
        return self.recording.miner.session

    @property
    def client(self) -> str:
        """Name and version of the editor or tool."""
        return self._who.client

    @property
    def roots(self) -> tuple[str, ...]:
        """The workspace's folders, as URIs."""
        return self._who.roots

    @property
    def documents(self) -> int:
        """How many documents are mirrored."""
        return len(self._places)

    @property
    def gaps_live(self) -> int:
        """How many gaps are alive."""
        return self.recording.miner.gaps_live

    def settings(self, message: EditorSettings) -> None:
        """What the user set in this window."""
        self._options = self._completer.options.in_window(message.values)

    # --- documents --------------------------------------------------------------------------

    def open(self, message: DocumentOpen) -> None:
        """A document with its whole text; replaces the mirror where there is one."""
        if len(message.text) > limits.DOCUMENT_CHARS_MAX or (
            len(self._places) >= limits.DOCUMENTS_OPEN_MAX and message.doc not in self._places
        ):
            self._forget(message.doc)
            return
        self._stale.discard(message.doc)
        self._happened(self._offers.dropped(message.doc))
        spot = Spot(self._workspace, message.doc, message.language)
        self.recording.open(message, self._places)
        self._places[message.doc] = Place(spot)

    def edit(self, message: DocumentEdit) -> None:
        """Edits of a mirrored document; a mirror that disagrees asks to be sent anew."""
        self.touched_ms = self._clock.steady_ms()
        document = self._miner.document(message.doc)
        if message.doc in self._stale or document is None:
            self._want_resync(message.doc)
            return
        try:
            edits = fitting(message, len(document.text))
        except EditError:
            self._want_resync(message.doc)
            return
        now = self._miner.now_ms()
        self._happened(self._offers.advance(now))
        text = document.text
        proposal = ""
        offer = self._offers.current(message.doc)
        stood = None if offer is None else (offer.start, offer.done, offer.text)
        happened: list[Happened] = []
        for edit, removed in with_removed(text, edits):
            accepted, outcomes = self._offers.edited(message.doc, edit, removed)
            proposal = proposal or accepted
            happened += outcomes
        origin = self.recording.window.origin(message.doc, text, edits, accepted=bool(proposal))
        if edits:
            end = edits[-1].start + len(edits[-1].inserted)
            self._trail.edited(message.doc, origin, edits[0].start, end)
        if (place := self._places.get(message.doc)) is not None:
            place.removed = removed_after(place.removed, edits, text)
        self._miner.observe(
            Edited(now, message.doc, message.version, tuple(edits), origin, proposal)
        )
        self._happened(happened)
        place = self._places.get(message.doc)
        if place is None:
            return
        if edits:
            place.cursor = edits[-1].start + len(edits[-1].inserted)
        if stood is not None and any(one.outcome is OutcomeKind.DISMISSED for one in happened):
            place.refuse(text, *stood, at_ms=now)

    def cursor(self, message: DocumentCursor) -> None:
        """The selection moved; a proposal stands only at the cursor that it was made for."""
        self.touched_ms = self._clock.steady_ms()
        document = self._miner.document(message.doc)
        if document is None or not 0 <= message.head <= len(document.text):
            return
        now = self._miner.now_ms()
        self._happened(self._offers.advance(now))
        offer = self._offers.current(message.doc)
        if offer is not None and message.head != offer.start + offer.done:
            self._happened(self._offers.dropped(message.doc))
        self._trail.moved(message.doc, message.head)
        self._miner.observe(CursorMoved(now, message.doc, message.anchor, message.head))
        if (place := self._places.get(message.doc)) is not None:
            place.cursor = message.head
        self._look(message.doc)

    def focus(self, message: DocumentRef) -> None:
        """Another document came to the front: what stood in those behind it was not wanted."""
        self._happened(self._offers.advance(self._miner.now_ms()))
        for doc in self._places:
            if doc != message.doc:
                self._happened(self._offers.dropped(doc))
        self._trail.turned_to(message.doc)
        self._miner.observe(Focused(self._miner.now_ms(), message.doc))
        self._look(message.doc)

    def save(self, message: DocumentRef) -> None:
        """The document was saved."""
        self._trail.saved(message.doc)
        self._miner.observe(Saved(self._miner.now_ms(), message.doc))
        self.recording.window.saved(message.doc)

    def rename(self, message: DocumentRename) -> None:
        """A file or a folder has another name, open or not."""
        self.recording.renamed(message.doc, message.to)

    def close_document(self, message: DocumentRef) -> None:
        """The document left the editor."""
        self._trail.left(message.doc)
        self._forget(message.doc)

    def close(self) -> None:
        """The connection ended; what nobody closed waits for somebody who goes on with it."""
        for doc, place in self._places.items():
            place.cancel()
            self._happened(self._offers.dropped(doc))
        self.recording.leave(self._places)
        self._places.clear()

    def restart_recording(self, forgotten: Forget | None = None) -> None:
        """From the documents as they are, in a new session or in one that sleeps."""
        self.recording.restart(self._places, forgotten)

    def tick(self) -> None:
        """Let time end what it ends; called about once a second."""
        if self.recording.is_waiting:
            return
        self._happened(self._offers.advance(self._miner.now_ms()))
        self._miner.tick()

    # --- completion -------------------------------------------------------------------------

    async def complete(self, ask: CompletionAsk) -> CompletionAnswer:
        """Answer one request, always with a reason; cancelling the task cancels the writing."""
        began = self.touched_ms = self._clock.steady_ms()
        document = self._miner.document(ask.doc)
        place = self._places.get(ask.doc)
        if document is None or place is None or ask.doc in self._stale:
            return self._silence(Reason.UNKNOWN_DOCUMENT)
        if document.version != ask.version or not 0 <= ask.offset <= len(document.text):
            return self._silence(Reason.STALE)
        request = self._requests()
        trigger = Trigger(ask.trigger) if ask.trigger in set(Trigger) else Trigger.AUTOMATIC
        now = self._miner.now_ms()
        self._miner.observe(Requested(now, request, ask.doc, ask.version, ask.offset, trigger))
        self._trail.moved(ask.doc, ask.offset)
        invoked = trigger is Trigger.INVOKED
        removed = place.removed.at(ask.offset)
        silence = self._options.silence(ask.doc, document.language, self._who.roots)
        asked = Asked(
            document.language, document.text, ask.offset, invoked, removed, silence, self._options
        )
        place.cursor = ask.offset
        written = Written(Reason.CANCELLED)
        try:
            written = await self._completer.complete(place, asked)
            moved_on = self._miner.document(ask.doc) is not document
            if written.text and (moved_on or document.version != ask.version):
                written = written.silenced(Reason.STALE)
        finally:
            latency_ms = self._clock.steady_ms() - began
            offers = self._record(request, ask, written, latency_ms)
        if not written.text:
            return CompletionAnswer([], written.reason, written.hit, latency_ms)
        return CompletionAnswer(
            [WireOffer(each.proposal, each.text, each.start, each.start) for each in offers],
            written.reason,
            written.hit,
            latency_ms,
            written.tokens_evaluated,
        )

    def outcome(self, report: OutcomeReport) -> None:
        """What the editor did with a proposal; an unknown one is ignored."""
        match report.outcome:
            case OutcomeKind.SHOWN:
                self._happened(self._offers.seen(report.proposal))
            case OutcomeKind.ACCEPTED:
                self._happened(self._offers.taken(report.proposal))
            case OutcomeKind.PARTIAL:
                self._happened(self._offers.taken_partly(report.proposal, report.chars))
            case _:
                pass

    def _record(
        self, request: str, ask: CompletionAsk, written: Written, latency_ms: float
    ) -> list[Offer]:
        """Record how a request ended; what is offered, best first."""
        self._count(written.reason)
        offers = []
        for one in (written, *written.others):
            proposal = self._proposal(ask, one)
            event = one.as_event(self._miner.now_ms(), request, proposal, latency_ms)
            self._miner.observe(event)
            if one is written:
                self._answered(event, written)
                if event.tokens_prompt:
                    self._completer.watch.answered(event.model, latency_ms)
            if event.proposal:
                offers.append(
                    Offer(event.proposal, ask.offset, one.text, event.at_ms, self._reports_shown)
                )
        if offers:
            self._happened(self._offers.answered(ask.doc, *offers))
        return offers

    def _proposal(self, ask: CompletionAsk, written: Written) -> str:
        """The id to answer with: the one that stands there, where this goes on with it."""
        if not written.text:
            return ""
        stands = self._offers.current(ask.doc)
        goes_on = (
            stands is not None
            and stands.proposal == written.continues
            and stands.state is not State.GONE
            and stands.start + stands.done == ask.offset
        )
        if goes_on:
            return written.continues
        proposal = self._proposals()
        if written.entry is not None:
            written.entry.proposal = proposal
        if len(self._evidence) >= EVIDENCE_MAX:
            del self._evidence[next(iter(self._evidence))]
        self._evidence[proposal] = (written.evidence, written.model)
        return proposal

    def _silence(self, reason: Reason) -> CompletionAnswer:
        self._count(reason)
        return CompletionAnswer([], reason)

    # --- inside -----------------------------------------------------------------------------

    def _look(self, doc: str) -> None:
        """Let the engine read where the cursor stands, unless nothing is offered there."""
        document, place = self._miner.document(doc), self._places.get(doc)
        if document is None or place is None or doc in self._stale:
            return
        if self._options.silence(doc, document.language, self._who.roots) is None:
            self._completer.look_at(place, document.text, min(place.cursor, len(document.text)))

    def _opened(self, doc: str) -> tuple[Place, str] | None:
        """For the trail: nothing of a document where nothing is offered."""
        place, document = self._places.get(doc), self._miner.document(doc)
        if place is None or document is None:
            return None
        silent = self._options.silence(doc, document.language, self._who.roots) is not None
        return None if silent else (place, document.text)

    def _forget(self, doc: str) -> None:
        self._stale.discard(doc)
        place = self._places.pop(doc, None)
        if place is None:
            return
        place.cancel()
        self._happened(self._offers.dropped(doc))
        self.recording.close(doc)

    def _want_resync(self, doc: str) -> None:
        if doc not in self._stale:
            self._stale.add(doc)
            self._resync(doc)

    def _happened(self, happened: list[Happened]) -> None:
        for one in happened:
            self._miner.observe(Outcome(self._miner.now_ms(), one.proposal, one.outcome, one.chars))
            known = self._evidence.get(one.proposal)
            if known is not None and one.outcome is not OutcomeKind.SHOWN:
                del self._evidence[one.proposal]  # once a proposal, whatever follows
                if one.outcome is not OutcomeKind.REPLACED:
                    wanted = one.outcome is not OutcomeKind.DISMISSED
                    self._completer.learn(known[0], wanted=wanted)
                    self._completer.watch.judged(known[1], wanted=wanted)
