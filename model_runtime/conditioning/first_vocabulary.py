"""Emotions and relationships for networks that were trained before these were InterAct's own.

A network's config says which ``vocabulary`` it was trained with. Those of the first one knew 25 emotions of GoEmotions
(Demszky et al. 2020) and neutral, and other relationships. What is asked of them today is given as what they know
nearest to it.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..contract import EMOTIONS, FIRST_EMOTIONS, FIRST_RELATIONSHIPS, NEUTRAL, RELATIONSHIPS

FIRST, TODAY = 1, 2
# Of each emotion that the first vocabulary lacks, how much of what (our choice).
_EMOTIONS_AS = {
    "awe": {"surprise": 0.5, "admiration": 0.7},
    "anxiety": {"nervousness": 1.0},
    "horror": {"fear": 1.0, "disgust": 0.4},
    "adoration": {"love": 0.6, "admiration": 0.5},
    "romance": {"love": 1.0},
    "interest": {"curiosity": 1.0},
    "awkwardness": {"embarrassment": 1.0},
    "boredom": {"disapproval": 0.4, "disappointment": 0.3},
    "satisfaction": {"approval": 0.6, "pride": 0.5},
    "craving": {"excitement": 0.4, "curiosity": 0.4},
    "nostalgia": {"caring": 0.6, "sadness": 0.3},
    "entrancement": {"admiration": 0.6, "curiosity": 0.4},
    "calmness": {"relief": 0.6},
    "aesthetic appreciation": {"admiration": 0.8},
    "pain": {"grief": 0.8, "anger": 0.2},
}
_RELATIONSHIPS_AS = {
    "siblings": "brother / sister", "grandparent / child": "grandparent / grandchild", "cousins": "brother / sister",
    "in-laws": "neighbours", "romantic partners": "couple", "friends with similar hobbies": "friends",
    "childhood friends": "old friends", "commuting buddies": "friends", "sports teammates": "friends",
    "interest group members": "classmates", "churchmates": "neighbours", "co-workers": "colleagues",
    "business partners": "colleagues", "mentor / mentee": "coach / athlete",
    "senior student / junior student": "classmates", "school bully / classmate": "rivals",
    "principal / student": "teacher / student", "waiter / diner": "waiter / customer",
}  # fmt: skip


def _mixture() -> Tensor:
    """Return (26, 26): how much of each first emotion one of today's is."""
    mixture = np.zeros((len(EMOTIONS), len(FIRST_EMOTIONS)), np.float32)
    for row, name in enumerate(EMOTIONS):
        for first, share in _EMOTIONS_AS.get(name, {name: 1.0}).items():
            mixture[row, FIRST_EMOTIONS.index(first)] = share
    return torch.from_numpy(mixture)


_MIXTURE = _mixture()
_RELATIONSHIP_OF = torch.tensor(
    [FIRST_RELATIONSHIPS.index(_RELATIONSHIPS_AS.get(name, name)) for name in RELATIONSHIPS]
)


def first_emotions(track: Tensor, neutral: bool = True) -> Tensor:
    """Return intensities (..., 26) of today's emotions as those of the first; ``neutral``: 1 where there are none."""
    first = track @ _MIXTURE.to(track)
    if neutral:
        first[..., FIRST_EMOTIONS.index(NEUTRAL)] = (track == 0.0).all(-1).to(track)
    return first


def in_vocabulary(conditions: dict[str, Tensor], vocabulary: int) -> dict[str, Tensor]:
    """Return the conditions (B, 2, T, size) of the body as networks of that ``vocabulary`` know them."""
    if vocabulary != FIRST:
        return conditions
    known = dict(conditions)
    if "emotion" in known:  # of the actor and of the partner
        known["emotion"] = torch.cat([first_emotions(half) for half in known["emotion"].chunk(2, -1)], -1)
    if "relationship" in known:
        which, role = known["relationship"].split([len(RELATIONSHIPS), 2], -1)
        first = torch.zeros_like(which).index_add_(-1, _RELATIONSHIP_OF.to(which.device), which)
        known["relationship"] = torch.cat([first, role], -1)
    return known


def in_todays_words(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the weights of a body network of the first vocabulary, so that its training goes on with today's.

    Each emotion and relationship begins as what it was given as; what stood for neutral, now zeros, begins at nothing.
    """
    new = dict(tensors)
    for place in ("conditions_in.emotion.weight", "conditions_in.relationship.weight"):
        if place not in tensors:
            continue
        weight = tensors[place]  # (width, inputs, kernel)
        if "emotion" in place:
            halves = [torch.einsum("wok,no->wnk", half, _MIXTURE.to(weight)) for half in weight.chunk(2, 1)]
            new[place] = torch.cat(halves, 1)
        else:
            new[place] = torch.cat([weight[:, _RELATIONSHIP_OF], weight[:, len(FIRST_RELATIONSHIPS) :]], 1)
    return new
