"""The GPUs that the installed llama.cpp can use, as ggml lists them.

Functions of ggml that llama-cpp-python does not declare (ggml/include/ggml-backend.h). Imported,
like `llama`, by the worker alone. Left out: what is put on them (`placing`).
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Final

from llama_cpp._ggml import libggml

# enum ggml_backend_dev_type: a card of its own, and one that shares the processor's memory
_GPU_KINDS: Final = (1, 2)
_DEVICES_MAX: Final = 64  # llama.cpp knows 16; a list without an end would hang us

libggml.ggml_backend_dev_count.restype = ctypes.c_size_t
libggml.ggml_backend_dev_get.restype = ctypes.c_void_p
libggml.ggml_backend_dev_get.argtypes = [ctypes.c_size_t]
libggml.ggml_backend_dev_type.argtypes = [ctypes.c_void_p]
libggml.ggml_backend_dev_backend_reg.restype = ctypes.c_void_p
libggml.ggml_backend_dev_backend_reg.argtypes = [ctypes.c_void_p]
for _name in ("ggml_backend_dev_name", "ggml_backend_dev_description", "ggml_backend_reg_name"):
    getattr(libggml, _name).restype = ctypes.c_char_p
    getattr(libggml, _name).argtypes = [ctypes.c_void_p]
libggml.ggml_backend_dev_memory.argtypes = [
    ctypes.c_void_p,
    ctypes.POINTER(ctypes.c_size_t),
    ctypes.POINTER(ctypes.c_size_t),
]


@dataclass(frozen=True, slots=True)
class Device:
    """One device. `free_bytes` is None where it does not tell."""

    backend: str  # cpu, cuda, metal, vulkan, …
    name: str
    about: str
    is_gpu: bool
    free_bytes: int | None

    def __str__(self) -> str:
        """For a person: what it is and what it has free."""
        free = "" if self.free_bytes is None else f", {self.free_bytes / 1e9:.1f} GB free"
        return f"{self.name} ({self.about}{free})"


def devices() -> list[Device]:
    """All that there are, the processor among them, in ggml's order."""
    count = min(int(libggml.ggml_backend_dev_count()), _DEVICES_MAX)
    return [_device(libggml.ggml_backend_dev_get(number)) for number in range(count)]


def gpus() -> list[Device]:
    """Those that a layer can be put on."""
    return [device for device in devices() if device.is_gpu]


def _device(handle: int) -> Device:
    free, total = ctypes.c_size_t(), ctypes.c_size_t()
    libggml.ggml_backend_dev_memory(handle, ctypes.byref(free), ctypes.byref(total))
    registry = _text(libggml.ggml_backend_reg_name(libggml.ggml_backend_dev_backend_reg(handle)))
    backend = registry.lower()
    return Device(
        backend="metal" if backend == "mtl" else backend,
        name=_text(libggml.ggml_backend_dev_name(handle)),
        about=_text(libggml.ggml_backend_dev_description(handle)),
        is_gpu=libggml.ggml_backend_dev_type(handle) in _GPU_KINDS,
        free_bytes=free.value if total.value else None,
    )


def _text(raw: bytes | None) -> str:
    return (raw or b"").decode("utf-8", "replace").strip()
