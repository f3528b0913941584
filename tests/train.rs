//! What does `train` say on the command line of what cannot be?

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("train-{name}"));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn hielight(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hielight")).args(arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Exit code 2 and one sentence that holds `words`.
fn refuses(output: &Output, words: &[&str]) {
    let stderr = said(output);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert_eq!(stderr.trim().lines().count(), 1, "{stderr}");
    assert!(words.iter().all(|word| stderr.contains(word)), "{stderr} lacks one of {words:?}");
}

#[test]
fn are_arguments_that_divide_no_cohort_refused_before_an_image_is_read() {
    let dataset = folder("arguments");
    // A table without images: what is refused here was refused before them.
    let table = "participant_id\tcenter\ty\tbirth_weight_g\nsub-1\tNorth\t1\t3200\nsub-2\tSouth\t0\t3300\n";
    std::fs::write(dataset.join("participants.tsv"), table).unwrap();
    let out = dataset.join("model.safetensors");
    let train = |more: &[&str]| {
        let mut arguments = vec!["train", dataset.to_str().unwrap(), "--out", out.to_str().unwrap()];
        arguments.extend(more);
        hielight(&arguments)
    };
    for folds in ["0", "1", "21"] {
        refuses(&train(&["--folds", folds]), &["number of folds", folds, "2 to 20"]);
    }
    for share in ["2", "1", "-0.1", "NaN"] {
        let option = format!("--internal-share={share}");
        refuses(&train(&[&option]), &["kept for internal validation", share]);
    }
    refuses(&train(&["--center", "East"]), &["East", "North, South"]);
    // The development center is said; what is missing then are the images.
    let output = train(&["--center", "South"]);
    assert!(said(&output).contains("Development center: South"), "{}", said(&output));
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&train(&[])).contains("Development center: North"));
    assert!(!out.exists());
}
