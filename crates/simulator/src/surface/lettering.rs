//! Capital letters of straight strokes, for signs.

use glam::Vec2;

use crate::surface::noise::smoothstep;

/// What shops call themselves.
pub(crate) const WORDS: [&str; 24] = [
    "BAKERY",
    "BOOKS",
    "CAFE NOVA",
    "FLOWERS",
    "FRUIT",
    "SHOES",
    "HATS",
    "TEA HOUSE",
    "PHARMACY",
    "RECORDS",
    "OPTICS",
    "BISTRO",
    "TOYS",
    "TAILOR",
    "WINE",
    "BARBER",
    "ANTIQUES",
    "GALLERY",
    "LIBRARY",
    "HOTEL",
    "BANK",
    "NOODLES",
    "CYCLES",
    "CINEMA",
];

/// Strokes on a raster 4 wide and 6 high: from x, y to x, y.
fn strokes(letter: u8) -> &'static [[u8; 4]] {
    match letter {
        b'A' => &[[0, 0, 2, 6], [2, 6, 4, 0], [1, 2, 3, 2]],
        b'B' => &[
            [0, 0, 0, 6],
            [0, 6, 3, 6],
            [3, 6, 4, 5],
            [4, 5, 3, 3],
            [0, 3, 3, 3],
            [3, 3, 4, 1],
            [4, 1, 3, 0],
            [0, 0, 3, 0],
        ],
        b'C' => &[
            [4, 5, 3, 6],
            [3, 6, 1, 6],
            [1, 6, 0, 4],
            [0, 4, 0, 2],
            [0, 2, 1, 0],
            [1, 0, 3, 0],
            [3, 0, 4, 1],
        ],
        b'D' => {
            &[[0, 0, 0, 6], [0, 6, 2, 6], [2, 6, 4, 4], [4, 4, 4, 2], [4, 2, 2, 0], [2, 0, 0, 0]]
        }
        b'E' => &[[0, 0, 0, 6], [0, 6, 4, 6], [0, 3, 3, 3], [0, 0, 4, 0]],
        b'F' => &[[0, 0, 0, 6], [0, 6, 4, 6], [0, 3, 3, 3]],
        b'G' => &[
            [4, 5, 3, 6],
            [3, 6, 1, 6],
            [1, 6, 0, 4],
            [0, 4, 0, 2],
            [0, 2, 1, 0],
            [1, 0, 4, 0],
            [4, 0, 4, 3],
            [4, 3, 2, 3],
        ],
        b'H' => &[[0, 0, 0, 6], [4, 0, 4, 6], [0, 3, 4, 3]],
        b'I' => &[[2, 0, 2, 6]],
        b'K' => &[[0, 0, 0, 6], [0, 2, 4, 6], [1, 3, 4, 0]],
        b'L' => &[[0, 6, 0, 0], [0, 0, 4, 0]],
        b'M' => &[[0, 0, 0, 6], [0, 6, 2, 2], [2, 2, 4, 6], [4, 6, 4, 0]],
        b'N' => &[[0, 0, 0, 6], [0, 6, 4, 0], [4, 0, 4, 6]],
        b'O' => &[
            [1, 6, 3, 6],
            [3, 6, 4, 4],
            [4, 4, 4, 2],
            [4, 2, 3, 0],
            [3, 0, 1, 0],
            [1, 0, 0, 2],
            [0, 2, 0, 4],
            [0, 4, 1, 6],
        ],
        b'P' => {
            &[[0, 0, 0, 6], [0, 6, 3, 6], [3, 6, 4, 5], [4, 5, 4, 4], [4, 4, 3, 3], [3, 3, 0, 3]]
        }
        b'Q' => &[
            [1, 6, 3, 6],
            [3, 6, 4, 4],
            [4, 4, 4, 2],
            [4, 2, 3, 0],
            [3, 0, 1, 0],
            [1, 0, 0, 2],
            [0, 2, 0, 4],
            [0, 4, 1, 6],
            [2, 2, 4, 0],
        ],
        b'R' => &[
            [0, 0, 0, 6],
            [0, 6, 3, 6],
            [3, 6, 4, 5],
            [4, 5, 4, 4],
            [4, 4, 3, 3],
            [3, 3, 0, 3],
            [2, 3, 4, 0],
        ],
        b'S' => &[
            [4, 5, 3, 6],
            [3, 6, 1, 6],
            [1, 6, 0, 5],
            [0, 5, 0, 4],
            [0, 4, 4, 2],
            [4, 2, 4, 1],
            [4, 1, 3, 0],
            [3, 0, 1, 0],
            [1, 0, 0, 1],
        ],
        b'T' => &[[0, 6, 4, 6], [2, 6, 2, 0]],
        b'U' => &[[0, 6, 0, 1], [0, 1, 1, 0], [1, 0, 3, 0], [3, 0, 4, 1], [4, 1, 4, 6]],
        b'V' => &[[0, 6, 2, 0], [2, 0, 4, 6]],
        b'W' => &[[0, 6, 1, 0], [1, 0, 2, 4], [2, 4, 3, 0], [3, 0, 4, 6]],
        b'X' => &[[0, 0, 4, 6], [0, 6, 4, 0]],
        b'Y' => &[[0, 6, 2, 3], [4, 6, 2, 3], [2, 3, 2, 0]],
        b'Z' => &[[0, 6, 4, 6], [4, 6, 0, 0], [0, 0, 4, 0]],
        _ => &[],
    }
}

/// Advance from letter to letter in raster units.
const ADVANCE: f32 = 5.6;

/// Width of a word whose letters are so high, metres.
pub(crate) fn width_m(word: u8, height: f32) -> f32 {
    let letters = WORDS[word as usize % WORDS.len()].len() as f32;
    (letters * ADVANCE - 1.6) * height / 6.0
}

/// How much of a pixel a word covers that is centred on the origin; metres.
pub(crate) fn coverage(word: u8, at: Vec2, height: f32, footprint: f32) -> f32 {
    let text = WORDS[word as usize % WORDS.len()].as_bytes();
    let unit = height / 6.0;
    let x = (at.x + 0.5 * width_m(word, height)) / unit;
    let y = at.y / unit + 3.0;
    if x < -0.8 || !(-0.8..=6.8).contains(&y) {
        return 0.0;
    }
    let place = ((x + 0.8) / ADVANCE).floor();
    let Some(&letter) = text.get(place as usize) else { return 0.0 };
    let p = Vec2::new(x - place * ADVANCE, y);
    let mut nearest = f32::INFINITY;
    for &[ax, ay, bx, by] in strokes(letter) {
        let a = Vec2::new(f32::from(ax), f32::from(ay));
        let along = Vec2::new(f32::from(bx), f32::from(by)) - a;
        let t = ((p - a).dot(along) / along.length_squared()).clamp(0.0, 1.0);
        nearest = nearest.min((p - a - along * t).length_squared());
    }
    let soft = 0.06 + 0.5 * footprint / unit;
    // Strokes thinner than a pixel fade instead of breaking up.
    let faint = (1.2 / (1.0 + footprint / unit)).min(1.0);
    smoothstep(0.52 + soft, 0.52 - soft, nearest.sqrt()) * faint
}
