//! Voices in a world: what it hides is softer and duller.

use super::*;
use bevy_reverie::{
    behavior::Speech,
    speech::{SayOrder, SpeechTap, SpokenSound},
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
    let mut game = Game::heard(view, None, SpeechSink::Tap(tap.clone()), |_| {});
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
            let turn = f64::from(hz) * at as f64 * std::f64::consts::TAU / f64::from(RATE_HZ);
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
