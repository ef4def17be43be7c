"""The parts of the depth training; skipped where PyTorch is not installed."""

import argparse
import dataclasses

import pytest

np = pytest.importorskip("numpy", reason="numpy is not installed: pip install './python[train]'")
torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install './python[train]'")
pytest.importorskip("PIL", reason="Pillow is not installed: pip install './python[train]'")
safetensors = pytest.importorskip("safetensors", reason="safetensors is not installed")

from reverie_train.depth import augment, export  # noqa: E402
from reverie_train.depth.loss import depth_loss  # noqa: E402
from reverie_train.depth.model import Config, DepthNetwork, depth_to_space, space_to_depth  # noqa: E402
from scenes import scene  # noqa: E402

SMALL = Config(stem_channels=4, quarter_channels=8, eighth_channels=8, hidden_size=16, num_hidden_layers=1)


def test_augmentation_keeps_colour_and_depth_together():
    rgb, idep = scene(192, 256)
    rng = np.random.default_rng(3)
    for _ in range(20):
        picture, depth = augment.warp((rgb, idep), 64, 48, rng, plain=False)
        red, box = picture[..., 0] - picture[..., 2] > 100, abs(depth - 0.4) < 1e-3
        if 0.1 < box.mean() < 0.9:
            assert (red == box).mean() > 0.93
    picture, depth = augment.make([(rgb, idep)] * 2, 0, 64, 48, rng)
    assert picture.dtype == np.uint8 and picture.shape == (48, 64, 3) and np.isfinite(depth).all()


def test_the_loss_ignores_scale_but_not_shift():
    _, idep = scene()
    truth = torch.from_numpy(idep)[None]
    sky = torch.where(truth > 0, -20.0, 20.0)
    base, parts = depth_loss(truth * 3.0, sky, truth)
    assert parts["rel"] < 1e-3 and parts["sky"] < 1e-3
    other, _ = depth_loss(truth * 1.5, sky, truth)
    shifted, _ = depth_loss(truth * 3.0 + 0.3, sky, truth)
    assert abs(float(base - other)) < 0.05
    assert float(shifted) > float(base) + 0.1


def test_rearrangement_inverts():
    x = torch.arange(2 * 4 * 6 * 3.0).view(2, 4, 6, 3)
    assert torch.equal(depth_to_space(space_to_depth(x)), x)


def test_a_few_steps_reduce_the_loss():
    torch.manual_seed(0)
    rgb, idep = scene()
    network = DepthNetwork(SMALL)
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-3)
    picture, truth = torch.from_numpy(rgb)[None].float() / 255, torch.from_numpy(idep)[None]
    losses = []
    for _ in range(40):
        loss, _ = depth_loss(*network(picture), truth)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.7 * losses[0]


def test_export_rounds_to_f16_and_its_fixture_repeats(tmp_path):
    from safetensors.torch import load_file

    torch.manual_seed(1)
    network = DepthNetwork(SMALL)
    state = {"network": network.state_dict(), "config": dataclasses.asdict(SMALL), "step": 1, "seed": 1}
    torch.save(state, tmp_path / "w.pt")
    export.run(argparse.Namespace(weights=str(tmp_path / "w.pt"), out=str(tmp_path), size=None))
    stored = load_file(tmp_path / "depth.safetensors")
    assert all(t.dtype == torch.float16 for t in stored.values())
    network.load_state_dict({k: v.float() for k, v in stored.items()})
    fixture = load_file(tmp_path / "depth_parity.safetensors")
    with torch.no_grad():
        inverse, _ = network(fixture["rgb"][None])
    assert torch.allclose(inverse[0], fixture["inverse_depth"], atol=1e-5)
