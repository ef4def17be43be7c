//! Pictures of every kind, good and bad. `fixtures/` holds the two kinds that nothing here can
//! write: a CMYK JPEG with four flat quarters and an animated WebP (both made with Pillow).

#![allow(clippy::unwrap_used, missing_docs)]

use exif::{Field, In, Rational, Tag, Value, experimental::Writer};
use exr::prelude::WritableImage as _;
use image::{
    DynamicImage, GrayAlphaImage, GrayImage, ImageBuffer, ImageFormat, Luma, Rgb, RgbImage,
    RgbaImage,
};
use reverie_media::{
    ImageOptions, MediaError, Photograph, PinholeNumbers, decode_depth, decode_photograph,
    load_image_seed, read_depth, read_photograph, write_depth_png, write_rgb_png,
};
use reverie_world_model::DepthImage;
use std::io::Cursor;

const CMYK_JPEG: &[u8] = include_bytes!("fixtures/cmyk.jpg");
const ANIMATED_WEBP: &[u8] = include_bytes!("fixtures/animated.webp");

fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// Smooth, so that lossy formats keep it.
fn gradient(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        Rgb([(x * 255 / width) as u8, (y * 255 / height) as u8, 90])
    })
}

fn decode(bytes: &[u8]) -> Photograph {
    decode_photograph(bytes, "test").unwrap()
}

fn close(found: [u8; 3], expected: [u8; 3], tolerance: u8) {
    for c in 0..3 {
        assert!(found[c].abs_diff(expected[c]) <= tolerance, "{found:?} is not {expected:?}");
    }
}

/// The message of a failure: one line that begins with the file and has the part.
fn message<T: std::fmt::Debug>(result: Result<T, MediaError>, part: &str) -> String {
    let text = result.expect_err(part).to_string();
    assert!(text.contains(part), "`{part}` is not in: {text}");
    assert!(!text.contains('\n'), "{text}");
    text
}

#[test]
fn every_format_gives_the_same_picture() {
    let picture = gradient(40, 30);
    for (format, tolerance) in [
        (ImageFormat::Png, 0),
        (ImageFormat::Tiff, 0),
        (ImageFormat::Bmp, 0),
        (ImageFormat::WebP, 0),
        (ImageFormat::Gif, 40),
        (ImageFormat::Jpeg, 12),
    ] {
        let found = decode(&encoded(&picture.clone().into(), format));
        assert_eq!((found.rgb.width(), found.rgb.height()), (40, 30), "{format:?}");
        assert_eq!(found.intrinsics, None);
        for (x, y, pixel) in picture.enumerate_pixels() {
            close(found.rgb.pixel(x, y), pixel.0, tolerance);
        }
    }
}

#[test]
fn grey_deep_and_transparent_pictures_become_rgb() {
    let grey = GrayImage::from_fn(8, 8, |x, _| Luma([x as u8 * 30]));
    for format in [ImageFormat::Png, ImageFormat::Jpeg] {
        let found = decode(&encoded(&grey.clone().into(), format));
        close(found.rgb.pixel(4, 4), [120; 3], 6);
    }
    let deep: ImageBuffer<Rgb<u16>, _> =
        ImageBuffer::from_fn(8, 8, |_, _| Rgb([65_535_u16, 257 * 7, 0]));
    for format in [ImageFormat::Png, ImageFormat::Tiff] {
        assert_eq!(decode(&encoded(&deep.clone().into(), format)).rgb.pixel(3, 3), [255, 7, 0]);
    }
    let rgba = RgbaImage::from_fn(3, 1, |x, _| image::Rgba([200, 0, 0, [255, 0, 128][x as usize]]));
    let found = decode(&encoded(&rgba.into(), ImageFormat::Png)).rgb;
    assert_eq!([0, 1, 2].map(|x| found.pixel(x, 0)), [[200, 0, 0], [128; 3], [164, 64, 64]]);
    let grey_alpha = GrayAlphaImage::from_pixel(2, 2, image::LumaA([10, 0]));
    assert_eq!(decode(&encoded(&grey_alpha.into(), ImageFormat::Png)).rgb.pixel(1, 1), [128; 3]);
}

