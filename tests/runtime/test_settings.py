"""config.toml: what is read, what is refused, and that every setting explains itself."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from echo_core.errors import InputError
from echo_runtime.settings import Settings, load_settings, parse_settings, settings_table


def test_no_file_gives_the_defaults(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "config.toml") == Settings()


def test_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(
        '[engine]\ncommand = ["a", "b"]\nthreads = 2\n'
        '[completion]\nenabled = false\ndisabled_languages = ["markdown"]\n'
        '[store]\nkey = "file"\n[log]\nlevel = "debug"\n'
    )
    settings = load_settings(path)
    assert settings.engine.command == ("a", "b")
    assert settings.engine.threads == 2
    assert settings.completion.disabled_languages == ("markdown",)
    assert (settings.completion.enabled, settings.store.key) == (False, "file")
    assert settings.log.level == "debug"


@pytest.mark.parametrize(
    ("document", "named"),
    [
        ({"engin": {}}, "engine"),
        ({"engine": 3}, r"\[engine\]"),
        ({"engine": {"thread": 1}}, "threads"),
        ({"engine": {"threads": "1"}}, "engine.threads"),
        ({"engine": {"threads": True}}, "engine.threads"),
        ({"engine": {"threads": -1}}, "from 0"),
        ({"engine": {"command": "x"}}, "list of texts"),
        ({"engine": {"command": [1]}}, "list of texts"),
        ({"completion": {"enabled": 1}}, "true or false"),
        ({"store": {"key": "cloud"}}, "auto, keyring, file"),
        ({"log": {"level": 3}}, "debug, info"),
    ],
)
def test_what_does_not_fit_is_named(document: dict[str, object], named: str) -> None:
    with pytest.raises(InputError, match=named):
        parse_settings(document)


@pytest.mark.parametrize("data", [b"[engine\n", b"\xff\xfe", b"# \n" * 40_000])
def test_a_broken_file_is_one_sentence(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "config.toml").write_bytes(data)
    with pytest.raises(InputError, match=r"config\.toml"):
        load_settings(tmp_path / "config.toml")


def test_the_table_explains_every_setting() -> None:
    table = settings_table()
    for group in fields(Settings):
        for each in fields(group.default):  # type: ignore[arg-type]
            assert f"`{group.name}.{each.name}`" in table
            assert each.metadata["effect"].endswith(".")
