"""The trainer's rows: SQLite in a file, or PostgreSQL; SQLAlchemy's Core and Alembic.

    schema      the tables
    database    opens one, brings its schema up to date
    intake      what intake asks: batches, receipts, deletions
    queue       what curation asks: what waits, what was done with it, what is to be deleted
    mending     what is asked when a backup came back
    tokens      who may contribute to a private team
    figures     what came, counted for people
    migrations  one file a change of the schema, never edited afterwards

Left out: envelopes (`echo_trainer.objects`), samples (`echo_trainer.lake`).

Rules
 - Nothing finer than a day says when somebody contributed.
 - What says that an object exists, or must not, changes in one transaction: `loose` names objects
   that must go unless a row of `bundles` says otherwise.
"""
