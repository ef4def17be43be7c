//! Looks at things alone, from all sides, for training the object painter.
//!
//! ```text
//! studio_corpus --out DIR [--variants N] [--looks N] [--held-out]
//! ```
//! Each kind of thing has `variants` (seeds 0, 1, ...), each seen at `looks` sizes and colours.
//! `KIND.bin` holds, thing by thing and side by side, 62x62 pixels of RGB, cover and depth (u8);
//! `KIND.jsonl` a line a thing: kind, variant, size, colour. Held-out things are of the same variants
//! at other sizes and in other colours. Finished kinds are skipped.

use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use reverie_simulator::{ProxyKind, Rng, StudioThing, studio_sides};

/// Pixels along the sides of the pictures.
const SIDE_PX: usize = 62;
/// Rays along the sides of a pixel.
const SAMPLES: usize = 2;
/// Seeds of sizes and colours from here on are never trained on.
const HELD_OUT: u64 = 1_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    let (mut out, mut variants, mut looks, mut held_out) = (None, 12_u64, 14_u64, false);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or(format!("{word} needs a value"));
        match word.as_str() {
            "--out" => out = Some(PathBuf::from(value()?)),
            "--variants" => variants = value()?.parse()?,
            "--looks" => looks = value()?.parse()?,
            "--held-out" => held_out = true,
            other => return Err(format!("unknown option {other}").into()),
        }
    }
    let out = out.ok_or("--out DIR is needed")?;
    fs::create_dir_all(&out)?;
    for kind in ProxyKind::ALL {
        let done = out.join(format!("{}.jsonl", kind.name()));
        if done.exists() {
            continue;
        }
        let begun = Instant::now();
        let (mut bytes, mut lines) = (Vec::new(), String::new());
        for variant in 0..variants {
            for look in 0..looks {
                let first = if held_out { HELD_OUT } else { 0 };
                let seed = first + (variant * looks + look) * ProxyKind::ALL.len() as u64;
                let mut rng = Rng::new(seed + kind as u64);
                let (size, colour) = (kind.any_size(&mut rng), kind.any_colour(&mut rng));
                let thing = StudioThing { kind, size, colour, seed: variant };
                for side in studio_sides(&thing, SIDE_PX, SAMPLES) {
                    bytes.extend(side.rgb);
                    bytes.extend(side.cover);
                    bytes.extend(side.depth);
                }
                let line = serde_json::json!({
                    "kind": kind.name(), "variant": variant, "seed": seed,
                    "size": size.to_array(), "colour": colour,
                });
                lines.push_str(&line.to_string());
                lines.push('\n');
            }
        }
        fs::write(out.join(format!("{}.bin", kind.name())), bytes)?;
        // Last: its presence means that the kind is whole.
        fs::write(&done, lines)?;
        let things = (variants * looks) as f64;
        let each_ms = begun.elapsed().as_secs_f64() * 1e3 / things;
        eprintln!("{}: {each_ms:.0} ms a thing", kind.name());
    }
    Ok(())
}
