"""What training costs: tokens a second and memory, beside a plain loop of transformers and PEFT.

`python -m bench.train [--model NAME] [--steps N] [--tokens N] [--batch N] [--precision P]
 [--recompute]`

Both learn the same LoRA on the same made-up samples of the same length, from the same GGUF, each in
a process of its own: Echo's way (TRL, chunked losses, checkpoints) and the peer's (a loop in twenty
lines, logits of the whole vocabulary).

Left out: how good the result is, which the gate says.

Rules
 - The first step is left out of times: it allocates what the others use.
 - Tokens are all that were read, prompts included; memory is the largest that the process had,
   loading the base included.
 - Where other programs run beside it, tokens for each second of processor time say more than the
   ratio by the clock.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
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
    recompute: bool
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


class Steps:
    """When each step was done, by the clock and by processor time."""

    def __init__(self, base: Any, libraries_mb: float) -> None:
        self._clock = SystemClock()
        self._at: list[tuple[float, float]] = []
        self._memory = {
            "libraries_rss_mb": libraries_mb,
            "loading_rss_mb": _peak_mb(),
            "weights_mb": sum(each.nbytes for each in base.parameters()) / (1 << 20),
        }

    def done(self) -> None:
        """One more."""
        self._at.append((self._clock.steady_ms() / 1000, time.process_time()))
        stage.say(f"step {len(self._at)}")

    def figures(self, wanted: Wanted) -> dict[str, float]:
        """Of all steps but the first."""
        import torch  # noqa: PLC0415 - an extra

        (since_s, since_busy_s), (until_s, until_busy_s) = self._at[0], self._at[-1]
        steps = len(self._at) - 1
        tokens = steps * wanted.batch * wanted.tokens
        gpu = torch.cuda.max_memory_allocated() if torch.cuda.is_available() else 0
        return {
            "tokens_per_s": tokens / (until_s - since_s),
            "tokens_per_processor_s": tokens / (until_busy_s - since_busy_s),
            "step_s": (until_s - since_s) / steps,
            **self._memory,
            "peak_rss_mb": _peak_mb(),
            "peak_gpu_mb": gpu / (1 << 20),
        }


def _peak_mb() -> float:
    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return rss / (1 << 20 if sys.platform == "darwin" else 1 << 10)


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
        recompute=wanted.recompute,
    )
    place = fitting.Place.taken(settings)
    libraries_mb = _peak_mb()
    model = load_weights(found, place.dtype)
    steps = Steps(model, libraries_mb)
    work = fitting.Work(
        {"train": samples(wanted)},
        settings,
        place,
        folder,
        lambda _step, figures: steps.done() if "loss" in figures else None,
        0,
    )
    fitting.fit(model, work)
    return steps.figures(wanted)


def peers(found: BaseFile, wanted: Wanted, folder: Path) -> dict[str, float]:
    """The plain loop."""
    import torch  # noqa: PLC0415 - an extra
    from peft import LoraConfig, get_peft_model  # noqa: PLC0415

    device = "cuda" if torch.cuda.is_available() else "cpu"
    half = wanted.precision == "bfloat16" or (wanted.precision == "auto" and device == "cuda")
    libraries_mb = _peak_mb()
    loaded = load_weights(found, torch.bfloat16 if half else torch.float32).to(device)
    if wanted.recompute:
        loaded.gradient_checkpointing_enable()
    config = LoraConfig(r=RANK, lora_alpha=2 * RANK, target_modules=list(TARGETS))
    model: Any = get_peft_model(loaded, config)
    learning = [each for each in model.parameters() if each.requires_grad]
    optimiser = torch.optim.AdamW(learning, RATE / 1e6)
    steps, every = Steps(loaded, libraries_mb), samples(wanted)
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
        steps.done()
    folder.mkdir(exist_ok=True)
    return steps.figures(wanted)


SIDES: Final = {"echo": ours, "peer": peers}


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
        detail={
            **asdict(wanted),
            "processor_ratio": report.ratio(
                one["tokens_per_processor_s"], peer["tokens_per_processor_s"]
            ),
            **found,
        },
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
    options.add_argument("--recompute", action="store_true", help="layers instead of keeping them")
    options.add_argument("--once", nargs=2, help="one side, and what is wanted as JSON")
    chosen = options.parse_args()
    if chosen.once:
        side, said = chosen.once
        print(json.dumps(once(side, Wanted(**json.loads(said)))))
        return
    wanted = Wanted(
        chosen.model,
        chosen.steps,
        chosen.tokens,
        chosen.batch,
        chosen.precision,
        chosen.recompute,
        chosen.seed,
    )
    stage.run(measure(wanted))


if __name__ == "__main__":
    main()
