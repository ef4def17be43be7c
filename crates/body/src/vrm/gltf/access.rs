//! Numbers from accessors.

use super::{Document, at_most, schema};
use crate::vrm::error::Problem;
use std::cell::Cell;

/// Reads accessors of a document, within its limits.
pub(crate) struct Reader<'a> {
    pub document: &'a Document<'a>,
    numbers: Cell<u64>,
}

/// Items of an accessor that are not zero, by rising index.
pub(crate) struct Sparsely<const N: usize> {
    pub count: usize,
    pub items: Vec<(u32, [f32; N])>,
}

struct Layout<'a> {
    data: Option<&'a [u8]>,
    stride: usize,
    component: Component,
}

#[derive(Clone, Copy, PartialEq)]
enum Component {
    I8,
    U8,
    I16,
    U16,
    U32,
    F32,
}

impl Component {
    fn new(code: u64) -> Option<Self> {
        Some(match code {
            5120 => Self::I8,
            5121 => Self::U8,
            5122 => Self::I16,
            5123 => Self::U16,
            5125 => Self::U32,
            5126 => Self::F32,
            _ => return None,
        })
    }

    fn size(self) -> usize {
        match self {
            Self::I8 | Self::U8 => 1,
            Self::I16 | Self::U16 => 2,
            Self::U32 | Self::F32 => 4,
        }
    }

    /// `bytes` holds at least one component.
    fn number(self, bytes: &[u8], normalised: bool) -> f32 {
        let (value, full) = match self {
            Self::I8 => (f32::from(bytes[0] as i8), 127.0),
            Self::U8 => (f32::from(bytes[0]), 255.0),
            Self::I16 => (f32::from(i16::from_le_bytes([bytes[0], bytes[1]])), 32767.0),
            Self::U16 => (f32::from(u16::from_le_bytes([bytes[0], bytes[1]])), 65535.0),
            Self::U32 => (self.integer(bytes) as f32, u32::MAX as f32),
            Self::F32 => return f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]),
        };
        if normalised { (value / full).max(-1.0) } else { value }
    }

    /// Of an unsigned component.
    fn integer(self, bytes: &[u8]) -> u32 {
        match self {
            Self::U8 => bytes[0].into(),
            Self::U16 => u16::from_le_bytes([bytes[0], bytes[1]]).into(),
            _ => u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]),
        }
    }
}

impl<'a> Reader<'a> {
    pub(crate) fn new(document: &'a Document<'a>) -> Self {
        Self { document, numbers: Cell::new(0) }
    }

