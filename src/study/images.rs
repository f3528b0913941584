//! Where a participant's images lie in a BIDS dataset: one T1w and one T2w each, compressed or not, of any session.

use crate::bids::{Name, Wanted, without_zeros};
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
    #[error("{}", shortened(.0))]
    Ambiguous(Vec<String>),
}

/// Complaints that are told one by one; the rest of a long list is counted.
const TOLD: usize = 5;

fn shortened(complaints: &[String]) -> String {
    let told = complaints.iter().take(TOLD).map(String::as_str).collect::<Vec<_>>().join("; ");
    match complaints.len().saturating_sub(TOLD) {
        0 => told,
        rest => format!("{told}; and {rest} more like these"),
    }
}

/// T1w and T2w of every participant, in their order; of several those that are `wanted`.
///
/// # Errors
/// `LayoutError::Ambiguous` where a participant still has several of a kind, or its folder has another name;
/// `LayoutError::Missing` with all that are missing at once.
pub fn find_images(
    dataset: &Path,
    ids: &[&str],
    wanted: &Wanted,
) -> Result<Vec<PerSequence<PathBuf>>, LayoutError> {
    let folders = folder_names(dataset, "sub-");
    let (mut complaints, mut missing, mut found) = (Vec::new(), Vec::new(), Vec::new());
    for id in ids.iter().copied() {
        if !folders.contains(id)
            && let Some(near) = folders.iter().find(|f| without_zeros(f) == without_zeros(id))
        {
            complaints.push(format!("there is no folder {id}, but {near}: write its name in the table"));
            continue;
        }
        let all = candidates(dataset, id);
        let pair = PerSequence::from_fn(|sequence| {
            let own: Vec<&(PathBuf, Name)> =
                all.iter().filter(|(_, name)| name.sequence == sequence).collect();
            match wanted.among(&own).as_slice() {
                [(path, _)] => path.clone(),
                // Those that are there, though others were asked for.
                [] if !own.is_empty() => {
                    let others = listed(dataset, &own);
                    complaints
                        .push(format!("{id} has no {} of those asked for, but {others}", sequence.suffix()));
                    PathBuf::new()
                }
                [] => {
                    missing.push(image_path(dataset, id, sequence));
                    PathBuf::new()
                }
                several => {
                    complaints.push(several_of(id, sequence, dataset, several));
                    PathBuf::new()
                }
            }
        });
        found.push(pair);
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
    folder_names(dataset, "sub-").into_iter().filter(|folder| !ids.contains(&folder.as_str())).collect()
}

fn several_of(id: &str, sequence: Sequence, dataset: &Path, several: &[&(PathBuf, Name)]) -> String {
    let names: Vec<Name> = several.iter().map(|(_, name)| name.clone()).collect();
    let step = Wanted::step(&names).unwrap_or_else(|| "leave one in the dataset".to_owned());
    format!("{id} has {} {} ({}): {step}", several.len(), sequence.suffix(), listed(dataset, several))
}

/// Paths within the dataset.
fn listed(dataset: &Path, images: &[&(PathBuf, Name)]) -> String {
    let within = |path: &PathBuf| path.strip_prefix(dataset).unwrap_or(path).display().to_string();
    images.iter().map(|(path, _)| within(path)).collect::<Vec<_>>().join(", ")
}

/// Names of the folders in a place that begin with a key: `sub-`, `ses-`.
#[must_use]
pub fn folder_names(place: &Path, key: &str) -> BTreeSet<String> {
    let folders = entries(place).into_iter().filter(|path| path.is_dir());
    folders.filter_map(|path| name(&path)).filter(|name| name.starts_with(key)).collect()
}

/// All T1w and T2w images of a participant, by their names.
fn candidates(dataset: &Path, id: &str) -> Vec<(PathBuf, Name)> {
    let own = dataset.join(id);
    let sessions = folder_names(&own, "ses-").into_iter().map(|session| own.join(session));
    let places = std::iter::once(own.clone()).chain(sessions).map(|place| place.join("anat"));
    places.flat_map(|place| images_within(&place, id)).collect()
}

/// A participant's T1w and T2w images in one folder, by their names.
#[must_use]
pub fn images_within(folder: &Path, id: &str) -> Vec<(PathBuf, Name)> {
    let image = |path: PathBuf| {
        let name = name(&path).and_then(|name| Name::parse(&name)).filter(|name| name.subject == id)?;
        path.is_file().then_some((path, name))
    };
    entries(folder).into_iter().filter_map(image).collect()
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
        chosen(name, files, id, &Wanted::default())
    }

    fn chosen(
        name: &str,
        files: &[&str],
        id: &str,
        wanted: &Wanted,
    ) -> Result<Vec<PerSequence<PathBuf>>, String> {
        let folder = dataset(name, files);
        let found = find_images(&folder, &[id], wanted).map_err(|e| e.to_string());
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
        assert!(
            said.contains("2 T1w (") && said.contains(two[1]) && said.contains("--session a or b"),
            "{said}"
        );
        let runs = ["sub-1/anat/sub-1_run-1_T1w.nii.gz", "sub-1/anat/sub-1_run-2_T1w.nii.gz"];
        let said = answer("runs", &runs, "sub-1").unwrap_err();
        assert!(
            said.contains("2 T1w (") && said.contains(runs[0]) && said.contains("--run 1 or 2"),
            "{said}"
        );
        let said = answer("zeros", &["sub-01/anat/sub-01_T1w.nii.gz"], "sub-1").unwrap_err();
        assert!(said.contains("no folder sub-1, but sub-01"), "{said}");
        let said = answer("none", &["participants.tsv"], "sub-1").unwrap_err();
        assert!(said.contains("2 images are missing"), "{said}");
    }

    #[test]
    fn is_one_of_several_taken_where_it_is_asked_for_and_its_absence_named() {
        let files = [
            "sub-1/ses-a/anat/sub-1_ses-a_T1w.nii.gz",
            "sub-1/ses-b/anat/sub-1_ses-b_acq-x_run-01_T1w.nii",
            "sub-1/ses-b/anat/sub-1_ses-b_acq-x_run-02_T1w.nii",
            "sub-1/ses-b/anat/sub-1_ses-b_T2w.nii",
        ];
        let wanted = |session: &str, run: Option<&str>| Wanted {
            session: Some(session.into()),
            run: run.map(Into::into),
            ..Wanted::default()
        };
        let said = chosen("asked", &files, "sub-1", &wanted("b", None)).unwrap_err();
        assert!(said.contains("--run 01 or 02"), "{said}");
        let found = chosen("asked", &files, "sub-1", &wanted("ses-b", Some("2"))).unwrap();
        assert!(found[0].T1w.ends_with(files[2]) && found[0].T2w.ends_with(files[3]), "{found:?}");
        let said = chosen("asked", &files, "sub-1", &wanted("b", Some("3"))).unwrap_err();
        assert!(said.contains("no T1w of those asked for, but") && said.contains(files[2]), "{said}");
        let said = chosen("asked", &files, "sub-1", &wanted("c", None)).unwrap_err();
        assert!(said.contains("no T1w of those asked for") && said.contains("no T2w"), "{said}");
    }

    #[test]
    fn is_a_plain_image_not_preferred_silently_and_a_long_list_counted() {
        let files =
            ["sub-1/anat/sub-1_T1w.nii.gz", "sub-1/anat/sub-1_acq-x_T1w.nii.gz", "sub-1/anat/sub-1_T2w.nii"];
        let said = answer("plain-too", &files, "sub-1").unwrap_err();
        assert!(said.contains("--acquisition none or x"), "{said}");
        let both = ["sub-1/anat/sub-1_T1w.nii.gz", "sub-1/anat/sub-1_T1w.nii", "sub-1/anat/sub-1_T2w.nii"];
        let said = answer("formats", &both, "sub-1").unwrap_err();
        assert!(said.contains("leave one in the dataset"), "{said}");
        let many: Vec<String> = (0..9).map(|i| format!("complaint {i}")).collect();
        assert!(shortened(&many).ends_with("complaint 4; and 4 more like these"));
    }

    #[test]
    fn are_folders_without_a_row_named() {
        let folder = dataset("rest", &["sub-1/x", "sub-2/x", "derivatives/x"]);
        assert_eq!(folders_without_row(&folder, &["sub-1"]), ["sub-2"]);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
