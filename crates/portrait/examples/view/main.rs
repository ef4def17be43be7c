//! `view PACK OUT.png WHAT [SPEC.ron …]`: pictures to judge bodies by (a file name that ends in `.jpg`
//! makes a JPEG). WHAT is `portrait`, `face`, `side`, `eye`, `body`, `back`, `turn`, `blink`, `shapes`
//! (the 52 at 1.0), `moods`, `talk` (the sounds of a sentence), `sheet` (portraits of all given specs), `bodies`, `crowd` (50 random
//! people) or `crowd-faces`.

use rayon::prelude::*;
use reverie_avatar::{AvatarPose, EmptyPlace, FaceShape, FaceWeights, Life, Lod, Rig, RootPlace};
use reverie_behavior::{Activity, Emotion, Say, Speech, TimedPhoneme, Timeline, Viseme};
use reverie_body::{AvatarSpec, Body, Pack};
use reverie_portrait::{Camera, Framing, Picture, Sitter, draw, sitting};
use std::{env, error::Error, fs, path::Path, time::Instant};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// One picture of somebody.
struct Shot<'a> {
    body: &'a Body,
    seed: u64,
    framing: Framing,
    yaw: f32,
    emotion: Emotion,
    /// In place of the mood's face.
    face: Option<FaceWeights>,
}

impl<'a> Shot<'a> {
    fn new(person: &'a Person, framing: Framing, yaw: f32) -> Self {
        let (body, seed) = (&person.body, person.spec.seed);
        Self { body, seed, framing, yaw, emotion: Emotion::Neutral, face: None }
    }

    fn taken(&self, (width, height): (usize, usize)) -> Outcome<Picture> {
        let still = Sitter::new(self.body, &AvatarPose::REST);
        let mut camera = Camera::of(&still, self.framing, self.yaw);
        let ahead = Camera::of(&still, self.framing, 0.0).eye;
        let mut pose = sitting(&self.body.rig, self.seed, self.emotion, 0.85, ahead)?;
        if let Some(face) = self.face {
            pose.face = face;
        }
        let sitter = Sitter::new(self.body, &pose);
        if self.framing != Framing::Body {
            camera = Camera::of(&sitter, self.framing, self.yaw);
        }
        Ok(draw(&sitter, &camera, width, height))
    }
}

struct Person {
    spec: AvatarSpec,
    body: Body,
}

fn main() -> Outcome<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [pack, out, what, specs @ ..] = arguments.as_slice() else {
        return Err("usage: view PACK OUT.png WHAT [SPEC.ron ...]".into());
    };
    let pack = Pack::load(Path::new(pack))?;
    let mut specs = specs
        .iter()
        .map(|path| -> Outcome<AvatarSpec> {
            Ok(AvatarSpec::from_ron(&fs::read_to_string(path)?)?)
        })
        .collect::<Outcome<Vec<_>>>()?;
    if what.starts_with("crowd") {
        specs = (0..50).map(AvatarSpec::random).collect();
    }
    if specs.is_empty() {
        specs.push(AvatarSpec::default());
    }
    let people = specs
        .into_iter()
        .map(|spec| {
            let start = Instant::now();
            let body = Body::build(&pack, &spec)?;
            eprintln!("{} built in {:?}", spec.name, start.elapsed());
            Ok(Person { spec, body })
        })
        .collect::<Outcome<Vec<_>>>()?;
    let start = Instant::now();
    pictures(what, &people)?.to_image().save(out)?;
    eprintln!("drawn in {:?}", start.elapsed());
    Ok(())
}

