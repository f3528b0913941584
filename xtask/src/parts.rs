//! What the page is made of: every crate in its modules, with licence and source, as text and as CycloneDX.
//!
//! From cargo's metadata: the generators that there are would cost minutes of every check and need their own reviews.

use crate::files;
use crate::process::output;
use crate::wasm::TARGET;
use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the shipped model and demo case are derived from, and its licence.
const ANATOMY: &str = include_str!("../../NOTICE");
const CREATIVE_COMMONS: &str = include_str!("../../data/anatomy/LICENSE-CC-BY-4.0.txt");
/// Names of the files that hold a licence, in capitals.
const LICENCE_FILES: [&str; 6] = ["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE"];
/// More than the longest licence; anything longer is no licence.
const LONGEST_LICENCE: u64 = 200_000;

/// One crate.
struct Part {
    name: String,
    version: String,
    licence: String,
    repository: String,
    checksum: Option<String>,
    folder: PathBuf,
    /// Ids of the crates that it needs, for the bill of materials.
    needs: Vec<String>,
}

/// All crates of the page, `hielight` first.
pub struct Parts(Vec<Part>);

impl Parts {
    /// Asks cargo, which has downloaded all of them for the build.
    pub fn read(root: &Path) -> Result<Self> {
        let mut cargo = Command::new("cargo");
        cargo.args([
            "metadata",
            "--format-version",
            "1",
            "--locked",
            "--offline",
            "--filter-platform",
            TARGET,
        ]);
        let text = output(cargo.current_dir(root))
            .context("`cargo metadata --offline` failed: build the site first")?;
        let metadata: Value = serde_json::from_str(&text).context("cargo metadata is no JSON")?;
        let lock = files::read_text(&root.join("Cargo.lock"))?;
        // The metadata also has crates that a feature could switch on; the tree has those that are built.
        let mut cargo = Command::new("cargo");
        cargo.args([
            "tree",
            "--locked",
            "--offline",
            "-p",
            "hielight",
            "--target",
            TARGET,
            "--prefix",
            "none",
        ]);
        cargo.args(["--edges", "normal,no-proc-macro", "--format", "{p}"]);
        let tree = output(cargo.current_dir(root)).context("`cargo tree --offline` failed")?;
        Self::from_metadata(&metadata, &built(&tree), &checksums(&lock))
    }

    fn from_metadata(
        metadata: &Value,
        built: &BTreeSet<(String, String)>,
        checksums: &BTreeMap<(String, String), String>,
    ) -> Result<Self> {
        let nodes: BTreeMap<&str, Vec<&str>> = list(&metadata["resolve"]["nodes"])
            .map(|node| {
                // A dependency that only builds or tests is no part of the page.
                let normal = |dep: &&Value| list(&dep["dep_kinds"]).any(|kind| kind["kind"].is_null());
                let needs = list(&node["deps"]).filter(normal).map(|dep| text(&dep["pkg"]));
                (text(&node["id"]), needs.collect())
            })
            .collect();
        let is_built = |package: &&Value| {
            built.contains(&(text(&package["name"]).to_owned(), text(&package["version"]).to_owned()))
        };
        let packages: BTreeMap<&str, &Value> = list(&metadata["packages"])
            .filter(is_built)
            .map(|package| (text(&package["id"]), package))
            .collect();
        let own = packages.iter().find(|(_, package)| package["name"] == "hielight");
        let (&own, _) = own.context("cargo metadata has no package hielight")?;
        let mut order = vec![own];
        let mut seen = BTreeSet::from([own]);
        let mut at = 0;
        while let Some(id) = order.get(at) {
            let needs = nodes.get(id).into_iter().flatten().copied();
            let new: Vec<&str> = needs.filter(|id| packages.contains_key(id) && seen.insert(id)).collect();
            order.extend(new);
            at += 1;
        }
        order[1..]
            .sort_unstable_by_key(|id| packages.get(id).map(|p| (text(&p["name"]), text(&p["version"]))));
        let reference = |id: &str| packages.get(id).map(|p| purl(text(&p["name"]), text(&p["version"])));
        let part = |id: &&str| {
            let package = packages.get(id).with_context(|| format!("cargo metadata lacks {id}"))?;
            let (name, version) = (text(&package["name"]).to_owned(), text(&package["version"]).to_owned());
            let manifest = Path::new(text(&package["manifest_path"]));
            let licence = package["license"].as_str().map_or_else(|| "see its licence file".to_owned(), spdx);
            Ok(Part {
                checksum: checksums.get(&(name.clone(), version.clone())).cloned(),
                licence,
                repository: text(&package["repository"]).to_owned(),
                folder: manifest.parent().context("a manifest lies in a folder")?.to_owned(),
                needs: nodes.get(id).into_iter().flatten().filter_map(|id| reference(id)).collect(),
                name,
                version,
            })
        };
        Ok(Self(order.iter().map(part).collect::<Result<_>>()?))
    }

