//! Texture for what the layout network only knows averages of: copied, patch by patch, from what
//! was really seen.
//!
//! Patches are searched from coarse to fine as in PatchMatch (Barnes et al. 2009) and voted as by
//! Wexler, Shechtman and Irani (2007). Compared are the patches themselves, with what is known
//! around them, and the blurred source with the layout: its colours, depth, height above the
//! horizon and predicted amount of detail, so that ground comes from ground, far from far and
//! bricks where bricks belong. The layout keeps the last word on all that is larger than a patch.
//! Sizes beyond the search's are copied along with the matches, so that what is new is as sharp as
//! what was seen.

mod matching;
mod picture;

use glam::Vec4;
use matching::{Guide, Match, Search, Source};
pub(super) use picture::Picture;
use picture::{Value, blurred, detail, doubled, halved, mirrored};
use rayon::prelude::*;

/// Side of the pictures that patches are searched in at last, pixels.
pub(super) const SEARCH_SIDE: usize = 128;
/// The same at first.
const FIRST_SIDE: usize = 32;
/// Blur of the guide, pixels of the first size.
const GUIDE_SIGMA_PX: f32 = 2.0;
/// Searches at one size, each followed by a vote.
const ROUNDS: u64 = 3;
/// Steps from the layout to the finished picture: a search and a vote each.
pub(super) const STEPS: u32 = ROUNDS as u32 * (SEARCH_SIDE / FIRST_SIDE).ilog2() + ROUNDS as u32;
/// Passes of a search.
const PASSES: u64 = 2;
/// Sharpness of votes, see [`Search::vote`]: the first at a size, later ones, and the last of all.
const SHARPNESS: [f32; 3] = [2.0, 0.5, 5.0];
/// What is larger than this is drawn towards the layout, pixels of the last size, and by how much.
const LAYOUT_SIGMA_PX: f32 = 6.0;
const LAYOUT_SHARE: f32 = 0.5;
/// What is finer than this is grain, same pixels: all that is put on what is coarse.
const GRAIN_SIGMA_PX: f32 = 1.5;
/// How far what the layout is off by in what is known is carried into what is not, same pixels.
const BIAS_SIGMA_PX: f32 = 10.0;
/// Most that copied relief may change the layout's code of depth: 2 % of the depth.
const RELIEF: f32 = 0.01;
/// By how much the contrast of copied texture may be changed to what the layout predicts.
const CONTRAST: [f32; 2] = [0.6, 1.5];
/// Most that the contrast of grain may be raised.
const MOST_GRAIN: f32 = 2.5;

/// What is plausible: the layout network's answer at [`SEARCH_SIDE`].
pub(super) struct Plausible {
    /// Colours and code of depth.
    pub texels: Vec<Vec4>,
    /// Root mean square of the colours' steps from pixel to pixel around each pixel.
    pub detail: Vec<f32>,
}

/// Sides of the pictures in which what is coarse stays as it is where it is fine enough. Not the
/// last: what is seen at a slant is finer across than along, and its streaks would grow with every
/// step towards it.
pub(super) const FIXED_SIDES: [usize; 2] = [SEARCH_SIDE / 4, SEARCH_SIDE / 2];

