"""The lake's parts: cells, row keys, the table of samples, plain files."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from echo_core.errors import TrainerError
from echo_testing.contributions import sample
from echo_trainer.lake.cells import Cells, Texts
from echo_trainer.lake.places import Lake
from echo_trainer.lake.samples import Opened, SampleTable, key_of, rows_of
from echo_trainer.lake.shredding import RowKeys

ADA, BOB = "aa" * 32, "bb" * 32
_TEXTS = Texts("before ", "tärget", " behind\U0001f600")


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake.at("", tmp_path / "lake", {})


@pytest.fixture
def keys(tmp_path: Path) -> RowKeys:
    return RowKeys(tmp_path / "rows.db")


def test_a_cell_opens_for_its_own_row_and_key_alone() -> None:
    cells, key = Cells(), bytes(32)
    closed = cells.close(_TEXTS, "row", key)
    assert cells.open(closed, "row", key) == _TEXTS
    assert "tärget".encode() not in closed
    assert closed != cells.close(_TEXTS, "row", key)
    for row, other in (("other", key), ("row", bytes([1]) * 32)):
        with pytest.raises(TrainerError):
            cells.open(closed, row, other)


def test_keys_are_made_once_and_destroyed_for_good(keys: RowKeys) -> None:
    made = keys.made_for({ADA, BOB})
    assert keys.made_for({ADA}) == {ADA: made[ADA]}
    assert keys.path.stat().st_mode & 0o077 == 0
    assert keys.destroy(ADA)
    assert not keys.destroy(ADA)
    assert keys.of({ADA, BOB}) == {BOB: made[BOB]}
    assert keys.everyone() == {BOB}
    content = keys.path.read_bytes()
    assert made[BOB] in content
    assert made[ADA] not in content
    assert ADA.encode() not in content
    assert [path.name for path in keys.path.parent.iterdir()] == [keys.path.name]


def test_keys_that_cannot_be_had_are_told(tmp_path: Path) -> None:
    (tmp_path / "broken.db").write_bytes(b"no database" * 100)
    for name in ("broken.db", "none/rows.db"):
        with pytest.raises(TrainerError, match="restore it"):
            RowKeys(tmp_path / name).everyone()
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE keys (x)")
    other.close()
    with pytest.raises(TrainerError):
        RowKeys(tmp_path / "other.db").made_for({ADA})


def test_a_sample_is_in_the_table_once(lake: Lake, keys: RowKeys) -> None:
    table = SampleTable(lake)
    assert (table.count(), table.exists(), table.forget(ADA)) == (0, False, 0)
    opened = [Opened(who, "2026-W47", sample(n)) for who in (ADA, BOB) for n in range(3)]
    rows = rows_of([*opened, opened[0]], keys.made_for({ADA, BOB}), Cells())
    assert rows.num_rows == 6
    assert table.add(rows) == 6
    assert table.add(rows) == 0
    later = replace(opened[0], week="2026-W48", sample=sample(9))
    assert table.add(rows_of([later], keys.of({ADA}), Cells())) == 1
    assert table.count() == 7
    assert key_of(ADA, "1") != key_of(BOB, "1")


def test_what_is_forgotten_leaves_every_file(lake: Lake, keys: RowKeys) -> None:
    table = SampleTable(lake)
    made = keys.made_for({ADA, BOB})
    for who in (ADA, BOB):
        table.add(rows_of([Opened(who, "2026-W47", sample(n)) for n in range(4)], made, Cells()))
    assert table.forget(ADA) == 4
    assert table.forget(ADA) == 0
    people = set()
    for path in Path(lake.root).rglob("*"):
        if path.suffix == ".parquet" and "checkpoint" not in path.name:
            people |= set(pq.read_table(path)["contributor"].to_pylist())
        elif path.is_file():
            assert ADA.encode() not in path.read_bytes()
    assert people == {BOB}
    with pytest.raises(TrainerError, match="hex"):
        table.forget("' OR 1=1 --")


def test_plain_files_are_written_listed_and_removed(lake: Lake) -> None:
    lake.write("documents/a.json", b"1")
    lake.write("documents/b.json", b"2")
    lake.write("scratch/c", b"3")
    assert list(lake.names()) == ["documents/a.json", "documents/b.json", "scratch/c"]
    assert lake.read("documents/b.json") == b"2"
    lake.remove("documents")
    assert list(lake.names("documents")) == []
    assert lake.read("documents/b.json") is None
    lake.discard("scratch/c")
    lake.discard("scratch/c")
    assert list(lake.names()) == []


def test_where_a_lake_may_be(tmp_path: Path) -> None:
    assert Lake.at(f"file://{tmp_path}/x", tmp_path, {}).root == f"{tmp_path}/x"
    bucket = Lake.at("s3://bucket/lake/", tmp_path, {"AWS_REGION": "x", "PATH": "y"})
    assert bucket.is_remote
    assert bucket.within("samples") == "s3://bucket/lake/samples"
    assert bucket.options == {"AWS_REGION": "x"}
    own = Lake.at("s3://bucket", tmp_path, {"AWS_ENDPOINT_URL": "http://host:1"})
    assert own.options["AWS_ALLOW_HTTP"] == "true"
    with pytest.raises(TrainerError, match="s3://"):
        Lake.at("ftp://host/x", tmp_path, {})
