//! The list of the site's files that the service worker keeps, each with its hash.

use crate::{files, headers};
use anyhow::{Context as _, Result, bail};
use serde_json::{Map, Value, json};
use std::path::Path;

/// The worker; the browser itself looks after its file.
const WORKER: &str = "sw.js";

/// Writes the list into the built worker. Its version is a hash over every file and over the worker itself.
pub fn write(dist: &Path) -> Result<()> {
    let path = dist.join(WORKER);
    let script = files::read_text(&path)?;
    let mut listed = Map::new();
    for name in files::list(dist)?.into_iter().filter(|name| name != WORKER && name != headers::FILE) {
        let hash = files::sha256(&files::read(&dist.join(&name))?);
        listed.insert(name, Value::String(hash));
    }
    files::write(&path, with_list(&script, &Value::Object(listed))?)
}

/// The worker's script with this list in place of the one that it has.
fn with_list(script: &str, listed: &Value) -> Result<String> {
    const START: &str = "\nconst SITE = ";
    let (before, rest) = script.split_once(START).context("sw.js has no line `const SITE = `")?;
    let (_, after) = rest.split_once(";\n").context("the line `const SITE = ` of sw.js does not end")?;
    if after.contains(START) {
        bail!("sw.js has two lines `const SITE = `");
    }
    let version = &files::sha256(format!("{before}{after}{listed}").as_bytes())[..16];
    let site = json!({ "version": version, "files": listed });
    Ok(format!("{before}{START}{site};\n{after}"))
}

#[cfg(test)]
mod tests {
    use super::with_list;
    use serde_json::json;

    const SCRIPT: &str = "// start\n\nconst SITE = { version: \"\", files: {} };\n\nrest();\n";

    #[test]
    fn does_a_changed_file_make_another_worker() {
        let one = with_list(SCRIPT, &json!({ "a.js": "00" })).expect("a list");
        let other = with_list(SCRIPT, &json!({ "a.js": "01" })).expect("a list");
        let version = |script: &str| script.split("\"version\":\"").nth(1).map(|rest| rest[..16].to_owned());
        assert!(version(&one).is_some());
        assert_ne!(version(&one), version(&other));
        assert!(one.starts_with("// start\n") && one.ends_with("rest();\n"), "{one}");
    }

    #[test]
    fn does_a_second_run_change_nothing() {
        let once = with_list(SCRIPT, &json!({ "a.js": "00" })).expect("a list");
        assert_eq!(with_list(&once, &json!({ "a.js": "00" })).expect("a list"), once);
    }
}
