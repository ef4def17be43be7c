// What is in the air before the finished scene: fog, haze and dark by the distance, and rain and snow on their way down,
// before world and meshes alike. The same as `crates/spatial/src/air.rs` and `falling.rs`.

struct Kind {
    // How many fall in each cube, and the first one's number among all.
    counts: vec3<u32>,
    first: u32,
    // What they show, and the share of what is behind that they hide.
    colour: vec3<f32>,
    alpha: f32,
    radius_m: f32,
    fall_mps: f32,
    sway_m: f32,
    least_px: f32,
    nearest_m: f32,
    padding_a: f32,
    padding_b: f32,
    padding_c: f32,
}

struct Params {
    world_from_view: mat4x4<f32>,
    view_from_world: mat4x4<f32>,
    // (m00, m11, m20, m21) of the projection.
    projection: vec4<f32>,
    // What thick air shows, and the share of light lost per metre at the floor.
    colour: vec3<f32>,
    extinction_per_m: f32,
    wind_mps: vec2<f32>,
    floor_m: f32,
    scale_height_m: f32,
    // The viewport in target pixels.
    corner: vec2<f32>,
    size: vec2<f32>,
    // Near plane, metres, and the time that what falls has fallen.
    near: f32,
    phase_secs: f32,
    // Share of the light of things that is lost to the dark per metre.
    dark_per_m: f32,
    padding: f32,
    kinds: array<Kind, 2>,
}

#ifdef MULTISAMPLED
@group(0) @binding(0) var depth: texture_depth_multisampled_2d;
#else
@group(0) @binding(0) var depth: texture_depth_2d;
#endif
@group(0) @binding(1) var<uniform> params: Params;

const TAU: f32 = 6.283185307;
const SKY_SCALE_M: f32 = 30.0;
const SHUTTER_SECS: f32 = 1.0 / 70.0;
const MOST_PX: f32 = 40.0;

// Infinite reverse-Z: the depth buffer holds near / metres; sky is 0.
fn inverse_depth_at(target_pixel: vec2<f32>) -> f32 {
    return textureLoad(depth, vec2<i32>(target_pixel), 0) / params.near;
}

// Share of light that survives a way; `rise` is the sine of its angle over the horizon.
fn transmittance(from_m: f32, rise: f32, distance_m: f32) -> f32 {
    let above = max(from_m - params.floor_m, 0.0) / params.scale_height_m;
    let here = params.extinction_per_m * exp(-above);
    if distance_m < 0.0 {
        return exp(-here * SKY_SCALE_M / (max(rise, 0.0) + 0.01));
    }
    let climb = clamp(rise * distance_m / params.scale_height_m, -30.0, 60.0);
    var mean = 1.0;
    if abs(climb) >= 1e-3 {
        mean = (1.0 - exp(-climb)) / climb;
    }
    return exp(-min(here * mean * distance_m, params.extinction_per_m * distance_m));
}

@fragment
fn veil(@builtin(position) position: vec4<f32>) -> @location(0) vec4<f32> {
    let pixel = position.xy - params.corner;
    let place = (pixel / params.size * 2.0 - 1.0) * vec2(1.0, -1.0);
    let ray = vec3((place + params.projection.zw) / params.projection.xy, -1.0);
    let towards = (params.world_from_view * vec4(ray, 0.0)).y / length(ray);
    let inverse_m = inverse_depth_at(position.xy);
    // Negative: it never ends.
    let distance_m = select(-1.0, length(ray) / inverse_m, inverse_m > 0.0);
    let clear = transmittance(params.world_from_view[3].y, towards, distance_m);
    let lit = select(1.0, exp(-params.dark_per_m * distance_m), distance_m > 0.0);
    // Its own light, and how much of what is behind it is gone.
    return vec4(params.colour * (1.0 - clear), 1.0 - clear * lit);
}

// Random bits of a particle (PCG in its form for shaders).
fn bits(index: u32, cube: u32, what: u32) -> u32 {
    let seed = (index * 16u + what) * 4u + cube;
    let state = seed * 747796405u + 2891336453u;
    let word = ((state >> ((state >> 28u) + 4u)) ^ state) * 277803737u;
    return (word >> 22u) ^ word;
}

fn unit(index: u32, cube: u32, what: u32) -> f32 {
    return f32(bits(index, cube, what) >> 8u) / 16777216.0;
}

fn wrapped(v: vec3<f32>, side: f32) -> vec3<f32> {
    return v - floor(v / side) * side;
}

// Of a cube that holds what falls, metres.
fn half_side(cube: u32) -> f32 {
    return select(select(26.0, 9.0, cube == 1u), 3.0, cube == 0u);
}

