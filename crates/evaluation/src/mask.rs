//! Which pixels count.

use crate::MetricError;
use reverie_world_model::{DepthImage, Intrinsics, Observation, Pose, RgbImage};

/// Relative difference of depth within which two views show the same surface.
const SAME_SURFACE: f32 = 0.03;
/// Difference of a channel within which a surface is lit as before, of 255.
const SAME_COLOUR: u8 = 8;

/// One flag a pixel, rows from the top.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mask {
    width: u32,
    height: u32,
    set: Vec<bool>,
}

impl Mask {
    /// Takes `width * height` flags.
    ///
    /// # Errors
    /// [`MetricError::BadValues`] when the number of flags does not fit.
    pub fn new(width: u32, height: u32, set: Vec<bool>) -> Result<Self, MetricError> {
        let pixels = width as usize * height as usize;
        if set.len() != pixels || pixels == 0 {
            let problem = format!("{} flags for {width}x{height} pixels", set.len());
            return Err(MetricError::BadValues { field: "mask", problem });
        }
        Ok(Self { width, height, set })
    }

    /// The pixels of `now` that show what `first` has seen too, by the depth of both: the same
    /// surface within 3 % of its depth, or sky in both. Single pixels that differ from
    /// all around them are smoothed away (majority of 3x3).
    ///
    /// # Errors
    /// [`MetricError::Nothing`] when one of them has no depth.
    pub fn seen_before(now: &Observation, first: &Observation) -> Result<Self, MetricError> {
        let (Some(depth), Some(first_depth)) = (&now.depth, &first.depth) else {
            return Err(MetricError::Nothing("a frame without depth"));
        };
        let view = View { pose: &now.pose, camera: &now.intrinsics, depth };
        let first = View { pose: &first.pose, camera: &first.intrinsics, depth: first_depth };
        let (width, height) = (depth.width(), depth.height());
        let mut raw = Vec::with_capacity(depth.data().len());
        for y in 0..height {
            raw.extend((0..width).map(|x| view.seen_by(x, y, &first)));
        }
        let mask = Self::new(width, height, raw)?;
        Ok(mask.smoothed())
    }

    /// The pixels that show the same in two frames from one pose: the same surface (within 3 % of
    /// its depth, or sky in both) in the same colour (no channel is off by more than 8 of 255). In
    /// a truth this is what stands still and is lit as before.
    ///
    /// # Errors
    /// [`MetricError::Nothing`] when one of them has no depth, [`MetricError::SizeMismatch`].
    pub fn unchanged(now: &Observation, before: &Observation) -> Result<Self, MetricError> {
        let (Some(depth), Some(depth_before)) = (&now.depth, &before.depth) else {
            return Err(MetricError::Nothing("a frame without depth"));
        };
        check_sizes(&now.rgb, &before.rgb, None)?;
        let size = (now.rgb.width(), now.rgb.height());
        same_size("the depth", (depth.width(), depth.height()), size)?;
        same_size("the depth", (depth_before.width(), depth_before.height()), size)?;
        let depths = depth.data().iter().zip(depth_before.data());
        let colours = now.rgb.data().chunks_exact(3).zip(before.rgb.data().chunks_exact(3));
        let set = depths.zip(colours).map(|((a, b), (colour, colour_before))| {
            let surface = a == b || (a - b).abs() <= SAME_SURFACE * a.max(*b);
            let mut channels = colour.iter().zip(colour_before);
            surface && channels.all(|(a, b)| a.abs_diff(*b) <= SAME_COLOUR)
        });
        Self::new(size.0, size.1, set.collect())
    }

    fn smoothed(&self) -> Self {
        let (width, height) = (self.width as i64, self.height as i64);
        let mut set = Vec::with_capacity(self.set.len());
        for y in 0..height {
            for x in 0..width {
                let (mut yes, mut all) = (0, 0);
                for (dx, dy) in (-1..=1).flat_map(|dy| (-1..=1).map(move |dx| (dx, dy))) {
                    let (x, y) = (x + dx, y + dy);
                    if (0..width).contains(&x) && (0..height).contains(&y) {
                        all += 1;
                        yes += i32::from(self.set[(y * width + x) as usize]);
                    }
                }
                set.push(2 * yes > all);
            }
        }
        Self { width: self.width, height: self.height, set }
    }

