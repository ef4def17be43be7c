"""The object painter and the network that recognises what it painted."""

import json

import pytest

np = pytest.importorskip("numpy", reason="numpy is not installed: pip install './python[train]'")
torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install './python[train]'")
pytest.importorskip("PIL", reason="Pillow is not installed: pip install './python[train]'")

from reverie_train.object_painter import data as painter_data  # noqa: E402
from reverie_train.object_painter import train as painter_train  # noqa: E402
from reverie_train.object_painter.labels import KINDS  # noqa: E402
from reverie_train.object_painter.model import OUTPUTS, Config, ObjectPainter, painted  # noqa: E402
from reverie_train.objects import augment  # noqa: E402
from reverie_train.objects.data import Pictures  # noqa: E402
from reverie_train.objects.model import Config as ObjectsConfig  # noqa: E402
from reverie_train.objects.model import ObjectsNetwork  # noqa: E402


def inputs(count: int) -> list:
    generator = torch.Generator().manual_seed(3)
    numbers = torch.rand(count, 6, generator=generator)
    side = torch.arange(count) % 6
    return [torch.arange(count) % len(KINDS), torch.arange(count) % 12, numbers[:, :3] + 0.3, numbers[:, 3:], side]


def test_the_painter_paints_sides_in_the_asked_colour():
    network = ObjectPainter(Config())
    given = inputs(4)
    raw = network(*given)
    assert raw.shape == (4, 62, 62, OUTPUTS)
    raw = torch.zeros(1, 2, 2, OUTPUTS)
    # All of it the asked colour, at its full shade.
    raw[..., 0], raw[..., 1] = 40.0, 0.0
    rgb, _, depth = painted(raw, torch.tensor([[0.2, 0.5, 0.9]]))
    assert torch.allclose(rgb[0, 0, 0], torch.tensor([0.2, 0.5, 0.9]))
    assert float(depth.max()) == 0.5


def test_training_brings_the_loss_down():
    torch.manual_seed(1)
    network = ObjectPainter(Config(condition_size=32, eighth_channels=16, quarter_channels=16, half_channels=16))
    given = inputs(6)
    target = {"rgb": torch.full((6, 62, 62, 3), 0.3), "cover": torch.ones(6, 62, 62), "depth": torch.zeros(6, 62, 62)}
    optimizer = torch.optim.AdamW(network.parameters(), lr=5e-3)
    losses = []
    for _ in range(12):
        parts = painter_train.loss_of(network(*given), given[3], target)
        loss = sum(painter_train.WEIGHTS[name] * part for name, part in parts.items())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.7 * losses[0]


def test_things_are_checked(tmp_path):
    line = {"kind": "crate", "variant": 2, "seed": 5, "size": [1, 1, 1], "colour": [9, 9, 9]}
    (tmp_path / "crate.jsonl").write_text(json.dumps(line) + "\n")
    np.zeros(6 * 5 * 62 * 62, np.uint8).tofile(tmp_path / "crate.bin")
    things = painter_data.Things(tmp_path, held_out=False)
    assert len(things) == 1 and int(things.kind[0]) == KINDS.index("crate")
    with pytest.raises(ValueError, match="held-out data is"):
        painter_data.Things(tmp_path, held_out=True)
    np.zeros(7, np.uint8).tofile(tmp_path / "crate.bin")
    with pytest.raises(ValueError, match="7 bytes"):
        painter_data.Things(tmp_path, held_out=False)


def test_pictures_are_recognised_and_checked(tmp_path):
    assert ObjectsNetwork(ObjectsConfig())(torch.rand(2, 64, 64, 3)).shape == (2, len(KINDS))
    picture = np.random.default_rng(1).integers(0, 255, (64, 64, 3)).astype(np.uint8)
    made = augment.make(picture, np.random.default_rng(2))
    assert made.shape == (64, 64, 3) and made.dtype == np.float32 and 0 <= made.min() <= made.max() <= 1
    (tmp_path / "0000.jsonl").write_text(json.dumps({"kind": "lamp", "seed": 1, "domain": "city"}) + "\n")
    picture.tofile(tmp_path / "0000.rgb")
    assert len(Pictures(tmp_path, held_out=False)) == 1
    with pytest.raises(ValueError, match="held-out data is"):
        Pictures(tmp_path, held_out=True)
