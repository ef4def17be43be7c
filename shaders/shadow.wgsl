// Shadows of things on the world's picture: what stands in the way of the sun and of the light from
// all around is told by capsules; the surface they fall on by the picture's depth.

struct View {
    world_from_view: mat4x4<f32>,
    // Tangents of the ray through a target pixel: pixel * step + start.
    ray_step: vec2<f32>,
    ray_start: vec2<f32>,
    // Texels of the picture per target pixel, and the viewport's corner in target pixels.
    scale: vec2<f32>,
    corner: vec2<f32>,
    // Towards the sun, and its radius as seen (radians).
    sun_direction: vec3<f32>,
    sun_radius: f32,
    // Light on a surface that faces the sun, up, down.
    sun: vec3<f32>,
    strength: f32,
    above: vec3<f32>,
    padding_a: f32,
    below: vec3<f32>,
    padding_b: f32,
}

struct Capsule {
    from_radius: vec4<f32>,
    to: vec4<f32>,
}

struct Caster {
    // Number of capsules, and the share of the sun that reaches the caster.
    count: u32,
    sun_seen: f32,
    padding: vec2<f32>,
    capsules: array<Capsule, #{CAPSULES}>,
}

@group(0) @binding(0) var colour: texture_2d<f32>;
@group(0) @binding(1) var inverse_depth: texture_2d<f32>;
@group(0) @binding(2) var<uniform> view: View;
@group(0) @binding(3) var<uniform> caster: Caster;

// Shadows end here, metres of way that their light has gone.
const LONGEST_M: f32 = 14.0;
// No shadow is darker than this.
const DARKEST: f32 = 0.1;

fn depth_at(texel: vec2<i32>) -> f32 {
    let last = vec2<i32>(textureDimensions(inverse_depth)) - 1;
    return textureLoad(inverse_depth, clamp(texel, vec2(0), last), 0).x;
}

// View space; `pixel` counts from the viewport's corner.
fn point_at(pixel: vec2<f32>, inverse_m: f32) -> vec3<f32> {
    return vec3(pixel * view.ray_step + view.ray_start, -1.0) / inverse_m;
}

// The slope of the surface, from the smoother side of each axis.
fn normal_at(pixel: vec2<f32>, here: vec3<f32>, inverse_m: f32) -> vec3<f32> {
    let texel = vec2<i32>(pixel * view.scale);
    let step = 2.0 / view.scale;
    let w = vec4(
        depth_at(texel + vec2(2, 0)), depth_at(texel - vec2(2, 0)),
        depth_at(texel + vec2(0, 2)), depth_at(texel - vec2(0, 2)),
    );
    let bend = abs(w - inverse_m) + select(vec4(0.0), vec4(1e3), w <= vec4(0.0));
    var across: vec3<f32>;
    if bend.x < bend.y {
        across = point_at(pixel + vec2(step.x, 0.0), w.x) - here;
    } else {
        across = here - point_at(pixel - vec2(step.x, 0.0), max(w.y, 1e-6));
    }
    var down: vec3<f32>;
    if bend.z < bend.w {
        down = point_at(pixel + vec2(0.0, step.y), w.z) - here;
    } else {
        down = here - point_at(pixel - vec2(0.0, step.y), max(w.w, 1e-6));
    }
    return normalize(cross(down, across));
}

// Share of the sun that a capsule hides from a point.
fn sun_hidden(capsule: Capsule, point: vec3<f32>) -> f32 {
    let a = capsule.from_radius.xyz - point;
    let along = capsule.to.xyz - capsule.from_radius.xyz;
    let toward = view.sun_direction;
    let slant = dot(along, toward);
    let apart = max(dot(along, along) - slant * slant, 1e-6);
    // Where the capsule's axis passes the way to the sun.
    let s = clamp((dot(a, toward) * slant - dot(a, along)) / apart, 0.0, 1.0);
    let nearest = a + along * s;
    let way = dot(nearest, toward);
    if way <= 0.0 {
        return 0.0;
    }
    let aside = length(nearest - toward * way);
    let radius = capsule.from_radius.w;
    let blur = way * view.sun_radius + 0.012;
    let hidden = (1.0 - smoothstep(radius - blur, radius + blur, aside)) * min(radius / blur, 1.0);
    return hidden * (1.0 - smoothstep(0.6 * LONGEST_M, LONGEST_M, way));
}

// Share of the light from all around that a capsule hides from a slope.
fn sky_hidden(capsule: Capsule, point: vec3<f32>, normal: vec3<f32>) -> f32 {
    let along = capsule.to.xyz - capsule.from_radius.xyz;
    let from_a = point - capsule.from_radius.xyz;
    let s = clamp(dot(from_a, along) / max(dot(along, along), 1e-6), 0.0, 1.0);
    let to = along * s - from_a;
    let away = max(length(to), capsule.from_radius.w);
    let cosine = max(dot(normal, to) / away, 0.0);
    let share = capsule.from_radius.w / away;
    return cosine * share * share;
}

@fragment
fn shade(@builtin(position) position: vec4<f32>) -> @location(0) vec4<f32> {
    let pixel = position.xy - view.corner;
    let last = vec2<i32>(textureDimensions(colour)) - 1;
    let texel = clamp(vec2<i32>(pixel * view.scale), vec2(0), last);
    let inverse_m = depth_at(texel);
    if inverse_m <= 0.0 {
        return vec4(1.0);
    }
    let here = point_at(pixel, inverse_m);
    let slope = normal_at(pixel, here, inverse_m);
    let normal = normalize((view.world_from_view * vec4(slope, 0.0)).xyz);
    let surface = (view.world_from_view * vec4(here, 1.0)).xyz;
    // Depth is known to a share of itself only.
    let point = surface + normal * (0.004 / inverse_m);

    var sun_left = 1.0;
    var sky_lost = 0.0;
    for (var i = 0u; i < caster.count; i++) {
        let capsule = caster.capsules[i];
        sun_left *= 1.0 - sun_hidden(capsule, point);
        sky_lost += sky_hidden(capsule, point, normal);
    }
    let sky_left = 1.0 - min(sky_lost, 0.85) * view.strength;
    sun_left = 1.0 - (1.0 - sun_left) * view.strength;

    let around = mix(view.below, view.above, 0.5 + 0.5 * normal.y) + vec3(1e-4);
    var by_sun = view.sun * (max(dot(normal, view.sun_direction), 0.0) * caster.sun_seen);
    let shown = textureLoad(colour, texel, 0).rgb;
    // The display's curve is undone, so that a shadow takes light, not brightness.
    let light = shown / (1.02 - min(shown, vec3(1.0)));
    // What is far too dark for a surface in the sun lies in the shade already.
    let grey = vec3(0.2126, 0.7152, 0.0722);
    let albedo = dot(light, grey) / dot(around + by_sun, grey);
    by_sun *= smoothstep(0.02, 0.07, albedo);
    let left = max((around * sky_left + by_sun * sun_left) / (around + by_sun), vec3(DARKEST));
    let darker = light * left;
    return vec4(darker / (1.0 + darker) * (1.0 + light) / max(light, vec3(1e-5)), 1.0);
}
