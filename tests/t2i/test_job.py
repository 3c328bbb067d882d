import pytest

from limner.image.v1.image_pb2 import Size
from limner.t2i.v1.t2i_pb2 import GenerateImagesRequest
from services.pipelines.stock import read_catalogue
from services.rpc.errors import InvalidFields, ModelNotFound
from services.t2i.job import Job, need_of, to_job, to_request

CATALOGUE = read_catalogue(None)
NAN = float("nan")


def job(**fields: object) -> Job:
    return to_job(GenerateImagesRequest(**{"prompt": "a red circle", **fields}), CATALOGUE)  # pyright: ignore[reportArgumentType] a table of fields


def test_a_bare_prompt_gets_the_defaults_of_the_model() -> None:
    made = job()
    assert (made.width_px, made.height_px, made.steps, made.guidance_scale) == (128, 128, 20, 4.0)
    assert made.model.name == "shapes"
    assert len(made.seeds) == 1
    assert made.request_id


def test_a_job_survives_the_way_to_the_worker() -> None:
    made = job(
        size=Size(width=96, height=160),
        steps=7,
        guidance_scale=2.5,
        seeds=[1, 2],
        metadata={"limner": "{}"},
        quality="draft",
    )
    assert to_job(to_request(made), CATALOGUE) == made


@pytest.mark.parametrize(
    ("fields", "field", "says"),
    [
        ({"prompt": ""}, "prompt", "prompt is empty"),
        ({"prompt": " \n"}, "prompt", "prompt is empty"),
        ({"prompt": "x" * 2001}, "prompt", "2001 characters; at most 2000"),
        ({"negative_prompt": "x" * 2001}, "negative_prompt", "2001 characters"),
        ({"size": Size(width=130, height=128)}, "size.width", "130; it must be a multiple of 16 (try 128)"),
        ({"size": Size(width=128, height=1024)}, "size.height", "1024; shapes paints 64 to 256 pixels"),
        ({"size": Size(width=0, height=128)}, "size.width", "0; shapes paints 64 to 256"),
        ({"steps": 1}, "steps", "steps is 1; use 2 to 100"),
        ({"steps": 101}, "steps", "steps is 101"),
        ({"guidance_scale": 0.5}, "guidance_scale", "0.5; use 1 (no guidance) to 20"),
        ({"guidance_scale": NAN}, "guidance_scale", "nan"),
        ({"seeds": [5, -1]}, "seeds[1]", "-1; use 0 to 2^53 - 1"),
        ({"seeds": list(range(17))}, "seeds", "17 entries; at most 16"),
        ({"quality": "ultra"}, "quality", "quality is 'ultra'; use draft, normal or best"),
        ({"request_id": "x" * 65}, "request_id", "longer than 64"),
        ({"metadata": {"k": "x" * 70_000}}, "metadata", "64 KiB"),
    ],
)
def test_a_wrong_field_is_named_with_its_value_and_the_fix(
    fields: dict[str, object], field: str, says: str
) -> None:
    with pytest.raises(InvalidFields) as caught:
        job(**fields)
    assert [violation.field for violation in caught.value.violations] == [field]
    assert says in caught.value.violations[0].description


def test_every_wrong_field_is_named_at_once() -> None:
    with pytest.raises(InvalidFields) as caught:
        job(prompt="", steps=0, size=Size(width=1, height=1))
    assert {v.field for v in caught.value.violations} == {"prompt", "steps", "size.width", "size.height"}


def test_an_unknown_model_is_not_found() -> None:
    with pytest.raises(ModelNotFound):
        job(model="sdxl")


def test_whatever_changes_the_pixels_changes_the_fingerprint_and_nothing_else_does() -> None:
    base = job(seeds=[1], request_id="a").fingerprint("full", {"torch": "1"})
    assert job(seeds=[1], request_id="b", metadata={"k": "v"}).fingerprint("full", {"torch": "1"}) == base
    others = [
        job(seeds=[2]).fingerprint("full", {"torch": "1"}),
        job(seeds=[1], steps=21).fingerprint("full", {"torch": "1"}),
        job(seeds=[1]).fingerprint("fp8", {"torch": "1"}),
        job(seeds=[1]).fingerprint("full", {"torch": "2"}),
        job(seeds=[1], steps=20, quality="best").fingerprint("full", {"torch": "1"}),
    ]
    assert len({base, *others}) == 6


def test_a_larger_picture_needs_more_and_the_usual_ones_share_a_lease() -> None:
    small, native = need_of(job(size=Size(width=64, height=64))), need_of(job())
    large = need_of(job(size=Size(width=256, height=256)))
    assert small == native
    assert large.demands[0].working_bytes > native.demands[0].working_bytes
