"""Documents of runs: what is written is read again, and anything else is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from echo_core.errors import InputError
from echo_core.release.metadata import Kind
from echo_trainer.home import Home
from echo_trainer.runs.folders import Runs
from echo_trainer.runs.records import Base, Run, Shipped, Verdict, decode, digest, encode

BASE = Base("qwen2.5-coder-0.5b", "a" * 64, 100, "qwen2", "qwen2.5-coder")
RUN = Run(
    name="first",
    base=BASE,
    dataset="0123456789abcdef",
    dataset_sha256="b" * 64,
    code="0.1.0",
    parameters={"rank": 8, "rate": 2e-4},
    examples={"learned": 10, "target_too_long": 1},
    tokens=5000,
    steps=5,
    seconds=1.5,
    figures={"loss": 1.25},
    made="2026-01-02",
)
SHIPPED = Shipped("first", Kind.ADAPTER, BASE, 10, "c" * 64, {"tokens_per_s": 20.0})
VERDICT = Verdict(
    run="first",
    kind=Kind.MERGED,
    sha256="d" * 64,
    base_sha256="a" * 64,
    dataset_sha256="b" * 64,
    passed=False,
    reasons=("It is slower.",),
    figures={"em": 0.5},
)
DOCUMENTS = [RUN, SHIPPED, VERDICT]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda each: type(each).__name__)
def test_what_is_written_is_read_again(document: Run | Shipped | Verdict) -> None:
    assert decode(type(document), encode(document)) == document
    assert len(digest(encode(document))) == 64


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda each: type(each).__name__)
def test_anything_else_is_refused(document: Run | Shipped | Verdict) -> None:
    said = json.loads(encode(document))
    for field in said:
        less = {name: value for name, value in said.items() if name != field}
        with pytest.raises(InputError):
            decode(type(document), json.dumps(less).encode())
    for content in (b"", b"[]", b"\xff", b'{"form": 1}', json.dumps({**said, "form": 2}).encode()):
        with pytest.raises(InputError):
            decode(type(document), content)


def test_every_step_finds_its_document(tmp_path: Path) -> None:
    runs = Runs.of(Home(tmp_path / "home"))
    assert runs.all() == []
    folder = runs.named("first")
    with pytest.raises(InputError, match="echo-trainer train"):
        folder.read_run()
    for document in DOCUMENTS:
        folder.write(document)
    assert folder.read_run() == RUN
    assert folder.read_shipped(Kind.ADAPTER) == SHIPPED
    assert folder.read_verdict(Kind.MERGED) == VERDICT
    assert [each.name for each in runs.all()] == ["first"]
    with pytest.raises(InputError, match="echo-trainer gate"):
        folder.read_verdict(Kind.ADAPTER)


@pytest.mark.parametrize("name", ["", "..", "a/b", "A", "x" * 65])
def test_a_name_stays_in_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError):
        Runs.of(Home(tmp_path)).named(name)
