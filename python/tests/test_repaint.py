"""The repaint network's training code."""

import argparse
import dataclasses
import json

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from reverie_train.repaint import augment, haze  # noqa: E402
from reverie_train.repaint.conditions import CONDITIONS, vector  # noqa: E402
from reverie_train.repaint.data import PLACES, SIDE, SOURCES, TARGETS, Shards, sample  # noqa: E402
from reverie_train.repaint.evaluate import load  # noqa: E402
from reverie_train.repaint.model import Config, Repaint, prepared, repaint  # noqa: E402

SNOW = {"weather": "Snow", "strength": 0.75, "hour": 18.0, "season": "Winter"}


def written(folder, seed=3, cut=0):
    rng = np.random.default_rng(0)
    rgb = rng.integers(0, 255, (1, PLACES, SOURCES + TARGETS, SIDE, SIDE, 3), np.uint8)
    depth = rng.uniform(0.01, 1, (1, PLACES, SIDE, SIDE)).astype(np.float16)
    light = {"haze_per_m": 0.001, "haze": [0.5, 0.5, 0.5]}
    place = {"rotation": [0.1, 0.3, 0.0, 0.95], "lights": [light] * TARGETS}
    line = {"seed": seed, "domain": "city", "sources": [SNOW] * SOURCES, "targets": [SNOW] * TARGETS, "places": [place] * PLACES}
    (folder / "0000.rgb").write_bytes(rgb.tobytes()[cut:])
    (folder / "0000.idep").write_bytes(depth.tobytes())
    (folder / "0000.jsonl").write_text(json.dumps(line) + "\n")


def batch(*samples):
    return {key: torch.from_numpy(np.stack([np.ascontiguousarray(s[key]) for s in samples])) for key in samples[0]}


def test_conditions_are_shares_of_weathers_and_the_sun():
    told = vector(SNOW)
    assert told.shape == (CONDITIONS,)
    assert told[0] == 0.25 and told[2] == 0.75 and told[:5].sum() == 1
    assert told[9] == 1, "lamps burn on a winter's evening"
    assert vector(SNOW | {"hour": 12.0})[9] == 0


def test_damaged_and_held_out_shards_are_refused(tmp_path):
    written(tmp_path, cut=1)
    with pytest.raises(ValueError, match="0000.rgb"):
        Shards(tmp_path, held_out=False)
    written(tmp_path, seed=1_000_001)
    with pytest.raises(ValueError, match="1000001"):
        Shards(tmp_path, held_out=False)
    assert len(Shards(tmp_path, held_out=True)) == 1


def test_a_mirrored_place_is_seen_mirrored(tmp_path):
    written(tmp_path)
    one = sample(Shards(tmp_path, held_out=False), 0, 1, 0, 2, 0)
    one["known"] = np.ones_like(one["inverse_depth"])
    seen = prepared(batch(one, augment.mirrored(one)))
    here, there = seen["coarse"]
    there = there.flip(1)
    # Colours, code, sky and known alike; rays mirrored in X.
    assert torch.allclose(here[..., :6], there[..., :6], atol=1e-5)
    assert torch.allclose(here[..., 9] * -1, there[..., 9], atol=1e-5)
    assert torch.allclose(here[..., 10:], there[..., 10:], atol=1e-5)


def test_a_fresh_network_leaves_colours_nearly_as_they_are(tmp_path):
    written(tmp_path)
    one = sample(Shards(tmp_path, held_out=False), 0, 0, 1, 0, 3)
    one["known"] = augment.known_part(SIDE, np.random.default_rng(1))
    torch.manual_seed(1)
    place = batch(one)
    colours, haze, shown = repaint(Repaint(Config()), prepared(place, (1, 0, 2)), place["conditions"])
    assert colours.shape == (1, SIDE // 2, SIDE // 2, 3) and haze.shape == (1, 3) and shown.shape == (1, 11)
    assert (colours - place["rgb"][:, 1::2, ::2]).abs().mean() < 0.2


def test_the_colour_of_thick_air_is_fitted_and_nothing_else_changes(tmp_path, capsys):
    train, val, weights = tmp_path / "train", tmp_path / "val", tmp_path / "averaged.pt"
    for folder, seed in ((train, 3), (val, 1_000_001)):
        folder.mkdir()
        written(folder, seed=seed)
    torch.manual_seed(2)
    network = Repaint(Config())
    torch.nn.init.constant_(network.haze.bias, -3.0)
    torch.save({"config": dataclasses.asdict(Config()), "network": network.state_dict(), "step": 7}, weights)
    haze.run(argparse.Namespace(weights=weights, data=train, val=val, threads=1))
    told = json.loads(capsys.readouterr().out)
    assert told["val_before"] > 0.2 > 0.02 > told["val"]
    after, state = load(weights)
    assert state["step"] == 7
    for name, value in network.state_dict().items():
        assert torch.equal(value, after.state_dict()[name]) != name.startswith("haze."), name
