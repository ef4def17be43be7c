"""The parts of the painter's training; skipped where PyTorch is not installed."""

import argparse
import dataclasses
import json
import math

import pytest

np = pytest.importorskip("numpy", reason="numpy is not installed: pip install './python[train]'")
torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install './python[train]'")
pytest.importorskip("PIL", reason="Pillow is not installed: pip install './python[train]'")
safetensors = pytest.importorskip("safetensors.torch", reason="safetensors is not installed")

import torch.nn.functional as F  # noqa: E402

from reverie_train.painter import evaluate, export, fill, geometry, metrics, samples  # noqa: E402
from reverie_train.painter import model as layouts  # noqa: E402
from reverie_train.painter import train  # noqa: E402
from reverie_train.painter.frames import CONDITIONS, Frames, Part, condition_vector  # noqa: E402
from reverie_train.painter.loss import layout_loss, window_errors  # noqa: E402

SIDE = 32


def room(side=SIDE):
    """A level camera at 1.6 m over a chequered floor, a wall at 6 m, sky above it; exact inverse depth."""
    rays = geometry.rays(side).numpy()
    floor = np.maximum(-rays[..., 1] / 1.6, 0)
    wall = np.where(rays[..., 1] < 0.4, 1 / 6, 0)
    depth = np.maximum(floor, wall).astype(np.float32)
    u, v = np.meshgrid(np.arange(side), np.arange(side))
    rgb = np.stack([60 + 5 * u, 40 + 4 * v, np.where(depth > wall, 90, 30) + 0 * u], 2).clip(0, 255).astype(np.uint8)
    return rgb, depth


def frames_of_a_room(tmp_path, count=6):
    frames = Frames([], tmp_path)
    rgb, depth = room()
    poses = np.zeros((count, 7), np.float32)
    poses[:, 6] = 1
    poses[:, 0] = 0.02 * np.arange(count)
    conditions = np.tile(np.array(condition_vector("city", {"weather": "Rain", "hour": 12}), np.float32), (count, 1))
    classes = np.where(depth > 0, 20, 0).astype(np.uint8)
    pictures = (np.stack([x] * count) for x in (rgb, depth.astype(np.float16), classes))
    frames.parts.append(Part(1, *pictures, poses, conditions, np.zeros(count, int), np.full(count, count)))
    frames._places = [(0, i) for i in range(count)]
    frames.domains = np.ones(count, int)
    return frames


