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
        ("one-class", GOOD.replace(",0,0.", ",1,0."), vec!["cohort v", "same outcome"]),
        ("constant", "a,v,B,0,0.5\nb,v,B,1,0.5\nc,v,B,0,0.5\nd,v,B,1,0.5\n".into(), vec!["all the same"]),
        ("separated", "a,v,B,0,0.1\nb,v,B,0,0.2\nc,v,B,1,0.8\nd,v,B,1,0.9\n".into(), vec!["completely"]),
        ("one", format!("{GOOD}g,v,B,1,1\n"), vec!["line 8", "p is 1"]),
        ("zero", format!("{GOOD}g,v,B,1,0.0\n"), vec!["line 8", "p is 0"]),
        ("two-rows", "a,v,B,0,0.2\nb,v,B,1,0.4\n".into(), vec!["2 rows"]),
        ("missing", format!("{GOOD}g,v,B,1,\n"), vec!["line 8", "p is empty"]),
        ("not-a-number", format!("{GOOD}g,v,B,1,NaN\n"), vec!["line 8", "NaN"]),
        ("words", format!("{GOOD}g,v,B,yes,0.3\n"), vec!["line 8", "y is \"yes\""]),
        ("twice", format!("{GOOD}a,v,B,1,0.3\n"), vec!["line 8", "a stands twice"]),
        ("short", format!("{GOOD}g,v,B\n"), vec!["line: 8"]),
    ] {
        let path = table(name, &format!("{HEAD}{rows}"));
        refuses(&hielight(&["evaluate", path.to_str().unwrap()]), &words);
    }
    let path = table("no-column", "id,cohort,y,p\na,v,0,0.3\n");
    refuses(&hielight(&["evaluate", path.to_str().unwrap()]), &["column center is missing"]);
    refuses(&hielight(&["evaluate", "nowhere.csv"]), &["nowhere.csv cannot be read"]);
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
