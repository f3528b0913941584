//! Probabilities, log-odds and the normal distribution.

use std::f64::consts::SQRT_2;

/// The 0.975 quantile of the standard normal distribution.
pub const Z_975: f64 = 1.959_963_984_540_054;

/// `1 / (1 + exp(-logit))`.
#[must_use]
pub fn expit(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}

/// Log-odds of a probability; infinite at 0 and 1.
#[must_use]
pub fn logit(p: f64) -> f64 {
    (p / (1.0 - p)).ln()
}

/// `log(1 + exp(z))`, without overflow.
#[must_use]
pub fn softplus(z: f64) -> f64 {
    z.max(0.0) + (-z.abs()).exp().ln_1p()
}

/// `P(|Z| > |z|)` of the standard normal distribution: the two-sided p value.
#[must_use]
pub fn two_sided_p(z: f64) -> f64 {
    libm::erfc(z.abs() / SQRT_2)
}

/// Normal 95 % interval.
#[must_use]
pub fn around(value: f64, se: f64) -> [f64; 2] {
    [value - Z_975 * se, value + Z_975 * se]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn do_odds_and_probability_give_back_each_other() {
        for p in [1e-12, 0.1, 0.5, 0.9] {
            // Rounding of one division and one logarithm.
            assert!((expit(logit(p)) - p).abs() < 1e-15);
        }
        assert_eq!([expit(-800.0), expit(800.0), softplus(800.0), softplus(-800.0)], [0.0, 1.0, 800.0, 0.0]);
    }

    #[test]
    fn is_five_percent_beyond_the_interval() {
        // The constant is the nearest f64: rounding of erfc.
        assert!((two_sided_p(Z_975) - 0.05).abs() < 1e-15);
        assert_eq!(around(2.0, 1.0), [2.0 - Z_975, 2.0 + Z_975]);
    }
}
