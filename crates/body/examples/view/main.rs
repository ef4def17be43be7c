//! `view PACK OUT.png WHAT [SPEC.ron …]`: pictures to judge bodies by. WHAT is `face`, `side`,
//! `body`, `back`, `sheet` (all of these), `shapes` (the 52 at 1.0), `blink`, `crowd` (50 random
//! people; `crowd-faces` for faces alone), `specs` (faces and bodies of all given specs).

mod raster;

use glam::Vec3;
use raster::{Camera, Picture, Shaped, morphed};
use rayon::prelude::*;
use reverie_avatar::{FaceShape, HumanBone};
use reverie_body::{AvatarSpec, Body, Pack};
use std::{env, error::Error, fs, path::Path, time::Instant};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [pack, out, what, specs @ ..] = arguments.as_slice() else {
        return Err("usage: view PACK OUT.png WHAT [SPEC.ron ...]".into());
    };
    let pack = Pack::load(Path::new(pack))?;
    let specs = specs
        .iter()
        .map(|path| -> Outcome<AvatarSpec> {
            Ok(AvatarSpec::from_ron(&fs::read_to_string(path)?)?)
        })
        .collect::<Outcome<Vec<_>>>()?;
    let first = specs.first().cloned().unwrap_or_default();
    let start = Instant::now();
    let body = Body::build(&pack, &first)?;
    let cold = start.elapsed();
    let start = Instant::now();
    Body::build(&pack, &first)?;
    eprintln!("built in {cold:?}, again in {:?}", start.elapsed());
    let size = (640, 720);
    let picture = match what.as_str() {
        "face" => render(&body, Angle::Face, 0.0, (1280, 720), &|_| 0.0),
        "side" => render(&body, Angle::Face, 0.75, (1280, 720), &|_| 0.0),
        "body" => render(&body, Angle::Body, 0.4, size, &|_| 0.0),
        "eye" => render(&body, Angle::Eye, 0.0, (1280, 720), &|_| 0.0),
        "back" => render(&body, Angle::Body, 3.0, size, &|_| 0.0),
        "sheet" => sheet(
            vec![
                (&body, Angle::Face, 0.0, String::new()),
                (&body, Angle::Face, 0.75, String::new()),
                (&body, Angle::Body, 0.3, String::new()),
                (&body, Angle::Body, 2.8, String::new()),
            ],
            4,
            (480, 640),
        ),
        "turn" => sheet(
            (0..4).map(|i| (&body, Angle::Head, i as f32 * 1.3, String::new())).collect(),
            4,
            (480, 640),
        ),
        "blink" => sheet(
            vec![
                (&body, Angle::Eye, 0.0, "".to_owned()),
                (&body, Angle::Eye, 0.0, "eyeBlink:0.5".to_owned()),
                (&body, Angle::Eye, 0.0, "eyeBlink".to_owned()),
                (&body, Angle::Eye, 0.9, "".to_owned()),
                (&body, Angle::Eye, 0.9, "eyeBlink:0.5".to_owned()),
                (&body, Angle::Eye, 0.9, "eyeBlink".to_owned()),
            ],
            3,
            (560, 360),
        ),
        "shapes" => sheet(
            FaceShape::ALL
                .into_iter()
                .map(|shape| (&body, Angle::Face, 0.0, shape.name().to_owned()))
                .collect(),
            13,
            (220, 280),
        ),
        "specs" | "bodies" | "crowd" | "crowd-faces" => {
            let specs: Vec<AvatarSpec> = if what.starts_with("crowd") {
                (0..50).map(AvatarSpec::random).collect()
            } else {
                specs
            };
            let bodies = specs
                .par_iter()
                .map(|spec| Ok(Body::build(&pack, spec)?))
                .collect::<Outcome<Vec<_>>>()?;
            let angle = if what == "crowd" || what == "bodies" { Angle::Same } else { Angle::Face };
            let views = bodies
                .iter()
                .enumerate()
                .map(|(at, b)| (b, angle, 0.35 * (at % 3) as f32 - 0.35, String::new()));
            let columns = if specs.len() > 8 { 10 } else { 4 };
            let size = if specs.len() > 8 { (190, 240) } else { (400, 480) };
            sheet(views.collect(), columns, size)
        }
        other => return Err(format!("what is {other}?").into()),
    };
    picture.save(out)?;
    Ok(())
}

