//! An island of cake and sweets, made from a seed.

use bevy::{
    asset::RenderAssetUsages,
    mesh::{Indices, PrimitiveTopology, VertexAttributeValues},
    prelude::*,
};
use reverie_simulator::Rng;

/// Cells of a side; a cell is a metre wide.
const SIDE: usize = 96;
/// Height of a layer of cake, metres.
const LAYER_M: f32 = 0.5;
const EYE_M: f32 = 1.7;

const CREAM: [f32; 3] = [1.0, 0.93, 0.80];
const STRAWBERRY: [f32; 3] = [0.98, 0.45, 0.60];
const MINT: [f32; 3] = [0.50, 0.93, 0.76];
const LEMON: [f32; 3] = [1.0, 0.90, 0.38];
const GRAPE: [f32; 3] = [0.62, 0.42, 0.88];
const CHOCOLATE: [f32; 3] = [0.42, 0.24, 0.17];
const SODA: [f32; 3] = [0.25, 0.68, 0.95];
const WHITE: [f32; 3] = [1.0, 1.0, 1.0];
const FROSTINGS: [[f32; 3]; 4] = [MINT, STRAWBERRY, LEMON, CREAM];
const SWEETS: [[f32; 3]; 4] = [STRAWBERRY, GRAPE, SODA, LEMON];

/// What a new island takes the place of.
#[derive(Component)]
pub struct Sweet;

/// The ground, and what stands on it.
#[derive(Resource, Clone)]
pub struct Island {
    heights_m: Vec<f32>,
    /// Places of things and their radii, metres.
    things: Vec<(Vec2, f32)>,
    hills: [Vec3; 7],
}

impl Island {
    pub fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed ^ 0x5ca1e);
        let far = SIDE as f32 * 0.3;
        let hills = std::array::from_fn(|_| {
            Vec3::new(rng.range(-far, far), rng.range(1.0, 5.5), rng.range(-far, far))
        });
        let mut island = Self { heights_m: Vec::new(), things: Vec::new(), hills };
        island.heights_m = (0..SIDE * SIDE)
            .map(|at| (island.wish(cell_centre(at)) / LAYER_M).round() * LAYER_M)
            .collect();
        island
    }

    /// Height before it becomes layers.
    fn wish(&self, at: Vec2) -> f32 {
        let shore = 1.0 - at.length() / (SIDE as f32 * 0.46);
        let mut height = 3.0 * shore.clamp(-0.6, 0.55);
        for hill in &self.hills {
            let far = at.distance(Vec2::new(hill.x, hill.z));
            height += hill.y * (-far * far / 70.0).exp();
        }
        height + 0.35 * ((at.x * 0.5).sin() + (at.y * 0.43 + 1.0).sin())
    }

    fn cell(&self, x: i32, y: i32) -> f32 {
        let inside = |c: i32| (0..SIDE as i32).contains(&c);
        if inside(x) && inside(y) { self.heights_m[y as usize * SIDE + x as usize] } else { -2.0 }
    }

    fn cell_at(&self, at: Vec2) -> (i32, i32) {
        let cell = (at + SIDE as f32 / 2.0).floor();
        (cell.x as i32, cell.y as i32)
    }

    /// Height of the ground, metres; the sea is at 0.
    pub fn ground(&self, at: Vec2) -> f32 {
        let (x, y) = self.cell_at(at);
        self.cell(x, y)
    }

    /// Where somebody who stands there has the eyes: steps are climbed smoothly.
    pub fn eye(&self, at: Vec2) -> f32 {
        let around = (0..25).map(|k| Vec2::new((k % 5 - 2) as f32, (k / 5 - 2) as f32) * 0.45);
        let sum: f32 = around.map(|step| self.ground(at + step).max(0.0)).sum();
        sum / 25.0 + EYE_M
    }

    /// Away from things that are near, zero where there are none.
    pub fn away(&self, at: Vec2) -> Vec2 {
        let push = |(place, radius): &(Vec2, f32)| {
            let gap = (at.distance(*place) - radius).max(0.05);
            if gap < 1.6 { (at - *place).normalize_or_zero() * (1.6 - gap) } else { Vec2::ZERO }
        };
        self.things.iter().map(push).sum()
    }

    pub fn is_land(&self, at: Vec2) -> bool {
        self.ground(at) > 0.4
    }
}

fn cell_centre(at: usize) -> Vec2 {
    Vec2::new((at % SIDE) as f32, (at / SIDE) as f32) + 0.5 - SIDE as f32 / 2.0
}

/// Triangles with colours.
#[derive(Default)]
struct Builder {
    positions: Vec<[f32; 3]>,
    normals: Vec<[f32; 3]>,
    colours: Vec<[f32; 4]>,
    indices: Vec<u32>,
}

impl Builder {
    fn quad(&mut self, corners: [Vec3; 4], normal: Vec3, colours: [[f32; 3]; 4]) {
        let first = self.positions.len() as u32;
        for (corner, colour) in corners.into_iter().zip(colours) {
            self.positions.push(corner.into());
            self.normals.push(normal.into());
            let [r, g, b] = colour.map(|c: f32| c.powf(2.2));
            self.colours.push([r, g, b, 1.0]);
        }
        self.indices.extend([0, 1, 2, 0, 2, 3].map(|k| first + k));
    }

