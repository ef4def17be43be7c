//! Bodies come from files and specs on other threads.

use super::{
    body::{AvatarBody, Prepared, Stores},
    components::{Avatar, AvatarSource},
    events::{AvatarFailed, AvatarReady},
};
use crate::ReverieSettings;
use bevy::{
    platform::collections::HashMap,
    prelude::*,
    tasks::{AsyncComputeTaskPool, Task, block_on, futures::check_ready},
};
use reverie_body::{AvatarSpec, Body, Pack, vrm::Model};
use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock, Weak},
    time::SystemTime,
};

/// Longest spec that is read, bytes.
const MAX_SPEC_BYTES: u64 = 1 << 20;

/// The pack of all people, read once, and the folder that files are looked for in after the working
/// directory.
#[derive(Resource, Clone)]
pub(crate) struct Library {
    folder: Arc<PathBuf>,
    pack: Arc<OnceLock<Result<Arc<Pack>, String>>>,
}

impl Library {
    pub fn new(folder: PathBuf) -> Self {
        Self { folder: Arc::new(folder), pack: Arc::default() }
    }

    /// The pack; reads it the first time, which takes a second.
    pub fn pack(&self) -> Result<Arc<Pack>, String> {
        let read = || {
            let pack = Pack::load(&self.find(Path::new("avatars/people.pack")));
            pack.map(Arc::new).map_err(|error| error.to_string())
        };
        self.pack.get_or_init(read).clone()
    }

    /// The pack if it has been read.
    pub fn known_pack(&self) -> Option<Arc<Pack>> {
        self.pack.get()?.clone().ok()
    }

    /// A file in the working directory, else in the asset folder.
    pub fn find(&self, path: &Path) -> PathBuf {
        if path.is_absolute() || path.exists() { path.into() } else { self.folder.join(path) }
    }

    /// Where new specs are saved.
    pub fn presets(&self) -> PathBuf {
        self.folder.join("avatars/presets")
    }

    /// The file of a shipped person.
    pub fn preset(&self, name: &str) -> PathBuf {
        self.find(&Path::new("avatars/presets").join(format!("{name}.ron")))
    }

    fn prepare(&self, source: &AvatarSource) -> Result<Prepared, String> {
        match source {
            AvatarSource::Spec(spec) => self.build(spec, "spec"),
            AvatarSource::Random(seed) => self.build(&AvatarSpec::random(*seed), "random"),
            AvatarSource::Preset(name) => self.spec_file(&self.preset(name)),
            AvatarSource::File(path) => {
                let path = self.find(path);
                let ending = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
                match ending.to_ascii_lowercase().as_str() {
                    "ron" => self.spec_file(&path),
                    "vrm" | "glb" | "gltf" => {
                        Model::load(&path).map(Prepared::model).map_err(|e| e.to_string())
                    }
                    _ => Err(format!("{}: is no .ron, .vrm, .glb or .gltf", path.display())),
                }
            }
        }
    }

    fn spec_file(&self, path: &Path) -> Result<Prepared, String> {
        let spec = read_spec(path)?;
        self.build(&spec, &path.display().to_string())
    }

    fn build(&self, spec: &AvatarSpec, name: &str) -> Result<Prepared, String> {
        // What is wrong with a spec is told before a pack is read for it.
        spec.check().map_err(|error| format!("{name}: {error}"))?;
        let pack = self.pack()?;
        let body = Body::build(&pack, spec).map_err(|error| format!("{name}: {error}"))?;
        Ok(Prepared::person(body, spec))
    }
}

/// Reads a spec; errors name the file.
pub(crate) fn read_spec(path: &Path) -> Result<AvatarSpec, String> {
    let named = |problem: String| format!("{}: {problem}", path.display());
    let mut text = String::new();
    let file = fs::File::open(path).map_err(|error| named(error.to_string()))?;
    let read = file.take(MAX_SPEC_BYTES + 1).read_to_string(&mut text);
    read.map_err(|error| named(error.to_string()))?;
    if text.len() as u64 > MAX_SPEC_BYTES {
        return Err(named(format!("is longer than {MAX_SPEC_BYTES} bytes")));
    }
    AvatarSpec::from_ron(&text).map_err(|error| named(error.to_string()))
}

/// A body with what was put right in its file, or why there is none.
type Made = Result<(Arc<AvatarBody>, Vec<String>), String>;

