//! Hair: ribbons of strands that grow from the scalp, fall and rest on head and shoulders.

mod ground;

use crate::{
    AvatarSpec, HairStyle,
    assemble::{Figure, tangents},
    model::BodyMesh,
    skin,
    texture::{Chance, SrgbTable, Texture, byte, noise, smooth},
};
use glam::Vec3;
use ground::Ground;
use reverie_avatar::HumanBone;

/// Columns of the texture: each shows another bundle.
const BUNDLES: usize = 4;

/// How one style grows.
struct Cut {
    ribbons: usize,
    segments: usize,
    /// Metres; the length of a ribbon unless it ends at a level.
    length: [f32; 2],
    /// Where ribbons end, below the eyes, in eye-to-chin distances; beyond any for none.
    level: f32,
    /// Width at the root, metres.
    width: f32,
    /// How far roots stand up.
    lift: f32,
    gravity: f32,
    /// Amplitude of waves.
    wave: f32,
    /// How much farther out the top layers lie, metres.
    volume: f32,
}

impl Cut {
    fn of(style: HairStyle) -> Option<Self> {
        let cut = |ribbons, segments, length, level, width, lift, gravity, wave, volume| Self {
            ribbons,
            segments,
            length,
            level,
            width,
            lift,
            gravity,
            wave,
            volume,
        };
        match style {
            HairStyle::Bald => None,
            HairStyle::Buzz => {
                Some(cut(6800, 2, [0.006, 0.010], 9.0, 0.0065, 0.28, 0.05, 0.05, 0.0015))
            }
            HairStyle::Short => {
                Some(cut(2300, 7, [0.032, 0.056], 9.0, 0.012, 0.34, 0.12, 0.05, 0.010))
            }
            HairStyle::Curly => {
                Some(cut(1900, 14, [0.045, 0.080], 9.0, 0.0125, 0.85, 0.04, 0.22, 0.024))
            }
            HairStyle::Bob => {
                Some(cut(1150, 18, [0.28, 0.34], 0.95, 0.017, 0.34, 0.35, 0.03, 0.011))
            }
            HairStyle::Long => {
                Some(cut(1150, 24, [0.50, 0.62], 2.9, 0.018, 0.34, 0.35, 0.05, 0.011))
            }
            HairStyle::Bun => Some(cut(1300, 11, [0.26, 0.30], 9.0, 0.017, 0.05, 0.0, 0.02, 0.005)),
        }
    }
}

/// A root: its place, the scalp's normal there, its place on the base mesh.
struct Root {
    place: Vec3,
    normal: Vec3,
    base: Vec3,
}

fn roots(figure: &Figure, count: usize, chance: &mut Chance) -> Vec<Root> {
    let pack = figure.pack;
    let corners: Vec<[usize; 3]> = pack
        .topology
        .head
        .triangles
        .iter()
        .map(|t| t.map(|at| usize::from(pack.topology.head.sources[at as usize])))
        .filter(|t| {
            let middle = t.iter().map(|v| pack.vertices[*v]).sum::<Vec3>() / 3.0;
            let is_ear = middle.x.abs() > 0.066 && middle.y < 0.738 && middle.z > 0.02;
            skin::above_hairline(middle) > -0.002 && !is_ear
        })
        .collect();
    let area = |t: &[usize; 3]| {
        let [a, b, c] = t.map(|v| figure.positions[v]);
        (b - a).cross(c - a).length()
    };
    let whole: f32 = corners.iter().map(area).sum();
    let mut roots = Vec::with_capacity(count + 16);
    let mut owed = 0.0;
    for triangle in &corners {
        owed += count as f32 * area(triangle) / whole.max(1e-9);
        while owed >= 1.0 {
            owed -= 1.0;
            let (mut v, mut w) = (chance.unit(), chance.unit());
            if v + w > 1.0 {
                (v, w) = (1.0 - v, 1.0 - w);
            }
            let at = |of: &[Vec3]| {
                of[triangle[0]] * (1.0 - v - w) + of[triangle[1]] * v + of[triangle[2]] * w
            };
            roots.push(Root {
                place: at(&figure.positions),
                normal: at(&figure.normals).normalize_or(Vec3::Y),
                base: at(&pack.vertices),
            });
        }
    }
    roots
}

