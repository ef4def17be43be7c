"""Frames as numpy arrays, and clips for training."""

import pickle
import shutil
import struct
from pathlib import Path

import pytest

np = pytest.importorskip("numpy")

from reverie_train.dataset import Clips, Dataset, DatasetError, decode_plain  # noqa: E402

from test_dataset_plain import FORMATS, SAMPLE, run_check  # noqa: E402

ALL = ("rgb", "depth", "normal", "class", "instance", "flow")


def test_numpy_unpacks_what_plain_python_unpacks():
    data = Dataset(SAMPLE)
    for episode in data.episodes:
        for name, channel in data.channels.items():
            count = episode.frames - (channel.per == "transitions")
            frames = data.frames(episode, name, 0, count)
            assert frames.shape == (count, *channel.shape)
            for i, blob in enumerate(data.blobs(episode, name, 0, count)):
                values = decode_plain(blob, channel)
                assert frames[i].tobytes() == struct.pack(f"<{len(values)}{FORMATS[channel.dtype]}", *values)


def test_frames_are_pictures_of_something():
    data = Dataset(SAMPLE)
    rgb = data.frames(data.episodes[0], "rgb", 0, 5).astype(np.float32)
    assert rgb.std() > 5
    idep = data.frames(data.episodes[0], "depth", 0, 5)
    assert (idep >= 0).all() and (idep > 0).any() and np.isfinite(idep).all()
    normal = data.frames(data.episodes[0], "normal", 0, 5).astype(np.float32) / 127
    length = np.linalg.norm(normal, axis=-1)
    sky = idep[..., 0] == 0
    assert (length[sky] == 0).all() and (abs(length[~sky] - 1) < 0.02).all()


