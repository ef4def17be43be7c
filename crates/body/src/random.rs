//! Random people: as different as people in a street are.

use crate::{
    Ancestry, AvatarSpec, Bottom, Eyes, Hair, HairStyle, Outfit, Rgb, Skin, Top,
    texture::{Chance, smooth},
};

/// Details of a face, and how far from the middle people go.
const DETAILS: &[(&str, f32)] = &[
    ("cheek_bones", 0.7),
    ("cheek_inner", 0.5),
    ("cheek_volume", 0.7),
    ("chin_bones", 0.5),
    ("chin_cleft", 0.4),
    ("chin_height", 0.6),
    ("chin_jaw_drop", 0.4),
    ("chin_prominent", 0.6),
    ("chin_width", 0.7),
    ("ear_lobe", 0.7),
    ("ear_scale", 0.5),
    ("ear_wing", 0.5),
    ("eyebrows_angle_up", 0.4),
    ("eyebrows_trans_up", 0.6),
    ("eye_corner1_up", 0.6),
    ("eye_corner2_up", 0.7),
    ("eye_eyefold_convex", 0.5),
    ("eye_height2", 0.4),
    ("eye_scale", 0.35),
    ("eye_trans_out", 0.5),
    ("forehead_scale_vert", 0.5),
    ("forehead_temple", 0.5),
    ("head_fat", 0.5),
    ("head_scale_horiz", 0.4),
    ("head_scale_vert", 0.4),
    ("mouth_cupidsbow", 0.6),
    ("mouth_lowerlip_volume", 0.7),
    ("mouth_scale_horiz", 0.6),
    ("mouth_trans_up", 0.4),
    ("mouth_upperlip_volume", 0.7),
    ("nose_base_up", 0.5),
    ("nose_curve_convex", 0.6),
    ("nose_flaring", 0.5),
    ("nose_hump", 0.6),
    ("nose_nostrils_width", 0.5),
    ("nose_point_up", 0.6),
    ("nose_point_width", 0.6),
    ("nose_scale_depth", 0.5),
    ("nose_scale_horiz", 0.5),
    ("nose_scale_vert", 0.5),
    ("nose_volume", 0.5),
    ("nose_width1", 0.5),
    ("nose_width3", 0.5),
];
/// Of these a head is one or none.
const HEADS: &[&str] = &[
    "head_oval",
    "head_round",
    "head_square",
    "head_triangular",
    "head_invertedtriangular",
    "head_rectangular",
    "head_diamond",
];
const DARK_HAIR: &[Rgb] = &[Rgb(26, 20, 17), Rgb(38, 28, 22), Rgb(30, 22, 18)];
const FAIR_HAIR: &[Rgb] = &[
    Rgb(52, 36, 25),
    Rgb(78, 54, 34),
    Rgb(104, 74, 44),
    Rgb(150, 112, 66),
    Rgb(190, 152, 98),
    Rgb(120, 56, 28),
    Rgb(38, 28, 22),
];
const DARK_EYES: &[Rgb] = &[Rgb(70, 44, 26), Rgb(88, 56, 32), Rgb(58, 38, 26)];
const FAIR_EYES: &[Rgb] = &[
    Rgb(112, 74, 42),
    Rgb(92, 118, 134),
    Rgb(110, 138, 158),
    Rgb(104, 112, 66),
    Rgb(128, 100, 56),
    Rgb(120, 126, 124),
];
const TOPS: &[Rgb] = &[
    Rgb(222, 218, 208),
    Rgb(38, 42, 52),
    Rgb(70, 96, 118),
    Rgb(132, 44, 46),
    Rgb(86, 104, 72),
    Rgb(186, 140, 62),
    Rgb(112, 82, 112),
    Rgb(52, 92, 96),
    Rgb(160, 98, 74),
    Rgb(142, 146, 150),
    Rgb(196, 148, 150),
    Rgb(64, 58, 54),
];
const BOTTOMS: &[Rgb] = &[
    Rgb(44, 52, 74),
    Rgb(30, 32, 38),
    Rgb(92, 84, 70),
    Rgb(70, 76, 82),
    Rgb(128, 112, 88),
    Rgb(58, 72, 98),
    Rgb(74, 54, 46),
];
const SHOES: &[Rgb] =
    &[Rgb(36, 32, 30), Rgb(84, 56, 38), Rgb(206, 202, 194), Rgb(120, 122, 126), Rgb(92, 34, 34)];

/// Height of the middle of people of an age, metres.
fn usual_height(age: f32, sex: f32) -> f32 {
    let grown = 1.625 + 0.135 * sex - 0.03 * smooth(55.0, 90.0, age);
    let small = 0.78 + 0.062 * age;
    if age < 18.0 { small.min(grown) } else { grown }
}

