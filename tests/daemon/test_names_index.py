"""The index of a workspace's names, over real files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from echo_daemon.exclusion.rules import excluded
from echo_daemon.names_index import index as names_index
from echo_daemon.names_index.index import WorkspaceNames
from echo_daemon.structure.faults import FaultFinder
from echo_daemon.structure.names import NameFinder


def made() -> WorkspaceNames:
    finder = NameFinder(FaultFinder())
    return WorkspaceNames(finder.definitions, lambda path, roots: excluded(path, roots) is not None)


def read(index: WorkspaceNames, root: Path) -> int:
    """A whole pass; how many steps it took."""
    index.begin(str(root))
    steps = 1
    while index.step(str(root)):
        steps += 1
    return steps


def write(root: Path, name: str, text: str) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_names_are_known_by_language(tmp_path: Path) -> None:
    write(tmp_path, "a.py", "def one(): pass\n")
    write(tmp_path, "b/c.ts", "export class Two {}\n")
    write(tmp_path, "b/d.h", "#define THREE 3\n")
    write(tmp_path, "b/e.txt", "def four(): pass\n")
    write(tmp_path, "b/f.svelte", "<script>\nexport const five = 5;\n</script>\n<b/>\n")
    index = made()
    assert index.known(str(tmp_path), "python") == frozenset()
    assert not index.is_whole(str(tmp_path))
    read(index, tmp_path)
    assert index.is_whole(str(tmp_path))
    assert index.known(str(tmp_path), "python") == {"one"}
    assert index.known(str(tmp_path), "vue") == {"Two", "five"}
    assert index.known(str(tmp_path), "c") == index.known(str(tmp_path), "cpp") == {"THREE"}
    assert index.known(str(tmp_path), "cobol") == frozenset()
    assert index.known(str(tmp_path / "b"), "cpp") == frozenset()


def test_what_changed_is_read_again_and_what_is_gone_is_forgotten(tmp_path: Path) -> None:
    index = made()
    first = write(tmp_path, "a.py", "def one(): pass\ndef both(): pass\n")
    second = write(tmp_path, "b.py", "def two(): pass\ndef both(): pass\n")
    read(index, tmp_path)
    write(tmp_path, "a.py", "def three(): pass\n")
    os.utime(first, ns=(1, 1))
    read(index, tmp_path)
    assert index.known(str(tmp_path), "python") == {"two", "three", "both"}
    second.unlink()
    read(index, tmp_path)
    assert index.known(str(tmp_path), "python") == {"three"}


def test_an_unchanged_file_is_not_parsed_again(tmp_path: Path) -> None:
    write(tmp_path, "a.py", "def one(): pass\n")
    asked: list[str] = []

    def definitions(language: str, text: str) -> frozenset[str]:
        asked.append(language)
        return frozenset({text[4:7]})

    index = WorkspaceNames(definitions, lambda path, roots: False)
    read(index, tmp_path)
    read(index, tmp_path)
    assert asked == ["python"]


def test_what_is_ignored_or_excluded_is_not_looked_at(tmp_path: Path) -> None:
    outside = write(tmp_path, "outside/o.py", "def outside(): pass\n")
    root = tmp_path / "root"
    write(root, ".gitignore", "gen/\n*_pb2.py\n!kept_pb2.py\n")
    write(root, ".echoignore", "private.py\n")
    write(root, "inner/.gitignore", "!open_pb2.py\n/own.py\n")
    for name in (
        "gen/a.py", "x_pb2.py", "kept_pb2.py", "private.py", "inner/open_pb2.py", "inner/own.py",
        "own.py", "node_modules/m.js", ".hidden/h.py", "secrets.py",
    ):  # fmt: skip
        write(root, name, f"def {name.replace('/', '_').replace('.', '_')}(): pass\n")
    (root / "link.py").symlink_to(outside)
    (root / "linked").symlink_to(outside.parent)
    index = made()
    read(index, root)
    assert index.known(str(root), "python") == {"kept_pb2_py", "inner_open_pb2_py", "own_py"}


def test_a_step_is_small_and_a_workspace_has_bounds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        write(tmp_path, f"f{number:02d}.py", f"def n{number:02d}(): pass\n")
    assert read(made(), tmp_path) == 3
    monkeypatch.setattr(names_index, "FILES_MAX", 5)
    index = made()
    read(index, tmp_path)
    assert len(index.known(str(tmp_path), "python")) == 5
    monkeypatch.setattr(names_index, "NAMES_MAX", 3)
    index = made()
    read(index, tmp_path)
    assert len(index.known(str(tmp_path), "python")) == 3
    monkeypatch.setattr(names_index, "FILE_BYTES_MAX", 4)
    index = made()
    read(index, tmp_path)
    assert index.known(str(tmp_path), "python") == frozenset()


def test_only_a_few_workspaces_are_kept(tmp_path: Path) -> None:
    index = made()
    for number in range(names_index.ROOTS_MAX + 1):
        write(tmp_path, f"r{number}/a.py", "def one(): pass\n")
        read(index, tmp_path / f"r{number}")
    assert index.known(str(tmp_path / "r0"), "python") == frozenset()
    assert index.known(str(tmp_path / "r1"), "python") == {"one"}


def test_what_is_not_there_costs_nothing(tmp_path: Path) -> None:
    index = made()
    assert not index.step(str(tmp_path))
    read(index, tmp_path / "nowhere")
    assert index.is_whole(str(tmp_path / "nowhere"))
    unreadable = write(tmp_path, "a.py", "x = 1\n")
    index.begin(str(tmp_path))
    unreadable.unlink()
    while index.step(str(tmp_path)):
        pass
    assert index.known(str(tmp_path), "python") == frozenset()
