"""What may happen while a generation runs: takes, cancelling, renaming, deleting, undo, saving, other tools, the end.

The worker is the real one. What the window's timer would do is done by hand: Blender as a module runs no timers.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import bpy
import pytest

from interact_addon.operators import feedback, generate
from interact_addon.rig.tables.mixamo import MIXAMO
from interact_addon.rig.tables.unreal import UNREAL
from interact_addon.takes.record import read_record
from interact_addon.worker_client import generation
from model_runtime.contract import Progress
from model_runtime.errors import Cancelled, InvalidRequest

from .conftest import REPOSITORY
from .rigs import make_rig

Act = Callable[[], object]


@pytest.fixture
def pair(addon: None) -> bpy.types.Scene:
    """Anna and Ben, cast, in a second of draft without voices, with an undo step."""
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 11, 41
    for actor, rig in zip(scene.interact.actors, (make_rig(MIXAMO, "Anna"), make_rig(UNREAL, "Ben"))):
        actor.armature = rig
    scene.interact.actor_b.armature.location.x = 1.5
    scene.interact.quality = "draft"
    bpy.context.view_layer.update()
    bpy.ops.ed.undo_push(message="cast")
    return scene


def order(**changes: object) -> generation.Order:
    """As the button in the window gives it."""
    return generation.Order(undo=True, in_window=True, **changes)  # type: ignore[arg-type]


def after_start(scene: bpy.types.Scene, act: Act, **changes: object) -> generation.Generation:
    """Generate and ``act`` once, as soon as the worker has the job."""
    job = generation.Generation(scene, order(**changes))
    while job.request is None:
        job.poll()
        time.sleep(job.pause)
    act()
    job.wait()
    return job


def takes() -> list[str]:
    return sorted(action.name for action in bpy.data.actions)


def seeds() -> list[int]:
    records = [read_record(action) for action in bpy.data.actions]
    return sorted({record.seed for record in records if record is not None})


# Takes


def test_takes_have_consecutive_seeds_and_the_last_one_stays_active(pair: bpy.types.Scene) -> None:
    pair.interact.seed, pair.interact.takes = 5, 3
    assert bpy.ops.interact.generate("EXEC_DEFAULT") == {"FINISHED"}
    assert seeds() == [5, 6, 7] and pair.interact.seed == 5
    active = read_record(pair.interact.actor_a.armature.animation_data.action)
    assert active is not None and active.seed == 7


def test_each_take_is_one_undo_step(pair: bpy.types.Scene) -> None:
    generation.Generation(pair, order(takes=2)).wait()
    assert takes() == ["Anna Take 1", "Anna Take 2", "Ben Take 1", "Ben Take 2"]
    bpy.ops.ed.undo()
    assert takes() == ["Anna Take 1", "Ben Take 1"]
    assert bpy.data.objects["Anna"].animation_data.action.name == "Anna Take 1"
    bpy.ops.ed.undo()
    assert takes() == [] and bpy.data.objects["Anna"].animation_data is None


def test_the_progress_of_several_takes_never_goes_back(pair: bpy.types.Scene) -> None:
    shown: list[Progress] = []
    generation.Generation(pair, order(takes=2)).wait(shown.append)
    fractions = [progress.fraction for progress in shown]
    assert fractions == sorted(fractions) and any(progress.stage.startswith("Take 2 of 2: ") for progress in shown)


def test_cancelling_keeps_the_takes_that_are_done(pair: bpy.types.Scene) -> None:
    job = generation.Generation(pair, order(takes=50))
    with pytest.raises(Cancelled):
        while not job.poll():
            if job.keyed == 1:
                job.cancel()
            time.sleep(job.pause)
    assert job.keyed == 1 and takes() == ["Anna Take 1", "Ben Take 1"] and generation.current is None


def test_cancelling_while_the_scene_is_read_changes_nothing(pair: bpy.types.Scene) -> None:
    job = generation.Generation(pair, order())
    job.cancel()
    with pytest.raises(Cancelled):
        job.poll()
    assert generation.current is None and takes() == []


# What a person does meanwhile


def test_a_renamed_armature_is_keyed(pair: bpy.types.Scene) -> None:
    anna = pair.interact.actor_a.armature
    after_start(pair, lambda: setattr(anna, "name", "Somebody Else"))
    assert anna.animation_data.action.name == "Anna Take 1"


def test_a_renamed_actor_is_keyed(pair: bpy.types.Scene) -> None:
    """Its name is that of channels too, which are renamed with it."""
    actor = pair.interact.actor_a
    after_start(pair, lambda: setattr(actor, "name", "Lady Macbeth"))
    record = read_record(actor.armature.animation_data.action)
    assert record is not None and actor.name == "Lady Macbeth" and len(takes()) == 2


def test_a_renamed_scene_is_keyed(pair: bpy.types.Scene) -> None:
    after_start(pair, lambda: setattr(pair, "name", "Shot 20"))
    assert takes() == ["Anna Take 1", "Ben Take 1"]


def delete_in_view(name: str) -> None:
    """Delete an object as X in the 3D view does: the file keeps it, because the cast points to it."""
    with bpy.context.temp_override(selected_objects=[bpy.data.objects[name]]):
        bpy.ops.object.delete()


def unlink(name: str) -> None:
    bpy.context.scene.collection.objects.unlink(bpy.data.objects[name])


def remove_bone(name: str, bone: str) -> None:
    bpy.context.view_layer.objects.active = bpy.data.objects[name]
    bpy.ops.object.mode_set(mode="EDIT")
    bones = bpy.data.objects[name].data.edit_bones
    bones.remove(bones[bone])
    bpy.ops.object.mode_set(mode="OBJECT")


def remove_scene(_: str) -> None:
    bpy.data.scenes.new("another")
    bpy.data.scenes.remove(bpy.data.scenes["Scene"])


@pytest.mark.parametrize(
    ("act", "sentence"),
    [
        (delete_in_view, "'Ben' was deleted while 'Ben' was generated, so neither character was keyed"),
        (unlink, "'Ben' was deleted while 'Ben' was generated, so neither character was keyed"),
        (lambda name: remove_bone(name, "hand_l"), "'Ben' has no bone 'hand_l' any more"),
        (remove_scene, "The scene 'Scene' was removed while it generated"),
    ],
    ids=["deleted", "unlinked", "bone", "scene"],
)
def test_what_is_gone_at_the_end_is_one_sentence_and_nobody_is_keyed(
    pair: bpy.types.Scene, act: Callable[[str], object], sentence: str
) -> None:
    with pytest.raises(InvalidRequest, match=sentence) as failure:
        after_start(pair, lambda: act("Ben"))
    assert str(failure.value).count("\n") == 0 and takes() == [] and generation.current is None


def test_an_undo_in_the_middle_is_kept_and_the_take_is_keyed(pair: bpy.types.Scene) -> None:
    pair.interact.actor_a.armature.location.y = 3.0
    bpy.ops.ed.undo_push(message="move")
    after_start(pair, lambda: bpy.ops.ed.undo())
    anna = bpy.data.objects["Anna"]
    assert anna.location.y == 0.0 and anna.animation_data.action.name == "Anna Take 1"


def test_an_undo_while_the_scene_is_read_is_no_harm(pair: bpy.types.Scene) -> None:
    bpy.ops.ed.undo_push(message="something")
    job = generation.Generation(pair, order())
    bpy.ops.ed.undo()
    job.wait()
    assert takes() == ["Anna Take 1", "Ben Take 1"]


def test_a_frame_range_that_is_changed_in_the_middle_moves_no_key(pair: bpy.types.Scene) -> None:

    def cut() -> None:
        pair.frame_start, pair.frame_end = 100, 120

    after_start(pair, cut)
    first, last = pair.interact.actor_a.armature.animation_data.action.frame_range
    assert (first, last) == (11, 41)


def test_a_second_generation_is_refused_while_one_runs(pair: bpy.types.Scene) -> None:
    job = generation.Generation(pair, order())
    assert generation.disabled_reason(pair) == "Generating" and not bpy.ops.interact.generate.poll()
    with pytest.raises(InvalidRequest, match="running already"):
        generation.Generation(pair)
    assert generation.current is job
    job.abandon()


def test_a_file_saved_in_the_middle_holds_nothing_half_done(pair: bpy.types.Scene, tmp_path: Path) -> None:
    path = str(tmp_path / "shot.blend")
    after_start(pair, lambda: bpy.ops.wm.save_as_mainfile(filepath=path))
    record = read_record(bpy.data.actions["Anna Take 1"])
    assert record is not None and record.performance.startswith("//shot.takes/")
    bpy.ops.wm.open_mainfile(filepath=path)
    assert takes() == [] and len(bpy.data.scenes) == 1 and generation.current is None


def test_a_file_opened_in_the_middle_is_not_touched(pair: bpy.types.Scene) -> None:
    job = generation.Generation(pair, order())
    bpy.ops.wm.read_factory_settings()
    assert generation.current is None and generate.tick(job) is None
    assert takes() == [] and not generation.runtime().busy


def test_the_addon_switched_off_and_on_in_the_middle_generates_again(pair: bpy.types.Scene) -> None:
    import interact_addon

    generation.Generation(pair, order())
    interact_addon.unregister()
    assert generation.current is None and not generation.runtime_is_loaded()
    interact_addon.register()
    assert generation.current is None


# When it is written


def test_a_take_that_is_done_waits_until_it_can_be_written(pair: bpy.types.Scene) -> None:
    reasons = ["Done: waits for the render to end"] * 3
    job = generation.Generation(pair, order(obstacle=lambda: reasons.pop() if reasons else ""))
    shown = []
    while not job.poll():
        shown.append(job.progress.stage)
        assert takes() == []
        time.sleep(job.pause)
    assert shown[-1] == "Done: waits for the render to end" and takes() == ["Anna Take 1", "Ben Take 1"]


def test_a_take_that_waits_can_be_cancelled(pair: bpy.types.Scene) -> None:
    job = generation.Generation(pair, order(obstacle=lambda: "Done: waits"))
    while job.progress.stage != "Done: waits":
        job.poll()
        time.sleep(job.pause)
    job.cancel()
    with pytest.raises(Cancelled):
        job.poll()
    assert takes() == []


@pytest.mark.parametrize(
    ("mode", "reason"),
    [("OBJECT", ""), ("POSE", ""), ("EDIT", "Done: leave Edit Mode to see it")],
)
def test_nothing_is_written_in_a_mode_whose_undo_would_not_hold_it(addon: None, mode: str, reason: str) -> None:
    bpy.ops.wm.read_factory_settings()  # a file with a window
    bpy.ops.object.armature_add()
    bpy.ops.object.mode_set(mode=mode)
    assert generate.reason_to_wait() == reason


# What is told


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Everything that the timer tells, kinds and sentences."""
    found: list[tuple[str, str]] = []
    monkeypatch.setattr(generate, "tell", found.extend)
    return found