#[derive(Clone, Copy)]
enum Angle {
    Face,
    Head,
    Eye,
    Body,
    /// All bodies at the same scale.
    Same,
}

fn render(
    body: &Body,
    angle: Angle,
    yaw: f32,
    (width, height): (usize, usize),
    weight: &(dyn Fn(&str) -> f32 + Sync),
) -> Picture {
    let factor = 2;
    let mut picture = Picture::new(width * factor, height * factor);
    let eyes = 0.5 * (body.rig.rest(HumanBone::LeftEye) + body.rig.rest(HumanBone::RightEye));
    let head = body.rig.rest(HumanBone::Head);
    let size = eyes.y - head.y;
    let middle = Vec3::new(0.0, eyes.y - 0.35 * size.max(0.03), head.z);
    let (target, distance, degrees) = match angle {
        Angle::Face => (middle, 0.95, 20.0),
        Angle::Head => (middle - 0.03 * Vec3::Y, 1.1, 26.0),
        Angle::Eye => (eyes, 0.6, 9.0),
        Angle::Body => (Vec3::Y * 0.5 * body.height_m, 2.6 * body.height_m, 25.0),
        Angle::Same => (Vec3::Y * 0.95, 5.0, 23.0),
    };
    let eye = target + distance * Vec3::new(yaw.sin(), 0.04, yaw.cos());
    let camera = Camera { eye, target, vertical_degrees: degrees };
    let shaped: Vec<Shaped> = body.meshes.iter().map(|mesh| morphed(mesh, weight)).collect();
    let lowered = matches!(angle, Angle::Body | Angle::Same | Angle::Head | Angle::Face);
    let shaped = if lowered { lower_arms(body, shaped) } else { shaped };
    picture.draw(body, &shaped, Vec3::ZERO, &camera);
    picture.reduced(factor)
}

/// Arms at the sides, skinned as a renderer does.
fn lower_arms(body: &Body, mut shaped: Vec<Shaped>) -> Vec<Shaped> {
    let mut pose = reverie_avatar::AvatarPose::REST;
    for (bone, sign) in [(HumanBone::LeftUpperArm, -1.0), (HumanBone::RightUpperArm, 1.0)] {
        pose.set_rotation(bone, glam::Quat::from_rotation_z(sign * 1.2));
    }
    for (bone, sign) in [(HumanBone::LeftLowerArm, -1.0), (HumanBone::RightLowerArm, 1.0)] {
        pose.set_rotation(bone, glam::Quat::from_rotation_y(sign * 0.25));
    }
    let places = body.rig.places(&pose);
    for (mesh, shaped) in body.meshes.iter().zip(&mut shaped) {
        for at in 0..shaped.positions.len() {
            let (mut position, mut normal) = (Vec3::ZERO, Vec3::ZERO);
            for (joint, weight) in mesh.joints[at].iter().zip(mesh.weights[at]) {
                let Some(bone) = body.skeleton.bones[usize::from(*joint)].human else { continue };
                position += weight * places.carry(&body.rig, bone, shaped.positions[at]);
                normal += weight * (places.rotation(bone) * shaped.normals[at]);
            }
            shaped.positions[at] = position;
            shaped.normals[at] = normal.normalize_or_zero();
        }
    }
    shaped
}

fn sheet(views: Vec<(&Body, Angle, f32, String)>, columns: usize, size: (usize, usize)) -> Picture {
    let rows = views.len().div_ceil(columns);
    let mut whole = Picture::new(columns * size.0, rows * size.1);
    let pictures: Vec<Picture> = views
        .par_iter()
        .map(|(body, angle, yaw, shape)| {
            let (shape, full) = shape
                .split_once(':')
                .map_or((shape.as_str(), 1.0), |(s, w)| (s, w.parse::<f32>().unwrap_or(1.0)));
            let wanted = |name: &str| {
                let both = name.strip_suffix("Left").or(name.strip_suffix("Right"));
                let is = !shape.is_empty() && (name == shape || both == Some(shape));
                if is { full } else { 0.0 }
            };
            render(body, *angle, *yaw, size, &wanted)
        })
        .collect();
    for (at, picture) in pictures.iter().enumerate() {
        whole.paste(picture, at % columns * size.0, at / columns * size.1);
    }
    whole
}