/// Which way hair is combed at a place on the head (unit vector, roughly along the skin). `place` is
/// relative to the middle of a head of the usual size.
fn combed(style: HairStyle, root: &Root, place: Vec3, knot: Vec3, part: f32) -> Vec3 {
    let side = if root.base.x - part >= 0.0 { 1.0 } else { -1.0 };
    let top = smooth(-0.005, 0.045, place.y);
    let back = smooth(90.0, 140.0, skin::around(root.base));
    let outwards = place.x.signum();
    match style {
        HairStyle::Bun => (knot - place).normalize_or(Vec3::NEG_Z),
        HairStyle::Short => {
            // Brushed over from the parting; the whorl behind falls down.
            let over = Vec3::new(-0.8 * part.signum(), -0.05, 0.55 - 1.1 * back);
            let near = Vec3::new(0.6 * part.signum(), -0.5, 0.1 - 0.6 * back);
            let down = Vec3::new(0.0, -1.0, -0.35);
            let over = if side * part > 0.0 { near } else { over };
            down.lerp(over, top).normalize_or(down)
        }
        _ => {
            // Over the sides and back from a parting; away from the face, behind the shoulders.
            let over = Vec3::new(0.95 * side, -0.20, -0.30 - 0.6 * back);
            let behind =
                -0.22 - 0.5 * smooth(-0.12, -0.20, place.y) * smooth(0.03, 0.06, place.x.abs());
            let down = Vec3::new(0.02 * outwards, -1.0, behind);
            down.lerp(over, top).normalize_or(down)
        }
    }
}

