//! Do the statistics hold for every table, and say what does not exist?

use hielight::evaluation::{Figure, evaluate, intervals};
use hielight::nomogram::{FitError, fit_firth, fit_logistic};
use hielight::odds::expit;
use proptest::prelude::*;
use serde_json::Value;
use std::path::PathBuf;

fn data(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/statistics").join(name)
}

/// Columns of a table by name.
fn columns(name: &str, wanted: &[&str]) -> Vec<Vec<f64>> {
    let mut reader = csv::Reader::from_path(data(name)).unwrap();
    let header = reader.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let column = |name: &&str| {
        let at = header.iter().position(|h| h == *name).unwrap();
        rows.iter().map(|r| r[at].parse().unwrap()).collect()
    };
    wanted.iter().map(column).collect()
}

fn events(y: &[f64]) -> Vec<bool> {
    y.iter().map(|y| *y == 1.0).collect()
}

/// Uniform numbers of a fixed sequence (Lehmer's, modulo 2^31 - 1).
struct Uniform(u64);

impl Uniform {
    fn next(&mut self) -> f64 {
        self.0 = self.0 * 48_271 % 2_147_483_647;
        self.0 as f64 / 2_147_483_647.0
    }

    /// Standard normal: the sum of twelve.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.next()).sum::<f64>() - 6.0
    }
}

/// Every number of `theirs` stands at the same place in `ours`.
fn same(ours: &Value, theirs: &Value, path: &str) {
    match theirs {
        Value::Object(fields) => {
            for (key, value) in fields.iter().filter(|(key, _)| *key != "value_as_fraction") {
                // The intercept and the slope are given as numbers.
                let ours = if key == "slope" { &ours[key]["value"] } else { &ours[key] };
                same(ours, value, &format!("{path}.{key}"));
            }
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(i, v)| same(&ours[i], v, &format!("{path}[{i}]")));
        }
        Value::Number(n) => {
            let (theirs, ours) = (n.as_f64().unwrap(), ours.as_f64().unwrap_or(f64::NAN));
            // Two implementations of one formula, as in the oracle.
            assert!((ours - theirs).abs() <= 1e-6 * theirs.abs().max(1e-3), "{path}: {ours} for {theirs}");
        }
        other => assert_eq!(ours, other, "{path}"),
    }
}

#[test]
fn are_the_figures_of_hard_tables_those_of_the_references() {
    let cases: Value = serde_json::from_slice(&std::fs::read(data("expected.json")).unwrap()).unwrap();
    let mut seen = 0;
    for (name, case) in cases.as_object().unwrap() {
        let Some(expected) = case["expected"].get("cohorts.independent") else { continue };
        let [y, p] = columns(name, &["y", "p"]).try_into().unwrap();
        let ours = serde_json::to_value(evaluate(&events(&y), &p, false).unwrap()).unwrap();
        same(&ours, expected, name);
        seen += 1;
    }
    assert_eq!(seen, 6);
}

#[test]
fn is_a_separated_or_constant_table_without_a_slope_alone() {
    for (name, reason) in [
        ("H33_perfect_separation.csv", "the probabilities part the classes completely"),
        ("H34_one_event.csv", "the probabilities part the classes completely"),
        ("H36_all_the_same.csv", "all probabilities are the same"),
    ] {
        let [y, p] = columns(name, &["y", "p"]).try_into().unwrap();
        let ours = serde_json::to_value(evaluate(&events(&y), &p, false).unwrap()).unwrap();
        for missing in ["slope", "joint_intercept"] {
            assert_eq!((&ours[missing], &ours["not_defined"][missing]), (&Value::Null, &Value::from(reason)));
        }
        for there in ["auc", "brier", "citl", "ici", "youden", "net_benefit"] {
            assert!(!ours[there].is_null(), "{name}: {there}");
        }
    }
    let [y, p] = columns("H36_three_values.csv", &["y", "p"]).try_into().unwrap();
    let calibration = evaluate(&events(&y), &p, false).unwrap().calibration;
    for figure in [calibration.ici, calibration.e50, calibration.e90, calibration.emax] {
        // Each value's observed share is within 0.05 of it, and the smooth within 0.05 of that.
        assert!((0.0..=0.1).contains(&figure.unwrap()));
    }
}

