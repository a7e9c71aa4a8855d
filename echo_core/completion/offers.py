"""What becomes of a proposal in the eyes of its user: shown, accepted, typed through, dismissed.

LSP has no event for any of these. Where a client tells (docs/lsp-extensions.md), its word holds;
where it does not, the same is inferred from time and edits, so that any plain client yields
outcomes (docs/adr/0001 says what *shown* means).

Left out: which text is proposed; recording.

Rules
 - One answer at a time for a document: the last one. It offers one text, or several to choose from;
   the one before the user's eyes *leads*: the first, until a report or an edit says another.
 - Only the one that leads has outcomes. The others end silently when they are out of the question:
   when another is taken, or typed as far as they do not agree, and when the leading one ends.
 - `STEPS` is the whole table; a signal that a state does not know changes nothing, so that a
   report which arrives twice, or late, is harmless.
 - A proposal is counted once as shown and once as accepted, however often it is continued.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from echo_core import limits
from echo_core.records.events import OutcomeKind
from echo_core.text.edits import Edit


class State(Enum):
    """Where a proposal is."""

    OFFERED = "answered, not yet seen"
    SHOWN = "seen"
    ACCEPTED = "taken whole"
    LONGER = "taken whole, and offered further: its writing had gone on"
    PARTLY = "taken in part; the rest still stands"
    GONE = "no longer there"


class Signal(Enum):
    """What can happen to a proposal."""

    SEEN = "the client says so, or it stood for long enough"
    TAKEN = "accepted whole"
    TAKEN_PARTLY = "accepted up to a word or a line"
    TYPED_TO_THE_END = "the user typed all of it"
    CONTRADICTED = "the user typed or did something else"
    SUPERSEDED = "another proposal came"
    CONTINUED = "an answer under the same id offers more of it"


STEPS: dict[State, dict[Signal, tuple[State, tuple[OutcomeKind, ...]]]] = {
    State.OFFERED: {
        Signal.SEEN: (State.SHOWN, (OutcomeKind.SHOWN,)),
        Signal.TAKEN: (State.ACCEPTED, (OutcomeKind.SHOWN, OutcomeKind.ACCEPTED)),
        Signal.TAKEN_PARTLY: (State.PARTLY, (OutcomeKind.SHOWN, OutcomeKind.PARTIAL)),
        Signal.TYPED_TO_THE_END: (State.GONE, ()),
        Signal.CONTRADICTED: (State.GONE, ()),
        Signal.SUPERSEDED: (State.GONE, ()),
    },
    State.SHOWN: {
        Signal.TAKEN: (State.ACCEPTED, (OutcomeKind.ACCEPTED,)),
        Signal.TAKEN_PARTLY: (State.PARTLY, (OutcomeKind.PARTIAL,)),
        Signal.TYPED_TO_THE_END: (State.GONE, (OutcomeKind.TYPED_THROUGH,)),
        Signal.CONTRADICTED: (State.GONE, (OutcomeKind.DISMISSED,)),
        Signal.SUPERSEDED: (State.GONE, (OutcomeKind.REPLACED,)),
    },
    State.PARTLY: {
        Signal.TAKEN: (State.ACCEPTED, (OutcomeKind.ACCEPTED,)),
        Signal.TAKEN_PARTLY: (State.PARTLY, (OutcomeKind.PARTIAL,)),
        Signal.TYPED_TO_THE_END: (State.GONE, ()),
        Signal.CONTRADICTED: (State.GONE, ()),
        Signal.SUPERSEDED: (State.GONE, ()),
    },
    State.ACCEPTED: {Signal.CONTINUED: (State.LONGER, ())},
    State.LONGER: {
        Signal.TAKEN: (State.ACCEPTED, (OutcomeKind.PARTIAL,)),
        Signal.TAKEN_PARTLY: (State.LONGER, (OutcomeKind.PARTIAL,)),
        Signal.TYPED_TO_THE_END: (State.GONE, ()),
        Signal.CONTRADICTED: (State.GONE, ()),
        Signal.SUPERSEDED: (State.GONE, ()),
    },
    State.GONE: {},
}


@dataclass(frozen=True, slots=True)
class Happened:
    """An outcome to record. `chars` counts from the proposal's start, in code points."""

    proposal: str
    outcome: OutcomeKind
    chars: int


@dataclass(slots=True)
class Offer:
    """A proposal that is, or may be, before the user's eyes."""

    proposal: str
    start: int  # where its text begins in the document
    text: str
    answered_at_ms: int
    reported: bool  # the client tells what it shows; nothing is inferred from time
    done: int = 0  # how much of `text` stands in the document, typed or accepted
    told: int = 0  # where in `text` the newest answer began; reports count from there
    state: State = State.OFFERED

    @property
    def rest(self) -> str:
        """What is still proposed."""
        return self.text[self.done :]

    def brought(self, edit: Edit, removed: str) -> str:
        """What `edit`, which takes `removed` away, brings of the rest; empty where it contradicts.

        What stands on either side of the place may be replaced by the same again: VS Code puts
        in the whole item over the part that was taken before.
        """
        before = self.start + self.done - edit.start
        if not 0 <= before <= len(removed) or edit.growth <= 0:
            return ""
        more = edit.inserted[before : before + edit.growth]
        stays = edit.inserted == removed[:before] + more + removed[before:]
        return more if stays and self.rest.startswith(more) else ""


