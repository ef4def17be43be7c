// Draws the remembered tiles into a camera's picture: colour as the sRGB bytes it is kept in, and
// inverse depth by way of the depth buffer (reverse Z, depth = NEAR_M / metres, so sky is 0).
//
// Follows `reverie_spatial::reference`. Constants named in capitals without a value here are put
// in front of this file by plugin/src/gpu/pipelines.rs.

// Maps (u, v, 1, w) of a remembered view to homogeneous screen coordinates.
struct Map {
    // Factors for x, y and depth. x and y are in clip space's scale: -depth to depth.
    x: vec4<f32>,
    y: vec4<f32>,
    depth: vec4<f32>,
    // Width and height of the remembered view in pixels.
    size: vec2<f32>,
    // 1 + index into `objects` of the object that it is a side of; 0 is none.
    object: u32,
}

// The light on an object, and how a point of one of its sides faces it.
struct Object {
    // Factors of (u, v, 1, w), over w: the point in the box stretched to -1 to 1.
    point: array<vec4<f32>, 3>,
    // The box's axes in the world; the last number is 1 over half its edge along that axis.
    axes: array<vec4<f32>, 3>,
    // Light from all around: +X, -X, +Y, -Y, +Z, -Z.
    around: array<vec4<f32>, 6>,
    // Towards the sun; the last number is the kind of solid.
    sun_direction: vec4<f32>,
    sun: vec4<f32>,
    // The side's axis, outwards.
    out: vec4<f32>,
}

// One level of one tile.
struct Draw {
    // Column and row of its first vertex in its view's grid, 16 bits each.
    origin: u32,
    // Cells of stride 1 along its sides, 16 bits each.
    cells: u32,
    // Grid steps between vertices, and vertices in a row, 16 bits each.
    stride_and_columns: u32,
    // Where its vertices and its cut cells begin in `words`.
    first_word: u32,
    first_cut: u32,
    // Index into `maps`.
    map: u32,
}

@group(0) @binding(0) var<storage, read> maps: array<Map>;
@group(0) @binding(1) var<storage, read> draws: array<Draw>;
@group(0) @binding(2) var<storage, read> words: array<u32>;
@group(0) @binding(3) var<storage, read> objects: array<Object>;

struct Varying {
    @builtin(position) position: vec4<f32>,
    @location(0) colour: vec4<f32>,
}

fn low_high(packed: u32) -> vec2<u32> {
    return vec2(packed & 0xffffu, packed >> 16u);
}

// Pixel coordinates in the remembered view of a level's vertex.
fn pixel(draw: Draw, at: vec2<u32>) -> vec2<f32> {
    let stride = low_high(draw.stride_and_columns).x;
    let grid = low_high(draw.origin) + min(at * stride, low_high(draw.cells));
    // The first and the last vertex lie on the picture's border, the others in pixel centres.
    return clamp(vec2<f32>(grid) - 0.5, vec2(0.0), maps[draw.map].size);
}

fn clip(map: u32, uv: vec2<f32>, w: f32) -> vec4<f32> {
    let p = vec4(uv, 1.0, w);
    let depth = dot(maps[map].depth, p);
    return vec4(dot(maps[map].x, p), dot(maps[map].y, p), NEAR_M * w, depth);
}

fn power9(x: vec3<f32>) -> vec3<f32> {
    let cube = x * x * x;
    return cube * cube * cube;
}

// Follows `reverie_spatial::objects::facing`.
fn facing(solid: f32, point: vec3<f32>, inverse_half: vec3<f32>, out: vec3<f32>) -> vec3<f32> {
    let p = clamp(point, vec3(-1.0), vec3(1.0));
    var gradient = p;
    if solid < 0.5 {
        gradient = power9(p);
    } else if solid < 1.5 {
        let radius = length(p.xz);
        let round = power9(vec3(min(radius, 1.0))).x / max(radius, 1e-3);
        gradient = vec3(p.x * round, power9(p).y, p.z * round);
    } else if solid > 2.5 {
        gradient.y -= 0.25;
    }
    let along = gradient * inverse_half;
    let size = length(along);
    return select(out, along / size, size > 1e-20) + out * OBJECT_OUTWARD;
}

