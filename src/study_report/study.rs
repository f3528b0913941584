//! The report of a whole study.

use super::checklist::TRIPOD_AI;
use super::document::Document;
use super::performance::{CohortResult, performance_section, provenance_section};
use super::{decimals, interval, p_value};
use crate::evaluation::{CohortRole, SampleSize, delong, evaluate, paired_delong};
use crate::language::Language;
use crate::model::Manifest;
use crate::odds::Z_975;
use crate::study::{Optimism, Prediction, Row, Study};
use std::collections::BTreeMap;

/// A newborn whom the model got wrong, with pictures (PNG data addresses and their text alternatives).
#[derive(Debug, Clone)]
pub struct FailureCase {
    pub id: String,
    pub caption: String,
    pub pictures: Vec<(String, String)>,
}

/// What the report is made of.
pub struct StudyReport<'a> {
    pub study: &'a Study,
    /// All rows of the participants table.
    pub rows: &'a [Row],
    pub provenance: Vec<(String, String)>,
    pub optimism: Option<Optimism>,
    pub sample_size: Option<SampleSize>,
    pub failures: Vec<FailureCase>,
}

impl StudyReport<'_> {
    /// One self-contained HTML file.
    #[must_use]
    pub fn html(&self) -> String {
        let manifest = &self.study.manifest;
        let mut document = Document::new(
            "Development and validation of a deep learning clinical-radiomics nomogram for neonatal \
             hypoxic-ischemic encephalopathy",
        );
        if manifest.synthetic {
            document.warning(
                "Synthetic newborns. The difficulty of a phantom is chosen, so these figures show that the pipeline \
                 works. They say nothing of clinical performance, and the model is not valid on patients.",
            );
        }
        provenance_section(&mut document, &self.provenance);
        participants(&mut document, self);
        specification(&mut document, self);
        performance_section(&mut document, &cohort_results(self.study), manifest.threshold);
        arms(&mut document, self.study);
        subgroups(&mut document, self);
        failures(&mut document, self);
        internal_validity(&mut document, self);
        document.section("checklist", "TRIPOD+AI");
        let rows: Vec<Vec<String>> = TRIPOD_AI
            .iter()
            .map(|(item, what, place)| [item, what, place].map(|s| (*s).to_owned()).to_vec())
            .collect();
        document.table("Where each item is answered", &["Item", "What", "Where"], &rows);
        document.finish()
    }
}

/// Every cohort that can be evaluated.
fn cohort_results(study: &Study) -> Vec<CohortResult> {
    let result = |cohort: &crate::model::Cohort| {
        let fitted = cohort.role == CohortRole::Training;
        let evaluation = evaluate(&cohort.outcome, &cohort.probability, fitted).ok()?;
        let (outcome, probability) = (cohort.outcome.clone(), cohort.probability.clone());
        Some(CohortResult { role: cohort.role.clone(), outcome, probability, evaluation })
    };
    study.manifest.cohorts.iter().filter_map(result).collect()
}

fn by_id(rows: &[Row]) -> BTreeMap<&str, &Row> {
    rows.iter().map(|row| (row.id.as_str(), row)).collect()
}

