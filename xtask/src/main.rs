//! `cargo xtask`: everything that a fresh machine needs to build, serve and test the page.

mod checks;
mod dependencies;
mod files;
mod headers;
mod one_file;
mod parts;
mod precache;
mod process;
mod release;
mod server;
mod setup;
mod site;
mod wasm;

use anyhow::{Context as _, Result, bail};
use dependencies::KnownFaults;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "\
Usage: cargo xtask COMMAND

  setup            install what is missing: wasm32 target, Trunk, wasm-bindgen, wasm-opt,
                   and for the tests Chromium and Playwright
  build            build the site into dist/
  serve [--port N] build the site and serve it on 127.0.0.1 (port 8080)
  seal             add licences, headers and the service worker's list to the site in dist/
                   (build does it; only needed after a change in dist/ by hand)
  offline          build the site and from it one HTML file, dist-offline/hielight.html
  release          both, packed into release/ with licences, bill of materials and checksums
                   (--no-build after either: from the site that is in dist/)
  fuzz [--cases N] [--seed N]
                   try N changed files of each kind (100000) on everything that reads files
  test             formatting, clippy (native and wasm), dependencies, native tests, site, one file,
                   browser tests

Each of them sets up what it needs by itself.

Environment
  HIELIGHT_WASM_TOOLCHAIN  rustup | debian: use this way to the wasm32 target (default: what works)
  HIELIGHT_CHROMIUM        the browsers for the tests (default: the first ones found)
  HIELIGHT_FIREFOX";

const DEFAULT_PORT: u16 = 8080;
/// Files of each kind: some minutes.
const FUZZ_CASES: u64 = 100_000;

enum Task {
    Setup,
    Build,
    Serve { port: u16 },
    Seal,
    Offline { build: bool },
    Release { build: bool },
    Fuzz { cases: u64, seed: u64 },
    Test,
    Help,
}

impl Task {
    fn parse(arguments: &[String]) -> Result<Self> {
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        Ok(match words.as_slice() {
            ["setup"] => Self::Setup,
            ["build"] => Self::Build,
            ["serve"] => Self::Serve { port: DEFAULT_PORT },
            ["serve", "--port", port] => {
                Self::Serve { port: port.parse().with_context(|| format!("`{port}` is not a port number"))? }
            }
            ["seal"] => Self::Seal,
            ["offline"] => Self::Offline { build: true },
            ["offline", "--no-build"] => Self::Offline { build: false },
            ["release"] => Self::Release { build: true },
            ["release", "--no-build"] => Self::Release { build: false },
            ["fuzz", options @ ..] => {
                let (mut cases, mut seed) = (FUZZ_CASES, 1);
                for option in options.chunks(2) {
                    let [name, number] = option else { bail!("`{}` lacks its number", option.join(" ")) };
                    let number = number.parse().with_context(|| format!("`{number}` is not a number"))?;
                    match *name {
                        "--cases" => cases = number,
                        "--seed" => seed = number,
                        other => bail!("`{other}` is no option of fuzz\n\n{USAGE}"),
                    }
                }
                Self::Fuzz { cases, seed }
            }
            ["test"] => Self::Test,
            [] | ["help" | "-h" | "--help"] => Self::Help,
            other => bail!("`{}` is not a task\n\n{USAGE}", other.join(" ")),
        })
    }
}

/// The repository's root: every task runs from there.
fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own).to_owned()
}

/// The built site's folder.
fn site(root: &Path, build: bool) -> Result<PathBuf> {
    if build {
        let tools = setup::for_site(root)?;
        return site::build(root, &tools);
    }
    let dist = root.join("dist");
    if !dist.join("licences.txt").is_file() {
        bail!("dist/ holds no whole site: leave --no-build out");
    }
    Ok(dist)
}

fn run() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let task = Task::parse(&arguments)?;
    let root = root();
    match task {
        Task::Help => println!("{USAGE}"),
        Task::Setup => {
            setup::for_site(&root)?;
            setup::for_tests(&root)?;
            println!("ready");
        }
        Task::Build => {
            site(&root, true)?;
        }
        Task::Serve { port } => server::serve(&site(&root, true)?, port)?,
        Task::Seal => site::seal(&root, &root.join("dist"))?,
        Task::Offline { build } => {
            one_file::write(&root, &site(&root, build)?)?;
        }
        Task::Release { build } => {
            dependencies::check(&root, KnownFaults::Refused)?;
            release::write(&root, &site(&root, build)?)?;
        }
        Task::Fuzz { cases, seed } => process::run(
            std::process::Command::new("cargo")
                .args(["test", "--release", "--test", "fuzz", "--", "--nocapture"])
                .current_dir(&root)
                .env("HIELIGHT_FUZZ_CASES", cases.to_string())
                .env("HIELIGHT_FUZZ_SEED", seed.to_string()),
        )?,
        Task::Test => checks::run(&root)?,
    }
    Ok(())
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
