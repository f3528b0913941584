//! DICOM folders on the command line: listed, converted, chosen from; what of the patient is said, which is nothing.

mod support;

use hielight::fault::Explained as _;
use hielight::volume::{Volume, read_nifti};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use support::data;
use support::dicom::{File, Set, head, slices, t1, t2, unpacked};

fn hielight(arguments: &[&Path]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hielight")).args(arguments).output().unwrap()
}

fn word(word: &str) -> &Path {
    Path::new(word)
}

fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("dicom-{name}"));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Writes files as a PACS does: in folders, without endings, a viewer's program beside them.
fn export(folder: &Path, files: &[File]) {
    for (k, file) in files.iter().enumerate() {
        let inner = folder.join(format!("DATA/S{}", k % 3));
        std::fs::create_dir_all(&inner).unwrap();
        std::fs::write(inner.join(format!("I{k}")), file.bytes()).unwrap();
    }
    std::fs::write(folder.join("VIEWER.EXE"), b"MZ\x90\0\x03").unwrap();
    std::fs::write(folder.join("README.TXT"), "How to start the viewer").unwrap();
    let directory = File::default().text(0x0002_0010, b"UI", "1.2.840.10008.1.2.1").text(
        0x0008_0016,
        b"UI",
        "1.2.840.10008.1.3.10",
    );
    std::fs::write(folder.join("DICOMDIR"), directory.bytes()).unwrap();
}

/// A real infant's image, whose voxels are whole numbers.
fn infant(name: &str) -> (PathBuf, Volume) {
    let path = data().join("bobs").join(format!("{name}.nii.gz"));
    let image = read_nifti(&std::fs::read(&path).unwrap()).unwrap();
    (path, image.volume)
}

#[test]
fn is_a_newborn_in_dicom_the_newborn_in_nifti() {
    let (t1_path, t1_image) = infant("T1w");
    let (t2_path, t2_image) = infant("T2w");
    let folder = scratch("newborn");
    let mut files = slices(&t1_image, 0, &t1(3));
    files.extend(slices(&t2_image, 2, &t2(5)));
    export(&folder, &files);
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("www/model.safetensors");
    let predict = |images: &[&Path], name: &str| -> Value {
        let json = folder.join(format!("{name}.json"));
        let mut arguments =
            vec![word("predict"), word("--model"), &shipped, word("--birth-weight-g"), word("3200")];
        arguments.extend([word("--device"), word("cpu"), word("--json"), json.as_path()]);
        arguments.extend(images);
        let output = hielight(&arguments);
        assert!(matches!(output.status.code(), Some(0 | 2)), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(
            &std::fs::read(&json)
                .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr))),
        )
        .unwrap()
    };
    let nifti = predict(&[word("--t1w"), &t1_path, word("--t2w"), &t2_path], "nifti");
    let dicom = predict(&[word("--dicom"), &folder], "dicom");
    let logit = |answer: &Value| answer["probability"].as_f64().map(|p| (p / (1.0 - p)).ln());
    let (a, b) = (logit(&nifti), logit(&dicom));
    assert_eq!(a.is_some(), b.is_some(), "{nifti}\n{dicom}");
    if let (Some(a), Some(b)) = (a, b) {
        // The axes are stored in another order, and float32 sums differ by it.
        assert!((a - b).abs() < 1e-3, "{a} and {b}");
    }
    let said = dicom.to_string();
    assert!(said.contains("DICOM series 3 (T1 TSE axial"), "{said}");
}

#[test]
fn does_the_command_line_list_convert_and_choose_series() {
    let folder = scratch("folder");
    let mut files = slices(&head(), 2, &t1(3));
    files.extend(slices(&head(), 0, &t2(5)));
    files.extend(slices(&head(), 1, &t2(7)));
    files.extend(slices(&head(), 2, &t1(9)).into_iter().take(2));
    export(&folder, &files);
    let output = hielight(&[word("inspect"), word("--json"), &folder]);
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0));
    let listed = &said[folder.to_str().unwrap()];
    assert_eq!(listed["series 3"]["sequence"], "T1w");
    assert_eq!(listed["series 5"]["shape"], serde_json::json!([26, 18, 22]));
    assert!(listed["series 9"]["rejected"].as_str().unwrap().contains("too few slices (2)"), "{listed}");

    // Rubbish that begins as DICOM does may be any slice, unless its name is that of a list.
    let mut rubbish = vec![0; 128];
    rubbish.extend(b"DICMrubbish that begins as DICOM does");
    for (name, damaged) in [("DICOMDIR", Value::Null), ("IM0099", 1.into())] {
        let (inner, file) = (folder.join("inner"), folder.join("inner").join(name));
        std::fs::create_dir_all(&inner).unwrap();
        std::fs::write(&file, &rubbish).unwrap();
        let output = hielight(&[word("inspect"), word("--json"), &folder]);
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(said[folder.to_str().unwrap()]["damaged_files"], damaged, "{name}");
        std::fs::remove_file(&file).unwrap();
    }

    let out = folder.join("nifti");
    let output = hielight(&[word("convert"), &folder, word("--out"), &out]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let mut written: Vec<String> =
        std::fs::read_dir(&out).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    written.sort();
    assert_eq!(written, ["3_T1w.nii.gz", "5_T2w.nii.gz", "7_T2w.nii.gz"]);
    let image = read_nifti(&std::fs::read(out.join("5_T2w.nii.gz")).unwrap()).unwrap();
    assert_eq!(image.volume.into_ras().voxels(), head().into_ras().voxels());

    // Two series could be T2w: both are named, and one is chosen by its number.
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("www/model.safetensors");
    let base = [
        word("predict"),
        word("--model"),
        &model,
        word("--birth-weight-g"),
        word("3200"),
        word("--dicom"),
        &folder,
    ];
    let output = hielight(&base);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        said.contains("5 (T2 TSE") && said.contains("7 (T2 TSE") && said.contains("--t2-series"),
        "{said}"
    );
    for (asked, words) in [("9", "too few slices (2)"), ("11", "it is not clear")] {
        let output = hielight(&[&base[..], &[word("--t2-series"), word(asked)]].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2));
        assert!(said.contains(words), "{asked}: {said}");
    }
    // A folder without DICOM.
    let empty = scratch("empty");
    std::fs::write(empty.join("notes.txt"), "none").unwrap();
    for command in ["inspect", "convert"] {
        let mut arguments = vec![word(command), empty.as_path()];
        if command == "convert" {
            arguments.extend([word("--out"), out.as_path()]);
        }
        let output = hielight(&arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2));
        assert!(said.contains("holds no DICOM file") && said.contains("PACS"), "{said}");
    }
}