/// Completes a window and puts grain on what is coarse in it. `window` and `sources` have one size,
/// [`SEARCH_SIDE`] times a power of two; the result has it, too. `known_at` tells what is known
/// finely enough for each of [`FIXED_SIDES`]; it may be empty when nothing is coarse. The same seed
/// makes the same picture.
pub(super) fn complete(
    window: &Picture,
    known_at: &[Vec<bool>],
    plausible: &Plausible,
    sources: &[Picture],
    seed: u64,
) -> Vec<Vec4> {
    let base = shrunk(window, SEARCH_SIDE);
    let texels = joined(&base, &unbiased(&base, &plausible.texels));
    let bases: Vec<Picture> = sources.iter().map(|source| shrunk(source, SEARCH_SIDE)).collect();
    let Some(copied) = search(&base, known_at, &texels, &plausible.detail, &bases, seed) else {
        return joined(window, &resized(texels, SEARCH_SIDE, window.side));
    };
    let (out, contrast) = harmonised(&base, &texels, &copied.texels, &plausible.detail);
    let mut out = resized(overlaid(&base.texels, &out, &base.known), SEARCH_SIDE, window.side);
    if window.side > SEARCH_SIDE && window.coarse.contains(&true) {
        // What is coarse for the window may be finer than the search.
        let searched = resized(texels, SEARCH_SIDE, window.side);
        let texels = out.iter_mut().zip(&window.texels).zip(&searched).zip(&window.coarse);
        for (((out, own), searched), _) in texels.filter(|(_, coarse)| **coarse) {
            *out += *own - *searched;
        }
    }
    let finer: Vec<Vec<Vec4>> =
        sources.iter().zip(&bases).map(|(fine, base)| finer(fine, base)).collect();
    let (side, scale) = (window.side, window.side / SEARCH_SIDE);
    out.par_chunks_mut(side).enumerate().for_each(|(y, row)| {
        for (x, texel) in row.iter_mut().enumerate() {
            let at = y / scale * SEARCH_SIDE + x / scale;
            let Some(m) = copied.matches[at] else { continue };
            let [from_x, from_y] =
                [(m.at as usize % SEARCH_SIDE, x), (m.at as usize / SEARCH_SIDE, y)]
                    .map(|(from, at)| from * scale + at % scale);
            // Sources lie there twice: as they are and mirrored.
            let from_x = if m.source % 2 == 1 { side - 1 - from_x } else { from_x };
            let gain = Vec4::splat(contrast[at]).with_w(0.0);
            *texel += gain * finer[m.source as usize / 2][from_y * side + from_x];
        }
    });
    overlaid(&window.texels, &out, &window.known)
}

/// The layout's answer without what it is off by in what is known nearby, so that nothing changes
/// its tone at the border.
fn unbiased(window: &Picture, layout: &[Vec4]) -> Vec<Vec4> {
    let off: Vec<Vec4> =
        window.texels.iter().zip(layout).map(|(known, layout)| *known - *layout).collect();
    let there: Vec<bool> = (0..off.len()).map(|at| window.is_there(at)).collect();
    let off = blurred(&off, &there, SEARCH_SIDE, BIAS_SIGMA_PX);
    let near = nearness(window, BIAS_SIGMA_PX);
    layout.iter().zip(off).zip(near).map(|((layout, off), near)| *layout + near * off).collect()
}

/// 1 where at least half of what is around a pixel is there, 0 far from it.
fn nearness(window: &Picture, sigma_px: f32) -> Vec<f32> {
    let all = vec![true; window.known.len()];
    let known = (0..all.len()).map(|at| Vec4::splat(f32::from(u8::from(window.is_there(at)))));
    let share = blurred(&known.collect::<Vec<_>>(), &all, SEARCH_SIDE, sigma_px);
    share.iter().map(|share| (2.0 * share.x).min(1.0)).collect()
}

/// A picture made of patches.
struct Copied {
    texels: Vec<Vec4>,
    /// Where each pixel is from; `None` where it was known.
    matches: Vec<Option<Match>>,
}

/// A picture's texels where it has any, and others elsewhere.
fn joined(picture: &Picture, others: &[Vec4]) -> Vec<Vec4> {
    let texels = picture.texels.iter().zip(others).enumerate();
    texels.map(|(at, (own, other))| if picture.is_there(at) { *own } else { *other }).collect()
}

/// The marked texels of one picture and the rest of another.
fn overlaid(own: &[Vec4], others: &[Vec4], marked: &[bool]) -> Vec<Vec4> {
    let texels = own.iter().zip(others).zip(marked);
    texels.map(|((own, other), marked)| if *marked { *own } else { *other }).collect()
}

/// A picture at a smaller size.
pub(super) fn shrunk(picture: &Picture, side: usize) -> Picture {
    let mut small = picture.clone();
    while small.side > side {
        small = small.halved();
    }
    small
}

