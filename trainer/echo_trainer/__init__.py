"""The trainer: takes in what is contributed, curates it, trains, and ships what came of it.

    cli       `echo-trainer`: one module a group of commands, loaded when it is used
    settings  trainer.toml and the environment as one frozen value
    home      where a trainer keeps what is not configured to lie elsewhere

Left out: everything that runs on the machine of a person (`echo_daemon`, `echo_lsp`); the two
sides share `echo_core` and `echo_runtime`, and `echo_core.sharing.bundle` is what they say to each
other.
"""