// The colour of a vertex in the light where it stands; the memory's own have theirs already.
fn lit(map: u32, uv: vec2<f32>, w: f32, colour: vec4<f32>) -> vec4<f32> {
    if maps[map].object == 0u {
        return colour;
    }
    let at = maps[map].object - 1u;
    let p = vec4(uv, 1.0, w);
    let point = vec3(
        dot(objects[at].point[0], p),
        dot(objects[at].point[1], p),
        dot(objects[at].point[2], p),
    ) / w;
    let x = objects[at].axes[0];
    let y = objects[at].axes[1];
    let z = objects[at].axes[2];
    let sun_direction = objects[at].sun_direction;
    let own = facing(sun_direction.w, point, vec3(x.w, y.w, z.w), objects[at].out.xyz);
    let normal = normalize(x.xyz * own.x + y.xyz * own.y + z.xyz * own.z);
    let squares = normal * normal;
    var light = objects[at].sun.xyz * max(dot(normal, sun_direction.xyz), 0.0);
    light += select(objects[at].around[0].xyz, objects[at].around[1].xyz, normal.x < 0.0) * squares.x;
    light += select(objects[at].around[2].xyz, objects[at].around[3].xyz, normal.y < 0.0) * squares.y;
    light += select(objects[at].around[4].xyz, objects[at].around[5].xyz, normal.z < 0.0) * squares.z;
    let s = colour.rgb;
    let linear = select(pow((s + 0.055) / 1.055, vec3(2.4)), s / 12.92, s <= vec3(0.04045));
    let scene = max(linear * light, vec3(0.0));
    let display = scene / (1.0 + scene);
    let encoded = select(
        1.055 * pow(display, vec3(1.0 / 2.4)) - 0.055,
        12.92 * display,
        display <= vec3(0.0031308),
    );
    return vec4(encoded, colour.a);
}

@vertex
fn whole_cell(
    @builtin(vertex_index) vertex: u32,
    @builtin(instance_index) instance: u32,
) -> Varying {
    let draw = draws[instance];
    let columns = low_high(draw.stride_and_columns).y;
    let word = draw.first_word + 2u * vertex;
    let uv = pixel(draw, vec2(vertex % columns, vertex / columns));
    let w = bitcast<f32>(words[word]);
    let colour = lit(draw.map, uv, w, unpack4x8unorm(words[word + 1u]));
    return Varying(clip(draw.map, uv, w), colour);
}

// A cut cell's quarters: 4 quads of 6 vertices each, see `reverie_spatial::quarters`.
@vertex
fn quarter_cell(
    @builtin(vertex_index) vertex: u32,
    @builtin(instance_index) instance: u32,
) -> Varying {
    let draw = draws[instance];
    let cut = words[draw.first_cut + vertex / 24u];
    let bits = cut >> 16u;
    // Which quarter: 0 top left, 1 top right, 2 bottom right, 3 bottom left.
    let corner = (vertex / 6u) & 3u;
    let own_side = vec2(u32(corner == 1u || corner == 2u), corner >> 1u);
    // HAS_TOP_LEFT 16, HAS_TOP_RIGHT 32, HAS_BOTTOM_LEFT 64, HAS_BOTTOM_RIGHT 128.
    let has = 16u << (own_side.x + 2u * own_side.y);
    if (bits & has) == 0u {
        return Varying(vec4(0.0, 0.0, 0.0, 1.0), vec4(0.0));
    }
    let columns = low_high(draw.stride_and_columns).y;
    let cell = vec2(cut & 0xffu, (cut >> 8u) & 0xffu);
    let own_at = cell + own_side;
    let beside_at = vec2(cell.x + 1u - own_side.x, own_at.y);
    let beyond_at = vec2(own_at.x, cell.y + 1u - own_side.y);
    let own_word = draw.first_word + 2u * (own_at.y * columns + own_at.x);
    let own = bitcast<f32>(words[own_word]);
    let beside = bitcast<f32>(words[draw.first_word + 2u * (beside_at.y * columns + beside_at.x)]);
    let beyond = bitcast<f32>(words[draw.first_word + 2u * (beyond_at.y * columns + beyond_at.x)]);
    // TOP 1, BOTTOM 2; LEFT 4, RIGHT 8.
    let joins_beside = (bits & (1u << own_side.y)) != 0u;
    let joins_beyond = (bits & (4u << own_side.x)) != 0u;
    let across = select(own, 0.5 * (own + beside), joins_beside);
    let down = select(own, 0.5 * (own + beyond), joins_beyond);
    let centre = max(across + down - own, 0.0);
    // Clockwise from the quarter's own top left: (0, 0), (1, 0), (1, 1), (0, 0), (1, 1), (0, 1).
    let k = vertex % 6u;
    let step = vec2(u32(k == 1u || k == 2u || k == 4u), u32(k == 2u || k >= 4u));
    // The cell's three columns and rows are 0, 1 (the middle) and 2.
    let place = own_side + step;
    let low = pixel(draw, cell);
    let high = pixel(draw, cell + 1u);
    let uv = select(select(low, high, place == vec2(2u)), 0.5 * (low + high), place == vec2(1u));
    let w = select(
        select(own, down, place.y == 1u),
        select(across, centre, place.y == 1u),
        place.x == 1u,
    );
    // The whole quarter has its vertex's colour.
    let own_uv = pixel(draw, own_at);
    let colour = lit(draw.map, own_uv, own, unpack4x8unorm(words[own_word + 1u]));
    return Varying(clip(draw.map, uv, w), colour);
}

@fragment
fn known(in: Varying) -> @location(0) vec4<f32> {
    return vec4(in.colour.rgb, 1.0);
}