def test_flow_leads_to_the_next_frame():
    """The point that a pixel shows is where the flow says in the next frame, if nothing moves."""
    data = Dataset(SAMPLE)
    for episode in data.episodes:
        record = data.record(episode)
        lens = record.meta["intrinsics"]
        idep = data.frames(episode, "depth", 0, 1)[0, ..., 0].astype(np.float64)
        flow = data.frames(episode, "flow", 0, 1)[0].astype(np.float64)
        yy, xx = np.mgrid[0 : lens["height"], 0 : lens["width"]] + 0.5
        ray = np.stack([(xx - lens["cx"]) / lens["fx"], -(yy - lens["cy"]) / lens["fy"], -np.ones_like(xx)], -1)

        def rotation(pose):
            x, y, z, w = pose[3:]
            return np.array(
                [
                    [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
                    [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
                    [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
                ]
            )

        seen = (idep > 0) & np.isfinite(flow).all(-1)
        points = ray[seen] / idep[seen][:, None] @ rotation(record.poses[0]).T + record.poses[0][:3]
        view = (points - record.poses[1][:3]) @ rotation(record.poses[1])
        u = lens["cx"] + lens["fx"] * view[:, 0] / -view[:, 2]
        v = lens["cy"] - lens["fy"] * view[:, 1] / -view[:, 2]
        off = np.hypot(u - xx[seen] - flow[seen][:, 0], v - yy[seen] - flow[seen][:, 1])
        assert np.median(off) < 0.02, np.median(off)


def test_a_clip_is_the_same_whoever_loads_it():
    clips = Clips(Dataset(SAMPLE), 3, ALL, length=20, seed=4, tensors=False)
    again = pickle.loads(pickle.dumps(clips))
    for index in (7, 0, 19):
        a, b = clips[index], again[index]
        assert set(a) == set(b) and all(np.array_equal(a[k], b[k], equal_nan=a[k].dtype.kind == "f") for k in a)
    assert a["rgb"].shape == (3, 3, 18, 32) and a["rgb"].dtype == np.uint8
    assert a["depth"].shape == (3, 1, 18, 32) and a["flow"].shape == (2, 2, 18, 32)
    assert a["class"].shape == (3, 18, 32) and a["actions"].shape == (2, 6) and a["poses"].shape == (3, 7)
    assert (a["weather"] >= 0).all() and ((a["hour"] >= 0) & (a["hour"] <= 24)).all()
    starts = {(int(clips[i]["episode"]), int(clips[i]["frame"])) for i in range(20)}
    assert len(starts) > 5
    clips.set_epoch(1)
    assert any(int(clips[i]["frame"]) != int(again[i]["frame"]) for i in range(20))
    with pytest.raises(IndexError):
        clips[20]
    # Frames of a clip are the episode's.
    clip = clips[3]
    data, at = clips.datasets[0], int(clip["frame"])
    episode = data.episodes[int(clip["episode"])]
    assert np.array_equal(clip["rgb"], data.frames(episode, "rgb", at, 3).transpose(0, 3, 1, 2))
    assert np.allclose(clip["actions"], np.array(data.record(episode).actions[at : at + 2], np.float32))


def test_what_cannot_be_a_clip_is_an_error():
    data = Dataset(SAMPLE)
    with pytest.raises(DatasetError, match="no episode of 6 frames"):
        Clips(data, 6)
    with pytest.raises(DatasetError, match=r"channel smell is not recorded \(there is: rgb, depth"):
        Clips(data, 2, ["smell"])
    with pytest.raises(DatasetError, match="no data set: no episode"):
        Clips([], 2)


def test_damage_among_pixels_is_skipped_or_an_error(tmp_path):
    folder = Path(shutil.copytree(SAMPLE, tmp_path / "copy"))
    data = Dataset(folder)
    shard = folder / "shard-00000.rvd"
    raw = bytearray(shard.read_bytes())
    for i in range(5):
        blob = data.blobs(data.episodes[0], "rgb", i, 1)[0]
        raw[raw.index(blob) + len(blob) // 2] ^= 1
    shard.write_bytes(raw)
    clips = Clips(Dataset(folder), 2, ["rgb"], length=40, tensors=False)
    with pytest.warns(UserWarning, match=r"shard-00000\.rvd: episode 0, rgb: .*: skipped") as caught:
        episodes = {int(clips[i]["episode"]) for i in range(40)}
    assert episodes == {1, 2} and len(caught) == 1
    with pytest.raises(DatasetError, match=r"shard-00000\.rvd: episode 0"):
        strict = Clips(Dataset(folder, strict=True), 2, ["rgb"], length=40, tensors=False)
        for i in range(40):
            strict[i]


def test_check_measures_a_whole_set_and_warns_about_a_damaged_one(tmp_path):
    done = run_check(SAMPLE, "--frames", "3", "--clips", "5")
    assert done.returncode == 0 and done.stderr == "", done.stderr
    assert "3 episodes, 15 frames of 32x18" in done.stdout and "frames/s" in done.stdout
    folder = Path(shutil.copytree(SAMPLE, tmp_path / "copy"))
    (folder / "shard-00000.rvd").write_bytes(b"no")
    done = run_check(folder, "--frames", "3", "--clips", "5")
    assert done.returncode == 0 and done.stderr.startswith("warning: ") and "shard-00000.rvd" in done.stderr
    assert "1 episodes" in done.stdout


def test_torch_loads_with_workers():
    torch = pytest.importorskip("torch")
    clips = Clips([Dataset(SAMPLE), Dataset(SAMPLE)], 4, ALL, length=12, seed=1)
    alone = [clips[i] for i in range(12)]
    loader = torch.utils.data.DataLoader(clips, batch_size=3, num_workers=2)
    batches = list(loader)
    assert len(batches) == 4 and batches[0]["rgb"].shape == (3, 4, 3, 18, 32)
    for name in alone[0]:
        together = torch.cat([batch[name] for batch in batches])
        expected = torch.stack([clip[name] for clip in alone])
        assert torch.equal(torch.nan_to_num(together), torch.nan_to_num(expected)), name
    assert {int(clip["dataset"]) for clip in alone} == {0, 1}

