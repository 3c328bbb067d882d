"""Kinds of jobs: one capability does several"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Tells what every job was asked for; until now there was one kind."""
    kind = sa.Column("kind", sa.String(32), nullable=False, server_default="text-to-image")
    with op.batch_alter_table("jobs") as jobs:
        jobs.add_column(kind)
    with op.batch_alter_table("jobs") as jobs:
        jobs.alter_column("kind", server_default=None)


def downgrade() -> None:
    """Drops the kinds, and with them the jobs of which the version before knows nothing."""
    unknown = "kind <> 'text-to-image'"
    op.execute(f"DELETE FROM job_events WHERE job_id IN (SELECT id FROM jobs WHERE {unknown})")
    op.execute(f"DELETE FROM jobs WHERE {unknown}")
    with op.batch_alter_table("jobs") as jobs:
        jobs.drop_column("kind")
