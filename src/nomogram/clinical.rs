//! What a model asks of a newborn besides the images.

use super::BirthWeight;
use crate::fault::{Explained, Fault};
use crate::language::Text;
use crate::text;

/// The birth weight, and the further characteristics that a site's own model may ask for.
#[derive(Debug, Clone, PartialEq)]
pub struct Clinical {
    pub birth_weight: BirthWeight,
    /// Term of the nomogram and value.
    covariates: Vec<(String, f64)>,
}

/// Why what was given is not what the model asks for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.text())]
pub enum ClinicalError {
    Missing(String),
    NotANumber { term: String, typed: String },
    NotBinary(String),
    Unknown(String),
}

impl Explained for ClinicalError {
    fn fault(&self) -> Fault {
        Fault::Malformed
    }

    fn text(&self) -> Text {
        match self {
            Self::Missing(term) => text!("the model also asks for {term}", term),
            Self::NotANumber { term, typed } => text!("{term} \"{typed}\" is not a number", term, typed),
            Self::NotBinary(term) => text!("{term} is not 0 or 1", term),
            Self::Unknown(term) => text!("the model does not ask for {term}", term),
        }
    }

    fn next_step(&self) -> Text {
        match self {
            Self::Missing(_) => text!(
                "Give it as a number; where its name holds a word after =, 1 means that word and 0 not."
            ),
            Self::NotANumber { .. } => text!("Give digits only, with a point for decimals."),
            Self::NotBinary(_) => {
                text!("Give 1 where the word after = is true of this newborn, else 0.")
            }
            Self::Unknown(_) => text!("Leave it out: the model's card lists its terms."),
        }
    }
}

impl From<BirthWeight> for Clinical {
    fn from(birth_weight: BirthWeight) -> Self {
        Self { birth_weight, covariates: vec![] }
    }
}

impl Clinical {
    /// The terms of a nomogram before its covariates.
    pub const FIRST: [&str; 3] = ["signature_t1", "signature_t2", "birth_weight_g"];
    /// How many they are.
    pub const BEFORE: usize = Self::FIRST.len();

    /// From what was typed for each covariate of a model with `terms`.
    ///
    /// # Errors
    /// `ClinicalError`, one variant per cause.
    pub fn parse(
        birth_weight: BirthWeight,
        typed: &[(String, String)],
        terms: &[String],
    ) -> Result<Self, ClinicalError> {
        let asked = terms.get(Self::BEFORE..).unwrap_or_default();
        if let Some((term, _)) = typed.iter().find(|(term, _)| !asked.contains(term)) {
            return Err(ClinicalError::Unknown(term.clone()));
        }
        let covariates = asked
            .iter()
            .map(|term| {
                let typed = typed.iter().find(|(name, text)| name == term && !text.trim().is_empty());
                let (_, typed) = typed.ok_or_else(|| ClinicalError::Missing(term.clone()))?;
                Ok((term.clone(), Self::value(term, typed)?))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { birth_weight, covariates })
    }

    /// The value of one covariate, from what was typed.
    ///
    /// # Errors
    /// `ClinicalError`, one variant per cause.
    pub fn value(term: &str, typed: &str) -> Result<f64, ClinicalError> {
        if typed.trim().is_empty() {
            return Err(ClinicalError::Missing(term.to_owned()));
        }
        let value = typed.trim().parse::<f64>().ok().filter(|v| v.is_finite());
        let value = value.ok_or_else(|| ClinicalError::NotANumber {
            term: term.to_owned(),
            typed: typed.chars().take(40).collect(),
        })?;
        if term.contains('=') && value != 0.0 && value != 1.0 {
            return Err(ClinicalError::NotBinary(term.to_owned()));
        }
        Ok(value)
    }

    /// Term and value of each further characteristic.
    #[must_use]
    pub fn covariates(&self) -> &[(String, f64)] {
        &self.covariates
    }

    /// Values of all terms after the signatures: the birth weight in grams, then the covariates.
    ///
    /// # Errors
    /// `ClinicalError::Missing` when a term of the model was not given.
    pub fn values(&self, terms: &[String]) -> Result<Vec<f64>, ClinicalError> {
        let mut values = vec![self.birth_weight.grams()];
        for term in terms.get(Self::BEFORE..).unwrap_or_default() {
            let given = self.covariates.iter().find(|(name, _)| name == term);
            values.push(given.ok_or_else(|| ClinicalError::Missing(term.clone()))?.1);
        }
        Ok(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_exactly_what_the_model_asks_for_taken() {
        let terms = ["signature_t1", "signature_t2", "birth_weight_g", "gestational_age_weeks", "sex=M"];
        let terms = terms.map(str::to_owned);
        let weight = BirthWeight::parse("3200").unwrap();
        let typed = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
        };
        let parse = |pairs: &[(&str, &str)]| Clinical::parse(weight, &typed(pairs), &terms);
        let whole = parse(&[("sex=M", "1"), ("gestational_age_weeks", " 39.5 ")]).unwrap();
        assert_eq!(whole.values(&terms), Ok(vec![3200.0, 39.5, 1.0]));
        assert_eq!(parse(&[("sex=M", "1")]), Err(ClinicalError::Missing("gestational_age_weeks".into())));
        assert_eq!(
            parse(&[("sex=M", "2"), ("gestational_age_weeks", "39")]),
            Err(ClinicalError::NotBinary("sex=M".into()))
        );
        assert!(matches!(
            parse(&[("sex=M", "1"), ("gestational_age_weeks", "NaN")]),
            Err(ClinicalError::NotANumber { .. })
        ));
        assert_eq!(parse(&[("apgar5", "9")]), Err(ClinicalError::Unknown("apgar5".into())));
        // A model without covariates asks for the birth weight alone.
        assert_eq!(Clinical::from(weight).values(&terms[..3]), Ok(vec![3200.0]));
        assert!(Clinical::from(weight).values(&terms).is_err());
    }
}
