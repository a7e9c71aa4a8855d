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

import secrets
from collections.abc import Callable

from echo_core import limits
from echo_core.clock import Clock
from echo_core.edits import Edit
from echo_core.errors import EditError
from echo_core.events import (
    Closed,
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
from echo_core.fold import Fold
from echo_core.gate import Evidence
from echo_core.offers import Happened, Offer, Offers, State
from echo_core.reasons import Reason
from echo_core.removal import removed_after
from echo_core.wire import (
    CompletionAnswer,
    CompletionAsk,
    DocumentCursor,
    DocumentEdit,
    DocumentOpen,
    DocumentRef,
    Forget,
    Hello,
    OutcomeReport,
)
from echo_core.wire import Offer as WireOffer
from echo_daemon.completion.completer import Completer
from echo_daemon.completion.values import Asked, Place, Written
from echo_daemon.mining.matching import RapidMatcher
from echo_daemon.mining.miner import Miner, Recorder, Who
from echo_daemon.mining.outside import Outside
from echo_daemon.mining.sleepers import Sleeper, Sleepers
from echo_daemon.mining.window import MinedWindow

EVIDENCE_MAX = 64  # proposals whose outcome is not known yet: one for each document in hand


def new_id() -> str:
    """An identity that no other request, proposal or session of this store has."""
    return secrets.token_hex(8)


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
        answered: Callable[[Proposed, str], None],
        fold: Fold | None = None,
        sleepers: Sleepers | None = None,
        outside: Outside | None = None,
    ) -> None:
        self._who = Who(hello.client, tuple(hello.roots))
        self._reports_shown = hello.reports_shown
        self._completer = completer
        self._recorder = recorder
        self._clock = clock
        self._resync = resync
        self._count = count
        self._answered = answered
        self._offers = Offers()
        self._places: dict[str, Place] = {}
        self._evidence: dict[str, Evidence] = {}  # by proposal, until its outcome is known
        self._stale: set[str] = set()
        self._fold = fold or Fold(RapidMatcher())
        self._sleepers = sleepers or Sleepers(self._fold, recorder, clock)
        self._miner = Miner(new_id(), self._who, recorder, clock, self._fold)
        self._window = MinedWindow(lambda: self._miner, outside)

    @property
    def session(self) -> str:
        """The recorded session that this front writes to."""
        return self._miner.session

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
        return self._miner.gaps_live

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
        sleeper = None if self._miner.gaps_live else self._wake(message.doc)
        if sleeper is not None:
            self._continue(sleeper)
        self._places[message.doc] = Place()
        self._miner.opened(message.doc, message.language, message.version, message.text)
        self._window.opened(message.doc)

    def edit(self, message: DocumentEdit) -> None:
        """Edits of a mirrored document; a mirror that disagrees asks to be sent anew."""
        document = self._miner.document(message.doc)
        if message.doc in self._stale or document is None:
            self._want_resync(message.doc)
            return
        try:
            edits = _fitting(message, len(document.text))
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
        for edit in edits:
            accepted, outcomes = self._offers.edited(message.doc, edit)
            proposal = proposal or accepted
            happened += outcomes
        origin = self._window.origin(message.doc, text, edits, accepted=bool(proposal))
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
        document = self._miner.document(message.doc)
        if document is None or not 0 <= message.head <= len(document.text):
            return
        now = self._miner.now_ms()
        self._happened(self._offers.advance(now))
        offer = self._offers.current(message.doc)
        if offer is not None and message.head != offer.start + offer.done:
            self._happened(self._offers.dropped(message.doc))
        self._miner.observe(CursorMoved(now, message.doc, message.anchor, message.head))
        place = self._places.get(message.doc)
        if place is not None and message.doc not in self._stale:
            place.cursor = message.head
            self._completer.look_at(place, document.text, message.head)

    def focus(self, message: DocumentRef) -> None:
        """Another document came to the front."""
        self._miner.observe(Focused(self._miner.now_ms(), message.doc))
        document, place = self._miner.document(message.doc), self._places.get(message.doc)
        if document is not None and place is not None and message.doc not in self._stale:
            at = min(place.cursor, len(document.text))
            self._completer.look_at(place, document.text, at)

    def save(self, message: DocumentRef) -> None:
        """The document was saved."""
        self._miner.observe(Saved(self._miner.now_ms(), message.doc))
        self._window.saved(message.doc)

    def close_document(self, message: DocumentRef) -> None:
        """The document left the editor."""
        self._forget(message.doc)

    def close(self) -> None:
        """The connection ended; what nobody closed waits for somebody who goes on with it."""
        for doc, place in self._places.items():
            place.cancel()
            self._happened(self._offers.dropped(doc))
            self._window.closed(doc)
        self._places.clear()
        sleeper = self._miner.rest()
        if sleeper is not None:
            self._sleepers.rest(sleeper)

    def end_recording(self) -> None:
        """Recording is about to be switched off: what is open is closed in the log, not here."""
        self._miner.close()

    def pause_recording(self) -> None:
        """Sessions are about to be read from the log: this one goes on from there."""
        self._miner.end()

    def restart_recording(self, forgotten: Forget | None = None) -> None:
        """From the documents as they are, in a new session or in one that sleeps."""
        sleepers = (self._wake(doc) for doc in self._places)
        self._continue(next((one for one in sleepers if one is not None), None), forgotten)

    def _continue(self, sleeper: Sleeper | None, forgotten: Forget | None = None) -> None:
        """From here on in another session, or in one that goes on, with what is open here."""
        before = self._miner
        before.end()
        self._miner = Miner(
            new_id(), self._who, self._recorder, self._clock, self._fold, goes_on=sleeper
        )
        self._miner.follow(before, forgotten)
        for doc in self._places:
            self._window.opened(doc)

    def holds_back(self, doc: str) -> bool:
        """Whether `doc` is not recorded because something of it was forgotten."""
        return self._miner.holds_back(doc)

    def decide_again(self) -> None:
        """What may be recorded changed."""
        self._miner.decide_again()

    def tick(self) -> None:
        """Let time end what it ends; called about once a second."""
        self._happened(self._offers.advance(self._miner.now_ms()))
        self._miner.tick()

    # --- completion -------------------------------------------------------------------------

    async def complete(self, ask: CompletionAsk) -> CompletionAnswer:
        """Answer one request, always with a reason; cancelling the task cancels the writing."""
        began = self._clock.steady_ms()
        document = self._miner.document(ask.doc)
        place = self._places.get(ask.doc)
        if document is None or place is None or ask.doc in self._stale:
            return self._silence(Reason.UNKNOWN_DOCUMENT)
        if document.version != ask.version or not 0 <= ask.offset <= len(document.text):
            return self._silence(Reason.STALE)
        request = new_id()
        trigger = Trigger(ask.trigger) if ask.trigger in set(Trigger) else Trigger.AUTOMATIC
        now = self._miner.now_ms()
        self._miner.observe(Requested(now, request, ask.doc, ask.version, ask.offset, trigger))
        invoked = trigger is Trigger.INVOKED
        removed = place.removed.at(ask.offset)
        asked = Asked(document.language, document.text, ask.offset, invoked, removed)
        place.cursor = ask.offset
        written = Written(Reason.CANCELLED)
        try:
            written = await self._completer.complete(place, asked)
            moved_on = self._miner.document(ask.doc) is not document
            if written.text and (moved_on or document.version != ask.version):
                written = written.silenced(Reason.STALE)
        finally:
            latency_ms = self._clock.steady_ms() - began
            proposal = self._record(request, ask, written, latency_ms)
        if not written.text:
            return CompletionAnswer([], written.reason, written.hit, latency_ms)
        offer = WireOffer(proposal, written.text, ask.offset, ask.offset)
        return CompletionAnswer(
            [offer], written.reason, written.hit, latency_ms, written.tokens_evaluated
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

    def _record(self, request: str, ask: CompletionAsk, written: Written, latency_ms: float) -> str:
        self._count(written.reason)
        now = self._miner.now_ms()
        proposal = self._proposal(ask, written)
        event = Proposed(
            at_ms=now,
            request=request,
            proposal=proposal,
            text=written.text,
            model=written.model,
            logprob_mean=written.logprob_mean,
            latency_ms=latency_ms,
            tokens_prompt=written.tokens_prompt,
            tokens_evaluated=written.tokens_evaluated,
            tokens_written=written.tokens_written,
            reason=written.reason,
        )
        self._miner.observe(event)
        self._answered(event, written.hit)
        if proposal:
            offer = Offer(proposal, ask.offset, written.text, now, self._reports_shown)
            self._happened(self._offers.answered(ask.doc, offer))
        return proposal

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
        proposal = new_id()
        if written.entry is not None:
            written.entry.proposal = proposal
        if len(self._evidence) >= EVIDENCE_MAX:
            del self._evidence[next(iter(self._evidence))]
        self._evidence[proposal] = written.evidence
        return proposal

    def _silence(self, reason: Reason) -> CompletionAnswer:
        self._count(reason)
        return CompletionAnswer([], reason)

    # --- inside -----------------------------------------------------------------------------

    def _forget(self, doc: str) -> None:
        self._stale.discard(doc)
        place = self._places.pop(doc, None)
        if place is None:
            return
        place.cancel()
        self._happened(self._offers.dropped(doc))
        self._window.closed(doc)
        self._miner.observe(Closed(self._miner.now_ms(), doc))

    def _wake(self, doc: str) -> Sleeper | None:
        return self._sleepers.wake(doc, self._who, self._miner.session)

    def _want_resync(self, doc: str) -> None:
        if doc not in self._stale:
            self._stale.add(doc)
            self._resync(doc)

    def _happened(self, happened: list[Happened]) -> None:
        for one in happened:
            self._miner.observe(Outcome(self._miner.now_ms(), one.proposal, one.outcome, one.chars))
            evidence = self._evidence.get(one.proposal)
            if evidence is not None and one.outcome is not OutcomeKind.SHOWN:
                del self._evidence[one.proposal]  # once a proposal, whatever follows
                if one.outcome is not OutcomeKind.REPLACED:
                    wanted = one.outcome is not OutcomeKind.DISMISSED
                    self._completer.learn(evidence, wanted=wanted)


def _fitting(message: DocumentEdit, length: int) -> list[Edit]:
    """The message's edits, if they fit a text of `length` and end in the length that it names.

    Raises:
        EditError: they do not; the mirrors differ.
    """
    edits = []
    for start, deleted, inserted in message.edits:
        edit = Edit(start, start + deleted, inserted)
        if edit.end > length:
            raise EditError("an edit reaches beyond its document")
        length += edit.growth
        edits.append(edit)
    if length != message.length:
        raise EditError("the mirrors of a document differ in length")
    return edits
