// People: Bevy's standard lighting, and what it lacks for skin, eyes, hair and cloth. One of AVATAR_SKIN,
// AVATAR_EYE, AVATAR_CORNEA, AVATAR_HAIR and AVATAR_CLOTH is defined; without, it is the standard material.
// AVATAR_LIGHTS is defined with each of them.
//
// AVATAR_LEAN is for devices that are programs. They go through both sides of every branch and once through
// every loop, so what is seldom needed costs as much as what is seen: here are one lookup of the sun's shadow
// map, one of each texture and of the surroundings, and simpler terms in the place of the standard lighting.
// Lamps throw no shadows on people; of probes only the camera's own counts.

#import bevy_pbr::{
    clustered_forward as clustering,
    forward_io::{FragmentOutput, VertexOutput},
    lighting,
    mesh_bindings::mesh,
    mesh_types::MESH_FLAGS_SHADOW_RECEIVER_BIT,
    mesh_view_bindings as view_bindings,
    mesh_view_types,
    pbr_bindings,
    pbr_fragment::pbr_input_from_standard_material,
    pbr_functions,
    pbr_functions::{alpha_discard, apply_pbr_lighting, main_pass_post_lighting_processing},
    pbr_types,
    shadow_sampling,
    shadows,
}
#ifdef ENVIRONMENT_MAP
#import bevy_pbr::environment_map
#import bevy_pbr::mesh_view_bindings::light_probes
#endif
#ifdef TONEMAP_IN_SHADER
#import bevy_core_pipeline::tonemapping::{screen_space_dither, tone_mapping}
#endif
#ifdef VISIBILITY_RANGE_DITHER
#import bevy_pbr::pbr_functions::visibility_range_dither
#endif

struct SurfaceParams {
    scatter: vec3<f32>,
    size: f32,
    // How much of the surroundings is seen from where it is.
    open: f32,
}

