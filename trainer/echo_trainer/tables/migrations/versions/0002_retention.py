"""When curation was done with an envelope, so that it can be let go some days later."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Of envelopes that were opened before, nobody wrote down when: after they had come."""
    op.add_column(
        "bundles", sa.Column("finished", sa.String(10), nullable=False, server_default="")
    )
    op.execute("UPDATE bundles SET finished = day WHERE state IN ('curated', 'refused')")
    op.create_index("ix_bundles_finished", "bundles", ["finished"])
