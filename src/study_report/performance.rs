//! What predictions are worth, cohort by cohort: tables and charts.

use super::document::Document;
use super::{decimals, interval, p_value};
use crate::evaluation::{
    CohortRole, DecisionBand, Evaluation, Figure as Found, Intervals, Undefined, intervals,
};
use crate::language::Language;
use crate::render::chart::{
    Curve, Figure, Palette, REPORT_WIDTH, decision_curve, reliability, risk_distribution, roc,
};

/// One cohort's predictions and all that was computed of them.
#[derive(Debug, Clone)]
pub struct CohortResult {
    pub role: CohortRole,
    pub outcome: Vec<bool>,
    pub probability: Vec<f64>,
    pub evaluation: Evaluation,
}

impl CohortResult {
    fn curve(&self) -> Curve<'_> {
        Curve { role: &self.role, outcome: &self.outcome, probability: &self.probability }
    }
}

/// The report of a table of predictions alone. The operating threshold is the training cohort's Youden
/// threshold, or the first cohort's where none is called training; 0.5 where that has one class only.
#[must_use]
pub fn evaluation_report(title: &str, provenance: &[(String, String)], cohorts: &[CohortResult]) -> String {
    let mut document = Document::new(title);
    provenance_section(&mut document, provenance);
    let training = cohorts.iter().find(|c| c.role == CohortRole::Training).or(cohorts.first());
    performance_section(
        &mut document,
        cohorts,
        training.and_then(|c| c.evaluation.youden.ok()).map_or(0.5, |y| y.threshold),
    );
    document.finish()
}

/// Where the figures come from.
pub fn provenance_section(document: &mut Document, provenance: &[(String, String)]) {
    document.section("provenance", "Provenance");
    let rows: Vec<Vec<String>> = provenance.iter().map(|(a, b)| vec![a.clone(), b.clone()]).collect();
    document.table("How this report was made", &["What", "Value"], &rows);
}

/// Discrimination, calibration, utility; `threshold` is the operating threshold on the probability.
pub fn performance_section(document: &mut Document, cohorts: &[CohortResult], threshold: f64) {
    document.section("performance", "Performance");
    type Figure = (&'static str, fn(&Evaluation, &Intervals) -> Found<String>);
    const FIGURES: [Figure; 9] = [
        ("Newborns (with HIE)", |e, _| Ok(format!("{} ({})", e.n, e.events))),
        ("AUC (95 % interval, DeLong; ideal 1)", |e, _| {
            e.auc.map(|auc| with_interval(auc.value, auc.ci95_logit.ok_or(Undefined::NoSpread)))
        }),
        ("Calibration slope (ideal 1)", |e, i| Ok(with_interval(e.calibration.slope?.value, i.slope))),
        ("Calibration in the large (ideal 0)", |e, i| Ok(with_interval(e.calibration.citl?.value, i.citl))),
        ("Observed over expected (ideal 1)", |e, i| Ok(with_interval(e.calibration.oe_ratio?, i.oe_ratio))),
        ("Brier score (ideal 0); scaled (ideal 1)", |e, i| {
            let scaled = e.calibration.brier_scaled.map_or_else(not_defined, decimals);
            Ok(format!("{}; {scaled}", with_interval(e.calibration.brier?, i.brier)))
        }),
        ("ICI; E50, E90 (lowess; ideal 0)", |e, i| {
            let c = &e.calibration;
            Ok(format!("{}; {}, {}", with_interval(c.ici?, i.ici), decimals(c.e50?), decimals(c.e90?)))
        }),
        ("Hosmer-Lemeshow, up to ten groups", |e, _| {
            let h = e.calibration.hosmer_lemeshow?;
            Ok(format!("{:.1} on {} degrees of freedom, p {}", h.statistic, h.df, p_value(h.p)))
        }),
        ("Spiegelhalter's test", |e, _| {
            let s = e.calibration.spiegelhalter?;
            Ok(format!("z {:.2}, p {}", s.z, p_value(s.p)))
        }),
    ];
    let around: Vec<Intervals> =
        cohorts.iter().map(|c| intervals(&c.outcome, &c.probability, &c.evaluation)).collect();
    let rows: Vec<Vec<String>> = FIGURES
        .iter()
        .map(|(name, figure)| {
            let cells = cohorts
                .iter()
                .zip(&around)
                .map(|(c, around)| figure(&c.evaluation, around).unwrap_or_else(not_defined));
            std::iter::once((*name).to_owned()).chain(cells).collect()
        })
        .collect();
    let header: Vec<&str> =
        std::iter::once("Figure").chain(cohorts.iter().map(|c| c.role.as_str())).collect();
    document.table("Discrimination and calibration by cohort", &header, &rows);
    document.paragraph(
        "The training cohort's probabilities come from signatures of fold models that had not seen the newborn; \
         the nomogram's coefficients were fitted on them, so that its slope there is 1 by construction. \
         Hosmer-Lemeshow's test proves nothing: with few subjects it misses everything, with many it finds \
         anything.",
    );
    charts(document, cohorts, threshold);
    let rows: Vec<Vec<String>> = cohorts
        .iter()
        .flat_map(|c| {
            c.evaluation.net_benefit.iter().flatten().map(|b| {
                let per_hundred = |v: f64| format!("{:.1}", 100.0 * v);
                vec![
                    c.role.clone().into(),
                    format!("{:.0} %", 100.0 * b.threshold),
                    per_hundred(b.model),
                    per_hundred(b.all),
                    b.model_at_prevalence_0_1.map_or_else(|| not_defined(Undefined::OneClass), per_hundred),
                ]
            })
        })
        .collect();
    document.table(
        "Net benefit: true positives gained per 100 newborns at the cohort's own prevalence, those treated \
         in vain weighed by the threshold's odds (treating nobody: 0)",
        &["Cohort", "Threshold", "Model", "Treat all", "Model at a prevalence of 10 %"],
        &rows,
    );
}

/// A figure with its interval, where there is one.
fn with_interval(value: f64, ends: Found<[f64; 2]>) -> String {
    ends.map_or_else(|_| decimals(value), |ends| interval(value, ends))
}

fn not_defined(reason: Undefined) -> String {
    format!("not defined: {reason}")
}

/// Each chart is the page's own, drawn for paper.
fn charts(document: &mut Document, cohorts: &[CohortResult], threshold: f64) {
    let english = &Language::default();
    let curves: Vec<Curve<'_>> = cohorts.iter().map(CohortResult::curve).collect();
    let mut figures: Vec<Figure> = vec![
        roc(&curves, threshold, None, REPORT_WIDTH, english),
        reliability(&curves, None, REPORT_WIDTH, english),
    ];
    figures.extend(curves.iter().map(|c| risk_distribution(*c, threshold, None, REPORT_WIDTH, english)));
    figures.extend(curves.iter().map(|c| {
        let thresholds = (1..100).map(|i| f64::from(i) / 100.0).collect();
        let band = DecisionBand::of(c.outcome, c.probability, thresholds);
        decision_curve(*c, band.as_ref(), None, Some(threshold), REPORT_WIDTH, english)
    }));
    document.heading("Charts");
    for (i, figure) in figures.iter().enumerate() {
        document.chart(figure.svg(&Palette::LIGHT, &format!("performance-{i}")));
    }
}
