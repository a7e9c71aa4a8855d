"""The catalogue of the package is right, and a wrong one is refused as a whole."""

from __future__ import annotations

import pytest

from echo_core.errors import ModelError
from echo_engine.catalogue import load_catalogue, parse_catalogue, unknown_name
from echo_testing.model_shelves import SmallModel, gguf

GOOD = SmallModel(gguf("qwen2", 1000)).toml()


def test_the_package_knows_three_models() -> None:
    catalogue = load_catalogue()
    assert [(entry.name, entry.has_fim) for entry in catalogue.entries] == [
        ("qwen2.5-coder-0.5b", True),
        ("qwen2.5-coder-1.5b", True),
        ("smollm2-135m", False),
    ]
    assert catalogue.default.name == "qwen2.5-coder-0.5b"


def test_parts_are_in_numeric_order() -> None:
    entry = load_catalogue().find("qwen2.5-coder-1.5b")
    assert entry is not None
    assert entry.wheels is not None
    numbers = [int(name.rpartition("part")[2]) for name in entry.wheels.distributions]
    assert numbers == list(range(1, 23))


def test_a_model_is_found_by_name_and_by_digest() -> None:
    catalogue = load_catalogue()
    for entry in catalogue.entries:
        assert catalogue.find(entry.name) is entry
        assert catalogue.by_sha256(entry.sha256) is entry
    assert catalogue.find("gpt") is None


@pytest.mark.parametrize(
    ("right", "wrong", "named"),
    [
        ('name = "tiny"', 'name = "Ti ny"', "name"),
        ('file = "tiny-q4.gguf"', 'file = "../tiny.gguf"', "file"),
        ('file = "tiny-q4.gguf"', 'file = "tiny.bin"', "file"),
        ("bytes = 1000", "bytes = 0", "bytes"),
        ("bytes = 1000", "bytes = true", "bytes"),
        ("bytes = 1000", 'bytes = "1000"', "bytes"),
        ('sha256 = "', 'sha256 = "x', "sha256"),
        ("has_fim = true", 'has_fim = "yes"', "has_fim"),
        ('licence = "Apache-2.0"', "", "licence"),
        ('repository = "house/tiny"', 'repository = "house/../x"', "repository"),
        ('revision = "abc123"', 'revision = "a/b"', "revision"),
        ("echo-test-weights-part{part}", "-r{part}", "distribution"),
        ("echo-test-weights-part{part}", "always-the-same", "distribution"),
        ("parts = 2", "parts = 100000", "parts"),
        ('version = "1.0"', 'version = "latest; x"', "version"),
    ],
)
def test_a_wrong_field_is_named(right: str, wrong: str, named: str) -> None:
    assert right in GOOD
    with pytest.raises(ModelError, match=named):
        parse_catalogue(GOOD.replace(right, wrong))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[[model]", "not TOML"),
        ("", "no \\[\\[model"),
        ("model = [1]", "not a table"),
        (GOOD + GOOD, "same name twice"),
        (GOOD[: GOOD.index("[model.hub]")], "no source"),
    ],
)
def test_a_wrong_whole_is_refused(text: str, why: str) -> None:
    with pytest.raises(ModelError, match=why):
        parse_catalogue(text)


def test_near_names_are_suggested() -> None:
    known = tuple(entry.name for entry in load_catalogue().entries)
    assert "did you mean smollm2-135m?" in str(unknown_name("smollm-135", known))
    assert "models list" in str(unknown_name("zzz", known))
