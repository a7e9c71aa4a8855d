"""`echo-trainer release`: changes are shown first, without a key; done twice is done once."""

from __future__ import annotations

from pathlib import Path

import pytest

from echo_testing.release_commands import NOTHING, Administrator
from echo_testing.release_house import files_of
from echo_trainer.runs.records import Base

BASE = Base("qwen2.5-coder-0.5b", "a" * 64, 100, "qwen2", "qwen2.5-coder")
ROOTS = ("root-ann", "root-ben")


@pytest.fixture
def administrator(tmp_path: Path) -> Administrator:
    made = Administrator(tmp_path)
    made.begin()
    return made


def publish(administrator: Administrator, name: str) -> list[str]:
    administrator.judged(name, BASE, b"GGUF and " + name.encode())
    return administrator.change("publish", "--run", name, "--form", "adapter", "--name", name)


def test_a_repository_begins(tmp_path: Path) -> None:
    administrator = Administrator(tmp_path)
    looked = administrator.run("keys", "new", ROOTS[0], "--dry-run")
    assert looked.stdout == f"would: make the key {ROOTS[0]} in {administrator.keys}\n"
    assert files_of(tmp_path) == {}
    files = {name: administrator.key(name)[1] for name in (*ROOTS, "release", "rollout", "online")}
    before = files_of(tmp_path)
    assert [administrator.key(name)[1] for name in files] == list(files.values())
    assert files_of(tmp_path) == before
    roots = [part for name in ROOTS for part in ("--root", files[name])]
    others = [part for name in list(files)[2:] for part in (f"--{name}", files[name])]
    begun = ("init", "--threshold", "2", *roots, *others)
    assert administrator.change(*begun) == ["draft root and targets: 2 of 2 sign"]
    assert len(administrator.change("keys", "sign")) == 4
    signed = files_of(tmp_path)
    assert administrator.release(*begun) == NOTHING  # no signature is lost
    assert files_of(tmp_path) == signed
    assert administrator.change("keys", "finish") == [
        "publish root version 1",
        "publish targets version 1",
    ]
    assert administrator.release(*begun) == NOTHING
    assert "as it should be" in administrator.release("verify")


def test_every_week(administrator: Administrator) -> None:
    (said,) = publish(administrator, "r1")
    assert said.startswith("publish r1: adapter over qwen2.5-coder-0.5b, 11 bytes")
    assert administrator.change("promote", "r1") == ["stable: r1 for 100%"]
    publish(administrator, "r2")
    assert administrator.change("promote", "r2", "--percent", "5") == ["stable: r2 for 5%"]
    assert administrator.change("rollout", "50.5") == ["stable: r2 for 50.5%"]
    assert administrator.change("rollout", "90", "--release", "r1") == ["stable: r1 for 90%"]
    why = ("--reason", "slower on laptops")
    assert administrator.change("rollback", "r2", *why) == [
        "stable: r1 for 100%",
        "stable: r2 no longer",
        "stable: block r2: slower on laptops",
    ]
    assert administrator.change("promote", "r1", "--channel", "early") == ["early: r1 for 100%"]
    assert administrator.change("block", "r1", *why) == [
        "early: r1 no longer",
        "early: block r1: slower on laptops",
        "stable: r1 no longer",
        "stable: block r1: slower on laptops",
    ]
    assert administrator.release("refresh") == NOTHING
    administrator.clock.days = 4
    assert len(administrator.change("refresh")) == 1
    assert "as it should be" in administrator.release("verify")


def test_keys_change_and_a_year_goes_by(administrator: Administrator) -> None:
    publish(administrator, "r1")
    administrator.change("promote", "r1")
    for duty, signed in (("rollout", 1), ("root", 3)):
        old = administrator.key(duty)[0]
        new, path = administrator.key(f"{duty}-2")
        rotation = ("keys", "rotate", duty, "--add", path, "--remove", old[:8])
        assert administrator.change(*rotation) == [
            f"{duty}: {duty}-2 {new[:12]} signs from now on",
            f"{duty}: {old[:12]} signs no more",
        ]
        assert len(administrator.change("keys", "sign")) == signed
        assert administrator.release(*rotation) == NOTHING  # no signature is lost
        administrator.change("keys", "finish")
        assert administrator.release(*rotation) == NOTHING
        assert "as it should be" in administrator.release("verify")
    assert administrator.release("keys", "renew") == NOTHING
    administrator.clock.days = 200
    assert [line.split(",")[0] for line in administrator.change("keys", "renew")] == [
        "draft root",
        "draft targets",
    ]
    administrator.change("keys", "sign")
    assert administrator.release("keys", "renew") == NOTHING
    administrator.change("keys", "finish")
