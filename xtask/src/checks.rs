//! Everything that must hold before a change lands, in the order in which it fails fastest.

use crate::dependencies::{self, KnownFaults};
use crate::process::{self, find};
use crate::release;
use crate::setup::{self, SiteTools, TestTools};
use crate::site;
use crate::wasm::TARGET;
use anyhow::{Context as _, Result};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// The steps that ended well, for the summary.
struct Progress {
    start: Instant,
    done: Vec<(&'static str, Duration)>,
}

impl Progress {
    fn step<T>(&mut self, name: &'static str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        println!("\n== {name} (after {})", clock(self.start.elapsed()));
        let start = Instant::now();
        match work() {
            Ok(value) => {
                self.done.push((name, start.elapsed()));
                Ok(value)
            }
            Err(error) => {
                self.summarise();
                println!("  {:>6}  {name}: FAILED", clock(start.elapsed()));
                Err(error.context(format!("step `{name}` failed")))
            }
        }
    }

    fn summarise(&self) {
        println!("\n== summary: {}", clock(self.start.elapsed()));
        for (name, took) in &self.done {
            println!("  {:>6}  {name}", clock(*took));
        }
    }
}

/// Runs every step; stops at the first that fails.
pub fn run(root: &Path) -> Result<()> {
    let mut progress = Progress { start: Instant::now(), done: Vec::new() };
    progress
        .step("formatting", || run_in(root, Command::new("cargo").args(["fmt", "--all", "--", "--check"])))?;
    let site_tools = progress.step("set-up: site", || setup::for_site(root))?;
    let test_tools = progress.step("set-up: browser tests", || setup::for_tests(root))?;
    let python = progress.step("set-up: PyTorch", setup::for_reference)?;
    progress.step("clippy, native", || {
        let arguments = ["clippy", "--release", "--workspace", "--all-targets", "--", "-D", "warnings"];
        run_in(root, Command::new("cargo").args(arguments))
    })?;
    progress.step("clippy, wasm", || clippy_wasm(root, &site_tools))?;
    progress.step("dependencies", || dependencies::check(root, KnownFaults::Reported))?;
    progress.step("native tests", || native_tests(root, &python))?;
    let dist = progress.step("site", || site::build(root, &site_tools))?;
    progress.step("one file and release", || release::write(root, &dist))?;
    progress.step("browser tests", || browser_tests(root, &test_tools))?;
    progress.summarise();
    Ok(())
}

/// The second clippy configuration forbids what compiles for wasm but fails there.
fn clippy_wasm(root: &Path, tools: &SiteTools) -> Result<()> {
    let lint = |what: &[&str]| {
        let mut cargo = tools.toolchain.cargo()?;
        // The site's profile: build scripts and macros compiled here serve the site too.
        cargo.args(["clippy", "--target", TARGET, "--profile", site::PROFILE, "--lib"]).args(what);
        cargo.args(["--", "-D", "warnings"]).env("CLIPPY_CONF_DIR", root.join("xtask/clippy-wasm"));
        run_in(root, &mut cargo)
    };
    lint(&["--bin", "engine", "--features", "gpu"])?;
    // The page's own module has no network in it.
    lint(&["--bin", "app", "--no-default-features"])
}

fn native_tests(root: &Path, python: &Path) -> Result<()> {
    let test = |arguments: &[&str]| {
        let mut cargo = Command::new("cargo");
        run_in(root, cargo.args(arguments).args(["--release", "--workspace"]).env("HIELIGHT_PYTHON", python))
    };
    if find(&["cargo-nextest"]).is_some() {
        test(&["nextest", "run"])?;
        return test(&["test", "--doc"]);
    }
    test(&["test"])
}

fn browser_tests(root: &Path, tools: &TestTools) -> Result<()> {
    // The page is compared with the command line: both must be of the same source.
    run_in(root, Command::new("cargo").args(["build", "--release", "--bin", "hielight"]))?;
    let tests = root.join("tests/browser");
    let mut files: Vec<PathBuf> = std::fs::read_dir(&tests)
        .context("reading tests/browser")?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.to_string_lossy().ends_with(".test.mjs"))
        .collect();
    files.sort();
    let binary = format!("target/release/hielight{}", std::env::consts::EXE_SUFFIX);
    let mut node = Command::new(&tools.node);
    // One file at a time: each has its own browser, whose software GPU takes every core.
    node.args(["--test", "--test-concurrency=1", "--test-reporter=spec"]).args(files);
    node.env("HIELIGHT_BIN", root.join(binary))
        .env("HIELIGHT_CHROMIUM", &tools.chromium)
        .env("HIELIGHT_FIREFOX", &tools.firefox)
        .env("HIELIGHT_DIST", root.join("dist"))
        .env("HIELIGHT_ONE_FILE", root.join("dist-offline/hielight.html"));
    run_in(root, &mut node)
}

fn run_in(root: &Path, command: &mut Command) -> Result<()> {
    process::run(command.current_dir(root))
}

fn clock(duration: Duration) -> String {
    let seconds = duration.as_secs();
    format!("{}:{:02}", seconds / 60, seconds % 60)
}
