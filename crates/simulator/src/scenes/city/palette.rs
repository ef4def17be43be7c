//! Materials and bodies that every block shares. Chunks only refer to them, so that a block is
//! built in milliseconds.

use std::f32::consts::{PI, TAU};

use glam::{Quat, Vec3};

use super::plan::Style;
use super::trees::{StreetTree, street_tree};
use crate::class::Class;
use crate::random::Rng;
use crate::rays::geometry::{Group, MaterialId};
use crate::rays::shape::Shape;
use crate::scene::Scene;
use crate::surface::city::CityPattern;
use crate::surface::lettering::WORDS;
use crate::surface::material::{Material, srgb};
use crate::surface::pattern::Pattern;
use crate::things::people::{self, Figure};
use crate::things::props::{self, hsv};
use crate::things::vehicles::{self, Body};

/// A wall; its frames and panes are the two materials that follow.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wall {
    pub wall: MaterialId,
    /// Ledges, sills, corners.
    pub trim: MaterialId,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct CarModel {
    pub body: Body,
    /// On the road, with lamps.
    pub driven: u32,
    pub parked: u32,
}

#[derive(Debug)]
pub(super) struct Palette {
    pub walls: [Vec<Wall>; 4],
    /// Shop fronts: painted timber, then frames, then panes.
    pub shops: Vec<MaterialId>,
    /// Doors: surround, frame, leaf.
    pub doors: Vec<MaterialId>,
    pub signs: Vec<MaterialId>,
    pub blades: Vec<MaterialId>,
    pub awnings: Vec<MaterialId>,
    pub roofs: [Vec<MaterialId>; 4],
    pub streets: [MaterialId; 3],
    pub asphalt: MaterialId,
    pub zebra: MaterialId,
    pub paint: MaterialId,
    pub paving: [MaterialId; 4],
    pub setts: MaterialId,
    pub kerb: MaterialId,
    pub tactile: MaterialId,
    pub lawn: MaterialId,
    pub gravel: MaterialId,
    pub soil: MaterialId,
    pub water: MaterialId,
    pub stone: MaterialId,
    pub iron: MaterialId,
    pub zinc: MaterialId,
    pub dark: MaterialId,
    pub timber: MaterialId,
    /// Back walls of shops.
    pub rooms: Vec<MaterialId>,
    pub glow: MaterialId,
    pub hedge: MaterialId,
    pub trees: Vec<StreetTree>,
    pub bushes: Vec<u32>,
    pub cars: Vec<CarModel>,
    pub people: Vec<Figure>,
    pub goods: Vec<u32>,
    pub lamp: u32,
    pub lantern: u32,
    pub bench: u32,
    pub bin: u32,
    pub bollard: u32,
    pub bicycles: Vec<u32>,
    pub post: u32,
    pub railing: u32,
    pub column: u32,
    pub letter_box: u32,
    pub cafe: u32,
    pub hydrant: u32,
    pub chimney: u32,
    pub aerial: u32,
    pub plant_tub: u32,
    /// Red, yellow, green.
    pub signals: [u32; 3],
}

fn city(pattern: CityPattern, a: Vec3, b: Vec3, c: Vec3) -> Material {
    Material::new(Pattern::City(pattern), a, b, c)
}

fn plain(scene: &mut Scene, colour: Vec3) -> MaterialId {
    scene.add_material(Material::plain(colour))
}

/// A wall with its frames and panes behind it.
fn wall(
    scene: &mut Scene,
    rng: &mut Rng,
    face: Material,
    frame: Vec3,
    curtain: Vec3,
    mirror: f32,
) -> Wall {
    let trim = face.a.lerp(srgb(214, 208, 196), 0.55);
    let id = scene.add_material(face.seed(rng.next_u32()));
    scene.add_material(Material::plain(frame).gloss(0.25).scale(0.4));
    let pane = city(CityPattern::Window { lit: 0.42 }, srgb(52, 54, 56), curtain, Vec3::ZERO);
    scene.add_material(pane.mirror(mirror));
    let trim = Material::new(Pattern::Noise, trim, trim * 0.82, trim).scale(0.7);
    Wall { wall: id, trim: scene.add_material(trim) }
}