fn participants(document: &mut Document, report: &StudyReport<'_>) {
    document.section("participants", "Participants");
    let manifest = &report.study.manifest;
    let rows: Vec<Vec<String>> = manifest
        .cohorts
        .iter()
        .map(|cohort| {
            let events = cohort.outcome.iter().filter(|y| **y).count();
            let all = cohort.outcome.len();
            let share = 100.0 * events as f64 / all.max(1) as f64;
            vec![
                cohort.role.as_str().to_owned(),
                cohort.center.clone(),
                all.to_string(),
                format!("{events} ({share:.0} %)"),
                (all - events).to_string(),
            ]
        })
        .collect();
    document.table(
        &format!("Flow: {} participants, all with both images; none was left out", report.rows.len()),
        &["Cohort", "Center", "Newborns", "HIE", "Controls"],
        &rows,
    );
    // Baseline: every column by cohort and outcome.
    let rows_by_id = by_id(report.rows);
    let groups: Vec<(String, Vec<&Row>)> = manifest
        .cohorts
        .iter()
        .flat_map(|cohort| [(true, "HIE"), (false, "controls")].map(|class| (cohort, class)))
        .map(|(cohort, (event, label))| {
            let members =
                report.study.predictions.iter().filter(|p| p.cohort == cohort.role && p.event == event);
            let members = members.filter_map(|p| rows_by_id.get(p.id.as_str()).copied()).collect();
            (format!("{}, {label}", cohort.role.as_str()), members)
        })
        .collect();
    let mut columns: Vec<&str> = vec!["birth_weight_g"];
    for (name, _) in report.rows.iter().flat_map(|row| &row.others) {
        // The outcome in words, and what follows from it, is no characteristic at birth.
        if !columns.contains(&name.as_str()) && name != "diagnosis" {
            columns.push(name);
        }
    }
    let cell = |row: &Row, column: &str| {
        if column == "birth_weight_g" {
            Some(row.birth_weight_g.to_string())
        } else {
            row.other(column).map(str::to_owned)
        }
    };
    let mut table = Vec::new();
    for column in columns {
        let values: Vec<Vec<String>> = groups
            .iter()
            .map(|(_, members)| members.iter().filter_map(|row| cell(row, column)).collect())
            .collect();
        let numeric = values.iter().flatten().all(|v| v.parse::<f64>().is_ok());
        if numeric {
            let summary = values.iter().map(|v| mean_and_spread(v));
            table.push(std::iter::once(format!("{column}, mean (SD)")).chain(summary).collect());
            continue;
        }
        let mut levels: Vec<&String> = values.iter().flatten().collect();
        levels.sort();
        levels.dedup();
        // A free text has no table.
        for level in levels.iter().filter(|_| levels.len() <= 12) {
            let counts = values.iter().map(|v| {
                let n = v.iter().filter(|x| x == level).count();
                if v.is_empty() {
                    "-".into()
                } else {
                    format!("{n} ({:.0} %)", 100.0 * n as f64 / v.len() as f64)
                }
            });
            table.push(std::iter::once(format!("{column}: {level}")).chain(counts).collect());
        }
    }
    let header: Vec<&str> =
        std::iter::once("Characteristic").chain(groups.iter().map(|(g, _)| g.as_str())).collect();
    document.table("Baseline, by cohort and outcome", &header, &table);
}

fn mean_and_spread(values: &[String]) -> String {
    let numbers: Vec<f64> = values.iter().filter_map(|v| v.parse().ok()).collect();
    if numbers.len() < 2 {
        return "-".into();
    }
    let n = numbers.len() as f64;
    let mean = numbers.iter().sum::<f64>() / n;
    let spread = (numbers.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
    if mean.abs() >= 100.0 { format!("{mean:.0} ({spread:.0})") } else { format!("{mean:.2} ({spread:.2})") }
}

fn specification(document: &mut Document, report: &StudyReport<'_>) {
    document.section("specification", "Specification");
    let nomogram = &report.study.manifest.nomogram;
    let rows: Vec<Vec<String>> = std::iter::once(("intercept", nomogram.intercept, None))
        .chain(
            nomogram
                .terms
                .iter()
                .zip(&nomogram.coefficients)
                .zip(&nomogram.limits)
                .map(|((term, b), limits)| (term.as_str(), *b, Some(*limits))),
        )
        .enumerate()
        .map(|(j, (term, b, limits))| {
            let half = Z_975 * nomogram.covariance[j][j].sqrt();
            // Grams make small coefficients.
            let digits = if b.abs() < 0.01 { 6 } else { 3 };
            let limits = limits.map_or(String::new(), |[low, high]| format!("{low:.2} to {high:.2}"));
            vec![
                term.to_owned(),
                format!("{b:.digits$}"),
                format!("{:.digits$} to {:.digits$}", b - half, b + half),
                limits,
            ]
        })
        .collect();
    document.table(
        "Logistic model, log-odds per unit",
        &["Term", "Coefficient", "95 % interval (Wald)", "Range in training"],
        &rows,
    );
    let figure = crate::render::chart::nomogram(nomogram, None, None, 720.0, &Language::default());
    document.chart(figure.svg(&crate::render::chart::Palette::LIGHT, "nomogram"));
    selection(document, report.study);
    let threshold = report.study.manifest.threshold;
    document.paragraph(&format!(
        "Operating threshold {threshold:.3}: {:.0} % of the healthy training newborns lie below it, out of fold. Share of \
         HIE in training: {:.3}.",
        100.0 * Manifest::SPECIFICITY,
        report.study.manifest.training_share
    ));
    let card: Vec<Vec<String>> =
        report.study.manifest.card.iter().map(|(a, b)| vec![a.clone(), b.clone()]).collect();
    document.table("Model card", &["What", "Value"], &card);
}

/// How the clinical terms were chosen.
fn selection(document: &mut Document, study: &Study) {
    let Some(selection) = &study.selection else {
        return document.paragraph("No clinical characteristic but the birth weight was a candidate.");
    };
    let rows: Vec<Vec<String>> = selection
        .compared
        .iter()
        .map(|(names, aic)| {
            let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            vec![names, format!("{aic:.2}")]
        })
        .collect();
    document.table(
        "Candidates that joined the signatures and the birth weight, by AIC on the training cohort; the first \
         row is the model",
        &["Candidates", "AIC"],
        &rows,
    );
}

/// Outcome and probability of some predictions.
fn table_of<'a>(predictions: impl Iterator<Item = &'a Prediction>) -> (Vec<bool>, Vec<f64>) {
    predictions.map(|p| (p.event, p.probability)).unzip()
}

