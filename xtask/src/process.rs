//! Running other programs.

use anyhow::{Context as _, Result, bail};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Runs to the end, output passed on; an error names the command.
pub fn run(command: &mut Command) -> Result<()> {
    let line = describe(command);
    println!("  $ {line}");
    let status = command.status().with_context(|| format!("could not start `{line}`"))?;
    if !status.success() {
        bail!("`{line}` failed ({status})");
    }
    Ok(())
}

/// What a command prints to stdout, trimmed; `None` if it can't be started or fails.
pub fn output(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The first of the names that is a file on PATH.
pub fn find(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let directories: Vec<PathBuf> = std::env::split_paths(&path).collect();
    names.iter().find_map(|name| find_in(&directories, name))
}

/// A program in one of the directories, with the platform's suffix.
pub fn find_in(directories: &[PathBuf], name: &str) -> Option<PathBuf> {
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    directories.iter().map(|directory| directory.join(&file)).find(|candidate| candidate.is_file())
}

/// PATH with these directories before the present ones.
pub fn path_with(first: &[&Path]) -> Result<std::ffi::OsString> {
    let present = std::env::var_os("PATH").unwrap_or_default();
    let all = first.iter().map(|directory| directory.to_path_buf()).chain(std::env::split_paths(&present));
    std::env::join_paths(all).context("a directory on PATH holds the PATH separator")
}

/// Installs Debian packages: as root, else through sudo.
pub fn apt_install(packages: &[&str], purpose: &str) -> Result<()> {
    let list = packages.join(" ");
    if find(&["apt-get"]).is_none() {
        bail!("{purpose} is missing: install {list} (or your system's equivalent) and run this again");
    }
    let is_root = output(Command::new("id").arg("-u")).is_some_and(|id| id == "0");
    if !is_root && find(&["sudo"]).is_none() {
        bail!("{purpose} is missing: run `apt-get install {list}` as root and run this again");
    }
    let apt = |arguments: &[&str]| {
        let mut command = if is_root { Command::new("apt-get") } else { Command::new("sudo") };
        if !is_root {
            command.arg("apt-get");
        }
        command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
        run(&mut command)
    };
    println!("  {purpose}: installing Debian's {list}");
    apt(&["update", "-q"])?;
    let mut arguments = vec!["install", "-q", "-y", "--no-install-recommends"];
    arguments.extend(packages);
    apt(&arguments)
}

fn describe(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}
