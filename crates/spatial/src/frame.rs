//! A rendered frame.

use reverie_world_model::{DepthImage, PictureError, RgbImage};

/// A rendered picture with depth, its buffers kept from one frame to the next.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Frame {
    width: u32,
    height: u32,
    rgba: Vec<u32>,
    inverse_depth: Vec<f32>,
    coverage: f32,
}

impl Frame {
    /// An empty frame; the first render gives it a size.
    pub fn new() -> Self {
        Self::default()
    }

    /// Width in pixels.
    pub fn width(&self) -> u32 {
        self.width
    }
    /// Height in pixels.
    pub fn height(&self) -> u32 {
        self.height
    }
    /// `width * height * 4` bytes r, g, b, a, sRGB, rows from the top; `a` is 255 where the pixel
    /// comes from memory and 0 where it was filled.
    pub fn rgba8(&self) -> &[u8] {
        bytemuck::cast_slice(&self.rgba)
    }
    /// Inverse depth along the view axis, 1/m; 0 is sky. `width * height` values.
    pub fn inverse_depth(&self) -> &[f32] {
        &self.inverse_depth
    }
    /// Share of pixels that come from memory, 0 to 1.
    pub fn coverage(&self) -> f32 {
        self.coverage
    }
    /// Whether the pixel at index `y * width + x` comes from memory.
    pub fn is_known(&self, at: usize) -> bool {
        self.rgba[at] >> 24 != 0
    }

    /// A copy of the colours.
    ///
    /// # Errors
    /// [`PictureError::Empty`] before the first render.
    pub fn to_rgb(&self) -> Result<RgbImage, PictureError> {
        let mut data = Vec::with_capacity(self.rgba.len() * 3);
        for pixel in &self.rgba {
            data.extend_from_slice(&pixel.to_le_bytes()[..3]);
        }
        RgbImage::new(self.width, self.height, data)
    }

    /// A copy of the depth in metres, infinity for sky.
    ///
    /// # Errors
    /// [`PictureError::Empty`] before the first render.
    pub fn to_depth(&self) -> Result<DepthImage, PictureError> {
        let metres = self.inverse_depth.iter().map(|w| 1.0 / w.max(0.0)).collect();
        DepthImage::new(self.width, self.height, metres)
    }

    /// Gives the buffers a size; allocates only when it grows.
    pub(crate) fn resize(&mut self, width: u32, height: u32) {
        let pixels = width as usize * height as usize;
        (self.width, self.height) = (width, height);
        self.rgba.resize(pixels, 0);
        self.inverse_depth.resize(pixels, 0.0);
    }

    pub(crate) fn buffers_mut(&mut self) -> (&mut [u32], &mut [f32]) {
        (&mut self.rgba, &mut self.inverse_depth)
    }

    pub(crate) fn set_known_pixels(&mut self, known: usize) {
        self.coverage = known as f32 / self.rgba.len().max(1) as f32;
    }
}