def ticked(job: generation.Generation) -> None:
    while (pause := generate.tick(job)) is not None:
        time.sleep(pause)


def test_the_timer_tells_how_many_takes_there_are_and_their_seeds(
    pair: bpy.types.Scene, told: list[tuple[str, str]]
) -> None:
    ticked(generation.Generation(pair, order(takes=2)))
    kind, sentence = told[-1]
    assert kind == "INFO" and sentence.startswith("Generated 2 takes of 1.0 s for two") and "seeds 0 to 1" in sentence


def test_the_timer_tells_what_a_cancelled_job_has_left(pair: bpy.types.Scene, told: list[tuple[str, str]]) -> None:
    job = generation.Generation(pair, order())
    bpy.ops.interact.cancel()
    ticked(job)
    assert told == [("INFO", "Cancelled; nothing was changed")]


def test_the_timer_tells_an_error_and_ends(pair: bpy.types.Scene, told: list[tuple[str, str]]) -> None:
    job = generation.Generation(pair, order())
    while job.request is None:
        assert generate.tick(job) is not None
    process = generation.runtime()._process
    assert process is not None
    process.kill()
    ticked(job)
    assert len(told) == 1 and told[0][0] == "ERROR" and "generate again" in told[0][1]
    ticked(generation.Generation(pair, order()))
    assert told[-1][0] == "INFO" and takes() == ["Anna Take 1", "Ben Take 1"]