fn auc_cell(outcome: &[bool], probability: &[f64]) -> String {
    delong(outcome, probability).map_or_else(
        || "too few".to_owned(),
        |auc| auc.ci95_logit.map_or_else(|| decimals(auc.value), |ci| interval(auc.value, ci)),
    )
}

fn arms(document: &mut Document, study: &Study) {
    document.section("arms", "Simpler models");
    let mut rows = Vec::new();
    for cohort in &study.manifest.cohorts {
        let own =
            |predictions: &[Prediction]| table_of(predictions.iter().filter(|p| p.cohort == cohort.role));
        let (outcome, whole) = own(&study.predictions);
        rows.push(vec![
            cohort.role.as_str().to_owned(),
            "DLCRN".into(),
            auc_cell(&outcome, &whole),
            String::new(),
            String::new(),
        ]);
        for arm in &study.arms {
            let probability = own(&arm.predictions).1;
            let (less, p) = paired_delong(&outcome, &whole, &probability).map_or_else(
                || ("-".to_owned(), "-".to_owned()),
                |d| {
                    let p = libm::erfc((d.value / d.se).abs() / std::f64::consts::SQRT_2);
                    let p = if d.se > 0.0 { p_value(p) } else { "-".into() };
                    (interval(d.value, [d.value - Z_975 * d.se, d.value + Z_975 * d.se]), p)
                },
            );
            rows.push(vec![
                cohort.role.as_str().to_owned(),
                arm.name.into(),
                auc_cell(&outcome, &probability),
                less,
                p,
            ]);
        }
    }
    document.table(
        "AUC of every model on the same splits, and what each lacks against the DLCRN (paired DeLong test)",
        &["Cohort", "Model", "AUC (95 % interval)", "DLCRN's less its own", "p"],
        &rows,
    );
    for arm in study.arms.iter().filter(|arm| !arm.notes.is_empty()) {
        document.heading(arm.name);
        arm.notes.iter().for_each(|note| document.paragraph(note));
    }
}

/// Severity as the table states it; a number from 0 to 1 becomes a class.
fn severity(row: &Row) -> Option<String> {
    let cell = row.other("severity")?;
    Some(match cell.parse::<f64>() {
        Ok(s) if s < 0.55 => "mild (below 0.55)".into(),
        Ok(s) if s < 0.8 => "moderate (0.55 to 0.8)".into(),
        Ok(_) => "severe (0.8 and above)".into(),
        Err(_) => cell.to_owned(),
    })
}

