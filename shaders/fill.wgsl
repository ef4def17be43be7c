// Fills what memory does not cover: push-pull in colour and inverse depth, biased to what is
// farther, resting on the backdrop. Follows `reverie_spatial::fill`.
//
// Two dispatches, however many levels: `pull_levels` makes all levels of a 64x64 block in one
// workgroup, `push_levels` comes down to a 32x32 block from all the texels that reach it.
//
// Constants named in capitals without a value here are put in front of this file by
// plugin/src/gpu/pipelines.rs.

struct Fill {
    // Columns, rows and first texel of each level; level 0 is the picture.
    levels: array<vec4<u32>, 7>,
    // fx, fy, cx, cy in pixels.
    camera: vec4<f32>,
    // Columns of the rotation from view to world space.
    world_from_view: array<vec4<f32>, 3>,
    // Where the eye is; the last number is how many objects shade.
    eye: vec4<f32>,
}

// An object as what it takes of the light, see `reverie_spatial::objects::Shader`.
struct Shader {
    axes: array<vec4<f32>, 3>,
    centre: vec4<f32>,
    sun: vec4<f32>,
    shape: vec4<f32>,
    ball: vec4<f32>,
}

struct Texel {
    // Red, green, blue (0 to 1), inverse depth.
    value: vec4<f32>,
    // How much of it is known, 0 to 1.
    weight: f32,
}

@group(0) @binding(0) var<uniform> fill: Fill;
@group(0) @binding(1) var drawn_colour: texture_2d<f32>;
@group(0) @binding(2) var drawn_depth: texture_depth_2d;
// Three words per texel: red and green, blue and weight, inverse depth.
@group(0) @binding(3) var<storage, read_write> texels: array<u32>;
// Red, green, blue (0 to 255), inverse distance.
@group(0) @binding(4) var<storage, read> backdrop: array<vec4<f32>>;
@group(0) @binding(5) var colour_out: texture_storage_2d<rgba8unorm, write>;
@group(0) @binding(6) var inverse_depth_out: texture_storage_2d<r32float, write>;
@group(0) @binding(7) var<storage, read> shaders: array<Shader>;

const NOTHING = Texel(vec4(0.0), 0.0);

fn inside(level: u32, at: vec2<i32>) -> bool {
    return all(at >= vec2(0)) && all(at < vec2<i32>(fill.levels[level].xy));
}

fn drawn(at: vec2<i32>) -> Texel {
    if !inside(0u, at) {
        return NOTHING;
    }
    let colour = textureLoad(drawn_colour, at, 0);
    if colour.a == 0.0 {
        return NOTHING;
    }
    return Texel(vec4(colour.rgb, textureLoad(drawn_depth, at, 0) / NEAR_M), 1.0);
}

fn word(level: u32, at: vec2<i32>) -> u32 {
    let place = vec2<u32>(at);
    return 3u * (fill.levels[level].z + place.y * fill.levels[level].x + place.x);
}

fn store(level: u32, at: vec2<i32>, texel: Texel) {
    if inside(level, at) {
        let to = word(level, at);
        texels[to] = pack2x16unorm(texel.value.rg);
        texels[to + 1u] = pack2x16unorm(vec2(texel.value.b, texel.weight));
        texels[to + 2u] = bitcast<u32>(texel.value.a);
    }
}

fn load(level: u32, at: vec2<i32>) -> Texel {
    let place = word(level, at);
    let red_green = unpack2x16unorm(texels[place]);
    let blue_weight = unpack2x16unorm(texels[place + 1u]);
    let inverse_depth = bitcast<f32>(texels[place + 2u]);
    return Texel(vec4(red_green, blue_weight.x, inverse_depth), blue_weight.y);
}

// How strongly nearer texels of a level lose weight.
fn bias(level: u32) -> f32 {
    var biases = FILL_BIASES;
    return biases[level];
}

