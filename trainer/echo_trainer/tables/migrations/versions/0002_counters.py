"""What clients counted in a week."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "counters",
        sa.Column("contributor", sa.String(64), nullable=False),
        sa.Column("week", sa.String(8), nullable=False),
        sa.Column("language", sa.String(32), nullable=False),
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("arm", sa.String(64), nullable=False),
        sa.Column("shown", sa.Integer, nullable=False),
        sa.Column("accepted", sa.Integer, nullable=False),
        sa.Column("accepted_chars", sa.Integer, nullable=False),
        sa.Column("kept_chars", sa.Integer, nullable=False),
        sa.Column("typed_chars", sa.Integer, nullable=False),
        sa.Column("latency", sa.String(128), nullable=False),
        sa.PrimaryKeyConstraint(
            "contributor", "week", "language", "model", "arm", name="pk_counters"
        ),
    )
    op.create_index("ix_counters_arm", "counters", ["arm"])
