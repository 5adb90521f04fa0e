"""The same request and seed give the same result as when the reference was stored.

A change of structure leaves every number where it is. A change that is meant to alter motion stores the reference anew:
``python3 build.py test model_runtime/tests/test_reference_results.py --record-reference``.
"""

from __future__ import annotations

import json
import platform
from pathlib import Path

import numpy as np
import pytest
import torch
from threadpoolctl import threadpool_limits

from model_runtime.contract import Performance
from model_runtime.generate import generate

from .reference_requests import REQUESTS

STORED = Path(__file__).with_name("reference_results.npz")
ARRAYS = ("root_positions", "rotations", "face", "foot_contacts")
FRAMES = 8  # stored of each take, evenly spaced
EXACT = 1e-4  # two processors of one kind were seen to differ by 2e-5
# Another processor or library adds up in another order, and a denoiser passes that on: metres, quaternions and weights
# in the mean of a take.
ELSEWHERE = 0.02


def machine() -> str:
    """What decides in which order floating-point numbers are added."""
    processor = f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()}"
    return f"{processor} torch {torch.__version__} numpy {np.__version__}"


def summary(performance: Performance) -> dict[str, np.ndarray]:
    """Of each array some frames, and mean and deviation of every value over the take."""
    found: dict[str, np.ndarray] = {"warnings": np.array(json.dumps(performance.report["warnings"]))}
    for index, actor in enumerate(performance.actors):
        for name in ARRAYS:
            values = getattr(actor, name)
            frames = np.linspace(0, len(values) - 1, FRAMES).round().astype(int)
            found[f"{name}_{index}"] = values[frames].astype(np.float32)
            found[f"{name}_{index}_mean"] = values.mean(0, dtype=np.float64)
            found[f"{name}_{index}_deviation"] = values.std(0, dtype=np.float64)
    return found


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """The number of threads decides the order of sums too, in torch as in the linear algebra of numpy and scipy."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    with threadpool_limits(1):
        yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def stored() -> dict[str, np.ndarray]:
    with np.load(STORED, allow_pickle=False) as file:
        return dict(file)


@pytest.fixture(scope="module")
def recorded(request: pytest.FixtureRequest):
    """Where results are gathered to be stored, None for a plain run."""
    if not request.config.getoption("--record-reference"):
        yield None
        return
    found: dict[str, np.ndarray] = {"machine": np.array(machine())}
    yield found
    np.savez_compressed(STORED, **found)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_gives_the_stored_result(name: str, request: pytest.FixtureRequest, recorded: dict | None) -> None:
    found = summary(generate(REQUESTS[name]()))
    if recorded is not None:
        recorded |= {f"{name}/{key}": value for key, value in found.items()}
        return
    stored = request.getfixturevalue("stored")
    assert {key.partition("/")[2] for key in stored if key.startswith(f"{name}/")} == set(found)
    same_machine = str(stored["machine"]) == machine()
    for key, value in found.items():
        wanted = stored[f"{name}/{key}"]
        if key == "warnings":
            assert json.loads(str(value)) == json.loads(str(wanted))
        elif same_machine:
            np.testing.assert_allclose(value, wanted, rtol=0, atol=EXACT, err_msg=key)
        elif key.endswith("_mean"):
            np.testing.assert_allclose(np.abs(value), np.abs(wanted), rtol=0, atol=ELSEWHERE, err_msg=key)
