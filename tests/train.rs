//! What do `train`, `model`, `inspect` and `audit` say on the command line?

use hielight::model::Bundle;
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

#[test]
fn does_a_tiny_cohort_give_a_bundle_whose_card_tells_no_path_and_says_that_it_is_synthetic() {
    let folder = folder("tiny");
    let dataset = folder.join("cohort");
    let path = |path: &Path| path.to_str().unwrap().to_owned();
    let made =
        hielight(&["phantom", "--out", &path(&dataset), "--hie", "6", "--controls", "6", "--seed", "7"]);
    assert!(made.status.success(), "{}", said(&made));
    let train = |out: &Path| {
        let few =
            ["--epochs", "0", "--folds", "2", "--repeats", "1", "--internal-share", "0", "--center", "A"];
        let mut arguments = vec!["train".to_owned(), path(&dataset), "--out".into(), path(out)];
        arguments.extend(few.map(str::to_owned));
        hielight(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let out = folder.join("model.safetensors");
    let trained = train(&out);
    if !trained.status.success() {
        // So few newborns may be parted completely: a sentence, and nothing written.
        assert!(
            said(&trained).contains("nomogram cannot be fitted") || said(&trained).contains("needed"),
            "{}",
            said(&trained)
        );
        assert!(!out.exists());
        return;
    }
    let bundle = Bundle::read(&std::fs::read(&out).unwrap()).unwrap();
    assert!(bundle.manifest.synthetic);
    let card = format!("{:?}", bundle.manifest.card);
    assert!(card.contains("--folds 2") && !card.contains(&path(&folder)), "{card}");
}