class Offers:
    """What is offered in each document of one session."""

    def __init__(self) -> None:
        self._by_doc: dict[str, list[Offer]] = {}  # never empty; the one that leads comes first
        self._at_ms = 0

    def current(self, doc: str) -> Offer | None:
        """The offer that leads in `doc`."""
        offers = self._by_doc.get(doc)
        return offers[0] if offers else None

    def answered(self, doc: str, offer: Offer, *others: Offer) -> list[Happened]:
        """An answer went out. One with the id of what leads continues what stands already."""
        before = self.current(doc)
        if before is not None and before.proposal == offer.proposal:
            self._by_doc[doc] = [before, *others]
            if offer.start != before.start + before.done:
                return []
            before.text = before.text[: before.done] + offer.text
            before.told = before.done
            return self._step(doc, Signal.CONTINUED)
        happened = self._step(doc, Signal.SUPERSEDED)
        self._by_doc[doc] = [offer, *others]
        return happened

    def advance(self, at_ms: int) -> list[Happened]:
        """Let time pass: what stood for long enough was seen."""
        self._at_ms = at_ms
        happened: list[Happened] = []
        for doc, (offer, *_) in list(self._by_doc.items()):
            due = offer.answered_at_ms + limits.SHOWN_AFTER_MS
            if not offer.reported and offer.state is State.OFFERED and due <= at_ms:
                happened += self._step(doc, Signal.SEEN)
        return happened

    def seen(self, proposal: str) -> list[Happened]:
        """The client says that it shows `proposal`."""
        return self._report(proposal, Signal.SEEN, None)

    def taken(self, proposal: str) -> list[Happened]:
        """The client says that `proposal` was accepted whole."""
        return self._report(proposal, Signal.TAKEN, None)

    def taken_partly(self, proposal: str, chars: int) -> list[Happened]:
        """The client says that `chars` characters of what was last offered were accepted."""
        return self._report(proposal, Signal.TAKEN_PARTLY, chars)

    def dropped(self, doc: str) -> list[Happened]:
        """The user closed the document, left it, or the client says that it hid the proposal."""
        happened = self._step(doc, Signal.CONTRADICTED)
        self._by_doc.pop(doc, None)
        return happened

    def edited(self, doc: str, edit: Edit, removed: str) -> tuple[str, list[Happened]]:
        """What an edit says of what is offered: the proposal it accepts ("" for none), outcomes.

        `removed` is the text that it takes away; where that comes back the same, nothing is said.
        An edit that brings the whole rest (two characters or more) at once is an acceptance: no
        hand types two characters in one event. One that brings a part of it goes on with it.
        """
        offers = self._by_doc.get(doc)
        ended = offers is None or offers[0].state in (State.ACCEPTED, State.GONE)
        if offers is None or ended or edit.inserted == removed:
            return "", []
        if edit.end < offers[0].start:
            for each in offers:
                each.start += edit.growth
            return "", []
        agreeing = [each for each in offers if each.brought(edit, removed)]
        if not agreeing:
            return "", self.dropped(doc)
        for each in agreeing:
            each.done += edit.growth
        offer = self._narrowed(doc, agreeing)
        at_once = edit.growth > 1
        if not at_once:
            return "", [] if offer.rest else self._step(doc, Signal.TYPED_TO_THE_END)
        if offer.rest:
            return offer.proposal, self._step(doc, Signal.TAKEN_PARTLY, offer.done)
        return offer.proposal, self._step(doc, Signal.TAKEN)

    def _narrowed(self, doc: str, agreeing: list[Offer]) -> Offer:
        """Only these are left; the one that leads now."""
        if self._by_doc[doc][0] is not agreeing[0]:
            agreeing[0].answered_at_ms = self._at_ms  # it comes before the user's eyes now
        self._by_doc[doc] = agreeing
        return agreeing[0]

    def _report(self, proposal: str, signal: Signal, chars: int | None) -> list[Happened]:
        for doc, offers in self._by_doc.items():
            for offer in offers:
                if offer.proposal == proposal:
                    others = [] if signal is Signal.TAKEN else [o for o in offers if o is not offer]
                    self._by_doc[doc] = [offer, *others]
                    return self._step(doc, signal, None if chars is None else offer.told + chars)
        return []

    def _step(self, doc: str, signal: Signal, chars: int | None = None) -> list[Happened]:
        offer = self.current(doc)
        if offer is None or signal not in STEPS[offer.state]:
            return []
        offer.state, outcomes = STEPS[offer.state][signal]
        size = len(offer.text) if chars is None else min(chars, len(offer.text))
        return [Happened(offer.proposal, outcome, size) for outcome in outcomes]
