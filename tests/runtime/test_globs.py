"""Which paths patterns name: drawn cases, and that nothing that comes from an editor raises."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echo_runtime.globs import Globs, path_inside

ROOTS = ("file:///w", "file:///w/inner/", "file:///my%20code")


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:///w/a.py", "a.py"),
        ("file:///w/inner/b/a.py", "b/a.py"),
        ("file:///wide/a.py", "wide/a.py"),
        ("file:///my%20code/%C3%A9.py", "\u00e9.py"),
        ("vscode-notebook-cell:/w/n.ipynb#W0", "n.ipynb"),
        ("untitled:Untitled-1", "Untitled-1"),
        ("file://[/a", "file://[/a"),
        ("", ""),
    ],
)
def test_a_path_inside(uri: str, path: str) -> None:
    assert path_inside(uri, ROOTS) == path


@pytest.mark.parametrize(
    ("patterns", "named", "free"),
    [
        (("**/*.min.js",), ("a.min.js", "x/y.min.js"), ("a.js", "a.min.js.py")),
        (("*.pem",), ("k.pem", "x/k.pem"), ("pem",)),
        (("secrets/**",), ("secrets/a", "secrets/b/c"), ("x/secrets/a", "secrets.py")),
        (("build/",), ("build/a", "x/build/c"), ("build",)),
        (("/a.py",), ("a.py",), ("x/a.py",)),
        (("*.py", "!keep.py"), ("a.py",), ("keep.py", "x/keep.py")),
        (("!keep.py", "*.py"), ("keep.py",), ()),
        (("# a line", ""), (), ("# a line", "a")),
        ((), (), ("a",)),
    ],
)
def test_patterns(patterns: tuple[str, ...], named: tuple[str, ...], free: tuple[str, ...]) -> None:
    globs = Globs(patterns)
    assert globs.well_formed
    assert [path for path in named if not globs.name(f"file:///w/{path}", ROOTS)] == []
    assert [path for path in free if globs.name(f"file:///w/{path}", ROOTS)] == []


@given(st.lists(st.text(max_size=8), max_size=3), st.text(max_size=12))
def test_nothing_that_is_well_formed_raises(patterns: list[str], uri: str) -> None:
    globs = Globs(tuple(patterns))
    if globs.well_formed:
        globs.name(uri, ROOTS)
        globs.name(f"file:///w/{uri}", ROOTS)