def plain_push_pull(pixels, known):
    """The run-time's arithmetic, texel by texel: [side][side] of (r, g, b, w) in 0 to 1."""

    def mean(taps, weights, k):
        live = [t for t, x in zip(taps, weights) if x > 0]
        if not live:
            return (0.0,) * 4, 0.0
        far = min(t[3] for t in live)
        own = [
            x / (1 + (fill.BIAS * fill.BIAS_BY_LEVEL[k] / (far + 0.05) * (t[3] - far)) ** 2) for t, x in zip(taps, weights)
        ]
        return tuple(sum(o * t[c] for o, t in zip(own, taps)) / sum(own) for c in range(4)), sum(weights)

    levels = [[[(*p, 1.0) if k else (0.0,) * 5 for p, k in zip(*rows)] for rows in zip(pixels, known)]]
    while len(levels[-1]) > 1 and len(levels) <= fill.LEVELS:
        below, k = levels[-1], len(levels) - 1
        level = []
        for y in range(0, len(below), 2):
            row = []
            for x in range(0, len(below), 2):
                taps = [below[y][x], below[y][x + 1], below[y + 1][x], below[y + 1][x + 1]]
                value, share = mean(taps, [t[4] for t in taps], k)
                row.append((*value, min(1.0, share * 0.5)))
            level.append(row)
        levels.append(level)
    seen = [p for rows in zip(pixels, known) for p, k in zip(*rows) if k]
    behind = tuple(sum(p[c] for p in seen) / len(seen) for c in range(4))
    mix = lambda own, above: tuple(a + (o - a) * own[4] for o, a in zip(own, above))  # noqa: E731
    above = [[mix(t, behind) for t in row] for row in levels[-1]]
    for k in range(len(levels) - 2, -1, -1):
        side = len(above)

        def sampled(y, x, above=above, side=side, k=k):
            near = lambda at: (at // 2, min(max(at // 2 + (1 if at % 2 else -1), 0), side - 1))  # noqa: E731
            taps = [above[a][b] for a in near(y) for b in near(x)]
            return mean(taps, (0.5625, 0.1875, 0.1875, 0.0625), k + 1)[0]

        above = [[mix(t, sampled(y, x)) for x, t in enumerate(row)] for y, row in enumerate(levels[k])]
    return above


def test_push_pull_is_the_run_times():
    rng = np.random.default_rng(2)
    rgb, depth = rng.random((1, 16, 16, 3)), rng.random((1, 16, 16)) * 0.5
    known = rng.random((1, 16, 16)) < 0.3
    known[:, :, 9:] = False
    pixels = [[(*rgb[0, y, x], depth[0, y, x]) for x in range(16)] for y in range(16)]
    expected = np.array(plain_push_pull(pixels, known[0].tolist()))
    found = fill.push_pull(*(torch.as_tensor(a) for a in (rgb.astype(np.float32), depth.astype(np.float32), known)))
    found = torch.cat([found[0], found[1][..., None]], 3)[0].numpy()
    assert np.abs(found - expected).max() < 1e-5
    assert np.abs(found[known[0]][:, :3] - rgb[0][known[0]]).max() < 1e-6
    grey, sky = fill.push_pull(torch.ones(1, 16, 16, 3), torch.ones(1, 16, 16), torch.zeros(1, 16, 16, dtype=torch.bool))
    assert torch.allclose(grey, torch.full_like(grey, 0.376)) and float(sky.abs().max()) == 0


def test_depth_codes_come_back_and_the_sky_stays_sky():
    depth = torch.tensor([0.0, 0.002, 0.0125, 0.3, 2.0])
    assert torch.allclose(samples.decode(samples.encode(depth)), depth, rtol=1e-3)
    assert float(samples.decode(samples.encode(depth))[0]) == 0


def test_a_step_forward_is_re_projected_without_pinholes():
    rgb, depth = (torch.as_tensor(x)[None] for x in room(64))
    rgb = rgb.float() / 255
    still = torch.eye(3)[None]
    same, same_depth, known = geometry.reproject(rgb, depth, still, torch.zeros(1, 3))
    assert bool(known.all()) and float((same - rgb).abs().mean()) < 0.01
    # The camera goes a metre ahead: what is seen comes a metre nearer.
    _, nearer, known = geometry.reproject(rgb, depth, still, torch.tensor([[0.0, 0.0, 1.0]]))
    assert float(known[:, 4:-4, 4:-4].float().mean()) > 0.99
    wall = known & (nearer > 0.15) & (nearer < 0.22)
    assert abs(1 / float(nearer[wall].median()) - 5.0) < 0.1
    # The camera turns 45 degrees to the left: the left half of its picture is new.
    turn = geometry.turned(torch.tensor([-math.pi / 4]), torch.zeros(1))
    _, _, known = geometry.reproject(rgb, depth, turn, torch.zeros(1, 3))
    assert not bool(known[:, :, :30].any()) and float(known[:, 24:40, 34:].float().mean()) > 0.97
    assert torch.equal(geometry.seen_from(turn.transpose(1, 2), 64, torch.ones(1))[0, 32], torch.arange(64) >= 32)


def test_a_displaced_camera_does_not_see_behind_things():
    depth = torch.full((1, SIDE, SIDE), 0.1)
    depth[:, 8:24, 12:20] = 0.5
    shift = torch.tensor([[1.0, 0.0, 0.0]])
    known = geometry.visible_from(depth, torch.eye(3)[None], shift)
    hidden = ~known[0, 16]
    assert hidden[24:29].any() or hidden[4:12].any()
    assert bool(known[0, 16, 12:20].all()) and bool(known[0, 2, 4:28].all())


def test_windows_are_partly_known_and_true_where_known(tmp_path):
    frames = frames_of_a_room(tmp_path)
    maker = samples.Maker(frames)
    rng = np.random.default_rng(5)
    batch = maker.make(maker.choose(48, rng), SIDE, rng)
    assert batch.truth.shape == (48, SIDE, SIDE, 4) and batch.conditions.shape == (48, CONDITIONS)
    known = batch.known[..., None]
    assert float(((batch.seen - batch.truth)[..., :3].abs() * known).mean()) < 0.02
    assert float((batch.seen * (1 - known)).abs().max()) == 0
    share = 1 - batch.known.mean((1, 2))
    assert 0.3 < float(share.mean()) < 0.7 and float(share.min()) > 0.05
    assert (batch.proxy_class > 0).flatten(1).any(1).float().mean() < 0.5
    again = np.random.default_rng(5)
    assert torch.equal(maker.make(maker.choose(48, again), SIDE, again).seen, batch.seen)
    # Most worlds' first views are shown, all or a part of them; never the answer itself.
    shown = batch.first[..., 4].mean((1, 2))
    assert 0.75 < float((shown > 0).float().mean()) < 1 and 0.2 < float(shown[shown > 0].min()) < 1 == float(shown.max())
    assert float((batch.first[..., :4] * (1 - batch.first[..., 4:5])).abs().max()) == 0
    alone = samples.Maker(frames_of_a_room(tmp_path, count=1))
    assert float(alone.make(np.zeros(4, int), SIDE, rng).first.abs().max()) == 0
    # Up is up, mirrored or not.
    assert float(batch.elevation[:, 0].min()) > 0 > float(batch.elevation[:, -1].max())


def small():
    shape = {"size": SIDE, "stem_channels": 4, "quarter_channels": 8, "hidden_size": 16, "num_hidden_layers": 1}
    return layouts.Layout(layouts.Config(**shape, condition_size=8))


def test_a_few_steps_reduce_the_loss_and_metrics_see_it(tmp_path):
    torch.manual_seed(0)
    frames = frames_of_a_room(tmp_path)
    rng = np.random.default_rng(1)
    batch = samples.Maker(frames).make(np.zeros(8, int), SIDE, rng, training=False)
    network = small()
    steps = torch.optim.AdamW(network.parameters(), lr=5e-3)
    losses = []
    for _ in range(40):
        loss, _ = layout_loss(network(batch, layouts.no_noise(batch)), batch.truth, batch.detail, batch.known)
        steps.zero_grad()
        loss.backward()
        steps.step()
        losses.append(loss.item())
    assert losses[-1] < 0.6 * losses[0]
    windows = [(1, batch)]
    paint = lambda b, _seed: network(b, layouts.no_noise(b)).detach()  # noqa: E731
    found = evaluate.scores(paint, windows, 2)
    assert found["psnr_gain_db"] > 1 and found["depth_absrel_ratio"] < 1
    baseline = evaluate.scores(lambda b, _seed: b.fill, windows, 2)
    assert baseline["psnr_gain_db"] == 0 and baseline["depth_absrel_ratio"] == 1
    truth = evaluate.scores(lambda b, _seed: b.truth, windows, 1)
    assert truth["sharpness_ratio"] == 1 and truth["depth_absrel_ratio"] < 1e-3 and abs(truth["seam_ratio"] - 1) < 0.25


def test_psnr_counts_unknown_pixels_only():
    truth = torch.zeros(1, 4, 4, 3)
    known = torch.ones(1, 4, 4)
    known[:, :2] = 0
    answer = torch.full_like(truth, 0.1)
    answer[:, 2:] = 1.0
    assert abs(float(metrics.psnr(answer, truth, known)) - 20) < 1e-3


def test_noise_chooses_between_answers_and_only_the_nearest_one_learns(tmp_path):
    maker = samples.Maker(frames_of_a_room(tmp_path))
    batch = maker.make(np.arange(4), SIDE, np.random.default_rng(3), training=False)
    network = export.small()
    dice = lambda: torch.Generator().manual_seed(1)  # noqa: E731
    a, b = (network(batch, layouts.noise_maps(batch, dice())) for _ in range(2))
    assert torch.equal(a, b) and float((a - network(batch, layouts.no_noise(batch))).abs().mean()) > 1e-4
    assert not train.best_noise(lambda noise: network(batch, noise.float()), batch, 1, dice()).any()
    # Answers that are the noise itself: the one nearest to the truth is chosen.
    answers = lambda noise: F.pad(noise.float(), (0, 1))  # noqa: E731
    chosen = train.best_noise(answers, batch, 64, dice())
    drawn = chosen.float().abs().sum((1, 2, 3)) > 0
    other = layouts.noise_maps(batch, torch.Generator().manual_seed(9))
    errors = [window_errors(answers(x), batch.truth, batch.known)[drawn] for x in (chosen, other)]
    assert drawn.any() and bool((errors[0] < errors[1]).all())


def arguments(module, *words):
    parser = argparse.ArgumentParser()
    module.add_arguments(parser)
    return parser.parse_args([str(w) for w in words])


@pytest.fixture
def tiny(monkeypatch, tmp_path):
    """Training on a room with a tiny network, checkpoints and all."""
    monkeypatch.setattr(train, "Frames", lambda *_args, **_named: frames_of_a_room(tmp_path))
    config = small().config
    monkeypatch.setattr(train, "Config", lambda: config)
    monkeypatch.setattr(train, "WINDOWS", 2)
    return tmp_path


def test_runs_resume_and_what_they_leave_can_be_exported(tiny, capsys):
    out = tiny / "run"
    words = ("--data", "x", "--out", out, "--workers", 1, "--cpu", "--checkpoint-minutes", 0)
    train.run(arguments(train, *words, "--windows", 4))
    first = torch.load(out / "latest.pt", weights_only=True)
    train.run(arguments(train, *words, "--windows", 8))
    second = torch.load(out / "latest.pt", weights_only=True)
    assert (first["step"], second["step"]) == (2, 4) and second["spent"] > first["spent"]
    train.run(arguments(train, "--data", "x", "--init", out / "averaged.pt", "--out", tiny / "parted", "--workers", 1,
                        "--cpu", "--draws", 3, "--windows", 4))
    capsys.readouterr()
    options = ("--weights", tiny / "parted" / "averaged.pt", "--out", tiny / "export")
    export.run(arguments(export, *options))
    reports = json.loads(capsys.readouterr().out)
    assert [r["file"] for r in reports] == ["painter_layout.safetensors"]
    for report in reports:
        tensors = safetensors.load_file(tiny / "export" / report["file"])
        assert all(t.dtype == torch.float16 for t in tensors.values()) and report["bytes"] <= 16e6
        parity = safetensors.load_file(tiny / "export" / report["file"].replace(".", "_parity.", 1))
        assert parity["answer"].shape[:2] == (32, 32) and bool(torch.isfinite(parity["answer"]).all())
    config = json.loads(reports[0]["config"])
    assert config == dataclasses.asdict(small().config) | {"diverse": True}
