//! What can be chosen, and how the focus moves over it.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Most pictures of a folder that are listed.
const MOST_PICTURES: usize = 48;
const ENDINGS: [&str; 8] = ["jpg", "jpeg", "png", "webp", "tif", "tiff", "gif", "bmp"];

/// Something to walk into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What it is called.
    pub name: String,
    /// A few words about it.
    pub words: String,
    /// The picture that stands for it; relative ones lie in the assets folder.
    pub cover: PathBuf,
    /// What starts.
    pub what: What,
}

/// What a choice starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A preset of the assets folder; and another of the same place as the world model imagines it,
    /// where the first one is its ground truth.
    Preset { preset: &'static str, imagined: Option<&'static str> },
    /// A picture file.
    Picture(PathBuf),
    /// What a sentence describes.
    Sentence(String),
}

/// Two rows: worlds and pictures.
#[derive(Debug)]
pub struct Choices {
    pub rows: [Vec<Choice>; 2],
    /// Row and place in it.
    pub focus: (usize, usize),
}

impl Choices {
    /// The shipped ones and the pictures of a folder.
    pub fn new(folder: Option<&Path>) -> Self {
        let preset = |name: &str, words: &str, cover: &str, preset, imagined| Choice {
            name: name.to_owned(),
            words: words.to_owned(),
            cover: cover.into(),
            what: What::Preset { preset, imagined },
        };
        let worlds = vec![
            preset(
                "Mountain",
                "a lake, a trail and no end, by drone",
                "covers/mountain.jpg",
                "presets/mountain.world.ron",
                Some("presets/mountain_imagined.world.ron"),
            ),
            preset(
                "City",
                "late afternoon in a living town, on foot",
                "covers/city.jpg",
                "presets/city.world.ron",
                Some("presets/city_imagined.world.ron"),
            ),
            preset(
                "Warehouse",
                "aisles, docks and forklifts, by rover",
                "covers/warehouse.jpg",
                "presets/warehouse.world.ron",
                Some("presets/warehouse_imagined.world.ron"),
            ),
        ];
        let mut pictures = vec![
            preset(
                "Garage",
                "with measured depth",
                "seeds/motorcycle_garage.png",
                "presets/garage.world.ron",
                None,
            ),
            preset(
                "Trail",
                "one photograph",
                "seeds/mountain_trail.jpg",
                "presets/trail.world.ron",
                None,
            ),
            preset(
                "Dandelions",
                "one photograph",
                "seeds/dandelion_meadow.jpg",
                "presets/meadow.world.ron",
                None,
            ),
        ];
        let own: Vec<Choice> = folder.map(pictures_in).unwrap_or_default();
        // The player's own come first.
        pictures.splice(0..0, own);
        Self { rows: [worlds, pictures], focus: (0, 0) }
    }

    /// What has the focus.
    pub fn focused(&self) -> &Choice {
        &self.rows[self.focus.0][self.focus.1]
    }

    /// All of them, row by row.
    pub fn all(&self) -> impl Iterator<Item = &Choice> {
        self.rows.iter().flatten()
    }

    /// The place in [`all`](Self::all).
    pub fn number(&self, (row, place): (usize, usize)) -> usize {
        self.rows[..row].iter().map(Vec::len).sum::<usize>() + place
    }

    /// Moves the focus by so many places to the right and rows down; it stops at the ends.
    pub fn go(&mut self, right: isize, down: isize) {
        let (row, place) = self.focus;
        let next = row.saturating_add_signed(down).min(self.rows.len() - 1);
        let place = if next == row { place.saturating_add_signed(right) } else { place };
        self.focus = (next, place.min(self.rows[next].len() - 1));
    }
}

/// The pictures of a folder by name, hidden files left out.
fn pictures_in(folder: &Path) -> Vec<Choice> {
    // Relative paths of covers lie in the assets folder.
    let Ok(folder) = std::path::absolute(folder) else { return Vec::new() };
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let is_picture = |path: &PathBuf| {
        let ending = path.extension().and_then(|ending| ending.to_str());
        let hidden = path.file_name().and_then(|name| name.to_str());
        ending.is_some_and(|ending| ENDINGS.contains(&ending.to_ascii_lowercase().as_str()))
            && hidden.is_some_and(|name| !name.starts_with('.'))
    };
    let mut files: Vec<PathBuf> =
        entries.flatten().map(|entry| entry.path()).filter(is_picture).collect();
    files.sort();
    files.truncate(MOST_PICTURES);
    let choice = |file: PathBuf| Choice {
        name: file.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        words: "your picture".to_owned(),
        cover: file.clone(),
        what: What::Picture(file),
    };
    files.into_iter().map(choice).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_focus_stays_on_something() {
        let mut choices = Choices::new(None);
        choices.go(-1, 0);
        assert_eq!(choices.focus, (0, 0));
        choices.go(1, 0);
        choices.go(1, 0);
        choices.go(1, 0);
        assert_eq!((choices.focus, choices.focused().name.as_str()), ((0, 2), "Warehouse"));
        choices.go(0, 1);
        choices.go(0, 1);
        assert_eq!(choices.focused().name, "Dandelions");
        choices.go(-1, 0);
        choices.go(0, -1);
        assert_eq!(choices.focused().name, "City");
        assert_eq!(choices.number((1, 1)), 4);
    }

    #[test]
    fn shipped_choices_lie_in_the_assets() {
        let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets");
        for choice in Choices::new(None).all() {
            assert!(assets.join(&choice.cover).is_file(), "{choice:?}");
            let What::Preset { preset, imagined } = choice.what else { panic!("{choice:?}") };
            for preset in [Some(preset), imagined].into_iter().flatten() {
                assert!(assets.join(preset).is_file(), "{preset}");
            }
        }
    }

    #[test]
    fn a_folder_lists_its_pictures_only() {
        let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/seeds");
        let own = pictures_in(&seeds);
        assert!(own.len() >= 3 && own.is_sorted_by(|a, b| a.name <= b.name), "{own:?}");
        assert!(matches!(&own[0].what, What::Picture(file) if file.is_file()));
        assert_eq!(pictures_in(&seeds.join("../presets")), []);
        assert_eq!(pictures_in(Path::new("no/such/folder")), []);
        let choices = Choices::new(Some(&seeds));
        assert_eq!(choices.rows[1][0], own[0]);
    }
}
