//! Which device a network runs on.

use candle_core::Device;
use serde::{Deserialize, Serialize};

/// Where a network should run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum DeviceChoice {
    /// The CPU: always there, and the same bits in every run.
    #[default]
    Cpu,
    /// The first CUDA device; needs the cargo feature `cuda`.
    Cuda,
    /// The first Metal device; needs the cargo feature `metal`.
    Metal,
}

/// Why a device cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("device {choice:?} cannot be used: {reason}")]
pub struct DeviceError {
    /// What was asked for.
    pub choice: DeviceChoice,
    /// What stands in the way.
    pub reason: String,
}

/// Opens the device.
///
/// # Errors
/// When the device is not compiled in (cargo features `cuda`, `metal`) or not there.
pub fn choose_device(choice: DeviceChoice) -> Result<Device, DeviceError> {
    let opened = match choice {
        DeviceChoice::Cpu => return Ok(Device::Cpu),
        DeviceChoice::Cuda if !cfg!(feature = "cuda") => Err("built without feature `cuda`".into()),
        DeviceChoice::Metal if !cfg!(feature = "metal") => {
            Err("built without feature `metal`".into())
        }
        DeviceChoice::Cuda => Device::new_cuda(0).map_err(|e| e.to_string()),
        DeviceChoice::Metal => Device::new_metal(0).map_err(|e| e.to_string()),
    };
    opened.map_err(|reason| DeviceError { choice, reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cpu_is_always_there() {
        assert!(choose_device(DeviceChoice::default()).expect("CPU").is_cpu());
    }

    #[cfg(not(feature = "cuda"))]
    #[test]
    fn a_device_that_is_not_compiled_in_is_refused_by_name() {
        let message = choose_device(DeviceChoice::Cuda).expect_err("no CUDA").to_string();
        assert!(message.contains("Cuda") && message.contains("feature `cuda`"), "{message}");
    }
}
