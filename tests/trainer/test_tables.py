"""The trainer's tables on SQLite and PostgreSQL: migrations, batches, wishes, the sweep."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import select, text

from echo_core.errors import InputError, TrainerError
from echo_core.sharing.bundle.protocol import Refusal
from echo_trainer.tables import intake, queue, tokens
from echo_trainer.tables.database import Database
from echo_trainer.tables.intake import Arrival, DayCaps, WishRow
from echo_trainer.tables.schema import METADATA, BundleState, DeletionState, rates

CAPS = DayCaps(bundles=3, bytes=10_000)
DAY = "2026-11-22"


def arrival(number: int, who: int = 1) -> Arrival:
    return Arrival(f"{number:064x}", "samples", f"{who:064x}", "2026-W47", "k", 1, 4096, DAY)


def wish(number: int, who: int = 1) -> WishRow:
    return WishRow(f"{number:064x}", f"{who:064x}", "samples", "2026-W47", DAY, b"signed")


def accept(database: Database, *arrivals: Arrival, at_ms: int = 1000) -> intake.Announced:
    """Announce and settle, as a batch does around storing."""
    with database.begin() as rows:
        said = intake.announced(rows, arrivals, CAPS, at_ms)
    with database.begin() as rows:
        intake.settled(rows, said.fresh, lambda each: each.digest.encode())
    return said


def counts(database: Database) -> dict[str, int]:
    with database.begin() as rows:
        return intake.counts(rows)


def test_migrations_lead_from_nothing_to_the_tables(database: Database) -> None:
    with database.engine.connect() as rows:
        found = MigrationContext.configure(rows, opts={"compare_type": True})
        assert compare_metadata(found, METADATA) == []
    database.upgrade()  # again: nothing to do
    with database.begin() as rows:
        rows.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(TrainerError, match="later version"):
        database.upgrade()


def test_a_bundle_is_accepted_once(database: Database) -> None:
    assert [each.digest for each in accept(database, arrival(1), arrival(2)).fresh] == [
        arrival(1).digest,
        arrival(2).digest,
    ]
    again = accept(database, arrival(1))
    assert (again.fresh, again.receipts) == ([], {arrival(1).digest: arrival(1).digest.encode()})
    assert counts(database) == {"received": 2, "open_deletions": 0, "loose": 0}
    with database.begin() as rows:
        assert intake.size_of(rows, arrival(1).digest) == 4096
        assert intake.size_of(rows, arrival(9).digest) is None


def test_caps_hold_by_day_and_within_a_batch(database: Database) -> None:
    said = accept(database, arrival(1), arrival(2), arrival(3), arrival(4, who=2))
    assert said.refused == {arrival(3).digest: Refusal.CAP}  # 8,192 of 10,000 bytes are spent
    tomorrow = replace(arrival(5), day="2026-11-23")
    assert accept(database, tomorrow).refused == {}
    with database.begin() as rows:
        intake.prune(rows, "2026-11-23")
        assert [row.day for row in rows.execute(select(rates))] == ["2026-11-23"]


def test_what_dies_between_announcing_and_settling_is_swept(database: Database) -> None:
    with database.begin() as rows:
        intake.announced(rows, [arrival(1), arrival(2)], CAPS, 1000)
    accept(database, arrival(2))  # the client came again with one of them
    erased: list[str] = []
    with database.begin() as rows:
        assert intake.swept(rows, 1000, erased.extend, 10) == 0
        assert intake.swept(rows, 1001, erased.extend, 10) == 1
    assert erased == [arrival(1).digest]
    with database.begin() as rows:  # the upload that was too slow: its object is gone
        late = intake.settled(rows, [arrival(1)], lambda each: b"receipt")
    assert late.refused == {arrival(1).digest: Refusal.BUSY}


def test_a_wish_takes_everything_of_a_pseudonym_and_keeps_it_away(database: Database) -> None:
    accept(database, arrival(1), arrival(2), arrival(3, who=2))
    with database.begin() as rows:
        assert intake.forgotten(rows, wish(7)) is DeletionState.DONE
    erased: list[str] = []
    with database.begin() as rows:
        assert intake.swept_forgotten(rows, erased.extend, 10) == 2
    assert sorted(erased) == [arrival(1).digest, arrival(2).digest]
    assert accept(database, arrival(1)).refused == {arrival(1).digest: Refusal.DELETED}
    with database.begin() as rows:
        assert intake.receipts_of(rows, [arrival(1).digest]) == {}
        assert intake.confirm(rows, wish(7).id, DAY, b"first") == b"first"
        assert intake.confirm(rows, wish(7).id, DAY, b"second") == b"first"
        assert intake.forgotten(rows, wish(7)) is DeletionState.DONE
        assert [each.digest for each in queue.waiting(rows, 10)] == [arrival(3).digest]
        assert [row.contributor for row in rows.execute(select(rates))] == [f"{2:064x}"]


def test_a_wish_that_comes_while_an_envelope_is_stored_wins(database: Database) -> None:
    with database.begin() as rows:
        said = intake.announced(rows, [arrival(1)], CAPS, 1000)
    with database.begin() as rows:
        intake.forgotten(rows, wish(7))
    with database.begin() as rows:
        late = intake.settled(rows, said.fresh, lambda each: b"receipt")
    assert late.refused == {arrival(1).digest: Refusal.DELETED}
    assert counts(database)["loose"] == 1


def test_a_wish_waits_for_what_curation_made(database: Database) -> None:
    accept(database, arrival(1), arrival(2))
    with database.begin() as rows:
        assert queue.take(rows, [arrival(1).digest, arrival(9).digest]) == [arrival(1).digest]
        assert queue.take(rows, [arrival(1).digest]) == []
        (taken,) = queue.waiting(rows, 10, taken=True)
        assert (taken.digest, taken.number) == (arrival(1).digest, 1)
        assert queue.finish(rows, [taken.digest], BundleState.CURATED, DAY) == [taken.digest]
    with database.begin() as rows:
        assert intake.forgotten(rows, wish(7)) is DeletionState.OPEN
        (still,) = queue.open_deletions(rows)
        assert (still.id, still.contributor) == (wish(7).id, wish(7).contributor)
        queue.deleted(rows, still.id)
        assert queue.open_deletions(rows) == []
        assert intake.forgotten(rows, wish(7)) is DeletionState.DONE


def test_envelopes_are_let_go_after_their_days_and_wishes_still_find_them(
    database: Database,
) -> None:
    accept(database, arrival(1), arrival(2), arrival(3, who=2))
    early, late = [arrival(1).digest], [arrival(3).digest]
    with database.begin() as rows:
        queue.take(rows, [*early, *late])
        queue.finish(rows, early, BundleState.CURATED, "2026-11-20")
        queue.finish(rows, late, BundleState.REFUSED, "2026-11-21", "consent")
    erased: list[str] = []
    with database.begin() as rows:
        assert queue.let_go(rows, "2026-11-20", erased.extend, 10) == 0
        assert queue.let_go(rows, "2026-11-21", erased.extend, 10) == 1
        assert queue.let_go(rows, "2026-11-21", erased.extend, 10) == 0
    assert erased == early
    # The same bundle again is known, and not stored again.
    assert list(accept(database, arrival(1)).receipts) == early
    with database.begin() as rows:
        assert [each.digest for each in queue.waiting(rows, 10)] == [arrival(2).digest]
        assert intake.forgotten(rows, wish(7)) is DeletionState.OPEN
        queue.deleted(rows, wish(7).id)
        assert queue.let_go(rows, "2026-11-22", erased.extend, 10) == 1
    assert erased == [*early, *late]


def test_tokens_are_kept_by_digest_and_end(database: Database) -> None:
    with database.begin() as rows:
        first, token = tokens.create(rows, "team a", DAY, "")
        second, _ = tokens.create(rows, "team b", DAY, "2026-12-01")
        listed = {each.id: each for each in tokens.listed(rows)}
        assert listed[first].digest == tokens.digest_of(token)
        assert token not in repr(listed)
        assert listed[second].holds("2026-12-01")
        assert not listed[second].holds("2026-12-02")
        assert tokens.revoke(rows, first, DAY)
        assert not tokens.revoke(rows, first, DAY)
        assert not {each.id: each for each in tokens.listed(rows)}[first].holds(DAY)


@pytest.mark.parametrize("url", ["nothing", "mysql://a/b", "sqlite://", "sqlite:///:memory:"])
def test_a_database_that_is_none_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(InputError, match=r"storage\.tables"):
        Database(url, tmp_path / "x.db")


def test_a_failing_database_says_nothing_of_what_was_asked(tmp_path: Path) -> None:
    made = Database("", tmp_path / "a" / "x.db")
    with pytest.raises(TrainerError) as caught, made.begin() as rows:
        intake.receipts_of(rows, ["f" * 64])
    assert "f" * 64 not in f"{caught.value} {caught.value.__cause__}"
    made.close()
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o700
