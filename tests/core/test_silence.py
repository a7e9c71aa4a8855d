"""Commit messages are known; what was refused here a moment ago is not offered again."""

from __future__ import annotations

import pytest

from echo_core.completion.silence import REJECTED_MS, REJECTIONS_MAX, Rejections, is_commit_message

TEXT = "def f(x):\n    return \n"
AT = TEXT.index("return ") + 7


def test_the_same_at_the_same_place_until_it_is_forgotten() -> None:
    rejections = Rejections()
    rejections.reject(TEXT, AT, "x + 1", 0)
    assert rejections.holds(TEXT, AT, "x + 1", REJECTED_MS - 1)
    assert rejections.holds(TEXT, AT, "x + 1 \nmore", 1)  # its first line decides
    assert not rejections.holds(TEXT, AT, "x + 2", 1)
    assert not rejections.holds(TEXT, AT - 1, "x + 1", 1)
    assert not rejections.holds("y" + TEXT, AT + 1, "x + 1", 1)
    assert not rejections.holds(TEXT + "y", AT, "x + 1", 1)
    assert not rejections.holds(TEXT, AT, "x + 1", REJECTED_MS)
    assert len(rejections) == 0


def test_refused_again_it_holds_for_longer() -> None:
    rejections = Rejections()
    rejections.reject(TEXT, AT, "x", 0)
    rejections.reject(TEXT, AT, "x", REJECTED_MS - 1)
    assert rejections.holds(TEXT, AT, "x", REJECTED_MS)


def test_it_remembers_a_bounded_number() -> None:
    rejections = Rejections()
    for number in range(REJECTIONS_MAX + 1):
        rejections.reject(TEXT, AT, str(number), 0)
    assert len(rejections) == REJECTIONS_MAX
    assert not rejections.holds(TEXT, AT, "0", 0)


@pytest.mark.parametrize(
    ("uri", "language", "expected"),
    [
        ("vscode-scm:git/scm0/input?rootUri=file%3A///w", "scminput", True),
        ("vscode-scm:git/scm0/input", "plaintext", True),
        ("file:///w/.git/COMMIT_EDITMSG", "git-commit", True),
        ("file:///w/.git/COMMIT_EDITMSG", "plaintext", True),
        ("file:///w/.git/worktrees/x/MERGE_MSG", "", True),
        ("file:///w/message", "gitcommit", True),
        ("file:///w/a.py", "python", False),
        ("file:///w/COMMIT_EDITMSG.py", "python", False),
        ("file:///w/MY_COMMIT_EDITMSG", "plaintext", False),
    ],
)
def test_a_commit_message(uri: str, language: str, *, expected: bool) -> None:
    assert is_commit_message(uri, language) is expected
