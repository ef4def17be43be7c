//! Clothes: which pieces somebody wears, where they end, how loose they are, and which skin they
//! hide.

use crate::{
    AvatarSpec, Bottom, Pack, Top,
    assemble::Figure,
    cloth::Shell,
    fabric::Weave,
    looks::Looks,
    model::BodyMesh,
    texture::{noise, smooth},
};
use glam::{Vec2, Vec3};
use rayon::prelude::*;

/// Joints of the arm on the base mesh.
const SHOULDER: Vec3 = Vec3::new(0.1677, 0.5246, 0.0146);
const ELBOW: Vec3 = Vec3::new(0.3129, 0.3493, 0.0132);
const WRIST: Vec3 = Vec3::new(0.4312, 0.2452, 0.1757);
/// Metres from shoulder to elbow and to wrist, on the base mesh.
const UPPER_ARM: f32 = 0.2276;

/// Metres along the arm from the shoulder; below 0 on the torso.
fn along_arm(p: Vec3) -> f32 {
    if p.y < 0.12 || p.x.abs() < 0.13 {
        return -1.0;
    }
    let q = Vec3::new(p.x.abs(), p.y, p.z);
    // Sides of chest and hips are no arms.
    let along = |from: Vec3, to: Vec3, thick: f32| {
        let direction = (to - from).normalize();
        let along = (q - from).dot(direction);
        (along, (q - from - along * direction).length() < thick)
    };
    let (upper, near_upper) = along(SHOULDER, ELBOW, 0.105);
    let (lower, near_lower) = along(ELBOW, WRIST, 0.10);
    if lower > 0.0 && near_lower {
        return UPPER_ARM + lower;
    }
    if near_upper { upper.min(UPPER_ARM) } else { -1.0 }
}

/// What part of the body a piece covers, by places on the base mesh.
#[derive(Debug, Clone, Copy)]
struct Cover {
    /// Upper and lower end, metres.
    top: f32,
    bottom: f32,
    /// Length of the sleeves.
    sleeve: f32,
    /// Radius of the opening for the neck.
    neck: f32,
    /// Half of the gap in front at the hem, 0 for closed.
    open: f32,
}

impl Cover {
    /// How far inside a place is, metres.
    fn field(&self, p: Vec3) -> f32 {
        let arm = along_arm(p);
        let mut inside = self.sleeve - arm;
        if arm < 0.06 {
            inside = inside.min(p.y - self.bottom).min(self.top - p.y);
            if p.y > 0.50 {
                // A cone around the neck, lower in front: it crosses shoulders and neck alike, so that
                // the edge is as even on the one as on the other.
                let away = Vec2::new(p.x, p.z - 0.022).length() - self.neck;
                let above = p.y - (0.560 - 0.35 * (p.z - 0.022));
                inside = inside.min(0.7 * (away - above));
            }
        }
        if self.open > 0.0 && p.z > 0.02 && p.y < 0.60 {
            let gap = self.open + 0.055 * smooth(0.26, 0.54, p.y);
            inside = inside.min(p.x.abs() - gap);
        }
        inside
    }
}

/// Below the chin.
const TORSO: f32 = 0.606;

/// `hem`: where the piece ends on the base mesh, metres.
fn top_cover(top: Top, hem: f32) -> Cover {
    let bottom = hem;
    match top {
        Top::TShirt => {
            Cover { top: TORSO, bottom: bottom + 0.01, sleeve: 0.155, neck: 0.073, open: 0.0 }
        }
        Top::LongSleeve => Cover { top: TORSO, bottom, sleeve: 0.425, neck: 0.066, open: 0.0 },
        Top::Sweater => {
            Cover { top: TORSO, bottom: bottom - 0.015, sleeve: 0.435, neck: 0.060, open: 0.0 }
        }
        Top::Jacket => {
            Cover { top: TORSO, bottom: bottom - 0.045, sleeve: 0.432, neck: 0.090, open: 0.028 }
        }
    }
}

/// One garment to be made from a shell.
struct Piece {
    name: &'static str,
    cover: Cover,
    material: usize,
    /// Metres from the shell at the body and at the ends of limbs.
    loose: [f32; 2],
    /// Depth of folds, metres.
    folds: f32,
    thick: f32,
    rounds: usize,
}