/// Bodies that are alive or being made, by what they are made from.
#[derive(Resource, Default)]
pub(crate) struct Bodies {
    alive: HashMap<Key, Weak<AvatarBody>>,
    tasks: HashMap<Key, Task<Result<Prepared, String>>>,
    /// Made in this frame.
    done: HashMap<Key, Made>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Spec(String),
    Random(u64),
    /// With the time of its last change.
    File(PathBuf, Option<SystemTime>),
}

impl Key {
    fn of(source: &AvatarSource, library: &Library) -> Self {
        let file = |path: PathBuf| {
            let changed = fs::metadata(&path).and_then(|meta| meta.modified()).ok();
            Self::File(path, changed)
        };
        match source {
            AvatarSource::Spec(spec) => Self::Spec(spec.to_ron()),
            AvatarSource::Random(seed) => Self::Random(*seed),
            AvatarSource::Preset(name) => file(library.preset(name)),
            AvatarSource::File(path) => file(library.find(path)),
        }
    }
}

/// What an avatar waits for, and what it has.
#[derive(Component, Default)]
pub(crate) struct Loading {
    waits_for: Option<Key>,
    /// The source that is or was loaded last.
    asked: Option<AvatarSource>,
    /// The source may have been changed.
    again: bool,
    /// The newest body, until the life takes it.
    pub arrived: Option<Arc<AvatarBody>>,
}

pub(super) fn ask(
    mut commands: Commands,
    mut avatars: Query<(Entity, Option<&mut Loading>), Changed<Avatar>>,
) {
    for (entity, loading) in &mut avatars {
        match loading {
            Some(mut loading) => loading.again = true,
            None => {
                commands.entity(entity).insert(Loading { again: true, ..Loading::default() });
            }
        }
    }
}

/// Has the bodies made that avatars lack.
pub(super) fn start(
    mut avatars: Query<(&Avatar, &mut Loading)>,
    library: Res<Library>,
    mut bodies: ResMut<Bodies>,
) {
    for (avatar, mut loading) in &mut avatars {
        // One body at a time: what is changed meanwhile is made after it.
        if !loading.again || loading.waits_for.is_some() {
            continue;
        }
        loading.again = false;
        if loading.asked.as_ref() == Some(&avatar.source) {
            continue;
        }
        loading.asked = Some(avatar.source.clone());
        let key = Key::of(&avatar.source, &library);
        if let Some(body) = bodies.alive.get(&key).and_then(Weak::upgrade) {
            bodies.done.insert(key.clone(), Ok((body, Vec::new())));
        } else if !bodies.tasks.contains_key(&key) {
            let (library, source) = (library.clone(), avatar.source.clone());
            let work = async move { library.prepare(&source) };
            bodies.tasks.insert(key.clone(), AsyncComputeTaskPool::get().spawn(work));
        }
        loading.waits_for = Some(key);
    }
}

/// Takes bodies that have been made.
pub(super) fn take(
    settings: Option<Res<ReverieSettings>>,
    mut bodies: ResMut<Bodies>,
    mut stores: Stores,
) {
    let lockstep = settings.is_some_and(|settings| settings.lockstep);
    let Bodies { alive, tasks, done } = &mut *bodies;
    if tasks.is_empty() {
        return;
    }
    tasks.retain(|key, task| {
        let result = if lockstep { Some(block_on(task)) } else { check_ready(task) };
        let Some(result) = result else { return true };
        let result = result.map(|mut prepared| {
            let warnings = std::mem::take(&mut prepared.warnings);
            (Arc::new(prepared.store(&mut stores)), warnings)
        });
        if let Ok((body, _)) = &result {
            alive.retain(|_, body| body.strong_count() > 0);
            alive.insert(key.clone(), Arc::downgrade(body));
        }
        done.insert(key.clone(), result);
        false
    });
}

/// Gives bodies to those who wait for them.
pub(super) fn give(
    mut avatars: Query<(Entity, &mut Loading), With<Avatar>>,
    mut bodies: ResMut<Bodies>,
    mut ready: MessageWriter<AvatarReady>,
    mut failed: MessageWriter<AvatarFailed>,
) {
    if bodies.done.is_empty() {
        return;
    }
    for (entity, mut loading) in &mut avatars {
        let Some(result) = loading.waits_for.as_ref().and_then(|key| bodies.done.get(key)) else {
            continue;
        };
        match result {
            Ok((body, warnings)) => {
                let (name, warnings) = (body.name.clone(), warnings.clone());
                ready.write(AvatarReady { entity, name, warnings });
                loading.arrived = Some(body.clone());
            }
            Err(error) => {
                warn!("avatar: {error}");
                failed.write(AvatarFailed { entity, error: error.clone() });
            }
        }
        loading.waits_for = None;
    }
    bodies.done.clear();
}
