//! What every network of Reverie stands on: a store of weights that are checked before they are
//! used, the choice of a device, and worker threads that keep networks out of the frame loop.
//!
//! * [`ModelStore`] finds the models named in `models/manifest.ron`, checks size and SHA-256 and
//!   opens them as [`Weights`].
//! * [`Weights`] is a bounded safetensors file whose every read names file and tensor when the
//!   shape is not the expected one.
//! * [`Worker`] is a named thread with bounded channels both ways.
//! * [`BackgroundPool`] are threads that give way to the frames.
//! * [`layers`] are the parts that several networks are made of.
//! * [`choose_device`] is the CPU unless a GPU was compiled in and asked for.

mod background;
mod device;
pub mod layers;
mod locate;
mod manifest;
mod store;
mod weights;
mod worker;

pub use background::BackgroundPool;
pub use device::{DeviceChoice, DeviceError, choose_device};
pub use locate::{ASSETS_VARIABLE, CACHE_VARIABLE, assets_dir, cache_dir};
pub use manifest::{MANIFEST_FILE, Manifest, ManifestError, ModelEntry, ModelKind, PackageFile};
pub use store::{ModelState, ModelStatus, ModelStore, StoreError, sha256_hex};
pub use weights::{MAX_HEADER_BYTES, Weights, WeightsError};
pub use worker::{Worker, WorkerError};
