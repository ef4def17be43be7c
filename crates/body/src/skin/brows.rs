//! Brows, hair by hair, as lines in the plane of the face. Places are those of the base mesh.

use crate::texture::{Chance, smooth};
use glam::{Vec2, Vec3};

/// Edge of the squares of the face that are looked up together, metres.
const CELL: f32 = 0.001;
/// Where the squares begin, and how many there are across and up.
const FIRST: Vec2 = Vec2::new(0.004, 0.734);
const CELLS: [usize; 2] = [66, 40];
/// How far from its middle line a strand can be seen, metres.
const REACH: f32 = 0.0003;
/// Strands of one brow.
const STRANDS: usize = 340;

/// A piece of a strand of the left brow.
#[derive(Debug, Clone, Copy)]
struct Piece {
    from: Vec2,
    to: Vec2,
    /// Half its width, metres.
    half: [f32; 2],
    /// How soon it shows: those of 1 in the thinnest brows too.
    level: f32,
}

/// Strands of both brows, by the squares that they can be seen in.
#[derive(Debug)]
pub(super) struct Brows([Vec<Vec<Piece>>; 2]);

/// Middle line and half width of a brow, metres, by how far along it one is (0 inner, 1 outer end).
fn line(along: f32) -> (f32, f32) {
    let rise = 0.7453 + 0.0040 * (1.0 - ((along - 0.62) / 0.62).powi(2));
    let fall = 0.0042 * smooth(0.62, 1.05, along);
    let half = 0.0040 * smooth(-0.10, 0.14, along) * (1.0 - 0.78 * smooth(0.40, 1.0, along));
    (rise - fall, half)
}

const INNER: f32 = 0.0105;
const LENGTH: f32 = 0.0455;

/// Column and row of a place.
fn cell(at: Vec2) -> [usize; 2] {
    ((at - FIRST) / CELL).to_array().map(|c| c.max(0.0) as usize)
}

impl Brows {
    pub(super) fn new() -> Self {
        Self([17, 18].map(|seed| {
            let mut cells = vec![Vec::new(); CELLS[0] * CELLS[1]];
            let mut chance = Chance::new(seed);
            for _ in 0..STRANDS {
                let along = chance.unit().powf(0.9);
                let off = 0.92 * chance.bell();
                let (middle, half) = line(along);
                let root = Vec2::new(INNER + LENGTH * along, middle + half * off - 0.0008);
                // Up at the inner end, along the brow further out; the upper row leans down.
                let out = smooth(-0.02, 0.35, along);
                let degrees =
                    82.0 - 56.0 * out - 26.0 * smooth(0.45, 1.0, along) - 22.0 * out * off.max(0.0)
                        + 9.0 * chance.bell();
                let length = (0.0058 + 0.0022 * smooth(0.1, 0.4, along) * smooth(1.0, 0.7, along))
                    * chance.range(0.7, 1.1);
                let bend = -22.0 * out;
                let level = (1.0
                    - 0.62 * off.abs().powf(1.4)
                    - 0.34 * chance.unit()
                    - 0.25 * smooth(0.08, 0.0, along))
                .max(0.12);
                let mut place = root;
                const PIECES: usize = 4;
                for piece in 0..PIECES {
                    let done = piece as f32 / PIECES as f32;
                    let (sin, cos) = (degrees + bend * done).to_radians().sin_cos();
                    let next = place + length / PIECES as f32 * Vec2::new(cos, sin);
                    let width = |t: f32| 0.00017 * (1.0 - 0.75 * t * t);
                    let half = [width(done), width(done + 1.0 / PIECES as f32)];
                    let piece = Piece { from: place, to: next, half, level };
                    let low = cell(place.min(next) - 0.0004);
                    let high = cell(place.max(next) + 0.0004);
                    for y in low[1]..=high[1].min(CELLS[1] - 1) {
                        for x in low[0]..=high[0].min(CELLS[0] - 1) {
                            cells[y * CELLS[0] + x].push(piece);
                        }
                    }
                    place = next;
                }
            }
            cells
        }))
    }

    /// Strands at a place (0 to 1; thick brows show lower values too), and how much skin lies in the
    /// brow's shade.
    pub(super) fn at(&self, p: Vec3) -> (f32, f32) {
        let x = p.x.abs();
        if !(0.005..0.066).contains(&x) || !(0.735..0.772).contains(&p.y) || p.z < 0.08 {
            return (0.0, 0.0);
        }
        let here = Vec2::new(x, p.y);
        let cells = &self.0[usize::from(p.x < 0.0)];
        let [column, row] = cell(here);
        let strands = cells.get(row * CELLS[0] + column).map_or(0.0, |pieces| {
            pieces.iter().fold(0.0f32, |best, piece| {
                let (low, high) = (piece.from.y.min(piece.to.y), piece.from.y.max(piece.to.y));
                let beside = here.y < low - REACH || here.y > high + REACH;
                if beside || piece.level <= best {
                    return best;
                }
                let along = piece.to - piece.from;
                let t = ((here - piece.from).dot(along) / along.length_squared()).clamp(0.0, 1.0);
                let away = here.distance(piece.from + t * along);
                let half = piece.half[0] + (piece.half[1] - piece.half[0]) * t;
                // As soft as a texel is wide.
                best.max(piece.level * smooth(half + 0.00012, half - 0.00008, away))
            })
        });
        let along = (x - INNER) / LENGTH;
        let (middle, half) = line(along.clamp(0.0, 1.0));
        let off = (p.y - middle - 0.0008) / half.max(0.0008);
        let shade =
            smooth(-0.06, 0.12, along) * smooth(1.08, 0.8, along) * smooth(1.5, 0.3, off.abs());
        (strands, shade)
    }
}
