// A camera's picture and depth, made smaller for a recording.

struct Params {
    // Upper left corner of the viewport, pixels of the source.
    corner: vec2<f32>,
    // Pixels of the source for one of the recording.
    step: vec2<f32>,
    // Samples for one pixel, each between four of the source.
    taps: vec2<u32>,
}

@group(0) @binding(0) var colour: texture_2d<f32>;
#ifdef MULTISAMPLED
@group(0) @binding(1) var depth: texture_depth_multisampled_2d;
#else
@group(0) @binding(1) var depth: texture_depth_2d;
#endif
@group(0) @binding(2) var between: sampler;
@group(0) @binding(3) var<uniform> params: Params;

struct Recorded {
    @location(0) colour: vec4<f32>,
    // As the projection writes it.
    @location(1) depth: f32,
}

fn linear(value: vec3<f32>) -> vec3<f32> {
    let high = pow((value + 0.055) / 1.055, vec3(2.4));
    return select(high, value / 12.92, value <= vec3(0.04045));
}

@fragment
fn record(@builtin(position) position: vec4<f32>) -> Recorded {
    let first = params.corner + floor(position.xy) * params.step;
    let size = vec2<f32>(textureDimensions(colour));
    let part = params.step / vec2<f32>(params.taps);
    var sum = vec3(0.0);
    for (var y = 0u; y < params.taps.y; y += 1u) {
        for (var x = 0u; x < params.taps.x; x += 1u) {
            let at = first + (vec2(f32(x), f32(y)) + 0.5) * part;
            let found = textureSampleLevel(colour, between, at / size, 0.0).rgb;
#ifdef ENCODED
            sum += linear(saturate(found));
#else
            sum += saturate(found);
#endif
        }
    }
    var recorded: Recorded;
    recorded.colour = vec4(sum / f32(params.taps.x * params.taps.y), 1.0);
    // Depth is not averaged: between two surfaces there is nothing.
    let centre = vec2<i32>(first + 0.5 * params.step);
    recorded.depth = textureLoad(depth, clamp(centre, vec2(0), vec2<i32>(size) - 1), 0);
    return recorded;
}
