"""The tables of record; `migrations/` creates and changes them."""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()

jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("owner", sa.String(64), nullable=False),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("capability", sa.String(32), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("rank", sa.Double, nullable=True),
    sa.Column("model", sa.String(200), nullable=True),
    sa.Column("request", sa.JSON, nullable=False),
    sa.Column("request_hash", sa.String(64), nullable=False),
    sa.Column("idempotency_key", sa.String(255), nullable=True),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("losses", sa.Integer, nullable=False),
    sa.Column("progress", sa.JSON, nullable=False),
    sa.Column("images", sa.JSON, nullable=False),
    sa.Column("fault", sa.JSON(none_as_null=True), nullable=True),
    sa.Column("performance", sa.JSON(none_as_null=True), nullable=True),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("started_at", sa.Double, nullable=True),
    sa.Column("finished_at", sa.Double, nullable=True),
    sa.Column("batch", sa.String(36), nullable=True),
    sa.Column("is_favourite", sa.Boolean, nullable=False),
    sa.Column("holder", sa.String(36), nullable=True),
    sa.Column("prompt", sa.Text, nullable=False),  # as `rows.to_searchable` makes it
    sa.UniqueConstraint("owner", "idempotency_key", name="uq_jobs_idempotency_key"),
    sa.Index("ix_jobs_state_id", "state", "id"),
    sa.Index("ix_jobs_owner_id", "owner", "id"),
    sa.Index("ix_jobs_batch", "batch"),
    sa.Index("ix_jobs_finished_at", "finished_at"),
)

job_events = sa.Table(
    "job_events",
    metadata,
    sa.Column(
        "seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True
    ),
    sa.Column("job_id", sa.String(36), sa.ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("snapshot", sa.JSON, nullable=False),  # what changes in a job; the rest is in its row
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Index("ix_job_events_job_id_seq", "job_id", "seq"),
    sqlite_autoincrement=True,  # a seq is never used again, or Last-Event-ID would point elsewhere
)

# Who holds which image: uploads (job_id is empty), and what jobs refer to and have made. An image that
# nobody holds is deleted.
image_refs = sa.Table(
    "image_refs",
    metadata,
    sa.Column("image_id", sa.String(64), primary_key=True),
    sa.Column("owner", sa.String(64), primary_key=True),
    sa.Column("job_id", sa.String(36), primary_key=True),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),  # 0 while unknown
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Index("ix_image_refs_job_id", "job_id"),
)

# Bearer tokens, by the hash of their secret.
tokens = sa.Table(
    "tokens",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("secret_hash", sa.String(64), nullable=False, unique=True),
    sa.Column("max_waiting_jobs", sa.Integer, nullable=True),
    sa.Column("max_image_bytes", sa.BigInteger, nullable=True),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("revoked_at", sa.Double, nullable=True),
)

# What is noted for the whole studio, e.g. whether its queue is paused.
switches = sa.Table(
    "switches",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("value", sa.JSON, nullable=False),
)

# The gateways that share this database, and when each gave its last sign of life.
gateways = sa.Table(
    "gateways",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("seen_at", sa.Double, nullable=False),
)