/// Values of a square picture at another size, a power of two times as large or small.
pub(super) fn resized<T: Value>(mut values: Vec<T>, from: usize, to: usize) -> Vec<T> {
    let mut side = from;
    while side < to {
        values = doubled(&values, side);
        side *= 2;
    }
    while side > to {
        values = halved(&values, side);
        side /= 2;
    }
    values
}

/// What a picture shows beyond its smaller self; nothing where it is not known.
fn finer(fine: &Picture, base: &Picture) -> Vec<Vec4> {
    let coarse = resized(base.texels.clone(), base.side, fine.side);
    let scale = fine.side / base.side;
    let beyond = |at: usize| {
        let (x, y) = (at % fine.side / scale, at / fine.side / scale);
        let known = fine.known[at] && around(base, x, y);
        if known { fine.texels[at] - coarse[at] } else { Vec4::ZERO }
    };
    (0..coarse.len()).into_par_iter().map(beyond).collect()
}

/// A pixel and all around it are known.
fn around(picture: &Picture, x: usize, y: usize) -> bool {
    let side = picture.side;
    (y.saturating_sub(1)..(y + 2).min(side))
        .all(|y| (x.saturating_sub(1)..(x + 2).min(side)).all(|x| picture.known[y * side + x]))
}

/// Guides at every size from the search's last to its first.
fn guides(picture: &Picture, detail: &[f32]) -> Vec<Guide> {
    let mut small = shrunk(picture, FIRST_SIDE);
    let mut amounts = vec![(SEARCH_SIDE, detail.to_vec())];
    while let Some((side, amount)) = amounts.last().filter(|(side, _)| *side > FIRST_SIDE) {
        let half = (side / 2, halved(amount, *side));
        amounts.push(half);
    }
    let texels = std::mem::take(&mut small.texels);
    let mut blurred = blurred(&texels, &small.known, FIRST_SIDE, GUIDE_SIGMA_PX);
    let mut elevation = small.elevation;
    let mut guides = Vec::new();
    for (side, detail) in amounts.into_iter().rev() {
        if side > FIRST_SIDE {
            blurred = doubled(&blurred, side / 2);
            elevation = doubled(&elevation, side / 2);
        }
        guides.insert(0, Guide { blurred: blurred.clone(), elevation: elevation.clone(), detail });
    }
    guides
}

/// Makes the unknown part of a window from patches of the sources; `None` when there is nothing to
/// copy.
fn search(
    window: &Picture,
    known_at: &[Vec<bool>],
    texels: &[Vec4],
    amount: &[f32],
    sources: &[Picture],
    seed: u64,
) -> Option<Copied> {
    let all = vec![true; texels.len()];
    let whole = Picture { texels: texels.to_vec(), known: all, ..window.clone() };
    let mut wanted = guides(&whole, amount);
    let mut pools: Vec<(Picture, Vec<Guide>)> = Vec::new();
    for source in sources {
        let own = detail(&source.texels, &source.known, source.side);
        let likes = guides(source, &own);
        let mirror = |like: &Guide, side: usize| Guide {
            blurred: mirrored(&like.blurred, side),
            elevation: mirrored(&like.elevation, side),
            detail: mirrored(&like.detail, side),
        };
        let swapped =
            likes.iter().enumerate().map(|(k, like)| mirror(like, SEARCH_SIDE >> k)).collect();
        pools.push((source.clone(), likes));
        pools.push((source.mirrored(), swapped));
    }
    // From large to small, then searched the other way.
    let mut sizes = vec![(window.clone(), whole)];
    let mut pictures: Vec<Vec<Picture>> = vec![pools.iter().map(|pool| pool.0.clone()).collect()];
    while sizes.last().is_some_and(|(window, _)| window.side > FIRST_SIDE) {
        let (window, whole) = &sizes[sizes.len() - 1];
        let next = (window.halved(), whole.halved());
        sizes.push(next);
        pictures.push(pictures[pictures.len() - 1].iter().map(Picture::halved).collect());
    }
    let mut coarser: Option<Search> = None;
    while let (Some((window, whole)), Some(pictures)) = (sizes.pop(), pictures.pop()) {
        let size = sizes.len();
        let of_pool = pictures.iter().zip(&mut pools).enumerate();
        let sources = of_pool.map(|(number, (picture, pool))| {
            Source::new(picture, std::mem::take(&mut pool.1[size]), number, seed)
        });
        let guide = std::mem::take(&mut wanted[size]);
        let first = coarser.is_none();
        let coarse = FIXED_SIDES.iter().position(|side| *side == window.side);
        let coarse = coarse.and_then(|size| known_at.get(size));
        let stays = |at: usize| window.coarse[at] && coarse.is_some_and(|known| known[at]);
        let fixed = |at: usize| window.known[at] || stays(at);
        let fixed = (0..window.known.len()).map(fixed).collect();
        let target = joined(&window, &whole.texels);
        let sources = sources.collect();
        let Some(mut search) = Search::new(&window, fixed, guide, target, sources, first, seed)
        else {
            continue;
        };
        match &coarser {
            Some(half) => search.go_on_from(half),
            None => search.begin(),
        }
        search.vote(SHARPNESS[0]);
        for round in 0..ROUNDS {
            for pass in 0..PASSES {
                search.pass(round * PASSES + pass);
            }
            search.vote(SHARPNESS[1]);
        }
        coarser = Some(search);
    }
    let mut last = coarser.filter(|search| search.side() == SEARCH_SIDE)?;
    last.vote(SHARPNESS[2]);
    Some(last.into_copied())
}

