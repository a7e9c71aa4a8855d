"""A trainer's home in which something has happened: contributions, a version, runs, releases.

All of it by the services that the commands ask; what is trained and judged stands in documents.

Left out: who sends (rows come as intake writes them), models.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from echo_core.release.channel import PARTS, Arm
from echo_core.release.metadata import Kind
from echo_core.sharing.bundle.contents import Contribution, week_of
from echo_runtime.clock import SystemClock
from echo_testing.contributions import COUNTERS, REPORT, sample
from echo_testing.release_house import CHANNEL, Publisher
from echo_trainer.curation.drops import Drop
from echo_trainer.curation.manifest import Manifest, encode
from echo_trainer.curation.parameters import Parameters
from echo_trainer.datasets.making import Making
from echo_trainer.home import Home
from echo_trainer.keys.ring import KeyRing
from echo_trainer.lake.cells import Cells
from echo_trainer.lake.engine import engine
from echo_trainer.lake.places import DOCUMENTS, Lake
from echo_trainer.lake.samples import Opened, SampleTable, rows_of
from echo_trainer.lake.shredding import RowKeys
from echo_trainer.lake.versions import REPORT_HTML, Versions
from echo_trainer.release import arranging
from echo_trainer.reports.facts import RunFacts
from echo_trainer.reports.page import page
from echo_trainer.runs import curve
from echo_trainer.runs.folders import Runs
from echo_trainer.runs.records import Base, Run, Shipped, Verdict, digest
from echo_trainer.runs.records import encode as encode_run
from echo_trainer.tables import counters, intake, queue, tokens
from echo_trainer.tables.database import Database
from echo_trainer.tables.intake import Arrival, DayCaps, WishRow
from echo_trainer.tables.schema import BundleState

CANARY = "quuxfrobnicator"  # stands in every sample, and on no page
BASE = Base("qwen2.5-coder-0.5b", "a" * 64, 491_400_064, "qwen2", "qwen2.5-coder")
_CAPS = DayCaps(1_000_000, 1 << 50)
_LANGUAGES = ("python", "typescript", "rust", "go")
_WORDS = ("alpha", "beta", "gamma", "delta", "order", "user", "count", "total", "value", "list")
_BUNDLE_BYTES = 65_536


@dataclass
class WorkedTrainer:
    """One home, and what was done in it."""

    folder: Path
    tables: str = ""  # a database's URL; else SQLite
    clock: SystemClock = field(default_factory=SystemClock)

    def __post_init__(self) -> None:
        self.home = Home(self.folder / "home")
        self.home.prepare()
        self.publisher = Publisher(self.folder / "signing")
        self.database = Database(self.tables, self.home.tables_file)
        self.database.upgrade()
        self.people: list[str] = []

    @property
    def lake(self) -> Lake:
        """Where its versions lie."""
        return Lake.at("", self.home.data / "lake", {})

    @property
    def today(self) -> date:
        """The day in UTC."""
        return datetime.fromtimestamp(self.clock.wall_ms() / 1000, UTC).date()

    @property
    def signing(self) -> tuple[str, ...]:
        """Options that say where the release repository and its keys lie."""
        folder = self.publisher.folder
        return ("--repository", str(folder / "repository"), "--keys", str(folder / "keys"))

    def happen(self) -> None:
        """A month of work."""
        KeyRing(self.home).create(self.today, 365)
        self.contribute(days=24, people=6, each=2)
        self.wish()
        self.token("an old team", revoked=True)
        self.token("our team")
        version = self.version()
        self.train("2026-11-first", version, passed=False)
        verdict = self.train("2026-11-second", version, passed=True)
        self.release(version.digest, verdict)
        self.compare()

    def contribute(self, days: int, people: int, each: int) -> None:
        """Bundles of some days; of the older ones curation has taken some and refused some."""
        chance = random.Random(days)
        for back in reversed(range(days)):
            day = self.today - timedelta(days=back)
            week = week_of(
                int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000
            )
            arrivals = [
                self._arrival(f"{week} {who}", week, day.isoformat(), chance)
                for who in range(people)
                for _ in range(each)
            ]
            with self.database.begin() as rows:
                fresh = intake.announced(rows, arrivals, _CAPS, 0).fresh
                intake.settled(rows, fresh, lambda one: one.digest.encode())
            if back > 2:
                with self.database.begin() as rows:
                    self._curate(rows, [one.digest for one in fresh])

    def _arrival(self, who: str, week: str, day: str, chance: random.Random) -> Arrival:
        contributor = sha256(who.encode()).hexdigest()
        self.people.append(contributor)
        return Arrival(
            digest=f"{chance.getrandbits(256):064x}",
            kind="samples",
            contributor=contributor,
            week=week,
            key="open-1",
            schema=1,
            size=_BUNDLE_BYTES,
            day=day,
        )

    def _curate(self, rows, digests: Sequence[str]) -> None:  # type: ignore[no-untyped-def]
        taken, day = queue.take(rows, digests), self.today.isoformat()
        queue.finish(rows, taken[1:], BundleState.CURATED, day)
        queue.finish(rows, taken[:1], BundleState.REFUSED, day, Drop.CONSENT)

    def wish(self) -> None:
        """The first of all asks for deletion."""
        who = self.people[0]
        found = WishRow(
            sha256(b"a wish").hexdigest(), who, "samples", "2026-W40", self.today.isoformat(), b"w"
        )
        with self.database.begin() as rows:
            intake.forgotten(rows, found)

    def token(self, label: str, *, revoked: bool = False) -> str:
        """A token's id."""
        day = self.today.isoformat()
        with self.database.begin() as rows:
            made, _ = tokens.create(rows, label, day, "")
            if revoked:
                tokens.revoke(rows, made, day)
        return made

    def version(self, samples: int = 60) -> Manifest:
        """A dataset version of made-up code, with its report."""
        keys = RowKeys(self.folder / "rows.db")
        opened = [
            Opened(sha256(f"{at % 6}".encode()).hexdigest(), "2026-W46", _contribution(at))
            for at in range(samples)
        ]
        people = {one.contributor for one in opened}
        self.people += people
        SampleTable(self.lake).add(rows_of(opened, keys.made_for(people), Cells()))
        parameters = Parameters(contributors_min=1, heldout_persons=0, heldout_newest=0)
        making = Making(self.lake, engine(1, "", {}), keys, self.clock)
        made = making.run(parameters, [], self.today.isoformat()).manifest
        Versions(self.lake).report(made.name, REPORT_HTML, page(made, RunFacts(bundles=3)))
        return made

    def more_versions(self, manifest: Manifest, count: int) -> None:
        """Manifests like one, and nothing else."""
        for number in range(count):
            other = replace(manifest, inputs=f"{number:064x}")
            self.lake.write(f"{DOCUMENTS}/{other.name}.manifest.json", encode(other))
            self.lake.write(f"{DOCUMENTS}/{other.name}.rows", other.name.encode())

    def break_a_version(self) -> str:
        """A version whose manifest was damaged."""
        name = "0123456789abcdef"
        self.lake.write(f"{DOCUMENTS}/{name}.manifest.json", b"{}")
        return name

    def train(self, name: str, version: Manifest, *, passed: bool) -> str:
        """A run's documents; the digest of its verdict."""
        folder = Runs.of(self.home).named(name)
        folder.write(
            Run(
                name=name,
                base=BASE,
                dataset=version.name,
                dataset_sha256=version.digest,
                code="0.1.0",
                parameters={"rank": 8, "rate": 2e-4, "epochs": 2},
                examples={"train": 48, "target_too_long": 2},
                tokens=48_000,
                steps=60,
                seconds=412.5,
                figures={"loss_before": 1.92, "loss_after": 1.31},
                made=version.made,
            )
        )
        for step in range(1, 61):
            figures = {"loss": 1.9 - step / 100, "learning_rate": 2e-4 * (1 - step / 61)}
            curve.note(folder, step, figures)
        shipped = Shipped(name, Kind.ADAPTER, BASE, 8_800_000, "c" * 64, {"tokens_per_s": 31.5})
        folder.write(shipped)
        verdict = Verdict(
            run=name,
            kind=Kind.ADAPTER,
            sha256="c" * 64,
            base_sha256=BASE.sha256,
            dataset_sha256=version.digest,
            passed=passed,
            reasons=() if passed else ("Exact match fell from 0.42 to 0.31.",),
            figures={"exact_match": 0.46 if passed else 0.31, "void_precision": 0.9},
        )
        folder.write(verdict)
        gate = folder.gate(Kind.ADAPTER)
        (gate / "report.html").write_text(
            "<!doctype html><html lang=en><title>Gate</title><style>h1 { color: rgb(1, 2, 3) }"
            "</style><h1>Gate</h1><script>document.title = 'ran'</script></html>",
            encoding="utf-8",
        )
        (gate / "card.md").write_text(f"# {name}\n", encoding="utf-8")
        return digest(encode_run(verdict))

    def release(self, dataset_sha256: str, verdict: str) -> None:
        """Three releases: one for all, one for some, one blocked."""
        self.publisher.folder.mkdir(parents=True, exist_ok=True)
        self.publisher.begin()
        for number in (1, 2, 3):
            self.publisher.publish(
                f"2026-11-r{number}",
                f"model {number}",
                dataset_sha256=dataset_sha256,
                gate_sha256=verdict if number == 3 else f"{number:064x}",
            )
            self.publisher.promote(f"2026-11-r{number}")
        self.publisher.rollback("2026-11-r2", "slower on laptops")

    def compare(self, clients: int = 40) -> None:
        """An experiment, and what clients of two sides counted in a week."""
        repository = self.publisher.repository()
        arms = [Arm("old", "2026-11-r1", PARTS // 2), Arm("new", "2026-11-r3", PARTS // 2)]
        arranging.start(repository, CHANNEL, "depth", arms)
        repository.commit()
        chance = random.Random(0)
        with self.database.begin() as rows:
            for number in range(2 * clients):
                side = arms[number % 2].name
                accepted = 20 + chance.randrange(20) + 10 * (side == "new")
                row = replace(COUNTERS, arm=f"depth.{side}", shown=100, accepted=accepted)
                who = sha256(f"client {number}".encode()).hexdigest()
                self.people.append(who)
                counters.add(rows, replace(REPORT, contributor=who, rows=(row,)))

    def close(self) -> None:
        """Give the database back."""
        self.database.close()


def _contribution(number: int) -> Contribution:
    chance = random.Random(number)
    return sample(
        number,
        day=f"2026-11-{chance.randrange(1, 20):02}",
        language=_LANGUAGES[min(3, number % 7)],
        prefix="".join(_line(chance) for _ in range(12)),
        target=_line(chance).strip() if number % 9 else "",
        suffix="\n" + "".join(_line(chance) for _ in range(6)),
        quality=chance.randrange(300, 1000),
        zone=("easy", "middle", "wild", "")[number % 4],
    )


def _line(chance: random.Random) -> str:
    one, two = chance.choice(_WORDS), chance.choice(_WORDS)
    return f"    {one}_{CANARY} = {two}({chance.randrange(9999)})\n"
