"""What every Echo process shares with its host: where files lie, logs, and the wire between us."""
