"""A model hub on this machine: it answers as the Hugging Face Hub does, and misbehaves when told to.

Two servers, as there: one for the API, which sends large files' readers on to the other, the host of blobs.
"""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer

from tests.hub_answers import Answers
from tests.hub_contents import Hub


@contextmanager
def running_hub() -> Generator[Hub]:
    """Yields a hub that answers at its `url`."""
    hub = Hub()
    with _serving(hub, "api") as hub.url, _serving(hub, "blobs") as hub.blobs_url:
        try:
            yield hub
        finally:
            hub.stopping.set()


@contextmanager
def _serving(hub: Hub, host: str) -> Generator[str]:
    handler = type("Handler", (Answers,), {"hub": hub, "host": host})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        hub.stopping.set()
        server.shutdown()
        thread.join()
        server.server_close()