    /// Every part with its licence, then every licence's text once.
    pub fn licences(&self) -> Result<String> {
        // By the words alone, as many copies of a licence differ in how their lines are broken.
        let mut texts: BTreeMap<String, (String, Vec<String>)> = BTreeMap::new();
        let mut list = String::new();
        for part in &self.0 {
            let Part { name, version, licence, repository, folder, .. } = part;
            let source = if repository.is_empty() {
                "https://crates.io/crates/".to_owned() + name
            } else {
                repository.clone()
            };
            list.push_str(&format!("{name} {version}: {licence}\n  {source}\n"));
            for text in licence_texts(folder)? {
                let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
                texts.entry(words).or_insert_with(|| (text, Vec::new())).1.push(format!("{name} {version}"));
            }
        }
        let mut all = format!(
            "HIELight's page is made of the {} crates below, Rust's standard library and the glue of wasm-bindgen (both \
             MIT or Apache-2.0). Sources, unchanged, are at the addresses given and on crates.io. The licences' texts \
             follow; a part may be used under any one of those joined by OR.\n\n{list}",
            self.0.len()
        );
        for (text, users) in texts.into_values() {
            let rule = "=".repeat(80);
            all.push_str(&format!("\n{rule}\n{}\n{rule}\n\n{text}\n", users.join(", ")));
        }
        let rule = "=".repeat(80);
        all.push_str(&format!("\n{rule}\nAnatomy\n{rule}\n\n{ANATOMY}\n{CREATIVE_COMMONS}\n"));
        Ok(all)
    }

    /// The software bill of materials, CycloneDX 1.5. It holds no time and no random number: the same parts give
    /// the same bytes.
    pub fn bill_of_materials(&self) -> Result<String> {
        let entry = |part: &Part, kind: &str| {
            let mut entry = json!({
                "type": kind,
                "bom-ref": purl(&part.name, &part.version),
                "name": part.name,
                "version": part.version,
                "licenses": [{ "expression": part.licence }],
                "purl": purl(&part.name, &part.version),
            });
            if let Some(checksum) = &part.checksum {
                entry["hashes"] = json!([{ "alg": "SHA-256", "content": checksum }]);
            }
            if !part.repository.is_empty() {
                entry["externalReferences"] = json!([{ "type": "vcs", "url": part.repository }]);
            }
            entry
        };
        let (own, others) = self.0.split_first().context("there is no part")?;
        let components: Vec<Value> = others.iter().map(|part| entry(part, "library")).collect();
        let dependencies: Vec<Value> = self
            .0
            .iter()
            .map(|part| json!({ "ref": purl(&part.name, &part.version), "dependsOn": part.needs }))
            .collect();
        let bill = json!({
            "bomFormat": "CycloneDX",
            "specVersion": "1.5",
            "version": 1,
            "metadata": { "component": entry(own, "application") },
            "components": components,
            "dependencies": dependencies,
        });
        Ok(serde_json::to_string_pretty(&bill)? + "\n")
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn purl(name: &str, version: &str) -> String {
    format!("pkg:cargo/{name}@{}", version.replace('+', "%2B"))
}

/// The older way to write a choice, as SPDX has it.
fn spdx(licence: &str) -> String {
    licence.split('/').map(str::trim).collect::<Vec<_>>().join(" OR ")
}

/// Names and versions in the lines of `cargo tree`: `serde v1.0.229`, perhaps with more behind it.
fn built(tree: &str) -> BTreeSet<(String, String)> {
    let crates = tree.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        Some((words.next()?.to_owned(), words.next()?.strip_prefix('v')?.to_owned()))
    });
    crates.collect()
}

