//! Which clinical characteristics join the nomogram: the subset with the least AIC, training cohort only.

use super::cohort::Subject;
use crate::nomogram::{FitError, fit_logistic};
use serde::Serialize;

/// More candidates than this make more subsets than a cohort can tell apart.
const MOST_CANDIDATES: usize = 8;

/// The comparison that chose the terms.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Selection {
    /// Candidates of the best model, in the order in which they were offered.
    pub chosen: Vec<String>,
    /// Every subset of the candidates with its model's AIC, best first.
    pub compared: Vec<(Vec<String>, f64)>,
}

/// Why a column cannot be a candidate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CandidateError {
    #[error("the participants table has no column {0}, which was named as a candidate")]
    Absent(String),
    #[error("the candidate {column} is missing for {}", .subjects.join(", "))]
    Missing { column: String, subjects: Vec<String> },
    #[error("the candidate {column} is neither a number nor one of two words: it has {}", .levels.join(", "))]
    Levels { column: String, levels: Vec<String> },
    #[error("{0} candidates are more than the {MOST_CANDIDATES} whose subsets can be compared")]
    TooMany(usize),
}

/// The candidates' values, subject by subject. Of two words the second in alphabetical order counts 1 and
/// names the term: `sex` with F and M becomes `sex=M`.
///
/// # Errors
/// `CandidateError` with every subject whose cell is missing.
pub fn candidate_columns(
    subjects: &[Subject],
    names: &[String],
) -> Result<Vec<(String, Vec<f64>)>, CandidateError> {
    if names.len() > MOST_CANDIDATES {
        return Err(CandidateError::TooMany(names.len()));
    }
    names.iter().map(|name| candidate_column(subjects, name)).collect()
}

fn candidate_column(subjects: &[Subject], column: &str) -> Result<(String, Vec<f64>), CandidateError> {
    let cells: Vec<Option<&str>> = subjects.iter().map(|s| s.row.other(column)).collect();
    if cells.iter().all(Option::is_none) {
        return Err(CandidateError::Absent(column.to_owned()));
    }
    let missing = subjects.iter().zip(&cells).filter(|(_, cell)| cell.is_none());
    let missing: Vec<String> = missing.map(|(s, _)| s.row.id.clone()).collect();
    if !missing.is_empty() {
        return Err(CandidateError::Missing { column: column.to_owned(), subjects: missing });
    }
    let cells: Vec<&str> = cells.into_iter().flatten().collect();
    let numbers: Vec<f64> =
        cells.iter().filter_map(|c| c.parse().ok()).filter(|v: &f64| v.is_finite()).collect();
    if numbers.len() == cells.len() {
        return Ok((column.to_owned(), numbers));
    }
    let mut levels: Vec<String> = cells.iter().map(|c| (*c).to_owned()).collect();
    levels.sort();
    levels.dedup();
    let [_, second] = levels.as_slice() else {
        levels.truncate(5);
        return Err(CandidateError::Levels { column: column.to_owned(), levels });
    };
    let values = cells.iter().map(|c| f64::from(u8::from(c == second))).collect();
    Ok((format!("{column}={second}"), values))
}

/// Compares the models of the `terms` (whose `columns` are always in) with every subset of the candidates.
///
/// # Errors
/// `FitError` when the terms alone have no fit; a subset without a fit is no choice.
pub fn select(
    terms: &[String],
    columns: &[Vec<f64>],
    candidates: &[(String, Vec<f64>)],
    outcome: &[bool],
) -> Result<Selection, FitError> {
    let mut compared = Vec::new();
    for subset in 0..1_usize << candidates.len() {
        let own = || candidates.iter().enumerate().filter(move |(i, _)| subset >> i & 1 == 1).map(|(_, c)| c);
        let names: Vec<String> = own().map(|(name, _)| name.clone()).collect();
        let all_terms = [terms, &names].concat();
        let all_columns: Vec<Vec<f64>> =
            columns.iter().chain(own().map(|(_, column)| column)).cloned().collect();
        match fit_logistic(&all_terms, &all_columns, outcome) {
            Ok(fit) => compared.push((names, fit.aic)),
            Err(error) if subset == 0 => return Err(error),
            Err(_) => {}
        }
    }
    // The sort is stable and smaller subsets of the same AIC come first.
    compared.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.len().cmp(&b.0.len())));
    let chosen = compared.first().map(|(names, _)| names.clone()).unwrap_or_default();
    Ok(Selection { chosen, compared })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::odds::expit;
    use rand::{Rng, SeedableRng};

    #[test]
    fn is_what_predicts_chosen_and_what_repeats_or_does_not_seldom() {
        const TABLES: u64 = 20;
        let mut useless_chosen = 0;
        for seed in 0..TABLES {
            let rng = &mut rand_chacha::ChaCha8Rng::seed_from_u64(seed);
            let mut column = || (0..400).map(|_| rng.random_range(-2.0..2.0)).collect::<Vec<f64>>();
            let (signature, useful, useless) = (column(), column(), column());
            let outcome: Vec<bool> = signature
                .iter()
                .zip(&useful)
                .map(|(s, u)| rng.random_bool(expit(0.8 * s - 1.1 * u)))
                .collect();
            let candidates = [
                ("useless".to_owned(), useless),
                ("useful".to_owned(), useful),
                // Collinear with the term: that subset has no fit and must not stop the others.
                ("copy".to_owned(), signature.clone()),
            ];
            let found = select(&["signature".into()], &[signature], &candidates, &outcome).unwrap();
            assert!(
                found.chosen.contains(&"useful".to_owned()) && !found.chosen.contains(&"copy".to_owned())
            );
            assert_eq!(found.compared.len(), 4, "{found:?}");
            useless_chosen += u32::from(found.chosen.contains(&"useless".to_owned()));
        }
        // AIC lets noise in with a probability of 16 %: nine or more of twenty have one of 0.2 %.
        assert!(useless_chosen < 9, "{useless_chosen} of {TABLES}");
    }
}
