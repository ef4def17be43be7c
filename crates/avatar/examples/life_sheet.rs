//! A minute of life on one sheet: gaze, head, lids, face and body over time as curves, and the body
//! as a stick figure. Red lines: left or yaw; green: right or pitch; blue: what is third.
//!
//! `cargo run -p reverie_avatar --example life_sheet -- out.png [seed] [first second] [seconds]`

use glam::{Vec2, Vec3};
use image::{Rgb, RgbImage};
use reverie_avatar::{AvatarPose, FaceShape, HumanBone, Life, Lod, Rig, RootPlace, Surroundings};
use reverie_behavior::{
    Act, Activity, Attraction, Emotion, EntityId, Gesture, Look, Mood, Target, Timeline, Walk,
};

const WIDTH: u32 = 1600;
const ROW: u32 = 92;
const COLOURS: [[u8; 3]; 4] = [[200, 40, 40], [20, 130, 50], [40, 70, 210], [150, 100, 20]];

/// Somebody opposite, who walks off after three quarters of a minute, on rolling ground.
struct Place;

impl Surroundings for Place {
    fn place(&self, _: EntityId, time_secs: f64) -> Option<Vec3> {
        let gone = (time_secs - 44.0).clamp(0.0, 8.0) as f32;
        Some(Vec3::new(0.1 + 0.4 * gone, 1.62, 1.4 + 0.2 * gone))
    }
    fn ground(&self, x: f32, z: f32) -> Option<f32> {
        Some(0.06 * (1.1 * x).sin() * (0.9 * z).cos())
    }
}

fn performance() -> Result<Timeline, reverie_behavior::TimelineError> {
    let friend = EntityId(1);
    let mut timeline = Timeline::new();
    for (at, act) in [
        (0.0, Act::Converse(vec![friend])),
        (0.5, Act::Gesture(Gesture::Wave { hand: None, secs: 2.6 })),
        (0.5, Act::Mood(Mood::of(Emotion::Happy, 0.7).for_secs(2.0))),
        (3.0, Act::Activity(Activity::Listening)),
        (3.0, Act::Speaker(Some(friend))),
        (9.0, Act::Mood(Mood::of(Emotion::Interest, 0.8))),
        (20.0, Act::Activity(Activity::Talking)),
        (20.0, Act::Speaker(None)),
        (
            26.0,
            Act::Gesture(Gesture::Point {
                target: Target::Point(Vec3::new(4.0, 1.0, 3.0)),
                hand: None,
                secs: 3.5,
            }),
        ),
        (26.0, Act::Look(Look::at(Target::Point(Vec3::new(4.0, 1.0, 3.0)), Attraction::Script))),
        (34.0, Act::Activity(Activity::Idle)),
        (36.0, Act::Look(Look::at(Target::Point(Vec3::new(-3.0, 1.2, -1.0)), Attraction::Sound))),
        (
            36.0,
            Act::Mood(Mood { onset_secs: 0.2, ..Mood::of(Emotion::Surprised, 0.9) }.for_secs(0.8)),
        ),
        (39.0, Act::Mood(Mood::of(Emotion::Sad, 0.8))),
        (46.0, Act::Converse(vec![])),
        (48.0, Act::Walk(Walk { to: Vec3::new(2.0, 0.0, 5.0), speed_mps: 1.2 })),
    ] {
        timeline.push(at, act)?;
    }
    Ok(timeline)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let out = arguments.next().ok_or("life_sheet OUT.png [seed] [first second] [seconds]")?;
    let mut number = |default: f64| arguments.next().map_or(Ok(default), |a| a.parse::<f64>());
    let (seed, first, secs) = (number(7.0)? as u64, number(0.0)?, number(60.0)?);
    let rig = Rig::adult();
    let mut life = Life::new(&rig, seed, RootPlace::default(), 0.0);
    let timeline = performance()?;
    let rows: Vec<(&str, f32, f32)> = vec![
        ("gaze in the world: yaw, pitch", -90.0, 90.0),
        ("head in the world: yaw, pitch, roll", -90.0, 90.0),
        ("eyes in the head: yaw left, yaw right, pitch", -40.0, 40.0),
        ("lids", -0.1, 1.1),
        ("brows: inner up, outer up left, down left", -0.05, 1.0),
        ("mouth: smile left, smile right, frown left, press left", -0.05, 1.0),
        ("squint, wide, jaw, sneer", -0.05, 1.0),
        ("hips to the side, down, forward (cm)", -12.0, 8.0),
        ("chest pitch, shoulder (degrees)", -8.0, 12.0),
        ("feet: height left, right (cm); body yaw / 10", -5.0, 40.0),
        ("pupil (mm)", 1.8, 5.0),
    ];
    let figures = 330;
    let mut sheet =
        RgbImage::from_pixel(WIDTH, ROW * rows.len() as u32 + 2 * figures, Rgb([255; 3]));
    for (k, (name, ..)) in rows.iter().enumerate() {
        println!("row {k}: {name}");
        for x in 0..WIDTH {
            sheet.put_pixel(x, ROW * (k as u32 + 1) - 1, Rgb([190; 3]));
        }
    }
    let mut pose = AvatarPose::REST;
    let mut last: Option<Vec<Vec<f32>>> = None;
    let count = 16;
    let mut shown = 0;
    for x in 0..WIDTH * 4 {
        let time = first + secs * f64::from(x) / f64::from(WIDTH * 4);
        life.pose(&timeline, &Place, time, Lod::Full, &mut pose);
        let values = curves(&rig, &life, &pose, time);
        for (k, ((_, low, high), line)) in rows.iter().zip(&values).enumerate() {
            for (n, value) in line.iter().enumerate() {
                let place = |value: f32| {
                    let part = ((value - low) / (high - low)).clamp(0.0, 1.0);
                    ROW as f32 * (k as f32 + 1.0 - 0.96 * part) - 2.0
                };
                let before = last.as_ref().map_or(*value, |last| last[k][n]);
                let at = x as f32 / 4.0;
                stroke(
                    &mut sheet,
                    Vec2::new(at - 0.25, place(before)),
                    Vec2::new(at, place(*value)),
                    COLOURS[n],
                );
            }
        }
        last = Some(values);
        if time >= first + secs * (f64::from(shown) + 0.5) / f64::from(count) {
            let middle = WIDTH as f32 * (shown as f32 + 0.5) / count as f32;
            for (view, top) in
                [(0, ROW * rows.len() as u32), (1, ROW * rows.len() as u32 + figures)]
            {
                figure(
                    &mut sheet,
                    &rig,
                    &pose,
                    view,
                    Vec2::new(middle, (top + figures - 12) as f32),
                );
            }
            shown += 1;
        }
    }
    sheet.save(&out)?;
    Ok(())
}

