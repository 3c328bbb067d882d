"""The queue of record: batches, favourites, who holds jobs and images, tokens, switches"""

from __future__ import annotations

import json
import unicodedata
from typing import Any, cast

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds what sharing, searching, cleaning up and pausing need; old jobs hold their images."""
    _add_columns()
    _create_tables()
    _fill_in()


def downgrade() -> None:
    """Drops all that; jobs and their events stay."""
    for table in ("gateways", "switches", "tokens", "image_refs"):
        op.drop_table(table)
    with op.batch_alter_table("jobs") as jobs:
        jobs.drop_index("ix_jobs_batch")
        jobs.drop_index("ix_jobs_owner_id")
        for column in ("prompt", "holder", "is_favourite", "batch"):
            jobs.drop_column(column)


def _add_columns() -> None:
    with op.batch_alter_table("jobs") as jobs:
        jobs.add_column(sa.Column("batch", sa.String(36), nullable=True))
        jobs.add_column(sa.Column("is_favourite", sa.Boolean, nullable=False, server_default=sa.false()))
        jobs.add_column(sa.Column("holder", sa.String(36), nullable=True))
        jobs.add_column(sa.Column("prompt", sa.Text, nullable=False, server_default=""))
    with op.batch_alter_table("jobs") as jobs:
        jobs.alter_column("is_favourite", server_default=None)
        jobs.alter_column("prompt", server_default=None)
        jobs.create_index("ix_jobs_owner_id", ["owner", "id"])
        jobs.create_index("ix_jobs_batch", ["batch"])


def _create_tables() -> None:
    op.create_table(
        "image_refs",
        sa.Column("image_id", sa.String(64), primary_key=True),
        sa.Column("owner", sa.String(64), primary_key=True),
        sa.Column("job_id", sa.String(36), primary_key=True),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
    )
    op.create_index("ix_image_refs_job_id", "image_refs", ["job_id"])
    op.create_table(
        "tokens",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("secret_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("max_waiting_jobs", sa.Integer, nullable=True),
        sa.Column("max_image_bytes", sa.BigInteger, nullable=True),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("revoked_at", sa.Double, nullable=True),
    )
    op.create_table(
        "switches",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("value", sa.JSON, nullable=False),
    )
    op.create_table(
        "gateways",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("seen_at", sa.Double, nullable=False),
    )


def _fill_in() -> None:
    connection = op.get_bind()
    jobs = sa.table("jobs", *map(sa.column, ("id", "owner", "request", "images", "created_at", "prompt")))
    refs = sa.table(
        "image_refs", *map(sa.column, ("image_id", "owner", "job_id", "size_bytes", "created_at"))
    )
    for row in connection.execute(sa.select(jobs)).mappings().all():
        request, images = _read(row["request"]), _read(row["images"])
        prompt = unicodedata.normalize("NFKC", str(request.get("prompt", ""))).casefold()
        connection.execute(jobs.update().where(jobs.c.id == row["id"]).values(prompt=prompt))
        held = {image["id"] for image in images} | set(_named(request))
        for image_id in sorted(held):
            connection.execute(
                refs.insert().values(
                    image_id=image_id,
                    owner=row["owner"],
                    job_id=row["id"],
                    size_bytes=0,
                    created_at=row["created_at"],
                )
            )


def _read(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _named(value: object) -> list[str]:
    """Returns the images that a request names, at whatever depth: 64 hexadecimal digits are nothing else."""
    if isinstance(value, dict):
        return _named(list(cast("dict[str, object]", value).values()))
    if isinstance(value, list):
        return [found for each in cast("list[object]", value) for found in _named(each)]
    is_image = isinstance(value, str) and len(value) == 64 and set(value) <= set("0123456789abcdef")
    return [str(value)] if is_image else []
