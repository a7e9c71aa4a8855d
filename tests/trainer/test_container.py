"""The container's list of requirements is what the trainer's programs import."""

from __future__ import annotations

import importlib.util
import json
import sys
from importlib.metadata import packages_distributions
from types import ModuleType

import pytest

from echo_trainer.cli.main import COMMANDS
from tidy import tree
from tidy.test_imports import normal

_REPORT = """
import importlib, json, sys
for name in sys.argv[1].split(","):
    importlib.import_module(name)
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


@pytest.fixture
def requirements() -> ModuleType:
    path = tree.ROOT / "packaging" / "containers" / "requirements.py"
    spec = importlib.util.spec_from_file_location("container_requirements", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_shared_requirements_are_those_that_are_imported(requirements: ModuleType) -> None:
    here = COMMANDS.keys() - requirements.ELSEWHERE
    names = ",".join(sorted(COMMANDS[name][0].partition(":")[0] for name in here))
    done = tree.run(sys.executable, "-c", _REPORT, names)
    assert done.returncode == 0, done.stderr
    owners = packages_distributions()
    loaded = {normal(each) for name in json.loads(done.stdout) for each in owners.get(name, [])}
    table = tree.project()["project"]
    asked = table["dependencies"]
    assert isinstance(asked, list)
    shared = {requirements.name_of(line) for line in asked}
    extra = {requirements.name_of(line) for line in requirements.requirements()} - shared
    # What comes with an extra of ours may bring a shared one along: that is not ours to name.
    brought = {"attrs", "numpy", "psutil", "rich", "httpx", "pip"}
    assert (loaded & shared) - brought <= set(requirements.SHARED)
    assert set(requirements.SHARED) <= loaded | extra
