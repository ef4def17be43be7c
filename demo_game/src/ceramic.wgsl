// Glazed facets under a sky, a ground and a sun. Cheap, so that a machine that draws in software
// can stand close to the object.

#import bevy_pbr::forward_io::VertexOutput
#import bevy_pbr::mesh_view_bindings::view

struct Ceramic {
    // Linear colours.
    glaze: vec4<f32>,
    above: vec4<f32>,
    below: vec4<f32>,
    sun: vec4<f32>,
    // World space, towards the sun, unit length.
    towards_sun: vec4<f32>,
}

@group(#{MATERIAL_BIND_GROUP}) @binding(0) var<uniform> ceramic: Ceramic;

@fragment
fn fragment(facet: VertexOutput) -> @location(0) vec4<f32> {
    let normal = normalize(facet.world_normal);
    let towards_eye = normalize(view.world_position - facet.world_position.xyz);
    let sky = mix(ceramic.below.rgb, ceramic.above.rgb, 0.5 + 0.5 * normal.y);
    let sunlit = max(dot(normal, ceramic.towards_sun.xyz), 0.0);
    let half_way = normalize(towards_eye + ceramic.towards_sun.xyz);
    let shine = pow(max(dot(normal, half_way), 0.0), 48.0);
    // The glaze mirrors more of the sky at grazing angles.
    let grazing = pow(1.0 - max(dot(normal, towards_eye), 0.0), 4.0);
    let lit = ceramic.glaze.rgb * (sky + ceramic.sun.rgb * sunlit);
    return vec4(lit + ceramic.sun.rgb * 0.5 * shine + sky * 0.35 * grazing, 1.0);
}
