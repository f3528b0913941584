//! A synthetic cohort as a BIDS dataset on disk.

use super::participant::{Participant, PhantomConfig, participant};
use super::scanner::scan;
use crate::study::write_whole;
use crate::volume::{Encoding, write_nifti_gz};
use rayon::prelude::*;
use std::io;
use std::path::Path;

/// Writes `participants.tsv`, `sub-*/anat/*_{T1w,T2w}.nii.gz` and the lesion masks under
/// `derivatives/lesion/`; `each` is called after every participant. Files are written under a
/// temporary name first, so that an interrupted run leaves no half of one.
///
/// # Errors
/// The first input/output error.
pub fn write_dataset(config: &PhantomConfig, folder: &Path, each: impl Fn() + Sync) -> io::Result<()> {
    let cohort: Vec<Participant> = (0..config.len()).map(|i| participant(config, i)).collect();
    write_newborns(&cohort, folder, each)
}

/// The same for chosen newborns.
///
/// # Errors
/// The first input/output error.
pub fn write_newborns(cohort: &[Participant], folder: &Path, each: impl Fn() + Sync) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    write_whole(&folder.join("dataset_description.json"), DESCRIPTION.as_bytes())?;
    write_whole(&folder.join("participants.json"), DICTIONARY.as_bytes())?;
    cohort.par_iter().try_for_each(|newborn| {
        let phantom = scan(newborn).map_err(io::Error::other)?;
        for (sequence, image) in phantom.images.iter() {
            let lesion = phantom.lesions.of(sequence);
            let (id, suffix) = (&newborn.id, sequence.suffix());
            let image_name = format!("{id}/anat/{id}_{suffix}.nii.gz");
            write_whole(&folder.join(image_name), &write_nifti_gz(image, Encoding::I16))?;
            let lesion_name =
                format!("derivatives/lesion/{id}/anat/{id}_space-{suffix}_label-lesion_mask.nii.gz");
            write_whole(&folder.join(lesion_name), &write_nifti_gz(lesion, Encoding::U8))?;
        }
        each();
        Ok::<(), io::Error>(())
    })?;
    // Last, so that a dataset with a table is complete.
    write_whole(&folder.join("participants.tsv"), table(cohort).as_bytes())
}

fn table(cohort: &[Participant]) -> String {
    let mut out = String::from(
        "participant_id\tcenter\tdiagnosis\ty\tbirth_weight_g\tgestational_age_weeks\tsex\tage_days\tapgar5\tdelivery\tpattern\tseverity\n",
    );
    for p in cohort {
        let (diagnosis, y) = if p.hie { ("HIE", 1) } else { ("control", 0) };
        let sex = if p.female { "F" } else { "M" };
        let delivery = if p.cesarean { "cesarean" } else { "vaginal" };
        let (pattern, severity) =
            p.lesion.map_or(("n/a", "n/a".to_owned()), |l| (l.pattern.name(), format!("{:.3}", l.severity)));
        let row = [
            p.id.clone(),
            p.center.name().to_owned(),
            diagnosis.to_owned(),
            y.to_string(),
            p.birth_weight_g.to_string(),
            p.gestational_age_weeks.to_string(),
            sex.to_owned(),
            p.age_days.to_string(),
            p.apgar5.to_string(),
            delivery.to_owned(),
            pattern.to_owned(),
            severity,
        ];
        out.push_str(&row.join("\t"));
        out.push('\n');
    }
    out
}

const DESCRIPTION: &str = r#"{
  "Name": "Synthetic newborns",
  "BIDSVersion": "1.10.0",
  "DatasetType": "raw",
  "GeneratedBy": [{"Name": "hielight phantom"}],
  "SourceDatasets": [{"DOI": "doi:10.1101/251512"}, {"DOI": "doi:10.17605/OSF.IO/WDR78"}],
  "HowToAcknowledge": "Synthetic; anatomy adapted from label maps of the dHCP volumetric atlas (Schuh et al.), the neonatal AAL parcellation (Shi et al.) and Baby Open Brains (Feczko et al.), CC BY 4.0"
}
"#;

const DICTIONARY: &str = r#"{
  "center": {"Description": "Where the newborn was scanned", "Levels": {"A": "development", "B": "independent"}},
  "y": {"Description": "Diagnosis as a number", "Levels": {"1": "HIE", "0": "control"}},
  "birth_weight_g": {"Description": "Birth weight", "Units": "g"},
  "gestational_age_weeks": {"Description": "Gestational age at birth", "Units": "weeks"},
  "age_days": {"Description": "Age at scan", "Units": "days"},
  "apgar5": {"Description": "Apgar score at five minutes"},
  "pattern": {"Description": "Injury that shows on the images; n/a where none does"},
  "severity": {"Description": "Severity of that injury from 0 to 1"}
}
"#;