    /// Width in pixels.
    pub fn width(&self) -> u32 {
        self.width
    }
    /// Height in pixels.
    pub fn height(&self) -> u32 {
        self.height
    }
    /// All flags, rows from the top.
    pub fn flags(&self) -> &[bool] {
        &self.set
    }
    /// One flag; the caller keeps `x` and `y` inside.
    pub fn at(&self, x: u32, y: u32) -> bool {
        self.set[y as usize * self.width as usize + x as usize]
    }
    /// Share of pixels that are set, 0 to 1.
    pub fn share(&self) -> f64 {
        self.set.iter().filter(|set| **set).count() as f64 / self.set.len() as f64
    }
    /// The other pixels.
    #[must_use]
    pub fn inverted(&self) -> Self {
        Self { set: self.set.iter().map(|set| !set).collect(), ..*self }
    }
}

struct View<'a> {
    pose: &'a Pose,
    camera: &'a Intrinsics,
    depth: &'a DepthImage,
}

impl View<'_> {
    fn seen_by(&self, x: u32, y: u32, other: &View<'_>) -> bool {
        let depth_m = self.depth.at(x, y);
        let ray = self.camera.ray(x as f32 + 0.5, y as f32 + 0.5);
        let far = depth_m.is_infinite();
        let there = if far {
            // At infinity only the direction counts.
            other.pose.rotation.conjugate() * (self.pose.rotation * ray)
        } else {
            other.pose.view_from_world(self.pose.world_from_view(ray * depth_m))
        };
        let Some((uv, there_m)) = other.camera.project(there) else { return false };
        let inside = uv.x >= 0.0
            && uv.y >= 0.0
            && uv.x < other.depth.width() as f32
            && uv.y < other.depth.height() as f32;
        if !inside || depth_m <= 0.0 {
            return false;
        }
        let found_m = other.depth.at(uv.x as u32, uv.y as u32);
        if far || found_m.is_infinite() {
            return far && found_m.is_infinite();
        }
        // Between two pixels of a grazing surface depth changes by more than the tolerance.
        let grazing = self.slope(x, y);
        (found_m - there_m).abs() <= (SAME_SURFACE + grazing) * there_m
    }

    /// Relative change of depth to the next pixel on the smoother side, at most a tenth.
    fn slope(&self, x: u32, y: u32) -> f32 {
        let here = self.depth.at(x, y);
        let change = |x: Option<u32>, y: Option<u32>| match (x, y) {
            (Some(x), Some(y)) if x < self.depth.width() && y < self.depth.height() => {
                let step = (self.depth.at(x, y) - here).abs() / here;
                if step.is_finite() { step } else { 1.0 }
            }
            _ => 1.0,
        };
        let across = change(x.checked_sub(1), Some(y)).min(change(Some(x + 1), Some(y)));
        let down = change(Some(x), y.checked_sub(1)).min(change(Some(x), Some(y + 1)));
        across.max(down).min(0.1)
    }
}

/// Whether two pictures and a mask are of one size.
pub(crate) fn check_sizes(
    picture: &RgbImage,
    truth: &RgbImage,
    mask: Option<&Mask>,
) -> Result<(), MetricError> {
    same_size("the truth", (truth.width(), truth.height()), (picture.width(), picture.height()))?;
    check_mask(mask, picture.width(), picture.height())
}

pub(crate) fn check_mask(mask: Option<&Mask>, width: u32, height: u32) -> Result<(), MetricError> {
    match mask {
        Some(mask) => same_size("the mask", (mask.width, mask.height), (width, height)),
        None => Ok(()),
    }
}

pub(crate) fn same_size(
    what: &'static str,
    (found_width, found_height): (u32, u32),
    (width, height): (u32, u32),
) -> Result<(), MetricError> {
    if (found_width, found_height) == (width, height) {
        return Ok(());
    }
    Err(MetricError::SizeMismatch { what, found_width, found_height, width, height })
}
