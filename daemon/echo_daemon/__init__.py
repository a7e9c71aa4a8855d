"""The daemon, one per user: store, engine, completion, mining; and echoctl."""
