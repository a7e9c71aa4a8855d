"""`echo-trainer release publish`: what the gate let pass of a run, and no other bytes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from echo_core.errors import TrainerError
from echo_core.release.metadata import Kind
from echo_testing.release_house import Publisher, files_of, passphrase_fd
from echo_trainer.cli.main import main
from echo_trainer.home import Home
from echo_trainer.release import checking, publishing
from echo_trainer.release.judged import releasable
from echo_trainer.runs.folders import RunFolder, Runs
from echo_trainer.runs.records import Base, Run, Shipped, Verdict

BASE = Base("qwen2.5-coder-0.5b", "a" * 64, 100, "qwen2", "qwen2.5-coder")
RUN = Run("autumn", BASE, "day", "d" * 64, "0.1.0", {}, {"learned": 2}, 9, 1, 1.0, {}, "2026-01-02")


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    made = Publisher(tmp_path)
    made.begin()
    return made


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """A run whose adapter the gate let pass."""
    folder = Runs.of(Home(tmp_path / "home")).named(RUN.name)
    content = b"GGUF and an adapter"
    digest = sha256(content).hexdigest()
    folder.write(RUN)
    folder.write(Shipped(RUN.name, Kind.ADAPTER, BASE, len(content), digest, {}))
    judged = (RUN.name, Kind.ADAPTER, digest, BASE.sha256, RUN.dataset_sha256)
    folder.write(Verdict(*judged, passed=True, reasons=(), figures={}))
    folder.shipped(Kind.ADAPTER).write_bytes(content)
    return folder


def publish(publisher: Publisher, *more: str, form: str = "adapter") -> Result:
    """The command, with its passphrase behind a descriptor."""
    folder = publisher.folder
    home = ["--home", str(folder / "home"), "release", "publish"]
    what = ["--run", RUN.name, "--form", form, "--name", "r1"]
    where = ["--repository", str(folder / "repository"), "--keys", str(folder / "keys")]
    return CliRunner().invoke(
        main, [*home, *what, *where, "--passphrase-fd", str(passphrase_fd()), *more]
    )


def test_what_passed_is_published_once_with_where_it_comes_from(
    publisher: Publisher, run: RunFolder
) -> None:
    before = files_of(publisher.folder)
    dry = publish(publisher, "--dry-run")
    assert dry.exit_code == 0, dry.output
    assert dry.output.startswith("would: publish r1: adapter over qwen2.5-coder-0.5b, 19 bytes")
    assert files_of(publisher.folder) == before
    done = publish(publisher)
    assert done.exit_code == 0, done.output
    (manifest,) = publishing.released(publisher.repository())
    assert manifest.gate_sha256 == sha256(run.verdict(Kind.ADAPTER).read_bytes()).hexdigest()
    assert (manifest.dataset_sha256, manifest.base_sha256) == ("d" * 64, BASE.sha256)
    assert checking.findings(publisher.repository()) == []
    assert publish(publisher).output == "Nothing to do: it is so already.\n"


def _judge(**changes: object) -> Callable[[RunFolder], None]:
    def judge(run: RunFolder) -> None:
        run.write(replace(run.read_verdict(Kind.ADAPTER), **changes))  # type: ignore[arg-type]

    return judge


def _export_again(run: RunFolder) -> None:
    content = b"GGUF and another adapter"
    run.shipped(Kind.ADAPTER).write_bytes(content)
    shipped = run.read_shipped(Kind.ADAPTER)
    digest = sha256(content).hexdigest()
    run.write(replace(shipped, bytes=len(content), sha256=digest))


REFUSALS: dict[str, tuple[Callable[[RunFolder], None], str]] = {
    "refused": (_judge(passed=False, reasons=("It is slower.",)), "refused the adapter .* slower"),
    "never judged": (lambda run: run.verdict(Kind.ADAPTER).unlink(), "never judged"),
    "other bytes were judged": (_export_again, "judged another adapter"),
    "judged over another base": (_judge(base_sha256="b" * 64), "judged another adapter"),
    "judged for another dataset": (_judge(dataset_sha256="e" * 64), "judged another adapter"),
    "altered after it was exported": (
        lambda run: run.shipped(Kind.ADAPTER).write_bytes(b"GGUF and an Adapter"),
        "not what was exported",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_other_bytes_than_passed_are_refused(
    publisher: Publisher, run: RunFolder, case: str
) -> None:
    change, sentence = REFUSALS[case]
    change(run)
    for more in ([], ["--dry-run"]):
        done = publish(publisher, *more)
        assert done.exit_code == 1
        assert re.match(f"Error: .*{sentence}", done.output)
    assert publishing.released(publisher.repository()) == []


def test_what_is_not_done_names_the_step(publisher: Publisher, run: RunFolder) -> None:
    done = publish(publisher, form="merged")
    assert done.exit_code == 2
    assert "`echo-trainer export` writes it" in done.output


def test_a_file_that_changes_while_it_is_copied_is_not_published(
    publisher: Publisher, run: RunFolder
) -> None:
    path, manifest = releasable(run, Kind.ADAPTER, "r1", engine_min="0.3.36")
    repository = publisher.repository()
    publishing.publish(repository, path, manifest)
    path.write_bytes(b"GGUF and what nobody has judged")
    with pytest.raises(TrainerError, match="changed while it was copied"):
        repository.commit()
    assert publishing.released(publisher.repository()) == []