/// The mesh of a head of hair, still without its material; `None` where nothing stands out from the scalp.
pub(crate) fn mesh(
    figure: &Figure,
    spec: &AvatarSpec,
    places: &[Vec3; HumanBone::COUNT],
) -> Option<BodyMesh> {
    let style = spec.hair.style;
    let cut = Cut::of(style)?;
    let mut chance = Chance::new(spec.seed ^ 0x4a17);
    let eyes = 0.5 * (places[HumanBone::LeftEye as usize] + places[HumanBone::RightEye as usize]);
    let head = places[HumanBone::Head as usize];
    let chin = figure.pack.joint("jaw").map_or(head, |at| figure.positions[at]);
    let face = (eyes.y - chin.y).max(0.05);
    let size = face / 0.109;
    let crown = figure.positions[..figure.pack.topology.skin_vertices]
        .iter()
        .fold(f32::MIN, |high, p| high.max(p.y));
    let centre = Vec3::new(0.0, 0.5 * (crown + eyes.y) - 0.012 * size, eyes.z - 0.083 * size);
    let ground = Ground::new(figure, centre, chin.y, size);
    let knot = centre + size * Vec3::new(0.0, 0.035, -0.118);
    let knot_near = (knot - centre) / size;
    let part = if mix_bit(spec.seed) { 0.022 } else { -0.022 };
    let mut mesh = BodyMesh { name: "hair".to_owned(), ..BodyMesh::default() };
    for (number, root) in roots(figure, cut.ribbons, &mut chance).into_iter().enumerate() {
        // Long hair that begins at the very edge of a face would hang into it, one strand alone.
        let long = matches!(style, HairStyle::Bob | HairStyle::Long);
        if long && skin::around(root.base) < 82.0 && skin::above_hairline(root.base) < 0.0025 {
            continue;
        }
        let layer = chance.unit();
        // Partings are no straight lines; some hair lies across.
        let deep = smooth(0.012, 0.045, skin::above_hairline(root.base));
        let part = part + (0.007 + 0.011 * deep) * chance.bell();
        let sides = smooth(0.80, 0.745, root.base.y);
        let mut length = chance.range(cut.length[0], cut.length[1]) * size;
        let edge = smooth(0.0, 0.022, skin::above_hairline(root.base));
        if style == HairStyle::Short {
            length *= (1.0 - 0.62 * sides) * (0.55 + 0.45 * edge);
        }
        let rise = (0.0012 + cut.volume * layer * (0.35 + 0.65 * edge)) * size;
        let level = eyes.y - cut.level * face - 0.02 * chance.range(-1.0, 1.0) * size;
        let seed = number as u32 ^ (spec.seed as u32);
        let lift = cut.lift * (0.35 + 0.65 * edge);
        let mut in_face = false;
        let mut path = vec![root.place - 0.002 * root.normal];
        let mut normals = vec![root.normal];
        let comb = combed(style, &root, (root.place - centre) / size, knot_near, part);
        // Hair stands up where it is parted, or the scalp would show.
        let parted =
            smooth(0.03, 0.0, (root.base.x - part).abs()) * smooth(0.77, 0.80, root.base.y);
        let lift = lift + if style == HairStyle::Bun { 0.0 } else { 0.10 * parted };
        let mut along = (comb + lift * root.normal).normalize_or(comb);
        for segment in 1..=cut.segments {
            let done = segment as f32 / cut.segments as f32;
            let last = path[segment - 1];
            // Shorter steps at the root, where hair turns most.
            let step = length * (done.powf(1.25) - (done - 1.0 / cut.segments as f32).powf(1.25));
            let comb = combed(style, &root, (last - centre) / size, knot_near, part);
            let keep = match style {
                HairStyle::Bun => 0.15,
                _ if long => 0.8,
                _ => 1.0,
            };
            let hold = if style == HairStyle::Curly { 0.0 } else { 0.35 * (1.0 - done) };
            along = along * keep + comb * hold.max(1.0 - keep) - Vec3::Y * cut.gravity;
            if style == HairStyle::Curly {
                along += 0.35 * normals[segment - 1];
            }
            let spot = last * (26.0 / size) + Vec3::splat((seed % 61) as f32 * 1.7);
            let wave = Vec3::new(noise(spot, 71), noise(spot, 72), noise(spot, 73)) - 0.5;
            // Long hair keeps out of the face.
            let near = (last - centre) / size;
            if long && near.z > 0.045 && near.y < 0.045 {
                along += Vec3::new(0.5 * near.x.signum(), 0.0, -0.7);
            }
            // What stands off falls back.
            let off = (ground.off(last) - rise) / (0.02 * size);
            let pull = if style == HairStyle::Curly { 0.12 } else { 0.5 };
            if last.y > chin.y {
                along -= pull * off.clamp(0.0, 1.2) * (last - centre).normalize_or_zero();
            }
            along = (along.normalize_or(comb) + cut.wave * 2.0 * wave).normalize_or(comb);
            let mut place = last + step * along;
            let mut out = (place - centre).normalize_or(Vec3::Y);
            if place.y < chin.y {
                out = (out + ground.axis_to(place).normalize_or_zero()).normalize_or(out);
            }
            // Below the jaw hair rests on clothes.
            let below = smooth(chin.y + 0.03, chin.y - 0.06, place.y);
            let hugs = style == HairStyle::Bun;
            // Hair lifts off gradually: it is no wall around the face.
            let grown = 1.0 - (-(length * done.powf(1.25)) / (0.012 * size)).exp();
            let above =
                rise * grown * if hugs { 1.0 - 0.4 * done } else { 1.0 } + 0.026 * below * size;
            let free = place;
            place = ground.rest(place, above, hugs);
            if style != HairStyle::Curly
                && place.y > centre.y
                && ground.off(place) > above + 0.005 * size
            {
                place = ground.rest(place, above + 0.005 * size, true);
            }
            if place != free {
                along = (place - last).normalize_or(along);
            }
            if place.y < level {
                let part = ((last.y - level) / (last.y - place.y).max(1e-6)).clamp(0.1, 1.0);
                path.push(last + part * (place - last));
                normals.push(out);
                break;
            }
            path.push(place);
            normals.push(out);
            let near = (place - centre) / size;
            let face = near.z > 0.055 && near.y < 0.010 && near.x.abs() < 0.063;
            let throat = place.y < chin.y && near.z > 0.0 && near.x.abs() < 0.045;
            if long && (face || throat) {
                in_face = true;
                break;
            }
            if hugs && place.distance(knot) < 0.02 * size {
                break;
            }
        }
        if in_face {
            continue;
        }
        if style == HairStyle::Curly {
            curl(&mut path, &mut normals, chance.unit(), size);
        }
        let bundle = (chance.bits() % BUNDLES as u64) as f32;
        let width = cut.width * size * chance.range(0.7, 1.2) * (0.3 + 0.7 * edge);
        let tilt = 0.5 * chance.bell();
        ribbon(&mut mesh, &path, &normals, width, bundle, tilt, head.y, size);
    }
    if style == HairStyle::Bun {
        knot_ball(
            &mut mesh,
            knot + size * Vec3::new(0.0, 0.008, -0.022),
            0.036 * size,
            head.y,
            size,
        );
    }
    mesh.tangents = tangents(&mesh);
    Some(mesh)
}