// Weights of four texels of a level, less for nearer ones; a weight of 0 stays 0.
fn farther_weights(depths: vec4<f32>, weights: vec4<f32>, level: u32) -> vec4<f32> {
    let known = weights > vec4(0.0);
    let known_depths = select(vec4(FARTHER_THAN_ALL), depths, known);
    let farthest =
        min(min(known_depths.x, known_depths.y), min(known_depths.z, known_depths.w));
    let nearer = bias(level) * (depths - farthest) / (farthest + FILL_FAR_OFFSET);
    return select(vec4(0.0), weights / (1.0 + nearer * nearer), known);
}

// The texel above a block of 2x2 of a level.
fn pull(a: Texel, b: Texel, c: Texel, d: Texel, level: u32) -> Texel {
    let weights = vec4(a.weight, b.weight, c.weight, d.weight);
    let depths = vec4(a.value.a, b.value.a, c.value.a, d.value.a);
    let own = farther_weights(depths, weights, level);
    let weight = dot(own, vec4(1.0));
    if weight == 0.0 {
        return NOTHING;
    }
    let sum = own.x * a.value + own.y * b.value + own.z * c.value + own.w * d.value;
    let share = dot(weights, vec4(0.25 * FILL_WEIGHT_GAIN));
    return Texel(sum / weight, min(share, 1.0));
}

var<workgroup> pulled: array<Texel, 256>;

@compute @workgroup_size(16, 16)
fn pull_levels(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_id) local_id: vec3<u32>,
) {
    let local = vec2<i32>(local_id.xy);
    let second = vec2<i32>(group.xy) * 16 + local;
    var ones: array<Texel, 4>;
    for (var k = 0; k < 4; k++) {
        let first = second * 2 + vec2(k & 1, k >> 1u);
        let at = first * 2;
        ones[k] = pull(
            drawn(at),
            drawn(at + vec2(1, 0)),
            drawn(at + vec2(0, 1)),
            drawn(at + vec2(1, 1)),
            0u,
        );
        store(1u, first, ones[k]);
    }
    let two = pull(ones[0], ones[1], ones[2], ones[3], 1u);
    store(2u, second, two);
    let own = local.y * 16 + local.x;
    pulled[own] = two;
    workgroupBarrier();
    var side = 8;
    for (var level = 3u; level <= 6u; level++) {
        let takes_part = all(local < vec2(side));
        var texel = NOTHING;
        if takes_part {
            let below = local.y * 32 + local.x * 2;
            texel = pull(
                pulled[below],
                pulled[below + 1],
                pulled[below + 16],
                pulled[below + 17],
                level - 1u,
            );
            store(level, vec2<i32>(group.xy) * side + local, texel);
        }
        workgroupBarrier();
        if takes_part {
            pulled[own] = texel;
        }
        workgroupBarrier();
        side /= 2;
    }
}

// What the backdrop shows behind a texel of the top level.
fn behind(at: vec2<i32>) -> vec4<f32> {
    let uv = (vec2<f32>(at) + 0.5) * 64.0;
    let ray = vec3(
        (uv.x - fill.camera.z) / fill.camera.x,
        (fill.camera.w - uv.y) / fill.camera.y,
        -1.0,
    );
    let direction = fill.world_from_view[0].xyz * ray.x + fill.world_from_view[1].xyz * ray.y
        + fill.world_from_view[2].xyz * ray.z;
    let azimuth = atan2(direction.x, -direction.z);
    let elevation = atan2(direction.y, length(direction.xz));
    let size = vec2(BACKDROP_COLUMNS, BACKDROP_ROWS);
    let place = vec2(azimuth / TAU + 0.5, 0.5 - elevation / PI) * vec2<f32>(size) - 0.5;
    let corner = vec2<i32>(floor(place));
    let share = place - floor(place);
    let left = (corner.x + size.x) % size.x;
    let right = (corner.x + 1 + size.x) % size.x;
    let top = clamp(corner.y, 0, size.y - 1) * size.x;
    let bottom = clamp(corner.y + 1, 0, size.y - 1) * size.x;
    let sample = mix(
        mix(backdrop[top + left], backdrop[top + right], share.x),
        mix(backdrop[bottom + left], backdrop[bottom + right], share.x),
        share.y,
    );
    return vec4(sample.rgb / 255.0, sample.a * length(ray));
}

