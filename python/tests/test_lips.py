"""The parts of the lips network's training; skipped where PyTorch is not installed."""

import argparse
import gzip
import json
import random
from pathlib import Path

import pytest

np = pytest.importorskip("numpy", reason="numpy is not installed: pip install './python[lips]'")
torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install './python[lips]'")
pytest.importorskip("scipy", reason="scipy is not installed")
pytest.importorskip("safetensors", reason="safetensors is not installed")

from reverie_train.lips import augment, data, evaluate, export, labels, train, voices  # noqa: E402
from reverie_train.lips.features import FEATURES, Features, mel_bands  # noqa: E402
from reverie_train.lips.labels import HOP, PP, RATE_HZ, VISEMES  # noqa: E402
from reverie_train.lips.model import Config, LipsNetwork  # noqa: E402
from reverie_train.lips.scores import Scores, peaks, runs  # noqa: E402
from reverie_train.lips.sentences import Sentences, is_held_out  # noqa: E402
from reverie_train.lips.sets import SpokenSet  # noqa: E402

ASSETS = Path(__file__).resolve().parents[2] / "assets"
SMALL = Config(channels=16, hidden=24, dilations=(1, 2))


def write_set(folder, seed=0, count=6):
    """Hums and hisses instead of speech: one loud tone for each of a few sounds."""
    writer, rng = data.Writer(folder), np.random.default_rng(seed)
    for _ in range(count):
        sounds, pieces, at = [], [np.zeros(1600)], 0.1
        for phoneme in rng.permutation(list("pasiuf")):
            hz = 300 * (1 + "pasiuf".index(phoneme))
            pieces.append(0.3 * np.sin(2 * np.pi * hz * np.arange(1600) / RATE_HZ))
            sounds.append((phoneme, at, at + 0.1))
            at += 0.1
        pieces.append(np.zeros(3200))
        writer.add(np.concatenate(pieces), sounds, [(0.25, 0.8)], True, {"text": "", "voice": {}})
    writer.close()
    return SpokenSet(folder)


def test_every_frame_has_its_viseme():
    visemes, voicing = labels.frame_labels([("b", 0.1, 0.2), ("I", 0.2, 0.4), ("s", 0.4, 0.5)], 60, True)
    names = [VISEMES[k] for k in visemes]
    assert names[9:11] == ["sil", "PP"] and names[19:21] == ["PP", "aa"]
    assert names[30:32] == ["aa", "I"] and names[39:41] == ["I", "SS"] and names[50] == "sil"
    assert voicing[10:40].all() and not voicing[40:].any()
    assert not labels.frame_labels([("a", 0.0, 0.3)], 30, False)[1].any(), "a whisper has no voice"
    loud = np.concatenate([np.full(20, 1.0), np.zeros(40)])
    tail = labels.without_tails([("a", 0.0, 0.1), ("b", 0.1, 0.5)], loud)
    assert tail[0] == ("a", 0.0, 0.1) and tail[1][2] == pytest.approx(0.21)
    curve = labels.accent_curve([(0.2, 0.7)], 60)
    assert peaks(curve) == [19] or peaks(curve) == [20]


def test_a_set_is_what_was_said(tmp_path):
    spoken = write_set(tmp_path / "set")
    assert len(spoken) == 6 and spoken.accents
    samples, truth, about = spoken.sentence(2)
    assert len(samples) == len(truth) * HOP == about["frames"] * HOP
    assert {VISEMES[k] for k in truth[:, 0]} == {"sil", "PP", "aa", "SS", "I", "U", "FF"}
    rng = np.random.default_rng(1)
    for _ in range(8):
        sound, found = spoken.crop(rng, 64)
        assert sound.shape == (64 * HOP,) and found.shape == (64, 4) and sound.dtype == np.float32
        assert np.isfinite(sound).all() and np.abs(sound).max() <= 1
    again = [spoken.crop(np.random.default_rng(5), 64)[0] for _ in range(2)]
    assert (again[0] == again[1]).all(), "the same seed draws the same"


def test_noise_is_as_loud_as_asked():
    clean = np.sin(np.arange(32000) * 0.05).astype(np.float32)
    for seed in range(6):
        rng = np.random.default_rng(seed)
        made = augment.noise(rng, 32000, lambda rng, count: rng.standard_normal(count))
        assert np.mean(np.square(made)) == pytest.approx(1, rel=1e-3)
        heard = augment.heard(np.random.default_rng(seed), clean, lambda rng, count: rng.standard_normal(count))
        assert np.isfinite(heard).all() and 1e-4 < np.abs(heard).max() <= 1