@group(#{MATERIAL_BIND_GROUP}) @binding(100) var<uniform> surface: SurfaceParams;

const PI: f32 = 3.14159265;

// A light as this fragment sees it.
struct Lit {
    // Unit vector towards it.
    to_light: vec3<f32>,
    // Illuminance of a surface that faces it.
    light: vec3<f32>,
    // How much of it arrives here, and how much a little below the surface towards the light: 0 to 1.
    shadow: f32,
    deep: f32,
}

// What a surface is lit with, beyond the standard.
struct Surface {
    albedo: vec3<f32>,
    n: vec3<f32>,
    // Without the fine detail of a normal map.
    smooth_n: vec3<f32>,
    v: vec3<f32>,
    // Along a strand.
    strand: vec3<f32>,
    scatter: vec3<f32>,
    // As GGX has it.
    roughness: f32,
    // What is mirrored at normal incidence.
    f0: vec3<f32>,
}

#ifdef AVATAR_PLAIN
fn shade(s: Surface, lit: Lit) -> vec3<f32> {
    return vec3(0.0);
}
#endif

#ifdef AVATAR_SKIN
// What the standard diffuse term lacks: the terminator is soft and red, since red light travels farthest
// below the surface, and fine detail does not show in light that was scattered below it. And light from
// behind comes through what is thin.
fn shade(s: Surface, lit: Lit) -> vec3<f32> {
    let plain = saturate(dot(s.n, lit.to_light));
    let bend = dot(s.smooth_n, lit.to_light);
    // How far the light goes round, by colour.
    let reach = 0.7 * s.scatter;
    let facing = mix(vec3(dot(s.n, lit.to_light)), vec3(bend), saturate(1.6 * reach));
    let wrapped = saturate((facing + reach) / (1.0 + reach));
    let soft = wrapped * mix(vec3(1.0), wrapped, reach);
    // Where the surface turns away its own shadow has no say: what counts is what is just below it.
    let own = smoothstep(-0.05, 0.35, bend);
    let arrives = mix(lit.deep, lit.shadow, own);
    let behind = saturate(-bend) * (0.35 + 0.65 * pow(saturate(dot(-s.v, lit.to_light)), 2.0));
    let through = reach * reach * behind * lit.deep;
    let inside = surface.open * (soft * arrives + 0.7 * through) - plain * lit.shadow;
    return s.albedo / PI * lit.light * inside;
}
#endif

#ifdef AVATAR_EYE
// The white of the eye is milky: its shadow side is not black.
fn shade(s: Surface, lit: Lit) -> vec3<f32> {
    let facing = dot(s.n, lit.to_light);
    let soft = saturate((facing + 0.35) / 1.35);
    return s.albedo / PI * lit.light * (soft * soft - saturate(facing)) * lit.shadow * 0.8;
}
#endif

#ifdef AVATAR_CORNEA
// The image of a light on the wet cornea: a small bright disc. Lights are drawn somewhat towards the
// viewer, as photographers place them, so that lids and brows do not hide the image.
fn shade(s: Surface, lit: Lit) -> vec3<f32> {
    let towards = normalize(lit.to_light + 0.9 * s.v);
    let half_way = normalize(towards + s.v);
    let disc = smoothstep(0.9915, 0.9965, dot(s.n, half_way));
    let in_front = smoothstep(-0.3, 0.2, dot(lit.to_light, s.v));
    return 0.16 * lit.light * disc * in_front * (0.3 + 0.7 * lit.shadow);
}
#endif

#ifdef AVATAR_HAIR
fn along(strand: vec3<f32>, half_way: vec3<f32>, power: f32) -> f32 {
    let across = dot(strand, half_way);
    let sine = sqrt(max(1.0 - across * across, 0.0));
    return smoothstep(-1.0, 0.0, across) * pow(sine, power);
}

// Marschner's two highlights, as Kajiya and Kay and Scheuermann draw them: one white, towards the tip,
// from the strands' surface, and one in the hair's colour, towards the root, from inside.
fn shade(s: Surface, lit: Lit) -> vec3<f32> {
    let half_way = normalize(lit.to_light + s.v);
    let facing = dot(s.n, lit.to_light);
    let outer = along(normalize(s.strand - 0.10 * s.n), half_way, 110.0);
    let inner = along(normalize(s.strand + 0.14 * s.n), half_way, 22.0);
    let visible = saturate(facing * 1.4 + 0.35);
    let shine = 0.045 * outer + s.albedo * 0.55 * inner;
    // Light goes through the outer strands.
    let wrapped = saturate((facing + 0.45) / 1.45);
    let soft = wrapped * wrapped * 0.85;
    let arrives = mix(lit.deep, lit.shadow, smoothstep(-0.1, 0.3, facing));
    let rim = pow(saturate(dot(-s.v, lit.to_light)), 6.0) * (1.0 - saturate(dot(s.n, s.v)));
    let diffuse = s.albedo / PI * (soft * arrives - saturate(facing) * lit.shadow);
    return lit.light * (diffuse + (shine * visible + s.albedo * 0.5 * rim) * arrives);
}
#endif

#ifdef AVATAR_CLOTH
// Fibres that stand off: a soft rim (after Estevez and Kulla, with the visibility of Neubelt).
fn shade(s: Surface, lit: Lit) -> vec3<f32> {
    let half_way = normalize(lit.to_light + s.v);
    let facing = saturate(dot(s.n, lit.to_light));
    let sine2 = 1.0 - pow(saturate(dot(s.n, half_way)), 2.0);
    let spread = 3.2;
    let distribution = (2.0 + spread) * pow(max(sine2, 1e-4), 0.5 * spread) / (2.0 * PI);
    let across = saturate(dot(s.n, s.v));
    let visibility = 1.0 / (4.0 * (facing + across - facing * across) + 1e-3);
    let fibres = s.scatter * mix(vec3(1.0), s.albedo * 2.0, 0.6);
    return fibres * distribution * visibility * facing * lit.light * lit.shadow;
}
#endif

#ifdef AVATAR_LEAN
// What the standard lighting gives of a light: Lambert's diffuse term and GGX with the mobile fit of
// Lazarov and Karis for its visibility and Fresnel's term.
fn standard(s: Surface, lit: Lit) -> vec3<f32> {
    let facing = saturate(dot(s.n, lit.to_light));
    let half_way = normalize(lit.to_light + s.v);
    let across = saturate(dot(s.n, half_way));
    let towards = saturate(dot(lit.to_light, half_way));
    let square = s.roughness * s.roughness;
    let spread = across * across * (square - 1.0) + 1.0;
    let gloss = square / (spread * spread * max(0.1, towards * towards) * (4.0 * s.roughness + 2.0));
    return (s.albedo + gloss * s.f0) / PI * facing * lit.light * lit.shadow;
}

#ifdef ENVIRONMENT_MAP
fn around(way: vec3<f32>) -> vec3<f32> {
#ifdef MULTIPLE_LIGHT_PROBES_IN_ARRAY
    let map = max(light_probes.view_cubemap_index, 0);
    let light = textureSampleLevel(view_bindings::diffuse_environment_maps[map],
        view_bindings::environment_map_sampler, way, 0.0);
#else
    let light = textureSampleLevel(
        view_bindings::diffuse_environment_map, view_bindings::environment_map_sampler, way, 0.0);
#endif
    return light.rgb * light_probes.intensity_for_view;
}

fn mirrored_in(way: vec3<f32>, rough: f32) -> vec3<f32> {
#ifdef MULTIPLE_LIGHT_PROBES_IN_ARRAY
    let map = max(light_probes.view_cubemap_index, 0);
    let level = rough * f32(textureNumLevels(view_bindings::specular_environment_maps[map]) - 1u);
    let light = textureSampleLevel(view_bindings::specular_environment_maps[map],
        view_bindings::environment_map_sampler, way, level);
#else
    let level = rough * f32(light_probes.smallest_specular_mip_level_for_view);
    let light = textureSampleLevel(
        view_bindings::specular_environment_map, view_bindings::environment_map_sampler, way, level);
#endif
    return light.rgb * light_probes.intensity_for_view;
}
#endif

// Light from all around, as the standard lighting has it.
fn surroundings(s: Surface, in: pbr_types::PbrInput) -> vec3<f32> {
    let n_dot_v = max(dot(s.n, s.v), 0.0001);
    let rough = in.material.perceptual_roughness;
    let r = rough * vec4(-1.0, -0.0275, -0.572, 0.022) + vec4(1.0, 0.0425, 1.04, -0.04);
    let fit = min(r.x * r.x, exp2(-9.28 * n_dot_v)) * r.x + r.y;
    let mirrored = s.f0 * (r.z - 1.04 * fit) + saturate(50.0 * 0.33 * 3.0 * s.f0.g) * (1.04 * fit + r.w);
    let ambient = view_bindings::lights.ambient_color.rgb;
    var sum = (0.45 * s.albedo + mirrored) * ambient * in.diffuse_occlusion;
#ifdef ENVIRONMENT_MAP
    let turn = light_probes.view_rotation;
    // Cube maps are left-handed.
    let faces = environment_map::quat_rotate(turn, s.n) * vec3(1.0, 1.0, -1.0);
    let irradiance = around(faces);
#ifdef AVATAR_ROUGH
    // What is matt mirrors no more than a blur.
    let radiance = irradiance;
#else
    let way = environment_map::radiance_sample_direction(s.n, reflect(-s.v, s.n), s.roughness);
    let mirror = environment_map::quat_rotate(turn, way) * vec3(1.0, 1.0, -1.0);
    let radiance = mirrored_in(mirror, rough);
#endif
    let seen = 0.96 * s.albedo * irradiance * in.diffuse_occlusion + mirrored * radiance;
    sum += select(vec3(0.0), seen, light_probes.view_cubemap_index >= 0);
#endif
    return sum;
}

// What `pbr_input_from_standard_material` finds out, as far as people have it, and how much light
// scatters. Whoever is cut away is cut away first.
struct LeanInput {
    pbr: pbr_types::PbrInput,
    scatter: f32,
}

fn lean_input(in: VertexOutput, is_front: bool) -> LeanInput {
    var pbr = pbr_types::pbr_input_new();
    let flags = pbr_bindings::material.flags;
    pbr.material.flags = flags;
    pbr.material.alpha_cutoff = pbr_bindings::material.alpha_cutoff;
    pbr.material.base_color = pbr_bindings::material.base_color;
#ifdef VERTEX_UVS_A
    let bias = view_bindings::view.mip_bias;
    if (flags & pbr_types::STANDARD_MATERIAL_FLAGS_BASE_COLOR_TEXTURE_BIT) != 0u {
        let encoded = textureSampleBias(
            pbr_bindings::base_color_texture, pbr_bindings::base_color_sampler, in.uv, bias);
        // sRGB's decoding, within 0.2 %.
        let c = encoded.rgb;
        let decoded = c * (c * (c * 0.305306011 + 0.682171111) + 0.012522878);
        pbr.material.base_color *= vec4(decoded, encoded.a);
    }
#endif
    pbr.material.base_color = alpha_discard(pbr.material, pbr.material.base_color);
    pbr.flags = mesh[in.instance_index].flags;
    pbr.is_orthographic = view_bindings::view.clip_from_view[3].w == 1.0;
    pbr.V = pbr_functions::calculate_view(in.world_position, pbr.is_orthographic);
    pbr.frag_coord = in.position;
    pbr.world_position = in.world_position;
    let double_sided = (flags & pbr_types::STANDARD_MATERIAL_FLAGS_DOUBLE_SIDED_BIT) != 0u;
    pbr.world_normal = pbr_functions::prepare_world_normal(in.world_normal, double_sided, is_front);
    pbr.N = normalize(pbr.world_normal);
    pbr.material.reflectance = pbr_bindings::material.reflectance;
    pbr.material.metallic = pbr_bindings::material.metallic;
    pbr.material.perceptual_roughness = pbr_bindings::material.perceptual_roughness;
    var scatter = 1.0;
#ifdef VERTEX_UVS_A
    if (flags & pbr_types::STANDARD_MATERIAL_FLAGS_METALLIC_ROUGHNESS_TEXTURE_BIT) != 0u {
        let surface = textureSampleBias(pbr_bindings::metallic_roughness_texture,
            pbr_bindings::metallic_roughness_sampler, in.uv, bias);
        pbr.material.metallic *= surface.b;
        pbr.material.perceptual_roughness *= surface.g;
        scatter = surface.a;
        // One picture has both.
        if (flags & pbr_types::STANDARD_MATERIAL_FLAGS_OCCLUSION_TEXTURE_BIT) != 0u {
            pbr.diffuse_occlusion = vec3(surface.r);
        }
    }
#ifdef VERTEX_TANGENTS
#ifdef STANDARD_MATERIAL_NORMAL_MAP
    let tbn = pbr_functions::calculate_tbn_mikktspace(pbr.world_normal, in.world_tangent);
    let normal = textureSampleBias(
        pbr_bindings::normal_map_texture, pbr_bindings::normal_map_sampler, in.uv, bias).rgb;
    pbr.N = pbr_functions::apply_normal_mapping(flags, tbn, double_sided, is_front, normal);
#endif
#endif
#endif
    return LeanInput(pbr, scatter);
}
#endif

#ifdef AVATAR_LEAN
// As `main_pass_post_lighting_processing`, but that lights do not shine through the fog.
fn finished(in: pbr_types::PbrInput, lit: vec4<f32>) -> vec4<f32> {
    var color = lit;
#ifdef DISTANCE_FOG
    let params = view_bindings::fog;
    let away = distance(in.world_position.xyz, view_bindings::view.world_position.xyz);
    let none = vec3(0.0);
    if params.mode == mesh_view_types::FOG_MODE_LINEAR {
        color = bevy_pbr::fog::linear_fog(params, lit, away, none);
    } else if params.mode == mesh_view_types::FOG_MODE_EXPONENTIAL {
        color = bevy_pbr::fog::exponential_fog(params, lit, away, none);
    } else if params.mode == mesh_view_types::FOG_MODE_EXPONENTIAL_SQUARED {
        color = bevy_pbr::fog::exponential_squared_fog(params, lit, away, none);
    } else if params.mode == mesh_view_types::FOG_MODE_ATMOSPHERIC {
        color = bevy_pbr::fog::atmospheric_fog(params, lit, away, none);
    }
#endif
#ifdef TONEMAP_IN_SHADER
    color = tone_mapping(color, view_bindings::view.color_grading);
#ifdef DEBAND_DITHER
    let encoded = pow(max(color.rgb, vec3(0.0)), vec3(1.0 / 2.2)) + screen_space_dither(in.frag_coord.xy);
    color = vec4(pow(max(encoded, vec3(0.0)), vec3(2.2)), color.a);
#endif
#endif
#ifdef PREMULTIPLY_ALPHA
    color = pbr_functions::premultiply_alpha(in.material.flags, color);
#endif
    return color;
}
#endif

#ifdef AVATAR_LIGHTS
fn view_z_of(position: vec4<f32>) -> f32 {
    let view = view_bindings::view.view_from_world;
    return dot(vec4<f32>(view[0].z, view[1].z, view[2].z, view[3].z), position);
}

fn shadow_of_sun(i: u32, position: vec4<f32>, normal: vec3<f32>, view_z: f32, at: vec2<f32>, receives: bool) -> f32 {
    let sun = &view_bindings::lights.directional_lights[i];
    if !receives || ((*sun).flags & mesh_view_types::DIRECTIONAL_LIGHT_FLAGS_SHADOWS_ENABLED_BIT) == 0u {
        return 1.0;
    }
#ifdef AVATAR_LEAN
    let cascade = shadows::get_cascade_index(i, view_z);
    if cascade >= (*sun).num_cascades {
        return 1.0;
    }
    let off = (*sun).shadow_normal_bias * (*sun).cascades[cascade].texel_size * normal
        + (*sun).shadow_depth_bias * (*sun).direction_to_light.xyz;
    let local = shadows::world_to_directional_light_local(i, cascade, position + vec4(off, 0.0));
    if local.w == 0.0 {
        return 1.0;
    }
    let layer = i32((*sun).depth_texture_base_index + cascade);
    return shadow_sampling::sample_shadow_map_hardware(local.xy, local.z, layer);
#else
    return shadows::fetch_directional_shadow(i, position, normal, view_z, at);
#endif
}

// All lights once more, for what the standard lighting lacks; lean, all lights.
fn beyond_standard(s: Surface, in: pbr_types::PbrInput) -> vec3<f32> {
    var sum = vec3(0.0);
    let receives = (in.flags & MESH_FLAGS_SHADOW_RECEIVER_BIT) != 0u;
    let view_z = view_z_of(in.world_position);
    let depth_m = 0.015 * surface.size;

    for (var i = 0u; i < view_bindings::lights.n_directional_lights; i = i + 1u) {
        let sun = &view_bindings::lights.directional_lights[i];
        var lit: Lit;
        lit.to_light = (*sun).direction_to_light;
        lit.light = (*sun).color.rgb;
#ifdef AVATAR_LEAN
        // Between the surface and what is below it, by what counts.
        let below = depth_m * (1.0 - smoothstep(-0.05, 0.35, dot(s.smooth_n, lit.to_light)));
        let looked_up = in.world_position + vec4(lit.to_light * below, 0.0);
        lit.shadow = shadow_of_sun(i, looked_up, in.world_normal, view_z, in.frag_coord.xy, receives);
        lit.deep = lit.shadow;
        sum += standard(s, lit);
#else
        lit.shadow = shadow_of_sun(i, in.world_position, in.world_normal, view_z, in.frag_coord.xy, receives);
        lit.deep = lit.shadow;
#ifndef AVATAR_CLOTH
        if dot(s.smooth_n, lit.to_light) < 0.35 {
            let deep = in.world_position + vec4(lit.to_light * depth_m, 0.0);
            lit.deep = shadow_of_sun(i, deep, in.world_normal, view_z, in.frag_coord.xy, receives);
        }
#endif
#endif
        sum += shade(s, lit);
    }

    let cluster = clustering::view_fragment_cluster_index(in.frag_coord.xy, view_z, in.is_orthographic);
    let ranges = clustering::unpack_clusterable_object_index_ranges(cluster);
    for (var i = ranges.first_point_light_index_offset; i < ranges.first_reflection_probe_index_offset; i = i + 1u) {
        let id = clustering::get_clusterable_object_id(i);
        let lamp = &view_bindings::clustered_lights.data[id];
        let way = (*lamp).position_radius.xyz - in.world_position.xyz;
        let square = dot(way, way);
        var lit: Lit;
        lit.to_light = way * inverseSqrt(max(square, 1e-8));
        lit.light = (*lamp).color_inverse_square_range.rgb
            * lighting::getDistanceAttenuation(square, (*lamp).color_inverse_square_range.w);
        lit.shadow = 1.0;
        lit.deep = 1.0;
        let spot = i >= ranges.first_spot_light_index_offset;
        if spot {
            var direction = vec3((*lamp).light_custom_data.x, 0.0, (*lamp).light_custom_data.y);
            direction.y = sqrt(max(0.0, 1.0 - direction.x * direction.x - direction.z * direction.z));
            if ((*lamp).flags & mesh_view_types::POINT_LIGHT_FLAGS_SPOT_LIGHT_Y_NEGATIVE) != 0u {
                direction.y = -direction.y;
            }
            let cone = saturate(dot(-direction, lit.to_light) * (*lamp).light_custom_data.z + (*lamp).light_custom_data.w);
            lit.light *= cone * cone;
        }
#ifdef AVATAR_LEAN
        sum += standard(s, lit);
#else
        if receives && ((*lamp).flags & mesh_view_types::POINT_LIGHT_FLAGS_SHADOWS_ENABLED_BIT) != 0u {
            let deep = in.world_position + vec4(lit.to_light * depth_m, 0.0);
            if spot {
                let near = (*lamp).shadow_map_near_z;
                lit.shadow = shadows::fetch_spot_shadow(id, in.world_position, in.world_normal, near, in.frag_coord.xy);
                lit.deep = shadows::fetch_spot_shadow(id, deep, in.world_normal, near, in.frag_coord.xy);
            } else {
                lit.shadow = shadows::fetch_point_shadow(id, in.world_position, in.world_normal, in.frag_coord.xy);
                lit.deep = shadows::fetch_point_shadow(id, deep, in.world_normal, in.frag_coord.xy);
            }
        }
#endif
        sum += shade(s, lit);
    }
    return sum * view_bindings::view.exposure;
}
#endif

@fragment
fn fragment(in: VertexOutput, @builtin(front_facing) is_front: bool) -> FragmentOutput {
#ifdef VISIBILITY_RANGE_DITHER
    visibility_range_dither(in.position, in.visibility_range_dither);
#endif
#ifdef AVATAR_LEAN
    let lean = lean_input(in, is_front);
    var pbr = lean.pbr;
#else
    var pbr = pbr_input_from_standard_material(in, is_front);
    pbr.material.base_color = alpha_discard(pbr.material, pbr.material.base_color);
#endif

#ifdef AVATAR_LIGHTS
    var s: Surface;
    s.n = pbr.N;
    s.smooth_n = normalize(pbr.world_normal);
    s.v = pbr.V;
    s.strand = vec3(0.0, 1.0, 0.0);
    s.scatter = surface.scatter;
    s.roughness = lighting::perceptualRoughnessToRoughness(pbr.material.perceptual_roughness);
#endif

    pbr.diffuse_occlusion *= surface.open;

#ifdef AVATAR_SKIN
#ifdef AVATAR_LEAN
    s.scatter *= lean.scatter;
#else
    let has_map = (pbr.material.flags & pbr_types::STANDARD_MATERIAL_FLAGS_METALLIC_ROUGHNESS_TEXTURE_BIT) != 0u;
    if has_map {
#ifdef VERTEX_UVS_A
        s.scatter *= textureSample(pbr_bindings::metallic_roughness_texture, pbr_bindings::metallic_roughness_sampler, in.uv).a;
#endif
    }
#endif
    // In folds light is scattered from wall to wall and comes out redder.
    pbr.diffuse_occlusion = pow(pbr.diffuse_occlusion, vec3(1.0) - 0.7 * s.scatter);
#endif

#ifdef AVATAR_CORNEA
    // A mirror has no diffuse light; what surrounds it is added below.
    pbr.diffuse_occlusion = vec3(0.0);
#endif

#ifdef AVATAR_EYE
    // Lids and lashes keep light from above off the ball.
    let lid = mix(0.42, 1.0, smoothstep(0.62, 0.05, s.smooth_n.y));
    pbr.diffuse_occlusion *= lid;
    pbr.material.base_color = vec4(pbr.material.base_color.rgb * mix(0.75, 1.0, lid), pbr.material.base_color.a);
    // The edge of the iris (half way out in the texture) fades into the white, darkened.
#ifdef VERTEX_UVS_A
    let from_middle = length(in.uv - 0.5) * 2.0;
    let ring = smoothstep(0.40, 0.485, from_middle) * smoothstep(0.56, 0.50, from_middle);
    pbr.material.base_color = vec4(pbr.material.base_color.rgb * (1.0 - 0.45 * ring), pbr.material.base_color.a);
#endif
#endif

#ifdef AVATAR_HAIR
    // The strands' own highlights take the place of the standard one.
    pbr.material.reflectance *= 0.35;
#ifdef VERTEX_TANGENTS
    let across = in.world_tangent.xyz;
    s.strand = normalize(cross(s.smooth_n, across) * in.world_tangent.w);
#endif
#endif

#ifdef AVATAR_LIGHTS
    s.albedo = pbr.material.base_color.rgb;
    let reflectance = pbr.material.reflectance;
    s.f0 = mix(0.16 * reflectance * reflectance, s.albedo, pbr.material.metallic);
#endif

    var lit: vec4<f32>;
    if (pbr.material.flags & pbr_types::STANDARD_MATERIAL_FLAGS_UNLIT_BIT) == 0u {
#ifdef AVATAR_LEAN
        lit = vec4(surroundings(s, pbr) * view_bindings::view.exposure, pbr.material.base_color.a);
#else
        lit = apply_pbr_lighting(pbr);
#endif
#ifdef AVATAR_LIGHTS
        lit = vec4(max(lit.rgb + beyond_standard(s, pbr), vec3(0.0)), lit.a);
#endif
#ifdef AVATAR_CORNEA
        // Added to the ball below. The ground's half of the surroundings is dark.
        let up = reflect(-s.v, s.n).y;
        let sky = smoothstep(-0.05, 0.5, up) * pow(1.0 - saturate(dot(s.n, s.v)), 2.0);
        let reflected = view_bindings::lights.ambient_color.rgb * view_bindings::view.exposure * (0.03 + 0.5 * sky);
        lit = vec4(min(lit.rgb + reflected * smoothstep(-0.05, 0.3, up), vec3(4.0)), 0.0);
#endif
    } else {
        lit = pbr.material.base_color;
    }
    var out: FragmentOutput;
#ifdef AVATAR_LEAN
    out.color = finished(pbr, lit);
#else
    out.color = main_pass_post_lighting_processing(pbr, lit);
#endif
    return out;
}
