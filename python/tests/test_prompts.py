"""The parts of the training of prompts; skipped where PyTorch is not installed."""

import argparse
import json

import pytest

np = pytest.importorskip("numpy", reason="numpy is not installed: pip install './python[train]'")
torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install './python[train]'")
pytest.importorskip("safetensors", reason="safetensors is not installed")
pytest.importorskip("tokenizers", reason="tokenizers is not installed: pip install './python[prompts]'")

from reverie_train.prompts import captions, evaluate, export, model, train, vocabulary  # noqa: E402
from reverie_train.prompts.data import Set  # noqa: E402
from reverie_train.prompts.labels import QUESTIONS, of_clock  # noqa: E402
from reverie_train.prompts.minilm import WIDTH  # noqa: E402


def write_set(folder, texts, labels):
    """A set whose states are zero: the small network reads the texts alone."""
    folder.mkdir(parents=True)
    (folder / "texts.jsonl").write_text("".join(json.dumps(text) + "\n" for text in texts))
    np.save(folder / "lengths.npy", np.full(len(texts), 2))
    np.zeros((2 * len(texts), WIDTH), np.float16).tofile(folder / "states.f16")
    if labels:
        np.savez(folder / "labels.npz", **{q: np.stack([shares[q] for shares in labels]) for q in QUESTIONS})


def options(tmp_path, out, steps):
    return argparse.Namespace(
        network="words", begin=None, data=str(tmp_path / "data"), teacher=None, out=str(tmp_path / out), steps=steps, batch=24,
        rate=4e-3, seed=3, threads=1, save_every=3,
    )


@pytest.fixture
def data(tmp_path):
    rng = np.random.default_rng(1)
    made = [captions.make(rng) for _ in range(20)]
    write_set(tmp_path / "data/captions", [text for text, _ in made], [shares for _, shares in made])
    write_set(tmp_path / "data/loose", [captions.loose(rng, ("anvil", "yellow")) for _ in range(20)], None)
    return tmp_path


def test_captions_are_labelled_and_varied():
    rng = np.random.default_rng(4)
    made = [captions.make(rng, ("anvil",)) for _ in range(500)]
    assert len({text for text, _ in made}) > 480
    for text, shares in made:
        assert text and set(shares) == set(QUESTIONS)
        for question, answers in QUESTIONS.items():
            assert shares[question].shape == (len(answers),) and abs(shares[question].sum() - 1) < 1e-5, text
    # Every answer occurs.
    for question, answers in QUESTIONS.items():
        total = sum(shares[question] for _, shares in made)
        assert (total > 2).all(), (question, dict(zip(answers, total)))
    again = captions.make(np.random.default_rng(4), ("anvil",))
    assert again[0] == made[0][0]


def test_what_shines_means_a_clear_sky():
    rng = np.random.default_rng(1)
    clear, unsaid = (QUESTIONS["weather"].index(answer) for answer in ("clear", "-"))
    open_sky = {"weather": captions.one("weather", "-")}
    hours, about = captions._lit(rng, ["midday sun"], "noon", open_sky)
    assert hours == ["midday sun"] and about["weather"][clear] == 0.75 and about["weather"][unsaid] == 0.25
    hours, about = captions._lit(rng, ["midday sun"], "noon", {"weather": captions.one("weather", "rain")})
    assert not captions.SHINING.search(hours[0]) and about["weather"][clear] == 0
    assert captions._lit(rng, ["at noon"], "noon", open_sky) == (["at noon"], open_sky)


def test_measured_captions_are_no_training_captions():
    rows = evaluate.read(evaluate.FOLDER / "captions_test.tsv")
    assert len(rows) >= 240
    phrases = {p.lower() for table in (vocabulary.PLACES, vocabulary.WEATHERS, vocabulary.HOURS) for ps in table.values() for p in ps}
    long = [row["text"].lower() for row in rows if len(row["text"].split()) > 3]
    assert not phrases & set(long)
    watched = {row["text"] for row in evaluate.read(evaluate.FOLDER / "captions_watch.tsv")}
    assert not watched & {row["text"] for row in rows}


