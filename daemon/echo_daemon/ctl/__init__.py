"""echoctl: one module per group of commands."""