#[test]
fn cmyk_jpeg_has_its_colours() {
    let found = decode(CMYK_JPEG).rgb;
    for ((x, y), expected) in [(8, 8), (24, 8), (8, 24), (24, 24)].into_iter().zip([
        [255, 0, 0],
        [0, 255, 0],
        [0, 0, 255],
        [64; 3],
    ]) {
        close(found.pixel(x, y), expected, 3);
    }
}

#[test]
fn of_an_animation_the_first_picture_is_taken() {
    let colours = [[200, 30, 30], [30, 200, 30]];
    let mut gif = Vec::new();
    {
        let mut encoder = image::codecs::gif::GifEncoder::new(&mut gif);
        for [r, g, b] in colours {
            let frame = RgbaImage::from_pixel(40, 30, image::Rgba([r, g, b, 255]));
            encoder.encode_frame(image::Frame::new(frame)).unwrap();
        }
    }
    for bytes in [gif.as_slice(), ANIMATED_WEBP] {
        let found = decode(bytes).rgb;
        assert_eq!((found.width(), found.height()), (40, 30));
        close(found.pixel(20, 15), colours[0], 8);
    }
}

/// A JPEG with these EXIF fields.
fn jpeg_with_exif(picture: &RgbImage, fields: &[(Tag, Value)]) -> Vec<u8> {
    let fields: Vec<Field> = fields
        .iter()
        .map(|(tag, value)| Field { tag: *tag, ifd_num: In::PRIMARY, value: value.clone() })
        .collect();
    let mut writer = Writer::new();
    fields.iter().for_each(|field| writer.push_field(field));
    let mut exif = Cursor::new(Vec::new());
    writer.write(&mut exif, false).unwrap();
    let exif = exif.into_inner();
    let mut bytes = encoded(&picture.clone().into(), ImageFormat::Jpeg);
    let mut segment = vec![0xFF, 0xE1];
    segment.extend(u16::try_from(exif.len() + 8).unwrap().to_be_bytes());
    segment.extend(b"Exif\0\0");
    segment.extend(exif);
    bytes.splice(2..2, segment);
    bytes
}

fn rational(num: u32, denom: u32) -> Value {
    Value::Rational(vec![Rational { num, denom }])
}

#[test]
fn exif_orientation_is_applied() {
    // Stored lying: the left column is red; "rotate 90 clockwise" brings it to the top.
    let stored =
        RgbImage::from_fn(64, 32, |x, _| if x < 16 { Rgb([255, 0, 0]) } else { Rgb([0, 0, 255]) });
    let found = decode(&jpeg_with_exif(&stored, &[(Tag::Orientation, Value::Short(vec![6]))])).rgb;
    assert_eq!((found.width(), found.height()), (32, 64));
    close(found.pixel(16, 4), [254, 0, 0], 3);
    close(found.pixel(16, 60), [0, 0, 254], 3);
}

#[test]
fn exif_focal_lengths_become_cameras() {
    let picture = gradient(120, 90);
    let focal = |fields: &[(Tag, Value)]| decode(&jpeg_with_exif(&picture, fields)).intrinsics;

    // 43.27 mm on film is the diagonal: the focal length is the picture's own diagonal, 150.
    let film = focal(&[(Tag::FocalLengthIn35mmFilm, Value::Short(vec![43]))]).unwrap();
    assert!((film.fx - 150.0 * 43.0 / 43.266_617).abs() < 1e-3, "{film:?}");
    assert_eq!((film.fx, film.cx, film.cy), (film.fy, 60.0, 45.0));

    // 10 mm at 2540 pixels an inch is 1000 pixels of a 1200 wide picture, since made ten times
    // smaller.
    let sensor = [
        (Tag::FocalLength, rational(100, 10)),
        (Tag::FocalPlaneXResolution, rational(2540, 1)),
        (Tag::FocalPlaneYResolution, rational(2540, 1)),
        (Tag::FocalPlaneResolutionUnit, Value::Short(vec![2])),
        (Tag::PixelXDimension, Value::Long(vec![1200])),
        (Tag::PixelYDimension, Value::Long(vec![900])),
    ];
    let found = focal(&sensor).unwrap();
    assert!((found.fx - 100.0).abs() < 1e-3 && (found.fy - 100.0).abs() < 1e-3, "{found:?}");

    // Turned upright, the sides swap.
    let mut turned = sensor.to_vec();
    turned.push((Tag::Orientation, Value::Short(vec![8])));
    let found = focal(&turned).unwrap();
    assert_eq!((found.width, found.height, found.cx), (90, 120, 45.0));

    // Cropped since, senseless, or absent: no camera rather than a wrong one.
    let mut cropped = sensor.to_vec();
    cropped[4].1 = Value::Long(vec![2000]);
    assert_eq!(focal(&cropped), None);
    assert_eq!(focal(&[(Tag::FocalLengthIn35mmFilm, Value::Short(vec![65_535]))]), None);
    assert_eq!(focal(&[(Tag::FocalLength, rational(1, 0))]), None);
}

