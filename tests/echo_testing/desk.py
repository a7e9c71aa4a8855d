"""A front with a scripted engine around it: what is answered, recorded and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from echo_core.experience.fold import Fold
from echo_core.experience.looks import Look
from echo_core.experience.mining import Mined
from echo_core.records.events import Event, Opened, Outcome, OutcomeKind, Proposed
from echo_core.records.reasons import Reason
from echo_core.records.wire import (
    PROTOCOL_VERSION,
    CompletionAnswer,
    CompletionAsk,
    DocumentEdit,
    DocumentOpen,
    Hello,
)
from echo_daemon.completion.completer import Completer
from echo_daemon.completion.values import CompletionOptions, Written
from echo_daemon.front import Front
from echo_daemon.mining.matching import RapidMatcher
from echo_daemon.mining.miner import Who
from echo_daemon.mining.outside import Outside
from echo_daemon.mining.sleepers import Sleepers
from echo_daemon.structure.api import Structure
from echo_daemon.structure.treesitter import TreeSitterStructure
from echo_testing.scripted_engine import ScriptedEngine
from echo_testing.wound_clock import WoundClock

DOC = "file:///a.py"
BY_ITSELF = CompletionOptions(look_ahead=False)  # the engine does what is asked of it alone


@dataclass
class ListRecorder:
    """Keeps everything in lists."""

    recording: bool = True
    full: bool = False
    private: set[str] = field(default_factory=set)
    begun: list[str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    mined: list[Mined] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    checkpoints: list[tuple[tuple[Opened, ...], bool]] = field(default_factory=list)

    def together(self) -> AbstractContextManager[object]:
        return nullcontext()

    def admits(self, doc: str, who: Who) -> bool:
        return doc not in self.private

    def begin(self, session: str, who: Who, at_ms: int) -> None:
        self.begun.append(session)

    def append(self, session: str, event: Event) -> bool:
        assert session == self.begun[-1]
        if self.full:
            return False
        self.events.append(event)
        return True

    def checkpoint(self, session: str, standing: Sequence[Opened], *, quiet: bool) -> bool:
        assert session == self.begun[-1]
        self.checkpoints.append((tuple(standing), quiet))
        return True

    def gaps_ended(self, mined: Sequence[Mined]) -> None:
        self.mined += mined

    def looked(self, look: Look) -> None:
        self.looks.append(look)

    def outcomes(self) -> list[OutcomeKind]:
        return [event.outcome for event in self.events if isinstance(event, Outcome)]

    def kinds(self) -> list[type[Event]]:
        return [type(event) for event in self.events]


class Desk:
    """A front with everything around it."""

    def __init__(
        self,
        *,
        reports_shown: bool = True,
        structure: Structure | None = None,
        options: CompletionOptions = BY_ITSELF,
        fold: Fold | None = None,
        outside: Outside | None = None,
    ) -> None:
        self.engine = ScriptedEngine()
        self.recorder = ListRecorder()
        self.clock = WoundClock()
        self.clock.pass_ms(1_000_000)
        self.resyncs: list[str] = []
        self.reasons: Counter[Reason] = Counter()
        self.answers: list[str] = []
        self.engine_ms: list[float] = []
        self.completer = Completer(
            self.engine,
            options,
            self.clock,
            structure or TreeSitterStructure(self.clock),
        )
        self.fold = fold or Fold(RapidMatcher())
        self.outside = outside
        self.sleepers = Sleepers(self.fold, self.recorder, self.clock)
        self.text = ""
        self.version = 0
        self.connect(reports_shown=reports_shown)

    def connect(self, *, reports_shown: bool = True) -> None:
        """A front of its own, as after a lost connection."""
        self.front = Front(
            Hello(PROTOCOL_VERSION, "test", 1, ["file:///w"], reports_shown=reports_shown),
            completer=self.completer,
            recorder=self.recorder,
            clock=self.clock,
            resync=self.resyncs.append,
            count=lambda reason: self.reasons.update([reason]),
            answered=self._answered,
            fold=self.fold,
            sleepers=self.sleepers,
            outside=self.outside,
        )

    def _answered(self, _proposed: Proposed, written: Written) -> None:
        self.answers.append(written.hit)
        self.engine_ms.append(written.engine_ms)

    def open(self, text: str, language: str = "python") -> None:
        self.text, self.version = text, 1
        self.front.open(DocumentOpen(DOC, language, 1, text))

    def type(self, start: int, inserted: str, deleted: int = 0) -> None:
        self.text = self.text[:start] + inserted + self.text[start + deleted :]
        self.version += 1
        edits = [(start, deleted, inserted)]
        self.front.edit(DocumentEdit(DOC, self.version, edits, len(self.text)))

    async def ask(self, offset: int, trigger: str = "automatic") -> CompletionAnswer:
        return await self.front.complete(CompletionAsk(DOC, self.version, offset, trigger))