fn pictures(what: &str, people: &[Person]) -> Outcome<Picture> {
    let first = &people[0];
    let one = |framing, yaw, size| Shot::new(first, framing, yaw).taken(size);
    let all = |framing: Framing| {
        let turned = |(at, p)| Shot::new(p, framing, 0.35 * (at % 3) as f32 - 0.35);
        people.iter().enumerate().map(turned).collect::<Vec<_>>()
    };
    let wide = (1280, 720);
    match what {
        "portrait" => one(Framing::Portrait, 0.0, wide),
        "face" => one(Framing::Face, 0.0, wide),
        "side" => one(Framing::Portrait, 0.9, wide),
        "eye" => one(Framing::Eyes, 0.0, wide),
        "body" => one(Framing::Body, 0.4, (640, 960)),
        "back" => one(Framing::Body, 2.8, (640, 960)),
        "turn" => {
            let turns = (0..4).map(|i| Shot::new(first, Framing::Portrait, i as f32 * 1.2));
            sheet(turns.collect(), 4, (480, 560))
        }
        "blink" => {
            let shut = [0.0, 0.5, 1.0];
            let eyes = [0.0, 0.9].into_iter().flat_map(|yaw| shut.map(|w| (yaw, w)));
            let lids = [FaceShape::EyeBlinkLeft, FaceShape::EyeBlinkRight];
            let shots = eyes.map(|(yaw, weight)| {
                let face = weights(&lids, weight);
                Shot { face: Some(face), ..Shot::new(first, Framing::Eyes, yaw) }
            });
            sheet(shots.collect(), 3, (560, 360))
        }
        "shapes" => {
            let shots = FaceShape::ALL.into_iter().map(|shape| {
                let face = weights(&[shape], 1.0);
                Shot { face: Some(face), ..Shot::new(first, Framing::Face, 0.25) }
            });
            sheet(shots.collect(), 9, (240, 260))
        }
        "moods" => {
            let shots = people.iter().flat_map(|person| {
                Emotion::ALL
                    .map(|emotion| Shot { emotion, ..Shot::new(person, Framing::Face, 0.0) })
            });
            let columns = if people.len() == 1 { 3 } else { 9 };
            let size = if people.len() == 1 { (420, 400) } else { (230, 250) };
            sheet(shots.collect(), columns, size)
        }
        "talk" => {
            let shots = talk("wi mˈAp fˈInd ðə fˈOʃ ʧˈuz bˈɑθ", first.spec.seed)?;
            let shots = shots
                .into_iter()
                .map(|face| Shot { face: Some(face), ..Shot::new(first, Framing::Face, 0.25) });
            sheet(shots.collect(), 7, (260, 280))
        }
        "sheet" => sheet(all(Framing::Portrait), 4, (400, 440)),
        "bodies" => sheet(all(Framing::Body), 8, (240, 560)),
        "crowd" => sheet(all(Framing::Body), 10, (160, 400)),
        "crowd-faces" => sheet(all(Framing::Face), 10, (176, 200)),
        other => Err(format!("what is {other}?").into()),
    }
}

/// The face at the middle of each sound, 0.11 s long each; a space is no sound.
fn talk(sounds: &str, seed: u64) -> Outcome<Vec<FaceWeights>> {
    const SECS: f32 = 0.11;
    let mut speech = Speech::default();
    let mut stress = 0;
    for phoneme in sounds.chars().filter(|sound| *sound != ' ') {
        if phoneme == 'ˈ' {
            stress = 2;
            continue;
        }
        let start_secs = 0.2 + SECS * speech.phonemes.len() as f32;
        let end_secs = start_secs + SECS;
        speech.phonemes.push(TimedPhoneme { phoneme, stress, start_secs, end_secs });
        if Viseme::of(phoneme).0.is_vowel() {
            stress = 0;
        }
        speech.duration_secs = end_secs + 0.2;
    }
    let middles: Vec<f32> =
        speech.phonemes.iter().map(|sound| 0.5 * (sound.start_secs + sound.end_secs)).collect();
    let mut timeline = Timeline::new();
    timeline.say(1.0, Say { speech, ..Say::default() }, Activity::Idle)?;
    let mut life = Life::new(&Rig::adult(), seed, RootPlace::default(), 0.0);
    let mut pose = AvatarPose::REST;
    let face = |t: f32| {
        life.pose(&timeline, &EmptyPlace, 1.0 + f64::from(t), Lod::Full, &mut pose);
        pose.face
    };
    Ok(middles.into_iter().map(face).collect())
}

fn weights(shapes: &[FaceShape], weight: f32) -> FaceWeights {
    let mut face = FaceWeights::NEUTRAL;
    shapes.iter().for_each(|shape| face[*shape] = weight);
    face
}

fn sheet(shots: Vec<Shot>, columns: usize, size: (usize, usize)) -> Outcome<Picture> {
    let rows = shots.len().div_ceil(columns);
    let mut whole = Picture::new(columns.min(shots.len()) * size.0, rows * size.1);
    let pictures: Vec<Picture> =
        shots.par_iter().map(|shot| shot.taken(size)).collect::<Outcome<_>>()?;
    for (at, picture) in pictures.iter().enumerate() {
        whole.paste(picture, at % columns * size.0, at / columns * size.1);
    }
    Ok(whole)
}