impl AvatarSpec {
    /// Somebody; the same for the same seed.
    pub fn random(seed: u64) -> Self {
        let mut chance = Chance::new(seed ^ 0x7045_0e0e);
        let sex =
            if chance.bits() & 1 == 0 { chance.range(0.0, 0.12) } else { chance.range(0.88, 1.0) };
        let age = match chance.unit() {
            x if x < 0.12 => chance.range(6.0, 16.0),
            x if x < 0.62 => chance.range(18.0, 42.0),
            x if x < 0.85 => chance.range(42.0, 64.0),
            _ => chance.range(64.0, 86.0),
        };
        let child = age < 16.0;
        let mut shares = [chance.unit(), chance.unit(), chance.unit()].map(|x| x * x);
        let main = (chance.bits() % 3) as usize;
        shares[main] += 1.6;
        let whole: f32 = shares.iter().sum();
        let [african, asian, european] = shares.map(|x| x / whole);
        let tone = 0.74 * african + 0.33 * asian + 0.14 * european + 0.16 * chance.bell();
        let fair = european * (1.0 - tone);
        let mut face: std::collections::BTreeMap<String, f32> = DETAILS
            .iter()
            .map(|(name, reach)| {
                let reach = if child { 0.6 * reach } else { *reach };
                ((*name).to_owned(), (100.0 * reach * chance.bell() * 1.15).round() / 100.0)
            })
            .collect();
        if chance.unit() < 0.75 {
            let strength = chance.range(0.2, if child { 0.5 } else { 0.8 });
            face.insert(chance.pick(HEADS).to_owned(), strength);
        }
        for value in face.values_mut() {
            *value = value.clamp(-1.0, 1.0);
        }
        let fair_hair = chance.unit() < 1.5 * fair;
        let colour = chance.pick(if fair_hair { FAIR_HAIR } else { DARK_HAIR });
        let grey = smooth(38.0, 74.0, age + 8.0 * chance.bell()) * chance.range(0.5, 1.0);
        let man = sex > 0.5;
        let style = match (man, chance.unit()) {
            (true, x) if x < 0.22 && age > 40.0 => HairStyle::Bald,
            (true, x) if x < 0.32 => HairStyle::Buzz,
            (true, x) if x < 0.78 => HairStyle::Short,
            (true, x) if x < 0.92 => HairStyle::Curly,
            (true, _) => HairStyle::Bun,
            (false, x) if x < 0.30 => HairStyle::Long,
            (false, x) if x < 0.56 => HairStyle::Bob,
            (false, x) if x < 0.76 => HairStyle::Bun,
            (false, x) if x < 0.90 => HairStyle::Curly,
            (false, _) => HairStyle::Short,
        };
        let beard =
            if man && age > 19.0 && chance.unit() < 0.5 { chance.range(0.2, 1.0) } else { 0.0 };
        let bottom = match (man, chance.unit()) {
            (_, x) if child && x < 0.4 => Bottom::Shorts,
            (true, x) if x < 0.9 => Bottom::Trousers,
            (true, _) => Bottom::Shorts,
            (false, x) if x < 0.56 => Bottom::Trousers,
            (false, x) if x < 0.76 => Bottom::Skirt,
            (false, _) => Bottom::Dress,
        };
        let top = if bottom == Bottom::Dress {
            chance.pick(&[Top::TShirt, Top::LongSleeve])
        } else {
            chance.pick(&Top::ALL)
        };
        let fair_eyes = chance.unit() < 1.6 * fair;
        let painted = !man && age > 18.0 && chance.unit() < 0.35;
        let height = usual_height(age, sex) * (1.0 + 0.045 * chance.bell() * 1.4);
        Self {
            name: format!("Person {seed}"),
            age: age.round(),
            sex,
            height_m: height.clamp(0.9, 2.2),
            muscle: (0.42 + 0.16 * sex + 0.34 * chance.bell()).clamp(0.05, 0.95),
            weight: (0.48 + 0.42 * chance.bell() + 0.1 * smooth(30.0, 60.0, age)).clamp(0.05, 0.95),
            proportions: (0.6 + 0.3 * chance.bell()).clamp(0.0, 1.0),
            bust: (0.5 + 0.4 * chance.bell()).clamp(0.0, 1.0),
            ancestry: Ancestry { african, asian, european },
            face,
            skin: Skin {
                tone: tone.clamp(0.02, 1.0),
                warmth: chance.range(0.2, 0.9),
                redness: (0.4 + 0.35 * chance.bell()).clamp(0.0, 1.0),
                freckles: if fair > 0.4 { chance.unit().powi(2) } else { 0.1 * chance.unit() },
                blemishes: chance.unit(),
                lips: painted
                    .then(|| chance.pick(&[Rgb(150, 46, 54), Rgb(172, 84, 84), Rgb(122, 40, 60)])),
            },
            eyes: Eyes {
                iris: chance.pick(if fair_eyes { FAIR_EYES } else { DARK_EYES }),
                lashes: if man { chance.range(0.2, 0.5) } else { chance.range(0.4, 0.95) },
            },
            hair: Hair {
                style,
                colour,
                grey,
                brows: (0.4 + 0.2 * sex + 0.35 * chance.bell()).clamp(0.1, 1.0),
                beard,
            },
            outfit: Outfit {
                top,
                top_colour: chance.pick(TOPS),
                bottom,
                bottom_colour: chance.pick(BOTTOMS),
                shoe_colour: chance.pick(SHOES),
            },
            seed,
        }
    }
}