/// Meshes of all clothes, and whether they hide a place on the base mesh.
pub(crate) struct Clothes {
    pub(crate) meshes: Vec<BodyMesh>,
    covers: Vec<Cover>,
}

impl Clothes {
    /// Whether skin at a place of the base mesh is never seen.
    pub(crate) fn hide(&self, p: Vec3) -> bool {
        // Hands reach into sleeves, necks into collars: a little skin stays below each edge.
        self.covers.iter().any(|cover| cover.field(p) > 0.022)
    }
}

/// Folds gather where joints bend.
fn fold(p: Vec3, seed: u32) -> f32 {
    let arm = along_arm(p);
    let bend = |at: f32, place: f32, width: f32| (-((at - place) / width).powi(2)).exp();
    let gather = 0.35
        + 0.9 * bend(p.y, 0.13, 0.06)
        + 0.8 * bend(p.y, -0.37, 0.09)
        + 0.9 * bend(p.y, -0.70, 0.07)
        + 0.8 * bend(arm, UPPER_ARM, 0.07)
        + 0.6 * bend(arm, 0.41, 0.05)
        + 0.5 * bend(p.y, 0.02, 0.07);
    let around = Vec3::new(p.x * 9.0, p.y * 26.0, p.z * 9.0);
    let slant = Vec3::new(p.x * 16.0 + p.y * 11.0, p.y * 15.0, p.z * 14.0);
    let sharp = |n: f32| 1.0 - 2.0 * (n - 0.5).abs();
    gather.min(1.4)
        * (sharp(noise(around, seed)) * 0.6 + sharp(noise(slant, seed + 1)) * 0.5 - 0.55)
}

pub(crate) fn clothes(figure: &Figure, spec: &AvatarSpec, looks: &mut Looks) -> Clothes {
    let pack = figure.pack;
    let outfit = &spec.outfit;
    let scale = spec.height_m / 1.70;
    let dress = outfit.bottom == Bottom::Dress;
    let tucked = dress || outfit.bottom == Bottom::Skirt && outfit.top != Top::Jacket;
    let weave = match outfit.top {
        Top::Sweater => Weave::Knit,
        Top::Jacket => Weave::Twill,
        _ => Weave::Jersey,
    };
    let top_material = looks.cloth(pack, "top", weave, outfit.top_colour);
    let mut pieces = Vec::new();
    let cover = |top: f32, bottom: f32| Cover { top, bottom, sleeve: -0.5, neck: 0.0, open: 0.0 };
    // Trunk and legs only: arms are never inside.
    let below = |top: f32, bottom: f32| Cover { sleeve: 0.0, ..cover(top, bottom) };
    match outfit.bottom {
        Bottom::Trousers | Bottom::Shorts => {
            let long = outfit.bottom == Bottom::Trousers;
            let weave = if long { Weave::Twill } else { Weave::Jersey };
            pieces.push(Piece {
                name: "bottom",
                // Over the shirt of a jacket, below the hem of anything else.
                cover: below(
                    if outfit.top == Top::Jacket { 0.12 } else { 0.08 },
                    if long { -0.765 } else { -0.30 },
                ),
                material: looks.cloth(pack, "bottom", weave, outfit.bottom_colour),
                loose: [0.007, if long { 0.016 } else { 0.020 }],
                folds: 0.006,
                thick: 0.006,
                rounds: 2,
            });
        }
        Bottom::Skirt | Bottom::Dress => {}
    }
    if outfit.top == Top::Jacket {
        let shirt = looks.cloth(pack, "shirt", Weave::Jersey, crate::Rgb(226, 224, 218));
        pieces.push(Piece {
            name: "shirt",
            cover: top_cover(Top::LongSleeve, 0.06),
            material: shirt,
            loose: [0.003, 0.004],
            folds: 0.001,
            thick: 0.003,
            rounds: 3,
        });
    }
    let (loose, folds) = match outfit.top {
        Top::TShirt => ([0.014, 0.014], 0.005),
        Top::LongSleeve => ([0.013, 0.008], 0.005),
        Top::Sweater => ([0.018, 0.014], 0.007),
        Top::Jacket => ([0.019, 0.016], 0.006),
    };
    pieces.push(Piece {
        name: "top",
        cover: top_cover(outfit.top, if tucked { 0.10 } else { 0.0 }),
        material: top_material,
        loose,
        folds,
        thick: 0.006,
        rounds: 3,
    });
    pieces.push(Piece {
        name: "shoes",
        cover: below(-0.718, -9.0),
        material: looks.leather(pack, "shoes", outfit.shoe_colour),
        loose: [0.004, 0.005],
        folds: 0.0,
        thick: 0.004,
        rounds: 4,
    });
    let seed = spec.seed as u32 & 0xffff;
    let shell = &pack.topology.suit;
    let mut meshes: Vec<BodyMesh> =
        pieces.par_iter().map(|piece| piece.made(figure, shell, scale, seed)).collect();
    let mut covers: Vec<Cover> = pieces.iter().map(|piece| piece.cover).collect();
    if matches!(outfit.bottom, Bottom::Skirt | Bottom::Dress) {
        let (hem, waist) = if dress { (-0.56, 0.16) } else { (-0.40, 0.13) };
        let material = if dress {
            top_material
        } else {
            looks.cloth(pack, "bottom", Weave::Twill, outfit.bottom_colour)
        };
        let skirt = Piece {
            name: "skirt",
            cover: below(waist, hem),
            material,
            loose: [0.004, 0.012],
            folds: 0.010,
            thick: 0.006,
            rounds: 2,
        };
        meshes.push(skirt.made(figure, &pack.topology.skirt, scale, seed));
        covers.push(below(waist, 0.02));
    }
    Clothes { meshes, covers }
}

