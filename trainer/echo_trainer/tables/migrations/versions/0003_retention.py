"""Since when an envelope is kept for nothing but a lost lake, so that it can be let go."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Of envelopes that were opened before, nobody wrote down when: after they had come."""
    op.add_column(
        "bundles", sa.Column("spare_since", sa.String(10), nullable=False, server_default="")
    )
    op.execute("UPDATE bundles SET spare_since = day WHERE state IN ('curated', 'refused')")
    op.create_index("ix_bundles_spare_since", "bundles", ["spare_since"])