/// Who the patient is, in every way in which a file may say it.
const PRIVATE: [&str; 6] = ["Testfamily", "Madeup", "20240131", "ID77770001", "王小明", "ACC999123"];

#[test]
fn does_nothing_say_who_the_patient_is() {
    let telling = |file: File| {
        let [family, given, date, id, chinese, accession] = PRIVATE;
        let name = format!("{family}^{given}={chinese}");
        let everything = format!("{family} {given} {chinese} {id} {date} {accession}");
        let mut file = file
            .text(0x0010_0010, b"PN", &name)
            .text(0x0010_0020, b"LO", id)
            .text(0x0010_0030, b"DA", date)
            .text(0x0008_0050, b"SH", accession)
            .text(0x0008_103e, b"LO", &format!("T1 TSE {everything}_{family}, {}", family.to_uppercase()))
            .text(0x0018_1030, b"LO", &format!("{everything} T1"));
        // Dates, times, institution, physicians, station, comments, identifiers.
        for (tag, vr) in [
            (0x0008_0020, b"DA"),
            (0x0008_0021, b"DA"),
            (0x0008_0022, b"DA"),
            (0x0008_0023, b"DA"),
            (0x0008_0080, b"LO"),
            (0x0008_0081, b"ST"),
            (0x0008_0090, b"PN"),
            (0x0008_1010, b"SH"),
            (0x0008_1030, b"LO"),
            (0x0008_1050, b"PN"),
            (0x0008_1070, b"PN"),
            (0x0010_0032, b"TM"),
            (0x0010_1000, b"LO"),
            (0x0010_1001, b"PN"),
            (0x0010_2160, b"SH"),
            (0x0010_21b0, b"LT"),
            (0x0010_4000, b"LT"),
            (0x0018_0024, b"SH"),
            (0x0018_1000, b"LO"),
            (0x0020_0010, b"SH"),
            (0x0020_4000, b"LT"),
            (0x0032_1060, b"LO"),
            (0x0040_0244, b"DA"),
            (0x0040_0254, b"LO"),
        ] {
            file = file.text(tag, vr, &everything);
        }
        file
    };
    let folder = scratch("private");
    let mut files: Vec<File> = slices(&head(), 2, &t1(3)).into_iter().map(telling).collect();
    // The same words where a sentence of refusal could repeat them.
    let refused = [
        (4, 0x0008_0060, b"CS"),
        (5, 0x0008_0008, b"CS"),
        (6, 0x0028_0004, b"CS"),
        (7, 0x0028_1053, b"DS"),
        (8, 0x0020_0032, b"DS"),
        (9, 0x0002_0010, b"UI"),
    ];
    for (number, tag, vr) in refused {
        let other = slices(&head(), 2, &t1(number)).into_iter().map(telling);
        let words = if number == 5 { "DERIVED\\TESTFAMILY\\ID77770001" } else { "Testfamily 20240131" };
        files.extend(other.map(|file| file.text(tag, vr, words)));
    }
    export(&folder, &files);
    let out = folder.join("nifti");
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("www/model.safetensors");
    let json = folder.join("answer.json");
    let mut said: Vec<Vec<u8>> = Vec::new();
    for arguments in [
        vec![word("inspect"), folder.as_path()],
        vec![word("inspect"), word("--json"), folder.as_path()],
        vec![word("convert"), folder.as_path(), word("--out"), out.as_path()],
        vec![
            word("predict"),
            word("--model"),
            &model,
            word("--birth-weight-g"),
            word("3200"),
            word("--dicom"),
            &folder,
            word("--t1-series"),
            word("3"),
            word("--t2-series"),
            word("4"),
            word("--json"),
            &json,
        ],
    ] {
        let output = hielight(&arguments);
        said.extend([output.stdout, output.stderr]);
    }
    assert!(String::from_utf8_lossy(&said[0]).contains("T1 TSE"), "{}", String::from_utf8_lossy(&said[0]));
    for entry in std::fs::read_dir(&out).unwrap() {
        let path = entry.unwrap().path();
        said.push(path.file_name().unwrap().to_str().unwrap().as_bytes().to_vec());
        said.push(unpacked(&path));
    }
    let set = Set::written(&files);
    for series in &set.series {
        said.push(format!("{} {} {:?}", series.id, series.description, series.check()).into_bytes());
        said.push(series.check().err().map(|e| e.in_full().to_string()).unwrap_or_default().into_bytes());
    }
    for bytes in said {
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        for word in PRIVATE {
            assert!(!text.contains(&word.to_lowercase()), "{word} is in: {}", &text[..text.len().min(2000)]);
        }
    }
}
