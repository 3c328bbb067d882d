from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any, Self

from pydantic import TypeAdapter, ValidationError

from limner.answers import Event, Job, JobBatch, JobEvent, Queue, ResetEvent
from limner.pictures import PictureCalls
from limner.requests import Request
from limner.wire import PATIENCE_S, Wire

_PAGE_JOBS = 100


class AsyncClient(PictureCalls):
    """Talks to the studio at `url`; to be used in `async with`. A studio with tokens wants one.

    Every method raises StudioUnreachable when nothing answers and RequestRejected when the studio refuses.
    """

    def __init__(self, url: str, token: str | None = None) -> None:
        self.url = url
        self._wire = Wire(url, token)
        self._event: TypeAdapter[Event] = TypeAdapter(Event)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._wire.close()

    async def submit(self, request: Request, idempotency_key: str | None = None) -> Job:
        """Returns the accepted job; a repeat with the same key returns the job of the first call.

        With a key, a connection that is lost is no loss: the request is sent again.
        """
        body = request.model_dump(exclude_none=True)
        return Job.model_validate(await self._take(f"/generate/{request.kind}", body, idempotency_key))

    async def batch(
        self,
        request: Request,
        prompts: Sequence[str] = (),
        seeds: Sequence[int] = (),
        idempotency_key: str | None = None,
    ) -> JobBatch:
        """Returns a job of every prompt with every seed, all accepted or none; else like `submit`."""
        one = {"kind": request.kind, **request.model_dump(exclude_none=True)}
        body = {"request": one, "prompts": list(prompts), "seeds": list(seeds)}
        return JobBatch.model_validate(await self._take("/generate/batch", body, idempotency_key))

    async def job(self, job_id: str) -> Job:
        """Returns the job as it is now."""
        return Job.model_validate(await self._wire.json("GET", f"/jobs/{job_id}"))

    async def jobs(self, limit: int = 20) -> list[Job]:
        """Returns the `limit` newest jobs, the newest first."""
        page = await self._wire.json("GET", "/jobs", params={"limit": limit})
        return [Job.model_validate(job) for job in page["jobs"]]

    async def search(
        self,
        words: str = "",
        *,
        statuses: Sequence[str] = (),
        kinds: Sequence[str] = (),
        favourite: bool = False,
        batch: str | None = None,
    ) -> AsyncGenerator[Job]:
        """Yields every job that is all this, the newest first; `words` are what the prompt has."""
        wanted: dict[str, Any] = {"q": words, "status": list(statuses), "kind": list(kinds)}
        params = {name: value for name, value in wanted.items() if value} | {"limit": _PAGE_JOBS}
        params |= {"favourite": favourite} | ({"batch": batch} if batch is not None else {})
        cursor: str | None = ""
        while cursor is not None:
            page = await self._wire.json(
                "GET", "/jobs", params=params | ({"cursor": cursor} if cursor else {})
            )
            for job in page["jobs"]:
                yield Job.model_validate(job)
            cursor = page["next_cursor"]

    async def cancel(self, job_id: str) -> Job:
        """Asks the job to stop and returns it as it is then."""
        return Job.model_validate(await self._wire.json("DELETE", f"/jobs/{job_id}"))

    async def retry(self, job_id: str) -> Job:
        """Sends the request of a job again and returns the new job, which has the same seed."""
        return Job.model_validate(await self._wire.json("POST", f"/jobs/{job_id}/retry"))

    async def prioritise(self, job_id: str, priority: str) -> Job:
        """Gives a job that waits another priority: background, normal or interactive."""
        return await self._change(job_id, {"priority": priority})

    async def star(self, job_id: str, favourite: bool = True) -> Job:
        """Has a job kept when old ones go, or no longer."""
        return await self._change(job_id, {"favourite": favourite})

    async def delete_job(self, job_id: str) -> None:
        """Deletes an ended job for ever, with the pictures that nothing else refers to."""
        await self._wire.send("DELETE", f"/history/{job_id}")

    async def queue(self, limit: int = 100) -> Queue:
        """Returns the first `limit` jobs that wait, in the order in which they will start."""
        return Queue.model_validate(await self._wire.json("GET", "/queue", params={"limit": limit}))

    async def pause(self) -> Queue:
        """Keeps waiting jobs from starting; what runs goes on."""
        return Queue.model_validate(await self._wire.json("PATCH", "/queue", json={"paused": True}))

    async def resume(self) -> Queue:
        """Lets waiting jobs start again."""
        return Queue.model_validate(await self._wire.json("PATCH", "/queue", json={"paused": False}))

    async def order(self, job_ids: Sequence[str]) -> Queue:
        """Puts these waiting jobs first, in this order; the others follow as they were."""
        body = {"ids": list(job_ids)}
        return Queue.model_validate(await self._wire.json("PUT", "/queue/order", json=body))

    async def clear(self) -> int:
        """Cancels every job that waits and returns how many they were; what runs goes on."""
        return (await self._wire.json("POST", "/queue/clear"))["cancelled"]

    async def events(
        self, after_seq: int | None = None, patience_s: float = PATIENCE_S
    ) -> AsyncGenerator[Event]:
        """Yields everything that happens, from now on or from after the event of that `seq`.

        A lost connection is opened again and goes on where it broke off; a ResetEvent says that something
        may be missing. StudioUnreachable is raised after `patience_s` without a connection.
        """
        last_event_id = str(after_seq) if after_seq is not None else None
        async with aclosing(self._wire.follow("/events", last_event_id, patience_s)) as messages:
            async for message in messages:
                event = self._read(message.data)
                if event is not None:
                    yield event

    async def watch(self, job_id: str, patience_s: float = PATIENCE_S) -> AsyncGenerator[Job]:
        """Yields the job now and after every change, the last time when it has finished.

        Lost connections are opened again; StudioUnreachable is raised after `patience_s` without one.
        """
        async with aclosing(self.events(patience_s=patience_s)) as events:
            async for event in events:
                match event:
                    case ResetEvent():
                        # The stream is open before the job is read: no change falls between the two.
                        answer = await self._wire.insist("GET", f"/jobs/{job_id}", patience_s, is_lost=True)
                        job = Job.model_validate(answer)
                    case JobEvent() if event.job.id == job_id:
                        job = event.job
                    case _:
                        continue
                yield job
                if job.finished:
                    return

    async def wait(self, job_id: str, patience_s: float = PATIENCE_S) -> Job:
        """Returns the finished job."""
        async with aclosing(self.watch(job_id, patience_s)) as jobs:
            return [job async for job in jobs][-1]

    async def capabilities(self) -> dict[str, Any]:
        """Returns which models and features are on now (GET /capabilities)."""
        return await self._wire.json("GET", "/capabilities")

    async def gpu(self) -> dict[str, Any]:
        """Returns devices, leases and who waits for memory (GET /gpu)."""
        return await self._wire.json("GET", "/gpu")

    async def _take(self, path: str, body: dict[str, Any], key: str | None) -> dict[str, Any]:
        if key is None:
            return await self._wire.json("POST", path, json=body)
        headers = {"Idempotency-Key": key}
        return await self._wire.insist("POST", path, PATIENCE_S, json=body, headers=headers)

    async def _change(self, job_id: str, change: dict[str, Any]) -> Job:
        return Job.model_validate(await self._wire.json("PATCH", f"/jobs/{job_id}", json=change))

    def _read(self, data: str) -> Event | None:
        """Returns an event, None for a kind that only a newer client knows."""
        try:
            return self._event.validate_json(data)
        except ValidationError as error:
            if error.errors()[0]["type"] == "union_tag_invalid":
                return None
            raise
