"""What training left, as the files that clients load: a GGUF adapter, or a merged model.

Left out: training (`echo_trainer.training`), whether a file is good enough (`echo_trainer.gate`).

Rules
 - Only what was tested is exported: these architectures, these modules, this kind of LoRA. The
   rest is refused with a sentence, never guessed.
 - There is one writer of adapters (`adapter_file`), and tests use it too.
 - No torch: numbers are NumPy's, files are gguf's and safetensors', and whatever a file's bytes
   might crash runs in a process of its own.
 - A tensor at a time: no model is ever whole in memory here.
"""
