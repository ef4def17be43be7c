//! The container of a glTF file, filled.

use serde_json::{Value, json};

/// Buffer views and accessors as they are made.
#[derive(Default)]
pub(super) struct Glb {
    bytes: Vec<u8>,
    views: Vec<Value>,
    accessors: Vec<Value>,
}

/// What a buffer view is for.
#[derive(Clone, Copy)]
pub(super) enum Target {
    Vertices = 34962,
    Indices = 34963,
}

/// A number as short as it is in single precision.
pub(super) fn num(value: f32) -> Value {
    json!(value.to_string().parse::<f64>().unwrap_or(0.0))
}

pub(super) fn nums(values: &[f32]) -> Value {
    values.iter().map(|v| num(*v)).collect()
}

fn float_bytes<const N: usize>(items: &[[f32; N]]) -> Vec<u8> {
    items.iter().flatten().flat_map(|v| v.to_le_bytes()).collect()
}

fn shape_name(components: usize) -> &'static str {
    match components {
        1 => "SCALAR",
        2 => "VEC2",
        3 => "VEC3",
        4 => "VEC4",
        _ => "MAT4",
    }
}

/// Least and greatest of each component.
fn bounds<const N: usize>(items: impl Iterator<Item = [f32; N]>) -> (Value, Value) {
    let mut low = [f32::INFINITY; N];
    let mut high = [f32::NEG_INFINITY; N];
    for item in items {
        for c in 0..N {
            // Adding zero turns -0 into 0, so that files do not depend on it.
            low[c] = low[c].min(item[c]) + 0.0;
            high[c] = high[c].max(item[c]) + 0.0;
        }
    }
    (nums(&low), nums(&high))
}

impl Glb {
    pub(super) fn view(&mut self, bytes: &[u8], target: Option<Target>) -> usize {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        let mut view = json!({
            "buffer": 0, "byteOffset": self.bytes.len(), "byteLength": bytes.len(),
        });
        if let Some(target) = target {
            view["target"] = json!(target as u32);
        }
        self.bytes.extend_from_slice(bytes);
        self.views.push(view);
        self.views.len() - 1
    }

    fn push(&mut self, accessor: Value) -> usize {
        self.accessors.push(accessor);
        self.accessors.len() - 1
    }

    /// Vectors of floats, with bounds if the format demands them.
    pub(super) fn floats<const N: usize>(
        &mut self,
        items: &[[f32; N]],
        target: Option<Target>,
        bounded: bool,
    ) -> usize {
        let view = self.view(&float_bytes(items), target);
        let mut accessor = json!({
            "bufferView": view, "componentType": 5126, "count": items.len(),
            "type": shape_name(N),
        });
        if bounded {
            (accessor["min"], accessor["max"]) = bounds(items.iter().copied());
        }
        self.push(accessor)
    }

    /// Triangles' corners.
    pub(super) fn indices(&mut self, indices: &[u32], vertices: usize) -> usize {
        let small = vertices <= usize::from(u16::MAX);
        let bytes = index_bytes(indices, small);
        let view = self.view(&bytes, Some(Target::Indices));
        self.push(json!({
            "bufferView": view, "componentType": if small { 5123 } else { 5125 },
            "count": indices.len(), "type": "SCALAR",
        }))
    }

    /// Four joints a vertex.
    pub(super) fn joints(&mut self, joints: &[[u16; 4]], bones: usize) -> usize {
        let small = bones <= 256;
        let bytes: Vec<u8> = if small {
            joints.iter().flatten().map(|joint| *joint as u8).collect()
        } else {
            joints.iter().flatten().flat_map(|joint| joint.to_le_bytes()).collect()
        };
        let view = self.view(&bytes, Some(Target::Vertices));
        self.push(json!({
            "bufferView": view, "componentType": if small { 5121 } else { 5123 },
            "count": joints.len(), "type": "VEC4",
        }))
    }

    /// The places of a sparse accessor: the view of its indices and their type.
    pub(super) fn places(&mut self, indices: &[u32], vertices: usize) -> (usize, u32) {
        let small = vertices <= usize::from(u16::MAX);
        (self.view(&index_bytes(indices, small), None), if small { 5123 } else { 5125 })
    }

    /// Vectors that are zero but at some places.
    pub(super) fn sparse(
        &mut self,
        (places, kind): (usize, u32),
        values: &[[f32; 3]],
        count: usize,
        bounded: bool,
    ) -> usize {
        let mut accessor = json!({ "componentType": 5126, "count": count, "type": "VEC3" });
        if !values.is_empty() {
            let view = self.view(&float_bytes(values), None);
            accessor["sparse"] = json!({
                "count": values.len(),
                "indices": { "bufferView": places, "componentType": kind },
                "values": { "bufferView": view },
            });
        }
        if bounded {
            let rest = (values.len() < count).then_some([0.0; 3]);
            (accessor["min"], accessor["max"]) = bounds(values.iter().copied().chain(rest));
        }
        self.push(accessor)
    }

    /// The file; `root` has everything but buffers, views and accessors.
    pub(super) fn finish(mut self, mut root: Value) -> Option<Vec<u8>> {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        root["buffers"] = json!([{ "byteLength": self.bytes.len() }]);
        root["bufferViews"] = Value::Array(self.views);
        root["accessors"] = Value::Array(self.accessors);
        let mut text = String::new();
        print(&root, &mut text);
        let mut json = text.into_bytes();
        json.resize(json.len().next_multiple_of(4), b' ');
        let whole = 12 + 8 + json.len() + 8 + self.bytes.len();
        let len = |bytes: &[u8]| u32::try_from(bytes.len()).ok();
        let mut file = Vec::with_capacity(whole);
        file.extend_from_slice(b"glTF");
        for word in [2, u32::try_from(whole).ok()?, len(&json)?, 0x4e4f_534a] {
            file.extend_from_slice(&word.to_le_bytes());
        }
        file.extend_from_slice(&json);
        for word in [len(&self.bytes)?, 0x004e_4942] {
            file.extend_from_slice(&word.to_le_bytes());
        }
        file.extend_from_slice(&self.bytes);
        Some(file)
    }
}

fn index_bytes(indices: &[u32], small: bool) -> Vec<u8> {
    if small {
        indices.iter().flat_map(|index| (*index as u16).to_le_bytes()).collect()
    } else {
        indices.iter().flat_map(|index| index.to_le_bytes()).collect()
    }
}

/// JSON with the keys of every object in order, so that the bytes do not depend on how serde_json was
/// built.
fn print(value: &Value, out: &mut String) {
    match value {
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                print(item, out);
            }
            out.push(']');
        }
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort_unstable();
            out.push('{');
            for (at, key) in keys.into_iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                print(&map[key], out);
            }
            out.push('}');
        }
        plain => out.push_str(&plain.to_string()),
    }
}