def test_what_is_held_out_is_not_trained_on():
    for held_out in (False, True):
        for _ in range(50):
            voice = voices.draw(random.Random(len(str(held_out))), held_out)
            assert voices.is_held_out(voice["tract_length"]) == held_out
    for preset in voices.presets(ASSETS / "voices" / "presets"):
        assert voices.is_held_out(preset.get("tract_length", 1.0))
    lexicon = ASSETS / "voices" / "hibari" / "lexicon_us_gold.json.gz"
    one, other = (Sentences(lexicon, held_out, 3) for held_out in (False, True))
    assert not set(one.words) & set(other.words) and not set(one.templates) & set(other.templates)
    assert all(is_held_out(word) for word in other.words[:100])
    assert "{" not in "".join(one.draw() + other.draw() for _ in range(100))
    assert not {one.draw() for _ in range(300)} & {other.draw() for _ in range(300)}
    with gzip.open(lexicon) as file:
        assert len(json.load(file)) > len(one.words)


def test_the_network_does_not_look_ahead():
    torch.manual_seed(0)
    network = LipsNetwork(SMALL)
    features = torch.randn(1, 40, FEATURES)
    changed = features.clone()
    changed[:, 25:] += 1
    one, other = network(features), network(changed)
    assert torch.equal(one[:, :25], other[:, :25]) and not torch.equal(one[:, 25:], other[:, 25:])
    assert LipsNetwork(Config()).config.look_ahead_secs() <= 0.07
    parameters = sum(p.numel() for p in LipsNetwork(Config()).parameters())
    assert 100_000 <= parameters <= 400_000


def test_features_are_of_their_frame():
    samples = torch.zeros(1, 20 * HOP)
    samples[0, 10 * HOP + 80] = 0.5
    features = Features()(samples)
    assert features.shape == (1, 20, FEATURES)
    loud = features[0, :, :48].sum(-1)
    assert loud.argmax() == 10 and (loud[:9] == loud[0]).all() and (loud[12:] == loud[0]).all()
    assert (mel_bands().sum(1) > 0).all(), "no band is empty"


def test_scores_count_what_they_say():
    truth = np.array([0] * 5 + [PP] * 6 + [10] * 9 + [PP] * 4 + [0] * 6)
    answer = truth.copy()
    answer[20:24] = 10
    answer[12:15] = PP
    scores = Scores()
    scores.add(truth, answer)
    report = scores.report()
    assert report["closures"] == 2 and report["closure_recall"] == 0.5
    assert report["accuracy"] == pytest.approx(23 / 30, abs=1e-4)
    assert scores.false_closures == 1 and runs(answer == PP) == [(5, 11), (12, 15)]


def test_a_run_that_was_stopped_goes_on_and_is_exported(tmp_path, capsys, monkeypatch):
    write_set(tmp_path / "set", count=12)
    monkeypatch.setattr(train, "Config", lambda: SMALL)
    monkeypatch.setattr(train, "STATISTICS", 2)

    def run(out):
        args = argparse.Namespace(
            data=[str(tmp_path / "set")], watch=str(tmp_path / "set"), out=str(tmp_path / out), init=None, steps=6,
            batch=4, frames=64, rate=2e-3, seed=3, threads=1, workers=0, save_every=3, validate_every=3,
        )
        train.run(args)
        return torch.load(tmp_path / out / "averaged.pt", weights_only=True)["network"]

    def stop(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(train, "scores", stop)
        with pytest.raises(KeyboardInterrupt):
            run("stopped")
    one, other = run("whole"), run("stopped")
    assert "resumed at step 3" in capsys.readouterr().out
    assert all(torch.equal(one[name], other[name]) for name in one)
    network, state = evaluate.load(tmp_path / "whole" / "averaged.pt")
    assert state["step"] == 6
    samples = SpokenSet(tmp_path / "set").sentence(0)[0]
    visemes, voicing, energy, accent = evaluate.answers(network, samples)
    assert visemes.shape == (len(samples) // HOP, len(VISEMES)) and np.allclose(visemes.sum(1), 1, atol=1e-5)
    export.run(argparse.Namespace(weights=str(tmp_path / "whole" / "averaged.pt"), out=str(tmp_path / "out")))
    about = json.loads(capsys.readouterr().out)
    assert about["bytes"] == (tmp_path / "out" / "lips.safetensors").stat().st_size
    # The shipped form answers as the trained one does, up to f16.
    stored = export.as_stored(evaluate.load(tmp_path / "whole" / "averaged.pt")[0])
    again = evaluate.answers(stored, samples)[0]
    assert np.abs(again - visemes).max() < 0.02
