//! A working folder and the program in it.

use image::{DynamicImage, ImageBuffer, ImageFormat, Luma, Rgb, RgbImage};
use std::{
    fs,
    io::Cursor,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

/// 12 ticks: to the right, then a turn to the left.
pub const PATH: &str = "(
    embodiment: Free, tick_hz: 24,
    steps: [
        (secs: 0.25, move_mps: (0.5, 0.0, 0.0), look_dps: (0.0, 0.0), interact: false),
        (secs: 0.25, move_mps: (0.5, 0.0, 0.0), look_dps: (40.0, 0.0), interact: false),
    ], events: []
)
";

/// The smallest walk; seed, path, out and size are at 1, 3, 5 and 7.
pub const EXPLORE: [&str; 8] =
    ["explore", "photo.png", "--path", "path.ron", "--out", "out", "--size", "96x64"];

/// [`EXPLORE`] with measured depth, so that no network runs, and more arguments.
pub fn with_depth<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&EXPLORE[..], &["--depth", "depth.png"], more].concat()
}

/// A temporary working folder with a picture, its depth and a path.
pub struct Folder {
    folder: tempfile::TempDir,
}

impl Folder {
    pub fn new() -> Self {
        let folder = Self { folder: tempfile::tempdir().unwrap() };
        let depth = ImageBuffer::<Luma<u16>, _>::from_fn(64, 48, |x, y| {
            Luma([2000 + 40 * y as u16 + 500 * (x / 20) as u16])
        });
        folder.write("photo.png", &png_of(&photo(64, 48).into()));
        folder.write("depth.png", &png_of(&depth.into()));
        folder.write("path.ron", PATH.as_bytes());
        folder
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.at(name), bytes).unwrap();
    }

    /// The program with these arguments, in the folder.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_reverie"));
        command.args(args).current_dir(self.folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub fn succeeds(&self, args: &[&str]) -> Output {
        let output = self.command(args).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{args:?}: {stderr}");
        assert_eq!(self.partial(), [] as [&Path; 0]);
        output
    }

    /// Exit code 2, one line on stderr with all the parts, nothing on stdout, nothing written.
    pub fn refuses(&self, args: &[&str], parts: &[&str]) {
        let command = self.command(args);
        self.refuses_command(command, parts);
    }

    /// As [`Folder::refuses`], for a command that was changed.
    pub fn refuses_command(&self, mut command: Command, parts: &[&str]) {
        let before = self.everything();
        let output = command.output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{command:?}: {stderr}");
        assert_eq!(stderr.lines().count(), 1, "{command:?}: {stderr}");
        assert!(stderr.starts_with("error: ") && !stderr.contains("panicked"), "{stderr}");
        for part in parts {
            assert!(stderr.contains(part), "{command:?}: `{part}` is not in: {stderr}");
        }
        assert!(output.stdout.is_empty(), "{command:?}");
        assert_eq!(self.everything(), before, "{command:?} left something");
    }

    /// Folders under construction.
    pub fn partial(&self) -> Vec<PathBuf> {
        let partial = |path: &PathBuf| path.to_string_lossy().ends_with(".partial");
        self.everything().into_iter().filter(partial).collect()
    }

    /// All files and folders, sorted.
    fn everything(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            // A folder under construction may vanish while we look.
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                if entry.path().is_dir() {
                    folders.push(entry.path());
                }
                found.push(entry.path());
            }
        }
        found.sort();
        found
    }
}

/// The one object on the one line of stdout.
pub fn json(text: &[u8]) -> serde_json::Value {
    let text = std::str::from_utf8(text).unwrap();
    assert_eq!(text.trim_end().lines().count(), 1, "one object on one line: {text}");
    serde_json::from_str(text).unwrap()
}

/// Smooth in two colours, chequered in the third.
pub fn photo(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let chequer = ((x / 4 + y / 4) % 2 * 120) as u8;
        Rgb([(x * 255 / width) as u8, (y * 255 / height) as u8, chequer])
    })
}

pub fn png_of(picture: &DynamicImage) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// A PNG that claims a size and has nothing else.
pub fn png_header(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    bytes.extend(width.to_be_bytes());
    bytes.extend(height.to_be_bytes());
    bytes.extend([8, 2, 0, 0, 0, 0, 0, 0, 0]);
    bytes
}

/// Depth in metres as a float TIFF.
pub fn tiff_depth(width: u32, height: u32, metres: &[f32]) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    tiff::encoder::TiffEncoder::new(&mut bytes)
        .unwrap()
        .write_image::<tiff::encoder::colortype::Gray32Float>(width, height, metres)
        .unwrap();
    bytes.into_inner()
}
