//! Where the network runs.

use super::{DeviceInfo, ModelError};
use crate::text;
use burn::tensor::Device;
#[cfg(feature = "gpu")]
use burn_wgpu::WgpuSetup;

/// A device that is ready to compute, and its name.
#[derive(Debug, Clone)]
pub struct ComputeDevice {
    pub device: Device,
    pub info: DeviceInfo,
}

impl ComputeDevice {
    /// The CPU: Burn's flex backend, always there.
    #[must_use]
    pub fn cpu() -> Self {
        let name = if cfg!(target_arch = "wasm32") {
            text!("CPU (WebAssembly SIMD, one thread)")
        } else {
            "CPU".into()
        };
        Self { device: Device::flex(), info: DeviceInfo { kind: "cpu".into(), name } }
    }

    /// The graphics adapter, by WebGPU in the browser and its native twin elsewhere. Once per
    /// process: clone the device to reuse it.
    ///
    /// # Errors
    /// `ModelError::NoAdapter` when none can be had.
    #[cfg(feature = "gpu")]
    pub async fn gpu() -> Result<Self, ModelError> {
        let (device, setup) = Device::wgpu_options()
            .init_with_setup_async()
            .await
            .map_err(|e| ModelError::NoAdapter(e.to_string()))?;
        Ok(Self { device, info: DeviceInfo { kind: "webgpu".into(), name: adapter_name(&setup).into() } })
    }

    /// There is none in a build without WebGPU.
    ///
    /// # Errors
    /// `ModelError::NoAdapter`, always.
    #[cfg(not(feature = "gpu"))]
    pub async fn gpu() -> Result<Self, ModelError> {
        Err(ModelError::NoAdapter("this program was built without the feature `gpu`".into()))
    }
}

/// The adapter as its driver names it; browsers blank some of the fields.
#[cfg(feature = "gpu")]
fn adapter_name(setup: &WgpuSetup) -> String {
    let info = setup.adapter.get_info();
    let parts: Vec<&str> = [info.name.as_str(), info.driver.as_str(), info.driver_info.as_str()]
        .into_iter()
        .filter(|s| !s.is_empty())
        .collect();
    let kind = if cfg!(target_arch = "wasm32") { "WebGPU" } else { "GPU" };
    if parts.is_empty() { kind.to_owned() } else { format!("{kind} ({})", parts.join(", ")) }
}
