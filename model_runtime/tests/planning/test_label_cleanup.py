"""Labels too short to be played, and what becomes of them."""

from itertools import pairwise

from model_runtime.contract import ActionSpan
from model_runtime.planning.label_cleanup import merge_short_labels


def played(*spans: tuple[str, float, float], duration: float = 6.0) -> tuple[list[tuple[str, float, float]], list[str]]:
    script, notes = merge_short_labels("Mia", [ActionSpan(*span) for span in spans], duration)
    return [(span.label, span.start, span.end) for span in script], notes


def test_a_script_without_short_labels_stays_and_its_gaps_mean_stand():
    assert played(("sit", 1.0, 2.0), ("walk", 3.0, 3.3)) == (
        [("stand", 0.0, 1.0), ("sit", 1.0, 2.0), ("stand", 2.0, 3.0), ("walk", 3.0, 3.3), ("stand", 3.3, 6.0)],
        [],
    )


def test_a_short_label_joins_the_longer_of_the_two_it_touches():
    script, notes = played(("walk", 0.0, 2.0), ("stand", 2.0, 2.2), ("sit", 2.2, 6.0))
    assert script == [("walk", 0.0, 2.0), ("sit", 2.0, 6.0)]
    assert notes == [
        "'Mia': the label 'stand' at 2.00 s is only 0.20 s long and became part of 'sit' beside it; "
        "make it 0.3 s or longer to see it."
    ]


def test_a_short_label_alone_in_a_gap_becomes_part_of_standing():
    script, notes = played(("walk", 2.0, 2.1))
    assert script == [("stand", 0.0, 6.0)]
    assert "the label 'walk' at 2.00 s" in notes[0]


def test_a_tiny_gap_within_one_label_is_bridged():
    script, notes = played(("walk", 0.0, 2.0), ("walk", 2.1, 6.0))
    assert script == [("walk", 0.0, 6.0)]
    assert "the gap at 2.00 s is only 0.10 s long" in notes[0]


def test_many_short_labels_in_a_row_become_one_that_can_be_played():
    spans = [(("walk", "sit")[i % 2], 2.0 + 0.1 * i, 2.1 + 0.1 * i) for i in range(12)]
    script, notes = played(*spans)
    assert all(end - start >= 0.3 - 1e-6 for _, start, end in script) and notes
    assert script[0][1] == 0.0 and script[-1][2] == 6.0
    assert all(a[2] == b[1] for a, b in pairwise(script))


def test_a_shot_that_is_one_label_keeps_it_however_short():
    assert played(("sit", 0.0, 0.25), duration=0.25) == ([("sit", 0.0, 0.25)], [])
