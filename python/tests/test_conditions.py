"""The parts of the conditions network's training; skipped where PyTorch is not installed."""

import argparse
import dataclasses
import json

import pytest

np = pytest.importorskip("numpy", reason="numpy is not installed: pip install './python[train]'")
torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install './python[train]'")
pytest.importorskip("PIL", reason="Pillow is not installed: pip install './python[train]'")
pytest.importorskip("safetensors", reason="safetensors is not installed")

from reverie_train import running  # noqa: E402
from reverie_train.conditions import augment, evaluate, export, train  # noqa: E402
from reverie_train.conditions.data import HEIGHT, WIDTH, Shards  # noqa: E402
from reverie_train.conditions.labels import PHASES, WEATHERS, phase_shares, sun_height_deg  # noqa: E402
from reverie_train.conditions.model import ConditionsNetwork, Config  # noqa: E402

COUNT = 32
COLOURS = {"clear": (90, 140, 230), "rain": (90, 100, 110), "snow": (235, 235, 240)}


def write_shard(folder, first_seed=0):
    """Plain pictures whose colour is the weather and whose brightness is the hour."""
    lines, pictures = [], []
    for k in range(COUNT):
        weather = list(COLOURS)[k % 3]
        hour = 12.0 if k % 2 else 1.0
        colour = np.array(COLOURS[weather]) * (1.0 if k % 2 else 0.2)
        pictures.append(np.broadcast_to(colour.astype(np.uint8), (HEIGHT, WIDTH, 3)))
        line = {"seed": first_seed + k, "domain": "city", "weather": weather, "strength": 1.0}
        lines.append(json.dumps(line | {"hour": hour, "season": "Summer"}))
    np.stack(pictures).tofile(folder / "0000.rgb")
    (folder / "0000.jsonl").write_text("\n".join(lines) + "\n")


def options(tmp_path, steps):
    return argparse.Namespace(
        data=str(tmp_path), val=None, out=str(tmp_path / "run"), steps=steps, batch=8, rate=2e-3, seed=3,
        threads=1, save_every=3, validate_every=100,
    )


def test_hours_are_judged_by_the_sun():
    assert PHASES[phase_shares(sun_height_deg(12, "summer")).argmax()] == "day"
    assert PHASES[phase_shares(sun_height_deg(0, "winter")).argmax()] == "night"
    for season in ("spring", "summer", "autumn", "winter"):
        for hour in np.arange(0, 12, 0.25):
            morning, evening = (phase_shares(sun_height_deg(h, season)) for h in (hour, 24 - hour))
            assert np.allclose(morning, evening, atol=1e-5), "morning and evening look alike"
            assert abs(morning.sum() - 1) < 1e-6 and 1 <= (morning > 0).sum() <= 2


def test_held_out_seeds_are_not_trained_on(tmp_path):
    write_shard(tmp_path, 1_000_000)
    with pytest.raises(ValueError, match="training data is not"):
        Shards(tmp_path, held_out=False)
    shards = Shards(tmp_path, held_out=True)
    assert len(shards) == COUNT and shards[1].shape == (HEIGHT, WIDTH, 3)
    with open(tmp_path / "0000.rgb", "ab") as file:
        file.write(b"1")
    with pytest.raises(ValueError, match="0000.rgb"):
        Shards(tmp_path, held_out=True)


def test_augmentation_keeps_the_size_and_changes_the_picture(tmp_path):
    write_shard(tmp_path)
    picture = Shards(tmp_path, held_out=False)[2]
    made = [augment.make(picture, np.random.default_rng(k)) for k in range(20)]
    assert all(m.shape == picture.shape and m.dtype == np.uint8 for m in made)
    assert sum((m != picture).any() for m in made) > 10
    assert (augment.make(picture, np.random.default_rng(4)) == made[4]).all()


def test_a_run_that_was_stopped_ends_as_one_that_was_not(tmp_path):
    write_shard(tmp_path)
    whole = tmp_path / "whole"
    train.run(argparse.Namespace(**vars(options(tmp_path, 6)) | {"out": str(whole)}))
    # Stopped after the checkpoint of step 3: the schedule is that of the whole run.
    stopped = options(tmp_path, 6)
    state = torch.load(whole / "latest.pt", weights_only=True)
    assert state["step"] == 6 and state["seen"] == 48
    original, calls = running.Averaged.update, []

    def stop(self, network):
        calls.append(1)
        if len(calls) == 5:
            raise KeyboardInterrupt
        original(self, network)

    running.Averaged.update = stop
    try:
        with pytest.raises(KeyboardInterrupt):
            train.run(stopped)
    finally:
        running.Averaged.update = original
    train.run(stopped)
    again = torch.load(tmp_path / "run/latest.pt", weights_only=True)
    for name, value in state["network"].items():
        assert torch.equal(value, again["network"][name]), name


def test_training_learns_and_export_repeats(tmp_path):
    from safetensors.torch import load_file

    write_shard(tmp_path)
    train.run(options(tmp_path, 40))
    network, _ = evaluate.load(tmp_path / "run/averaged.pt")
    found = evaluate.answers(network, Shards(tmp_path, held_out=False))[0]
    expected = [WEATHERS.index(list(COLOURS)[k % 3]) for k in range(COUNT)]
    assert (found == expected).mean() > 0.6
    export.run(argparse.Namespace(weights=str(tmp_path / "run/averaged.pt"), out=str(tmp_path)))
    stored = load_file(tmp_path / "conditions.safetensors")
    assert all(t.dtype == torch.float16 for t in stored.values())
    again = ConditionsNetwork(Config(**dataclasses.asdict(network.config)))
    again.load_state_dict({k: v.float() for k, v in stored.items()})
    fixture = load_file(tmp_path / "conditions_parity.safetensors")
    with torch.no_grad():
        answers = again(fixture["rgb"][None])
    for name, answer in zip(("features", "weather", "phase", "domain"), answers):
        assert torch.allclose(answer[0], fixture[name], atol=1e-5), name
