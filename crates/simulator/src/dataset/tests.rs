use super::*;
use crate::random::Rng;
use glam::{Quat, Vec2, Vec3};
use half::f16;
use reverie_world_model::{Action, Embodiment, Intrinsics, Pose, Weather, WorldEvent};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const SIZE: [u32; 2] = [20, 12];
const PIXELS: usize = 240;

fn options(episodes: u64) -> DatasetOptions {
    DatasetOptions {
        generator: Generator {
            name: "test".to_owned(),
            version: "1".to_owned(),
            fingerprint: "abc".to_owned(),
        },
        domain: "city".to_owned(),
        held_out: false,
        parameters: BTreeMap::from([("ticks".to_owned(), json!(3))]),
        tick_hz: 24.0,
        size: SIZE,
        channels: Channel::ALL.to_vec(),
        classes: BTreeMap::from([(0, "sky".to_owned())]),
        episodes,
        episodes_per_shard: 3,
    }
}

fn meta(seed: u64) -> EpisodeMeta {
    EpisodeMeta {
        seed,
        domain: "city".to_owned(),
        embodiment: Embodiment::Walker,
        tick_hz: 24.0,
        intrinsics: Intrinsics::from_horizontal_fov(SIZE[0], SIZE[1], 1.3),
        policy: None,
    }
}

/// Pixels of one frame, smooth in one half and noise in the other.
struct Pixels {
    rgb: Vec<u8>,
    depth_m: Vec<f32>,
    normal: Vec<[i8; 3]>,
    class: Vec<u8>,
    instance: Vec<u32>,
    flow: Vec<[f32; 2]>,
}

impl Pixels {
    fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let mut pixels = Self {
            rgb: Vec::new(),
            depth_m: Vec::new(),
            normal: Vec::new(),
            class: Vec::new(),
            instance: Vec::new(),
            flow: Vec::new(),
        };
        for i in 0..PIXELS {
            let noise = if i < PIXELS / 2 { 0 } else { rng.next_u32() };
            let [a, b, c, d] = noise.to_le_bytes();
            pixels.rgb.extend([(i as u8).wrapping_add(a), b, 255 - c]);
            let depth_m = 0.5 + i as f32 / 7.0 + f32::from(d);
            pixels
                .depth_m
                .push([depth_m, f32::INFINITY, 0.0, 1e-9][usize::from(a % 9 / 5) + i % 3]);
            pixels.normal.push([a, b, c].map(u8::cast_signed));
            pixels.class.push(d % 5);
            pixels.instance.push(noise.rotate_left(5));
            let out_of_sight = if i % 11 == 3 { f32::NAN } else { 0.0 };
            pixels.flow.push([i as f32 / 3.0 - f32::from(a), 1e9 * f32::from(b) + out_of_sight]);
        }
        pixels
    }

    fn frame<'a>(&'a self, task: &'a Value) -> FrameData<'a> {
        FrameData {
            pose: Pose {
                position: Vec3::new(0.1, 1.6, -3.3),
                rotation: Quat::from_rotation_y(0.7),
            },
            task: Some(task),
            rgb: Some(&self.rgb),
            depth_m: Some(&self.depth_m),
            normal: Some(&self.normal),
            class: Some(&self.class),
            instance: Some(&self.instance),
            ..FrameData::default()
        }
    }
}

const ACTION: Action =
    Action { move_mps: Vec3::new(0.1, 0.0, 1.4), look_rps: Vec2::new(0.3, -0.2), interact: true };

/// Three frames from a seed.
fn episode(seed: u64) -> EncodedEpisode {
    let mut encoder = EpisodeEncoder::new(meta(seed), &Channel::ALL).expect("valid");
    let rain = WorldEvent::Weather { weather: Weather::Rain, strength: 0.5 };
    for at in 0..3 {
        let pixels = Pixels::new(10 * seed + at);
        let (task, step) = (json!({"reward": at}), json!({"kind": "footstep"}));
        let conditions = json!({"weather": if at < 2 { "clear" } else { "rain" }});
        let sounds = if at == 1 { vec![step] } else { Vec::new() };
        let frame =
            FrameData { conditions: Some(&conditions), sounds: &sounds, ..pixels.frame(&task) };
        encoder.frame(&frame).expect("valid");
        if at < 2 {
            let events = if at == 1 { vec![rain.clone()] } else { Vec::new() };
            encoder.transition(&ACTION, &events, Some(&pixels.flow)).expect("valid");
        }
    }
    encoder.finish().expect("whole")
}

/// Goes on until everything is there or `most` episodes were pushed.
fn write(folder: &Path, episodes: u64, most: usize) -> Result<(), DatasetError> {
    let mut writer = DatasetWriter::open(folder, &options(episodes))?;
    for _ in 0..most {
        let Some(number) = writer.next_episode() else { break };
        writer.push(&episode(number))?;
    }
    Ok(())
}

fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(folder).expect("a folder").map(|e| e.expect("an entry").path());
    files
        .map(|path| {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, fs::read(path).expect("readable"))
        })
        .collect()
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

fn halves(bytes: &[u8]) -> Vec<f16> {
    bytes.chunks_exact(2).map(|b| f16::from_le_bytes([b[0], b[1]])).collect()
}

#[test]
fn everything_comes_back_as_it_was() {
    let folder = folder();
    write(folder.path(), 5, 99).expect("written");
    let mut reader = DatasetReader::open(folder.path()).expect("whole");
    assert!(reader.manifest().complete);
    assert_eq!((reader.manifest().episodes, reader.manifest().frames), (5, 15));
    reader.verify().expect("whole");
    for number in [4, 0, 3, 2, 1] {
        let found = reader.episode(number).expect("there");
        assert_eq!(found.record.meta, meta(number));
        assert_eq!(found.record.actions, [[0.1, 0.0, 1.4, 0.3, -0.2, 1.0]; 2]);
        assert_eq!(found.record.poses[2][..3], [0.1, 1.6, -3.3]);
        assert_eq!(found.record.tasks[2], json!({"reward": 2}));
        let changes: Vec<u64> = found.record.conditions.iter().map(|c| c.frame).collect();
        assert_eq!(changes, [0, 2]);
        assert_eq!((found.record.events.len(), found.record.events[0].frame), (1, 1));
        assert_eq!((found.record.sounds.len(), found.record.sounds[0].frame), (1, 1));
        for frame in [2, 0, 1] {
            let pixels = Pixels::new(10 * number + frame);
            let mut get = |channel| reader.channel(&found, channel, frame).expect("whole");
            assert_eq!(get(Channel::Rgb), pixels.rgb);
            assert_eq!(get(Channel::Class), pixels.class);
            let normal: Vec<i8> = get(Channel::Normal).into_iter().map(u8::cast_signed).collect();
            assert_eq!(normal, pixels.normal.as_flattened());
            let instance = get(Channel::Instance);
            let words = instance.as_chunks::<4>().0.iter().map(|b| u32::from_le_bytes(*b));
            assert!(words.eq(pixels.instance.iter().copied()));
            for (stored, depth_m) in halves(&get(Channel::Depth)).iter().zip(&pixels.depth_m) {
                let stored = stored.to_f32();
                match *depth_m {
                    0.0 => assert!(stored.is_infinite()),
                    f32::INFINITY => assert_eq!(stored, 0.0),
                    d => assert!((stored - (1.0 / d).min(65504.0)).abs() <= stored / 1500.0),
                }
            }
            if frame < 2 {
                let flow = halves(&get(Channel::Flow));
                for (stored, exact) in flow.iter().zip(pixels.flow.as_flattened()) {
                    let exact = exact.clamp(-65504.0, 65504.0);
                    assert!(
                        stored.to_f32() == exact
                            || (stored.is_nan() && exact.is_nan())
                            || (stored.to_f32() - exact).abs() <= exact.abs() / 1500.0
                    );
                }
            }
        }
        let error = reader.channel(&found, Channel::Flow, 2).expect_err("one transition fewer");
        assert_eq!(error.to_string(), "frame: 2 is not one of 2");
    }
    let error = reader.episode(5).expect_err("there are five");
    assert_eq!(error.to_string(), "episode: 5 is not one of 5");
}

#[test]
fn an_interrupted_set_ends_up_the_same_to_the_byte() {
    let whole = folder();
    write(whole.path(), 7, 99).expect("written");
    let expected = contents(whole.path());
    assert_eq!(
        expected.keys().collect::<Vec<_>>(),
        [".lock", "manifest.json", "shard-00000.rvd", "shard-00001.rvd", "shard-00002.rvd"]
    );
    let mut rng = Rng::new(1);
    for most in 0..7 {
        for cut in 0..6 {
            let folder = folder();
            write(folder.path(), 7, most).expect("written");
            let number = most / 3;
            let partial = folder.path().join(format!("shard-0000{number}.partial"));
            let manifest = folder.path().join(MANIFEST_FILE);
            let bytes = fs::read(&partial).expect("begun");
            match cut {
                // Cut off anywhere, or with rubbish behind it.
                0..3 => {
                    let left = rng.below(bytes.len() + 1);
                    fs::write(&partial, &bytes[..left]).expect("written");
                }
                3 => {
                    let rubbish = vec![0x5a; 1 + rng.below(200)];
                    fs::write(&partial, [bytes, rubbish].concat()).expect("written");
                }
                // Damaged anywhere.
                4 => {
                    let mut damaged = bytes;
                    let at = rng.below(damaged.len());
                    damaged[at] ^= 0x10;
                    fs::write(&partial, damaged).expect("written");
                }
                // The shard has its name and the manifest does not know it yet; and a manifest that
                // was not put in place lies about.
                _ => {
                    let before = fs::read(&manifest).expect("there");
                    write(folder.path(), 7, 3).expect("written");
                    fs::write(&manifest, before).expect("written");
                    fs::write(folder.path().join("manifest.json.partial"), "{").expect("written");
                }
            }
            write(folder.path(), 7, 99).expect("gone on with");
            assert!(contents(folder.path()) == expected, "after {most} episodes, case {cut}");
        }
    }
}

