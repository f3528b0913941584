//! Do the commands say what they read, refuse what they cannot, and end with the right code?

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn hielight(arguments: &[&Path]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hielight")).args(arguments).output().unwrap()
}

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("command-line-{name}"));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A word of the command line as a path, which it need not be.
fn word(word: &str) -> &Path {
    Path::new(word)
}

#[test]
fn does_inspect_describe_what_is_read_and_name_what_is_not() {
    let good = here("tests/data/corpus/nifti-rs/minimal.nii");
    let pair = here("tests/data/corpus/nifti-rs/minimal.hdr");
    let zip = here("tests/data/cases/H45/sub-01_T1w.zip");
    let output = hielight(&[word("inspect"), word("--json"), &good, &pair]);
    assert_eq!(output.status.code(), Some(0));
    let all: Value = serde_json::from_slice(&output.stdout).unwrap();
    for path in [&good, &pair] {
        assert_eq!(all[path.to_str().unwrap()]["shape"], serde_json::json!([64, 64, 10]));
    }
    let output = hielight(&[word("inspect"), word("--json"), &good, &zip]);
    assert_eq!(output.status.code(), Some(2), "one of two is refused");
    let all: Value = serde_json::from_slice(&output.stdout).unwrap();
    let reason = all[zip.to_str().unwrap()]["rejected"].as_str().unwrap();
    assert!(reason.contains("ZIP archive") && reason.contains("Unpack"), "{reason}");
    assert!(all[good.to_str().unwrap()].get("rejected").is_none(), "the good one is still described");
}

#[test]
fn does_model_show_the_card_and_prove_the_device_or_refuse_an_altered_bundle() {
    let shipped = here("www/model.safetensors");
    let output = hielight(&[word("model"), &shipped]);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{said}");
    let hash = hielight::model::sha256_hex(&std::fs::read(&shipped).unwrap());
    assert!(said.contains(&hash) && said.to_lowercase().contains("synthetic"), "{said}");
    let mut bytes = std::fs::read(&shipped).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    let altered = scratch("altered").join("model.safetensors");
    std::fs::write(&altered, bytes).unwrap();
    let output = hielight(&[word("model"), &altered]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("altered"), "{}", text(&output.stderr));
}

#[test]
fn does_a_report_show_what_a_table_says_as_text_and_never_as_markup() {
    let folder = scratch("markup");
    let table = folder.join("predictions.csv");
    let mut rows = "id,cohort,center,y,p\n".to_owned();
    for i in 0..40 {
        let p = 0.1 + 0.02 * f64::from(i);
        rows.push_str(&format!("s{i},<img src=x>&co,A,{},{p:.3}\n", u8::from(i % 3 == 0 || i > 30)));
    }
    std::fs::write(&table, rows).unwrap();
    let report = folder.join("report");
    let output = hielight(&[word("evaluate"), &table, word("--report"), &report]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let mut pages = 0;
    for entry in std::fs::read_dir(&report).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "html") {
            let page = std::fs::read_to_string(&path).unwrap();
            assert!(!page.contains("<img src=x>"), "{}", path.display());
            assert!(page.contains("&lt;img src=x&gt;&amp;co"), "{}", path.display());
            pages += 1;
        }
    }
    assert!(pages > 0, "no page was written");
}