// The pushed texels around this workgroup's 32x32 pixels: levels 1, 3, 5 and levels 2, 4, 6.
var<workgroup> odd: array<vec4<f32>, 324>;
var<workgroup> even: array<vec4<f32>, 100>;
var<workgroup> holes: atomic<u32>;
var<workgroup> has_holes: u32;

// Texels along a side of a level's part: the block's own and one more on each side.
fn part_side(level: u32) -> i32 {
    return select((32 >> level) + 2, 3, level == 6u);
}

fn part_origin(level: u32, group: vec2<u32>) -> vec2<i32> {
    return vec2<i32>((group * 32u) >> vec2(level)) - 1;
}

fn pushed(level: u32, at: vec2<i32>, group: vec2<u32>) -> vec4<f32> {
    let place = at - part_origin(level, group);
    let index = place.y * part_side(level) + place.x;
    if (level & 1u) == 1u {
        return odd[index];
    }
    return even[index];
}

// Bilinear sample of a level at a texel of the level below, nearer texels counting less.
fn sample_above(level: u32, at: vec2<i32>, group: vec2<u32>) -> vec4<f32> {
    let last = vec2<i32>(fill.levels[level].xy) - 1;
    let near = at / 2;
    let far = clamp(near + select(vec2(-1), vec2(1), (at & vec2(1)) == vec2(1)), vec2(0), last);
    let a = pushed(level, near, group);
    let b = pushed(level, vec2(far.x, near.y), group);
    let c = pushed(level, vec2(near.x, far.y), group);
    let d = pushed(level, far, group);
    let bilinear = vec4(0.5625, 0.1875, 0.1875, 0.0625);
    let own = farther_weights(vec4(a.a, b.a, c.a, d.a), bilinear, level);
    return (own.x * a + own.y * b + own.z * c + own.w * d) / dot(own, vec4(1.0));
}

// Where a line enters and leaves -half to half along one axis.
fn slab(start: f32, along: f32, half: f32) -> vec2<f32> {
    let step = select(along, 1e-4, abs(along) < 1e-4);
    let a = (-half - start) / step;
    let b = (half - start) / step;
    return vec2(min(a, b), max(a, b));
}

// Where a line enters and leaves the unit ball; the wrong way round by how far it misses.
fn unit_ball(start: vec3<f32>, along: vec3<f32>) -> vec2<f32> {
    let a = max(dot(along, along), 1e-6);
    let b = dot(start, along);
    let disc = b * b - a * (dot(start, start) - 1.0);
    let root = sqrt(abs(disc)) / a * select(1.0, -1.0, disc < 0.0);
    return vec2(-b / a - root, -b / a + root);
}

// What is left of a display value at a point of the world. Follows
// `reverie_spatial::objects::Shader::kept`.
fn kept(k: u32, point: vec3<f32>) -> f32 {
    let shape = shaders[k].shape;
    let to_ball = point - shaders[k].ball.xyz;
    if dot(to_ball, to_ball) > shape.z * shape.z {
        return 1.0;
    }
    let from_centre = point - shaders[k].centre.xyz;
    let x = shaders[k].axes[0];
    let y = shaders[k].axes[1];
    let z = shaders[k].axes[2];
    var local = vec3(dot(x.xyz, from_centre), dot(y.xyz, from_centre), dot(z.xyz, from_centre));
    var half = vec3(x.w, y.w, z.w);
    let beyond = max(abs(local) - half, vec3(0.0));
    if max(beyond.x, max(beyond.y, beyond.z)) <= 0.01 * min(half.x, min(half.y, half.z)) {
        return 1.0;
    }
    var away = length(beyond);
    if shape.x >= 0.5 {
        let across = length(local.xz / half.xz);
        away = length(vec2(max(across - 0.72, 0.0) * min(half.x, half.z), beyond.y));
    }
    let near = max(1.0 - away / shaders[k].centre.w, 0.0);
    let contact = 1.0 - OBJECT_CONTACT * near * near;
    let sun = shaders[k].sun;
    if sun.w >= 1.0 {
        return contact;
    }
    if shape.x > 2.5 {
        local.y -= 0.3 * half.y;
        half.y *= 0.7;
    }
    var span: vec2<f32>;
    if shape.x < 0.5 {
        let a = slab(local.x, sun.x, half.x);
        let b = slab(local.y, sun.y, half.y);
        let c = slab(local.z, sun.z, half.z);
        span = vec2(max(a.x, max(b.x, c.x)), min(a.y, min(b.y, c.y)));
    } else if shape.x < 1.5 {
        let flat_half = vec3(half.x, 1.0, half.z);
        let level = vec3(1.0, 0.0, 1.0);
        let round = unit_ball(local / flat_half * level, sun.xyz / flat_half * level);
        let b = slab(local.y, sun.y, half.y);
        span = vec2(max(round.x, b.x), min(round.y, b.y));
    } else {
        span = unit_ball(local / half, sun.xyz / half);
    }
    if span.y <= 0.0 {
        return contact;
    }
    let soft = shape.y + OBJECT_SOFT_PER_M * max(span.x, 0.0);
    let shadow = smoothstep(0.0, 1.0, (span.y - span.x) / (2.0 * soft) + 0.5);
    return contact * (1.0 - (1.0 - sun.w) * shadow);
}