def test_rows_that_make_no_sense_are_named(tmp_path):
    for line, part in (("mountain\tsnow\tdusk\t-", "4 columns"), ("moon\tsnow\tdusk\t-\ta", "place `moon`"), ("city\thail\t-\t-\ta", "`hail`")):
        (tmp_path / "a.tsv").write_text(f"# about\n{line}\n")
        with pytest.raises(ValueError, match="a.tsv:2") as error:
            evaluate.read(tmp_path / "a.tsv")
        assert part in str(error.value)


def test_words_and_groups_are_those_of_the_run_time():
    assert model.words_of("Café, naïve -- 7PM!") == ["cafe", "naive", "7pm"]
    assert model.words_of("!?…") == []
    assert model.fnv(b"foobar") == 0xBF9CF968
    assert len(model.groups_of("fog", 1 << 14)) == 7 and len(model.groups_of("a", 16)) == 2
    assert [of_clock(hour) for hour in (0, 6, 9, 12, 15, 17, 19, 21, 23.5)] == [
        "night", "dawn", "morning", "noon", "afternoon", "golden", "dusk", "evening", "night",
    ]


def test_slips_keep_short_words():
    rng = np.random.default_rng(2)
    slipped = [captions.mistyped(rng, "a snowy valley in fog") for _ in range(20)]
    assert all(text.split()[0] == "a" and text.endswith(" in fog") for text in slipped)
    assert sum(text != "a snowy valley in fog" for text in slipped) > 15


def test_a_damaged_set_is_named(data):
    with open(data / "data/loose/states.f16", "ab") as file:
        file.write(b"1")
    with pytest.raises(ValueError, match="states.f16"):
        Set(data / "data/loose")


def test_a_run_that_was_stopped_ends_as_one_that_was_not(data):
    train.run(options(data, "whole", 6))
    original, calls = train.Averaged.update, []

    def stop(self, network):
        calls.append(1)
        if len(calls) == 5:
            raise KeyboardInterrupt
        original(self, network)

    train.Averaged.update = stop
    try:
        with pytest.raises(KeyboardInterrupt):
            train.run(options(data, "run", 6))
    finally:
        train.Averaged.update = original
    train.run(options(data, "run", 6))
    whole, again = (torch.load(data / name / "latest.pt", weights_only=True) for name in ("whole", "run"))
    for name, value in whole["network"].items():
        assert torch.equal(value, again["network"][name]), name


def test_training_learns_and_export_repeats(data):
    from safetensors.torch import load_file

    torch.manual_seed(3)
    held_out = [captions.make(np.random.default_rng(seed)) for seed in range(900, 1100)]
    shares = {q: torch.from_numpy(np.stack([shares[q] for _, shares in held_out])) for q in QUESTIONS}

    @torch.no_grad()
    def loss(network):
        return train.loss_of(network.eval()([text for text, _ in held_out]), shares).item()

    before = loss(train.build("words"))
    train.run(options(data, "run", 100))
    network, _ = train.load(data / "run/averaged.pt")
    assert loss(network) < before - 0.5, (loss(network), before)
    export.run(argparse.Namespace(weights=str(data / "run/averaged.pt"), minilm=None, out=str(data)))
    stored = load_file(data / "prompts.safetensors")
    assert all(t.dtype == torch.float16 for t in stored.values())
    again = model.WordNetwork(model.Config())
    again.load_state_dict({k: v.float() for k, v in stored.items()})
    fixture = load_file(data / "prompts_parity.safetensors")
    text = bytes(fixture["0.text"].tolist()).decode()
    with torch.no_grad():
        answers = again.eval()([text])
    assert torch.allclose(torch.cat([answers[q][0] for q in QUESTIONS]), fixture["0.answers"], atol=1e-5)
    # Training goes on from what was exported.
    on = options(data, "on", 1)
    on.begin = str(data / "prompts.safetensors")
    train.run(on)
    network, state = train.load(data / "on/averaged.pt")
    assert (state["before"], state["step"]) == (100, 1)
    assert loss(network) < before - 0.5
