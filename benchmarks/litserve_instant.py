"""LitServe with a pipeline that answers at once, for comparison."""

# pyright: standard
# LitServe is typed in part only, and reads annotations as they stand: they must not be strings.
import sys
from typing import Any

import litserve

from benchmarks.instant import paint


class Instant(litserve.LitAPI):
    """Decodes a prompt and answers with the length of a PNG."""

    def setup(self, device: str) -> None:
        return None

    def decode_request(self, request: dict[str, Any], **kwargs: Any) -> str:
        return request["prompt"]

    def predict(self, x: str, **kwargs: Any) -> bytes:
        return paint()

    def encode_response(self, output: bytes, **kwargs: Any) -> dict[str, int]:
        return {"bytes": len(output)}


if __name__ == "__main__":
    litserve.LitServer(Instant(), accelerator="cpu").run(
        host="127.0.0.1", port=int(sys.argv[1]), generate_client_file=False, log_level="warning"
    )