#[test]
fn is_the_slope_of_an_overconfident_model_found() {
    // 15 tables of 150 with true slopes of 0.5, 0.33 and 0.2, as a model gives whose log-odds are too large.
    for true_slope in [0.5, 0.33, 0.2] {
        for seed in 1..=15 {
            let mut draw = Uniform(seed * 7919);
            let lp: Vec<f64> = (0..150).map(|_| 1.5 * draw.normal() / true_slope).collect();
            let outcome: Vec<bool> = lp.iter().map(|z| draw.next() < expit(true_slope * z)).collect();
            let p: Vec<f64> = lp.iter().map(|z| expit(*z)).collect();
            let calibration = evaluate(&outcome, &p, false).unwrap().calibration;
            let (slope, intercept) = (calibration.slope.unwrap(), calibration.joint_intercept.unwrap());
            // At the maximum both derivatives of the likelihood are 0; the deviance ended within 1e-8.
            let residual: Vec<f64> = lp
                .iter()
                .zip(&outcome)
                .map(|(z, y)| f64::from(u8::from(*y)) - expit(intercept + slope.value * z))
                .collect();
            let along: f64 = residual.iter().zip(&lp).map(|(r, z)| r * z).sum();
            assert!(residual.iter().sum::<f64>().abs() < 1e-3 && along.abs() * slope.se < 1e-3);
            // Six standard errors: never in 45 tables.
            assert!((slope.value - true_slope).abs() < 6.0 * slope.se, "{true_slope}: {slope:?}");
        }
    }
}

#[test]
fn is_a_calibrated_model_of_few_values_found_calibrated() {
    for values in [&[0.2, 0.8][..], &[0.1, 0.5, 0.9], &[0.3, 0.7], &[0.05, 0.35, 0.65, 0.95]] {
        for seed in 1..=30 {
            let mut draw = Uniform(seed * 104_729);
            let p: Vec<f64> = (0..150).map(|i| values[i % values.len()]).collect();
            let outcome: Vec<bool> = p.iter().map(|p| draw.next() < *p).collect();
            let c = evaluate(&outcome, &p, false).unwrap().calibration;
            // The share of the worst group: of 37 or more, five standard deviations of at most 0.082.
            assert!(c.emax.unwrap() < 0.41 && c.ici.unwrap() < 0.15, "{values:?} {seed}: {c:?}");
            if values.len() == 2 {
                // Each value is as far from the other as the window reaches: its smooth is its own observed share.
                let apart = values.iter().map(|v| {
                    let own: Vec<bool> =
                        p.iter().zip(&outcome).filter(|(p, _)| *p == v).map(|(_, y)| *y).collect();
                    (own.iter().filter(|y| **y).count() as f64 / own.len() as f64 - v).abs()
                });
                // Rounding only.
                assert!((apart.sum::<f64>() / 2.0 - c.ici.unwrap()).abs() < 1e-9);
            }
        }
    }
}

/// Tables of up to 60 rows, often with ties, seldom with one class.
fn any_table() -> impl Strategy<Value = Vec<(bool, f64)>> {
    let p =
        prop_oneof![0.001..0.999_f64, (1..10_u8).prop_map(|i| f64::from(i) / 10.0), Just(0.5), Just(1e-12)];
    prop::collection::vec((any::<bool>(), p), 0..60)
}

fn inside<T>(figure: &Figure<T>, read: impl Fn(&T) -> f64, [low, high]: [f64; 2]) -> bool {
    figure.as_ref().map_or(true, |value| (low..=high).contains(&read(value)))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn is_every_figure_the_same_in_any_order_and_within_its_bounds(
        (rows, shuffled) in any_table().prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle())),
        fitted in any::<bool>(),
    ) {
        let of = |rows: &[(bool, f64)]| {
            let (outcome, p): (Vec<bool>, Vec<f64>) = rows.iter().copied().unzip();
            let found = evaluate(&outcome, &p, fitted).unwrap();
            let around = intervals(&outcome, &p, &found);
            (found, around)
        };
        let (found, around) = of(&rows);
        prop_assert_eq!(&(found.clone(), around), &of(&shuffled));
        let (c, unit, any) = (&found.calibration, [0.0, 1.0], [f64::MIN, f64::MAX]);
        for figure in [&c.brier, &c.ici, &c.e50, &c.e90, &c.emax] {
            prop_assert!(inside(figure, |v| *v, unit), "{c:?}");
        }
        prop_assert!(inside(&found.auc, |a| a.value, unit) && inside(&found.auc, |a| a.se.unwrap_or(0.0), unit));
        prop_assert!(inside(&found.auc, |a| a.ci95_logit.map_or(0.0, |[low, high]| high - low), unit));
        prop_assert!(inside(&c.brier_scaled, |v| *v, [f64::MIN, 1.0]));
        prop_assert!(inside(&c.oe_ratio, |v| *v, [0.0, f64::MAX]));
        prop_assert!(inside(&c.citl, |e| e.value, any) && inside(&c.citl, |e| e.se, [0.0, f64::MAX]));
        prop_assert!(inside(&c.slope, |e| e.value, any) && inside(&c.slope, |e| e.se, [0.0, f64::MAX]));
        prop_assert!(inside(&c.hosmer_lemeshow, |h| h.p, unit) && inside(&c.hosmer_lemeshow, |h| h.df.into(), [1.0, 10.0]));
        prop_assert!(inside(&c.spiegelhalter, |s| s.p, unit));
        prop_assert!(inside(&found.youden, |y| y.sensitivity, unit) && inside(&found.youden, |y| y.specificity, unit));
        for interval in [&around.oe_ratio, &around.citl, &around.slope, &around.brier, &around.ici] {
            prop_assert!(inside(interval, |[low, high]| high - low, [0.0, f64::MAX]), "{around:?}");
        }
    }
}

