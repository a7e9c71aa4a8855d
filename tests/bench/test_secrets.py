"""The bench of labelled secrets, on a corpus that is made here, in both forms of labels."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from bench import corpora, planted, secrets


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Two files: two secrets of which our rules find both, a label that is wrong, an open hit."""
    rng = Random(11)
    token = planted.TOKENS["github"]
    clean = "\n".join(f"x_{number} = compute({number})" for number in range(900))
    lines = [f'a = "{token(rng)}"', "b = 1", f'c = "{token(rng)}"', f'd = "{token(rng)}"', "e = 2"]
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.py").write_text("\n".join([clean, *lines, clean]), encoding="utf-8")
    (tmp_path / "b.yml").write_text("url: ${URL}\n", encoding="utf-8")
    return tmp_path


def run(folder: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """What the bench says of our rules."""
    assert secrets.main(["--corpus", str(folder), "--no-scan"]) == 0
    ours: dict[str, Any] = json.loads(capsys.readouterr().out.strip())["detail"]["ours"]
    return ours


def test_the_plain_form(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labels = (
        "file,line,label\nsrc/a.py,901,true\nsrc/a.py,902,true\nsrc/a.py,903,false\nb.yml,1,false\n"
    )
    (files / "labels.csv").write_text(labels, encoding="utf-8")
    ours = run(files, capsys)
    assert (ours["true"], ours["recall"], ours["precision"]) == (2, 0.5, 0.5)
    assert (ours["other_lines"], ours["false_found"]) == (1, 1)
    assert sum(ours["rules"].values()) == 1


def test_the_form_of_creddata(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (files / "meta").mkdir()
    (files / "meta" / "a.csv").write_text(
        "Id,FilePath,LineStart,LineEnd,GroundTruth\n"
        "1,src/a.py,901,903,T\n2,src/a.py,904,,T\n3,src/a.py,905,905,F\n"
        "4,src/a.py,904,904,F\n5,gone.py,1,1,T\n",
        encoding="utf-8",
    )
    ours = run(files, capsys)
    assert (ours["true"], ours["recall"], ours["precision_all_lines"]) == (2, 1.0, 1.0)


def test_a_folder_without_labels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert secrets.main(["--corpus", str(tmp_path)]) == 2
    assert "labels.csv" in capsys.readouterr().err


def test_windows_cover_every_line_and_overlap(tmp_path: Path) -> None:
    file = corpora.LabelledFile("a.py", ["x" * 300] * 200 + ["y" * 50_000])
    seen: set[int] = set()
    for before, lines in secrets.windows(file):
        assert len(lines) == 1 or sum(map(len, lines)) <= secrets.WINDOW_CHARS
        seen.update(range(before, before + len(lines)))
    assert seen == set(range(201))
    assert list(secrets.windows(corpora.LabelledFile("a", []))) == []
