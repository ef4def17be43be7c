//! Voices in a world: what it hides is softer and duller.

use super::*;
use bevy_reverie::{
    behavior::Speech,
    speech::{SayOrder, SpeechSound, SpeechTap, SpokenSound},
};
use std::f32::consts::{PI, TAU};

const RATE_HZ: u32 = 48_000;

/// Two tones, a deep and a high one.
fn tones() -> SpokenSound {
    let wave = |at: usize| {
        let turn = at as f32 * TAU / RATE_HZ as f32;
        0.25 * ((400.0 * turn).cos() + (4000.0 * turn).cos())
    };
    let samples: Vec<f32> = (0..4 * RATE_HZ as usize).map(wave).collect();
    let speech = Speech { duration_secs: 4.0, ..Speech::default() };
    SpokenSound { speech: Some(speech), ..SpokenSound::new(samples, RATE_HZ) }
}

/// Levels of the deep and the high tone at the camera, dB, of somebody there who faces it.
fn levels(place: Vec3) -> [f32; 2] {
    let tap = SpeechTap::new(RATE_HZ);
    let view = (WorldView::new(seed()).without_painting(), Embodiment::Free);
    // An echo would add to a steady tone or take from it.
    let mut game = Game::heard(view, None, SpeechSink::Tap(tap.clone()), |app| {
        app.insert_resource(SpeechSound { reverb: false, ..default() });
    });
    game.wait("a start", |game| game.status() == WorldStatus::Running);
    let at = Transform::from_translation(place).with_rotation(Quat::from_rotation_y(PI));
    let avatar = game.app.world_mut().spawn((Avatar::preset("mara"), at)).id();
    game.wait("a body", |game| game.app.world().get::<AvatarLife>(avatar).is_some());
    let say = Say::line(Line::sound(tones()), SayOrder::Queue);
    game.app.world_mut().commands().entity(avatar).trigger(say);
    let mut heard = Vec::new();
    let mut batch = vec![0.0; 2 * RATE_HZ as usize / 24];
    for _ in 0..60 {
        game.step(1);
        let now = game.app.world().resource::<Time>().elapsed();
        tap.pull(now, &mut batch);
        heard.extend(batch.chunks_exact(2).map(|both| 0.5 * (both[0] + both[1])));
    }
    // The last second, by Goertzel's sums.
    let last = &heard[heard.len() - RATE_HZ as usize..];
    [400.0, 4000.0].map(|hz| {
        let (mut re, mut im) = (0.0f64, 0.0f64);
        for (at, sample) in last.iter().enumerate() {
            let turn = hz * at as f64 * std::f64::consts::TAU / f64::from(RATE_HZ);
            re += f64::from(*sample) * turn.cos();
            im += f64::from(*sample) * turn.sin();
        }
        (20.0 * (2.0 * re.hypot(im) / last.len() as f64).log10()) as f32
    })
}

#[test]
fn a_voice_behind_a_post_is_softer_and_duller() {
    // The post stands 2 m ahead, to the left; both speakers are as far away.
    let [deep, high] = levels(Vec3::new(0.98, -1.5, -3.0));
    let [deep_hidden, high_hidden] = levels(Vec3::new(-0.98, -1.5, -3.0));
    println!(
        "in sight {deep:.1} and {high:.1} dB, hidden {deep_hidden:.1} and {high_hidden:.1} dB"
    );
    assert!((6.0..14.0).contains(&(deep - deep_hidden)), "{deep} dB, hidden {deep_hidden}");
    assert!(high - high_hidden > deep - deep_hidden + 6.0, "{high} dB, hidden {high_hidden}");
}