/// A PNG that claims a size and has nothing else.
fn png_header(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    bytes.extend(width.to_be_bytes());
    bytes.extend(height.to_be_bytes());
    bytes.extend([8, 2, 0, 0, 0, 0, 0, 0, 0]);
    bytes
}

#[test]
fn bad_pictures_are_named() {
    let photo = |bytes: &[u8]| decode_photograph(bytes, "holiday.png");
    let text = message(photo(b"hello, this is text"), "is not a picture in a format that is read");
    assert!(text.starts_with("holiday.png: "), "{text}");
    message(photo(b""), "is not a picture");
    message(photo(&png_header(0, 0)), "0x0: it has no pixels");
    message(photo(&png_header(20_000, 20_000)), "20000x20000: at most 16384 pixels a side");
    message(photo(&png_header(16_000, 16_000)), "16000x16000");

    // The same claim in other formats.
    let mut jpeg = encoded(&gradient(64, 48).into(), ImageFormat::Jpeg);
    let sof = jpeg.windows(2).position(|w| w[0] == 0xFF && (0xC0..=0xC2).contains(&w[1])).unwrap();
    jpeg[sof + 5..sof + 9].copy_from_slice(&[0x4E, 0x20, 0x4E, 0x20]);
    message(photo(&jpeg), "20000x20000");
    let mut bmp = encoded(&gradient(64, 48).into(), ImageFormat::Bmp);
    bmp[18..26].copy_from_slice(&[0x20, 0x4E, 0, 0, 0x20, 0x4E, 0, 0]);
    message(photo(&bmp), "20000x20000");
    let mut gif = encoded(&gradient(64, 48).into(), ImageFormat::Gif);
    gif[6..10].copy_from_slice(&[0, 0, 0, 0]);
    photo(&gif).expect_err("0x0 GIF");

    let missing = std::path::Path::new("/nonexistent/holiday.jpg");
    message(read_photograph(missing), "/nonexistent/holiday.jpg: cannot be read");
    message(read_photograph(&std::env::temp_dir()), "cannot be read");
}

#[test]
fn a_cut_picture_is_an_error_wherever_it_is_cut() {
    let picture: DynamicImage = gradient(96, 64).into();
    for format in [
        ImageFormat::Png,
        ImageFormat::Jpeg,
        ImageFormat::Tiff,
        ImageFormat::WebP,
        ImageFormat::Gif,
        ImageFormat::Bmp,
    ] {
        let bytes = encoded(&picture, format);
        for tenth in 0..10 {
            let cut = &bytes[..bytes.len() * tenth / 10];
            let text = decode_photograph(cut, "cut").expect_err("cut").to_string();
            assert!(text.starts_with("cut: "), "{format:?}: {text}");
        }
    }
}

