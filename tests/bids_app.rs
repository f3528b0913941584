//! Is `hielight bids` a BIDS-App: does every newborn of an archive end with an answer or a reason, whatever is wrong with
//! others, whatever runs beside it and however often it is interrupted?

use hielight::archive::Exit;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("bids-app-{name}"));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn write(path: &Path, bytes: impl AsRef<[u8]>) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// The demo's image of a sequence, as it is.
fn demo(sequence: &str) -> Vec<u8> {
    std::fs::read(here(&format!("www/demo/demo_{sequence}.nii.gz"))).unwrap()
}

/// A dataset of the demo's newborn under several names: `participants.tsv` and files by their paths.
fn dataset(folder: &Path, participants: &str, files: &[(&str, Vec<u8>)]) -> PathBuf {
    let root = folder.join("raw");
    write(&root.join("dataset_description.json"), r#"{"Name": "Archive", "BIDSVersion": "1.10.0"}"#);
    write(&root.join("participants.tsv"), participants);
    files.iter().for_each(|(path, bytes)| write(&root.join(path), bytes));
    root
}

fn pair(stem: &str) -> [(String, Vec<u8>); 2] {
    ["T1w", "T2w"].map(|sequence| (format!("{stem}_{sequence}.nii.gz"), demo(sequence)))
}

/// `hielight bids RAW OUT LEVEL` with the shipped model and more words.
fn command(raw: &Path, out: &Path, level: &str, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hielight"));
    command.arg("bids").args([raw, out]).arg(level).args(more);
    command.arg("--model").arg(here("www/model.safetensors")).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

fn ended(output: &Output) -> (i32, String) {
    (output.status.code().unwrap(), String::from_utf8(output.stderr.clone()).unwrap())
}

fn bids(raw: &Path, out: &Path, level: &str, more: &[&str]) -> (i32, String) {
    ended(&command(raw, out, level, more).output().unwrap())
}

/// All files below a folder by their paths, logs and temporary ones left out.
fn files(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_none_or(|e| e != "log" && e != "partial") {
                found.insert(path.strip_prefix(root).unwrap().to_owned(), std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// A table's rows by participant and session, each cell by its column.
fn table(out: &Path) -> BTreeMap<(String, String), BTreeMap<String, String>> {
    let text = std::fs::read_to_string(out.join("group_hielight.tsv")).unwrap();
    let mut lines = text.lines().map(|line| line.split('\t').map(str::to_owned).collect::<Vec<_>>());
    let header = lines.next().unwrap();
    lines
        .map(|cells| {
            assert_eq!(cells.len(), header.len(), "{cells:?}");
            let row: BTreeMap<_, _> = header.iter().cloned().zip(cells).collect();
            ((row["participant_id"].clone(), row["session_id"].clone()), row)
        })
        .collect()
}

fn logs(out: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(out.join("logs")).unwrap();
    entries.map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap()).collect()
}

#[test]
fn does_everybody_of_an_archive_end_answered_refused_or_failed_with_the_reason() {
    let folder = scratch("archive");
    let plain = |sequence: &str| {
        let mut bytes = Vec::new();
        let packed = demo(sequence);
        std::io::copy(&mut flate2::read::GzDecoder::new(packed.as_slice()), &mut bytes).unwrap();
        bytes
    };
    let mut own: Vec<(String, Vec<u8>)> = Vec::new();
    own.extend(pair("sub-01/anat/sub-01"));
    own.extend(pair("sub-02/ses-a/anat/sub-02_ses-a"));
    own.extend(pair("sub-02/ses-b/anat/sub-02_ses-b"));
    own.push(("sub-02/sub-02_sessions.tsv".into(), b"session_id\tbirth_weight_g\nses-b\t3600\n".to_vec()));
    own.push(("sub-03/anat/sub-03_T1w.nii".into(), plain("T1w")));
    own.push(("sub-03/anat/sub-03_T2w.nii".into(), plain("T2w")));
    own.extend(pair("sub-04/anat/sub-04_run-1"));
    own.push(("sub-04/anat/sub-04_run-2_T1w.nii.gz".into(), demo("T1w")));
    own.push(("sub-05/anat/sub-05_T1w.nii.gz".into(), demo("T1w")));
    let [t1, (t2_path, mut t2)] = pair("sub-06/anat/sub-06");
    t2.truncate(t2.len() / 2);
    own.extend([t1, (t2_path, t2)]);
    own.push(("sub-07/anat/sub-07_T1w.nii.gz".into(), demo("T2w")));
    own.push(("sub-07/anat/sub-07_T2w.nii.gz".into(), demo("T1w")));
    own.extend(pair("sub-08/anat/sub-08"));
    own.extend(pair("sub-09/anat/sub-09"));
    let own: Vec<(&str, Vec<u8>)> = own.iter().map(|(path, bytes)| (path.as_str(), bytes.clone())).collect();
    let participants = "participant_id\tbirth_weight_g\ty\nsub-01\t3200\t1\nsub-02\t3300\t0\nsub-03\t3200\t0\n\
                        sub-04\t3200\tn/a\nsub-05\t3200\t1\nsub-06\t3200\t1\nsub-07\t3200\t0\nsub-08\t3200\t1\n\
                        sub-08\t3300\t1\nsub-09\tn/a\t1\nsub-10\t3000\t0\n";
    let raw = dataset(&folder, participants, &own);
    let (before, out) = (files(&raw), folder.join("derivatives"));

    let (code, said) = bids(&raw, &out, "participant", &["--n-cpus", "2"]);
    assert_eq!(code, 161, "{said}");
    for (name, reason) in [
        ("sub-04", "2 T1w images fit (sub-04_run-1_T1w.nii.gz, sub-04_run-2_T1w.nii.gz)"),
        ("sub-05", "no T2w image"),
        ("sub-06", "sub-06_T2w.nii.gz"),
        ("sub-08", "stands 2 times"),
        ("sub-09", "no birth weight"),
        ("sub-10", "no T1w image"),
    ] {
        let line = said.lines().find(|line| line.contains(&format!("{name}: ")));
        assert!(line.is_some_and(|line| line.contains(reason)), "{name}: {said}");
    }
    let log = &logs(&out)[0];
    assert!(log.lines().last().unwrap().contains("exit 161: "), "{log}");

    assert_eq!(bids(&raw, &out, "group", &[]).0, 0);
    let rows = table(&out);
    let status: Vec<(&str, &str, &str)> = rows
        .iter()
        .map(|((id, session), row)| (id.as_str(), session.as_str(), row["status"].as_str()))
        .collect();
    assert_eq!(
        status,
        [
            ("sub-01", "n/a", "answered"),
            ("sub-02", "ses-a", "answered"),
            ("sub-02", "ses-b", "answered"),
            ("sub-03", "n/a", "answered"),
            ("sub-04", "n/a", "failed"),
            ("sub-05", "n/a", "failed"),
            ("sub-06", "n/a", "failed"),
            ("sub-07", "n/a", "refused"),
            ("sub-08", "n/a", "failed"),
            ("sub-09", "n/a", "failed"),
            ("sub-10", "n/a", "failed"),
        ]
    );
    let cell = |id: &str, session: &str, column: &str| rows[&(id.into(), session.into())][column].clone();
    assert_eq!(cell("sub-07", "n/a", "reasons"), "swapped");
    assert_eq!(cell("sub-02", "ses-a", "birth_weight_g"), "3300", "the participant's");
    assert_eq!(cell("sub-02", "ses-b", "birth_weight_g"), "3600", "the session's own");
    assert_eq!(cell("sub-01", "n/a", "probability"), cell("sub-03", "n/a", "probability"), "packed or not");
    assert_eq!(cell("sub-01", "n/a", "y"), "1");
    let dictionary: Value =
        serde_json::from_slice(&std::fs::read(out.join("group_hielight.json")).unwrap()).unwrap();
    for column in rows[&("sub-01".into(), "n/a".into())].keys() {
        assert!(dictionary[column]["Description"].is_string(), "{column} is not explained");
    }

    // The document is that of `predict`, the map says what it is of, and the input is as it was.
    let anat = raw.join("sub-01/anat");
    let predicted = Command::new(env!("CARGO_BIN_EXE_hielight"))
        .args(["predict", "--birth-weight-g", "3200", "--json", "-", "--device", "cpu", "--t1w"])
        .arg(anat.join("sub-01_T1w.nii.gz"))
        .arg("--t2w")
        .arg(anat.join("sub-01_T2w.nii.gz"))
        .arg("--model")
        .arg(here("www/model.safetensors"))
        .output()
        .unwrap();
    let written = std::fs::read(out.join("sub-01/anat/sub-01_desc-hielight_assessment.json")).unwrap();
    assert_eq!(predicted.stdout, written);
    let sidecar = out.join("sub-02/ses-b/anat/sub-02_ses-b_space-T1w_desc-hielight_cam.json");
    let sidecar: Value = serde_json::from_slice(&std::fs::read(sidecar).unwrap()).unwrap();
    assert_eq!(sidecar["Sources"][1], "bids:raw:sub-02/ses-b/anat/sub-02_ses-b_T2w.nii.gz");
    let description: Value =
        serde_json::from_slice(&std::fs::read(out.join("dataset_description.json")).unwrap()).unwrap();
    assert_eq!(description["DatasetLinks"]["raw"], "../raw");
    assert!(files(&raw) == before, "the dataset was written to");
    let page = std::fs::read_to_string(out.join("sub-01.html")).unwrap();
    assert_eq!(page.matches("<figure><img src=\"data:image/png").count(), 6, "three planes of both images");
    assert!(std::fs::read_to_string(out.join("sub-07.html")).unwrap().contains("No probability is given."));

    // A filter file chooses, and the failure of before is gone; who is done is not assessed again.
    let filter = folder.join("filter.json");
    write(&filter, r#"{"t1w": {"run": 1}, "t2w": {"run": 1}}"#);
    let chosen = ["--participant-label", "04", "01", "-v", "--bids-filter-file", filter.to_str().unwrap()];
    let (code, said) = bids(&raw, &out, "participant", &chosen);
    // The filter asks every image for a run, and sub-01 has none.
    assert_eq!(code, 161, "{said}");
    assert!(out.join("sub-04/anat/sub-04_desc-hielight_assessment.json").is_file(), "{said}");
    assert!(!out.join("sub-04/anat/sub-04_desc-hielight_failure.json").exists());
    assert!(
        !out.join("sub-01/anat/sub-01_desc-hielight_assessment.json").exists(),
        "an answer of other inputs"
    );
    let (code, said) = bids(&raw, &out, "participant", &["--participant_label", "sub-03", "sub-07", "-v"]);
    assert_eq!((code, said.matches("done before").count()), (0, 2), "{said}");
    // Unless a process was stopped before it had taken the failure of before away.
    let stale = out.join("sub-03/anat/sub-03_desc-hielight_failure.json");
    write(&stale, r#"{"failed": []}"#);
    let (code, said) = bids(&raw, &out, "participant", &["--participant_label", "sub-03", "-v"]);
    assert_eq!((code, said.contains("done before"), stale.exists()), (0, false, false), "{said}");
    // Who has left the dataset has no row.
    write(&out.join("sub-99/anat/sub-99_desc-hielight_failure.json"), r#"{"failed": []}"#);
    assert_eq!(bids(&raw, &out, "group", &[]).0, 0);
    assert!(table(&out).keys().all(|(id, _)| id != "sub-99"));
    let early = folder.join("early");
    let alone =
        ["--n-cpus", "1", "--mem-mb", "300", "--stop-on-first-crash", "--participant-label", "05", "06"];
    let (code, said) = bids(&raw, &early, "participant", &alone);
    assert!(code == 161 && said.contains("1 of 2 failed") && said.contains("300 MB are less than"), "{said}");
    assert!(!early.join("sub-06").exists(), "it went on after the first failure");
    // Other inputs are another newborn.
    write(&raw.join("participants.tsv"), participants.replace("sub-07\t3200", "sub-07\t3201"));
    let (code, said) = bids(&raw, &out, "participant", &["--participant_label", "07", "-v"]);
    assert_eq!((code, said.matches("done before").count()), (0, 0), "{said}");
}

/// Waits until a process has written something.
fn until_there(path: &Path, process: &mut Child) {
    while !path.is_file() {
        assert!(process.try_wait().unwrap().is_none(), "it ended without {}", path.display());
        std::thread::yield_now();
    }
}

#[test]
fn are_results_the_same_by_one_process_by_eight_at_once_and_by_several_that_are_killed() {
    let folder = scratch("at-once");
    let mut own: Vec<(String, Vec<u8>)> = Vec::new();
    let ids = ["sub-01", "sub-02", "sub-03", "sub-04"];
    ids.iter().for_each(|id| own.extend(pair(&format!("{id}/anat/{id}"))));
    let own: Vec<(&str, Vec<u8>)> = own.iter().map(|(path, bytes)| (path.as_str(), bytes.clone())).collect();
    let rows = "participant_id\tbirth_weight_g\nsub-01\t3200\nsub-02\t3300\nsub-03\t3400\nsub-04\t3500\n";
    let raw = dataset(&folder, rows, &own);

    let plain = folder.join("plain");
    let (code, said) = bids(&raw, &plain, "participant", &["--nprocs", "2"]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(bids(&raw, &plain, "group", &[]).0, 0);

    // Two of them have the same newborn.
    let at_once = folder.join("at-once");
    let label = |i: usize| ["--n-cpus", "1", "--participant-label", &ids[i % 4][4..]];
    let processes: Vec<Child> =
        (0..8).map(|i| command(&raw, &at_once, "participant", &label(i)).spawn().unwrap()).collect();
    for process in processes {
        let (code, said) = ended(&process.wait_with_output().unwrap());
        assert_eq!(code, 0, "{said}");
    }
    assert_eq!(bids(&raw, &at_once, "group", &[]).0, 0);
    assert!(files(&plain) == files(&at_once), "eight at once wrote something else");

    let torn = folder.join("torn");
    let document = |id: &str| torn.join(format!("{id}/anat/{id}_desc-hielight_assessment.json"));
    let mut process = command(&raw, &torn, "participant", &["--n-cpus", "1"]).spawn().unwrap();
    until_there(&document("sub-01"), &mut process);
    assert!(Command::new("kill").args(["-INT", &process.id().to_string()]).status().unwrap().success());
    let (code, said) = ended(&process.wait_with_output().unwrap());
    assert_eq!(code, i32::from(Exit::Interrupted.code()), "{said}");
    let first = std::fs::metadata(document("sub-01")).unwrap().modified().unwrap();
    assert!(!document("sub-04").exists(), "it went on");
    let mut process = command(&raw, &torn, "participant", &["--n-cpus", "1"]).spawn().unwrap();
    until_there(&document("sub-03"), &mut process);
    process.kill().unwrap();
    process.wait().unwrap();
    let (code, said) = bids(&raw, &torn, "participant", &[]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(bids(&raw, &torn, "group", &[]).0, 0);
    assert_eq!(std::fs::metadata(document("sub-01")).unwrap().modified().unwrap(), first, "made again");
    assert!(files(&plain) == files(&torn), "interrupted runs wrote something else");
}

#[test]
fn does_a_command_that_cannot_run_say_why_by_sentence_and_by_code() {
    let folder = scratch("codes");
    let raw = dataset(&folder, "participant_id\tbirth_weight_g\nsub-01\t3200\n", &[]);
    write(&raw.join("sub-01/anat/sub-01_T1w.json"), "{}");
    let out = folder.join("out");
    let (code, said) = bids(&raw, &out, "participant", &["--participant-label", "77"]);
    assert!(code == 2 && said.contains("sub-77"), "{said}");
    let (code, said) = bids(&raw, &out, "participant", &["--session-id", "z"]);
    assert!(code == 162 && said.contains("exit 162: Nobody to run"), "{said}");
    let (code, said) = bids(&raw, &raw, "participant", &[]);
    assert!(code == 2 && said.contains("holds another dataset"), "{said}");
    let (code, said) = bids(&folder.join("none"), &out, "participant", &[]);
    assert!(code == 2 && said.contains("is no folder"), "{said}");
    let (code, said) = bids(&raw, &out, "both", &[]);
    assert!(code == 2 && said.contains("participant, group"), "{said}");
    // As BIDS-Apps are called, without the command's name; the model is asked for by a sentence.
    let short = Command::new(env!("CARGO_BIN_EXE_hielight")).args([&raw, &out]).arg("participant").output();
    let (code, said) = ended(&short.unwrap());
    assert!(code == 2 && said.contains("--model"), "{said}");
    let nameless = folder.join("nameless");
    write(&nameless.join("sub-01/anat/sub-01_T1w.nii"), "");
    let (code, said) = bids(&nameless, &out, "participant", &[]);
    assert!(code == 2 && said.contains("--skip-bids-validation"), "{said}");
    assert_eq!(bids(&nameless, &out, "participant", &["--skip-bids-validation"]).0, 161);
    let before = files(&nameless);
    let (code, said) = bids(&nameless, &nameless, "participant", &["--skip-bids-validation"]);
    assert!(code == 2 && said.contains("the one that is read"), "{said}");
    assert!(files(&nameless) == before, "the dataset was written to");
    let version = Command::new(env!("CARGO_BIN_EXE_hielight")).args(["bids", "--version"]).output().unwrap();
    assert!(String::from_utf8(version.stdout).unwrap().contains(env!("CARGO_PKG_VERSION")));
}

#[test]
fn do_manual_and_descriptor_have_the_exit_codes_of_the_code() {
    let manual = std::fs::read_to_string(here("docs/archive.md")).unwrap();
    let rows: Vec<String> =
        Exit::ALL.iter().map(|exit| format!("| {} | {} |", exit.code(), exit.meaning())).collect();
    let section = manual.split("\n## ").find(|section| section.starts_with("How it ends")).unwrap();
    let stated: Vec<&str> = section
        .lines()
        .filter(|line| line.starts_with("| ") && line.as_bytes()[2].is_ascii_digit())
        .collect();
    assert_eq!(stated, rows);
    let descriptor: Value =
        serde_json::from_slice(&std::fs::read(here("workflow/nipoppy/descriptor.json")).unwrap()).unwrap();
    let failures = Exit::ALL.iter().filter(|exit| exit.code() != 0);
    let codes: Vec<Value> = failures
        .map(|exit| serde_json::json!({ "code": exit.code(), "description": exit.meaning() }))
        .collect();
    assert_eq!(descriptor["error-codes"], Value::Array(codes));
}