fn subgroups(document: &mut Document, report: &StudyReport<'_>) {
    document.section("subgroups", "Subgroups");
    let rows_by_id = by_id(report.rows);
    let validation: Vec<(&Prediction, &Row)> = report
        .study
        .predictions
        .iter()
        .filter(|p| p.cohort.is_validation())
        .filter_map(|p| Some((p, *rows_by_id.get(p.id.as_str())?)))
        .collect();
    let threshold = report.study.manifest.threshold;
    let mut rows = Vec::new();
    let mut add = |name: String, members: Vec<&Prediction>, whole: bool| {
        let (outcome, probability) = table_of(members.iter().copied());
        let share = |class: bool, positive: bool| {
            let own: Vec<_> = members.iter().filter(|p| p.event == class).collect();
            let hits = own.iter().filter(|p| (p.probability >= threshold) == positive).count();
            if own.is_empty() { "-".to_owned() } else { format!("{hits} of {}", own.len()) }
        };
        let specificity = if whole { share(false, false) } else { "as above".into() };
        rows.push(vec![name, auc_cell(&outcome, &probability), share(true, true), specificity]);
    };
    add("All of validation".into(), validation.iter().map(|(p, _)| *p).collect(), true);
    let mut centers: Vec<&str> = validation.iter().map(|(p, _)| p.center.as_str()).collect();
    centers.sort_unstable();
    centers.dedup();
    for center in centers {
        add(
            format!("Center {center}"),
            validation.iter().filter(|(p, _)| p.center == center).map(|(p, _)| *p).collect(),
            true,
        );
    }
    let levels = |column: &str| {
        let mut levels: Vec<String> =
            validation.iter().filter_map(|(_, r)| r.other(column).map(str::to_owned)).collect();
        levels.sort();
        levels.dedup();
        levels
    };
    for sex in levels("sex") {
        let own = validation.iter().filter(|(_, r)| r.other("sex") == Some(&sex)).map(|(p, _)| *p).collect();
        add(format!("Sex {sex}"), own, true);
    }
    // HIE of one kind against all controls.
    let mut kinds: Vec<(String, Vec<&Prediction>)> = Vec::new();
    for (p, row) in validation.iter().filter(|(p, _)| p.event) {
        let severity =
            severity(row).map_or_else(|| "HIE, no visible injury stated".to_owned(), |s| format!("HIE, {s}"));
        let pattern = row.other("pattern").map(|s| format!("HIE, {}", s.replace('_', " ")));
        for kind in std::iter::once(severity).chain(pattern) {
            match kinds.iter_mut().find(|(name, _)| *name == kind) {
                Some((_, own)) => own.push(p),
                None => kinds.push((kind, vec![p])),
            }
        }
    }
    kinds.sort_by(|a, b| a.0.cmp(&b.0));
    for (kind, mut own) in kinds {
        own.extend(validation.iter().filter(|(p, _)| !p.event).map(|(p, _)| *p));
        add(format!("{kind}, against all controls"), own, false);
    }
    document.table(
        &format!("Both validation cohorts together; positive is a probability of at least {threshold:.3}"),
        &["Subgroup", "AUC (95 % interval)", "HIE found", "Controls rightly negative"],
        &rows,
    );
}

fn failures(document: &mut Document, report: &StudyReport<'_>) {
    document.section("failures", "Failure cases");
    document.paragraph(
        "The validation newborns with HIE who got the lowest probabilities and the controls who got the highest. \
         Each picture passes through the strongest peak of that sequence's map; patient's right on the left; \
         the overlay is what speaks for HIE, on the bundle's fixed scale.",
    );
    for case in &report.failures {
        document.pictures(&case.pictures, &format!("{}: {}", case.id, case.caption));
    }
}

fn internal_validity(document: &mut Document, report: &StudyReport<'_>) {
    document.section("optimism", "Optimism");
    match &report.optimism {
        Some(o) => document.paragraph(&format!(
            "Bootstrap of the nomogram's fit ({} resamples of the training cohort; the networks are not trained anew, \
             their signatures being out of fold): AUC {:.3} apparent, optimism {:.3}, corrected {:.3}; calibration \
             slope corrected {:.3}.",
            o.resamples,
            o.auc_apparent,
            o.auc_optimism,
            o.auc_apparent - o.auc_optimism,
            o.slope_corrected
        )),
        None => document.paragraph("No bootstrap was possible: the nomogram could not be fitted to resamples."),
    }
    document.section("sample-size", "Sample size");
    match &report.sample_size {
        Some(s) => {
            let rows = [
                ("Shrinkage of at most 10 %", s.shrinkage),
                ("Optimism in Nagelkerke's R² of at most 0.05", s.optimism),
                ("Prevalence within 0.05", s.prevalence_precision),
            ];
            let rows: Vec<Vec<String>> =
                rows.iter().map(|(a, n)| vec![(*a).to_owned(), n.to_string()]).collect();
            document.table(
                &format!(
                    "Subjects needed to develop a model of {} terms with a Cox-Snell R² of {:.3} at a prevalence of \
                     {:.2} (Riley et al. 2020); the networks' own parameters are not counted",
                    s.parameters, s.r_squared, s.prevalence
                ),
                &["Criterion", "Subjects"],
                &rows,
            );
            let n = report.study.manifest.training().map_or(0, |c| c.outcome.len());
            let verdict = if n >= s.needed() { "enough" } else { "too few" };
            document
                .paragraph(&format!("{} are needed; the training cohort has {n}: {verdict}.", s.needed()));
        }
        None => document.paragraph("No size can be computed: the model explains nothing."),
    }
}
