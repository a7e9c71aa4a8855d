"""Objects by their digest, in a folder."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from echo_core.errors import InputError, TrainerError
from echo_trainer.objects.folder import FolderObjects
from echo_trainer.objects.places import local_folder, open_objects

CONTENT = b"sealed"
NAME = sha256(CONTENT).hexdigest()
OTHER = sha256(b"other").hexdigest()


@pytest.fixture
def store(tmp_path: Path) -> FolderObjects:
    return FolderObjects(tmp_path / "o")


def test_an_object_is_kept_under_its_name(store: FolderObjects, tmp_path: Path) -> None:
    store.put({NAME: CONTENT, OTHER: b"other"})
    store.put({NAME: CONTENT})
    assert (store.get(NAME), store.get("0" * 64)) == (CONTENT, None)
    assert sorted(store.names()) == sorted([NAME, OTHER])
    (path,) = (tmp_path / "o").rglob(NAME)
    assert path.stat().st_mode & 0o777 == 0o600
    store.delete([NAME, "0" * 64])
    assert list(store.names()) == [OTHER]


def test_what_was_written_halfway_is_no_object_and_goes_with_it(
    store: FolderObjects, tmp_path: Path
) -> None:
    store.put({NAME: CONTENT})
    (path,) = (tmp_path / "o").rglob(NAME)
    path.with_name(f"{NAME}.0011.part").write_bytes(b"sea")
    assert list(store.names()) == [NAME]
    store.delete([NAME])
    assert [each for each in (tmp_path / "o").rglob("*") if each.is_file()] == []


def test_a_changed_object_is_seen_and_a_torn_one_mended(
    store: FolderObjects, tmp_path: Path
) -> None:
    store.put({NAME: CONTENT})
    (path,) = (tmp_path / "o").rglob(NAME)
    path.write_bytes(b"torn")
    with pytest.raises(TrainerError, match="backup"):
        store.get(NAME)
    store.put({NAME: CONTENT})
    assert store.get(NAME) == CONTENT


def test_a_name_is_no_path(store: FolderObjects) -> None:
    for name in ("../../etc/passwd", "A" * 64, "0" * 63):
        with pytest.raises(InputError):
            store.get(name)


def test_a_full_or_closed_folder_is_said(tmp_path: Path) -> None:
    store = FolderObjects(tmp_path / "o")
    (tmp_path / "o" / NAME[:2]).write_text("in the way", encoding="ascii")
    with pytest.raises(TrainerError, match="cannot be kept"):
        store.put({NAME: CONTENT})


def test_places(tmp_path: Path) -> None:
    assert local_folder("", tmp_path) == tmp_path
    assert local_folder("file:///a/b%20c", tmp_path) == Path("/a/b c")
    assert local_folder("s3://bucket/x", tmp_path) is None
    assert isinstance(open_objects("", tmp_path / "d", {}), FolderObjects)
    for wrong in ("bucket", "/folder", "file://host/x"):
        if wrong.startswith("file"):
            assert local_folder(wrong, tmp_path) is None
        else:
            with pytest.raises(InputError):
                local_folder(wrong, tmp_path)
    with pytest.raises(TrainerError, match="names no object store"):
        open_objects("gopher://a/b", tmp_path, {})