/// What a camera in the middle of an empty box sees, 1.5 m over its floor.
fn inside(half_m: Vec3) -> ImageSeed {
    let camera = Intrinsics::from_horizontal_fov(SIZE.x, SIZE.y, 1.6);
    let (mut rgb, mut depth) = (Vec::new(), Vec::new());
    for at in 0..SIZE.x * SIZE.y {
        let ray = camera.ray((at % SIZE.x) as f32 + 0.5, (at / SIZE.x) as f32 + 0.5);
        let low = if ray.y < 0.0 { 1.5 } else { half_m.y };
        // To the nearest wall, in depths: rays are one long along the view.
        let far = (half_m.x / ray.x.abs()).min(low / ray.y.abs()).min(half_m.z / ray.z.abs());
        depth.push(if far < 500.0 { far } else { f32::INFINITY });
        rgb.extend(if far < 500.0 { [150, 140, 120] } else { [120, 160, 220] });
    }
    let rgb = RgbImage::new(SIZE.x, SIZE.y, rgb).expect("good");
    let depth = DepthImage::new(SIZE.x, SIZE.y, depth).expect("good");
    ImageSeed { rgb, depth: Some(depth), intrinsics: Some(camera) }
}

/// How loud it still is 0.1 to 0.2 s after a click at 2 m, and another 0.3 s later, dB under the click, once rays have
/// gone all around.
fn echo_db(seed: ImageSeed) -> [f32; 2] {
    let tap = SpeechTap::new(RATE_HZ);
    let view = (WorldView::new(seed).without_painting(), Embodiment::Free);
    let mut game = Game::heard(view, None, SpeechSink::Tap(tap.clone()), |_| {});
    game.wait("a start", |game| game.status() == WorldStatus::Running);
    let at = Transform::from_xyz(0.0, -1.5, -2.0).with_rotation(Quat::from_rotation_y(PI));
    let avatar = game.app.world_mut().spawn((Avatar::preset("mara"), at)).id();
    game.wait("a body", |game| game.app.world().get::<AvatarLife>(avatar).is_some());
    let second = RATE_HZ as usize;
    let click = |at: usize| match at % second {
        since @ ..960 => 0.5 * ((since * 7919 % 1000) as f32 / 500.0 - 1.0),
        _ => 0.0,
    };
    let samples: Vec<f32> = (0..3 * second).map(click).collect();
    let speech = Speech { duration_secs: 3.0, ..Speech::default() };
    let sound = SpokenSound { speech: Some(speech), ..SpokenSound::new(samples, RATE_HZ) };
    let say = Say::line(Line::sound(sound), SayOrder::Queue);
    game.app.world_mut().commands().entity(avatar).trigger(say);
    let mut heard = Vec::new();
    let mut batch = vec![0.0; 2 * second / 24];
    for _ in 0..70 {
        game.step(1);
        let now = game.app.world().resource::<Time>().elapsed();
        tap.pull(now, &mut batch);
        heard.extend(batch.chunks_exact(2).map(|both| 0.5 * (both[0] + both[1])));
    }
    let power = |from: usize, to: usize| {
        let part = &heard[from..to.min(heard.len())];
        10.0 * (part.iter().map(|s| s * s).sum::<f32>() / part.len() as f32 + 1e-12).log10()
    };
    // The third click.
    let loud = |at: &usize| heard[*at].abs() > 0.02;
    let first = (0..heard.len()).find(loud).expect("it is heard");
    let third = (first + 2 * second - second / 10..heard.len()).find(loud).expect("it is heard");
    let click_db = power(third, third + second / 50);
    [10, 40].map(|at| power(third + at * second / 100, third + (at + 10) * second / 100) - click_db)
}

#[test]
fn walls_answer_and_the_open_does_not() {
    let [hall, hall_later] = echo_db(inside(Vec3::new(8.0, 6.0, 14.0)));
    let [room, room_later] = echo_db(inside(Vec3::new(2.5, 1.2, 3.5)));
    let [field, _] = echo_db(inside(Vec3::splat(1e6)));
    println!(
        "dB 0.1 and 0.4 s after: hall {hall:.0}, {hall_later:.0}, room {room:.0}, {room_later:.0}, field {field:.0}"
    );
    assert!(hall > -45.0 && room > -45.0, "{hall} in a hall, {room} in a room");
    assert!(room - room_later > hall - hall_later + 15.0, "a room is silent sooner");
    assert!(field < -80.0, "{field}");
}
