"""What networks of the first vocabulary are given of today's emotions and relationships."""

import torch

from model_runtime.conditioning.conditions import CONDITIONS
from model_runtime.conditioning.first_vocabulary import FIRST, TODAY, first_emotions, in_todays_words, in_vocabulary
from model_runtime.contract import EMOTIONS, FIRST_EMOTIONS, FIRST_RELATIONSHIPS, RELATIONSHIPS
from model_runtime.networks.duet_denoiser import CONFIGS, DuetConfig, DuetDenoiser


def one_hot(index: int, size: int) -> torch.Tensor:
    return torch.nn.functional.one_hot(torch.tensor(index), size).float()


def asked(emotion: str, relationship: str) -> dict[str, torch.Tensor]:
    felt = torch.cat([one_hot(EMOTIONS.index(emotion), len(EMOTIONS)), torch.zeros(len(EMOTIONS))])
    bond = torch.cat([one_hot(RELATIONSHIPS.index(relationship), len(RELATIONSHIPS)), torch.tensor([1.0, 0.0])])
    return {"emotion": felt.expand(1, 2, 20, -1), "relationship": bond.expand(1, 2, 20, -1)}


def test_an_emotion_that_both_know_stays_and_none_is_neutral() -> None:
    joy = first_emotions(1.5 * one_hot(EMOTIONS.index("joy"), len(EMOTIONS)))
    assert joy[FIRST_EMOTIONS.index("joy")] == 1.5 and joy.count_nonzero() == 1
    nothing = first_emotions(torch.zeros(len(EMOTIONS)))
    assert nothing[FIRST_EMOTIONS.index("neutral")] == 1.0 and nothing.count_nonzero() == 1


def test_every_emotion_and_relationship_is_given_as_something() -> None:
    assert (first_emotions(torch.eye(len(EMOTIONS)), neutral=False).sum(-1) > 0.5).all()
    given = in_vocabulary(asked("awe", "siblings"), FIRST)["relationship"][0, 0, 0]
    assert given[FIRST_RELATIONSHIPS.index("brother / sister")] == 1.0
    assert given[-2:].tolist() == [1.0, 0.0] and given.count_nonzero() == 2


def test_networks_of_today_are_given_what_was_asked() -> None:
    sent = asked("awe", "siblings")
    assert in_vocabulary(sent, TODAY) is sent


def test_weights_in_todays_words_make_of_an_emotion_what_they_made_of_its_mixture() -> None:
    torch.manual_seed(0)
    config = DuetConfig("lower", **CONFIGS["tiny"], conditions=("labels", "emotion", "relationship"))
    network = DuetDenoiser(config)
    sent = asked("horror", "co-workers")
    sent["emotion"] = sent["emotion"][..., : len(EMOTIONS)].repeat(1, 1, 1, 2)  # both feel it, so nobody is neutral
    old = {name: network.conditions_in[name](value[0].mT) for name, value in in_vocabulary(sent, FIRST).items()}
    network.load_state_dict(in_todays_words(network.state_dict()))
    for name, value in sent.items():
        assert value.shape[-1] == CONDITIONS[name].size
        torch.testing.assert_close(network.conditions_in[name](value[0].mT), old[name])
