from __future__ import annotations

from limner.answers import ControlImage, InspectedImage, JobImage, UploadedImage
from limner.wire import Wire

_INSPECTED_BYTES = 50 * 1024 * 1024  # The studio takes no more; a PNG tells before its pixels.
_PNG = b"\x89PNG\r\n\x1a\n"
_UPLOAD_S = 120.0  # The largest picture takes a while to be read, and others may come first.
_FILE = {"Content-Type": "application/octet-stream"}


class PictureCalls:
    """What a client does with pictures."""

    _wire: Wire

    async def image(self, image: JobImage) -> bytes:
        """Returns the PNG file of a finished picture."""
        return (await self._wire.send("GET", image.url)).content

    async def upload(self, data: bytes) -> UploadedImage:
        """Keeps a PNG, JPEG or WebP file for jobs to refer to; the same picture gets the same id."""
        answer = await self._wire.json("POST", "/images", content=data, headers=_FILE, timeout=_UPLOAD_S)
        return UploadedImage.model_validate(answer)

    async def thumbnail(self, image_id: str, size: int = 256) -> bytes:
        """Returns a WebP of a kept picture whose longest side is at most `size`, from 64 to 512."""
        path = f"/images/{image_id}/thumbnail"
        return (await self._wire.send("GET", path, params={"size": size}, timeout=_UPLOAD_S)).content

    async def inspect(self, data: bytes) -> InspectedImage:
        """Returns how the picture in a PNG, JPEG or WebP file was made; the file is not kept."""
        if len(data) > _INSPECTED_BYTES and data.startswith(_PNG):
            data = data[:_INSPECTED_BYTES]
        answer = await self._wire.json(
            "POST", "/images/inspect", content=data, headers=_FILE, timeout=_UPLOAD_S
        )
        return InspectedImage.model_validate(answer)

    async def preprocess(self, image_id: str, kind: str, **parameters: float) -> ControlImage:
        """Makes a control image, e.g. the canny edges, of a kept picture, and keeps it."""
        body = {"image": image_id, "kind": kind, "parameters": parameters}
        return ControlImage.model_validate(await self._wire.json("POST", "/preprocess", json=body))