#[test]
fn a_finished_set_can_grow_and_is_left_alone_otherwise() {
    let folder = folder();
    write(folder.path(), 4, 99).expect("written");
    let before = contents(folder.path());
    write(folder.path(), 4, 99).expect("nothing to do");
    assert!(contents(folder.path()) == before);
    write(folder.path(), 9, 99).expect("grown");
    let mut reader = DatasetReader::open(folder.path()).expect("whole");
    assert_eq!((reader.manifest().episodes, reader.manifest().shards.len()), (9, 4));
    for number in 0..9 {
        assert_eq!(reader.episode(number).expect("there").record.meta.seed, number);
    }
    let error = write(folder.path(), 8, 99).expect_err("fewer");
    assert!(error.to_string().contains("episodes is already 9 there and only 8 here"), "{error}");
}

#[test]
fn another_set_is_not_gone_on_with() {
    let folder = folder();
    write(folder.path(), 4, 2).expect("written");
    let before = contents(folder.path());
    type Change = fn(&mut DatasetOptions);
    let cases: [(Change, &str); 7] = [
        (|o| o.domain = "mountain".to_owned(), "domain is city there and mountain here"),
        (|o| o.held_out = true, "held_out is false there and true here"),
        (|o| o.size = [40, 24], "size is 20x12 there and 40x24 here"),
        (|o| o.channels = vec![Channel::Rgb], "channels is rgb,depth,"),
        (
            |o| o.parameters = BTreeMap::from([("ticks".to_owned(), json!(4))]),
            "parameters.ticks is 3 there and 4 here",
        ),
        (
            |o| {
                o.parameters.insert("fog".to_owned(), json!(true));
            },
            "parameters.fog is not set there and true here",
        ),
        (|o| o.generator.fingerprint = "abd".to_owned(), "generator.version is 1 (abc) there"),
    ];
    for (change, message) in cases {
        let mut options = options(4);
        change(&mut options);
        let error = DatasetWriter::open(folder.path(), &options).expect_err("another set");
        let text = error.to_string();
        assert!(text.contains("manifest.json: ") && text.contains(message), "{text}");
    }
    assert!(contents(folder.path()) == before, "nothing was touched");
    let first = DatasetWriter::open(folder.path(), &options(4)).expect("free");
    let error = DatasetWriter::open(folder.path(), &options(4)).expect_err("one at a time");
    assert!(error.to_string().contains("another process writes this data set"), "{error}");
    drop(first);
    fs::remove_file(folder.path().join(MANIFEST_FILE)).expect("removed");
    let error = DatasetWriter::open(folder.path(), &options(4)).expect_err("no data set");
    assert!(error.to_string().contains("is no data set: it holds `shard-0"), "{error}");
}

