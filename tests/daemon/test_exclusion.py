"""What never enters the log: built-in patterns and `.echoignore`, read as git reads its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from echo_daemon.exclusion.rules import IGNORE_BYTES_MAX, IGNORE_FILE, excluded


@pytest.mark.parametrize(
    "name",
    [
        ".env", ".env.local", "prod.env", "a/.ENV", "server.pem", "tls.KEY", "id_rsa", "id_rsa.pub",
        "id_work", "store.kdbx", "ca.crt", "app.jks", ".npmrc", ".ssh/config", ".aws/config",
        "credentials.json", "secrets.yaml", "x/.docker/config.json", "main.tfvars",
    ],
)  # fmt: skip
def test_built_in(tmp_path: Path, name: str) -> None:
    found = excluded(str(tmp_path / name), [])
    assert found is not None
    assert "never recorded" in found.sentence


@pytest.mark.parametrize(
    "name", ["a.py", "environment.ts", "id_generator.py", "keys.py", "docker/config.json", "README"]
)
def test_what_is_none_of_them(tmp_path: Path, name: str) -> None:
    assert excluded(str(tmp_path / name), [str(tmp_path)]) is None


def test_built_in_patterns_cannot_be_taken_back(tmp_path: Path) -> None:
    (tmp_path / IGNORE_FILE).write_text("!.env\n!*.pem\n")
    assert excluded(str(tmp_path / ".env"), [str(tmp_path)]) is not None


def test_a_link_is_judged_by_both_names(tmp_path: Path) -> None:
    (tmp_path / "id_rsa").write_text("")
    (tmp_path / "notes.txt").symlink_to("id_rsa")
    (tmp_path / ".env").symlink_to("plain.txt")
    assert excluded(str(tmp_path / "notes.txt"), []) is not None
    assert excluded(str(tmp_path / ".env"), []) is not None
    assert excluded(str(tmp_path / "plain.txt"), []) is None


def test_the_rule_is_named(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / IGNORE_FILE).write_text("# comment\n\ngenerated/\n")
    found = excluded(str(tmp_path / "src" / "generated" / "a.py"), [str(tmp_path)])
    assert found is not None
    assert found.sentence == f"{tmp_path}/src/.echoignore, line 3: `generated/`."


def test_outside_every_root_the_files_own_folder_counts(tmp_path: Path) -> None:
    (tmp_path / IGNORE_FILE).write_text("*\n")
    (tmp_path / "inner").mkdir()
    assert excluded(str(tmp_path / "a.py"), ["/elsewhere"]) is not None
    assert excluded(str(tmp_path / "inner" / "a.py"), ["/elsewhere"]) is None
    assert excluded(str(tmp_path / "inner" / "a.py"), [str(tmp_path / "inner"), str(tmp_path)])


@pytest.mark.parametrize("content", [b"\xff\xfe", b"x" * (IGNORE_BYTES_MAX + 1), b"!\n"])
def test_a_file_that_makes_no_sense_shuts_out_its_folder(tmp_path: Path, content: bytes) -> None:
    (tmp_path / IGNORE_FILE).write_bytes(content)
    found = excluded(str(tmp_path / "a.py"), [str(tmp_path)])
    assert found is not None
    assert "cannot be read or understood" in found.sentence


def test_a_folder_in_its_place_shuts_out_too(tmp_path: Path) -> None:
    (tmp_path / IGNORE_FILE).mkdir()
    assert excluded(str(tmp_path / "a.py"), [str(tmp_path)]) is not None


names = st.sampled_from(["a", "b", "c.py", "d.txt"])
lines = st.sampled_from(
    [
        "a", "b/", "*.py", "!c.py", "/a", "a/b", "**/b", "a/**", "!b", "!a/", "*", "!*/", "# a",
        "", "d.*",
    ]
)  # fmt: skip


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git to compare with")
@settings(max_examples=60)
@example(files={"": ["a", "!c.py"]}, path=["c.py", "a", "b"])
@example(files={"": ["a/**", "!b"]}, path=["a", "b"])
@given(
    files=st.dictionaries(st.sampled_from(["", "a", "a/b"]), st.lists(lines, max_size=4)),
    path=st.lists(names, min_size=1, max_size=4),
)
def test_git_says_the_same(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, list[str]], path: list[str]
) -> None:
    root = tmp_path_factory.mktemp("r")
    environ = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    subprocess.run(["git", "init", "-q", root], check=True, env=environ)
    for folder, content in files.items():
        (root / folder).mkdir(parents=True, exist_ok=True)
        for name in (IGNORE_FILE, ".gitignore"):
            (root / folder / name).write_text("".join(f"{line}\n" for line in content))
    asked = root.joinpath(*path)
    if asked.is_dir():
        return
    git = subprocess.run(
        ["git", "-C", root, "check-ignore", "-q", "--no-index", asked], check=False, env=environ
    )
    if git.returncode not in (0, 1):  # a file where the path needs a folder
        return
    assert (excluded(str(asked), [str(root)]) is not None) is (git.returncode == 0)
