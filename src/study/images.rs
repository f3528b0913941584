//! Where a participant's images lie in a BIDS dataset: one T1w and one T2w each, in the only session, in any format.

use crate::model::{PerSequence, Sequence};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Where a participant's image lies: `sub-X/anat/sub-X_T1w.nii.gz`.
#[must_use]
pub fn image_path(dataset: &Path, id: &str, sequence: Sequence) -> PathBuf {
    dataset.join(id).join("anat").join(format!("{id}_{}.nii.gz", sequence.suffix()))
}

/// Why a dataset's images cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum LayoutError {
    #[error("{} images are missing: {}", .0.len(), .0.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(", "))]
    Missing(Vec<PathBuf>),
    #[error("{}", .0.join("; "))]
    Ambiguous(Vec<String>),
}

/// T1w and T2w of every participant, in their order.
///
/// # Errors
/// `LayoutError::Ambiguous` where a participant has several of a kind, or its folder has another name;
/// `LayoutError::Missing` with all that are missing at once.
pub fn find_images(dataset: &Path, ids: &[&str]) -> Result<Vec<PerSequence<PathBuf>>, LayoutError> {
    let folders = folders(dataset);
    let (mut complaints, mut missing, mut found) = (Vec::new(), Vec::new(), Vec::new());
    for id in ids.iter().copied() {
        if !folders.contains(id)
            && let Some(near) = folders.iter().find(|f| without_zeros(f) == without_zeros(id))
        {
            complaints.push(format!("there is no folder {id}, but {near}: write its name in the table"));
            continue;
        }
        let pair = PerSequence::from_fn(|sequence| candidates(dataset, id, sequence));
        for (sequence, own) in pair.iter() {
            match own.as_slice() {
                [_] => {}
                [] => missing.push(image_path(dataset, id, sequence)),
                several => complaints.push(several_of(id, sequence, dataset, several)),
            }
        }
        found.push(pair.map(|own| own.into_iter().next().unwrap_or_default()));
    }
    if !complaints.is_empty() {
        Err(LayoutError::Ambiguous(complaints))
    } else if missing.is_empty() {
        Ok(found)
    } else {
        Err(LayoutError::Missing(missing))
    }
}

/// Folders of participants that are not among the `ids` of the table.
#[must_use]
pub fn folders_without_row(dataset: &Path, ids: &[&str]) -> Vec<String> {
    folders(dataset).into_iter().filter(|folder| !ids.contains(&folder.as_str())).collect()
}

fn several_of(id: &str, sequence: Sequence, dataset: &Path, paths: &[PathBuf]) -> String {
    let session = |path: &PathBuf| {
        path.iter().find(|part| part.to_string_lossy().starts_with("ses-")).map(PathBuf::from)
    };
    let sessions: BTreeSet<PathBuf> = paths.iter().filter_map(session).collect();
    let names: Vec<String> =
        paths.iter().map(|p| p.strip_prefix(dataset).unwrap_or(p).display().to_string()).collect();
    let what = if sessions.len() > 1 { format!(" in {} sessions", sessions.len()) } else { String::new() };
    format!(
        "{id} has {} {}{what} ({}): leave one in the dataset",
        paths.len(),
        sequence.suffix(),
        names.join(", ")
    )
}

fn folders(dataset: &Path) -> BTreeSet<String> {
    let folders = entries(dataset).into_iter().filter(|path| path.is_dir());
    folders.filter_map(|path| name(&path)).filter(|name| name.starts_with("sub-")).collect()
}

/// The plain name in the plain place alone, where it is there; else all that end in the sequence's suffix.
fn candidates(dataset: &Path, id: &str, sequence: Sequence) -> Vec<PathBuf> {
    let plain = image_path(dataset, id, sequence);
    if plain.is_file() {
        return vec![plain];
    }
    let own = dataset.join(id);
    let sessions = entries(&own).into_iter().filter(|path| name(path).is_some_and(|n| n.starts_with("ses-")));
    let places = std::iter::once(own.clone()).chain(sessions).map(|place| place.join("anat"));
    let ends = ["nii.gz", "nii"].map(|end| format!("_{}.{end}", sequence.suffix()));
    let fits = |path: &PathBuf| {
        name(path)
            .is_some_and(|n| n.starts_with(&format!("{id}_")) && ends.iter().any(|end| n.ends_with(end)))
    };
    places.flat_map(|place| entries(&place)).filter(|path| path.is_file()).filter(fits).collect()
}

/// Sorted; nothing where there is no such folder.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let found = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = found.map(|entry| entry.path()).collect();
    found.sort();
    found
}

fn name(path: &Path) -> Option<String> {
    Some(path.file_name()?.to_string_lossy().into_owned())
}

/// `sub-007` and `sub-7` alike: a spreadsheet takes leading zeros away.
fn without_zeros(id: &str) -> &str {
    id.strip_prefix("sub-").unwrap_or(id).trim_start_matches('0')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A dataset of empty files.
    fn dataset(name: &str, files: &[&str]) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("hielight-images-{}-{name}", std::process::id()));
        for file in files {
            let path = folder.join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, b"").unwrap();
        }
        folder
    }

    fn answer(name: &str, files: &[&str], id: &str) -> Result<Vec<PerSequence<PathBuf>>, String> {
        let folder = dataset(name, files);
        let found = find_images(&folder, &[id]).map_err(|e| e.to_string());
        std::fs::remove_dir_all(folder).unwrap();
        found
    }

    #[test]
    fn are_the_only_session_and_uncompressed_images_taken() {
        let one = ["sub-1/ses-a/anat/sub-1_ses-a_T1w.nii.gz", "sub-1/ses-a/anat/sub-1_ses-a_T2w.nii"];
        assert!(answer("one", &one, "sub-1").unwrap()[0].T2w.ends_with(one[1]));
        let plain = ["sub-1/anat/sub-1_T1w.nii", "sub-1/anat/sub-1_T2w.nii", "sub-1/anat/sub-1_T2w.json"];
        assert!(answer("plain", &plain, "sub-1").unwrap()[0].T1w.ends_with(plain[0]));
    }

    #[test]
    fn is_nothing_chosen_of_several_and_no_zero_added() {
        let two = ["sub-1/ses-a/anat/sub-1_ses-a_T1w.nii.gz", "sub-1/ses-b/anat/sub-1_ses-b_T1w.nii.gz"];
        let said = answer("two", &two, "sub-1").unwrap_err();
        assert!(said.contains("2 T1w in 2 sessions") && said.contains(two[1]), "{said}");
        let runs = ["sub-1/anat/sub-1_run-1_T1w.nii.gz", "sub-1/anat/sub-1_run-2_T1w.nii.gz"];
        let said = answer("runs", &runs, "sub-1").unwrap_err();
        assert!(said.contains("2 T1w (") && said.contains("run-1") && said.contains("run-2"), "{said}");
        let said = answer("zeros", &["sub-01/anat/sub-01_T1w.nii.gz"], "sub-1").unwrap_err();
        assert!(said.contains("no folder sub-1, but sub-01"), "{said}");
        let said = answer("none", &["participants.tsv"], "sub-1").unwrap_err();
        assert!(said.contains("2 images are missing"), "{said}");
    }

    #[test]
    fn are_folders_without_a_row_named() {
        let folder = dataset("rest", &["sub-1/x", "sub-2/x", "derivatives/x"]);
        assert_eq!(folders_without_row(&folder, &["sub-1"]), ["sub-2"]);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
