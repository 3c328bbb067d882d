from __future__ import annotations

from dataclasses import replace

from limner.models.activations import Shape
from limner.models.demands import demand
from limner.models.entry import Tier
from limner.models.sizes import Sizes
from limner.models.tiers import TIERS
from limner.models.weighing import read_sizes
from services.pipelines import sizing
from services.pipelines.catalogue import Model
from services.pipelines.leases import Lease
from services.pipelines.need import Need
from services.pipelines.stock import read_catalogue

PARTS = ("transformer", "text_encoder", "vae")
SHAPE = Shape(128, 128)


def built_in() -> tuple[Model, Sizes]:
    model = read_catalogue(None).models[0]
    return model, read_sizes(model.name, model.revision, model.path, PARTS)


def scaled_up() -> Sizes:
    _, sizes = built_in()
    return replace(sizes, blocks=tuple(replace(block, count=50 * block.count) for block in sizes.blocks))


def need(tier: str = "auto") -> Need:
    model, _ = built_in()
    return sizing.need_of(model, "shapes:r:1", scaled_up(), SHAPE, 2, tier)


def test_a_job_may_run_in_every_tier_of_its_model_the_best_one_first() -> None:
    assert need().tiers == TIERS
    assert need().demands[0].budget_bytes == 0


def test_a_job_that_names_its_tier_runs_in_no_other() -> None:
    assert need("offload").tiers == (Tier.OFFLOAD,)
    assert need("offload").is_named


def test_every_way_of_running_is_learnt_under_a_name_of_its_own() -> None:
    names = [each.profile for each in need().demands]
    assert len(set(names)) == len(names) <= 16  # As many as the arbiter takes.


def test_weights_shrink_only_to_what_leaves_the_granted_bytes_enough_for_every_stage() -> None:
    needed = demand(scaled_up(), Tier.OFFLOAD, SHAPE, on_card=False)
    elastic = [each for each in need().demands if each.tier == Tier.OFFLOAD and each.resident_min_bytes]
    assert elastic
    for each in elastic:
        assert needed.working_bytes(each.resident_min_bytes) <= each.working_bytes


def test_on_a_card_weights_take_half_of_what_they_take_on_the_host() -> None:
    found = need()
    assert found.on_card[0].resident_bytes < 0.6 * found.demands[0].resident_bytes


def test_small_pictures_are_charged_as_the_native_size_so_that_one_lease_serves_them() -> None:
    model, _ = built_in()
    small, large = sizing.Bucket.of(model, 64, 64), sizing.Bucket.of(model, 256, 128)
    assert (small.width_px, small.height_px) == (128, 128)
    assert (large.width_px, large.height_px) == (256, 128)


def test_what_a_lease_was_granted_for_is_found_again_and_else_the_largest_that_it_has_room_for() -> None:
    found = need()
    steps = [each for each in found.demands if each.tier == Tier.OFFLOAD]
    lease = _lease(steps[1].profile, steps[1].resident_bytes)
    assert found.of(lease) == steps[1]
    assert found.of(_lease("of another size", steps[1].resident_bytes)) == steps[1]
    assert found.of(_lease("shrunk meanwhile", 1)) == steps[-1]


def _lease(profile: str, weights_bytes: int) -> Lease:
    return Lease(1, Tier.OFFLOAD, profile, "cpu:0", weights_bytes=weights_bytes)
