"""config.toml: what is read, what is refused, and that every setting explains itself."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from echo_core.errors import InputError
from echo_runtime.settings import (
    Settings,
    changed,
    every_setting,
)
from echo_runtime.settings_editor import said_by_editor, settings_of_editor
from echo_runtime.settings_file import load_settings, parse_settings
from echo_runtime.settings_forms import settings_page, vscode_configuration


def test_no_file_gives_the_defaults(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "config.toml") == Settings()


def test_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(
        '[engine]\ncommand = ["a", "b"]\nthreads = 2\n'
        '[completion]\nenabled = false\ndisabled_languages = ["markdown"]\n'
        '[store]\nkey = "file"\n[log]\nlevel = "debug"\n'
        '[sharing]\nintake = "https://host.example"\n'
        '[teacher]\nendpoint = "https://host.example/v1"\nkey_env = "KEY"\n'
    )
    settings = load_settings(path)
    assert settings.engine.command == ("a", "b")
    assert settings.engine.threads == 2
    assert settings.completion.disabled_languages == ("markdown",)
    assert (settings.completion.enabled, settings.store.key) == (False, "file")
    assert settings.log.level == "debug"
    assert settings.sharing.intake == "https://host.example"
    assert settings.teacher.endpoint == "https://host.example/v1"
    assert (settings.teacher.key_env, settings.teacher.key_file) == ("KEY", "")


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
        ({"completion": {"disabled_globs": ["ok", "!"]}}, "gitignore"),
        ({"store": {"key": "cloud"}}, "auto, keyring, file"),
        ({"log": {"level": 3}}, "debug, info"),
        ({"sharing": {"intake": 3}}, "up to 2048 characters"),
        ({"sharing": {"root_key": "0" * 65}}, "up to 64 characters"),
        ({"teacher": {"endpoint": 3}}, "up to 2048 characters"),
        ({"teacher": {"model": "x" * 257}}, "up to 256 characters"),
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
    table = "\n".join(settings_page())
    for group in fields(Settings):
        for each in fields(group.default):  # type: ignore[arg-type]
            assert f"`{group.name}.{each.name}`" in table
            assert each.metadata["effect"].endswith(".")


def test_names_are_written_differently_and_mean_the_same() -> None:
    names = {each.editor_name: each.full_name for each in every_setting()}
    assert len(names) == len({*names.values()}) == len(list(every_setting()))
    assert names["completion.silenceInComments"] == "completion.silence_in_comments"
    assert names["log.level"] == "log.level"


def test_vscodes_schemas_hold_their_own_defaults_and_say_nothing_by_them() -> None:
    section: dict[str, dict[str, object]] = {}
    schemas = vscode_configuration()["properties"]
    assert isinstance(schemas, dict)
    for name, schema in schemas.items():
        echo, table, key = name.split(".")
        assert (echo, schema["scope"]) == ("echo", "window")
        assert schema["default"] in schema.get("enum", [schema["default"]])
        assert schema["markdownDescription"]
        section.setdefault(table, {})[key] = schema["default"]
    values, refused = said_by_editor(section)
    assert (len(values), refused) == (len(schemas), [])
    assert settings_of_editor(values) == Settings()


def test_what_an_editor_says_is_taken_one_by_one() -> None:
    values, refused = said_by_editor(
        {
            "completion": {"enabled": 1, "eagerness": "calm", "disabledGlobs": None, "x": 1},
            "engine": {"threads": 3},
            "log": [],
        }
    )
    assert values == {"completion.eagerness": "calm"}
    assert refused == ["completion.enabled"]
    assert settings_of_editor(values).completion.eagerness == "calm"
    for wrong in ({"engine.threads": 3}, {"completion.x": 1}, {"completion.enabled": 1}):
        with pytest.raises(InputError):
            settings_of_editor(wrong)


def test_what_differs_from_the_default_is_known() -> None:
    assert changed(Settings()) == {}
    settings = parse_settings({"engine": {"threads": 3, "gpu_layers": -1}, "log": {}})
    assert changed(settings) == {"engine.threads": 3}
