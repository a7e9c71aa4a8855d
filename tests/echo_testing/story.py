"""A story of one document: events of a session, one after the other, and the looks they bring."""

from __future__ import annotations

from echo_core.experience.fold import Fold
from echo_core.experience.looks import Look, Moment, Place
from echo_core.experience.sample import Sample
from echo_core.records.events import Edited, Event, Opened, Origin, Proposed, Requested, Trigger
from echo_core.text.edits import Edit, apply_all
from echo_daemon.mining.matching import RapidMatcher

DOC = "file:///repo/a.py"
HEAD = "import math\n\n\ndef total(prices):\n"
TAIL = "\n\n\ndef mean(prices):\n    return total(prices) / len(prices)\n"
KEPT = "    return math.fsum(prices)"
REPO = "file:///repo"


class Story:
    """Events of one session after the other, and the looks that they brought."""

    def __init__(self, fold: Fold | None = None) -> None:
        self.fold = fold or Fold(RapidMatcher())
        self.looks: list[Look] = []
        self.samples: list[Sample] = []
        self.text = ""
        self.now_ms = 0
        self.session = "s"

    def feed(self, event: Event) -> None:
        self.now_ms = event.at_ms
        folded = self.fold.feed(self.session, event)
        self.looks += folded.looks
        self.samples += [one.sample for one in folded.mined if one.sample]

    def open(self, text: str, at_ms: int, doc: str = DOC) -> None:
        self.text = text
        self.feed(Opened(at_ms, doc, "python", 1, text))

    def edit(self, at_ms: int, *edits: Edit, origin: Origin = Origin.TYPED, p: str = "") -> None:
        self.text = apply_all(self.text, edits)
        self.feed(Edited(at_ms, DOC, 2, edits, origin, p))

    def pass_to(self, at_ms: int) -> None:
        folded = self.fold.advance(at_ms)
        self.looks += folded.looks
        self.samples += [one.sample for one in folded.mined if one.sample]

    def keep(self, at_ms: int = 0, name: str = "r") -> None:
        """Open the file, take a proposal, and break its gap by an edit at the beginning."""
        self.open(HEAD + TAIL, at_ms)
        self.take(at_ms, name)

    def take(self, at_ms: int, name: str) -> None:
        at = self.text.index(TAIL)
        self.feed(Requested(at_ms, name, DOC, 1, at, Trigger.AUTOMATIC))
        proposal = Proposed(at_ms, name, f"p{name}", KEPT, "m", -0.1, 5.0, 10, 2, 3, "proposed")
        self.feed(proposal)
        self.edit(at_ms, Edit(at, at, KEPT), origin=Origin.ACCEPTED, p=f"p{name}")
        self.edit(at_ms, Edit(at - 2, at - 2, "!"))

    def seen(self) -> list[tuple[Moment, Place, int]]:
        return [(look.moment, look.place, look.kept_chars) for look in self.looks]
