"""A trainer is copied, destroyed and brought back with the very commands of docs/operations.md."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from bench import postgres
from echo_core.sharing.bundle.protocol import Refusal
from echo_testing.trainer_house import (
    Contributor,
    TrainerHouse,
    forget,
    name_of,
    upload,
)
from echo_testing.waiting import LONG_S
from echo_trainer.cli.main import main
from echo_trainer.lake.shredding import RowKeys
from echo_trainer.objects.folder import FolderObjects
from echo_trainer.tables import queue
from echo_trainer.tables.database import Database
from echo_trainer.tables.schema import BundleState
from tidy import tree

PAGE = tree.ROOT / "docs" / "operations.md"
SECRETS = {name: name.encode().ljust(32) for name in ("ada", "bob", "cyd", "dora")}


def commands(first: str) -> str:
    """The block of the page that begins with a comment."""
    found = re.findall(r"```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (block,) = [each for each in found if each.startswith(f"# {first}\n")]
    return str(block)


def run(house: TrainerHouse, script: str, tables: str, folder: Path) -> str:
    """What the page says, with its variables."""
    programs = folder / "bin"
    programs.mkdir(exist_ok=True)
    shim = programs / "echo-trainer"
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m echo_trainer.cli.main "$@"\n')
    shim.chmod(0o755)
    where = postgres.programs() or programs
    named = {
        "BACKUP": str(folder / "backup"),
        "TABLES": tables,
        "WISHES": str(folder / "wishes.txt"),
        "PATH": os.pathsep.join((str(programs), str(where), os.environ["PATH"])),
    }
    done = subprocess.run(
        ["sh", "-eu", "-c", script],
        env=house.environ() | named,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(not shutil.which("sqlite3"), reason="no sqlite3: apt-get install sqlite3")
def test_a_trainer_comes_back_and_wishes_since_the_copy_hold(
    tmp_path: Path, database_url: str
) -> None:
    tables = "" if database_url.startswith("sqlite") else database_url
    house = TrainerHouse.built(
        tmp_path / "home", intake_open="true", curation_workers="1", storage_tables=tables
    )
    people = {name: Contributor(house, secret) for name, secret in SECRETS.items()}
    public = {name: who.pseudonym.public for name, who in people.items()}
    sent = {name: who.envelope(who.good_bundle()) for name, who in people.items()}
    rows_db = house.home.private_keys / "rows.db"
    with httpx.Client(timeout=LONG_S) as client:
        house.start()
        receipts = {who: upload(client, house.url, sent[who]) for who in ("ada", "bob")}
        house.run("curate", "--open-only")
        receipts["cyd"] = upload(client, house.url, sent["cyd"])
        assert {each.status_code for each in receipts.values()} == {201}
        run(house, commands("backup"), tables, tmp_path)
        assert forget(client, house.url, people["ada"].wish()).status_code == 202
        house.run("curate", "--open-only")
        assert forget(client, house.url, people["ada"].wish()).status_code == 200
        house.run("wishes", str(tmp_path / "wishes.txt"))
        house.kill()
        shutil.rmtree(house.home.folder)

        # Came between the copy of the rows and that of the envelopes.
        restore = commands("restore").partition("echo-trainer mend")
        run(house, restore[0], tables, tmp_path)
        assert RowKeys(rows_db).everyone() == {public["ada"], public["bob"]}
        FolderObjects(house.home.objects_folder).put({name_of(sent["dora"]): sent["dora"]})
        said = run(house, "".join(restore[1:]), tables, tmp_path)
        assert "1 wishes done again\n1 envelopes taken in again" in said
        assert "0 envelopes erased" in said
        assert "0 files left alone" in said
        assert "0 bundles that wait" in said
        assert RowKeys(rows_db).everyone() == {public[who] for who in ("bob", "cyd", "dora")}

        house.start()
        again = {who: upload(client, house.url, content) for who, content in sent.items()}
        house.stop()
    assert again["ada"].json()["refused"] == Refusal.DELETED
    assert {again[who].status_code for who in ("bob", "cyd", "dora")} == {200}
    assert [again[who].content == receipts[who].content for who in ("bob", "cyd")] == [True, True]
    assert FolderObjects(house.home.objects_folder).get(name_of(sent["ada"])) is None


def test_where_nobody_wished_there_is_a_file_that_says_so(tmp_path: Path) -> None:
    home, path = ["--home", str(tmp_path / "home")], tmp_path / "wishes.txt"
    for command in (["keys", "create"], ["wishes", str(path)], ["mend", "--wishes", str(path)]):
        done = CliRunner().invoke(main, [*home, *command])
        assert done.exit_code == 0, done.output
    assert path.read_bytes() == b""


def test_what_is_no_file_of_wishes_is_said(tmp_path: Path) -> None:
    house = TrainerHouse.built(tmp_path / "home")
    path = tmp_path / "wishes.txt"
    for content in ("not hex", "ab12"):
        path.write_text(content, encoding="ascii")
        done = CliRunner().invoke(
            main, ["--home", str(house.home.folder), "mend", "--wishes", str(path)]
        )
        assert done.exit_code == 2
        assert "wishes" in done.output


def test_what_does_not_agree_is_counted(
    tmp_path: Path,
) -> None:
    house = TrainerHouse.built(tmp_path / "home", intake_open="true")
    ada, bob = (Contributor(house, SECRETS[name]) for name in ("ada", "bob"))
    objects = FolderObjects(house.home.objects_folder)
    with httpx.Client(timeout=LONG_S) as client:
        house.start()
        lost, done, late = bob.envelope(), bob.envelope(), ada.envelope()
        for each in (lost, done):
            assert upload(client, house.url, each).status_code == 201
        assert forget(client, house.url, ada.wish()).status_code == 200
        house.stop()
    objects.delete([name_of(lost)])
    objects.put({name_of(late): late})
    torn = house.home.objects_folder / "00" / ("0" * 64)
    torn.parent.mkdir(exist_ok=True)
    torn.write_bytes(b"torn")
    said = house.run("mend")
    assert "1 envelopes erased whose pseudonym asked for it" in said
    assert "1 bundles that wait for curation and have no envelope" in said
    assert "1 files left alone that are no unharmed envelopes" in said
    assert list(objects.names()) == sorted([torn.name, name_of(done)])
    rows = Database("", house.home.tables_file)
    with rows.begin() as connection:
        queue.take(connection, [name_of(done)])
        queue.finish(connection, [name_of(done)], BundleState.CURATED, "2026-11-22")
    said = house.run("mend", "--lake-lost")
    assert "0 envelopes erased" in said
    assert "1 bundles that curation opens once more" in said
    with rows.read() as connection:
        (again,) = queue.waiting(connection, 9, taken=True)
        assert again.digest == name_of(done)
    rows.close()
    assert "unreadable" in house.run("audit", code=1)