    pub(crate) fn accessor(
        &self,
        field: &str,
        index: u64,
    ) -> Result<&'a schema::Accessor, Problem> {
        let all = &self.document.accessors;
        all.get(index as usize).ok_or_else(|| Problem::index(field, "accessors", index, all.len()))
    }

    /// Vectors of floats; integers that are not normalised are taken as they are.
    pub(crate) fn floats<const N: usize>(
        &self,
        field: &str,
        index: u64,
    ) -> Result<Vec<[f32; N]>, Problem> {
        let (accessor, layout) = self.layout::<N>(field, index)?;
        let normalised = accessor.normalized == Some(true);
        let count = accessor.count as usize;
        let mut items = match layout.data {
            None => vec![[0.0; N]; count],
            Some(data) => {
                let item = |at: usize| vector(&layout, &data[at * layout.stride..], normalised);
                (0..count).map(item).collect()
            }
        };
        for (at, item) in self.sparse::<N>(index, accessor, layout.component)? {
            items[at as usize] = item;
        }
        finite(field, items.iter().flatten())?;
        Ok(items)
    }

    /// As [`floats`](Self::floats), but what is zero is left out, and a sparse accessor of a large mesh
    /// stays small.
    pub(crate) fn sparsely<const N: usize>(
        &self,
        field: &str,
        index: u64,
    ) -> Result<Sparsely<N>, Problem> {
        let (accessor, layout) = self.layout::<N>(field, index)?;
        let count = accessor.count as usize;
        let mut items = if layout.data.is_none() {
            self.sparse::<N>(index, accessor, layout.component)?
        } else {
            (0..).zip(self.floats::<N>(field, index)?).collect()
        };
        finite(field, items.iter().flat_map(|(_, item)| item))?;
        items.retain(|(_, item)| *item != [0.0; N]);
        Ok(Sparsely { count, items })
    }

    /// Vectors of unsigned integers.
    pub(crate) fn integers<const N: usize>(
        &self,
        field: &str,
        index: u64,
    ) -> Result<Vec<[u32; N]>, Problem> {
        let (accessor, layout) = self.layout::<N>(field, index)?;
        if !matches!(layout.component, Component::U8 | Component::U16 | Component::U32) {
            return Err(Problem::field(field, "its numbers are not unsigned integers"));
        }
        if accessor.sparse.is_some() {
            return Err(Problem::field(field, "a sparse accessor cannot hold integers here"));
        }
        let count = accessor.count as usize;
        let Some(data) = layout.data else { return Ok(vec![[0; N]; count]) };
        let size = layout.component.size();
        let item = |at: usize| {
            let bytes = &data[at * layout.stride..];
            std::array::from_fn(|c| layout.component.integer(&bytes[c * size..]))
        };
        Ok((0..count).map(item).collect())
    }

    /// Checks an accessor whole: shape, count, place within its buffer.
    fn layout<const N: usize>(
        &self,
        field: &str,
        index: u64,
    ) -> Result<(&'a schema::Accessor, Layout<'a>), Problem> {
        let accessor = self.accessor(field, index)?;
        let name = format!("accessors[{index}]");
        let wanted = match N {
            1 => "SCALAR",
            2 => "VEC2",
            3 => "VEC3",
            4 => "VEC4",
            _ => "MAT4",
        };
        if accessor.shape != wanted {
            let reason = format!("accessors[{index}] is {}, not {wanted}", accessor.shape);
            return Err(Problem::field(field, reason));
        }
        let limits = &self.document.limits;
        at_most(&format!("{name}.count"), accessor.count, limits.accessor_items)?;
        let component = component(&name, accessor.component_type)?;
        let used = self.numbers.get().saturating_add(accessor.count * N as u64);
        at_most("numbers of all accessors", used, limits.numbers)?;
        self.numbers.set(used);
        let width = component.size() * N;
        let Some(view) = accessor.buffer_view else {
            return Ok((accessor, Layout { data: None, stride: width, component }));
        };
        let (bytes, stride) = self.document.view(&format!("{name}.bufferView"), view)?;
        let stride = stride.unwrap_or(width as u64);
        if stride < width as u64 || stride > 4096 {
            let reason = format!("a stride of {stride} bytes does not fit items of {width}");
            return Err(Problem::field(format!("bufferViews[{view}].byteStride"), reason));
        }
        let offset = accessor.byte_offset.unwrap_or(0);
        let needed = match accessor.count {
            0 => 0,
            count => (count - 1) * stride + width as u64,
        };
        if offset.checked_add(needed).is_none_or(|end| end > bytes.len() as u64) {
            let reason = format!(
                "{} items from byte {offset} are not within bufferViews[{view}] of {} bytes",
                accessor.count,
                bytes.len()
            );
            return Err(Problem::field(name, reason));
        }
        let data = Some(&bytes[offset as usize..]);
        Ok((accessor, Layout { data, stride: stride as usize, component }))
    }

    fn sparse<const N: usize>(
        &self,
        index: u64,
        accessor: &schema::Accessor,
        values: Component,
    ) -> Result<Vec<(u32, [f32; N])>, Problem> {
        let Some(sparse) = &accessor.sparse else { return Ok(Vec::new()) };
        let name = format!("accessors[{index}].sparse");
        at_most(&format!("{name}.count"), sparse.count, accessor.count)?;
        let count = sparse.count as usize;
        let kind = component(&name, sparse.indices.component_type)?;
        if !matches!(kind, Component::U8 | Component::U16 | Component::U32) {
            return Err(Problem::field(name, "its indices are not unsigned integers"));
        }
        let part = |what: &str, view: u64, offset: Option<u64>, width: usize| {
            let field = format!("{name}.{what}");
            let (bytes, _) = self.document.view(&field, view)?;
            let offset = offset.unwrap_or(0);
            let end = offset.checked_add((count * width) as u64);
            let Some(end) = end.filter(|end| *end <= bytes.len() as u64) else {
                let reason = format!("{count} items are not within bufferViews[{view}]");
                return Err(Problem::field(field, reason));
            };
            Ok(&bytes[offset as usize..end as usize])
        };
        let (size, width) = (kind.size(), values.size() * N);
        let places = part("indices", sparse.indices.buffer_view, sparse.indices.byte_offset, size)?;
        let data = part("values", sparse.values.buffer_view, sparse.values.byte_offset, width)?;
        let layout = Layout { data: None, stride: width, component: values };
        let normalised = accessor.normalized == Some(true);
        let mut items: Vec<(u32, [f32; N])> = Vec::with_capacity(count);
        for (place, bytes) in places.chunks_exact(size).zip(data.chunks_exact(width)) {
            let at = kind.integer(place);
            if u64::from(at) >= accessor.count || items.last().is_some_and(|(last, _)| *last >= at)
            {
                let reason = format!("index {at} is not below the count or does not rise");
                return Err(Problem::field(format!("{name}.indices"), reason));
            }
            items.push((at, vector(&layout, bytes, normalised)));
        }
        Ok(items)
    }
}

fn vector<const N: usize>(layout: &Layout, bytes: &[u8], normalised: bool) -> [f32; N] {
    let size = layout.component.size();
    std::array::from_fn(|c| layout.component.number(&bytes[c * size..], normalised))
}

fn component(name: &str, code: u64) -> Result<Component, Problem> {
    Component::new(code).ok_or_else(|| {
        Problem::field(format!("{name}.componentType"), format!("{code} is no type of number"))
    })
}

fn finite<'f>(field: &str, mut values: impl Iterator<Item = &'f f32>) -> Result<(), Problem> {
    match values.find(|v| !v.is_finite()) {
        Some(value) => Err(Problem::field(field, format!("holds {value}"))),
        None => Ok(()),
    }
}
