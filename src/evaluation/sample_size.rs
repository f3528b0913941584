//! How many subjects a development study needs (Riley et al., BMJ 2020;368:m441).

use serde::Serialize;

/// The three criteria and what they ask for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SampleSize {
    /// Predictor parameters of the model.
    pub parameters: usize,
    /// Cox-Snell R² that is expected, here what the development study found.
    pub r_squared: f64,
    /// The outcome's share.
    pub prevalence: f64,
    /// For a shrinkage of at most 10 %.
    pub shrinkage: usize,
    /// For an optimism in Nagelkerke's R² of at most 0.05.
    pub optimism: usize,
    /// For the prevalence within 0.05.
    pub prevalence_precision: usize,
}

impl SampleSize {
    /// The criteria for a model with these parameters; `None` unless `r_squared` and `prevalence` lie where
    /// they can.
    #[must_use]
    pub fn of(parameters: usize, r_squared: f64, prevalence: f64) -> Option<Self> {
        const SHRINKAGE: f64 = 0.9;
        const MARGIN: f64 = 0.05;
        // Log-likelihood of the prevalence alone, per subject.
        let null = prevalence * prevalence.ln() + (1.0 - prevalence) * (1.0 - prevalence).ln();
        let highest = 1.0 - (2.0 * null).exp();
        if !(prevalence > 0.0 && prevalence < 1.0 && r_squared > 0.0 && r_squared < highest) {
            return None;
        }
        let subjects = |shrinkage: f64| {
            let n = parameters as f64 / ((shrinkage - 1.0) * (1.0 - r_squared / shrinkage).ln());
            (n.is_finite() && n > 0.0).then(|| n.ceil() as usize)
        };
        Some(Self {
            parameters,
            r_squared,
            prevalence,
            shrinkage: subjects(SHRINKAGE)?,
            optimism: subjects(r_squared / (r_squared + MARGIN * highest))?,
            prevalence_precision: ((1.96 / MARGIN).powi(2) * prevalence * (1.0 - prevalence)).ceil() as usize,
        })
    }

    /// The largest of the three.
    #[must_use]
    pub fn needed(&self) -> usize {
        self.shrinkage.max(self.optimism).max(self.prevalence_precision)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_it_the_worked_example_of_the_paper() {
        // Pre-eclampsia, 30 parameters, R² 0.05, prevalence 5 %: 5249 subjects by the first criterion and 73
        // by the third.
        let found = SampleSize::of(30, 0.05, 0.05).unwrap();
        assert_eq!((found.shrinkage, found.prevalence_precision), (5249, 73));
        assert_eq!(found.needed(), 5249);
        // By hand: max R² = 1 - exp(2 (0.05 ln 0.05 + 0.95 ln 0.95)) = 0.327 68, shrinkage
        // 0.05 / (0.05 + 0.05 x 0.327 68) = 0.753 19, and 30 / ((0.753 19 - 1) ln(1 - 0.05 / 0.753 19)) = 1769.5.
        assert_eq!(found.optimism, 1770);
    }

    #[test]
    fn is_there_none_where_nothing_is_explained() {
        assert_eq!(SampleSize::of(3, 0.0, 0.4), None);
        assert_eq!(SampleSize::of(3, 0.2, 1.0), None);
        assert_eq!(SampleSize::of(3, 0.9, 0.4), None);
    }
}
