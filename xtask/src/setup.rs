//! What has to be on the machine; installs what is missing and says so.

use crate::process::{apt_install, find, find_in, output, run};
use crate::wasm::Toolchain;
use anyhow::{Context as _, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

const TRUNK: &str = "0.21.14";
/// Must equal the `wasm-bindgen` of Cargo.lock: glue and module speak one dialect.
const WASM_BINDGEN: &str = "0.2.130";
/// Licences, sources and known faults of the crates.
const CARGO_DENY: &str = "0.20.2";
/// The npm package, where the system has no `wasm-opt` that will do.
const BINARYEN_NPM: &str = "132.0.0";
/// Older ones refuse instructions that rustc emits by default (Debian 12's 108: `table.fill`).
const BINARYEN_OLDEST: u32 = 116;
/// The oldest Node.js with `node --test --test-concurrency` (18.19) is of this line.
const NODE_MAJOR: u32 = 18;

/// What builds the site.
pub struct SiteTools {
    pub toolchain: Toolchain,
    pub trunk: PathBuf,
    /// Looked through before PATH by Trunk: holds wasm-bindgen and perhaps wasm-opt.
    pub directories: Vec<PathBuf>,
}

/// What runs the browser tests.
pub struct TestTools {
    pub chromium: PathBuf,
    pub firefox: PathBuf,
    pub node: PathBuf,
}

/// A Python with PyTorch and nibabel, for the independent implementation of the network and the other reader of NIfTI.
pub fn for_reference() -> Result<PathBuf> {
    println!("setting up: PyTorch, nibabel");
    let candidates = || find(&["python3"]).into_iter().chain([PathBuf::from("/usr/bin/python3")]);
    let has_torch = |python: &PathBuf| {
        output(Command::new(python).args(["-c", "import numpy, torch, nibabel"])).is_some()
    };
    if let Some(python) = candidates().find(has_torch) {
        println!("  PyTorch, nibabel: there");
        return Ok(python);
    }
    apt_install(&["python3-torch", "python3-numpy", "python3-nibabel"], "PyTorch and nibabel")?;
    candidates()
        .find(has_torch)
        .context("apt installed python3-torch and python3-nibabel, but no python3 can import both")
}

/// The wasm32 target, Trunk, wasm-bindgen and wasm-opt.
pub fn for_site(root: &Path) -> Result<SiteTools> {
    println!("setting up: site");
    check_wasm_bindgen_version(root)?;
    let toolchain = Toolchain::set_up()?;
    let tools = root.join("target/tools");
    let trunk = cargo_tool(&tools, "trunk", "trunk", TRUNK)?;
    let wasm_bindgen = cargo_tool(&tools, "wasm-bindgen", "wasm-bindgen-cli", WASM_BINDGEN)?;
    let wasm_opt = wasm_opt(&tools)?;
    // Only our own: what came from PATH is on it, and its folder may hold another cargo.
    let directories = [wasm_bindgen, wasm_opt]
        .iter()
        .filter_map(|tool| tool.parent())
        .filter(|directory| directory.starts_with(&tools))
        .map(Path::to_owned)
        .collect();
    Ok(SiteTools { toolchain, trunk, directories })
}

/// cargo-deny.
pub fn for_dependencies(root: &Path) -> Result<PathBuf> {
    cargo_tool(&root.join("target/tools"), "cargo-deny", "cargo-deny", CARGO_DENY)
}

/// Chromium, Firefox, Node.js and what drives the browsers.
pub fn for_tests(root: &Path) -> Result<TestTools> {
    println!("setting up: browser tests");
    let chromium = chromium()?;
    let firefox = firefox()?;
    let node = node()?;
    playwright(&root.join("tests/browser"))?;
    chinese_letters()?;
    Ok(TestTools { chromium, firefox, node })
}

/// Letters of Chinese: whether its texts fit is seen only with them. Systems without fontconfig have their own.
fn chinese_letters() -> Result<()> {
    let fonts = output(Command::new("fc-list").arg(":lang=zh"));
    if fonts.is_none_or(|list| !list.is_empty()) {
        println!("  Chinese letters: there");
        return Ok(());
    }
    apt_install(&["fonts-wqy-microhei"], "a font with Chinese letters")
}

fn check_wasm_bindgen_version(root: &Path) -> Result<()> {
    let lock = std::fs::read_to_string(root.join("Cargo.lock")).context("reading Cargo.lock")?;
    let locked = locked_version(&lock, "wasm-bindgen").context("Cargo.lock has no wasm-bindgen")?;
    if locked != WASM_BINDGEN {
        bail!(
            "Cargo.lock has wasm-bindgen {locked}, but xtask installs its command line {WASM_BINDGEN}: \
             set WASM_BINDGEN in xtask/src/setup.rs to {locked}"
        );
    }
    Ok(())
}

fn locked_version<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name);
    lines.nth(1)?.strip_prefix("version = \"")?.strip_suffix('"')
}

