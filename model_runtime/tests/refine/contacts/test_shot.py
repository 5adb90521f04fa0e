"""Contacts of a request, on a performance that there is."""

from pathlib import Path

import numpy as np
import pytest

from model_runtime.__main__ import main
from model_runtime.contract import (
    ActionSpan,
    Actor,
    ActorPerformance,
    ContactGoal,
    Performance,
    Request,
    request_to_json,
)
from model_runtime.refine.bodies import Bodies
from model_runtime.refine.contacts import BodyMotion, resolve_shot
from model_runtime.tests.refine.contacts.scenes import standing


def bodies_of(*motions: BodyMotion) -> Bodies:
    roots, rotations = np.stack([m.root for m in motions]), np.stack([m.rotations for m in motions])
    return Bodies(roots, rotations, np.ones((len(motions), motions[0].frames, 4), np.float32))


@pytest.mark.slow
def test_one_who_sits_keeps_pelvis_and_legs_and_what_is_out_of_reach_is_told() -> None:
    one, other = standing(1.7, 0.0, 1.0, 40), standing(1.7, 2.5, -1.0, 40)
    actors = (Actor("Ada", one.skeleton, actions=(ActionSpan("sit", 0.0, 2.0),)), Actor("Bob", other.skeleton))
    goal = ContactGoal("Ada", "right_palm", 0.6, 0.9, "Bob", "chest")
    bodies, _, missed = resolve_shot(bodies_of(one, other), actors, [goal])
    assert np.array_equal(bodies.roots[0], one.root)
    assert len(missed) == 1
    assert "short of the chest of 'Bob'" in missed[0]


def test_resolve_refuses_files_of_two_takes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = standing(1.7, 0.0, 1.0, 31)
    face, contacts = np.zeros((31, 52), np.float32), np.ones((31, 4), np.float32)
    Performance((ActorPerformance("Zoe", one.root, one.rotations, face, contacts),)).save(tmp_path / "p.npz")
    (tmp_path / "r.json").write_text(request_to_json(Request(1.0, (Actor("Ada", one.skeleton),))), "utf-8")
    code = main(["resolve", str(tmp_path / "r.json"), str(tmp_path / "p.npz"), "-o", str(tmp_path / "out.npz")])
    assert code == 1
    assert "both files of one take" in capsys.readouterr().err
    assert not (tmp_path / "out.npz").exists()


def test_resolve_leaves_one_who_touches_nothing_as_it_is(tmp_path: Path) -> None:
    one = standing(1.7, 0.0, 1.0, 31)
    face, contacts = np.zeros((31, 52), np.float32), np.ones((31, 4), np.float32)
    sent = Performance((ActorPerformance("Ada", one.root, one.rotations, face, contacts),), {"seed": 3})
    sent.save(tmp_path / "p.npz")
    (tmp_path / "r.json").write_text(request_to_json(Request(1.0, (Actor("Ada", one.skeleton),))), "utf-8")
    code = main(["resolve", str(tmp_path / "r.json"), str(tmp_path / "p.npz"), "-o", str(tmp_path / "out.npz")])
    assert code == 0
    got = Performance.load(tmp_path / "out.npz")
    assert np.array_equal(got.actors[0].rotations, one.rotations)
    assert got.report["seed"] == 3 and got.report["contacts"]["goals"] == []
