"""Any bytes give a head or one clear sentence."""

from __future__ import annotations

import struct
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from echo_core.errors import ModelError
from echo_daemon.models.gguf import GgufHead, read_head
from echo_testing.model_shelves import gguf


def head_of(folder: Path, data: bytes) -> GgufHead:
    path = folder / "some.gguf"
    path.write_bytes(data)
    return read_head(path)


def test_the_architecture_is_read(tmp_path: Path) -> None:
    assert head_of(tmp_path, gguf("qwen2", 500)) == GgufHead(3, "qwen2")


def test_a_file_that_does_not_say_is_taken(tmp_path: Path) -> None:
    assert head_of(tmp_path, b"GGUF" + struct.pack("<IQQ", 3, 0, 0)) == GgufHead(3, "")


@pytest.mark.parametrize("data", [b"", b"GGU", b"PK\x03\x04 a zip", b"\x00" * 100], ids=repr)
def test_another_file_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(ModelError, match="is not a GGUF file"):
        head_of(tmp_path, data)


def test_an_old_version_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="version 1"):
        head_of(tmp_path, b"GGUF" + struct.pack("<IQQ", 1, 0, 0))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"none\.gguf cannot be read"):
        read_head(tmp_path / "none.gguf")


@given(cut=st.integers(min_value=4, max_value=110))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_a_cut_head_is_damaged_or_complete(tmp_path: Path, cut: int) -> None:
    whole = gguf("qwen2", 500)
    end = whole.index(b"qwen2") + len(b"qwen2")
    if cut >= end:
        assert head_of(tmp_path, whole[:cut]).architecture == "qwen2"
    else:
        with pytest.raises(ModelError, match="damaged or cut off"):
            head_of(tmp_path, whole[:cut])


@given(rest=st.binary(max_size=300))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_garbage_gives_a_head_or_a_sentence(tmp_path: Path, rest: bytes) -> None:
    for start in (b"GGUF", b"GGUF" + struct.pack("<IQQ", 3, 1, 9), b""):
        path = tmp_path / "some.gguf"
        path.write_bytes(start + rest)
        with suppress(ModelError):  # anything else fails the test
            assert read_head(path).version in {2, 3}
