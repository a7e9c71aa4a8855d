"""The release repository: keys at rest, the ceremony, publishing; everything twice as once."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from tuf.api.metadata import Metadata, Root

from echo_core.errors import TrainerError
from echo_core.release.channel import PARTS, Arm
from echo_testing.release_house import CHANNEL, PASSPHRASE, Publisher, book, files_of
from echo_trainer.release import arranging, ceremony, checking, publishing
from echo_trainer.release.repository import ReleaseRepository
from echo_trainer.release.vault import Vault, read_public


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    made = Publisher(tmp_path)
    made.begin(roots=3, threshold=2)
    return made


def channel_of(publisher: Publisher) -> list[tuple[str, int]]:
    found = publishing.read_channel(publisher.repository(), CHANNEL)
    return [(each.release, each.parts) for each in found.rollouts]


# --- keys ---------------------------------------------------------------------------------------


def test_a_key_at_rest_opens_with_its_passphrase_and_with_nothing_else(tmp_path: Path) -> None:
    vault = Vault(tmp_path, lambda _: PASSPHRASE, memory_kib=64)
    made = vault.new("release")
    assert vault.new("release") == made  # it is there
    path = tmp_path / "release.key"
    assert path.stat().st_mode & 0o077 == 0
    assert read_public(tmp_path / "release.pub") == made
    signer = Vault(tmp_path, lambda _: PASSPHRASE).signer(made.id)
    assert signer is not None
    assert signer.private_bytes not in path.read_bytes()
    with pytest.raises(TrainerError, match="passphrase of release is wrong"):
        Vault(tmp_path, lambda _: "another passphrase").signer(made.id)
    assert vault.signer("0" * 64) is None


@pytest.mark.parametrize("change", [{"kdf": {"name": "md5"}}, {"salt": "?"}, {"sealed": 7}])
def test_a_damaged_key_says_so(tmp_path: Path, change: dict[str, object]) -> None:
    made = Vault(tmp_path, lambda _: PASSPHRASE, memory_kib=64).new("release")
    path = tmp_path / "release.key"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(TrainerError, match="damaged"):
        Vault(tmp_path, lambda _: PASSPHRASE).signer(made.id)


def test_a_public_key_with_the_id_of_another_is_refused(tmp_path: Path) -> None:
    vault = Vault(tmp_path, lambda _: PASSPHRASE, memory_kib=64)
    one, other = vault.new("one"), vault.new("other")
    path = tmp_path / "one.pub"
    path.write_text(path.read_text().replace(one.id, other.id))
    with pytest.raises(TrainerError, match=r"one\.pub is no key"):
        read_public(path)
    with pytest.raises(TrainerError, match="too short"):
        Vault(tmp_path, lambda _: "short").new("third")
    with pytest.raises(TrainerError, match="small letters"):
        vault.new("../up")


# --- the ceremony -------------------------------------------------------------------------------


def test_a_repository_begins_when_enough_root_keys_have_signed(tmp_path: Path) -> None:
    publisher = Publisher(tmp_path)
    vault = publisher.vault
    roots = [vault.new(f"root-{number}") for number in range(3)]
    others = [vault.new(name) for name in ("release", "rollout", "online")]
    with pytest.raises(TrainerError, match="threshold"):
        ceremony.begin(publisher.repository(), ceremony.Keyholders(roots, 4, *others))
    holders = ceremony.Keyholders(roots, 2, others[0], others[0], others[2])
    with pytest.raises(TrainerError, match="One key has one duty"):
        ceremony.begin(publisher.repository(), holders)
    holders = ceremony.Keyholders(roots, 2, *others)
    repository = publisher.repository()
    ceremony.begin(repository, holders)
    repository.commit()
    # Each signs on a machine of their own, where only their key lies.
    for number, root in enumerate(roots[:2]):
        with pytest.raises(TrainerError, match="not signed by enough"):
            ceremony.finish(publisher.repository())
        alone = tmp_path / f"machine-{number}"
        alone.mkdir()
        (alone / f"{root.name}.key").write_bytes(
            (tmp_path / "keys" / f"{root.name}.key").read_bytes()
        )
        repository = publisher.repository()
        ceremony.sign(repository, Vault(alone, lambda _: PASSPHRASE))
        assert len(repository.commit()) == 2
    repository = publisher.repository()
    ceremony.finish(repository)
    repository.commit()
    assert checking.findings(publisher.repository()) == []
    assert not list(repository.staged.iterdir())
    for again in (
        lambda it: ceremony.begin(it, holders),
        ceremony.finish,
        publishing.refresh,
        ceremony.renew,
    ):
        repository = publisher.repository()
        again(repository)
        assert repository.changes.files == {}
        assert repository.commit() == []
    with pytest.raises(TrainerError, match="begun with other root keys"):
        ceremony.begin(publisher.repository(), ceremony.Keyholders(roots[:2], 2, *others))
    with pytest.raises(TrainerError, match="Nothing waits"):
        ceremony.sign(publisher.repository(), vault)


@pytest.mark.parametrize("duty", ["root", "release", "rollout", "online"])
def test_keys_are_changed_and_old_clients_find_their_way(publisher: Publisher, duty: str) -> None:
    publisher.publish("r1", book("one"))
    publisher.promote("r1")
    vault = publisher.vault
    new, old = vault.new("new"), vault.find("root-0" if duty == "root" else duty)
    assert old is not None
    for _ in range(2):  # drafting twice is drafting once
        repository = publisher.repository()
        ceremony.rotate(repository, duty, add=[new], remove=[old.id[:12]])
        repository.commit()
    repository = publisher.repository()
    ceremony.sign(repository, vault)
    ceremony.finish(repository)
    repository.commit()
    assert checking.findings(publisher.repository()) == []
    duties = ceremony.duties(publisher.repository())
    assert duty in duties[new.id]
    assert old.id not in duties
    publisher.publish("r2", book("two"))
    publisher.promote("r2")
    assert checking.findings(publisher.repository()) == []
    if duty == "root":
        path = publisher.public / "metadata" / "2.root.json"
        assert Metadata[Root].from_bytes(path.read_bytes()).signed.version == 2


def test_keys_that_cannot_be_changed_so(publisher: Publisher) -> None:
    with pytest.raises(TrainerError, match="no duty"):
        ceremony.rotate(publisher.repository(), "chef")
    release = publisher.vault.find("release")
    assert release is not None
    with pytest.raises(TrainerError, match="0 keys cannot sign"):
        ceremony.rotate(publisher.repository(), "release", remove=[release.id])
    with pytest.raises(TrainerError, match="cannot sign root"):
        ceremony.rotate(publisher.repository(), "root", threshold=4)


def test_a_year_goes_by(publisher: Publisher) -> None:
    publisher.publish("r1", book("one"))
    publisher.promote("r1")
    publisher.clock.days = 364
    found = checking.findings(publisher.repository())
    assert any("timestamp has expired" in each for each in found)
    repository = publisher.repository()
    ceremony.renew(repository)
    ceremony.sign(repository, publisher.vault)
    ceremony.finish(repository)
    repository.commit()
    repository = publisher.repository()
    publishing.refresh(repository)
    repository.commit()
    left = checking.findings(publisher.repository())
    assert all(each.startswith(("models expires", "channels expires")) for each in left)


# --- every week ---------------------------------------------------------------------------------


def test_publishing_twice_is_publishing_once_and_never_another_file(
    publisher: Publisher,
) -> None:
    publisher.publish("r1", book("one"))
    before = files_of(publisher.public)
    publisher.publish("r1", book("one"))
    publisher.promote("r1")
    after = files_of(publisher.public)
    publisher.promote("r1")
    assert files_of(publisher.public) == after
    kept = {path for path in before if "timestamp" not in path}
    assert all(after[path] == before[path] for path in kept)  # no version is written again
    with pytest.raises(TrainerError, match="published with another file"):
        publisher.publish("r1", book("two"))
    path = publisher.folder / "text.gguf"
    path.write_text("no model")
    with pytest.raises(TrainerError, match="no GGUF"):
        publishing.measured(path)
    with pytest.raises(TrainerError, match="no right engine_min"):
        publisher.publish("r2", book("two"), engine_min="new")


def test_a_dry_run_needs_no_key_and_writes_nothing(publisher: Publisher) -> None:
    publisher.publish("r1", book("one"))
    before = files_of(publisher.folder)

    def no_passphrase(name: str) -> str:
        raise AssertionError(name)

    publisher.vault = Vault(publisher.folder / "keys", no_passphrase)
    repository = publisher.repository().dry()
    publishing.promote(repository, "r1", CHANNEL, PARTS // 10)
    assert repository.commit() == ["stable: r1 for 10%"]
    assert files_of(publisher.folder) == before


def test_a_run_that_was_cut_off_is_made_good_by_the_same_command(publisher: Publisher) -> None:
    publisher.publish("r1", book("one"))
    repository = publisher.repository()
    publishing.promote(repository, "r1", CHANNEL)
    channels = {
        path: content
        for path, content in repository.changes.files.items()
        if "snapshot" not in path and "timestamp" not in path
    }
    repository.changes.files = channels  # what was written before the power went
    repository.commit()
    assert checking.findings(publisher.repository()) != []
    publisher.promote("r1")
    assert checking.findings(publisher.repository()) == []


def test_promote_roll_out_roll_back_and_block(publisher: Publisher) -> None:
    for release in ("r1", "r2"):
        publisher.publish(release, book(release))
    with pytest.raises(TrainerError, match="r9 is not published"):
        publisher.promote("r9")
    publisher.promote("r1")
    publisher.promote("r2", PARTS // 10)
    assert channel_of(publisher) == [("r2", PARTS // 10), ("r1", PARTS)]
    repository = publisher.repository()
    salt = publishing.read_channel(repository, CHANNEL).rollouts[0].salt
    publishing.rollout(repository, CHANNEL, PARTS // 2)
    repository.commit()
    found = publishing.read_channel(publisher.repository(), CHANNEL)
    assert found.rollouts[0].parts == PARTS // 2
    assert found.rollouts[0].salt == salt  # whoever was in stays in
    publisher.rollback("r2")
    after = files_of(publisher.public)
    publisher.rollback("r2")
    assert files_of(publisher.public) == after
    assert channel_of(publisher) == [("r1", PARTS)]
    with pytest.raises(TrainerError, match="blocked in stable"):
        publisher.promote("r2")
    with pytest.raises(TrainerError, match="does not name r2"):
        publishing.rollout(publisher.repository(), CHANNEL, PARTS, "r2")
    repository = publisher.repository()
    publishing.block(repository, "r1", "it is bad too")
    repository.commit()
    assert channel_of(publisher) == []
    assert [
        block.release for block in publishing.read_channel(publisher.repository(), CHANNEL).blocked
    ] == ["r2", "r1"]


def test_an_experiment_comes_and_goes_and_is_remembered(publisher: Publisher) -> None:
    publisher.publish("r1", book("one"))
    publisher.promote("r1")
    arms = (Arm("old", "", PARTS // 2), Arm("new", "r1", PARTS // 2))

    def change(work: Callable[[ReleaseRepository], None]) -> list[str]:
        repository = publisher.repository()
        work(repository)
        return repository.commit()

    def start(it: ReleaseRepository) -> None:
        arranging.start(it, CHANNEL, "depth", arms)

    assert change(start) == ["stable: experiments: depth"]
    (running,) = publishing.read_channel(publisher.repository(), CHANNEL).experiments
    assert running.arms == arms
    before = files_of(publisher.public)
    assert change(start) == []
    assert files_of(publisher.public) == before
    for _ in range(2):
        change(lambda it: arranging.stop(it, CHANNEL, "depth"))
        assert publishing.read_channel(publisher.repository(), CHANNEL).experiments == ()
    assert arranging.find(publisher.repository(), CHANNEL, "depth") == running
    assert list(arranging.all_of(publisher.repository(), CHANNEL)) == ["depth"]
    with pytest.raises(TrainerError, match="give another name"):
        change(start)  # its counters would be added to the old ones
    with pytest.raises(TrainerError, match="never had"):
        change(lambda it: arranging.stop(it, CHANNEL, "width"))


@pytest.mark.parametrize(
    ("name", "arms", "sentence"),
    [
        ("x", (Arm("a", "", 1), Arm("b", "r9", 1)), "r9 is not published"),
        ("x", (Arm("a", "", 1),), "two sides or more"),
        ("x", (Arm("a", "", PARTS), Arm("b", "", 1)), "together at most 100 percent"),
        ("x", (Arm("a", "", PARTS), Arm("b", "", 0)), "above 0"),
        ("x.y", (Arm("a", "", 1), Arm("b", "", 1)), "small letters"),
        ("x" * 60, (Arm("a", "", 1), Arm("b" * 10, "", 1)), "at most 63"),
        ("x", (Arm("a", "", 1), Arm("a", "", 1)), "same arm twice"),
    ],
)
def test_what_cannot_be_an_experiment(
    publisher: Publisher, name: str, arms: tuple[Arm, ...], sentence: str
) -> None:
    with pytest.raises(TrainerError, match=sentence):
        arranging.start(publisher.repository(), CHANNEL, name, arms)


def test_whoever_looks_finds_what_was_changed_on_the_disk(publisher: Publisher) -> None:
    manifest = publisher.publish("r1", book("one"))
    publisher.promote("r1")
    model = publisher.public / "targets" / "models" / f"{manifest.sha256}.r1.gguf"
    whole = model.read_bytes()
    model.write_bytes(whole[:-1])
    assert "not what was signed" in checking.findings(publisher.repository())[0]
    model.unlink()
    assert "is gone" in checking.findings(publisher.repository())[0]
    model.write_bytes(whole)
    path = max((publisher.public / "metadata").glob("*.channels.json"))
    path.write_bytes(re.sub(rb'("expires": ?")20', rb"\g<1>21", path.read_bytes()))
    assert any("not signed" in each for each in checking.findings(publisher.repository()))