fn walls(scene: &mut Scene, rng: &mut Rng, style: Style) -> Vec<Wall> {
    let white = srgb(228, 224, 214);
    let net = srgb(226, 220, 206);
    let mut list = Vec::new();
    match style {
        Style::Brick => {
            for (a, b) in [
                (srgb(158, 84, 62), srgb(122, 62, 48)),
                (srgb(140, 70, 52), srgb(104, 54, 46)),
                (srgb(190, 150, 106), srgb(160, 122, 84)),
                (srgb(120, 70, 58), srgb(88, 54, 48)),
                (srgb(176, 104, 72), srgb(142, 80, 56)),
            ] {
                let face = city(CityPattern::Bricks, a, b, srgb(176, 166, 150)).bump(0.05);
                let frame = if rng.chance(0.75) { white } else { srgb(34, 48, 40) };
                list.push(wall(scene, rng, face, frame, net, 0.16));
            }
        }
        Style::Stone => {
            for a in [
                srgb(214, 198, 168),
                srgb(200, 188, 166),
                srgb(222, 210, 188),
                srgb(188, 180, 166),
                srgb(206, 184, 150),
            ] {
                let pattern = CityPattern::Ashlar { width: 0.84, height: 0.42 };
                let face = city(pattern, a, a * 0.86, a * 0.45).bump(0.04);
                let frame = rng.pick(&[white, srgb(92, 98, 96), srgb(70, 52, 42)]);
                list.push(wall(scene, rng, face, frame, net, 0.18));
            }
        }
        Style::Modern => {
            for (a, b, size) in [
                (srgb(196, 198, 198), srgb(184, 187, 188), 1.5),
                (srgb(96, 100, 104), srgb(84, 88, 92), 1.2),
                (srgb(222, 220, 214), srgb(212, 210, 204), 2.4),
                (srgb(146, 116, 92), srgb(132, 104, 82), 0.9),
                (srgb(60, 66, 72), srgb(52, 58, 64), 1.5),
            ] {
                let pattern = CityPattern::Panels { width: size, height: size * 0.6 };
                let face = city(pattern, a, b, a).gloss(0.2);
                let frame = rng.pick(&[srgb(44, 46, 50), srgb(120, 124, 128)]);
                list.push(wall(scene, rng, face, frame, srgb(190, 192, 190), 0.34));
            }
        }
        Style::OldTown => {
            for a in [
                srgb(226, 192, 128),
                srgb(214, 158, 112),
                srgb(226, 214, 186),
                srgb(176, 188, 160),
                srgb(206, 136, 112),
                srgb(158, 178, 190),
                srgb(232, 222, 204),
            ] {
                let face = city(CityPattern::Stucco, a, a * 0.84, srgb(150, 112, 88)).bump(0.06);
                let frame = rng.pick(&[white, srgb(58, 84, 62), srgb(96, 62, 42)]);
                list.push(wall(scene, rng, face, frame, net, 0.15));
            }
        }
    }
    list
}