impl Piece {
    fn made(&self, figure: &Figure, shell: &Shell, scale: f32, seed: u32) -> BodyMesh {
        let mut places = shell.around(&figure.positions, self.rounds);
        let normals = shell.normals(&places);
        let inside: Vec<f32> = shell.base.iter().map(|p| self.cover.field(*p)).collect();
        let is_shoe = self.name == "shoes";
        for (at, place) in places.iter_mut().enumerate() {
            if inside[at] < -0.08 {
                continue;
            }
            let base = shell.base[at];
            let arm = along_arm(base);
            let end = if arm > 0.0 { smooth(0.0, 0.4, arm) } else { smooth(0.0, -0.5, base.y) };
            let loose = self.loose[0] + (self.loose[1] - self.loose[0]) * end;
            let folds = self.folds * fold(base, seed.wrapping_add(self.name.len() as u32));
            *place += normals[at] * scale * (loose + folds.max(-0.3 * loose));
            if is_shoe {
                // Soles are flat, and what is near them is drawn down to them.
                let sole = smooth(-0.785, -0.80, base.y);
                place.y = (place.y * (1.0 - 0.9 * sole)).max(0.0);
                let round = smooth(-0.75, -0.80, base.y);
                let out = Vec2::new(normals[at].x, normals[at].z) * 0.004 * scale * round;
                *place += Vec3::new(out.x, 0.0, out.y);
            }
        }
        shell.cut(self.name, self.material, &places, &inside, self.thick * scale)
    }
}

/// The shells that clothes are cut from.
pub(crate) fn shells(content: &crate::PackContent, vertices: &[Vec3], uvs: &[Vec2]) -> [Shell; 2] {
    ["tights", "skirt"].map(|name| {
        let faces = content.groups.get(name).map_or(&[][..], Vec::as_slice);
        Shell::new(content, faces, vertices, uvs)
    })
}

/// Which triangles of a sheet of skin are seen.
pub(crate) fn seen<'a>(
    pack: &'a Pack,
    clothes: &'a Clothes,
    sources: &'a [u16],
) -> impl Fn(&[u32; 3]) -> bool + 'a {
    let hidden: Vec<bool> =
        sources.iter().map(|v| clothes.hide(pack.vertices[usize::from(*v)])).collect();
    move |triangle| !triangle.iter().all(|at| hidden[*at as usize])
}
