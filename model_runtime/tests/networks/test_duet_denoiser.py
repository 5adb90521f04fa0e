"""The body model's features, network and sampling."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from model_runtime.body_model.kinematics import rotate_plane, yaw_matrix
from model_runtime.body_model.skeleton import AVERAGE_SKELETON
from model_runtime.conditioning.conditions import CONDITIONS, LEADING
from model_runtime.conditioning.representation import (
    LOWER_SIZE,
    UPPER_SIZE,
    GlobalMotion,
    HandBasis,
    body_size,
    decode_lower,
    encode_lower,
)
from model_runtime.networks.duet_denoiser import PATCH, DuetConfig, DuetDenoiser, EncodedConditions
from model_runtime.planning.trajectories import RootConstraints, lead_towards, path_ahead, walked_share
from model_runtime.refine.trajectories import follow_positions
from model_runtime.sampling.body_sampler import BodyStage, SamplingSettings
from model_runtime.sampling.diffusion import cosine_alphas, sample, scale_predicted_noise
from model_runtime.sampling.windows import LONGEST, OVERLAP, blend_weights, windows

HEIGHT = torch.tensor([0.9, 1.0])


def wandering(frames: int = 120) -> GlobalMotion:
    torch.manual_seed(0)
    step = torch.randn(2, frames, 3) * 0.02
    root = torch.cumsum(step, 1)
    root[..., 2] = 0.9 + 0.01 * root[..., 2]
    heading = torch.cumsum(torch.randn(2, frames) * 0.05, 1)
    eye = torch.eye(3)
    return GlobalMotion(
        root, heading, eye.expand(2, frames, 3, 3), eye.expand(2, frames, 8, 3, 3), torch.ones(2, frames, 4)
    )


def test_paths_come_back_from_their_features():
    motion = wandering()
    back = decode_lower(encode_lower(motion, HEIGHT), HEIGHT, motion.root[:, 0, :2], motion.heading[:, 0])
    assert (back.root - motion.root).abs().max() < 1e-5
    assert (back.heading - motion.heading).abs().max() < 1e-5


def test_features_do_not_change_when_the_room_is_turned_and_moved():
    motion = wandering()
    angle = torch.full_like(motion.heading, 1.1)
    moved_root = torch.cat([rotate_plane(motion.root[..., :2], angle) + 3.0, motion.root[..., 2:]], -1)
    moved = GlobalMotion(moved_root, motion.heading + 1.1, motion.tilt, motion.legs, motion.contacts)
    assert (encode_lower(moved, HEIGHT) - encode_lower(motion, HEIGHT)).abs().max() < 1e-3


def test_twelve_components_hold_a_hand_and_its_mirror_image():
    rows = torch.randn(400, HandBasis.fit(torch.randn(60, 45)).basis.shape[0]) @ torch.randn(12, 45)
    basis = HandBasis.fit(rows)
    left = rows[:5].reshape(5, 15, 3)
    right = left * torch.tensor([1.0, -1.0, -1.0])
    code = basis.encode(left, right)
    assert torch.allclose(code[..., :12], code[..., 12:], atol=1e-4), "mirrored hands share their code"
    back_left, back_right = basis.decode(code)
    assert (back_left - left).abs().max() < 1e-3 and (back_right - right).abs().max() < 1e-3


def inputs(config: DuetConfig, batch: int = 1) -> tuple:
    torch.manual_seed(1)
    conditions = {name: torch.randn(batch, 2, 50, condition.size) for name, condition in CONDITIONS.items()}
    given = torch.randn(batch, 2, 50, LOWER_SIZE) if config.lower_size else None
    shape = (batch, 2, 50, config.features)
    mask = torch.zeros(batch, 2, 50, len(config.groups))
    return (
        torch.randn(shape),
        torch.full((batch,), 400),
        torch.zeros(shape),
        mask,
        conditions,
        torch.randn(batch, 2, 6),
        given,
    )


def flipped(values: tuple) -> tuple:
    noisy, step, kept, mask, conditions, body, given = values
    swap = lambda x: None if x is None else x.flip(1)  # noqa: E731
    return (
        swap(noisy),
        step,
        swap(kept),
        swap(mask),
        {k: v.flip(1) for k, v in conditions.items()},
        swap(body),
        swap(given),
    )


@pytest.mark.parametrize(("stage", "size"), [("lower", LOWER_SIZE), ("upper", UPPER_SIZE)])
def test_swapping_the_actors_swaps_the_output(stage, size):
    config = DuetConfig(stage, width=32, heads=2, blocks=2)
    network = DuetDenoiser(config).eval()
    values = inputs(config)
    with torch.no_grad():
        out, swapped = network(*values), network(*flipped(values))
    assert out.shape == (1, 2, 50, size)
    assert torch.allclose(out.flip(1), swapped, atol=1e-5)


def test_each_actor_attends_to_the_partner():
    config = DuetConfig("lower", width=32, heads=2, blocks=2)
    network = DuetDenoiser(config).eval()
    values = inputs(config)
    changed = values[0].clone()
    changed[:, 1] += 1.0
    with torch.no_grad():
        difference = (network(*values) - network(changed, *values[1:]))[:, 0].abs().max()
    assert difference > 1e-4


def test_a_dropped_condition_has_no_effect():
    config = DuetConfig("lower", width=32, heads=2, blocks=1)
    network = DuetDenoiser(config).eval()
    values = inputs(config)
    other = dict(values[4], labels=values[4]["labels"] + 1)
    dropped = {"labels": torch.tensor([True])}
    with torch.no_grad():
        assert torch.equal(network(*values, dropped=dropped), network(*values[:4], other, *values[5:], dropped=dropped))


def sampled_share(preset: str, deviation: float, mean: float = 0.0) -> tuple[float, float]:
    """For Gaussian data the best prediction is known in closed form: mean and deviation of its samples, over those of
    the data.
    """
    alphas = cosine_alphas().double()

    def predict(x: torch.Tensor, step: torch.Tensor) -> torch.Tensor:
        a = alphas[step.long()].view(-1, 1)
        return (mean * (1 - a) + deviation**2 * a.sqrt() * x) / (deviation**2 * a + 1 - a)

    noise = torch.linspace(-1.7320508, 1.7320508, 2001, dtype=torch.float64)[:, None]  # even, of deviation 1
    out = sample(predict, noise, torch.zeros_like(noise), torch.zeros_like(noise), preset)
    return float(out.mean()), float(out.std()) / deviation


@pytest.mark.parametrize(("preset", "off"), [("draft", 0.15), ("final", 0.03), ("reference", 0.15)])
@pytest.mark.parametrize("deviation", [2.0, 1.0, 0.5, 0.2, 0.1])
def test_samples_have_the_deviation_of_the_data_coarse_and_fine(preset, off, deviation):
    mean, share = sampled_share(preset, deviation, mean=0.7)
    assert mean == pytest.approx(0.7, abs=0.02) and share == pytest.approx(1.0, abs=off)


def test_even_steps_in_time_lose_fine_variation_and_even_steps_in_log_snr_keep_it():
    assert sampled_share("dpm12", 0.1)[1] < 0.6 and sampled_share("snr12", 0.1)[1] > 0.95


def test_known_values_come_out_exactly():
    known, mask = torch.full((1, 8), 3.0), torch.tensor([[1.0] * 4 + [0.0] * 4])
    out = sample(lambda x, _: x * 0.5, torch.randn(1, 8), known, mask, "draft")
    assert (out[0, :4] == 3.0).all()


@pytest.mark.parametrize("frames", [1, 15, 300, 301, 331, 540, 2701, 54001])
def test_windows_cover_a_take_of_any_length_evenly(frames):
    spans = windows(frames)
    assert spans[0].start == 0 and frames <= spans[-1].stop < frames + PATCH
    assert all(
        later.start + later.overlap == earlier.stop and later.overlap == OVERLAP for earlier, later in pairwise(spans)
    )
    assert all(span.length <= LONGEST and span.length % PATCH == 0 for span in spans)
    assert len(spans) == 1 or min(span.length for span in spans) >= LONGEST // 2, "the frames are shared out evenly"


@pytest.mark.parametrize("frames", [15, 331, 2701])
def test_the_blend_weights_of_windows_sum_to_one_on_every_frame(frames):
    spans = windows(frames)
    total = torch.zeros(spans[-1].stop)
    for span, share in zip(spans, blend_weights(spans), strict=True):
        total[span.span] += share
        assert share.min() >= 0
    torch.testing.assert_close(total, torch.ones_like(total))


def test_noise_scaling_restores_motion_taken_for_noise():
    signal = cosine_alphas()[400]
    clean, noise = torch.randn(1, 8), torch.randn(1, 8)
    noisy = signal.sqrt() * clean + (1 - signal).sqrt() * noise
    timid = (noisy - (1 - signal).sqrt() * 1.2 * noise) / signal.sqrt()  # a fifth too much is taken for noise
    torch.testing.assert_close(scale_predicted_noise(noisy, timid, 400, 1.2), clean, atol=1e-4, rtol=1e-4)
    assert torch.equal(scale_predicted_noise(noisy, timid, 999, 1.2), timid), "where all is noise"


def test_a_root_is_led_through_the_place_asked_for_while_it_walks():
    t = np.arange(150) / 30
    root = np.zeros((150, 3), np.float32)
    root[:, 0] = np.clip(t - 2.0, 0.0, 2.0)  # stands for 2 s, walks for 2 s, stands
    wanted, known = np.zeros((150, 2), np.float32), np.zeros(150, bool)
    known[[0, 140]] = True
    wanted[140] = (2.3, -0.2)
    led = follow_positions(root, wanted, known)
    np.testing.assert_allclose(led[140, :2], (2.3, -0.2), atol=5e-3)
    assert np.abs(led[:45, :2]).max() < 1e-3, "standing feet are not dragged towards the target"
    assert np.linalg.norm(np.diff(led[:, :2], axis=0), axis=-1).max() < 1.4 / 30, "and no jump on the way"


def test_body_size_reads_lengths_in_metres():
    size = body_size(torch.from_numpy(AVERAGE_SKELETON.offsets))
    assert (
        size[0] == pytest.approx(0.955)
        and size[1] == pytest.approx(0.41, abs=0.01)
        and size[4] == pytest.approx(0.34, abs=0.01)
    )
    assert yaw_matrix(torch.tensor(0.0)).equal(torch.eye(3))


def nowhere(frames: int) -> RootConstraints:
    flags = torch.zeros(2, frames, dtype=torch.bool)
    return RootConstraints(torch.zeros(2, frames, 2), torch.zeros(2, frames), flags, flags.clone())


def test_a_walk_across_windows_is_led_towards_its_far_target():
    places = nowhere(600)
    places.position[1, 500], places.has_position[1, 500] = torch.tensor([4.0, 0.0]), True
    walking = np.zeros((2, 600), bool)
    walking[1, 200:500] = True
    led = lead_towards(places, walking, np.array([[0.0, 3.0], [0.0, 0.0]]), 0, 300)
    knots = torch.nonzero(led.has_position[1, :300])[:, 0]
    assert knots[0] == 215 and len(knots) == 6
    assert led.position[1, 290, 0] == pytest.approx(4.0 * 90 / 300, abs=0.25)
    assert not led.has_position[0].any() and not places.has_position[1, :300].any(), (
        "the other actor and the request stay as they are"
    )


def test_a_walk_sets_off_and_arrives_gently():
    share = walked_share(np.linspace(0, 4, 401), 4.0)
    speed = np.diff(share)
    assert share[0] == 0 and share[-1] == pytest.approx(1.0) and (speed >= 0).all()
    assert speed[0] < 0.2 * speed.max() and speed[-1] < 0.2 * speed.max()


def test_a_standing_body_is_not_moved_by_its_absolute_position_features():
    motion = wandering(150)
    still = GlobalMotion(
        motion.root[:, :1].expand(-1, 150, -1), motion.heading * 0, motion.tilt, motion.legs, motion.contacts
    )
    features = encode_lower(still, HEIGHT)
    features[..., 62] += torch.linspace(0, 1, 150)  # the absolute block says otherwise
    back = decode_lower(features, HEIGHT, still.root[:, 0, :2], still.heading[:, 0])
    assert (back.root - still.root)[..., :2].abs().max() < 1e-4


@pytest.mark.parametrize(("name", "columns"), LEADING.items())
def test_trajectory_conditions_reach_position_and_heading_past_all_blocks_unless_dropped(name, columns):
    config = DuetConfig("lower", width=32, heads=2, blocks=1, conditions=("labels", "path", "facing"))
    network = DuetDenoiser(config).eval()
    torch.nn.init.zeros_(network.conditions_in.get_parameter(f"{name}.weight"))
    noisy, step, kept, mask, conditions, body, given = inputs(config)
    body = body.abs()
    farther = conditions | {name: conditions[name] + torch.tensor([1.0, 0.0, 0.0])}
    with torch.no_grad():
        near = network(noisy, step, kept, mask, conditions, body, given)
        far = network(noisy, step, kept, mask, farther, body, given)
        dropped = [
            network(noisy, step, kept, mask, c, body, given, {name: torch.tensor([True])})
            for c in (conditions, farther)
        ]
    moved = far - near
    by = 0.5 * (body[..., None, 0] if name == "path" else torch.ones(1, 2, 1))  # places come in pelvis heights
    torch.testing.assert_close(moved[..., columns.start], by.expand(1, 2, 50), atol=1e-5, rtol=1e-4)
    moved[..., columns.start] = 0.0
    assert moved.abs().max() < 1e-5 and torch.equal(*dropped)


def test_a_condition_that_is_absent_counts_as_dropped():
    config = DuetConfig("lower", width=32, heads=2, blocks=1, conditions=("labels", "emotion"))
    network = DuetDenoiser(config).eval()
    torch.nn.init.normal_(network.nulls["emotion"])
    values = inputs(config)
    without = {name: value for name, value in values[4].items() if name != "emotion"}
    with torch.no_grad():
        absent = network(*values[:4], without, *values[5:])
        dropped = network(*values, dropped={"emotion": torch.tensor([True])})
    assert torch.allclose(absent, dropped, atol=1e-6)
    assert not torch.allclose(absent, network(*values), atol=1e-4)


def test_the_path_of_a_standing_actor_stays_and_that_of_a_walking_one_leads_to_its_target():
    places = nowhere(600)
    places.position[0, 400], places.has_position[0, 400] = torch.tensor([3.0, 0.0]), True
    walking = np.zeros((2, 600), bool)
    walking[0, 200:400] = True
    walking[1, 500:] = True
    path, known = path_ahead(places, walking, np.array([[0.0, 0.0], [0.0, 2.0]]), 0, 600)
    assert np.allclose(path[0, :200], 0.0) and np.allclose(path[0, 400:], (3.0, 0.0)), (
        "the actor waits, then stays at the target"
    )
    assert (np.diff(path[0, 200:400, 0]) >= 0).all() and known[0].all()
    assert np.allclose(path[1, :500], (0.0, 2.0)) and known[1, :500].all() and not known[1, 500:].any(), (
        "a walk without a goal leads anywhere"
    )


@pytest.mark.parametrize(("weight", "doubled"), [(1.0, 0), (2.0, 7)])
def test_the_unconditional_prediction_is_made_only_where_guidance_matters(weight, doubled, monkeypatch):
    stage = BodyStage("lower")
    sizes: list[int] = []
    denoise = stage.network.denoise

    def counted(noisy: torch.Tensor, step: torch.Tensor, encoded: EncodedConditions) -> torch.Tensor:
        sizes.append(len(noisy))
        return denoise(noisy, step, encoded)

    monkeypatch.setattr(stage.network, "denoise", counted)
    conditions = {name: torch.zeros(1, 2, 30, CONDITIONS[name].size) for name in stage.config.conditions}
    kept, mask = torch.zeros(1, 2, 30, LOWER_SIZE), torch.zeros(1, 2, 30, 4)
    stage.sample(
        conditions,
        torch.ones(1, 2, 6),
        kept,
        mask,
        None,
        torch.Generator(),
        SamplingSettings(guidance=weight),
        lambda _: None,
    )
    assert len(sizes) == 12 and sizes.count(2) == doubled