    fn mesh(self) -> Mesh {
        Mesh::new(PrimitiveTopology::TriangleList, RenderAssetUsages::RENDER_WORLD)
            .with_inserted_attribute(Mesh::ATTRIBUTE_POSITION, self.positions)
            .with_inserted_attribute(Mesh::ATTRIBUTE_NORMAL, self.normals)
            .with_inserted_attribute(Mesh::ATTRIBUTE_COLOR, self.colours)
            .with_inserted_indices(Indices::U32(self.indices))
    }
}

fn shaded(colour: [f32; 3], by: f32) -> [f32; 3] {
    colour.map(|c| c * by)
}

fn ground_mesh(island: &Island, seed: u64) -> Mesh {
    let mut rng = Rng::new(seed ^ 0xc01);
    let patches: Vec<(Vec2, usize)> = (0..26)
        .map(|k| {
            let half = SIDE as f32 / 2.0;
            (Vec2::new(rng.range(-half, half), rng.range(-half, half)), k % FROSTINGS.len())
        })
        .collect();
    let mut builder = Builder::default();
    for at in 0..SIDE * SIDE {
        let (x, y) = ((at % SIDE) as i32, (at / SIDE) as i32);
        let (centre, height) = (cell_centre(at), island.cell(x, y));
        if height < -0.4 {
            continue;
        }
        let nearest = patches
            .iter()
            .min_by(|a, b| a.0.distance(centre).total_cmp(&b.0.distance(centre)))
            .map_or(0, |patch| patch.1);
        let frosting = if height < 0.6 { CREAM } else { FROSTINGS[nearest] };
        let check = if (x + y) % 2 == 0 { 1.0 } else { 0.88 };
        let top = shaded(frosting, check);
        // Corners beside a higher neighbour are darker.
        let corner = |dx: i32, dy: i32| {
            let higher = [(dx, 0), (0, dy), (dx, dy)]
                .iter()
                .filter(|(a, b)| island.cell(x + a, y + b) > height + 0.1)
                .count();
            shaded(top, 1.0 - 0.16 * higher as f32)
        };
        let place = |dx: f32, dy: f32, h: f32| Vec3::new(centre.x + dx, h, centre.y + dy);
        builder.quad(
            [
                place(-0.5, -0.5, height),
                place(-0.5, 0.5, height),
                place(0.5, 0.5, height),
                place(0.5, -0.5, height),
            ],
            Vec3::Y,
            [corner(-1, -1), corner(-1, 1), corner(1, 1), corner(1, -1)],
        );
        for (dx, dy) in [(1, 0), (-1, 0), (0, 1), (0, -1)] {
            let lower = island.cell(x + dx, y + dy).max(-1.0);
            let mut high = height;
            while high > lower + 1e-3 {
                let low = (high - LAYER_M).max(lower);
                let layer = (high / LAYER_M).round() as i32;
                let sponge = [CHOCOLATE, CREAM, STRAWBERRY][layer.rem_euclid(3) as usize];
                let sponge = if high == height { frosting } else { sponge };
                let (out, side) =
                    (Vec2::new(dx as f32, dy as f32), Vec2::new(-dy as f32, dx as f32));
                let (a, b) = (0.5 * (out + side), 0.5 * (out - side));
                let dark = shaded(sponge, if low <= lower + 1e-3 { 0.8 } else { 0.95 });
                builder.quad(
                    [
                        place(a.x, a.y, high),
                        place(a.x, a.y, low),
                        place(b.x, b.y, low),
                        place(b.x, b.y, high),
                    ],
                    Vec3::new(out.x, 0.0, out.y),
                    [sponge, dark, dark, sponge],
                );
                high = low;
            }
        }
    }
    builder.mesh()
}

/// A mesh whose colours are a function of the place on it.
fn coloured(mut mesh: Mesh, colour: impl Fn(Vec3) -> [f32; 3]) -> Mesh {
    let places = match mesh.attribute(Mesh::ATTRIBUTE_POSITION) {
        Some(VertexAttributeValues::Float32x3(places)) => places.clone(),
        _ => Vec::new(),
    };
    let colours: Vec<[f32; 4]> = places
        .iter()
        .map(|place| {
            let [r, g, b] = colour(Vec3::from(*place)).map(|c| c.powf(2.2));
            [r, g, b, 1.0]
        })
        .collect();
    mesh.insert_attribute(Mesh::ATTRIBUTE_COLOR, colours);
    mesh
}

fn ball(radius: f32, colour: impl Fn(Vec3) -> [f32; 3]) -> Mesh {
    coloured(Sphere::new(radius).mesh().uv(28, 18), colour)
}

