"""Changes of the schema, in order; `echo_trainer.tables.database` runs them."""
