"""Data sets on a bare Python: manifests, records, and frames unpacked with the standard library."""

import hashlib
import json
import shutil
import struct
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from reverie_train.dataset import Dataset, DatasetError, HeldOutError, decode_plain, read_manifest

ROOT = Path(__file__).resolve().parent.parent
# Written by `reverie dataset`; `truth.json` beside it by the Rust reader.
SAMPLE = Path(__file__).resolve().parent / "data" / "dataset"
FORMATS = {"u8": "B", "i8": "b", "f16": "e", "u32": "I"}


def plain_bytes(data, episode, name, frame):
    channel = data.channels[name]
    values = decode_plain(data.blobs(episode, name, frame, 1)[0], channel)
    return struct.pack(f"<{len(values)}{FORMATS[channel.dtype]}", *values)


def test_frames_are_those_that_rust_reads():
    data = Dataset(SAMPLE, strict=True, verify=True)
    truth = json.loads((SAMPLE / "truth.json").read_text())
    assert len(truth) >= 12
    assert set(data.channels) == {entry["channel"] for entry in truth}
    for entry in truth:
        raw = plain_bytes(data, data.episodes[entry["episode"]], entry["channel"], entry["frame"])
        assert hashlib.sha256(raw).hexdigest() == entry["sha256"], entry


def test_records_say_what_happened():
    data = Dataset(SAMPLE)
    assert data.complete and data.manifest["classes"]["0"] == "sky"
    assert [e.seed for e in data.episodes] == [0, 1, 2]
    record = data.record(data.episodes[1])
    assert record.meta["domain"] == data.manifest["domain"]
    assert (record.frames, len(record.poses), len(record.actions)) == (5, 5, 4)
    assert {"weather", "strength", "hour"} <= set(record.conditions_at(0))
    assert abs(sum(v * v for v in record.poses[2][3:]) - 1) < 1e-5
    # One read fetches a run of frames, and any frame alone is the same.
    run = data.blobs(data.episodes[1], "rgb", 1, 3)
    assert run == [data.blobs(data.episodes[1], "rgb", i, 1)[0] for i in (1, 2, 3)]
    with pytest.raises(IndexError):
        data.blobs(data.episodes[1], "flow", 4, 1)
    with pytest.raises(DatasetError, match="channel smell is not recorded"):
        data.blobs(data.episodes[1], "smell", 0, 1)


@pytest.fixture
def copy(tmp_path):
    return Path(shutil.copytree(SAMPLE, tmp_path / "copy"))


def change_manifest(folder, **changes):
    path = folder / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


@pytest.mark.parametrize("damage", ["cut", "gone", "index", "head"])
def test_a_damaged_shard_is_named_and_skipped_or_an_error(copy, damage):
    shard = copy / "shard-00000.rvd"
    whole = shard.read_bytes()
    if damage == "gone":
        shard.unlink()
    elif damage == "cut":
        shard.write_bytes(whole[:-9])
    else:
        at = 2 if damage == "head" else len(whole) - 60
        shard.write_bytes(whole[:at] + bytes([whole[at] ^ 0x40]) + whole[at + 1 :])
    with pytest.warns(UserWarning, match=r"shard-00000\.rvd: .*: skipped"):
        data = Dataset(copy)
    assert len(data.skipped) == 1
    assert [e.number for e in data.episodes] == [2]
    assert data.record(data.episodes[0]).frames == 5
    with pytest.raises(DatasetError, match=r"shard-00000\.rvd: "):
        Dataset(copy, strict=True)


def test_a_flipped_bit_among_pixels_is_seen_by_the_hash_and_by_the_blob(copy):
    shard = copy / "shard-00000.rvd"
    data = Dataset(copy, strict=True)
    blob = data.blobs(data.episodes[0], "rgb", 2, 1)[0]
    whole = shard.read_bytes()
    at = whole.index(blob) + len(blob) // 2
    shard.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    with pytest.raises(DatasetError, match=r"shard-00000\.rvd: its SHA-256"):
        Dataset(copy, strict=True, verify=True)
    with pytest.warns(UserWarning, match="SHA-256"):
        assert len(Dataset(copy, verify=True)) == 1
    data = Dataset(copy, strict=True)
    with pytest.raises(Exception, match="incorrect|invalid|length"):
        plain_bytes(data, data.episodes[0], "rgb", 2)
    assert plain_bytes(data, data.episodes[0], "rgb", 1), "the others are whole"


def test_held_out_data_is_refused_unless_asked_for(copy):
    change_manifest(copy, held_out=True)
    with pytest.raises(HeldOutError, match="held out"):
        Dataset(copy)
    assert len(Dataset(copy, allow_held_out=True)) == 3
    # A manifest that lies does not help: the shards know their seeds.
    change_manifest(copy, held_out=False)
    shard = copy / "shard-00001.rvd"
    raw = bytearray(shard.read_bytes())
    index, size = struct.unpack_from("<QQ", raw, len(raw) - 32)
    text = json.loads(raw[index : index + size])
    text["episodes"][0]["seed"] = 1_000_000
    import zlib

    new = json.dumps(text).encode()
    tail = struct.pack("<QQII8s", index, len(new), zlib.crc32(new), 0, b"RVINDEX1")
    shard.write_bytes(raw[:index] + new + tail)
    shards = json.loads((copy / "manifest.json").read_text())["shards"]
    shards[1]["bytes"] = shard.stat().st_size
    change_manifest(copy, shards=shards)
    with pytest.raises(HeldOutError, match="held-out seeds although"):
        Dataset(copy)


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "damaged"), ("[]", "damaged"), ('{"format": "x", "version": 1}', "is not reverie-dataset"), (None, "cannot be read")],
)
def test_a_bad_manifest_is_one_clear_line(copy, text, message):
    path = copy / "manifest.json"
    path.unlink()
    if text is not None:
        path.write_text(text)
    with pytest.raises(DatasetError, match=message) as caught:
        read_manifest(copy)
    assert "manifest.json" in str(caught.value) and "\n" not in str(caught.value)


def run_check(*args):
    command = [sys.executable, "-m", "reverie_train.dataset", "check", *map(str, args)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_check_says_what_is_wrong_in_one_line(copy):
    done = run_check(copy / "nowhere")
    assert done.returncode == 2 and done.stderr.startswith("error: ") and done.stderr.count("\n") == 1
    (copy / "shard-00000.rvd").unlink()
    done = run_check(copy, "--strict")
    assert done.returncode == 2 and "shard-00000.rvd: cannot be read" in done.stderr and "Traceback" not in done.stderr
    change_manifest(copy, held_out=True)
    done = run_check(copy)
    assert done.returncode == 2 and "held out" in done.stderr


def test_nothing_is_said_about_a_whole_set():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert Dataset(SAMPLE, verify=True).skipped == []
