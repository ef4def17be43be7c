//! Bad files give clear errors and nothing else.

use crate::{PACK, assets};
use proptest::prelude::*;
use reverie_body::{AvatarSpec, Body, BuildError, Pack, PackError, SpecError};
use std::{fs, path::Path, sync::LazyLock};

static BYTES: LazyLock<Vec<u8>> = LazyLock::new(|| fs::read(assets().join("people.pack")).unwrap());
/// The payload without its packing, so that changes get past the checksum.
static PAYLOAD: LazyLock<Vec<u8>> =
    LazyLock::new(|| miniz_oxide::inflate::decompress_to_vec(&BYTES[20..]).unwrap());

fn wrapped(payload: &[u8]) -> Vec<u8> {
    let mut bytes = BYTES[..12].to_vec();
    bytes.extend((payload.len() as u32).to_le_bytes());
    bytes.extend(crc32fast::hash(payload).to_le_bytes());
    bytes.extend(miniz_oxide::deflate::compress_to_vec(payload, 0));
    bytes
}

#[test]
fn the_pack_is_written_as_it_is_read() {
    assert_eq!(PACK.content().to_bytes(), *BYTES);
    assert!(BYTES.len() < 12 << 20);
}

#[test]
fn specs_that_are_wrong_name_the_field() {
    for (text, expected) in [
        ("(age: 3)", "age: 3 is not within 4 to 90"),
        ("(age: 91)", "age: 91 is not within 4 to 90"),
        ("(height_m: 0.2)", "height_m: 0.2 is not within 0.9 to 2.2"),
        ("(height_m: inf)", "height_m: inf is not within 0.9 to 2.2"),
        ("(sex: NaN)", "sex: NaN is not within 0 to 1"),
        ("(skin: (tone: 1.5))", "skin.tone: 1.5 is not within 0 to 1"),
        ("(hair: (grey: -1))", "hair.grey: -1 is not within 0 to 1"),
        ("(face: {\"nose_hump\": 2})", "face.nose_hump: 2 is not within -1 to 1"),
        ("(ancestry: (african: 0, asian: 0, european: 0))", "ancestry: at least one"),
        ("(hair: (style: Mohawk))", "Mohawk"),
        ("(agee: 30)", "agee"),
        ("(age: \"old\")", "1:"),
        ("(skin: (tone: 0.5)", "1:"),
        ("(hair: (colour: (300, 0, 0)))", "1:"),
        ("", "1:1"),
    ] {
        let error = AvatarSpec::from_ron(text).unwrap_err().to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }
    let long = format!("(name: \"{}\")", "x".repeat(65));
    assert!(matches!(AvatarSpec::from_ron(&long), Err(SpecError::Name { length: 65, .. })));
    let mut spec = AvatarSpec::default();
    spec.face.insert("nose_humpp".to_owned(), 0.5);
    let error = Body::build(&PACK, &spec).unwrap_err();
    assert!(matches!(error, BuildError::Spec(SpecError::Slider { .. })));
    assert!(error.to_string().contains("is it nose_hump?"), "{error}");
}

#[test]
fn other_files_are_no_packs() {
    assert!(matches!(Pack::from_bytes(b""), Err(PackError::Magic)));
    assert!(matches!(Pack::from_bytes(b"RVRBODY"), Err(PackError::Magic)));
    assert!(matches!(Pack::from_bytes(b"GLTFGLTFGLTFGLTFGLTF"), Err(PackError::Magic)));
    let mut newer = BYTES.clone();
    newer[8] = 9;
    assert!(matches!(Pack::from_bytes(&newer), Err(PackError::Version { found: 9 })));
    let mut huge = BYTES.clone();
    huge[12..16].fill(0xff);
    assert!(matches!(Pack::from_bytes(&huge), Err(PackError::TooMany { field: "length", .. })));
    let error = Pack::load(Path::new("nowhere/people.pack")).unwrap_err();
    assert!(error.to_string().contains("nowhere/people.pack"), "{error}");
    // A count of vertices that nothing backs.
    let mut payload = PAYLOAD.clone();
    payload[..4].fill(0xff);
    let error = Pack::from_bytes(&wrapped(&payload)).unwrap_err();
    assert!(matches!(error, PackError::TooMany { field: "vertices", .. }), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn packs_cut_short_are_refused(share in 0.0..1.0f64) {
        let end = (share * BYTES.len() as f64) as usize;
        prop_assert!(Pack::from_bytes(&BYTES[..end]).is_err());
        let end = (share * PAYLOAD.len() as f64) as usize;
        prop_assert!(Pack::from_bytes(&wrapped(&PAYLOAD[..end])).is_err());
    }

    #[test]
    fn damaged_packs_are_refused(share in 0.0..1.0f64, bit in 0..8u32) {
        let mut bytes = BYTES.clone();
        let at = (share * bytes.len() as f64) as usize;
        bytes[at] ^= 1 << bit;
        // Some bits of the packing mean nothing: what comes out is whole then.
        let unharmed = |bytes: &[u8]| {
            miniz_oxide::inflate::decompress_to_vec(&bytes[20..]).is_ok_and(|out| out == *PAYLOAD)
        };
        prop_assert!(Pack::from_bytes(&bytes).is_err() || unharmed(&bytes));
    }

    #[test]
    fn hostile_packs_never_panic(
        changes in prop::collection::vec((0.0..1.0f64, any::<u8>()), 1..12),
        early in any::<bool>(),
    ) {
        let mut payload = PAYLOAD.clone();
        for (share, value) in changes {
            // Names, counts and indices are early in the payload.
            let span = if early { 4_000_000.0f64.min(payload.len() as f64) } else { payload.len() as f64 };
            payload[(share * share * span) as usize] = value;
        }
        if let Ok(pack) = Pack::from_bytes(&wrapped(&payload)) {
            prop_assert!(pack.sliders().count() < 4096);
        }
    }
}
