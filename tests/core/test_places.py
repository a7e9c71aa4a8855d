"""Paths of URIs, and what lies in what."""

from __future__ import annotations

import pytest

from echo_core.places import holds, outermost, path_of


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:///home/a/b.py", "/home/a/b.py"),
        ("file:///home/a%20b/%C3%A4.py", "/home/a b/\N{LATIN SMALL LETTER A WITH DIAERESIS}.py"),
        ("file:///", "/"),
        ("file:///home/a/", "/home/a"),
        ("vscode-notebook-cell:/home/a.ipynb#W0", "/home/a.ipynb"),
        ("untitled:Untitled-1", ""),
        ("file://[broken/a.py", ""),
        ("", ""),
    ],
)
def test_the_path_of_a_document(uri: str, path: str) -> None:
    assert path_of(uri) == path


def test_what_a_folder_holds() -> None:
    assert holds("/home/a", "/home/a/b.py")
    assert holds("/home/a/", "/home/a/b.py")
    assert holds("/home/a", "/home/a")
    assert holds("/", "/home/a")
    assert not holds("/home/a", "/home/ab/c.py")
    assert not holds("/home/a", "/home")
    assert not holds("/home/a", "")


def test_the_outermost_folder() -> None:
    assert outermost("/a/b/c", ["/a/b", "/a", "/x"]) == "/a"
    assert outermost("/a/b/c", ["/x"]) == ""
