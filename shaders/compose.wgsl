// Puts the world's picture into the frame: its colour, and its depth as Bevy's own, so that meshes
// drawn afterwards hide and are hidden.

struct Params {
    // Texels per target pixel, and the viewport's corner in target pixels.
    scale: vec2<f32>,
    corner: vec2<f32>,
    // Near plane, metres.
    near: f32,
    // 1 shows depth instead of colour.
    depth_view: u32,
}

@group(0) @binding(0) var colour: texture_2d<f32>;
@group(0) @binding(1) var inverse_depth: texture_2d<f32>;
@group(0) @binding(2) var<uniform> params: Params;

struct Composed {
    @location(0) colour: vec4<f32>,
    @builtin(frag_depth) depth: f32,
}

// Near is warm and bright, far is blue and dark, sky is black; equal steps in log depth.
fn depth_colour(inverse_m: f32) -> vec3<f32> {
    if inverse_m <= 0.0 {
        return vec3(0.0);
    }
    // 0.3 m to 300 m.
    let t = clamp((log(inverse_m) + 5.7) / 6.9, 0.0, 1.0);
    let warm = vec3(1.0, 0.62, 0.18);
    let middle = vec3(0.55, 0.12, 0.35);
    let cold = vec3(0.02, 0.04, 0.16);
    return select(mix(cold, middle, t * 2.0), mix(middle, warm, t * 2.0 - 1.0), t > 0.5);
}

@fragment
fn compose(@builtin(position) position: vec4<f32>) -> Composed {
    let last = vec2<i32>(textureDimensions(colour)) - 1;
    let texel = clamp(vec2<i32>((position.xy - params.corner) * params.scale), vec2(0), last);
    let inverse_m = textureLoad(inverse_depth, texel, 0).x;
    var composed: Composed;
    // Infinite reverse-Z: the depth buffer holds near / metres.
    composed.depth = clamp(inverse_m * params.near, 0.0, 1.0);
    if params.depth_view == 1u {
        composed.colour = vec4(depth_colour(inverse_m), 1.0);
    } else {
        composed.colour = vec4(textureLoad(colour, texel, 0).rgb, 1.0);
    }
    return composed;
}

// The picture fits the target pixel by pixel and its colour is there already.
@fragment
fn depth_only(@builtin(position) position: vec4<f32>) -> @builtin(frag_depth) f32 {
    let inverse_m = textureLoad(inverse_depth, vec2<i32>(position.xy), 0).x;
    return min(inverse_m * params.near, 1.0);
}