/// A stick in rings of two colours.
fn stick(radius: f32, height: f32, ring_m: f32, colours: [[f32; 3]; 2]) -> Mesh {
    let rings = (2.0 * height / ring_m).ceil() as u32;
    let mesh = Cylinder::new(radius, height).mesh().resolution(12).segments(rings).build();
    coloured(mesh, |at| {
        let turn = at.z.atan2(at.x) / std::f32::consts::TAU;
        colours[((at.y / ring_m + turn).rem_euclid(2.0) >= 1.0) as usize]
    })
}

/// Spawns the island of a seed in place of the one before.
pub fn build(world: &mut World, seed: u64) {
    let old: Vec<Entity> = world.query_filtered::<Entity, With<Sweet>>().iter(world).collect();
    for entity in old {
        world.despawn(entity);
    }
    let mut island = Island::new(seed);
    let mut rng = Rng::new(seed ^ 0x5eed);
    let mut made: Vec<(Mesh, Vec3)> = vec![(ground_mesh(&island, seed), Vec3::ZERO)];
    let sea = Plane3d::default().mesh().size(900.0, 900.0).subdivisions(8).build();
    // Below the lowest layer, so that none lies in it.
    made.push((coloured(sea, |_| SODA), Vec3::Y * -0.2));
    let half = SIDE as f32 * 0.44;
    for _ in 0..150 {
        let at = Vec2::new(rng.range(-half, half), rng.range(-half, half));
        let ground = island.ground(at);
        let free = island.things.iter().all(|(other, radius)| other.distance(at) > radius + 2.2);
        if ground < 0.4 || !free || at.length() < 3.0 {
            continue;
        }
        let foot = Vec3::new(at.x, ground, at.y);
        let sweet = rng.pick(&SWEETS);
        let kind = rng.range(0.0, 1.0);
        let radius = if kind < 0.45 {
            // A lollipop: a striped ball on a stick.
            let (size, tall) = (rng.range(0.7, 1.5), rng.range(2.2, 4.2));
            let swirl = move |at: Vec3| {
                let turn = at.z.atan2(at.x) + at.y * 3.5 / size;
                if (turn * 3.0 / std::f32::consts::PI).rem_euclid(2.0) < 1.0 {
                    sweet
                } else {
                    WHITE
                }
            };
            made.push((stick(0.11, tall, 0.4, [WHITE, CREAM]), foot + Vec3::Y * tall * 0.5));
            made.push((ball(size, swirl), foot + Vec3::Y * (tall + 0.7 * size)));
            0.2
        } else if kind < 0.75 {
            // A gumdrop.
            let size = rng.range(0.5, 1.2);
            made.push((ball(size, |at| shaded(sweet, 0.8 + 0.2 * at.y / size)), foot));
            size
        } else if kind < 0.9 {
            // A pole of rock.
            let tall = rng.range(2.0, 5.0);
            made.push((stick(0.28, tall, 0.5, [STRAWBERRY, WHITE]), foot + Vec3::Y * tall * 0.5));
            made.push((ball(0.42, |_| LEMON), foot + Vec3::Y * (tall + 0.2)));
            0.3
        } else {
            // A cone of ice cream that was dropped.
            let size = rng.range(1.0, 1.8);
            let cone =
                Cone { radius: 0.9 * size, height: 2.2 * size }.mesh().resolution(20).build();
            let waffle = |at: Vec3| shaded([0.93, 0.68, 0.36], 0.9 + 0.1 * (6.0 * at.y).sin());
            made.push((ball(size, |at| shaded(MINT, 0.88 + 0.12 * (7.0 * at.x).sin())), foot));
            made.push((coloured(cone, waffle), foot + Vec3::Y * (1.7 * size)));
            size
        };
        island.things.push((at, radius));
    }
    for _ in 0..14 {
        // Clouds of cotton candy.
        let (angle, far) = (rng.range(0.0, std::f32::consts::TAU), rng.range(50.0, 150.0));
        let place = Vec3::new(far * angle.cos(), rng.range(18.0, 42.0), far * angle.sin());
        for _ in 0..4 {
            let aside = Vec3::new(rng.range(-9.0, 9.0), rng.range(-1.5, 1.5), rng.range(-9.0, 9.0));
            let size = rng.range(4.0, 8.0);
            made.push((
                ball(size, |at| shaded([1.0, 0.86, 0.94], 0.9 + 0.1 * at.y / size)),
                place + aside,
            ));
        }
    }
    let material = world.resource_mut::<Assets<StandardMaterial>>().add(StandardMaterial {
        perceptual_roughness: 0.75,
        reflectance: 0.25,
        ..default()
    });
    for (mesh, place) in made {
        let mesh = world.resource_mut::<Assets<Mesh>>().add(mesh);
        let at = Transform::from_translation(place);
        world.spawn((Sweet, Mesh3d(mesh), MeshMaterial3d(material.clone()), at));
    }
    let sun = Transform::from_xyz(0.6, 1.0, 0.35).looking_at(Vec3::ZERO, Vec3::Y);
    let light =
        DirectionalLight { illuminance: 7_000.0, color: Color::srgb(1.0, 0.95, 0.85), ..default() };
    world.spawn((Sweet, light, sun));
    world.insert_resource(island);
}