#[test]
fn do_fewer_than_ten_groups_have_fewer_degrees_of_freedom() {
    let outcome: Vec<bool> = (0..40).map(|i| i % 3 == 0).collect();
    let three: Vec<f64> = (0..40).map(|i| [0.2, 0.4, 0.6][i % 3]).collect();
    let df = |outcome: &[bool], p: &[f64], fitted: bool| {
        evaluate(outcome, p, fitted).unwrap().calibration.hosmer_lemeshow.map(|h| h.df)
    };
    assert_eq!([df(&outcome, &three, false), df(&outcome, &three, true)], [Ok(3), Ok(1)]);
    assert_eq!(df(&outcome, &[0.3; 40], false), Ok(1));
    assert!(df(&outcome, &[0.3; 40], true).is_err());
    let four: Vec<f64> = (1..=4).map(|i| f64::from(i) / 5.0).collect();
    assert_eq!(df(&outcome[..4], &four, false), Ok(4));
}

#[test]
fn is_separation_told_from_collinearity_and_answered_by_firth() {
    let names = |terms: &[&str]| terms.iter().map(|t| (*t).to_owned()).collect::<Vec<String>>();
    let terms = ["sign", "birth_weight_g"];
    let [y, sign, weight] =
        columns("H35_sign_always_hie.csv", &["y", terms[0], terms[1]]).try_into().unwrap();
    let table = [sign, weight];
    assert_eq!(fit_logistic(&names(&terms), &table, &events(&y)), Err(FitError::Separated));
    let firth = fit_firth(&names(&terms), &table, &events(&y)).unwrap().nomogram;
    // firthlogist 0.5.0, and scipy's own maximum (tests/reference/firth.py): coefficients, Wald standard errors.
    let expected: [(f64, f64); 3] = [
        (-1.579_860_209, 3.633_582_747),
        (2.696_773_892, 1.563_397_330),
        (5.230_974_832e-4, 1.113_871_454e-3),
    ];
    let found = std::iter::once(firth.intercept).chain(firth.coefficients.iter().copied());
    for ((found, row), (value, se)) in found.zip(firth.covariance.iter().enumerate()).zip(expected) {
        let own = row.1[row.0].sqrt();
        // It stops when its own steps are small: within 1e-6 of a standard error.
        assert!(
            (found - value).abs() < 1e-5 * se && (own - se).abs() < 1e-5 * se,
            "{found} {own}: {value} {se}"
        );
    }
    let terms = ["x", "twice_x"];
    let [y, x, twice] = columns("H35_collinear.csv", &["y", terms[0], terms[1]]).try_into().unwrap();
    assert_eq!(fit_logistic(&names(&terms), &[x, twice], &events(&y)), Err(FitError::Collinear));
}

#[test]
fn is_every_quasi_separated_table_called_so() {
    // A sign that only newborns with HIE have, beside one to three measures that overlap.
    for seed in 1..=60 {
        let mut draw = Uniform(seed * 15_485_863 % 2_147_483_647);
        let measures = 1 + seed as usize % 3;
        let n = 30 + seed as usize;
        let outcome: Vec<bool> = (0..n).map(|i| i % 2 == 0).collect();
        let mut columns: Vec<Vec<f64>> = (0..measures)
            .map(|_| {
                outcome
                    .iter()
                    .map(|y| 3000.0 + 400.0 * (draw.normal() + 0.4 * f64::from(u8::from(*y))))
                    .collect()
            })
            .collect();
        columns.push(outcome.iter().map(|y| f64::from(u8::from(*y && draw.next() < 0.4))).collect());
        let terms: Vec<String> = (0..columns.len()).map(|j| j.to_string()).collect();
        assert_eq!(fit_logistic(&terms, &columns, &outcome), Err(FitError::Separated), "{seed}");
        let firth = fit_firth(&terms, &columns, &outcome).unwrap().nomogram;
        let sign = firth.coefficients[measures];
        // A sign of a dozen newborns and no control among 30 to 90: log-odds of about ln(25 x 30 / 20 / 0.5 ...) < 6.
        assert!(
            sign > 1.0 && sign < 7.0 && firth.covariance[measures + 1][measures + 1].sqrt() < 3.0,
            "{sign}"
        );
    }
}
