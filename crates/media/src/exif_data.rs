//! What EXIF says about how a photograph was taken.

use exif::{Exif, In, Tag, Value};
use image::metadata::Orientation;
use reverie_world_model::Intrinsics;
use std::io::Cursor;

/// Diagonal of a frame of 35 mm film (36 x 24 mm), which 35 mm equivalents refer to.
const FILM_DIAGONAL_MM: f32 = 43.266_617;

/// The few tags that matter here; absent or senseless ones are `None`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct CameraData {
    /// How the stored picture has to be turned.
    pub orientation: Orientation,
    focal_35mm_mm: Option<f32>,
    focal_mm: Option<f32>,
    /// Sensor resolution along rows and columns, pixels per millimetre.
    pixels_per_mm: Option<(f32, f32)>,
    /// Size of the picture as the camera made it.
    camera_size: Option<(f32, f32)>,
}

impl CameraData {
    /// Reads the tags out of a whole picture file; without EXIF everything is unknown.
    pub fn read(bytes: &[u8]) -> Self {
        let mut reader = exif::Reader::new();
        reader.continue_on_error(true);
        let exif = reader
            .read_from_container(&mut Cursor::new(bytes))
            .or_else(|e| e.distill_partial_result(|_| ()))
            .ok();
        let number = |tag| exif.as_ref().and_then(|e| positive(e, tag));
        let unit_mm = match number(Tag::FocalPlaneResolutionUnit).unwrap_or(2.0) as u32 {
            2 => Some(25.4),
            3 => Some(10.0),
            4 => Some(1.0),
            _ => None,
        };
        let pair = |x, y| Some((number(x)?, number(y)?));
        Self {
            orientation: number(Tag::Orientation)
                .and_then(|o| Orientation::from_exif(o as u8))
                .unwrap_or(Orientation::NoTransforms),
            focal_35mm_mm: number(Tag::FocalLengthIn35mmFilm),
            focal_mm: number(Tag::FocalLength),
            pixels_per_mm: pair(Tag::FocalPlaneXResolution, Tag::FocalPlaneYResolution)
                .and_then(|(x, y)| unit_mm.map(|mm| (x / mm, y / mm))),
            camera_size: pair(Tag::PixelXDimension, Tag::PixelYDimension),
        }
    }

    /// The camera of the stored (not yet turned) picture of this size, if the tags tell it.
    pub fn intrinsics(&self, width: u32, height: u32) -> Option<Intrinsics> {
        let (w, h) = (width as f32, height as f32);
        let same_shape = |(cw, ch): (f32, f32)| (cw * h / (ch * w) - 1.0).abs() < 0.02;
        // A picture cropped after it was taken keeps its tags, but they no longer fit.
        if self.camera_size.is_some_and(|(cw, ch)| !same_shape((cw, ch)) && !same_shape((ch, cw))) {
            return None;
        }
        let (fx, fy) = if let Some(focal_mm) = self.focal_35mm_mm {
            let focal = focal_mm / FILM_DIAGONAL_MM * w.hypot(h);
            (focal, focal)
        } else {
            // Sensor resolution counts pixels of the picture as taken; it may be smaller now.
            let (x, y) = self.pixels_per_mm?;
            let focal_mm = self.focal_mm?;
            let (cw, ch) = self.camera_size.unwrap_or((w, h));
            (focal_mm * x * w / cw, focal_mm * y * h / ch)
        };
        Some(Intrinsics { width, height, fx, fy, cx: 0.5 * w, cy: 0.5 * h })
    }
}

/// The first value of a tag as a number above zero.
fn positive(exif: &Exif, tag: Tag) -> Option<f32> {
    let value = &exif.get_field(tag, In::PRIMARY)?.value;
    let number = match value {
        Value::Rational(r) => r.first()?.to_f32(),
        Value::Float(f) => *f.first()?,
        Value::Double(d) => *d.first()? as f32,
        other => other.get_uint(0)? as f32,
    };
    (number.is_finite() && number > 0.0).then_some(number)
}

/// The camera after the picture was turned. The principal point is the centre, so only quarter
/// turns change anything.
pub(crate) fn oriented(i: Intrinsics, orientation: Orientation) -> Intrinsics {
    match orientation {
        Orientation::Rotate90
        | Orientation::Rotate270
        | Orientation::Rotate90FlipH
        | Orientation::Rotate270FlipH => {
            Intrinsics { width: i.height, height: i.width, fx: i.fy, fy: i.fx, cx: i.cy, cy: i.cx }
        }
        _ => i,
    }
}
