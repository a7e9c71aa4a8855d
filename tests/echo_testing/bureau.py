"""Sharing with everything real but the samples: store, consent, ciphers, HTTP; time is wound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from echo_core.gaps.life import Break
from echo_core.judging.checks.verdict import Finding, Verdict
from echo_core.records.wire import ConsentChoice
from echo_core.sharing.bundle.envelope import Kind
from echo_core.sharing.bundle.making import KeptRow, KeptSample
from echo_core.sharing.bundle.sending import Caps, Metered
from echo_core.sharing.consent import Policy, Switch
from echo_daemon.intake.client import IntakeClient
from echo_daemon.leave import RecordedLeave
from echo_daemon.sealing.sealer import BundleSealer
from echo_daemon.sharing.api import Others, SharingOptions
from echo_daemon.sharing.office import SharingOffice
from echo_daemon.store.counting import StoreCounts
from echo_daemon.store.keys import KeyPolicy
from echo_daemon.store.outbox import StoreOutbox
from echo_daemon.store.recorder import Store, StorePaths, StoreSettings
from echo_testing.licence_texts import MIT
from echo_testing.receiver import Receiver
from echo_testing.samples import a_sample
from echo_testing.waiting import LONG_S
from echo_testing.wound_clock import WoundClock

MONDAY_MS = 1_794_787_200_000  # 2026-11-16, 00:00 UTC
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
TARGET = "return double(price)"


@dataclass
class Shelf:
    """`KeptSamples` that a test fills. What stands on it was judged and kept."""

    samples: dict[str, KeptSample] = field(default_factory=dict)

    async def kept(self, since_ms: int, *, history: bool) -> Sequence[KeptRow]:
        found = [
            KeptRow(each.request, each.doc, each.kind)
            for each in self.samples.values()
            if (history if each.kind is Kind.HISTORY else each.broken_at_ms >= since_ms)
        ]
        return sorted(found, key=lambda row: row.kind is Kind.HISTORY)

    async def sample(self, request: str) -> KeptSample | None:
        return self.samples.get(request)


@dataclass
class NamedLink:
    """A network of which the test says what it is."""

    is_metered: Metered = Metered.UNKNOWN

    async def metered(self) -> Metered:
        return self.is_metered


class Bureau:
    """One machine's sharing, in a folder of its own, with a project under the MIT licence."""

    def __init__(self, folder: Path, receiver: Receiver) -> None:
        self.folder = folder
        self.receiver = receiver
        self.clock = WoundClock()
        self.clock.pass_ms(MONDAY_MS)
        self.shelf = Shelf()
        self.link = NamedLink()
        self.environment: dict[str, str] = {}
        self.policy = Policy()
        self.chance = 0.0
        self.token = ""
        self.project = folder / "project"
        (self.project / ".git").mkdir(parents=True)
        (self.project / "LICENSE").write_text(MIT)
        self.options = SharingOptions(
            intake=receiver.url,
            root_key=receiver.side.root_public,
            delay_ms=DAY_MS,
            caps=Caps(200, 8 << 20),
            on_metered=False,
            version="0.1.0",
        )
        self.begin()

    def begin(self, **options: object) -> None:
        """What a daemon has in memory; again after it was killed."""
        self.options = replace(self.options, **options)  # type: ignore[arg-type]
        self.paths = StorePaths(self.folder / "data")
        self.store = Store(
            self.paths,
            self.clock,
            self.environment,
            StoreSettings(KeyPolicy.FILE),
            policy=lambda: self.policy,
        )
        self.outbox = StoreOutbox(self.store)
        self.leave = RecordedLeave(self.store.choices, self.environment)
        others = Others(
            outbox=self.outbox,
            samples=self.shelf,
            counts=StoreCounts(self.store),
            sealer=BundleSealer(),
            intake=IntakeClient(self.token, request_s=LONG_S, silence_s=LONG_S),
            link=self.link,
            leave=self.leave,
            clock=self.clock,
            chance=lambda: self.chance,
        )
        self.office = SharingOffice(others, self.options)

    async def choose(
        self, switch: Switch, *, on: bool, folder: Path | str = "", right: bool = False
    ) -> None:
        """A person decides."""
        choice = ConsentChoice(on, "a test", str(folder))
        if switch is Switch.RECORD:
            await self.store.choose(choice)
        else:
            self.store.choices.choose(choice, switch, right=right)
            await self.office.settle()

    async def open(self) -> None:
        """There is a store: recording is on."""
        await self.choose(Switch.RECORD, on=True)

    def keep(self, name: str, doc: str = "src/a.py", **changes: object) -> KeptSample:
        """A sample ended now, was judged and kept; it stands in the store, too."""
        sample = KeptSample(
            request=name,
            doc=(self.project / doc).as_uri() if ":" not in doc else doc,
            language="python",
            prefix="def total(price):\n    ",
            target=TARGET,
            suffix="\n",
            model="qwen2.5-coder-0.5b",
            proposed_chars=20,
            accepted_chars=20,
            kept_chars=20,
            ended=Break.SETTLED,
            broken_at_ms=self.clock.wall_ms(),
            quality=0.9,
            zone="",
            likeness=None,
            survived=None,
            verdicts=(Verdict("syntax", 1, Finding.PASSED),),
        )
        sample = replace(sample, **changes)  # type: ignore[arg-type]
        self.shelf.samples[name] = sample
        self.store.write_sample(
            a_sample(
                sample.target,
                request=sample.request,
                doc=sample.doc,
                prefix=sample.prefix,
                suffix=sample.suffix,
                proposal=sample.target,
                proposal_id=f"p-{name}",
                model=sample.model,
                accepted_chars=sample.accepted_chars,
                kept_chars=sample.kept_chars,
                break_reason=sample.ended,
                opened_at_ms=sample.broken_at_ms,
                broken_at_ms=sample.broken_at_ms,
            )
        )
        return sample

    async def rounds(self, duration_ms: int, every_ms: int = HOUR_MS) -> None:
        """Let time pass, with a round after each step."""
        for _ in range(duration_ms // every_ms):
            self.clock.pass_ms(every_ms)
            await self.office.round()

    async def close(self) -> None:
        """End."""
        await self.store.close()