fn curves(rig: &Rig, life: &Life, pose: &AvatarPose, time: f64) -> Vec<Vec<f32>> {
    use FaceShape::*;
    let face = |shapes: &[FaceShape]| shapes.iter().map(|s| pose.face[*s]).collect::<Vec<_>>();
    let angles = |to: Vec3| [to.x.atan2(to.z).to_degrees(), to.y.asin().to_degrees()];
    let places = rig.places(pose);
    let head = pose.root.rotation() * places.rotation(HumanBone::Head);
    let roll = (head * Vec3::X).y.asin().to_degrees();
    let [yaw, pitch] = angles(head * Vec3::Z);
    let height = |bone| 100.0 * (pose.root.to_world(places.position(bone)).y);
    let chest = places.rotation(HumanBone::UpperChest) * Vec3::Y;
    vec![
        angles(life.gaze_direction(time)).to_vec(),
        vec![yaw, pitch, roll],
        vec![
            pose.eyes[0].yaw.to_degrees(),
            pose.eyes[1].yaw.to_degrees(),
            pose.eyes[0].pitch.to_degrees(),
        ],
        face(&[EyeBlinkLeft, EyeBlinkRight]),
        face(&[BrowInnerUp, BrowOuterUpLeft, BrowDownLeft]),
        face(&[MouthSmileLeft, MouthSmileRight, MouthFrownLeft, MouthPressLeft]),
        face(&[EyeSquintLeft, EyeWideLeft, JawOpen, NoseSneerLeft]),
        vec![100.0 * pose.hips_offset.x, 100.0 * pose.hips_offset.y, 100.0 * pose.hips_offset.z],
        vec![
            chest.z.asin().to_degrees(),
            (places.rotation(HumanBone::LeftShoulder) * Vec3::X).y.asin().to_degrees(),
        ],
        vec![
            height(HumanBone::LeftFoot),
            height(HumanBone::RightFoot),
            pose.root.yaw.to_degrees() / 10.0 + 15.0,
        ],
        vec![1000.0 * pose.pupil_diameter],
    ]
}

/// The body from the front (0) or from its left side (1), standing at `at` of the sheet.
fn figure(sheet: &mut RgbImage, rig: &Rig, pose: &AvatarPose, view: u32, at: Vec2) {
    let places = rig.places(pose);
    let flat = |p: Vec3| {
        let across = if view == 0 { p.x } else { -p.z };
        at + Vec2::new(across, -p.y) * 170.0
    };
    for bone in HumanBone::ALL {
        let Some(parent) = rig.parent(bone) else { continue };
        let colour = match bone.name() {
            name if name.starts_with("left") => COLOURS[0],
            name if name.starts_with("right") => COLOURS[1],
            _ => [60; 3],
        };
        stroke(sheet, flat(places.position(parent)), flat(places.position(bone)), colour);
    }
    for (side, foot) in [HumanBone::LeftFoot, HumanBone::RightFoot].into_iter().enumerate() {
        let heel = rig.rest(foot) - Vec3::new(0.0, rig.rest(foot).y, 0.045);
        stroke(
            sheet,
            flat(places.position(foot)),
            flat(places.carry(rig, foot, heel)),
            COLOURS[side],
        );
        let eye = places.carry(rig, HumanBone::Head, rig.eye(side));
        let look = places.rotation(HumanBone::Head) * pose.eyes[side].rotation() * Vec3::Z;
        stroke(sheet, flat(eye), flat(eye + 0.15 * look), COLOURS[2]);
    }
    let head = |y: f32, z: f32| {
        flat(places.carry(rig, HumanBone::Head, rig.rest(HumanBone::Head) + Vec3::new(0.0, y, z)))
    };
    for (a, b) in [
        ((0.0, 0.0), (0.2, 0.0)),
        ((0.2, 0.0), (0.12, 0.1)),
        ((0.12, 0.1), (0.05, 0.12)),
        ((0.05, 0.12), (0.0, 0.08)),
    ] {
        stroke(sheet, head(a.0, a.1), head(b.0, b.1), [60; 3]);
    }
}

fn stroke(sheet: &mut RgbImage, from: Vec2, to: Vec2, colour: [u8; 3]) {
    let steps = (2.0 * from.distance(to)).ceil().clamp(1.0, 4000.0) as u32;
    for k in 0..=steps {
        let at = from.lerp(to, k as f32 / steps as f32);
        if at.x >= 0.0
            && at.y >= 0.0
            && (at.x as u32) < sheet.width()
            && (at.y as u32) < sheet.height()
        {
            sheet.put_pixel(at.x as u32, at.y as u32, Rgb(colour));
        }
    }
}
