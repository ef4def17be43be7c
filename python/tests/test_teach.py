"""Fine-tuning on recordings: what is read, what is learnt, what is written; skipped where PyTorch is not installed."""

import dataclasses
import hashlib
import json
import math
import shutil
import struct
import zlib

import pytest

np = pytest.importorskip("numpy", reason="numpy is not installed: pip install './python[train]'")
torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install './python[train]'")
pytest.importorskip("PIL", reason="Pillow is not installed: pip install './python[train]'")
safetensors = pytest.importorskip("safetensors.torch", reason="safetensors is not installed")

from reverie_train.depth import model as depth_model  # noqa: E402
from reverie_train.painter import export, samples  # noqa: E402
from reverie_train.painter.frames import Frames  # noqa: E402
from reverie_train.teach import __main__ as teach  # noqa: E402
from reverie_train.teach import courses, deltas, recordings, weights  # noqa: E402

SIDE = 64


def packed(values, predictor):
    """A blob as the recorder writes it."""
    x = values.astype(values.dtype)
    if predictor == "green_left":
        x = x.copy()
        x[..., 0] -= x[..., 1]
        x[..., 2] -= x[..., 1]
    x = np.concatenate([x[:, :1], x[:, 1:] - x[:, :-1]], 1)
    if predictor == "gradient":
        x = np.concatenate([x[:1], x[1:] - x[:-1]], 0)
    size = x.dtype.itemsize
    planes = [((x >> (8 * (size - 1 - k))) & 0xFF).astype(np.uint8).tobytes() for k in range(size)]
    return zlib.compress(b"".join(planes))


def candy(frame, width, height, fx):
    """A striped floor at 1.6 m under a pink sky, seen while walking on."""
    u = (np.arange(width) + 0.5 - width / 2) / fx
    v = (height / 2 - np.arange(height) - 0.5) / fx
    down = np.maximum(-v, 0)[:, None] + 0 * u
    depth = down / 1.6
    ahead = 1 / np.maximum(depth, 1e-3) + 0.1 * frame
    stripes = (np.floor(ahead) + np.floor(u / np.maximum(down, 1e-3) * 1.6)) % 2
    floor = np.where(stripes[..., None] > 0, [120, 230, 190], [250, 120, 150])
    return np.where(depth[..., None] > 0, floor, [250, 200, 220]).astype(np.uint8), depth.astype(np.float16)