/// A program that cargo installs: from `target/tools`, else from PATH if of this version, else new.
fn cargo_tool(tools: &Path, program: &str, package: &str, version: &str) -> Result<PathBuf> {
    let bin = tools.join("bin");
    let is_right = |path: &PathBuf| {
        output(Command::new(path).arg("--version"))
            .is_some_and(|text| text.split_whitespace().any(|word| word == version))
    };
    let installed = find_in(std::slice::from_ref(&bin), program)
        .filter(is_right)
        .or_else(|| find(&[program]).filter(is_right));
    if let Some(path) = installed {
        println!("  {package} {version}: there");
        return Ok(path);
    }
    println!("  {package} {version}: building it into target/tools (some minutes, once)");
    let install = |locked: &[&str]| {
        run(Command::new("cargo")
            .args(["install", "--quiet", package, "--version", version, "--root"])
            .arg(tools)
            .args(locked)
            // Built for building, not for shipping: Trunk's own profile is fat LTO in one unit, for minutes.
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
            // All tools share what they have in common.
            .env("CARGO_TARGET_DIR", tools.join("build")))
    };
    // A package's own lock may name a crate that this machine's registry does not have yet.
    if let Err(error) = install(&["--locked"]) {
        println!("  {package} {version}: {error:#}; trying without its lock file");
        install(&[])?;
    }
    find_in(&[bin], program).with_context(|| format!("cargo installed {package}, but no {program}"))
}

fn wasm_opt(tools: &Path) -> Result<PathBuf> {
    let prefix = tools.join("binaryen");
    let npm_bin = prefix.join("node_modules/.bin");
    let will_do = |path: &PathBuf| {
        let version = output(Command::new(path).arg("--version"));
        version.as_deref().and_then(binaryen_version).is_some_and(|version| version >= BINARYEN_OLDEST)
    };
    if let Some(path) = find_in(std::slice::from_ref(&npm_bin), "wasm-opt")
        .filter(will_do)
        .or_else(|| find(&["wasm-opt"]).filter(will_do))
    {
        println!("  wasm-opt: there");
        return Ok(path);
    }
    println!("  wasm-opt: taking the npm package binaryen {BINARYEN_NPM}");
    let mut npm = Command::new(npm()?);
    run(npm
        .args(["install", "--no-audit", "--no-fund", "--prefix"])
        .arg(&prefix)
        .arg(format!("binaryen@{BINARYEN_NPM}")))?;
    find_in(&[npm_bin], "wasm-opt").context("npm installed binaryen, but no wasm-opt")
}

/// The number in `wasm-opt version 132 (version_132)`.
fn binaryen_version(text: &str) -> Option<u32> {
    text.split_whitespace().find_map(|word| word.parse().ok())
}

fn npm() -> Result<PathBuf> {
    if find(&["npm"]).is_none() {
        apt_install(&["nodejs", "npm"], "Node.js with npm")?;
    }
    find(&["npm"]).context("apt installed npm, but it is not on PATH")
}

fn chromium() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("HIELIGHT_CHROMIUM") {
        return Ok(path.into());
    }
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let on_mac = PathBuf::from("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome");
    let found = || find(&names).or_else(|| Some(on_mac.clone()).filter(|path| path.is_file()));
    if let Some(path) = found() {
        println!("  Chromium: there");
        return Ok(path);
    }
    apt_install(&["chromium"], "Chromium")?;
    found().context("apt installed chromium, but it is not on PATH")
}

fn firefox() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("HIELIGHT_FIREFOX") {
        return Ok(path.into());
    }
    let on_mac = PathBuf::from("/Applications/Firefox.app/Contents/MacOS/firefox");
    let found =
        || find(&["firefox-esr", "firefox"]).or_else(|| Some(on_mac.clone()).filter(|path| path.is_file()));
    if let Some(path) = found() {
        println!("  Firefox: there");
        return Ok(path);
    }
    apt_install(&["firefox-esr"], "Firefox")?;
    found().context("apt installed firefox-esr, but it is not on PATH")
}

fn node() -> Result<PathBuf> {
    npm()?;
    let node = find(&["node"]).context("apt installed nodejs, but node is not on PATH")?;
    let version = output(Command::new(&node).arg("--version")).context("node does not run")?;
    let major = version.trim_start_matches('v').split('.').next().and_then(|text| text.parse::<u32>().ok());
    if major.is_none_or(|major| major < NODE_MAJOR) {
        bail!("Node.js {version} is too old for the browser tests: install {NODE_MAJOR} or newer");
    }
    println!("  Node.js {version}: there");
    Ok(node)
}

fn playwright(tests: &Path) -> Result<()> {
    // npm writes this file last: it is newer than the lock after a complete install of it.
    let marker = tests.join("node_modules/.package-lock.json");
    let changed = |path: &Path| path.metadata().and_then(|metadata| metadata.modified()).ok();
    if changed(&marker)
        .is_some_and(|at| changed(&tests.join("package-lock.json")).is_some_and(|lock| at >= lock))
    {
        println!("  Playwright: there");
        return Ok(());
    }
    println!("  Playwright: npm ci");
    run(Command::new(npm()?).args(["ci", "--no-audit", "--no-fund"]).current_dir(tests))
}

#[cfg(test)]
mod tests {
    use super::{binaryen_version, locked_version};

    #[test]
    fn is_the_locked_version_read_of_exactly_this_package() {
        let lock = "[[package]]\nname = \"wasm-bindgen-futures\"\nversion = \"0.4.1\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(locked_version(lock, "wasm-bindgen"), Some("0.2.130"));
        assert_eq!(locked_version(lock, "wasm"), None);
    }

    #[test]
    fn is_the_version_read_of_what_wasm_opt_says() {
        assert_eq!(binaryen_version("wasm-opt version 108 (version_108)"), Some(108));
        assert_eq!(binaryen_version("wasm-opt version 116b-nightly"), None);
    }
}
