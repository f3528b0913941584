//! Are the study's figures those of the packages that statisticians use?
//!
//! The answers come from statsmodels, scikit-learn, scipy and dcurves (`tests/data/oracle/make_oracle.py`).
//! `HIELIGHT_ORACLE` names another folder with answers of more seeds.

use hielight::evaluation::{evaluate, neighbourhood, prior_shift};
use hielight::nomogram::fit_logistic;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Two implementations of one formula in f64, summed in another order.
const RELATIVE: f64 = 1e-6;
/// The smoother's neighbourhoods jump: a tie in a distance may fall to the other side.
const SMOOTH: f64 = 1e-4;

fn seeds() -> Vec<Value> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/oracle");
    let folder = std::env::var_os("HIELIGHT_ORACLE").map_or(own, PathBuf::from);
    let entries = std::fs::read_dir(&folder).unwrap();
    let seeds: Vec<Value> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .map(|path| serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap())
        .collect();
    assert!(!seeds.is_empty(), "no answers in {}", folder.display());
    seeds
}

fn column(table: &Value, name: &str) -> Vec<f64> {
    table[name].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

fn outcome(table: &Value) -> Vec<bool> {
    column(table, "y").iter().map(|y| *y == 1.0).collect()
}

/// Every number of `theirs` stands at the same place in `ours`.
fn same(ours: &Value, theirs: &Value, tolerance: f64, path: &str) {
    match theirs {
        Value::Object(fields) => {
            fields
                .iter()
                .for_each(|(key, value)| same(&ours[key], value, tolerance, &format!("{path}.{key}")));
        }
        Value::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(i, value)| same(&ours[i], value, tolerance, &format!("{path}[{i}]"))),
        Value::Number(n) => {
            let (theirs, ours) =
                (n.as_f64().unwrap(), ours.as_f64().unwrap_or_else(|| panic!("{path}: {ours} for {n}")));
            // Near zero a difference of sums has no relative precision.
            assert!(
                (ours - theirs).abs() <= tolerance * theirs.abs().max(1e-3),
                "{path}: {ours} for {theirs}"
            );
        }
        other => assert_eq!(ours, other, "{path}"),
    }
}

#[test]
fn is_every_figure_of_the_evaluation_the_references() {
    for seed in seeds() {
        let (y, p) = (outcome(&seed["validation"]), column(&seed["validation"], "p"));
        let mut theirs = seed["evaluation"].clone();
        let fields = theirs.as_object_mut().unwrap();
        let smooth: Vec<(String, Value)> =
            ["ici", "e50", "e90", "emax"].map(|key| (key.to_owned(), fields.remove(key).unwrap())).to_vec();
        let near = fields.remove("neighbourhood").unwrap();
        let shift = fields.remove("prior_shift").unwrap();
        let hosmer = fields.remove("hosmer_lemeshow").unwrap();
        let ours = serde_json::to_value(evaluate(&y, &p, false).unwrap()).unwrap();
        same(&ours, &theirs, RELATIVE, "evaluation");
        same(&ours, &Value::Object(smooth.into_iter().collect()), SMOOTH, "evaluation");
        for (fitted, df, tail) in [(false, 10, "p_df10"), (true, 8, "p_df8")] {
            let ours = serde_json::to_value(evaluate(&y, &p, fitted).unwrap()).unwrap();
            let theirs = json!({ "statistic": hosmer["statistic"], "df": df, "p": hosmer[tail] });
            same(&ours["hosmer_lemeshow"], &theirs, RELATIVE, "hosmer_lemeshow");
        }
        for theirs in near.as_array().unwrap() {
            let ours = neighbourhood(&y, &p, theirs["p"].as_f64().unwrap());
            same(&serde_json::to_value(ours).unwrap(), theirs, RELATIVE, "neighbourhood");
        }
        let development = outcome(&seed["development"]);
        let share = development.iter().filter(|y| **y).count() as f64 / development.len() as f64;
        for row in shift.as_array().unwrap() {
            let ours = prior_shift(row["p"].as_f64().unwrap(), share, row["prevalence"].as_f64().unwrap());
            same(&json!(ours), &row["shifted"], RELATIVE, "prior_shift");
        }
    }
}

#[test]
fn are_fit_and_nomogram_the_references() {
    for seed in seeds() {
        let terms: Vec<String> = seed["fit"]["terms"].as_array().unwrap()[1..]
            .iter()
            .map(|t| t.as_str().unwrap().to_owned())
            .collect();
        let columns: Vec<Vec<f64>> = terms.iter().map(|t| column(&seed["development"], t)).collect();
        let fit = fit_logistic(&terms, &columns, &outcome(&seed["development"])).unwrap();
        let n = &fit.nomogram;
        let coef: Vec<f64> = std::iter::once(n.intercept).chain(n.coefficients.iter().copied()).collect();
        let se: Vec<f64> = (0..coef.len()).map(|i| n.covariance[i][i].sqrt()).collect();
        let ours = json!({
            "coef": coef, "se": se, "covariance": n.covariance, "log_likelihood": fit.log_likelihood, "aic": fit.aic,
        });
        let mut theirs = seed["fit"].clone();
        theirs.as_object_mut().unwrap().remove("terms");
        // A covariance of grams and intercept is small: relative to its two standard errors.
        let covariance = theirs.as_object_mut().unwrap().remove("covariance").unwrap();
        same(&ours, &theirs, RELATIVE, "fit");
        for i in 0..coef.len() {
            for j in 0..coef.len() {
                let apart = (n.covariance[i][j] - covariance[i][j].as_f64().unwrap()).abs();
                assert!(apart <= RELATIVE * se[i] * se[j], "covariance[{i}][{j}]");
            }
        }
        let theirs = &seed["nomogram"];
        same(&json!(n.points_per_logit()), &theirs["points_per_logit"], RELATIVE, "points_per_logit");
        same(&json!(n.base_logit()), &theirs["base_logit"], RELATIVE, "base_logit");
        for (term, limits) in terms.iter().zip(&n.limits) {
            same(&json!(limits), &theirs["limits"][term], RELATIVE, "limits");
        }
        for row in theirs["rows"].as_array().unwrap() {
            let i = row["row"].as_u64().unwrap() as usize;
            let values: Vec<f64> = terms.iter().map(|t| column(&seed["validation"], t)[i]).collect();
            let points = n.points(&values);
            for (term, points) in terms.iter().zip(&points) {
                same(&json!(points), &row["points"][term], RELATIVE, term);
            }
            same(&json!(points.iter().sum::<f64>()), &row["total"], RELATIVE, "total");
            same(&json!(n.interval95(&values)), &row["wald95"], RELATIVE, "wald95");
        }
    }
}
