"""What can be trained because it can be shipped: architectures, and modules of them.

Left out: training them (`echo_trainer.training`), exporting them (`echo_trainer.export`).

Rules
 - An architecture stands here when a test has held what PEFT's model says against what llama.cpp
   says with the exported adapter.
"""

from __future__ import annotations

from typing import Final

ARCHITECTURES: Final = ("qwen2", "llama")
# The LoRA stands over every product of a layer: no embedding, no norm, no bias, which GGUF's
# adapters cannot hold.
TARGETS: Final = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
