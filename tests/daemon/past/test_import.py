"""A repository's history into the store: real git, a real store, the real command."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from echo_core.errors import InputError, StoreError
from echo_core.experience.fold import Fold
from echo_core.experience.past import Refusal
from echo_core.records.wire import ConsentChoice, PastFile, PastFiles, SampleQuery, SamplesQuery
from echo_daemon.archive import StoreArchive
from echo_daemon.git.program import GitError, GitProgram
from echo_daemon.mining.matching import RapidMatcher
from echo_daemon.past import history
from echo_daemon.past.history import Commit, Wanted, author_of, commits, root_of
from echo_daemon.past.importer import Importer
from echo_daemon.store.keys import KeyPolicy
from echo_daemon.store.recorder import Store, StorePaths, StoreSettings
from echo_runtime.clock import SystemClock
from echo_testing.repos import Repo

CODE = "import a\n\n\ndef f(x):\n    return x\n"


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo(tmp_path / "repo with space")


async def read(repo: Repo, **wanted: str) -> list[Commit]:
    async with aclosing(commits(GitProgram(), repo.root, Wanted(**wanted))) as found:
        return [commit async for commit in found]


async def test_hunks_come_newest_first_with_the_parents_text(repo: Repo) -> None:
    repo.write("src/ä b.py", CODE)
    repo.commit()
    repo.write("src/ä b.py", CODE.replace("import a\n", "import a\nimport b\n"))
    second = repo.commit()
    repo.write("src/ä b.py", CODE.replace("import a\n", "import a\nimport c\n"))
    third = repo.commit()
    found = await read(repo)
    assert [commit.name for commit in found[:2]] == [third, second]
    assert found[2].refused == Counter({Refusal.NEW_FILE: 1})
    (change,) = found[1].changes
    assert (change.path, change.language, change.text) == ("src/ä b.py", "python", CODE)
    assert [(edit.start, edit.end, edit.inserted) for edit in change.edits] == [
        (9, 9, "import b\n")
    ]
    assert change.made_ms % 1000 == 0
    (newer,) = found[0].changes
    assert newer.edits[0].inserted == "import c\n"
    assert newer.text[newer.edits[0].start : newer.edits[0].end] == "import b\n"


async def test_what_is_left_out_is_counted(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "FILE_BYTES_MAX", 10_000)
    files: dict[str, bytes] = {
        "a.md": b"text\n", "b.py": b"\xff\xfe\n", "c.py": b"x = 1\n" * 2_000,
        "d.py": b"# do not edit\n", "vendor/e.py": b"x\n", "f.py": b"x = 1\n", "g.py": b"y\n",
    }  # fmt: skip
    for name, content in files.items():
        repo.write(name, content)
    repo.commit()
    for name, content in files.items():
        repo.write(name, content + b"more = 2\n")
    (repo.root / "g.py").unlink()
    repo.commit()
    repo.git("mv", "f.py", "h.py")
    repo.commit()
    found = await read(repo)
    assert found[0].refused == Counter({Refusal.DELETION: 1, Refusal.NEW_FILE: 1})
    assert found[1].refused == Counter(
        {Refusal.NOT_CODE: 1, Refusal.BINARY: 1, Refusal.HUGE: 1, Refusal.GENERATED: 2,
         Refusal.DELETION: 1}
    )  # fmt: skip
    assert [change.path for change in found[1].changes] == ["f.py"]
    monkeypatch.setattr(history, "FILES_MAX", 3)
    assert (await read(repo))[1].refused == Counter({Refusal.BULK: 1})


async def test_merges_submodules_and_other_authors_are_left_out(repo: Repo, tmp_path: Path) -> None:
    repo.write("a.py", CODE)
    repo.commit()
    repo.git("checkout", "-q", "-b", "side")
    repo.write("b.py", CODE)
    repo.commit()
    repo.write("b.py", CODE + "other = 1\n")
    repo.commit(author="Other@example.org")
    repo.git("checkout", "-q", "main")
    repo.write("a.py", CODE + "mine = 1\n")
    repo.commit()
    repo.git("merge", "-q", "--no-ff", "-m", "merged", "side")
    inner = Repo(tmp_path / "inner")
    inner.commit()
    repo.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner.root), "sub")
    repo.commit()
    names = {change.path for commit in await read(repo) for change in commit.changes}
    assert names == {"a.py", "b.py"}
    (other,) = await read(repo, author="other@example.org")
    assert [change.path for change in other.changes] == ["b.py"]
    assert await read(repo, since="2200-01-01") == []


async def test_a_repository_is_found_or_the_remedy_named(repo: Repo, tmp_path: Path) -> None:
    program = GitProgram()
    inner = repo.write("x/y.py", CODE).parent
    assert (await root_of(program, inner)).samefile(repo.root)
    repo.git("config", "user.email", "me@example.org")
    assert await author_of(program, repo.root) == "me@example.org"
    with pytest.raises(InputError, match="not in a git repository"):
        await root_of(program, tmp_path)
    with pytest.raises(GitError, match="refused"):
        await read(repo)  # no commit yet


async def test_the_repositorys_configuration_runs_nothing(repo: Repo, tmp_path: Path) -> None:
    witness = tmp_path / "witness"
    repo.write("a.py", CODE)
    repo.write(".gitattributes", "*.py diff=evil filter=evil\n")
    repo.commit()
    repo.write("a.py", CODE + "more = 1\n")
    repo.commit()
    script = repo.write("evil.sh", f"#!/bin/sh\ntouch '{witness}'\ncat\n")
    script.chmod(0o700)
    for name in ("diff.evil.textconv", "diff.evil.command", "filter.evil.smudge", "core.pager",
                 "core.fsmonitor", "filter.evil.clean", "diff.external"):  # fmt: skip
        repo.git("config", name, str(script))
    found = await read(repo)
    assert [change.path for change in found[0].changes] == ["a.py"]
    content = await GitProgram().show(repo.root, found[0].name, "a.py", 1000)
    assert content == (CODE + "more = 1\n").encode()
    assert not witness.exists()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    settings = StoreSettings(key_policy=KeyPolicy.FILE)
    store = Store(StorePaths(tmp_path / "profile"), SystemClock(), {}, settings)
    yield store
    await store.close()


def a_file(name: str = "a.py", edits: list[tuple[int, int, str]] | None = None) -> PastFile:
    doc = f"file:///repo/{name}"
    return PastFile(doc, "python", "c0ffee", 1_000, CODE, edits or [(9, 0, "import b\n")])


async def test_history_is_recorded_once_and_only_where_it_may(store: Store) -> None:
    archive = StoreArchive(store)
    fold = Fold(RapidMatcher())
    importer = Importer(archive, fold, SystemClock(), lambda doc, _: "secret" not in doc)
    batch = PastFiles("file:///repo", [a_file(), a_file("secret.py")])
    with pytest.raises(StoreError, match="consent record on"):
        await importer.take(batch)
    await store.choose(ConsentChoice(record=True, by="a test"))
    answer = await importer.take(batch)
    assert (answer.samples, answer.refused) == (1, {"excluded": 1})
    again = await importer.take(PastFiles("file:///repo", [a_file(), a_file("b.py")]))
    assert (again.samples, again.refused) == (1, {"known": 1})
    with pytest.raises(InputError, match="beyond its text"):
        await importer.take(PastFiles("file:///repo", [a_file("c.py", [(0, 999, "")])]))
    found = await archive.samples(SamplesQuery(break_reason="imported"))
    assert found.total == 2
    detail = await archive.sample(SampleQuery(found.rows[1].id))
    assert (detail.prefix, detail.target) == ("import a\n", "import b\n")
    # Nothing of it is followed, and a rebuild from the log makes the same samples.
    assert len(fold.kept) == 0
    assert await archive.followed(0) == ([], [])
    queries = store.reading()
    (session,) = queries.sessions()
    rebuilt = Fold(RapidMatcher())
    events = queries.events(session.session)
    mined = [one for event in events for one in rebuilt.feed("s", event).mined]
    queries.close()
    assert [one.sample.target for one in mined if one.sample] == ["import b\n"] * 2
