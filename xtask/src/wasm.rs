//! Which Rust builds for wasm32: the active toolchain, or Debian's with its standard library's
//! source where rustup can't fetch the target.

use crate::process::{apt_install, output, path_with, run};
use anyhow::{Context as _, Result, bail};
use std::path::Path;
use std::process::Command;

pub const TARGET: &str = "wasm32-unknown-unknown";

/// The toolchain for wasm32.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Toolchain {
    /// The active one has the target's standard library.
    Active,
    /// `rustc-web`: builds the standard library itself.
    Debian,
}

impl Toolchain {
    /// Finds one that works, installing what is missing.
    pub fn set_up() -> Result<Self> {
        let wanted = std::env::var("HIELIGHT_WASM_TOOLCHAIN").unwrap_or_default();
        match wanted.as_str() {
            "debian" => return Self::debian(),
            "" | "rustup" => {}
            other => bail!("HIELIGHT_WASM_TOOLCHAIN is `{other}`: use rustup or debian"),
        }
        if active_has_target() {
            println!("  {TARGET}: there");
            return Ok(Self::Active);
        }
        println!("  {TARGET}: asking rustup");
        let added = run(Command::new("rustup").args(["target", "add", TARGET]));
        match added {
            Ok(()) if active_has_target() => Ok(Self::Active),
            Ok(()) => bail!("rustup added {TARGET}, but to another toolchain than the active one"),
            Err(error) if wanted == "rustup" => Err(error),
            Err(error) => {
                println!("  {error:#}; taking Debian's toolchain instead");
                Self::debian()
            }
        }
    }

    fn debian() -> Result<Self> {
        let needed = ["/usr/bin/rustc", "/usr/bin/cargo", "/usr/bin/wasm-ld-19", "/usr/bin/clippy-driver"];
        // The standard library's source stands in the sysroot of Debian's own rustc.
        let has_source = || {
            output(Command::new("/usr/bin/rustc").env_remove("LD_LIBRARY_PATH").args(["--print", "sysroot"]))
                .is_some_and(|sysroot| Path::new(&sysroot).join("lib/rustlib/src/rust/library/std").exists())
        };
        if needed.iter().all(|program| Path::new(program).exists()) && has_source() {
            println!("  {TARGET}: Debian's toolchain is there");
        } else {
            let packages = ["rustc-web", "cargo-web", "rust-web-src", "rust-web-clippy", "lld-19"];
            apt_install(&packages, "a Rust toolchain for wasm32")?;
        }
        Ok(Self::Debian)
    }

    /// Makes every cargo that `command` runs build for wasm32 with this toolchain.
    /// `first_on_path` are looked through before PATH.
    pub fn apply(self, command: &mut Command, first_on_path: &[&Path]) -> Result<()> {
        let mut directories = first_on_path.to_vec();
        if self == Self::Debian {
            directories.push(Path::new("/usr/bin"));
            command
                .env("RUSTC", "/usr/bin/rustc")
                .env("RUSTC_BOOTSTRAP", "1")
                .env("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort")
                .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "wasm-ld-19")
                // The cargo that runs this task points both at its own toolchain.
                .env_remove("CARGO")
                .env_remove("LD_LIBRARY_PATH");
        }
        command.env("PATH", path_with(&directories)?);
        Ok(())
    }

    /// The cargo of this toolchain, ready to build for wasm32.
    pub fn cargo(self) -> Result<Command> {
        let mut command = Command::new(match self {
            Self::Active => "cargo",
            Self::Debian => "/usr/bin/cargo",
        });
        self.apply(&mut command, &[]).context("preparing cargo for wasm32")?;
        Ok(command)
    }
}

fn active_has_target() -> bool {
    output(Command::new("rustc").args(["--print", "sysroot"]))
        .is_some_and(|sysroot| Path::new(&sysroot).join("lib/rustlib").join(TARGET).join("lib").is_dir())
}