#[test]
fn flipped_bits_never_panic() {
    let picture: DynamicImage = gradient(32, 24).into();
    let depth = DepthImage::new(32, 24, vec![2.5; 768]).unwrap();
    let mut files: Vec<Vec<u8>> = [
        ImageFormat::Png,
        ImageFormat::Jpeg,
        ImageFormat::Tiff,
        ImageFormat::WebP,
        ImageFormat::Gif,
        ImageFormat::Bmp,
    ]
    .into_iter()
    .map(|format| encoded(&picture, format))
    .collect();
    files.push(exr_with(depth.data(), "Z"));
    files.push(tiff_with(depth.data()));
    // A small generator of our own: the same damage in every run.
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    };
    for bytes in &files {
        for _ in 0..200 {
            let mut damaged = bytes.clone();
            for _ in 0..1 + next() % 4 {
                let at = next() % damaged.len();
                damaged[at] = next() as u8;
            }
            // Either outcome will do; a panic would end the test.
            let _ = decode_photograph(&damaged, "damaged");
            let _ = decode_depth(&damaged, "damaged", (32, 24));
        }
    }
}

/// A one-channel OpenEXR of 32 x 24.
fn exr_with(depth: &[f32], channel: &'static str) -> Vec<u8> {
    use exr::prelude::{AnyChannel, AnyChannels, FlatSamples, Image, SmallVec};
    let mut channels = SmallVec::new();
    channels.push(AnyChannel::new(channel, FlatSamples::F32(depth.to_vec())));
    let image = Image::from_channels((32, 24), AnyChannels::sort(channels));
    let mut bytes = Cursor::new(Vec::new());
    image.write().non_parallel().to_buffered(&mut bytes).unwrap();
    bytes.into_inner()
}

/// A float TIFF of 32 x 24.
fn tiff_with(depth: &[f32]) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    tiff::encoder::TiffEncoder::new(&mut bytes)
        .unwrap()
        .write_image::<tiff::encoder::colortype::Gray32Float>(32, 24, depth)
        .unwrap();
    bytes.into_inner()
}

fn png_with(millimetres: &[u16]) -> Vec<u8> {
    let picture: ImageBuffer<Luma<u16>, _> =
        ImageBuffer::from_raw(32, 24, millimetres.to_vec()).unwrap();
    encoded(&picture.into(), ImageFormat::Png)
}

#[test]
fn depth_is_read_from_three_formats() {
    let mut metres: Vec<f32> = (0..768_u16).map(|i| f32::from(i) / 8.0).collect();
    metres[1] = f32::INFINITY;
    metres[2] = 1e10;
    for channel in ["Z", "ViewLayer.Depth.V", "Y", "anything"] {
        let found = decode_depth(&exr_with(&metres, channel), "d.exr", (32, 24)).unwrap();
        assert_eq!(found.data()[..4], [0.0, f32::INFINITY, f32::INFINITY, 0.375]);
        assert_eq!(found.data()[4..], metres[4..]);
    }
    let found = decode_depth(&tiff_with(&metres), "d.tif", (32, 24)).unwrap();
    assert_eq!(found.data()[..3], [0.0, f32::INFINITY, f32::INFINITY]);
    assert_eq!(found.data()[3..], metres[3..]);
    let mut millimetres: Vec<u16> = (0..768).map(|i| i * 20).collect();
    millimetres[1] = u16::MAX;
    let found = decode_depth(&png_with(&millimetres), "d.png", (32, 24)).unwrap();
    assert_eq!(found.data()[..3], [0.0, f32::INFINITY, 0.04]);
}

#[test]
fn bad_depth_is_named() {
    let good = vec![1.5; 768];
    let with = |value: f32| {
        let mut depth = good.clone();
        depth[33] = value;
        depth
    };
    let decode = |bytes: &[u8]| decode_depth(bytes, "d.exr", (32, 24));
    message(
        decode_depth(&exr_with(&good, "Z"), "d.exr", (64, 48)),
        "d.exr: the depth is 32x24, the picture is 64x48",
    );
    message(decode(&exr_with(&[0.0; 768], "Z")), "no depth is known");
    message(decode(&png_with(&[0; 768])), "no depth is known");
    message(decode(&exr_with(&with(f32::NAN), "Z")), "pixel (1, 1) is NaN");
    message(decode(&tiff_with(&with(f32::NAN))), "pixel (1, 1) is NaN");
    message(decode(&tiff_with(&with(-2.0))), "pixel (1, 1) is -2");
    message(decode(&tiff_with(&with(f32::NEG_INFINITY))), "is -inf");
    message(decode(b"nothing"), "16-bit PNG in millimetres");
    let eight_bit = encoded(&gradient(32, 24).into(), ImageFormat::Png);
    message(decode(&eight_bit), "expected 16-bit grey in millimetres");
    let eight_bit = encoded(&gradient(32, 24).into(), ImageFormat::Tiff);
    message(decode(&eight_bit), "expected 32-bit floats");
    message(decode(&png_header(20_000, 20_000)), "20000x20000");
    for bytes in [exr_with(&good, "Z"), tiff_with(&good), png_with(&[7; 768])] {
        message(decode(&bytes[..bytes.len() / 2]), "damaged or cut short");
    }
}

