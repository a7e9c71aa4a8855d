"""What PEFT's own model says in torch, against what llama.cpp says with the exported adapter.

This is what lets an architecture into `runs.shippable`.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from echo_testing.export_house import House
from echo_trainer.export import apart, merged_file, peft_folder
from echo_trainer.export.adapter_file import write_adapter
from echo_trainer.export.checking import rms
from echo_trainer.export.lora import lay
from echo_trainer.export.model_file import ModelTensors
from echo_trainer.runs.shippable import ARCHITECTURES, TARGETS


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_llama_cpp_says_what_peft_says(
    house: Callable[..., House], tmp_path: Path, architecture: str
) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed: it is in `training`")
    transformers = pytest.importorskip("transformers", reason="it is in the extra `training`")
    peft = pytest.importorskip("peft", reason="it is in the extra `training`")
    made = house(architecture)
    shutil.rmtree(made.folder.adapter)
    model = transformers.AutoModelForCausalLM.from_pretrained(
        str(tmp_path), gguf_file=made.base.path.name, dtype=torch.float32
    )
    config = peft.LoraConfig(r=4, lora_alpha=8, target_modules=list(TARGETS), task_type="CAUSAL_LM")
    model = peft.get_peft_model(model, config).eval()
    torch.manual_seed(1)
    with torch.no_grad():
        for name, weights in model.named_parameters():
            if "lora_B" in name:
                weights.normal_(std=0.1)
    model.save_pretrained(str(made.folder.adapter))

    lora = peft_folder.read(made.folder.adapter)
    laid = lay(lora, ModelTensors(made.base.path))
    adapter, plain = tmp_path / "adapter.gguf", tmp_path / "plain.gguf"
    write_adapter(adapter, architecture, lora.alpha, laid.for_adapter())
    merged_file.write_unquantised(plain, laid, merged_file.blocks(laid), None)
    said = apart.apart(apart.evaluated, plain, (None, adapter))
    tokens = torch.tensor([said.tokens])
    with torch.no_grad():
        wanted = model(input_ids=tokens).logits[0].numpy()
        with model.disable_adapter():
            base = model(input_ids=tokens).logits[0].numpy()
    effect = rms(wanted - base)
    assert effect > 0.1
    # Embeddings and output are quantised here and not in torch: what that changes is in both.
    assert (
        rms((said.logits[1] - said.logits[0]) - (wanted - base)) < 0.05 * effect
    )  # in another order: 0.4
    assert np.mean(said.logits[1].argmax(-1) == wanted.argmax(-1)) > 0.9
