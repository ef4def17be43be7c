//! The sky behind things: what coarse pixels would tell of it that show things instead.
//!
//! A vertex of the sky between outlines has no coarse pixel of the sky around it; were it to take after those of the outlines, it would
//! change in steps where the last one of the sky leaves its reach.

/// Values of the sky everywhere, spread from where it is seen; `side * side * channels`. Means of squares, twice as large each time,
/// and back, smoothly.
///
/// `None` where no sky is seen.
pub fn spread(values: &[f32], seen: &[bool], side: usize, channels: usize) -> Option<Vec<f32>> {
    if !seen.contains(&true) {
        return None;
    }
    let mut known: Vec<f32> = seen.iter().map(|seen| f32::from(u8::from(*seen))).collect();
    let weighed = values.chunks_exact(channels).zip(&known);
    let mut values: Vec<f32> =
        weighed.flat_map(|(values, w)| values.iter().map(move |value| value * w)).collect();
    level(&mut values, &mut known, side, channels);
    Some(values)
}

/// Fills what is unknown of a level from the next coarser one. Values are 0 where nothing is known.
fn level(values: &mut [f32], known: &mut [f32], side: usize, channels: usize) {
    if side < 2 {
        return;
    }
    let small = side.div_ceil(2);
    let mut sums = vec![0.0; small * small * channels];
    let mut counts = vec![0.0_f32; small * small];
    for (at, known) in known.iter().enumerate().filter(|(_, known)| **known > 0.0) {
        let into = at / side / 2 * small + at % side / 2;
        counts[into] += known;
        let own = &values[at * channels..(at + 1) * channels];
        for (sum, value) in sums[into * channels..].iter_mut().zip(own) {
            *sum += value * known;
        }
    }
    for (sums, count) in sums.chunks_exact_mut(channels).zip(&mut counts) {
        if *count > 0.0 {
            sums.iter_mut().for_each(|sum| *sum /= *count);
            *count = 1.0;
        }
    }
    level(&mut sums, &mut counts, small, channels);
    for at in (0..side * side).filter(|at| known[*at] == 0.0) {
        let place = [at % side, at / side].map(|x| (x as f32 + 0.5) / 2.0 - 0.5);
        let last = small as f32 - 1.0;
        for corner in 0..4 {
            let step = [corner % 2, corner / 2].map(|step| step as f32);
            let weight: f32 = (0..2)
                .map(|k| {
                    let share = place[k] - place[k].floor();
                    if step[k] == 0.0 { 1.0 - share } else { share }
                })
                .product();
            let [x, y] = [0, 1].map(|k| (place[k].floor() + step[k]).clamp(0.0, last) as usize);
            let from = (y * small + x) * channels;
            for c in 0..channels {
                values[at * channels + c] += weight * sums[from + c];
            }
        }
    }
    known.fill(1.0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_seen_stays_and_the_rest_is_between() {
        let side = 16;
        let seen: Vec<bool> = (0..side * side).map(|at| at / side < 6 || at % side == 0).collect();
        let values: Vec<f32> = (0..side * side)
            .flat_map(|at| {
                let x = (at % side) as f32 / side as f32;
                if seen[at] { [x, 2.0] } else { [9.0, 9.0] }
            })
            .collect();
        let all = spread(&values, &seen, side, 2).expect("some is seen");
        for at in 0..side * side {
            let [x, two] = [all[2 * at], all[2 * at + 1]];
            assert!((two - 2.0).abs() < 1e-5, "{two}");
            assert!((-1e-5..=1.0).contains(&x), "{x}");
            assert!(!seen[at] || (x - values[2 * at]).abs() < 1e-6);
        }
        assert_eq!(spread(&values, &vec![false; side * side], side, 2), None);
    }
}
