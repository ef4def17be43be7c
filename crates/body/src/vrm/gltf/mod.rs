//! glTF 2.0, as far as people's bodies need it: containers, accessors, pictures. Everything that a
//! file says is checked before memory is taken for it.

mod access;
mod container;
mod picture;
pub(crate) mod schema;

pub(crate) use access::Reader;
pub(crate) use container::{Document, at_most};
pub(crate) use picture::decode as decode_picture;

/// How much a file may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file.
    pub file_bytes: u64,
    /// Bytes of its JSON.
    pub json_bytes: u64,
    /// Items of one list of the JSON, such as nodes or accessors.
    pub items: u64,
    /// Items of one accessor: vertices or indices.
    pub accessor_items: u64,
    /// Numbers decoded from all accessors together.
    pub numbers: u64,
    /// Pixels of a picture's side.
    pub picture_side: u32,
    /// Pixels of all pictures together.
    pub pixels: u64,
    /// Vertices of all meshes together.
    pub vertices: u64,
    /// Triangles' corners of all meshes together.
    pub corners: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 512 << 20,
            json_bytes: 32 << 20,
            items: 1 << 16,
            accessor_items: 6 << 20,
            numbers: 256 << 20,
            picture_side: 8192,
            pixels: 128 << 20,
            vertices: 2 << 20,
            corners: 24 << 20,
        }
    }
}
