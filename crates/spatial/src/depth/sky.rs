//! Small islands of sky inside solid things (snow, lamps, white paint) are mistakes far more often
//! than gaps: they become part of what surrounds them.

/// An island that reaches no border and covers less than this share of the picture is filled.
const MAX_ISLAND: f32 = 0.01;

/// Fills islands: `inverse` is 0 where there is sky, rows of `width` values from the top. An
/// island takes the smallest inverse depth (the farthest thing) on its rim.
pub fn fill_islands(inverse: &mut [f32], width: usize) {
    let height = inverse.len() / width;
    let limit = (MAX_ISLAND * inverse.len() as f32) as usize;
    let mut seen = vec![false; inverse.len()];
    let (mut island, mut next) = (Vec::new(), Vec::new());
    for start in 0..inverse.len() {
        if seen[start] || inverse[start] > 0.0 {
            continue;
        }
        let (mut rim, mut open) = (f32::INFINITY, false);
        island.clear();
        next.push(start);
        seen[start] = true;
        while let Some(at) = next.pop() {
            island.push(at);
            let (x, y) = (at % width, at / width);
            open |= x == 0 || y == 0 || x + 1 == width || y + 1 == height;
            let around = [
                (x > 0).then(|| at - 1),
                (x + 1 < width).then(|| at + 1),
                (y > 0).then(|| at - width),
                (y + 1 < height).then(|| at + width),
            ];
            for neighbour in around.into_iter().flatten() {
                if inverse[neighbour] > 0.0 {
                    rim = rim.min(inverse[neighbour]);
                } else if !seen[neighbour] {
                    seen[neighbour] = true;
                    next.push(neighbour);
                }
            }
        }
        if !open && island.len() <= limit && rim.is_finite() {
            for at in &island {
                inverse[*at] = rim;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn islands_are_filled_and_the_sky_stays() {
        let (width, height) = (40, 30);
        let mut inverse = vec![0.5; width * height];
        inverse[..width * 8].fill(0.0);
        let island = 20 * width + 20;
        inverse[island] = 0.0;
        inverse[island + 1] = 0.0;
        inverse[island + 2] = 0.3;
        // On the left border: it may go on outside.
        let border = 15 * width;
        inverse[border] = 0.0;
        fill_islands(&mut inverse, width);
        assert_eq!((inverse[island], inverse[island + 1]), (0.3, 0.3));
        assert_eq!((inverse[3], inverse[border]), (0.0, 0.0));
    }
}
