//! `export_vrm PACK OUT.vrm [SPEC.ron]`: a person as a VRM 1.0 file, read back to see that it can be; the
//! default person without a spec.

use reverie_body::{
    AvatarSpec, Body, Pack,
    vrm::{Meta, Model, save_vrm},
};
use std::{env, error::Error, fs, path::Path, time::Instant};

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let (pack, out, spec) = match arguments.as_slice() {
        [pack, out] => (pack, out, AvatarSpec::default()),
        [pack, out, spec] => (pack, out, AvatarSpec::from_ron(&fs::read_to_string(spec)?)?),
        _ => return Err("usage: export_vrm PACK OUT.vrm [SPEC.ron]".into()),
    };
    let body = Body::build(&Pack::load(Path::new(pack))?, &spec)?;
    let start = Instant::now();
    save_vrm(&body, &Meta::public_domain(&body.name), Path::new(out))?;
    let size = fs::metadata(out)?.len() as f64 / 1e6;
    let written = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let model = Model::load(Path::new(out))?;
    let read = start.elapsed().as_secs_f64();
    eprintln!("{out}: {size:.1} MB, written in {written:.2} s, read in {read:.2} s");
    for warning in &model.warnings {
        eprintln!("  {warning}");
    }
    Ok(())
}
