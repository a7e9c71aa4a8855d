"""`bench.history`: places that are made from a repository of our own, with real git."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from bench import history
from echo_core.errors import InputError
from echo_core.text.document import split_lines

PRICES = "def price(fruit):\n    return TABLE[fruit]\n"
PRICES_LATER = PRICES + "\n\ndef price_of_many(fruit, count):\n    return price(fruit) * count\n"
BASKET = "from prices import price\n\n\n# what lies in it\n"
BASKET_LATER = BASKET + "total = price_of_many('apple', 3)\n}\n"


def git(folder: Path, *arguments: str) -> None:
    name = ["-c", "user.name=t", "-c", "user.email=t@t", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(folder), *name, *arguments], check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    git(folder, "init", "--quiet")
    for prices, basket, message in (
        (PRICES, "", "one file"),
        (PRICES, BASKET, "another"),
        (PRICES_LATER, BASKET_LATER, "both"),
    ):
        (folder / "prices.py").write_text(prices, encoding="utf-8")
        if basket:
            (folder / "basket.py").write_text(basket, encoding="utf-8")
        (folder / "notes.md").write_text(message, encoding="utf-8")
        git(folder, "add", ".")
        git(folder, "commit", "--quiet", "-m", message)
    return folder


def test_a_place_is_a_line_of_a_commit_and_the_others_were_visited(repository: Path) -> None:
    found = history.tasks(repository, 10, seed=1)
    assert len(found) == history.PER_COMMIT
    for task in found:
        whole = {"prices.py": PRICES_LATER, "basket.py": BASKET_LATER}
        text = whole[task.path]
        begun, cursor = task.begun, task.cursor
        typed = cursor.text[begun.offset : cursor.offset]
        assert (typed + cursor.target).strip() in text
        assert cursor.text[: cursor.offset] + cursor.target + cursor.text[cursor.offset :] == text
        assert begun.text[: begun.offset] == cursor.text[: begun.offset]
        assert split_lines(begun.text).count(typed + cursor.target) == 0
        (visit,) = task.visits
        assert visit.path != task.path
        assert visit.text == whole[visit.path]
        assert visit.offset == len(visit.text) - 1
        assert task.repository == "shop"


def test_the_same_seed_gives_the_same_places(repository: Path) -> None:
    assert history.tasks(repository, 2, 5) == history.tasks(repository, 2, 5)


def test_closers_comments_and_lines_that_are_there_twice_are_no_places(repository: Path) -> None:
    lines = {(task.path, task.begun.target.strip()) for seed in range(20)
             for task in history.tasks(repository, 9, seed)}  # fmt: skip
    assert lines == {
        ("prices.py", "def price_of_many(fruit, count):"),
        ("prices.py", "return price(fruit) * count"),
        ("basket.py", "total = price_of_many('apple', 3)"),
    }


def test_without_a_history_a_sentence_says_so(tmp_path: Path, repository: Path) -> None:
    with pytest.raises(InputError, match="--repository"):
        history.tasks(tmp_path, 1, 1)
    git(repository, "reset", "--quiet", "--hard", "HEAD~1")
    with pytest.raises(InputError, match="no commits that add code to two files"):
        history.tasks(repository, 1, 1)


@pytest.mark.parametrize(
    ("path", "language"),
    [("a/b.py", "python"), ("x.tsx", "typescriptreact"), ("README.md", ""), ("Makefile", "")],
)
def test_source_files_by_their_names(path: str, language: str) -> None:
    assert history.language(path) == language
