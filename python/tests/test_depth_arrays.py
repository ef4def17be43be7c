"""What the depth training does with arrays alone; skipped where numpy is not installed."""

import json

import pytest

np = pytest.importorskip("numpy", reason="numpy is not installed: pip install './python[train]'")

from reverie_train.depth import metrics  # noqa: E402
from reverie_train.depth.data import Shards  # noqa: E402
from scenes import scene  # noqa: E402


def write_shard(folder, pictures=3):
    rgb, idep = scene(192, 256)
    np.repeat(rgb[None], pictures, 0).tofile(folder / "0000.rgb")
    np.repeat(idep[None], pictures, 0).astype(np.float16).tofile(folder / "0000.idep")
    lines = "\n".join(json.dumps({"domain": d}) for d in ["city", "room", "city"][:pictures])
    (folder / "0000.json").write_text(lines + "\n")


def test_shards_are_read_once_complete(tmp_path):
    write_shard(tmp_path)
    np.zeros(100, np.uint8).tofile(tmp_path / "0001.rgb")
    shards = Shards(tmp_path)
    assert len(shards) == 3 and shards.domains() == ["city", "room", "city"]
    rgb, idep = shards[2]
    assert rgb.shape == (192, 256, 3) and (idep[0] == 0).all()
    assert not shards.refresh()


def test_metrics_are_affine_invariant_and_beat_the_prior_when_right():
    _, idep = scene()
    valid = idep > 0
    right = metrics.scores(idep * 5 + 2, idep, valid)
    prior = metrics.scores(metrics.prior(*idep.shape), idep, valid)
    assert right["absrel"] < 1e-5 < prior["absrel"] and right["delta1"] == 1.0
