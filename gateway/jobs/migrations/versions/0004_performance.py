"""Performance: what every job cost"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the column; of jobs that have ended nothing is known."""
    with op.batch_alter_table("jobs") as jobs:
        jobs.add_column(sa.Column("performance", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    """Drops it."""
    with op.batch_alter_table("jobs") as jobs:
        jobs.drop_column("performance")