impl Palette {
    pub fn new(scene: &mut Scene, rng: &mut Rng, people: usize) -> Self {
        let all_walls = [Style::Brick, Style::Stone, Style::Modern, Style::OldTown]
            .map(|s| walls(scene, rng, s));
        let tints = [
            srgb(28, 60, 52),
            srgb(92, 26, 30),
            srgb(30, 44, 78),
            srgb(34, 34, 36),
            srgb(198, 190, 170),
            srgb(58, 82, 70),
            srgb(120, 82, 48),
        ];
        let shops = tints
            .iter()
            .map(|&tint| {
                let id = scene.add_material(Material::plain(tint).gloss(0.3).scale(0.5));
                scene.add_material(Material::plain(tint * 0.8).gloss(0.3).scale(0.3));
                let pane = city(CityPattern::Display, srgb(120, 108, 90), srgb(150, 110, 80), tint);
                scene.add_material(pane.mirror(0.14));
                id
            })
            .collect();
        let doors = tints
            .iter()
            .map(|&tint| {
                let surround = srgb(202, 194, 178);
                let noise = Material::new(Pattern::Noise, surround, surround * 0.85, surround);
                let id = scene.add_material(noise.scale(0.6));
                plain(scene, srgb(212, 206, 194));
                scene.add_material(city(CityPattern::Leaf, tint * 1.2, tint, tint).gloss(0.35));
                id
            })
            .collect();
        let sign = |scene: &mut Scene, rng: &mut Rng, word: usize, height: f32| {
            let ground = rng.pick(&tints);
            let letters = if ground.max_element() > 0.4 {
                rng.pick(&[srgb(120, 24, 26), srgb(26, 44, 84), srgb(30, 30, 30)])
            } else {
                rng.pick(&[srgb(238, 226, 190), srgb(222, 180, 84), srgb(240, 240, 236)])
            };
            let pattern = CityPattern::Text { word: word as u8, height };
            scene.add_material(city(pattern, ground, letters, letters).gloss(0.2))
        };
        let signs = (0..WORDS.len()).map(|i| sign(scene, rng, i, 0.3)).collect();
        let blades = (0..WORDS.len()).map(|i| sign(scene, rng, i, 0.13)).collect();
        let awnings = [
            (srgb(168, 40, 36), srgb(236, 228, 212)),
            (srgb(32, 84, 60), srgb(232, 228, 214)),
            (srgb(38, 66, 116), srgb(232, 230, 222)),
            (srgb(202, 150, 52), srgb(238, 230, 208)),
            (srgb(96, 36, 44), srgb(110, 44, 50)),
        ]
        .map(|(a, b)| {
            let stripes = Pattern::Stripes { width: 0.5, vertical: true };
            scene.add_material(Material::new(stripes, a, b, a).thin())
        })
        .to_vec();
        let tiles = |scene: &mut Scene, colours: &[Vec3], size: f32| -> Vec<MaterialId> {
            colours
                .iter()
                .map(|&c| {
                    let pattern = Pattern::Shingles { size };
                    scene.add_material(Material::new(pattern, c, c * 0.66, c).bump(0.08))
                })
                .collect()
        };
        let roofs = [
            tiles(scene, &[srgb(84, 82, 84), srgb(112, 66, 52)], 0.36),
            tiles(scene, &[srgb(96, 104, 112), srgb(78, 84, 92)], 0.5),
            tiles(scene, &[srgb(120, 120, 118)], 0.9),
            tiles(scene, &[srgb(164, 84, 56), srgb(140, 70, 50), srgb(176, 102, 68)], 0.34),
        ];
        let (fresh, worn, white) = (srgb(66, 67, 70), srgb(98, 97, 95), srgb(222, 220, 210));
        let street = |scene: &mut Scene, half, lane, median, parking| {
            let pattern = CityPattern::Street { half, lane, median, parking };
            scene.add_material(city(pattern, fresh, worn, white))
        };
        let streets = [
            street(scene, 3.3, 1.6, 0.0, false),
            street(scene, 5.3, 1.55, 0.0, true),
            street(scene, 7.0, 2.95, 1.1, true),
        ];
        let asphalt = scene.add_material(city(CityPattern::Asphalt, fresh, worn, white));
        let zebra = scene.add_material(city(CityPattern::Zebra, fresh, worn, white));
        let slab = |scene: &mut Scene, colour: Vec3, size| {
            scene.add_material(city(CityPattern::Slabs { size }, colour, colour * 0.82, colour))
        };
        let paving = [
            slab(scene, srgb(158, 154, 148), 0.45),
            slab(scene, srgb(176, 168, 152), 0.55),
            slab(scene, srgb(150, 152, 154), 0.6),
            slab(scene, srgb(150, 140, 126), 0.32),
        ];
        let sett = srgb(128, 122, 116);
        let setts =
            scene.add_material(city(CityPattern::Setts { size: 0.13 }, sett, sett * 0.7, sett));
        let kerb = srgb(172, 168, 160);
        let kerb =
            scene.add_material(city(CityPattern::Slabs { size: 0.7 }, kerb, kerb * 0.85, kerb));
        let paint = plain(scene, srgb(214, 212, 204));
        let tactile = plain(scene, srgb(186, 160, 92));
        let lawn = scene.add_material(
            Material::new(
                Pattern::Meadow,
                srgb(84, 100, 58),
                srgb(112, 122, 76),
                srgb(104, 92, 70),
            )
            .bump(0.3),
        );
        let gravel = srgb(190, 176, 148);
        let gravel = scene
            .add_material(Material::new(Pattern::Noise, gravel, gravel * 0.8, gravel).scale(1.4));
        let soil = scene.add_material(Material::new(
            Pattern::Noise,
            srgb(84, 66, 50),
            srgb(58, 46, 36),
            Vec3::ZERO,
        ));
        let water = scene.add_material(
            Material { liquid: true, ..Material::plain(srgb(30, 52, 52)) }.mirror(0.25),
        );
        let stone = srgb(196, 188, 172);
        let stone =
            scene.add_material(Material::new(Pattern::Noise, stone, stone * 0.8, stone).scale(0.8));
        let iron = scene.add_material(Material::plain(srgb(40, 44, 44)).gloss(0.35).scale(0.3));
        let zinc = scene.add_material(Material::plain(srgb(128, 134, 138)).gloss(0.4).scale(0.8));
        let dark = plain(scene, srgb(34, 34, 36));
        let timber = scene.add_material(city(
            CityPattern::Slats { width: 0.09 },
            srgb(140, 92, 56),
            srgb(112, 72, 44),
            Vec3::ZERO,
        ));
        let rooms = (0..4)
            .map(|_| {
                let back = rng.pick(&[
                    srgb(196, 178, 146),
                    srgb(150, 132, 108),
                    srgb(120, 134, 128),
                    srgb(168, 122, 92),
                ]);
                let board = srgb(110, 76, 50);
                scene.add_material(
                    city(CityPattern::Shelves, back, board, back).seed(rng.next_u32()),
                )
            })
            .collect();
        let bright = Material::plain(srgb(232, 226, 210)).glow(Vec3::new(1.0, 0.82, 0.56) * 6.0);
        let glow = scene.add_material(Material { night_only: true, ..bright });
        let hedge = srgb(58, 84, 44);
        let hedge = scene.add_material(
            Material::new(Pattern::Noise, hedge, hedge * 0.5, hedge).scale(0.14).bump(0.9),
        );
        let mut palette = Self {
            walls: all_walls,
            shops,
            doors,
            signs,
            blades,
            awnings,
            roofs,
            streets,
            asphalt,
            zebra,
            paint,
            paving,
            setts,
            kerb,
            tactile,
            lawn,
            gravel,
            soil,
            water,
            stone,
            iron,
            zinc,
            dark,
            timber,
            rooms,
            glow,
            hedge,
            trees: (0..5).map(|_| street_tree(scene, rng)).collect(),
            bushes: (0..3).map(|_| props::bush(scene, rng, 0.9, 60)).collect(),
            cars: cars(scene, rng),
            people: (0..people).map(|_| people::person(scene, rng)).collect(),
            goods: Vec::new(),
            lamp: 0,
            lantern: 0,
            bench: 0,
            bin: 0,
            bollard: 0,
            bicycles: Vec::new(),
            post: 0,
            railing: 0,
            column: 0,
            letter_box: 0,
            cafe: 0,
            hydrant: 0,
            chimney: 0,
            aerial: 0,
            plant_tub: 0,
            signals: [0; 3],
        };
        super::furniture::add(scene, rng, &mut palette);
        palette
    }
}

