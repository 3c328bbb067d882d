from __future__ import annotations

import pytest
from PIL import Image

from limner.image.v1 import image_pb2
from services.rpc.errors import InvalidFields
from services.synthesis.pictures import Picture, decode, flatten, look_at
from tests.edit.drawing import message, pixels, scene
from tests.rpc.odd_pictures import ill_turned_pictures, odd_pictures


def seen(image: image_pb2.Image) -> Picture:
    found = look_at(image, "image")
    assert isinstance(found, Picture), found
    return found


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_png_of_any_mode_becomes_rgb(mode: str) -> None:
    source = Image.new("I;16", (16, 8)) if mode == "I;16" else Image.new("RGB", (16, 8)).convert(mode)
    assert flatten(decode(seen(message(source)))).mode == "RGB"


def test_cmyk_keeps_its_colours() -> None:
    red = flatten(decode(seen(message(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG", quality=95))))
    assert pixels(red)[8, 8, 0] > 200


def test_what_is_transparent_lies_on_white() -> None:
    clear = flatten(decode(seen(message(Image.new("RGBA", (16, 8), (255, 0, 0, 0))))))
    assert clear.getpixel((3, 3)) == (255, 255, 255)


def test_a_turned_photograph_is_decoded_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    source = scene()
    turned = decode(seen(message(source.rotate(180), "PNG", exif=exif)))
    assert (pixels(turned) == pixels(source)).all()


def test_a_truncated_file_is_called_damaged() -> None:
    whole = message(scene(), "JPEG")
    picture = seen(image_pb2.Image(data=whole.data[: len(whole.data) // 2]))
    with pytest.raises(InvalidFields, match="image is damaged"):
        decode(picture)


def test_every_odd_file_is_decoded_or_refused_by_name() -> None:
    for data in odd_pictures():
        found = look_at(image_pb2.Image(data=data), "image")
        if isinstance(found, Picture):
            _decode_or_refuse(found)
        else:
            assert found.field == "image"


@pytest.mark.parametrize("number", range(2))
def test_a_photograph_whose_exif_cannot_be_rewritten_is_called_damaged(number: int) -> None:
    picture = seen(image_pb2.Image(data=ill_turned_pictures()[number]))
    with pytest.raises(InvalidFields, match="image is damaged"):
        decode(picture)


def _decode_or_refuse(picture: Picture) -> None:
    try:
        decode(picture)
    except InvalidFields as refused:
        fields = [violation.field for violation in refused.violations]
    else:
        return
    assert fields == ["image"]