// What objects leave of a pixel's light.
fn shaded(at: vec2<i32>, inverse_depth: f32) -> f32 {
    let count = u32(fill.eye.w);
    if count == 0u || inverse_depth <= 0.0 {
        return 1.0;
    }
    let uv = vec2<f32>(at) + 0.5;
    let ray = vec3(
        (uv.x - fill.camera.z) / fill.camera.x,
        (fill.camera.w - uv.y) / fill.camera.y,
        -1.0,
    ) / inverse_depth;
    let point = fill.world_from_view[0].xyz * ray.x
        + fill.world_from_view[1].xyz * ray.y
        + fill.world_from_view[2].xyz * ray.z
        + fill.eye.xyz;
    var left = 1.0;
    for (var k = 0u; k < count; k++) {
        left *= kept(k, point);
    }
    return left;
}

@compute @workgroup_size(16, 16)
fn push_levels(
    @builtin(workgroup_id) group_id: vec3<u32>,
    @builtin(local_invocation_id) local_id: vec3<u32>,
    @builtin(local_invocation_index) local_index: u32,
) {
    let group = group_id.xy;
    // Neighbouring invocations take neighbouring pixels.
    let corner = vec2<i32>(group * 32u + local_id.xy);
    var own: array<Texel, 4>;
    var any_hole = false;
    for (var k = 0; k < 4; k++) {
        let at = corner + 16 * vec2(k & 1, k >> 1u);
        own[k] = drawn(at);
        any_hole = any_hole || (inside(0u, at) && own[k].weight == 0.0);
    }
    if any_hole {
        atomicOr(&holes, 1u);
    }
    workgroupBarrier();
    if local_index == 0u {
        has_holes = atomicLoad(&holes);
    }
    // Most blocks of most frames are known throughout.
    if workgroupUniformLoad(&has_holes) != 0u {
        for (var level = 6u; level >= 1u; level--) {
            let side = part_side(level);
            let origin = part_origin(level, group);
            for (var k = i32(local_index); k < side * side; k += 256) {
                let at = origin + vec2(k % side, k / side);
                if inside(level, at) {
                    var above: vec4<f32>;
                    if level == 6u {
                        above = behind(at);
                    } else {
                        above = sample_above(level + 1u, at, group);
                    }
                    let texel = load(level, at);
                    let value = mix(above, texel.value, texel.weight);
                    if (level & 1u) == 1u {
                        odd[k] = value;
                    } else {
                        even[k] = value;
                    }
                }
            }
            workgroupBarrier();
        }
    }
    for (var k = 0; k < 4; k++) {
        let at = corner + 16 * vec2(k & 1, k >> 1u);
        if inside(0u, at) {
            var value = own[k].value;
            if own[k].weight == 0.0 {
                value = sample_above(1u, at, group);
            }
            let colour = value.rgb * shaded(at, value.a);
            textureStore(colour_out, at, vec4(colour, own[k].weight));
            textureStore(inverse_depth_out, at, vec4(value.a, 0.0, 0.0, 0.0));
        }
    }
}
