"""Paints through OpenAI's client: pip install openai; python examples/openai_client.py "a red circle"."""

import base64
import os
import sys
from pathlib import Path

from openai import OpenAI


def main(prompt: str) -> None:
    """Saves partial.webp as soon as there is something to see, then out.png."""
    url = os.environ.get("LIMNER_URL", "http://127.0.0.1:8000")
    # A studio without tokens takes any key.
    api = OpenAI(base_url=f"{url}/v1", api_key=os.environ.get("LIMNER_TOKEN", "none"))
    # Fields that OpenAI does not have go into extra_body.
    stream = api.images.generate(prompt=prompt, stream=True, partial_images=1, extra_body={"seed": 7})
    for event in stream:
        name = "out.png" if event.type == "image_generation.completed" else "partial.webp"
        Path(name).write_bytes(base64.b64decode(event.b64_json))
        print(name)


main(*sys.argv[1:])