def record(folder, episodes=4, frames=6, width=SIDE, height=SIDE, fov=90, channels=("rgb", "depth"), seed=0):
    """A recording as RecorderPlugin writes it: an episode a shard."""
    folder.mkdir(parents=True)
    fx = width / 2 / math.tan(math.radians(fov / 2))
    camera = {"width": width, "height": height, "fx": fx, "fy": fx, "cx": width / 2, "cy": height / 2}
    shards = []
    for number in range(episodes):
        blobs = {name: [] for name in channels}
        for frame in range(frames):
            rgb, depth = candy(frame + 3 * number, width, height, fx)
            if "rgb" in blobs:
                blobs["rgb"].append(packed(rgb, "green_left"))
            if "depth" in blobs:
                blobs["depth"].append(packed(depth[..., None].view(np.uint16), "gradient"))
        places, body = {}, b""
        for name, list_ in blobs.items():
            places[name] = {"offset": len(body), "bytes": [len(b) for b in list_]}
            body += b"".join(list_)
        meta = {"seed": seed + number, "domain": "candy", "embodiment": "Free", "tick_hz": 12.0, "intrinsics": camera}
        text = json.dumps({
            "meta": meta, "frames": frames, "poses": [[0, 1.6, -0.1 * f, 0, 0, 0, 1] for f in range(frames)],
            "actions": [[0, 0, 1.2, 0, 0, 0]] * (frames - 1), "conditions": [{"frame": 0, "conditions": {"weather": "Clear"}}],
            "events": [], "sounds": [], "tasks": [], "channels": places,
        }).encode()  # fmt: skip
        head = struct.pack("<8sQ", b"RVSHARD1", number)
        episode = struct.pack("<4sIQQQ", b"RVEP", zlib.crc32(text + body), number, len(text), len(body)) + text + body
        index = json.dumps({"episodes": [{"episode": number, "seed": seed + number, "frames": frames, "offset": len(head)}]}).encode()
        tail = struct.pack("<QQII8s", len(head) + len(episode), len(index), zlib.crc32(index), 0, b"RVINDEX1")
        data = head + episode + index + tail
        name = f"shard-{number:05}.rvd"
        (folder / name).write_bytes(data)
        digest = hashlib.sha256(data).hexdigest()
        shards.append({"file": name, "bytes": len(data), "sha256": digest, "first_episode": number, "episodes": 1, "frames": frames})
    specs = {
        "rgb": {"name": "rgb", "dtype": "u8", "shape": [height, width, 3], "unit": "", "predictor": "green_left", "per": "frames"},
        "depth": {"name": "depth", "dtype": "f16", "shape": [height, width, 1], "unit": "", "predictor": "gradient", "per": "frames"},
    }
    manifest = {
        "format": "reverie-dataset", "version": 1, "domain": "candy", "held_out": seed >= 1_000_000, "tick_hz": 12.0,
        "size": [width, height], "channels": [specs[c] for c in channels], "episodes": episodes, "frames": episodes * frames,
        "complete": True, "shards": shards,
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


@pytest.fixture
def base(tmp_path, monkeypatch):
    """Small networks in the place of the shipped ones, judged by little."""
    monkeypatch.setattr(courses, "WINDOWS", 24)
    monkeypatch.setattr(courses, "PICTURES", 6)
    folder = tmp_path / "base"
    painter = export.small()
    weights.save("painter_layout", painter, {"config": json.dumps(dataclasses.asdict(painter.config))}, folder)
    torch.manual_seed(1)
    config = depth_model.Config(
        input_width=64, input_height=48, stem_channels=8, quarter_channels=8, eighth_channels=16, hidden_size=16, num_hidden_layers=1
    )
    depth = depth_model.DepthNetwork(config)
    weights.save("depth", depth, {"config": json.dumps(dataclasses.asdict(config))}, folder)
    return folder


def run(*arguments):
    return teach.main([str(a) for a in arguments])


def test_a_camera_of_90_degrees_is_a_window_and_a_narrower_one_a_part(tmp_path):
    rgb, depth = candy(0, 256, 256, 128)
    camera = recordings.Camera(256, 256, 128, 128, 128, 128)
    seen, near, valid = recordings.window(rgb, depth.astype(np.float32), camera)
    assert valid.all() and seen.shape == (128, 128, 3)
    assert np.abs(seen.astype(float) - rgb.reshape(128, 2, 128, 2, 3).mean((1, 3))).max() <= 1
    # A camera of 53 degrees and 16:9 sees the same things at the same places.
    rgb, depth = candy(0, 256, 144, 256)
    camera = recordings.Camera(256, 144, 256, 256, 128, 72)
    part, part_near, part_valid = recordings.window(rgb, depth.astype(np.float32), camera)
    assert part_valid.sum() == 64 * 36 and part_valid[63, 63] and not part_valid[20, 64]
    assert np.abs(part_near - near)[part_valid].max() < 0.02
    apart = np.abs(part.astype(float) - seen.astype(float)).mean(2)[part_valid]
    assert np.median(apart) < 3
    assert part[~part_valid].max() == 0


def test_nothing_is_known_or_learnt_beyond_the_picture(tmp_path):
    folder = record(tmp_path / "narrow", width=128, height=72, fov=60)
    data = recordings.Recordings([folder], tmp_path / "cache")
    pictures = data.frames(data.entries)
    maker = samples.Maker(pictures)
    batch = maker.make(np.arange(12), 32, np.random.default_rng(3))
    valid = batch.valid
    assert 0.1 < float(valid.mean()) < 0.6
    assert float((batch.known * (1 - valid)).max()) == 0
    assert float((batch.known * valid).sum()) > 0
    # Our own worlds are known everywhere.
    assert Frames([], tmp_path).parts == []


def test_deltas_begin_as_nothing_and_merge_to_what_was_adapted(tmp_path):
    network = export.small()
    batch = export.fixture_batch()
    noise = torch.zeros(1, 32, 32, samples.NOISE)
    with torch.no_grad():
        before = network(batch, noise)
        small = deltas.Deltas(network, 2)
        same = torch.func.functional_call(network, small.changed(network), (batch, noise))
        assert torch.equal(before, same)
        for up in small.up:
            up.copy_(0.1 * torch.randn_like(up))
        adapted = torch.func.functional_call(network, small.changed(network), (batch, noise))
        assert float((adapted - before).abs().max()) > 1e-3
    path = tmp_path / "deltas.safetensors"
    deltas.save(small, path, "abc")
    again = deltas.load(path, network, "abc")
    merged = deltas.merge(network, small)
    with torch.no_grad():
        assert torch.allclose(merged(batch, noise), adapted, atol=1e-5)
    # In half precision the file says nearly the same.
    for mine, stored in zip(small.parameters(), again.parameters()):
        assert torch.allclose(mine, stored, atol=1e-3)
    for wrong, part in ((dict(base_sha256="other"), "belongs to the weights abc"),):
        with pytest.raises(ValueError, match=part):
            deltas.load(path, network, wrong["base_sha256"])
    path.write_bytes(b"nothing")
    with pytest.raises(ValueError, match="no file of deltas"):
        deltas.load(path, network, "abc")


@pytest.mark.parametrize("lora", [0, 2])
def test_one_command_teaches_goes_on_and_writes_what_the_run_time_opens(tmp_path, base, lora, capsys):
    folder = record(tmp_path / "recordings")
    out = tmp_path / "weights"
    command = [folder, "--out", out, "--base", base, "--lora", lora, "--device", "cpu"]
    assert run(*command, "--steps", 3) == 0
    report = json.loads((out / "report.json").read_text())
    for name in ("painter_layout", "depth"):
        assert report[name]["steps"] == 3 and report[name]["rank"] == lora
        assert all(math.isfinite(v) for v in report[name]["after"].values())
        text = (out / "models/manifest.ron").read_text()
        data = (out / f"models/{name}.safetensors").read_bytes()
        assert hashlib.sha256(data).hexdigest() in text and f"bytes: {len(data)}," in text
        network, metadata, _ = weights.load(name, out / "models")
        start, before, _ = weights.load(name, base)
        assert metadata["config"] == before["config"]
        changed = [k for k, v in network.state_dict().items() if not torch.equal(v, start.state_dict()[k])]
        assert changed
    assert (out / "painter.png").exists() and (out / "depth.png").exists()
    # It goes on where it was, and says so.
    assert run(*command, "--steps", 5) == 0
    assert "goes on at step 3" in capsys.readouterr().out
    assert json.loads((out / "report.json").read_text())["depth"]["steps"] == 5
    if lora:
        # The deltas alone make the same weights, up to their own half precision.
        assert run("--merge", out / "deltas", "--out", tmp_path / "again", "--base", base) == 0
        for name in ("painter_layout", "depth"):
            a, b = (weights.load(name, f / "models")[0].state_dict() for f in (out, tmp_path / "again"))
            assert all(torch.allclose(a[k], b[k], atol=2e-3, rtol=2e-3) for k in a)
        # Another rank is another run.
        assert run(folder, "--out", out, "--base", base, "--lora", 3, "--steps", 6, "--device", "cpu") == 2
        assert "was begun with rank 2, not 3" in capsys.readouterr().err


def test_learning_brings_the_loss_down(tmp_path, base):
    folder = record(tmp_path / "recordings", episodes=5)
    out = tmp_path / "weights"
    assert run(folder, "--out", out, "--base", base, "--steps", 60, "--only", "painter", "--device", "cpu") == 0
    report = json.loads((out / "report.json").read_text())["painter_layout"]
    assert report["after"]["psnr_db"] > report["before"]["psnr_db"] + 0.3, report
    assert "depth" not in (out / "models/manifest.ron").read_text()


def test_bad_recordings_are_one_clear_error(tmp_path, base, capsys):
    def refused(part, *arguments):
        assert run(*arguments, "--out", tmp_path / "w", "--base", base, "--steps", 1, "--device", "cpu") == 2
        error = capsys.readouterr().err.strip().splitlines()[-1]
        assert error.startswith("error: ") and part in error, error

    refused("manifest.json: cannot be read", tmp_path / "nowhere")
    refused("no folder is named")
    refused("depth is not recorded", record(tmp_path / "flat", channels=("rgb",)))
    refused("are too small", record(tmp_path / "small", width=32, height=32))
    refused("held out", record(tmp_path / "held", seed=1_000_000))
    refused("one episode is too little", record(tmp_path / "one", episodes=1))
    # A game that crashed: what is whole is used, what is not is told.
    crashed = record(tmp_path / "crashed")
    (crashed / "shard-00003.rvd").write_bytes(b"RVSHARD1")
    (crashed / "shard-00004.partial").write_bytes(b"half")
    data = recordings.Recordings([crashed], tmp_path / "cache")
    assert len(data.entries) == 3
    for number in range(3):
        (crashed / f"shard-0000{number}.rvd").unlink()
    refused("there is no whole episode", crashed)
    folder = record(tmp_path / "good")
    assert run(folder, "--out", tmp_path / "w", "--base", tmp_path / "gone", "--steps", 1) == 2
    assert "painter_layout.safetensors: cannot be read" in capsys.readouterr().err
    shutil.copy(folder / "manifest.json", base / "depth.safetensors")
    assert run(folder, "--out", tmp_path / "w2", "--base", base, "--steps", 1, "--only", "depth", "--device", "cpu") == 2
    assert "depth.safetensors: does not hold the network" in capsys.readouterr().err