/// Winds a path around itself: coils that widen from the root.
fn curl(path: &mut [Vec3], normals: &mut [Vec3], chance: f32, size: f32) {
    let start = std::f32::consts::TAU * chance;
    let radius = (0.0055 + 0.004 * chance) * size;
    let turns = 1.5 + 1.2 * (7.3 * chance).fract();
    let axis: Vec<Vec3> = path.to_vec();
    for at in 1..path.len() {
        let done = at as f32 / (path.len() - 1) as f32;
        let along = (axis[(at + 1).min(axis.len() - 1)] - axis[at - 1]).normalize_or(Vec3::Y);
        let side = along.any_orthonormal_vector();
        let (sin, cos) = (start + std::f32::consts::TAU * turns * done).sin_cos();
        let out = side * cos + along.cross(side) * sin;
        path[at] = axis[at] + out * radius * smooth(0.0, 0.3, done);
        normals[at] = (out + 0.5 * normals[at]).normalize_or(out);
    }
}

fn mix_bit(seed: u64) -> bool {
    crate::texture::mix(seed ^ 0x9a27) & 1 == 0
}

/// Hair hangs on the head; what reaches below it follows neck and chest.
fn hang(mesh: &mut BodyMesh, place: Vec3, head_y: f32, size: f32) {
    let low = smooth(head_y - 0.06 * size, head_y - 0.26 * size, place.y);
    let bones = [HumanBone::Head, HumanBone::Neck, HumanBone::UpperChest];
    mesh.joints.push([bones[0] as u16, bones[1] as u16, bones[2] as u16, 0]);
    let chest = 0.75 * low;
    let neck = 0.25 * low;
    mesh.weights.push([1.0 - chest - neck, neck, chest, 0.0]);
}

#[expect(clippy::too_many_arguments, reason = "one ribbon is all of this")]
fn ribbon(
    mesh: &mut BodyMesh,
    path: &[Vec3],
    normals: &[Vec3],
    width: f32,
    bundle: f32,
    tilt: f32,
    head_y: f32,
    size: f32,
) {
    let first = mesh.positions.len() as u32;
    let rows = path.len();
    for row in 0..rows {
        let along = path[(row + 1).min(rows - 1)] - path[row.saturating_sub(1)];
        let along = along.normalize_or(Vec3::NEG_Y);
        let out = (normals[row] - along * along.dot(normals[row])).normalize_or(normals[row]);
        let side = along.cross(out).normalize_or(Vec3::X);
        let side = (side + tilt * out).normalize_or(side);
        let done = row as f32 / (rows - 1).max(1) as f32;
        let half = 0.5 * width * (1.0 - 0.45 * done);
        for (edge, u) in [(-1.0, 0.02), (1.0, 0.98)] {
            let place = path[row] + side * edge * half;
            mesh.positions.push(place.to_array());
            // Rounded, so that neighbouring ribbons shade as one.
            let normal = (0.75 * normals[row] + 0.5 * out + 0.35 * edge * side).normalize_or(out);
            mesh.normals.push(normal.to_array());
            mesh.uvs.push([(bundle + u) / BUNDLES as f32, 0.01 + 0.98 * done]);
            hang(mesh, place, head_y, size);
        }
        if row > 0 {
            let a = first + 2 * (row as u32 - 1);
            mesh.indices.extend([a, a + 1, a + 3, a, a + 3, a + 2]);
        }
    }
}

