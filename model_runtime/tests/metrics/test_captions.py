"""Bleu, Rouge-L, CIDEr and BertScore against figures worked out by hand, and against those of the COCO evaluation."""

import math

import numpy as np
import pytest

from model_runtime.metrics.captions import bert_score, bleu, cider, rouge_l, words_of

CANDIDATES = ["one person waves at the other", "the man hugs the woman", "someone shakes the partner's hand twice"]
REFERENCES = [
    ["one person waves the right hand at the other", "a man waves"],
    ["the man hugs the woman", "he embraces her"],
    ["the first person shakes hands with the second", "someone takes the hand and shakes it"],
]


def test_words_are_lower_case_without_punctuation_and_the_owner_s_is_one() -> None:
    assert words_of("Mia's high-five, then _Tom_ nods.") == ("mia", "'s", "high-five", "then", "tom", "nods")


def test_figures_are_those_of_the_coco_evaluation() -> None:
    # pycocoevalcap 1.2 gives these for the same words, with "partner 's" apart.
    assert bleu(CANDIDATES, REFERENCES, 1) == pytest.approx(0.8333333, abs=1e-6)
    assert bleu(CANDIDATES, REFERENCES, 4) == pytest.approx(0.4504001, abs=1e-6)
    assert rouge_l(CANDIDATES, REFERENCES) == pytest.approx(0.7335744, abs=1e-6)
    assert cider(CANDIDATES, REFERENCES) == pytest.approx(2.7408940, abs=1e-6)


def test_bleu_is_the_geometric_mean_of_clipped_precisions_with_a_penalty_on_shortness() -> None:
    # One word in three is 'the': of three only two count, as often as the reference has it.
    assert bleu(["the the the"], [["the cat the mat"]], 1) == pytest.approx(math.exp(1 - 4 / 3) * 2 / 3)
    # 4 of 5 words, 2 of 4 pairs ("a b", "c d"); no penalty at equal length.
    assert bleu(["a b x c d"], [["a b y c d"]], 2) == pytest.approx(math.sqrt(4 / 5 * 2 / 4))
    # The corpus counts as one: 2 of 2 and 1 of 3 words.
    assert bleu(["a b", "c x y"], [["a b"], ["c d e"]], 1) == pytest.approx(3 / 5)
    assert bleu(["a b c d"], [["a b c e"]], 4) == 0.0


def test_bleu_compares_with_the_reference_nearest_in_length() -> None:
    assert bleu(["a b c"], [["a b c", "a b c d e f g h"]], 1) == 1.0
    assert bleu(["a b"], [["a b c d", "a b c d e f"]], 1) == pytest.approx(math.exp(1 - 4 / 2))


def test_rouge_is_the_f_measure_of_the_longest_common_subsequence() -> None:
    # "a b d" of 4 candidate and 5 reference words, in order and with gaps.
    precision, recall = 3 / 4, 3 / 5
    expected = 2.44 * precision * recall / (recall + 1.44 * precision)
    assert rouge_l(["a b d x"], [["a b c d e"]]) == pytest.approx(expected)
    assert rouge_l(["x"], [["y"]]) == 0.0


def test_cider_gives_ten_to_the_very_captions_and_nothing_to_words_that_all_share() -> None:
    very = ["a b c d", "e f g h"]
    assert cider(very, [[text] for text in very]) == pytest.approx(10.0)
    assert cider(["a b c d"] * 2, [["a b c d"]] * 2) == 0.0


def test_cider_weighs_by_rarity_and_length() -> None:
    # Of item 0, 'b' alone is rare; one of its four orders (single words) has a hit, with the rare weight log 2.
    # candidate {b}, reference {b, c}: cosine 1 / sqrt(2), one pair of words less.
    expected = 10 * 0.25 * math.exp(-1 / 72) / math.sqrt(2) / 2
    assert cider(["b", "x"], [["b c"], ["y z"]]) == pytest.approx(expected)


def test_bert_score_matches_each_word_with_the_most_alike() -> None:
    candidate = np.array([[1.0, 0.0], [0.0, 2.0]])
    reference = np.array([[3.0, 0.0], [1.0, 1.0], [1.0, 0.0]])
    half = 1 / math.sqrt(2)
    precision, recall, f = bert_score(candidate, [reference])
    assert precision == pytest.approx((1 + half) / 2) and recall == pytest.approx((2 + half) / 3)
    assert f == pytest.approx(2 * precision * recall / (precision + recall))
    assert bert_score(candidate, [reference, candidate])[2] == pytest.approx(1.0)


def test_a_caption_without_reference_is_refused() -> None:
    with pytest.raises(ValueError, match="needs references"):
        bleu(["a"], [[]])