/// SHA-256 of each crate's archive, by name and version, from Cargo.lock.
fn checksums(lock: &str) -> BTreeMap<(String, String), String> {
    let field = |block: &str, name: &str| {
        let start = format!("{name} = \"");
        let line = block.lines().find_map(|line| line.strip_prefix(start.as_str()));
        line.and_then(|rest| rest.strip_suffix('"')).map(str::to_owned)
    };
    lock.split("[[package]]")
        .filter_map(|block| {
            Some(((field(block, "name")?, field(block, "version")?), field(block, "checksum")?))
        })
        .collect()
}

/// The licences in a crate's folder, with their line ends made equal.
fn licence_texts(folder: &Path) -> Result<BTreeSet<String>> {
    let mut texts = BTreeSet::new();
    let entries = std::fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().to_uppercase();
        let metadata =
            std::fs::metadata(entry.path()).with_context(|| format!("reading {}", entry.path().display()))?;
        let is_licence = LICENCE_FILES.iter().any(|start| name.starts_with(start)) && !name.ends_with(".RS");
        if is_licence && metadata.is_file() && metadata.len() <= LONGEST_LICENCE {
            let text = String::from_utf8_lossy(&files::read(&entry.path())?).replace('\r', "");
            let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
            texts.insert(lines.join("\n").trim().to_owned());
        }
    }
    Ok(texts)
}

#[cfg(test)]
mod tests {
    use super::{Parts, built, checksums, spdx};
    use serde_json::{Value, json};

    fn metadata() -> Value {
        let package = |name: &str| {
            let manifest = format!("{}/Cargo.toml", env!("CARGO_MANIFEST_DIR"));
            json!({ "id": name, "name": name, "version": "1.0.0", "license": "MIT/Apache-2.0", "manifest_path": manifest })
        };
        let need = |name: &str, kind: Value| json!({ "pkg": name, "dep_kinds": [{ "kind": kind }] });
        json!({
            "packages": [package("alone"), package("builds"), package("hielight"), package("switched-off"), package("used")],
            "resolve": { "nodes": [
                { "id": "hielight", "deps": [need("used", Value::Null), need("builds", json!("build")), need("switched-off", Value::Null)] },
                { "id": "used", "deps": [] }, { "id": "builds", "deps": [] }, { "id": "alone", "deps": [] },
            ] },
        })
    }

    #[test]
    fn are_the_parts_those_that_end_up_in_the_page() {
        let lock = "[[package]]\nname = \"used\"\nversion = \"1.0.0\"\nchecksum = \"ab\"\n";
        let built = built("hielight v1.0.0 (/somewhere)\nused v1.0.0 (*)\nbuilds v1.0.0\n");
        let parts = Parts::from_metadata(&metadata(), &built, &checksums(lock)).expect("parts");
        let names: Vec<&str> = parts.0.iter().map(|part| part.name.as_str()).collect();
        assert_eq!(names, ["hielight", "used"]);
        let bill: Value = serde_json::from_str(&parts.bill_of_materials().expect("a bill")).expect("JSON");
        assert_eq!(bill["components"][0]["hashes"][0]["content"], "ab");
        assert_eq!(bill["dependencies"][0]["dependsOn"], json!(["pkg:cargo/used@1.0.0"]));
        assert!(parts.licences().expect("text").contains("used 1.0.0: MIT OR Apache-2.0\n"));
    }

    #[test]
    fn is_the_old_way_to_write_a_choice_understood() {
        assert_eq!(spdx("MIT/Apache-2.0"), "MIT OR Apache-2.0");
        assert_eq!(spdx("MIT / Apache-2.0"), "MIT OR Apache-2.0");
    }
}
