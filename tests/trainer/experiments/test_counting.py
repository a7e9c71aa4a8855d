"""From sealed week reports to the report of an experiment, with the commands that people use."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from echo_core.sharing.bundle.contents import Counters, WeekReport, week_of
from echo_core.sharing.bundle.envelope import Kind
from echo_core.sharing.consent import Switch
from echo_core.sharing.consent_text import text_digest
from echo_testing.contributions import COUNTERS, REPORT
from echo_testing.release_house import Publisher, passphrase_fd
from echo_testing.trainer_house import (
    NOW_MS,
    TODAY,
    Contributor,
    TrainerHouse,
    forget,
    serving,
    upload,
)
from echo_testing.waiting import LONG_S
from echo_trainer.cli.main import main
from echo_trainer.experiments.counting import Counting, Fate
from echo_trainer.experiments.ratios import CLIENTS_MIN
from echo_trainer.objects.folder import FolderObjects
from echo_trainer.tables import counters
from echo_trainer.tables.database import Database

LAST_WEEK = week_of(NOW_MS - 7 * 86_400_000)
CONSENT = text_digest(Switch.METRICS)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[TrainerHouse]:
    with serving(
        tmp_path / "trainer", intake_open="true", intake_requests_a_minute="100000"
    ) as made:
        yield made


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=LONG_S) as made:
        yield made


def person(house: TrainerHouse, number: int) -> Contributor:
    return Contributor(house, bytes([number]) * 32, kind=Kind.METRICS)


def report_of(who: Contributor, *rows: Counters, **changes: str) -> WeekReport:
    made = replace(REPORT, contributor=who.pseudonym.public, week=LAST_WEEK, consent=CONSENT)
    return replace(made, rows=rows, **changes)  # type: ignore[arg-type] # texts only


@contextmanager
def opened(house: TrainerHouse) -> Iterator[tuple[Database, Counting]]:
    database = Database("", house.home.tables_file)
    database.upgrade()
    with closing(database):
        objects = FolderObjects(house.home.objects_folder)
        yield (
            database,
            Counting(database, objects, house.ring.openers(), {CONSENT}, TODAY.isoformat()),
        )


def test_an_experiment_from_its_start_to_its_report(
    house: TrainerHouse, client: httpx.Client, tmp_path: Path
) -> None:
    publisher = Publisher(tmp_path / "releases")
    publisher.folder.mkdir()
    publisher.begin()
    publisher.publish("r2", "")
    where = ["--repository", str(publisher.folder / "repository")]
    keys = ["--keys", str(publisher.folder / "keys")]
    arms = ["--arm", "old=base:50", "--arm", "new=r2:50"]

    def trainer(*words: str) -> str:
        done = CliRunner().invoke(main, ["--home", str(house.home.folder), *words])
        assert done.exit_code == 0, done.output
        return done.stdout

    def experiment(*more: str) -> str:
        return trainer("experiment", more[0], *where, *more[1:])

    assert experiment("start", "depth", *arms, "--dry-run") == "would: stable: experiments: depth\n"
    assert experiment("show") == ""
    secret = ["--passphrase-fd", str(passphrase_fd())]
    assert experiment("start", *keys, *secret, "depth", *arms) == "stable: experiments: depth\n"
    assert experiment("show") == "runs  depth: old base 50%, new r2 50%\n"
    assert "0 clients" in experiment("report", "depth")

    for number in range(2 * CLIENTS_MIN):
        who, arm = person(house, number), ("old", "new")[number % 2]
        row = replace(COUNTERS, arm=f"depth.{arm}", shown=50, accepted=10 + number % 7)
        assert upload(client, house.url, who.envelope(report_of(who, row))).is_success
    said = experiment("report", "depth")
    assert "Go on with new: the acceptance rate changed by" in said
    assert experiment("report", "depth") == said  # nothing is counted twice
    document = json.loads(experiment("report", "depth", "--form", "json"))
    assert [side["clients"] for side in document["sides"]] == [CLIENTS_MIN, CLIENTS_MIN]
    out = tmp_path / "report.html"
    told = experiment("report", "depth", "--form", "html", "--out", str(out))
    assert told.strip() in out.read_text(encoding="utf-8")

    # Whoever asks for deletion is no longer counted, and stands nowhere.
    assert forget(client, house.url, person(house, 0).wish()).is_success
    trainer("curate", "--open-only")
    trainer("audit")
    document = json.loads(experiment("report", "depth", "--form", "json"))
    assert [side["clients"] for side in document["sides"]] == [CLIENTS_MIN - 1, CLIENTS_MIN]


def test_what_cannot_be_counted_is_told_apart(house: TrainerHouse, client: httpx.Client) -> None:
    row = replace(COUNTERS, arm="depth.new")
    people = [person(house, number) for number in range(6)]
    fine, again, consent, other, twins, bins = people
    reports = [
        (fine, report_of(fine, row)),
        (again, report_of(again, row)),
        (again, report_of(again, replace(row, shown=9))),
        (consent, report_of(consent, row, consent="0" * 64)),
        (other, report_of(fine, row)),  # in somebody else's name
        (twins, report_of(twins, row, row)),
        (bins, report_of(bins, replace(row, latency=(1,)))),
    ]
    for who, report in reports:
        assert upload(client, house.url, who.envelope(report)).is_success
    with opened(house) as (database, counting):
        assert counting.run() == Counter(
            {Fate.COUNTED: 2, Fate.TWICE: 1, Fate.CONSENT: 1, Fate.SCHEMA: 3}
        )
        assert counting.run() == Counter()
        with database.begin() as rows:
            found = {client: row.shown for client, _, row in counters.of_experiment(rows, "depth")}
            assert found == {each.pseudonym.public: COUNTERS.shown for each in (fine, again)}
            assert list(counters.of_experiment(rows, "dept")) == []
            assert counters.forget(rows, fine.pseudonym.public) == 1


def test_reports_are_opened_with_the_key_they_were_sealed_for(
    house: TrainerHouse, client: httpx.Client
) -> None:
    who = person(house, 1)
    assert upload(client, house.url, who.envelope(report_of(who, COUNTERS))).is_success
    with opened(house) as (_, counting):
        assert replace(counting, openers={}).run() == Counter({Fate.UNREADABLE: 1})
