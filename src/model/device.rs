//! Where the network runs.
//!
//! # Devices
//!
//! The engine starts on Burn's CPU backend (flex, wasm SIMD). While nothing else is to be done it tests the
//! graphics adapter, which takes over for the next analysis; one in software (`Adapter::new`) is taken only
//! when the reader chooses it. A shader that fails to compile is only logged and leaves stale data,
//! so the bundle carries a self-test case with its answer: the engine computes it on each device and
//! compares. On a mismatch it stays on the CPU and says so; if that fails too, no number is ever shown.
//! On wasm every read from the device is awaited: blocking ones panic. Every result names its device.

use crate::language::Text;
use crate::text;
use serde::{Deserialize, Serialize};

#[cfg(feature = "engine")]
pub use compute::ComputeDevice;

/// What to compute on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeviceChoice {
    /// A graphics adapter that is hardware, else the CPU.
    #[default]
    Auto,
    /// The graphics adapter, also one in software.
    Gpu,
    Cpu,
}

impl DeviceChoice {
    /// Why a chosen device computes, in one sentence.
    #[must_use]
    pub fn chosen() -> Text {
        text!("It was chosen.")
    }
}

/// A graphics adapter, by what it says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adapter {
    /// Its facts that are not empty, for people.
    pub name: String,
    /// It computes on the CPU, slower than the CPU backend does.
    pub software: bool,
}

/// Words that name a rasteriser in software, each alone in its name: SwiftShader is Chromium's, llvmpipe, lavapipe and
/// softpipe are Mesa's, WARP is Windows'.
const SOFTWARE: [&str; 5] = ["swiftshader", "llvmpipe", "lavapipe", "softpipe", "warp"];
/// What Windows calls WARP.
const BASIC_RENDER: &str = "basic render";

impl Adapter {
    /// From its facts (name, vendor, architecture, driver; browsers blank some) and whether it says itself that it is a
    /// fallback without hardware.
    #[must_use]
    pub fn new(facts: &[&str], fallback: bool) -> Self {
        let said: Vec<&str> = facts.iter().copied().filter(|fact| !fact.is_empty()).collect();
        let name = said.join(", ");
        let lower = name.to_lowercase();
        let named = lower.split(|c: char| !c.is_alphanumeric()).any(|word| SOFTWARE.contains(&word));
        Self { software: fallback || named || lower.contains(BASIC_RENDER), name }
    }

    /// Why it is not used unless it is chosen.
    #[must_use]
    pub fn refusal(&self) -> Text {
        text!(
            "The graphics adapter ({name}) is software, slower than the CPU itself: it is used only when chosen.",
            name = &self.name
        )
    }
}

#[cfg(feature = "engine")]
mod compute {
    use super::{Adapter, DeviceChoice};
    use crate::language::Text;
    use crate::model::{DeviceInfo, ModelError};
    use crate::text;
    use burn::tensor::Device;

    /// A device that is ready to compute, and its name.
    #[derive(Debug, Clone)]
    pub struct ComputeDevice {
        pub device: Device,
        pub info: DeviceInfo,
        /// The graphics adapter that it is; `None`: the CPU.
        pub adapter: Option<Adapter>,
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
            Self { device: Device::flex(), info: DeviceInfo { kind: "cpu".into(), name }, adapter: None }
        }

        /// What was chosen, and why it is that one. `Auto` takes no adapter in software.
        ///
        /// # Errors
        /// `ModelError::NoAdapter` when the graphics adapter was chosen and none can be had.
        pub async fn open(choice: DeviceChoice) -> Result<(Self, Text), ModelError> {
            match choice {
                DeviceChoice::Cpu => Ok((Self::cpu(), DeviceChoice::chosen())),
                DeviceChoice::Gpu => Ok((Self::gpu(None).await?, DeviceChoice::chosen())),
                DeviceChoice::Auto => Ok(match Self::gpu(None).await {
                    Ok(gpu) => match gpu.adapter.as_ref().filter(|adapter| adapter.software) {
                        Some(adapter) => (Self::cpu(), adapter.refusal()),
                        None => (gpu, text!("The graphics adapter is hardware.")),
                    },
                    Err(error) => (Self::cpu(), not_used(&error)),
                }),
            }
        }

        /// The graphics adapter, by WebGPU in the browser and its native twin elsewhere. Once per process: clone the
        /// device to reuse it. `known` is what the browser says of it, which wgpu does not pass on.
        ///
        /// # Errors
        /// `ModelError::NoAdapter` when none can be had.
        #[cfg(feature = "gpu")]
        pub async fn gpu(known: Option<&Adapter>) -> Result<Self, ModelError> {
            let (device, setup) = Device::wgpu_options()
                .init_with_setup_async()
                .await
                .map_err(|e| ModelError::NoAdapter(e.to_string()))?;
            let info = setup.adapter.get_info();
            // `Cpu` in words: the type itself is wgpu's, which is no dependency of its own.
            let fallback = format!("{:?}", info.device_type) == "Cpu";
            let adapter = known
                .cloned()
                .unwrap_or_else(|| Adapter::new(&[&info.name, &info.driver, &info.driver_info], fallback));
            let kind = if cfg!(target_arch = "wasm32") { "WebGPU" } else { "GPU" };
            let name = match adapter.name.as_str() {
                "" => kind.to_owned(),
                name => format!("{kind} ({name})"),
            };
            let info = DeviceInfo { kind: "webgpu".into(), name: name.into() };
            Ok(Self { device, info, adapter: Some(adapter) })
        }

        /// There is none in a build without WebGPU.
        ///
        /// # Errors
        /// `ModelError::NoAdapter`, always.
        #[cfg(not(feature = "gpu"))]
        pub async fn gpu(_known: Option<&Adapter>) -> Result<Self, ModelError> {
            Err(ModelError::NoAdapter("this program was built without the feature `gpu`".into()))
        }
    }

    /// Why the CPU answers.
    pub fn not_used(error: &ModelError) -> Text {
        use crate::fault::Explained;
        text!("WebGPU is not used, because {reason}. The CPU answers instead.", reason = error.text())
    }
}

#[cfg(feature = "engine")]
pub use compute::not_used;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_an_adapter_in_software_told_from_hardware() {
        for facts in [
            // Chromium on wasm; its description is blank.
            &["google", "swiftshader", "", ""][..],
            &["llvmpipe (LLVM 15.0.7, 256 bits)", "llvmpipe", "Mesa 22.3.6 (LLVM 15.0.7)"],
            &["SwiftShader Device (Subzero)"],
            &["Microsoft Basic Render Driver"],
            &["microsoft", "WARP"],
            &["softpipe"],
        ] {
            assert!(Adapter::new(facts, false).software, "{facts:?}");
        }
        for facts in [
            &["NVIDIA GeForce RTX 3060", "NVIDIA", "535.183"][..],
            &["intel", "gen-12lp"],
            &["apple", "metal-3"],
            &["AMD Radeon", "radv", "Mesa 24.0"],
            &["Warpspeed 9000"],
            &[],
        ] {
            assert!(!Adapter::new(facts, false).software, "{facts:?}");
            assert!(Adapter::new(facts, true).software, "a fallback is software, whatever its name");
        }
        assert_eq!(Adapter::new(&["google", "", "swiftshader"], false).name, "google, swiftshader");
    }
}
