"""A studio's REST interface in Python: `AsyncClient`, and `Client` for code that does not await."""

from __future__ import annotations

from limner.answers import (
    ControlImage,
    Download,
    DownloadEvent,
    Event,
    InspectedImage,
    Job,
    JobBatch,
    JobError,
    JobEvent,
    JobImage,
    PreviewEvent,
    Progress,
    Queue,
    QueueEvent,
    ResetEvent,
    UploadedImage,
)
from limner.asynchronous import AsyncClient
from limner.blocking import Client
from limner.rejections import RequestRejected, StudioUnreachable

__all__ = [
    "AsyncClient",
    "Client",
    "ControlImage",
    "Download",
    "DownloadEvent",
    "Event",
    "InspectedImage",
    "Job",
    "JobBatch",
    "JobError",
    "JobEvent",
    "JobImage",
    "PreviewEvent",
    "Progress",
    "Queue",
    "QueueEvent",
    "RequestRejected",
    "ResetEvent",
    "StudioUnreachable",
    "UploadedImage",
]
