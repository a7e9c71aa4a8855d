"""The encrypted store: keys, schema, the append path, reading."""
