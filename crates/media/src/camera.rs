//! Cameras as people write them.

use crate::MediaError;
use reverie_world_model::Intrinsics;
use std::{fmt, str::FromStr};

/// `fx,fy,cx,cy` in pixels of the upright picture: focal lengths and principal point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PinholeNumbers {
    /// Focal length along the rows, pixels.
    pub fx: f32,
    /// Focal length along the columns, pixels.
    pub fy: f32,
    /// Principal point, pixels from the left edge.
    pub cx: f32,
    /// Principal point, pixels from the top edge.
    pub cy: f32,
}

impl PinholeNumbers {
    /// The camera of a picture of `width` x `height` pixels.
    ///
    /// # Errors
    /// [`MediaError::Intrinsics`] when the numbers do not fit such a picture.
    pub fn for_picture(&self, width: u32, height: u32) -> Result<Intrinsics, MediaError> {
        let Self { fx, fy, cx, cy } = *self;
        let intrinsics = Intrinsics { width, height, fx, fy, cx, cy };
        match intrinsics.validate() {
            Ok(()) => Ok(intrinsics),
            Err(e) => Err(MediaError::Intrinsics {
                text: self.to_string(),
                problem: format!("{e} (the picture is {width}x{height})"),
            }),
        }
    }
}

impl FromStr for PinholeNumbers {
    type Err = MediaError;

    fn from_str(text: &str) -> Result<Self, MediaError> {
        let fail = |problem: String| {
            Err(MediaError::Intrinsics { text: text.chars().take(120).collect(), problem })
        };
        let parts: Vec<&str> = text.split(',').map(str::trim).collect();
        let &[fx, fy, cx, cy] = parts.as_slice() else {
            return fail(format!(
                "expected the four numbers fx,fy,cx,cy in pixels, found {}",
                parts.len()
            ));
        };
        let mut numbers = [0.0_f32; 4];
        let names = ["fx", "fy", "cx", "cy"];
        for ((number, part), name) in numbers.iter_mut().zip([fx, fy, cx, cy]).zip(names) {
            match part.parse::<f32>() {
                Ok(value) if value.is_finite() => *number = value,
                _ => return fail(format!("{name}: `{part}` is not a number")),
            }
        }
        let [fx, fy, cx, cy] = numbers;
        Ok(Self { fx, fy, cx, cy })
    }
}

impl fmt::Display for PinholeNumbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{},{},{}", self.fx, self.fy, self.cx, self.cy)
    }
}
