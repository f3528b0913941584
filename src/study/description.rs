//! What a BIDS dataset says of itself, in `dataset_description.json`.

use serde::Deserialize;
use std::path::Path;

/// What a BIDS dataset says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// Its own name, or its folder's where it states none: never the path, which is this machine's.
    pub name: String,
    /// `hielight phantom` made it.
    pub synthetic: bool,
}

impl Description {
    /// Of the dataset in a folder.
    #[must_use]
    pub fn of(dataset: &Path) -> Self {
        #[derive(Default, Deserialize)]
        #[serde(default, rename_all = "PascalCase")]
        struct Stated {
            name: String,
            generated_by: Vec<Maker>,
        }
        #[derive(Default, Deserialize)]
        #[serde(default, rename_all = "PascalCase")]
        struct Maker {
            name: String,
        }
        let text = std::fs::read(dataset.join("dataset_description.json")).unwrap_or_default();
        let stated: Stated = serde_json::from_slice(&text).unwrap_or_default();
        let synthetic = stated.generated_by.iter().any(|maker| maker.name == "hielight phantom");
        let name = match stated.name.trim() {
            // A folder that is given as `.` has a name too.
            "" => dataset
                .canonicalize()
                .ok()
                .as_deref()
                .and_then(Path::file_name)
                .map_or_else(|| "without a name".to_owned(), |name| name.to_string_lossy().into_owned()),
            own => own.to_owned(),
        };
        Self { name, synthetic }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_a_dataset_called_by_its_own_name_or_its_folders_and_never_by_its_path() {
        let folder = std::env::temp_dir().join(format!("hielight-description-{}", std::process::id()));
        let inner = folder.join("site-4");
        std::fs::create_dir_all(&inner).unwrap();
        let of = |text: &str| {
            std::fs::write(inner.join("dataset_description.json"), text).unwrap();
            Description::of(&inner.join("."))
        };
        let described = |name: &str, synthetic| Description { name: name.into(), synthetic };
        let made = r#"{"Name": "Synthetic newborns", "GeneratedBy": [{"Name": "hielight phantom"}]}"#;
        assert_eq!(of(made), described("Synthetic newborns", true));
        let prepared = r#"{"Name": "North", "GeneratedBy": [{"Name": "dcm2niix", "Version": "1"}]}"#;
        assert_eq!(of(prepared), described("North", false));
        for nameless in ["{}", r#"{"Name": " "}"#, "no JSON"] {
            assert_eq!(of(nameless), described("site-4", false));
        }
        std::fs::remove_dir_all(folder).unwrap();
    }
}