fn cars(scene: &mut Scene, rng: &mut Rng) -> Vec<CarModel> {
    let paints = [
        srgb(196, 198, 200),
        srgb(26, 28, 32),
        srgb(232, 232, 228),
        srgb(150, 24, 26),
        srgb(28, 58, 116),
        srgb(88, 94, 100),
        srgb(52, 84, 66),
        srgb(198, 168, 110),
        srgb(116, 28, 44),
        srgb(206, 170, 40),
    ];
    (0..10)
        .map(|i| {
            let body = if i == 8 { Body::Van } else { Body::ALL[i % 3] };
            let paint = paints[i] * rng.range(0.85, 1.1);
            let driven = vehicles::car(scene, body, paint, true);
            CarModel { body, driven, parked: vehicles::car(scene, body, paint, false) }
        })
        .collect()
}

/// A body that glows in the dark and by day.
pub(super) fn signal_light(scene: &mut Scene, colour: Vec3) -> u32 {
    let material = scene.add_material(Material::plain(colour).glow(colour * 5.0));
    let mut g = Group::of(Class::Sign);
    let half = Vec3::new(0.1, 0.1, 0.07);
    g.add(Shape::Sphere, Vec3::ZERO, Quat::IDENTITY, half, material);
    scene.add_group(g)
}

/// A colour for goods and flowers.
pub(super) fn bright(rng: &mut Rng) -> Vec3 {
    hsv(rng.unit(), rng.range(0.35, 0.85), rng.range(0.4, 0.9))
}

/// Any direction on the ground.
pub(super) fn any_turn(rng: &mut Rng) -> Quat {
    Quat::from_rotation_y(rng.range(-PI, TAU - PI))
}