fn knot_ball(mesh: &mut BodyMesh, centre: Vec3, radius: f32, head_y: f32, size: f32) {
    let (rows, columns) = (12u32, 24u32);
    let first = mesh.positions.len() as u32;
    for row in 0..=rows {
        let up = std::f32::consts::PI * row as f32 / rows as f32;
        for column in 0..=columns {
            let turn = std::f32::consts::TAU * column as f32 / columns as f32;
            // Axis towards the back; strands wind around it.
            let normal = Vec3::new(up.sin() * turn.cos(), up.sin() * turn.sin(), -up.cos());
            let swirl = 1.0 + 0.05 * (3.0 * turn + 5.0 * up).sin();
            let place = centre + radius * swirl * normal * Vec3::new(1.0, 1.0, 0.75);
            mesh.positions.push(place.to_array());
            mesh.normals.push(normal.to_array());
            let u = 0.03 + 0.19 * (0.5 + 0.5 * (up * 4.0 + turn).sin());
            mesh.uvs.push([u, 0.1 + 0.3 * (0.5 + 0.5 * (turn + up).cos())]);
            hang(mesh, place, head_y, size);
        }
    }
    for row in 0..rows {
        for column in 0..columns {
            let a = first + row * (columns + 1) + column;
            let b = a + columns + 1;
            mesh.indices.extend([a, b, b + 1, a, b + 1, a + 1]);
        }
    }
}

/// Bundles of strands side by side, roots on top.
pub(crate) fn texture(spec: &AvatarSpec) -> Texture {
    let edge = 512usize;
    let table = SrgbTable::new();
    let own = Vec3::from(spec.hair.colour.linear());
    let mut chance = Chance::new(spec.seed ^ 0x8a19);
    let mut colours = vec![Vec3::ZERO; edge * edge];
    let mut alphas = vec![0.0f32; edge * edge];
    let column = edge / BUNDLES;
    let bare = Cut::of(spec.hair.style).map_or(0.1, |cut| (0.005 / cut.length[0]).min(0.12));
    for bundle in 0..BUNDLES {
        for _ in 0..120 {
            let across = 0.5 + 0.46 * chance.bell().clamp(-1.0, 1.0);
            let drift = 0.10 * chance.bell();
            let long = 1.0 - 0.42 * chance.unit() * chance.unit() - 0.25 * (across - 0.5).abs();
            let thick = chance.range(0.9, 2.6);
            let grey = chance.unit() < spec.hair.grey;
            let shade = 0.72 + 0.56 * chance.unit();
            let base = if grey { Vec3::new(0.42, 0.41, 0.40) } else { own };
            let rows = (long * edge as f32) as usize;
            let phase = chance.range(0.0, 6.0);
            // Roots differ by a few millimetres, however long the hair is.
            let begin = (bare * chance.unit() * chance.unit() * edge as f32) as usize;
            for y in begin..rows.min(edge) {
                let t = y as f32 / edge as f32;
                let sway = drift * t + 0.012 * (phase + 9.0 * t).sin();
                let x = (bundle as f32 + (across + sway).clamp(0.03, 0.97)) * column as f32;
                let taper = smooth(long, long - 0.28, t).max(0.12);
                let half = 0.5 * thick * taper;
                let root = 0.62 + 0.38 * smooth(0.0, 0.25, t);
                for pixel in (x - 3.0) as usize..((x + 4.0) as usize).min(edge) {
                    let off = (pixel as f32 + 0.5 - x).abs();
                    let cover = (half + 0.5 - off).clamp(0.0, 1.0);
                    if cover <= 0.0 {
                        continue;
                    }
                    let at = y * edge + pixel;
                    let round = 1.0 - 0.3 * (off / half.max(0.5)).min(1.0);
                    let colour = base * (shade * round * root);
                    colours[at] = colours[at].lerp(colour, cover);
                    alphas[at] = alphas[at].max(cover);
                }
            }
        }
    }
    let fallback = own * 0.8;
    let pixels = colours
        .iter()
        .zip(&alphas)
        .flat_map(|(colour, alpha)| {
            let [r, g, b] = fallback
                .lerp(*colour, smooth(0.0, 0.3, *alpha))
                .to_array()
                .map(|c| table.encode(c));
            [r, g, b, byte(*alpha)]
        })
        .collect::<Vec<u8>>();
    Texture {
        name: "hair_colour".to_owned(),
        width: edge as u32,
        height: edge as u32,
        srgb: true,
        pixels: pixels.into(),
    }
}