#[test]
fn camera_numbers_are_checked() {
    let parse = |text: &str| text.parse::<PinholeNumbers>();
    let camera = parse("1100, 1100,640,360.5").unwrap().for_picture(1280, 720).unwrap();
    assert_eq!((camera.fx, camera.fy, camera.cx, camera.cy), (1100.0, 1100.0, 640.0, 360.5));
    message(parse("1100,1100"), "expected the four numbers fx,fy,cx,cy in pixels, found 2");
    message(parse("1100,1100,640,x"), "cy: `x` is not a number");
    message(parse("NaN,1100,640,360"), "fx: `NaN` is not a number");
    message(parse("1100,inf,640,360"), "fy: `inf` is not a number");
    for (text, field) in [
        ("0,1100,640,360", "fx"),
        ("1100,-5,640,360", "fy"),
        ("1e9,1100,640,360", "fx"),
        ("1100,1100,1281,360", "cx"),
        ("1100,1100,640,-1", "cy"),
    ] {
        let text = message(parse(text).unwrap().for_picture(1280, 720), field);
        assert!(text.contains("the picture is 1280x720"), "{text}");
    }
}

#[test]
fn a_seed_is_put_together_from_files() {
    let folder = tempfile::tempdir().unwrap();
    let (photo, depth) = (folder.path().join("photo.jpg"), folder.path().join("depth.png"));
    let tagged =
        jpeg_with_exif(&gradient(32, 24), &[(Tag::FocalLengthIn35mmFilm, Value::Short(vec![28]))]);
    std::fs::write(&photo, tagged).unwrap();
    let measured = DepthImage::new(32, 24, vec![3.25; 768]).unwrap();
    write_depth_png(&depth, &measured).unwrap();

    let plain = load_image_seed(&photo, &ImageOptions::default()).unwrap();
    assert_eq!(plain.depth, None);
    assert!((plain.intrinsics.unwrap().fx - 40.0 * 28.0 / 43.266_617).abs() < 1e-3);
    let options = ImageOptions {
        depth: Some(depth.clone()),
        intrinsics: Some("50,51,16,12".parse().unwrap()),
    };
    let full = load_image_seed(&photo, &options).unwrap();
    assert_eq!(full.depth, Some(measured));
    assert_eq!(full.intrinsics.unwrap().fy, 51.0);
    let options = ImageOptions { depth: Some(photo.clone()), intrinsics: None };
    message(load_image_seed(&photo, &options), "photo.jpg: is not a picture in a format");
}

#[test]
fn written_files_are_whole_and_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("frame.png");
    let picture = decode(&encoded(&gradient(40, 30).into(), ImageFormat::Png)).rgb;
    write_rgb_png(&path, &picture).unwrap();
    assert_eq!(read_photograph(&path).unwrap().rgb, picture);

    // Unknown, too near to tell, ordinary, too far to tell, sky.
    let depth = DepthImage::new(5, 1, vec![0.0, 1e-5, 12.345, 80.0, f32::INFINITY]).unwrap();
    write_depth_png(&path, &depth).unwrap();
    let found = read_depth(&path, (5, 1)).unwrap();
    assert_eq!(found.data(), [0.0, 0.001, 12.345, f32::INFINITY, f32::INFINITY]);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "temporary files stay behind");

    let below_a_file = path.join("frame.png");
    message(write_rgb_png(&below_a_file, &picture), "frame.png/frame.png: cannot be written");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o600, 0o600);
        assert_ne!(mode & 0o044, 0, "the file is private: {mode:o}");
    }
}
