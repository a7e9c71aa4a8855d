"""docs/privacy.md: every promise names the test that holds it, and that test exists."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

from tidy import tree

PAGE: Final = tree.ROOT / "docs" / "privacy.md"
_ROW: Final = re.compile(r"^\| (?P<promise>[^|]+) \| `(?P<file>[^`:]+)::(?P<test>\w+)` \|$")
_TABLE_HEAD: Final = ("| promise ", "| --- ")


def promises(text: str) -> Iterator[str]:
    """The rows of the tables between "## Promises" and the next part."""
    part = text.partition("## Promises\n")[2].partition("\n## ")[0]
    for line in part.split("\n"):
        if line.startswith("|") and not line.startswith(_TABLE_HEAD):
            yield line


def unproved(text: str) -> Iterator[str]:
    """Rows that name no test, and tests that are not there."""
    for row in promises(text):
        found = _ROW.match(row)
        if found is None:
            yield f"names no test: {row}"
        elif found["test"] not in _tests(found["file"]):
            yield f"{found['file']} has no {found['test']}"


def _tests(name: str) -> set[str]:
    path = tree.ROOT / name
    if not path.is_file():
        return set()
    module = ast.parse(path.read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {each.name for each in module.body if isinstance(each, kinds)}


def test_every_promise_is_proved_by_a_test_that_exists() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert len(list(promises(text))) > 20
    assert list(unproved(text)) == []


def test_a_promise_without_a_test_is_seen() -> None:
    here = "tests/tidy/test_promises.py"
    rows = (
        "| kept. | nobody looked |",
        f"| kept. | `{here}::test_that_is_not_there` |",
        "| kept. | `tests/nowhere.py::test_a` |",
        f"| kept. | `{here}::test_a_promise_without_a_test_is_seen` |",
    )
    text = "\n".join(("## Promises", "| promise | proved by |", *rows, "## Limits", "| a | b |"))
    assert len(list(unproved(text))) == 3


def test_the_readme_leads_there() -> None:
    assert "(docs/privacy.md)" in (tree.ROOT / "README.md").read_text(encoding="utf-8")
