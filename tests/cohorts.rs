//! Does `train` read a cohort's table and images as they were meant, or say in one sentence what is wrong?

use std::path::{Path, PathBuf};
use std::process::Command;

const TABLE: &str = "participant_id\tcenter\ty\tbirth_weight_g\nsub-01\tA\t1\t3200\nsub-02\tA\t0\t3300.5\n";

/// A dataset with this table and files that are no images.
fn dataset(name: &str, table: &[u8], files: &[&str]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cohorts-{name}"));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("participants.tsv"), table).unwrap();
    for file in files {
        let path = folder.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, b"no image").unwrap();
    }
    folder
}

/// What `train` says when it refuses: one line, exit code 2, nothing written.
fn refusal(dataset: &Path, options: &[&str]) -> String {
    let out = dataset.join("never.safetensors");
    let output = Command::new(env!("CARGO_BIN_EXE_hielight"))
        .arg("train")
        .arg(dataset)
        .args(["--epochs", "0", "--out"])
        .arg(&out)
        .args(options)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    let said: Vec<&str> = said.lines().filter(|line| !line.starts_with("Development center")).collect();
    assert_eq!((output.status.code(), said.len()), (Some(2), 1), "{said:?}");
    assert!(!out.exists());
    said[0].to_owned()
}

#[test]
fn is_the_same_table_read_in_every_form_that_programs_save_it_in() {
    let utf8 = [b"\xef\xbb\xbf", TABLE.as_bytes()].concat();
    let with_note = TABLE
        .replace("birth_weight_g", "birth_weight_g\tnote")
        .replace("3200", "3200\t\"floppy")
        .replace("3300.5", "3300.5\tn/a");
    for (name, table) in [
        ("plain", TABLE.as_bytes().to_vec()),
        ("mark", utf8),
        ("crlf", TABLE.replace('\n', "\r\n").into_bytes()),
        ("cr", TABLE.replace('\n', "\r").into_bytes()),
        ("quote", with_note.into_bytes()),
        ("no-last-line-end", TABLE.trim_end().as_bytes().to_vec()),
    ] {
        // Both rows were read: only the images of both are missing.
        let said = refusal(&dataset(name, &table, &[]), &[]);
        assert!(said.contains("4 images are missing") && said.contains("sub-02_T2w"), "{name}: {said}");
    }
}

#[test]
fn is_a_table_that_cannot_be_read_refused_by_what_is_wrong_with_it() {
    let wide = |big: bool| -> Vec<u8> {
        let unit = |u: u16| if big { u.to_be_bytes() } else { u.to_le_bytes() };
        std::iter::once(0xfeff).chain(TABLE.encode_utf16()).flat_map(unit).collect()
    };
    let changed = |from: &str, to: &str| TABLE.replace(from, to).into_bytes();
    for (name, table, words) in [
        ("utf16-le", wide(false), vec!["UTF-16", "save it as UTF-8"]),
        ("utf16-be", wide(true), vec!["UTF-16", "save it as UTF-8"]),
        (
            "latin-1",
            [TABLE.as_bytes(), b"sub-03\tM\xfcnchen\t0\t3300\n"].concat(),
            vec!["line 4 is not in UTF-8"],
        ),
        ("semicolons", changed("\t", ";"), vec!["separated by semicolons", "tabs"]),
        ("commas", changed("\t", ","), vec!["separated by commas", "tabs"]),
        ("decimal-comma", changed("3300.5", "3300,5"), vec!["line 3", "\"3300,5\" is not a number"]),
        ("kilograms", changed("3200", "3.2"), vec!["line 2", "looks like kilograms"]),
        ("column-twice", changed("y\tbirth", "birth_weight_g\tbirth"), vec!["birth_weight_g stands twice"]),
        ("id-twice", changed("sub-02", "sub-01"), vec!["line 3", "sub-01 stands twice"]),
        (
            "capitals",
            changed("participant_id", "Participant_ID"),
            vec!["participant_id is missing", "Participant_ID is there"],
        ),
        ("no-prefix", changed("sub-02", "02"), vec!["line 3", "\"02\" is not sub-"]),
        ("short-row", changed("\t3300.5", ""), vec!["line 3", "3 cells"]),
        ("no-rows", b"participant_id\tcenter\ty\tbirth_weight_g\n".to_vec(), vec!["no participant"]),
        ("empty", vec![], vec!["participant_id is missing"]),
    ] {
        let said = refusal(&dataset(name, &table, &[]), &[]);
        assert!(words.iter().all(|word| said.contains(word)), "{name}: {said} lacks one of {words:?}");
        assert!(!said.contains("images are missing"), "{name}: {said}");
    }
}

#[test]
fn are_uncompressed_images_and_the_only_session_found() {
    let files = [
        "sub-01/ses-a/anat/sub-01_ses-a_T1w.nii",
        "sub-01/ses-a/anat/sub-01_ses-a_acq-tse_T2w.nii.gz",
        "sub-02/anat/sub-02_run-1_T1w.nii.gz",
        "sub-02/anat/sub-02_T2w.nii",
    ];
    // They are found, and then refused as no images.
    let said = refusal(&dataset("found", TABLE.as_bytes(), &files), &[]);
    assert!(said.contains("not a NIfTI image but a text file") && !said.contains("missing"), "{said}");
}

#[test]
fn are_several_images_named_with_the_option_that_chooses() {
    let files = [
        "sub-01/ses-a/anat/sub-01_ses-a_T1w.nii",
        "sub-01/ses-b/anat/sub-01_ses-b_T1w.nii",
        "sub-01/ses-a/anat/sub-01_ses-a_T2w.nii",
        "sub-02/ses-a/anat/sub-02_ses-a_run-1_T1w.nii.gz",
        "sub-02/ses-a/anat/sub-02_ses-a_run-2_T1w.nii.gz",
        "sub-02/ses-a/anat/sub-02_ses-a_T2w.nii",
    ];
    let several = dataset("several", TABLE.as_bytes(), &files);
    let said = refusal(&several, &[]);
    assert!(said.contains("sub-01 has 2 T1w") && said.contains("choose with --session a or b"), "{said}");
    assert!(said.contains("sub-02 has 2 T1w") && said.contains("choose with --run 1 or 2"), "{said}");
    let said = refusal(&several, &["--session", "a"]);
    assert!(!said.contains("sub-01") && said.contains("--run 1 or 2"), "{said}");
    let said = refusal(&several, &["--session", "a", "--run", "2"]);
    assert!(said.contains("not a NIfTI image but a text file"), "{said}");
    let said = refusal(&several, &["--session", "z"]);
    assert!(said.contains("sub-01 has no T1w of those asked for, but") && said.contains(files[1]), "{said}");
}

#[test]
fn is_no_zero_added_silently() {
    let table = TABLE.replace("sub-0", "sub-");
    let files = ["sub-01/anat/sub-01_T1w.nii", "sub-02/anat/sub-02_T1w.nii"];
    let said = refusal(&dataset("zeros", table.as_bytes(), &files), &[]);
    assert!(said.contains("no folder sub-1, but sub-01: write its name in the table"), "{said}");
}
