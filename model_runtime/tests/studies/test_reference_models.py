"""The reference-sized models have their published sizes."""

import pytest
import torch

from model_runtime.studies.reference_models import DiffSpeakerSized, InterGenSized, LdaSized, spent_by, spent_by_faces


@pytest.mark.parametrize(("kind", "millions"), [(InterGenSized, (75, 110)), (LdaSized, (25, 40))])
def test_a_reference_sized_model_has_its_published_size_and_denoises_two_people(kind, millions):
    network = kind()
    assert millions[0] < sum(p.numel() for p in network.parameters()) / 1e6 < millions[1]
    with torch.no_grad():
        assert network(kind.example(30)).shape[0] == 2


def test_time_counts_every_step_of_a_sampling():
    small, large = LdaSized(32, 2), LdaSized(32, 8)
    assert spent_by(large, 1.0, 2).processor > spent_by(small, 1.0, 2).processor > 0.0


def test_the_face_model_encodes_speech_with_wav2vec2_base_and_counts_every_step():
    network = DiffSpeakerSized()
    assert 90 < sum(p.numel() for p in network.speech_encoder.parameters()) / 1e6 < 100
    short, long = (spent_by_faces(network, seconds, 1).processor for seconds in (1.0, 4.0))
    assert long > 1.5 * short > 0.0
