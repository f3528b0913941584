//! What do `evaluate` and `nomogram` say of tables that statistics cannot digest?

use std::path::PathBuf;
use std::process::{Command, Output};

fn table(name: &str, text: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.csv"));
    std::fs::write(&path, text).unwrap();
    path
}

fn hielight(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hielight")).args(arguments).output().unwrap()
}

/// Exit code 2 and one sentence that holds `words`.
fn refuses(output: &Output, words: &[&str]) {
    let stderr = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert_eq!(stderr.trim().lines().count(), 1, "{stderr}");
    assert!(words.iter().all(|word| stderr.contains(word)), "{stderr} lacks one of {words:?}");
    assert!(output.stdout.is_empty());
}

const HEAD: &str = "id,cohort,center,y,p\n";
const GOOD: &str = "a,v,B,0,0.2\nb,v,B,1,0.4\nc,v,B,0,0.5\nd,v,B,1,0.7\ne,v,B,0,0.3\nf,v,B,1,0.6\n";

#[test]
fn is_the_line_or_the_reason_named_where_predictions_are_wrong() {
    for (name, rows, words) in [
        ("no-rows", String::new(), vec!["no rows"]),
        ("one", format!("{GOOD}g,v,B,1,1\n"), vec!["line 8", "p is 1"]),
        ("zero", format!("{GOOD}g,v,B,1,0.0\n"), vec!["line 8", "p is 0"]),
        ("missing", format!("{GOOD}g,v,B,1,\n"), vec!["line 8", "p is empty"]),
        ("not-a-number", format!("{GOOD}g,v,B,1,NaN\n"), vec!["line 8", "NaN"]),
        ("words", format!("{GOOD}g,v,B,yes,0.3\n"), vec!["line 8", "y is \"yes\""]),
        ("twice", format!("{GOOD}a,v,B,1,0.3\n"), vec!["line 8", "a stands twice"]),
        ("unclosed", format!("{GOOD}\"g,v,B,1,0.4\nh,v,B,0,0.1\n"), vec!["line 8", "quotation mark"]),
        ("comma", format!("{GOOD}g,v,B,1,\"0,3\"\n"), vec!["line 8", "need a point"]),
        ("short", format!("{GOOD}g,v,B\n"), vec!["line 8", "3 cells"]),
    ] {
        let path = table(name, &format!("{HEAD}{rows}"));
        refuses(&hielight(&["evaluate", path.to_str().unwrap()]), &words);
    }
    for (name, text, words) in [
        ("semicolons", "id;cohort;center;y;p\na;v;B;0;0,2\n", &["separated by semicolons"]),
        ("twice", "id,cohort,center,y,p,p\na,v,B,0,0.2,0.3\n", &["column p stands twice"]),
        ("capital", "ID,cohort,center,y,p\na,v,B,0,0.2\n", &["ID is there"]),
    ] {
        refuses(&hielight(&["evaluate", table(&format!("head-{name}"), text).to_str().unwrap()]), words);
    }
    let path = table("no-column", "id,cohort,y,p\na,v,0,0.3\n");
    refuses(&hielight(&["evaluate", path.to_str().unwrap()]), &["column center is missing"]);
    refuses(&hielight(&["evaluate", "nowhere.csv"]), &["nowhere.csv cannot be read"]);
}

#[test]
fn is_a_figure_that_does_not_exist_missing_alone_with_its_reason() {
    for (name, rows, missing, reason) in [
        ("one-class", GOOD.replace(",0,0.", ",1,0."), "slope", "all newborns have the same outcome"),
        (
            "constant",
            "a,v,B,0,0.5\nb,v,B,1,0.5\nc,v,B,0,0.5\n".into(),
            "slope",
            "all probabilities are the same",
        ),
        (
            "separated",
            "a,v,B,0,0.1\nb,v,B,0,0.2\nc,v,B,1,0.8\n".into(),
            "slope",
            "part the classes completely",
        ),
        ("nothing", "a,v,B,0,0.2\n".into(), "auc", "all newborns have the same outcome"),
    ] {
        // A second cohort, which has them all.
        let text = format!("{HEAD}{rows}{}", GOOD.replace(",v,", ",w,"));
        let path = table(&format!("alone-{name}"), &text);
        let folder = path.with_extension("report");
        let (path, folder) = (path.to_str().unwrap(), folder.to_str().unwrap());
        let output = hielight(&["evaluate", path, "--json", "-", "--report", folder]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let cohort = &found["cohorts"]["v"];
        assert!(cohort[missing].is_null() && cohort["brier"].is_f64(), "{cohort}");
        assert!(cohort["not_defined"][missing].as_str().unwrap().contains(reason), "{cohort}");
        assert_eq!(found["cohorts"]["w"]["not_defined"], serde_json::json!({}));
        let report = std::fs::read_to_string(std::path::Path::new(folder).join("report.html")).unwrap();
        assert!(report.contains(&format!("not defined: {reason}")) || report.contains(reason));
        assert!(!report.contains("NaN") && !report.contains("inf,"), "{name}");
        let output = hielight(&["evaluate", path]);
        let summary = String::from_utf8(output.stdout).unwrap();
        assert!(summary.contains("not defined: ") && !summary.contains("NaN"), "{summary}");
    }
}

#[test]
fn is_firth_the_step_named_for_separated_terms() {
    let path = table("firth", "y,x\n0,1\n0,2\n0,3\n1,4\n1,5\n1,6\n");
    let path = path.to_str().unwrap();
    refuses(&hielight(&["nomogram", path, "--terms", "x"]), &["separates the classes", "--firth"]);
    let output = hielight(&["nomogram", path, "--terms", "x", "--firth", "--json", "-"]);
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let coefficient = found["fit"]["coef"][1].as_f64().unwrap();
    assert!(coefficient > 0.5 && coefficient < 3.0 && found["fit"]["aic"].is_null(), "{found}");
}

#[test]
fn are_ties_no_trouble_and_nothing_is_nan() {
    let rows = "a,v,B,0,0.2\nb,v,B,1,0.2\nc,v,B,0,0.2\nd,v,B,1,0.7\ne,v,B,0,0.7\nf,v,B,1,0.7\n";
    let path = table("ties", &format!("{HEAD}{rows}"));
    let output = hielight(&["evaluate", path.to_str().unwrap(), "--json", "-"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    // serde_json writes NaN and infinities as null.
    assert!(!text.contains("null"), "{text}");
}

#[test]
fn is_the_reason_named_where_no_nomogram_can_be_fitted() {
    for (name, text, words) in [
        ("fit-separated", "y,x\n0,1\n0,2\n0,3\n1,4\n1,5\n1,6\n", "separates the classes"),
        ("fit-constant", "y,x\n0,1\n1,1\n0,1\n1,1\n", "x is constant"),
        ("fit-one-class", "y,x\n1,1\n1,2\n1,4\n", "one class"),
        ("fit-missing", "y,x\n1,1\n0,\n1,4\n", "line 3: x is empty"),
    ] {
        refuses(&hielight(&["nomogram", table(name, text).to_str().unwrap(), "--terms", "x"]), &[words]);
    }
}
