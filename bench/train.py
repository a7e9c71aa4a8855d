"""What training costs: tokens a second and memory, beside a plain loop of transformers and PEFT.

`python -m bench.train [--model NAME] [--steps N] [--tokens N] [--batch N] [--precision P]`

Both learn the same LoRA on the same made-up samples of the same length, from the same GGUF, each in
a process of its own: Echo's way (TRL, chunked losses, checkpoints) and the peer's (a loop in twenty
lines, logits of the whole vocabulary).

Left out: how good the result is, which the gate says.

Rules
 - The first step is left out of times: it allocates what the others use.
 - Tokens are all that were read, prompts included; memory is the largest that the process had.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from bench import report, stage
from echo_runtime.clock import SystemClock
from echo_runtime.profile import Profile
from echo_trainer.runs.bases import BaseFile, find_base
from echo_trainer.runs.shippable import TARGETS
from echo_trainer.settings.training import TrainingSettings
from echo_trainer.training.gathering import UNLEARNED, Packed
from echo_trainer.training.weights import load_weights

LEARNED_SHARE: Final = 8  # one token in so many is a target's
RANK: Final = 16
RATE: Final = 200


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is measured."""

    model: str
    steps: int
    tokens: int
    batch: int
    precision: str
    seed: int


def samples(wanted: Wanted) -> list[Packed]:
    """Samples of random tokens: what they say changes no time."""
    chance = np.random.default_rng(wanted.seed)
    found = []
    for _ in range(wanted.steps * wanted.batch):
        tokens = chance.integers(1000, 30_000, wanted.tokens, dtype=np.int32)
        labels = tokens.copy()
        labels[: -(wanted.tokens // LEARNED_SHARE)] = UNLEARNED
        found.append(Packed(tokens, labels))
    return found


def ours(found: BaseFile, wanted: Wanted, folder: Path) -> dict[str, float]:
    """Echo's way."""
    from echo_trainer.training import fitting  # noqa: PLC0415 - an extra

    settings = TrainingSettings(
        epochs=1,
        batch_samples=wanted.batch,
        rank=RANK,
        heldout_samples=0,
        checkpoint_steps=10**6,
        precision=wanted.precision,
    )
    place = fitting.Place.taken(settings)
    clock, at = SystemClock(), []
    work = fitting.Work(
        {"train": samples(wanted)},
        settings,
        place,
        folder,
        lambda _step, figures: at.append(clock.steady_ms()) if "loss" in figures else None,
        0,
    )
    fitting.fit(load_weights(found, place.dtype), work)
    return _figures(at, wanted)


def peers(found: BaseFile, wanted: Wanted, folder: Path) -> dict[str, float]:
    """The plain loop."""
    import torch  # noqa: PLC0415 - an extra
    from peft import LoraConfig, get_peft_model  # noqa: PLC0415

    device = "cuda" if torch.cuda.is_available() else "cpu"
    half = wanted.precision == "bfloat16" or (wanted.precision == "auto" and device == "cuda")
    loaded = load_weights(found, torch.bfloat16 if half else torch.float32).to(device)
    config = LoraConfig(r=RANK, lora_alpha=2 * RANK, target_modules=list(TARGETS))
    model: Any = get_peft_model(loaded, config)
    learning = [each for each in model.parameters() if each.requires_grad]
    optimiser = torch.optim.AdamW(learning, RATE / 1e6)
    clock, at, every = SystemClock(), [], samples(wanted)
    for step in range(wanted.steps):
        for one in every[step * wanted.batch : (step + 1) * wanted.batch]:
            tokens, labels = (
                torch.tensor(each[None], dtype=torch.long, device=device)
                for each in (one.tokens, one.labels)
            )
            (model(input_ids=tokens, labels=labels).loss / wanted.batch).backward()
        torch.nn.utils.clip_grad_norm_(learning, 1.0)
        optimiser.step()
        optimiser.zero_grad()
        at.append(clock.steady_ms())
    folder.mkdir(exist_ok=True)
    return _figures(at, wanted)


SIDES: Final = {"echo": ours, "peer": peers}


def _figures(at: list[float], wanted: Wanted) -> dict[str, float]:
    import torch  # noqa: PLC0415 - an extra

    seconds = (at[-1] - at[0]) / 1000
    gpu = torch.cuda.max_memory_allocated() if torch.cuda.is_available() else 0
    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "tokens_per_s": (len(at) - 1) * wanted.batch * wanted.tokens / seconds,
        "step_s": seconds / (len(at) - 1),
        "peak_rss_mb": rss / (1 << 20 if sys.platform == "darwin" else 1 << 10),
        "peak_gpu_mb": gpu / (1 << 20),
    }


def apart(side: str, wanted: Wanted) -> dict[str, float]:
    """One side in a process of its own."""
    stage.say(f"{side}: {wanted.steps} steps of {wanted.batch} x {wanted.tokens} tokens")
    command = [sys.executable, "-m", "bench.train", "--once", side, json.dumps(asdict(wanted))]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    found: dict[str, float] = json.loads(done.stdout.strip().rpartition("\n")[2])
    return found


def once(side: str, wanted: Wanted) -> dict[str, float]:
    """The same in this one."""
    shelf = Profile.locate(os.environ).models_dir
    with tempfile.TemporaryDirectory(prefix="echo-bench-") as name:
        return SIDES[side](find_base(wanted.model, None, shelf), wanted, Path(name) / "run")


async def measure(wanted: Wanted) -> report.Report:
    """The whole benchmark."""
    await asyncio.sleep(0)
    found = {side: apart(side, wanted) for side in SIDES}
    one, peer = found["echo"], found["peer"]
    return report.Report(
        bench="train",
        when=report.when(SystemClock().wall_ms()),
        machine=report.machine(),
        model=wanted.model,
        values={
            "speed_ratio": report.ratio(one["tokens_per_s"], peer["tokens_per_s"]),
            "memory_ratio": report.ratio(_memory(one), _memory(peer)),
        },
        detail={**asdict(wanted), **found},
    )


def _memory(side: dict[str, float]) -> float:
    return side["peak_gpu_mb"] or side["peak_rss_mb"]


def main() -> None:
    """The command line."""
    options = stage.plain_parser(__doc__.split("\n")[0])
    options.add_argument("--model", default="qwen2.5-coder-0.5b", help="a base of the catalogue")
    options.add_argument("--steps", type=int, default=5)
    options.add_argument("--tokens", type=int, default=512, help="of each sample")
    options.add_argument("--batch", type=int, default=2, help="samples of a step")
    options.add_argument("--precision", default="auto", help="auto, float32 or bfloat16")
    options.add_argument("--once", nargs=2, help="one side, and what is wanted as JSON")
    chosen = options.parse_args()
    if chosen.once:
        side, said = chosen.once
        print(json.dumps(once(side, Wanted(**json.loads(said)))))
        return
    wanted = Wanted(
        chosen.model, chosen.steps, chosen.tokens, chosen.batch, chosen.precision, chosen.seed
    )
    stage.run(measure(wanted))


if __name__ == "__main__":
    main()