/// Copied texture drawn towards the layout in all that is larger, wholly where it joins what is
/// known; what is coarse with the grain of it; and the contrast that each pixel's texture was given.
fn harmonised(
    window: &Picture,
    layout: &[Vec4],
    copied: &[Vec4],
    amount: &[f32],
) -> (Vec<Vec4>, Vec<f32>) {
    let all = vec![true; layout.len()];
    let near = nearness(window, LAYOUT_SIGMA_PX);
    let wanted = blurred(layout, &all, SEARCH_SIDE, LAYOUT_SIGMA_PX);
    let coarse = blurred(copied, &all, SEARCH_SIDE, LAYOUT_SIGMA_PX);
    let found = detail(copied, &all, SEARCH_SIDE);
    let mut contrast: Vec<f32> = amount
        .iter()
        .zip(&found)
        .map(|(wanted, found)| (wanted / found.max(1e-3)).clamp(CONTRAST[0], CONTRAST[1]))
        .collect();
    let grain = if window.coarse.contains(&true) {
        grain(window, layout, copied, amount, &mut contrast)
    } else {
        Vec::new()
    };
    let texel = |at: usize| {
        if window.coarse[at] {
            return layout[at] + (contrast[at] * grain[at]).with_w(0.0);
        }
        let share = LAYOUT_SHARE + (1.0 - LAYOUT_SHARE) * near[at];
        let finer = copied[at] - coarse[at];
        let colour = coarse[at].lerp(wanted[at], share) + contrast[at] * finer;
        // Copied relief would turn into ridges as soon as one walks.
        colour.with_w(layout[at].w + finer.w.clamp(-RELIEF, RELIEF))
    };
    ((0..copied.len()).map(texel).collect(), contrast)
}

/// What is finest in copied texture; where something is coarse its contrast becomes as much as what is there lacks.
fn grain(
    window: &Picture,
    layout: &[Vec4],
    copied: &[Vec4],
    amount: &[f32],
    contrast: &mut [f32],
) -> Vec<Vec4> {
    let all = vec![true; layout.len()];
    let mean = blurred(copied, &all, SEARCH_SIDE, GRAIN_SIGMA_PX);
    let grain: Vec<Vec4> = copied.iter().zip(&mean).map(|(own, mean)| *own - *mean).collect();
    let [there, found] = [layout, &grain].map(|texels| detail(texels, &all, SEARCH_SIDE));
    for at in (0..grain.len()).filter(|at| window.coarse[*at]) {
        let lacking = (amount[at].powi(2) - there[at].powi(2)).max(0.0).sqrt();
        contrast[at] = (lacking / found[at].max(1e-3)).clamp(CONTRAST[0], MOST_GRAIN);
    }
    grain
}