#[test]
fn what_does_not_belong_there_is_refused() {
    let folder = folder();
    let mut writer = DatasetWriter::open(folder.path(), &options(4)).expect("new");
    let refused = |writer: &mut DatasetWriter, episode: &EncodedEpisode, part: &str| {
        let text = writer.push(episode).expect_err(part).to_string();
        assert!(text.contains(part), "{text}");
    };
    refused(&mut writer, &episode(FIRST_HELD_OUT_SEED), "seed: 1000000 is not below 1000000");
    let mut encoder = EpisodeEncoder::new(meta(1), &[Channel::Rgb]).expect("valid");
    let pixels = Pixels::new(1);
    encoder.frame(&FrameData { task: None, ..pixels.frame(&Value::Null) }).expect("valid");
    refused(&mut writer, &encoder.finish().expect("whole"), "channels: are not those");
    assert_eq!(writer.next_episode(), Some(0));

    let mut encoder = EpisodeEncoder::new(meta(1), &Channel::ALL).expect("valid");
    let task = Value::Null;
    let frame = pixels.frame(&task);
    let no = |encoder: &mut EpisodeEncoder, frame: &FrameData<'_>, part: &str| {
        let text = encoder.frame(frame).expect_err(part).to_string();
        assert!(text.contains(part), "{text}");
    };
    no(&mut encoder, &FrameData { rgb: None, ..frame }, "rgb: is missing");
    let short = &pixels.rgb[..PIXELS * 3 - 2];
    no(&mut encoder, &FrameData { rgb: Some(short), ..frame }, "rgb: has 718 values, expected 720");
    let mut depth_m = pixels.depth_m.clone();
    depth_m[7] = -1.0;
    no(&mut encoder, &FrameData { depth_m: Some(&depth_m), ..frame }, "depth: -1 m is no depth");
    let pose = Pose { position: Vec3::NAN, ..Pose::IDENTITY };
    no(&mut encoder, &FrameData { pose, ..frame }, "pose.position: ");
    let early = encoder.transition(&ACTION, &[], Some(&pixels.flow)).expect_err("no frame yet");
    assert!(early.to_string().contains("a frame has to come first"));
    encoder.frame(&frame).expect("what was refused left no trace");
    no(&mut encoder, &frame, "a transition has to come first");
    let missing = encoder.transition(&ACTION, &[], None).expect_err("no flow");
    assert!(missing.to_string().contains("flow: is missing"));
    let wild = Action { move_mps: Vec3::INFINITY, ..ACTION };
    assert!(encoder.transition(&wild, &[], Some(&pixels.flow)).is_err());
    encoder.transition(&ACTION, &[], Some(&pixels.flow)).expect("valid");
    no(&mut encoder, &FrameData { task: None, ..frame }, "task: is there in some frames only");
    let half = encoder.finish().expect_err("ends with a transition");
    assert!(half.to_string().contains("has to end with a frame"));
    let tick = EpisodeEncoder::new(EpisodeMeta { tick_hz: f32::NAN, ..meta(1) }, &[]);
    assert!(tick.expect_err("no rate").to_string().contains("tick_hz: NaN"));
}

#[test]
fn damage_is_an_error_with_the_name_of_the_file_and_never_a_panic() {
    let folder = folder();
    write(folder.path(), 2, 99).expect("written");
    let shard = folder.path().join("shard-00000.rvd");
    let whole = fs::read(&shard).expect("there");
    let read_all = || -> Result<Vec<Vec<u8>>, DatasetError> {
        let mut reader = DatasetReader::open(folder.path())?;
        let mut all = Vec::new();
        for number in 0..2 {
            let found = reader.episode(number)?;
            for frame in 0..2 {
                for channel in Channel::ALL {
                    all.push(reader.channel(&found, channel, frame)?);
                }
            }
        }
        Ok(all)
    };
    read_all().expect("whole");
    let mut noticed = 0;
    for at in (0..whole.len()).step_by(13) {
        let mut damaged = whole.clone();
        damaged[at] ^= 1 << (at % 8);
        fs::write(&shard, &damaged).expect("written");
        let reader = DatasetReader::open(folder.path()).expect("the manifest is whole");
        let error = reader.verify().expect_err("the hash sees everything").to_string();
        assert!(error.contains("shard-00000.rvd: its SHA-256"), "{error}");
        if let Err(error) = read_all() {
            noticed += 1;
            assert!(error.to_string().contains("shard-00000.rvd"), "{error}");
        }
    }
    assert!(noticed > 0);
    for left in (0..whole.len()).step_by(97) {
        fs::write(&shard, &whole[..left]).expect("written");
        assert!(read_all().expect_err("cut off").to_string().contains("shard-00000.rvd"));
    }
    fs::remove_file(&shard).expect("removed");
    assert!(read_all().expect_err("gone").to_string().contains("cannot be read"));
    assert!(write(folder.path(), 2, 99).is_err(), "a finished shard is gone");
    let manifest = folder.path().join(MANIFEST_FILE);
    for text in ["", "{}", "[1]", r#"{"format": "reverie-dataset", "version": 2}"#] {
        fs::write(&manifest, text).expect("written");
        let error = DatasetReader::open(folder.path()).expect_err("no manifest").to_string();
        assert!(error.contains("manifest.json: "), "{error}");
    }
}

/// A set of the first version of the format, which Python's tests read as well: both have to find
/// the same bytes.
#[test]
fn the_sample_is_read_as_python_reads_it() {
    #[derive(serde::Deserialize)]
    struct Entry {
        episode: u64,
        channel: Channel,
        frame: u64,
        sha256: String,
    }
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../python/tests/data/dataset");
    let truth = fs::read(sample.join("truth.json")).expect("there");
    let truth: Vec<Entry> = serde_json::from_slice(&truth).expect("a list");
    let mut reader = DatasetReader::open(&sample).expect("whole");
    reader.verify().expect("whole");
    assert!(truth.len() >= 12);
    for entry in truth {
        let found = reader.episode(entry.episode).expect("there");
        let bytes = reader.channel(&found, entry.channel, entry.frame).expect("whole");
        let hash = manifest::hexadecimal(&<sha2::Sha256 as sha2::Digest>::digest(&bytes));
        assert_eq!(hash, entry.sha256, "{:?} of frame {}", entry.channel, entry.frame);
    }
}