// Pixels of the viewport; depth in metres, negative behind the camera.
fn project(place: vec3<f32>) -> vec3<f32> {
    let view = (params.view_from_world * vec4(place, 1.0)).xyz;
    let ndc = params.projection.xy * view.xy / -view.z - params.projection.zw;
    return vec3((ndc * vec2(0.5, -0.5) + 0.5) * params.size, -view.z);
}

struct Streak {
    @builtin(position) position: vec4<f32>,
    @location(0) @interpolate(flat) ends: vec4<f32>,
    @location(1) @interpolate(flat) colour: vec4<f32>,
    @location(2) @interpolate(flat) radius: f32,
    @location(3) @interpolate(flat) inverse_m: f32,
}

@vertex
fn streak(@builtin(vertex_index) vertex: u32, @builtin(instance_index) instance: u32) -> Streak {
    var out: Streak;
    // Outside of every screen, unless it is seen.
    out.position = vec4(2.0, 2.0, 0.0, 1.0);
    let kind = params.kinds[select(0u, 1u, instance >= params.kinds[1].first)];
    var index = instance - kind.first;
    var cube = 0u;
    if index >= kind.counts.x {
        index -= kind.counts.x;
        cube = 1u;
        if index >= kind.counts.y {
            index -= kind.counts.y;
            cube = 2u;
        }
    }
    let reach = half_side(cube);
    let side = 2.0 * reach;
    let eye = params.world_from_view[3].xyz;
    let low = eye - reach;
    let pace = 0.75 + 0.5 * unit(index, cube, 3u);
    let velocity = vec3(params.wind_mps.x, -kind.fall_mps * pace, params.wind_mps.y);
    let home = vec3(unit(index, cube, 0u), unit(index, cube, 1u), unit(index, cube, 2u)) * side;
    var place = low + wrapped(home + wrapped(velocity * params.phase_secs, side) - low, side);
    let turns = unit(index, cube, 4u) + (0.35 + 0.3 * unit(index, cube, 5u)) * params.phase_secs;
    let turn = TAU * fract(turns);
    place += vec3(sin(turn), 0.0, cos(turn)) * (kind.sway_m * (0.6 + unit(index, cube, 6u)));
    let from_px = project(place);
    let to_px = project(place - velocity * SHUTTER_SECS);
    // What is nearer than the smaller cube's reach belongs to that.
    let nearest_m = select(0.7 * half_side(max(cube, 1u) - 1u), kind.nearest_m, cube == 0u);
    if from_px.z < nearest_m || to_px.z <= 0.0 {
        return out;
    }
    let focal = 0.5 * min(params.projection.x * params.size.x, params.projection.y * params.size.y);
    let sized = kind.radius_m * (0.6 + 0.8 * unit(index, cube, 7u)) * focal / from_px.z;
    let radius = clamp(sized, kind.least_px, MOST_PX);
    // Thinner than a pixel is fainter.
    let drawn = max(radius, 0.5);
    let far = min(from_px.z / 26.0, 1.0);
    let alpha = kind.alpha * (1.0 - 0.6 * far) * min(radius / drawn, 1.0);
    let edge = drawn + 0.5;
    let low_px = min(from_px.xy, to_px.xy) - edge;
    let high_px = max(from_px.xy, to_px.xy) + edge;
    // Two triangles.
    let right = vertex == 1u || vertex >= 4u;
    let below = vertex == 2u || vertex == 3u || vertex == 5u;
    let pixel = select(low_px, high_px, vec2(right, below));
    out.position = vec4((pixel / params.size * 2.0 - 1.0) * vec2(1.0, -1.0), 0.5, 1.0);
    out.ends = vec4(from_px.xy, to_px.xy);
    out.colour = vec4(kind.colour, alpha);
    out.radius = drawn;
    out.inverse_m = 1.0 / from_px.z;
    return out;
}

@fragment
fn falling(in: Streak) -> @location(0) vec4<f32> {
    let at = in.position.xy - params.corner - in.ends.xy;
    let along = in.ends.zw - in.ends.xy;
    let gone = clamp(dot(at, along) / max(dot(along, along), 1e-6), 0.0, 1.0);
    let away = length(at - along * gone);
    let share = in.colour.a * clamp(in.radius + 0.5 - away, 0.0, 1.0);
    // What stands before it hides it.
    if share <= 0.0 || inverse_depth_at(in.position.xy) >= in.inverse_m {
        discard;
    }
    return vec4(in.colour.rgb * share, share);
}
