//! What a run says: a file for itself, and standard error.

use super::exit::Exit;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// The log of one run.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: Mutex<std::fs::File>,
    start: Instant,
    verbose: bool,
}

impl Journal {
    /// Begins a log in a folder, in a file that no other run has; `verbose`: what goes well is said on standard error too.
    ///
    /// # Errors
    /// The first input/output error.
    pub fn begin(folder: &Path, level: &str, verbose: bool) -> std::io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let path =
            (0..).map(|n| folder.join(format!("{level}_{}-{}-{n}.log", now.as_millis(), std::process::id())));
        for path in path {
            match std::fs::File::create_new(&path) {
                Ok(file) => {
                    let journal = Self { path, file: Mutex::new(file), start: Instant::now(), verbose };
                    let seconds = now.as_secs();
                    let version = env!("CARGO_PKG_VERSION");
                    journal
                        .write(&format!("hielight {version}, {level} level, {seconds} s after 1970 (UTC)"));
                    return Ok(journal);
                }
                // A run of another machine with this very moment and number.
                Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(e) => return Err(e),
            }
        }
        unreachable!("there is always another number")
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Something that went as it should.
    pub fn note(&self, words: &str) {
        self.write(words);
        if self.verbose {
            eprintln!("hielight: {words}");
        }
    }

    /// Something that its reader must know.
    pub fn warn(&self, words: &str) {
        self.write(words);
        eprintln!("hielight: {words}");
    }

    /// The last line, which says how the process ends.
    pub fn end(&self, exit: Exit) {
        self.warn(&format!("exit {}: {}", exit.code(), exit.meaning()));
    }

    fn write(&self, words: &str) {
        let line = format!("{:9.1} s  {words}\n", self.start.elapsed().as_secs_f64());
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        // A log that cannot be written is no reason to lose the results.
        if let Err(e) = file.write_all(line.as_bytes()) {
            eprintln!("hielight: {} cannot be written: {e}", self.path.display());
        }
    }
}