#[test]
fn is_a_small_cohort_trained_to_a_bundle_that_says_what_it_is_and_nothing_of_this_machine() {
    let folder = scratch("train");
    let (cohort, bundle) = (folder.join("cohort"), folder.join("small.safetensors"));
    let made = hielight(&[
        word("phantom"),
        word("--out"),
        &cohort,
        word("--hie"),
        word("9"),
        word("--controls"),
        word("9"),
        word("--seed"),
        word("5"),
    ]);
    assert_eq!(made.status.code(), Some(0), "{}", text(&made.stderr));
    let output = hielight(&[
        word("train"),
        &cohort,
        word("--out"),
        &bundle,
        word("--report"),
        &folder.join("report"),
        word("--folds"),
        word("2"),
        word("--repeats"),
        word("1"),
        word("--epochs"),
        word("0"),
        word("--internal-share"),
        word("0"),
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let report = std::fs::read_to_string(folder.join("report/report.html")).unwrap();
    assert!(report.contains("Synthetic newborns") && !report.contains(folder.to_str().unwrap()), "a path");
    let read = hielight::model::Bundle::read(&std::fs::read(&bundle).unwrap()).unwrap();
    assert!(read.manifest.synthetic, "the dataset says that phantoms made it");
    let card = format!("{:?}", read.manifest.card);
    assert!(!card.contains(folder.to_str().unwrap()) && !card.contains("/small"), "{card}");
    let shown = text(&hielight(&[word("model"), &bundle]).stdout);
    assert!(shown.to_lowercase().contains("synthetic"), "{shown}");
}

#[test]
fn is_a_folder_without_a_pair_the_fault_of_who_names_it() {
    let (folder, model) = (scratch("no-pair"), here("www/model.safetensors"));
    let none = ["--lesions", "0", "--repeated", "0", "--fresh", "0", "--twins", "0", "--real"];
    let mut arguments = vec![word("audit"), word("--model"), &model];
    arguments.extend(none.map(word));
    arguments.push(&folder);
    let output = hielight(&arguments);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("no pair"), "{}", text(&output.stderr));
}

#[test]
fn does_audit_try_a_bundle_on_newborns_of_another_seed_and_write_what_it_found() {
    let folder = scratch("audit");
    let found = folder.join("audit.json");
    let model = here("www/model.safetensors");
    let few = ["--lesions", "1", "--repeated", "2", "--fresh", "1", "--twins", "2", "--seed", "5", "--json"];
    let mut arguments = vec![word("audit"), word("--model"), &model];
    arguments.extend(few.map(word));
    arguments.push(&found);
    let output = hielight(&arguments);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let found: Value = serde_json::from_str(&std::fs::read_to_string(&found).unwrap()).unwrap();
    let tried = found["localisation"].as_array().unwrap();
    // Three patterns at three severities, and two of them on each of four days.
    assert_eq!(tried.len(), 9 + 8);
    assert!(tried.iter().all(|row| row["n"] == 1 && row["hits"].as_u64() <= Some(1)), "{found}");
}

/// Runs `hielight` with less memory than a file of 4 GB would need.
#[cfg(target_os = "linux")]
fn hielight_in_2_gb(arguments: &[&Path]) -> Output {
    let limited = "ulimit -v 2000000 && exec \"$0\" \"$@\"";
    let shell = ["-c", limited, env!("CARGO_BIN_EXE_hielight")];
    Command::new("sh").args(shell).args(arguments).output().unwrap()
}

#[test]
#[cfg(target_os = "linux")]
fn is_a_file_beyond_the_limit_refused_before_it_is_read_also_in_a_folder() {
    let folder = scratch("large");
    let large = folder.join("large.nii");
    // Sparse: it takes no room on the disk.
    std::fs::File::create(&large).unwrap().set_len(4_000_000_000).unwrap();
    let model = here("www/model.safetensors");
    let weight = [word("--birth-weight-g"), word("3200"), word("--device"), word("cpu")];
    let predict = [word("predict"), word("--model"), &model, word("--t1w"), &large, word("--t2w"), &large];
    let refused: [(&[&Path], &str); 4] = [
        (&[word("inspect"), &large], "more than 512 MiB"),
        (&[&predict[..], &weight[..]].concat(), "more than 512 MiB"),
        (&[word("inspect"), &folder], "no DICOM file"),
        (&[word("convert"), &folder, word("--out"), &folder], "no DICOM file"),
    ];
    for (arguments, words) in refused {
        let output = hielight_in_2_gb(arguments);
        let said = text(&output.stdout) + &text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(words), "{said}");
    }
    // One that begins as DICOM does is a damaged one, and takes nothing along.
    let file = std::fs::File::options().write(true).open(&large).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, b"DICM", 128).unwrap();
    let output = hielight_in_2_gb(&[word("inspect"), &folder]);
    let said = text(&output.stdout) + &text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("damaged_files: 1"), "{said}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn is_a_pair_found_beside_either_half_and_the_missing_half_named() {
    let folder = scratch("pair");
    let corpus = here("tests/data/corpus/nifti-rs");
    for (from, to) in [("minimal.hdr", "A.HDR"), ("minimal.img.gz", "a.img.gz")] {
        std::fs::copy(corpus.join(from), folder.join(to)).unwrap();
    }
    let inspected = |name: &str| {
        let output = hielight(&[word("inspect"), word("--json"), &folder.join(name)]);
        (output.status.code(), text(&output.stdout))
    };
    for half in ["A.HDR", "a.img.gz"] {
        let (code, said) = inspected(half);
        assert!(code == Some(0) && said.contains("\"shape\""), "{said}");
    }
    std::fs::remove_file(folder.join("a.img.gz")).unwrap();
    let (code, said) = inspected("A.HDR");
    assert!(code == Some(2) && said.contains("A.IMG is missing"), "{said}");
}
