"""A base's weights as PyTorch holds them, out of the very GGUF that clients hold.

What is quantised there is expanded, so that a LoRA is learned against the weights that it will
stand over. Left out: its vocabulary (`vocabulary`), training (`fitting`).

Rules
 - Architectures are those whose LoRA can be shipped; others are refused before anything is read.
 - Nothing is asked of any hub: a base is one file.
"""

from __future__ import annotations

import io
import os
from contextlib import redirect_stderr
from typing import Any, Final

from echo_core.errors import InputError, ModelError
from echo_trainer.runs.bases import BaseFile
from echo_trainer.runs.shippable import ARCHITECTURES

_OFFLINE: Final = ("HF_HUB_OFFLINE", "HF_HUB_DISABLE_TELEMETRY", "HF_DATASETS_OFFLINE")


def stay_offline() -> None:
    """Before Hugging Face's libraries are loaded: they read these once."""
    for name in _OFFLINE:
        os.environ[name] = "1"


def check_architecture(found: BaseFile) -> None:
    """Refuse what could not be shipped.

    Raises:
        InputError: it could not.
    """
    if found.base.architecture not in ARCHITECTURES:
        raise InputError(
            f"{found.base.name} has the architecture {found.base.architecture!r}, for which no "
            f"adapter can be shipped: choose a base of {' or '.join(ARCHITECTURES)}."
        )


def load_weights(found: BaseFile, dtype: Any) -> Any:
    """The base as a model of transformers.

    Raises:
        ModelError: transformers cannot read it.
    """
    check_architecture(found)
    stay_offline()
    from transformers import AutoModelForCausalLM, GgufConfig  # noqa: PLC0415 - seconds to load
    from transformers.utils import logging  # noqa: PLC0415

    logging.disable_progress_bar()
    try:
        with redirect_stderr(io.StringIO()):  # one bar of progress heeds nothing
            model = AutoModelForCausalLM.from_pretrained(
                str(found.path.parent),
                gguf_file=str(found.path),
                dtype=dtype,
                quantization_config=GgufConfig(dequantize=True),
                local_files_only=True,
            )
    except (ValueError, KeyError, NotImplementedError) as error:
        raise ModelError(
            f"transformers cannot read {found.path.name}: choose a base of the catalogue, or one "
            "with a quantisation that the package gguf knows."
        ) from error
    model.name_or_path = None  # a folder of this machine, which PEFT would look for on a hub
    return model