def test_a_bug_while_keying_ends_the_job_and_is_told(pair: bpy.types.Scene, told: list[tuple[str, str]]) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    job = generation.Generation(pair, order(key=broken))
    with pytest.raises(ZeroDivisionError):
        ticked(job)
    assert generation.current is None and told[0][0] == "ERROR" and "report it as a bug" in told[0][1]


def test_telling_needs_no_window(addon: None) -> None:
    feedback.tell([("INFO", "nobody is there")])


# The end of Blender

BLENDER = """
import sys, time
sys.path.insert(0, sys.argv[1])
import bpy
import interact_addon
from interact_addon.worker_client import generation
interact_addon.register()
bpy.ops.wm.open_mainfile(filepath=sys.argv[2])
job = generation.Generation(bpy.context.scene)
while job.progress.fraction < 0.1:
    job.poll()
    time.sleep(0.02)
print("pid", generation.runtime().pid, generation.runtime().log_path.parent, flush=True)
input()
exec(sys.argv[3])
"""


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for the worker in /proc")
@pytest.mark.parametrize("end", ["time.sleep(600)", "import atexit; atexit._run_exitfuncs(); time.sleep(600)"])
def test_the_worker_ends_in_the_middle_of_a_job_when_blender_is_killed_or_quits(
    pair: bpy.types.Scene, tmp_path: Path, end: str
) -> None:
    pair.frame_end = pair.frame_start + 60 * 30
    pair.interact.quality = "final"
    path = tmp_path / "shot.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    command = [sys.executable, "-c", BLENDER, str(REPOSITORY), str(path), end]
    blender = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert blender.stdin is not None and blender.stdout is not None
    pid, folder = next(line for line in blender.stdout if line.startswith("pid ")).split(maxsplit=2)[1:]
    assert is_running(int(pid))
    print(file=blender.stdin, flush=True)
    if end.startswith("import"):
        deadline = time.monotonic() + 30.0
        while Path(folder.strip()).exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not Path(folder.strip()).exists()
    blender.kill()
    blender.wait()
    deadline = time.monotonic() + 20.0
    while is_running(int(pid)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_running(int(pid))


# In the long run


def resident_mb(pid: int) -> float:
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


@pytest.mark.slow
@pytest.mark.timeout(3600)  # a busy machine needs more than the ten minutes that other tests have
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads memory from /proc")
def test_fifty_generations_leave_memory_and_folder_level(shot: bpy.types.Scene) -> None:
    blender, worker, files = [], [], []
    for _ in range(50):
        generation.generate_scene(shot)
        for action in list(bpy.data.actions):
            bpy.data.actions.remove(action)
        pid = generation.runtime().pid
        assert pid is not None
        blender.append(resident_mb(os.getpid()))
        worker.append(resident_mb(pid))
        files.append(len(list(generation.runtime().log_path.parent.iterdir())))
    print("Blender", blender[9], blender[-1], "worker", worker[9], worker[-1])
    assert files[-1] == files[0]
    assert blender[-1] - blender[9] < 40 and worker[-1] - worker[9] < 40, (blender, worker)
