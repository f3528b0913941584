//! What a release consists of: the site, the one file, licences, bill of materials and checksums.

use crate::parts::Parts;
use crate::{files, headers, one_file};
use anyhow::{Context as _, Result};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::path::{Path, PathBuf};

const VERSION: &str = env!("CARGO_PKG_VERSION");
/// Below it, gzip's own header eats what it saves.
const SMALLEST_COMPRESSED: usize = 1024;

/// Writes `release/` from the built site. The same sources give the same bytes.
pub fn write(root: &Path, dist: &Path) -> Result<PathBuf> {
    let folder = root.join("release");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).with_context(|| format!("removing {}", folder.display()))?;
    }
    std::fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    let name = format!("hielight-{VERSION}");
    files::write(&folder.join(format!("{name}-site.tar.gz")), archive(dist, &name)?)?;
    let page = one_file::write(root, dist)?;
    files::write(&folder.join(format!("{name}.html")), files::read(&page)?)?;
    let parts = Parts::read(root)?;
    files::write(&folder.join(format!("{name}.cdx.json")), parts.bill_of_materials()?)?;
    files::write(&folder.join("licences.txt"), parts.licences()?)?;
    let mut sums = String::new();
    for name in files::list(&folder)? {
        let bytes = files::read(&folder.join(&name))?;
        println!("  {name}: {:.2} MB", bytes.len() as f64 / 1e6);
        sums.push_str(&format!("{}  {name}\n", files::sha256(&bytes)));
    }
    files::write(&folder.join("SHA256SUMS"), sums)?;
    Ok(folder)
}

/// The site below a folder `name`, with a compressed copy beside every file that gains by it, for servers that
/// send such copies. No time, user or order of this machine is in it.
fn archive(dist: &Path, name: &str) -> Result<Vec<u8>> {
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::best()));
    for path in files::list(dist)? {
        let bytes = files::read(&dist.join(&path))?;
        let packed = files::gzip(&bytes)?;
        let gains = bytes.len() >= SMALLEST_COMPRESSED && packed.len() < bytes.len() / 10 * 9;
        append(&mut archive, &format!("{name}/{path}"), &bytes)?;
        if gains && path != headers::FILE {
            append(&mut archive, &format!("{name}/{path}.gz"), &packed)?;
        }
    }
    Ok(archive.into_inner()?.finish()?)
}

fn append(archive: &mut tar::Builder<impl std::io::Write>, path: &str, bytes: &[u8]) -> Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    header.set_mtime(0);
    archive.append_data(&mut header, path, bytes).with_context(|| format!("packing {path}"))
}

#[cfg(test)]
mod tests {
    use super::archive;
    use std::io::Read as _;

    #[test]
    fn do_the_same_files_give_the_same_archive() {
        let folder = std::env::temp_dir().join(format!("hielight-release-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("demo")).expect("a folder");
        let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).expect("a file");
        write("b.js", &"one; ".repeat(1000));
        write("demo/a.txt", "short");
        let first = archive(&folder, "site").expect("an archive");
        // Written again, later and in another order.
        write("demo/a.txt", "short");
        write("b.js", &"one; ".repeat(1000));
        assert_eq!(archive(&folder, "site").expect("an archive"), first);
        let mut unpacked = tar::Archive::new(flate2::read::GzDecoder::new(first.as_slice()));
        let names: Vec<String> = unpacked
            .entries()
            .expect("entries")
            .map(|entry| {
                let mut entry = entry.expect("an entry");
                let mut text = String::new();
                // The compressed copy is no text.
                let _ = entry.read_to_string(&mut text);
                entry.path().expect("a path").display().to_string()
            })
            .collect();
        assert_eq!(names, ["site/b.js", "site/b.js.gz", "site/demo/a.txt"]);
        std::fs::remove_dir_all(&folder).expect("removed");
    }
}
