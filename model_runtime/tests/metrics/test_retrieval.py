"""The protocols of InterGen and Inter-X on embeddings whose figures are known."""

import numpy as np
import pytest

from model_runtime.metrics.retrieval import (
    distances_between,
    diversity,
    interval,
    mm_distance,
    multimodality,
    r_precision,
    r_squared,
    repeated,
    text_to_motion,
    top_accuracy,
)

LINE = np.arange(8.0)[:, None]


def test_texts_at_their_own_motions_are_always_found() -> None:
    assert np.allclose(r_precision(LINE, LINE, batch=4), 1.0)


def test_ranks_count_within_a_batch_and_rows_beyond_whole_batches_are_left_out() -> None:
    # In each batch of four, the last text lies at the first motion: its own is the furthest, of rank 4.
    texts = np.array([0.0, 1.0, 2.0, 0.0, 4.0, 5.0, 6.0, 4.0, 99.0])[:, None]
    motions = np.append(LINE, [[0.0]], axis=0)
    assert np.allclose(r_precision(texts, motions, batch=4), 0.75)
    # 1.4 lies at 1, then at 2: of rank 2.
    texts[2] = 1.4
    assert np.allclose(r_precision(texts, motions, batch=4), [5 / 8, 6 / 8, 6 / 8])


def test_equal_embeddings_are_no_success() -> None:
    same = np.ones((32, 3))
    assert np.allclose(r_precision(same, same, batch=32), 0.0)


@pytest.mark.parametrize("batch", [32, 96])
def test_random_embeddings_are_found_as_often_as_by_chance(batch: int) -> None:
    rng = np.random.default_rng(0)
    texts, motions = rng.normal(size=(2, 96 * 60, 4))
    assert np.allclose(r_precision(texts, motions, batch), np.arange(1, 4) / batch, atol=0.012)


def test_fewer_pairs_than_a_batch_are_refused() -> None:
    with pytest.raises(ValueError, match="batches of 32 needs as many pairs, there are 8"):
        r_precision(LINE, LINE, batch=32)


def test_distances() -> None:
    assert np.allclose(distances_between(np.zeros((1, 2)), np.array([[3.0, 4.0], [0.0, 1.0]])), [[5.0, 1.0]])
    assert mm_distance(np.zeros((2, 2)), np.array([[3.0, 4.0], [0.0, 1.0]])) == pytest.approx(3.0)


def test_diversity_is_the_mean_distance_of_random_pairs() -> None:
    rng = np.random.default_rng(0)
    assert diversity(np.zeros((300, 4)), rng) == 0.0
    # Two motions 1 apart: half of the pairs are of the same.
    two = np.repeat([[0.0], [1.0]], 5000, axis=0)
    assert diversity(two, rng, pairs=10000) == pytest.approx(0.5, abs=0.03)
    with pytest.raises(ValueError, match="needs as many motions"):
        diversity(LINE, rng)


def test_multimodality_compares_takes_of_one_text_alone() -> None:
    rng = np.random.default_rng(0)
    texts_apart = np.repeat(100.0 * np.arange(5.0), 30).reshape(5, 30, 1)
    assert multimodality(texts_apart, rng) == 0.0
    spread = rng.normal(size=(400, 30, 1))
    # Two takes of unit deviation are 2 / sqrt(pi) apart on average, and none apart where a take meets itself.
    assert multimodality(spread, rng) == pytest.approx(2 / np.sqrt(np.pi) * 29 / 30, abs=0.05)
    with pytest.raises(ValueError, match="needs as many takes"):
        multimodality(spread[:, :5], rng)


def test_the_interval_is_of_95_percent() -> None:
    assert interval([1.0, 3.0]) == pytest.approx((2.0, 1.96 / np.sqrt(2)))
    rng = np.random.default_rng(0)
    inside = [abs((found := interval(list(rng.normal(size=20)))).mean) < found.half for _ in range(2000)]
    assert np.mean(inside) == pytest.approx(0.93, abs=0.03)  # a little less for twenty runs


def test_runs_differ_and_are_repeatable() -> None:
    seen: list[float] = []

    def measure(rng: np.random.Generator) -> dict[str, float]:
        seen.append(float(rng.normal()))
        return {"a": seen[-1]}

    assert repeated(measure, runs=5) == repeated(measure, runs=5)
    assert len(set(seen)) == 5 and len(seen) == 10


def test_the_protocol_gives_truth_the_best_figures() -> None:
    rng = np.random.default_rng(0)
    real = rng.normal(size=(320, 6))
    texts = real + 0.05 * rng.normal(size=real.shape)
    made = 1.5 * real + 1.0
    truth = repeated(lambda r: text_to_motion(texts, real, real, r, 32), runs=3)
    other = repeated(lambda r: text_to_motion(texts, made, real, r, 32), runs=3)
    assert truth["top1"].mean > 0.95 and truth["fid"].mean == pytest.approx(0.0, abs=1e-5)
    assert other["top1"].mean < truth["top1"].mean and other["mm_distance"].mean > truth["mm_distance"].mean
    # Means 1 apart in six dimensions, deviations 1.5 beside 1.
    spread = np.linalg.eigvalsh(np.cov(real.T)).sum()
    moved = ((made.mean(0) - real.mean(0)) ** 2).sum()
    assert other["fid"].mean == pytest.approx(moved + 0.25 * spread, rel=1e-3)
    assert other["diversity"].mean == pytest.approx(1.5 * truth["diversity"].mean, rel=1e-6)


def test_accuracy_counts_the_best_scores() -> None:
    scores = np.array([[0.1, 0.7, 0.2], [0.5, 0.3, 0.2], [0.2, 0.3, 0.5]])
    assert top_accuracy(scores, np.array([1, 1, 0])) == pytest.approx(1 / 3)
    assert top_accuracy(scores, np.array([1, 1, 0]), top=2) == pytest.approx(2 / 3)


def test_r_squared_is_one_for_the_truth_and_nothing_for_its_mean() -> None:
    true = np.array([[0.0, 1.0], [2.0, 3.0], [4.0, 8.0]])
    assert np.allclose(r_squared(true, true), 1.0)
    assert np.allclose(r_squared(np.tile(true.mean(0), (3, 1)), true), 0.0)
    assert np.allclose(r_squared(true + [[1.0, 0.0]], true), [1 - 3 / 8, 1.0])
