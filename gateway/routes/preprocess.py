from __future__ import annotations

from fastapi import APIRouter, Response

from gateway.identity import Owner
from gateway.problems import document, feature_disabled
from gateway.quotas import keep_upload
from gateway.refusals import Refused, problem
from gateway.replicas import EDIT
from gateway.requests import PreprocessRequest
from gateway.schemas import ControlImage
from gateway.studio import StudioDep
from limner.edit.v1 import edit_pb2, edit_pb2_grpc
from limner.image.v1.image_pb2 import Image

router = APIRouter(tags=["generate"])

_TIMEOUT_S = 60.0


@router.post(
    "/preprocess",
    status_code=201,
    operation_id="preprocess",
    responses={
        409: document("There are no weights for this kind."),
        422: document("Wrong fields, each with its value and the fix."),
        503: document("The edit service does not answer."),
    },
)
async def preprocess(
    body: PreprocessRequest, studio: StudioDep, owner: Owner, response: Response
) -> ControlImage:
    """Makes a control image from a picture and keeps it, to be looked at and used in a job."""
    replica = next(iter(studio.fleet.of(EDIT)), None)
    if replica is None:
        raise feature_disabled(EDIT)
    is_held = await studio.books.holdings.is_held_by(owner, body.image)
    data = await studio.books.images.get(body.image) if is_held else None
    if data is None:
        text = f"image is {body.image[:12]}…, and no such picture is kept; send it to POST /images first."
        raise Refused([problem("image", body.image, text)])
    request = edit_pb2.PreprocessControlRequest(
        kind=body.kind, image=Image(data=data, format="png"), parameters=body.parameters
    )
    stub = edit_pb2_grpc.EditServiceStub(replica.channel)
    made = (await stub.PreprocessControl(request, timeout=_TIMEOUT_S)).image
    image_id = await keep_upload(made.data, owner, studio)
    response.headers["Location"] = url = f"/images/{image_id}"
    return ControlImage(id=image_id, url=url, width=made.size.width, height=made.size.height, kind=body.kind)
