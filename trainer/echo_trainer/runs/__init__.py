"""Training runs: a folder for each, and a document for what each step leaves to the next.

    RUN/run.json                 `records.Run`: what was trained on what, written last by training
    RUN/plan.json                what was begun: base, dataset, parameters
    RUN/adapter/                 the LoRA as PEFT saves it
    RUN/curve.jsonl              what was measured at which step (`curve`)
    RUN/checkpoints/             where training goes on after it was cut off
    RUN/shipped/KIND.gguf        what clients would get, with `records.Shipped` in KIND.json
    RUN/gate/KIND/report.json    `records.Verdict` and its figures; beside it report.html, card.md

What training plants for the gate to look for is `canaries`.

Left out: training (`echo_trainer.training`), making the files (`echo_trainer.export`), judging them
(`echo_trainer.gate`), releasing them (`echo_trainer.release`).

Rules
 - A step is there when its document is: it is written last, and whole.
 - No document holds source text or a pseudonym.
"""
