//! Simple radiomics, the deep signature's rival: intensity and texture features of the whole brain as the
//! Image Biomarker Standardisation Initiative (IBSI) defines them, and a LASSO logistic model on them.
//!
//! Source: Zwanenburg et al., Radiology 2020;295:328-338, and the IBSI reference manual, whose names the
//! features carry. Texture is by volume: 26 neighbours at distance 1, the matrices of all 13 directions
//! merged before a feature is computed (IBSI's aggregation "3D, merged").

mod arm;
mod cooccurrence;
mod intensity;
mod region;

pub(super) use arm::arm;
pub use arm::{CrossFitted, cross_fit};
pub use cooccurrence::{IMPLIED, cooccurrence};
pub use intensity::{histogram, intensity};
pub use region::{Bins, Levels, Region};

use super::lasso::LassoError;
use crate::model::{Prepared, Recipe};

/// A feature by its name and its value; all values are finite.
pub type Feature = (&'static str, f64);

/// Why there are no features, or no model on them.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RadiomicsError {
    #[error("the region of interest has no voxel")]
    Empty,
    #[error("the region of interest has {found} voxels in a grid of {expected}")]
    Shape { found: usize, expected: usize },
    #[error("an intensity of the region of interest is not a finite number")]
    NotFinite,
    #[error("no two voxels of the region of interest are neighbours, so it has no texture")]
    NoNeighbours,
    #[error(
        "bins of {width} from {lower} do not divide intensities up to {highest} into 1 to {limit} levels"
    )]
    Bins { lower: f64, width: f64, highest: f64, limit: usize },
    #[error("{id}, {sequence}: {source}")]
    Image { id: String, sequence: &'static str, source: Box<RadiomicsError> },
    #[error("the radiomics model cannot be fitted: {0}")]
    Lasso(#[from] LassoError),
}

/// Every feature of a newborn's brain in one image, in a fixed order; those that another one implies are
/// left out.
///
/// # Errors
/// `RadiomicsError` when the region of interest is empty or has no texture.
pub fn features(prepared: &Prepared, recipe: &Recipe) -> Result<Vec<Feature>, RadiomicsError> {
    let region = Region::brain(prepared, recipe)?;
    let levels = region.levels(Bins::of(recipe))?;
    let texture = cooccurrence(&levels)?.into_iter().filter(|(name, _)| !IMPLIED.contains(name));
    Ok(intensity(&region).into_iter().chain(histogram(&levels)).chain(texture).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// IBSI's digital phantom, 5 x 4 x 4 voxels, first axis fastest; 9 is outside the region of interest.
    #[rustfmt::skip]
    const PHANTOM: [u8; 80] = [
        1, 4, 4, 1, 1,  1, 4, 6, 1, 1,  4, 1, 6, 4, 1,  4, 4, 6, 4, 1,
        1, 4, 4, 1, 1,  1, 1, 6, 1, 1,  9, 1, 3, 1, 1,  4, 4, 6, 1, 1,
        1, 4, 4, 9, 9,  1, 1, 1, 1, 1,  1, 1, 9, 1, 1,  1, 1, 6, 1, 1,
        1, 4, 4, 9, 9,  1, 1, 1, 1, 1,  1, 1, 1, 1, 1,  1, 1, 6, 1, 1,
    ];

    fn all(region: &Region, bins: Bins) -> Vec<Feature> {
        let levels = region.levels(bins).unwrap();
        let texture = cooccurrence(&levels).unwrap();
        intensity(region).into_iter().chain(histogram(&levels)).chain(texture).collect()
    }

    fn compare(found: &[Feature], expected: &[(&str, f64)], relative: f64) {
        assert_eq!(found.len(), expected.len());
        for ((name, found), (wanted, expected)) in found.iter().zip(expected) {
            assert_eq!(name, wanted);
            let off = (found - expected).abs();
            assert!(off <= relative * expected.abs(), "{name}: {found} instead of {expected}");
        }
    }

    #[test]
    fn are_the_digital_phantoms_reference_values_met() {
        let voxels = PHANTOM.iter().map(|v| (*v != 9).then(|| f64::from(*v))).collect();
        let region = Region::new([5, 4, 4], voxels).unwrap();
        // IBSI's consensus values for the digital phantom (texture: 3D, merged). They are given to three
        // significant digits, hence half a unit of the third.
        #[rustfmt::skip]
        let expected: [(&str, f64); 46] = [
            ("mean", 2.15), ("variance", 3.05), ("skewness", 1.08), ("(excess) kurtosis", -0.355),
            ("median", 1.0), ("minimum", 1.0), ("10th percentile", 1.0), ("90th percentile", 4.0),
            ("maximum", 6.0), ("interquartile range", 3.0), ("range", 5.0), ("mean absolute deviation", 1.55),
            ("robust mean absolute deviation", 1.11), ("median absolute deviation", 1.15),
            ("coefficient of variation", 0.812), ("quartile coefficient of dispersion", 0.6),
            ("energy", 567.0), ("root mean square", 2.77),
            ("intensity histogram mode", 1.0), ("discretised intensity entropy", 1.27),
            ("discretised intensity uniformity", 0.512),
            ("joint maximum", 0.509), ("joint average", 2.15), ("joint variance", 3.13),
            ("joint entropy", 2.57), ("difference average", 1.38), ("difference variance", 3.21),
            ("difference entropy", 1.64), ("sum average", 4.3), ("sum variance", 7.41), ("sum entropy", 2.11),
            ("angular second moment", 0.291), ("contrast", 5.12), ("dissimilarity", 1.38),
            ("inverse difference", 0.688), ("normalised inverse difference", 0.856),
            ("inverse difference moment", 0.631), ("normalised inverse difference moment", 0.902),
            ("inverse variance", 0.0574), ("correlation", 0.183), ("autocorrelation", 5.19),
            ("cluster tendency", 7.41), ("cluster shade", 17.4), ("cluster prominence", 147.0),
            ("first measure of information correlation", -0.0288),
            ("second measure of information correlation", 0.269),
        ];
        let found = all(&region, Bins { lower: 1.0, width: 1.0 });
        assert_eq!(found.len(), expected.len());
        for ((name, found), (wanted, expected)) in found.iter().zip(expected) {
            assert_eq!(*name, wanted);
            let unit = 10.0_f64.powf(expected.abs().log10().floor() - 2.0);
            assert!((found - expected).abs() <= 0.5 * unit, "{name}: {found} instead of {expected}");
        }
    }

    #[test]
    fn does_another_program_agree_on_an_image_that_has_to_be_discretised() {
        let mut state = 1_u64;
        let voxels: Vec<Option<f64>> = (0..120)
            .map(|i| {
                state = (state * 1_103_515_245 + 12_345) % (1 << 31);
                (i % 7 != 3).then_some(0.5505 + ((state >> 16) % 1000) as f64 / 1000.0)
            })
            .collect();
        let region = Region::new([6, 5, 4], voxels).unwrap();
        // MIRP 2.7.0 (fixed bin size 0.1 from 0.5; 3D, merged), an independent implementation.
        #[rustfmt::skip]
        let expected: [(&str, f64); 46] = [
            ("mean", 0.994529126214),
            ("variance", 0.0883394651711),
            ("skewness", 0.225702904205),
            ("(excess) kurtosis", -1.21290094247),
            ("median", 0.9845),
            ("minimum", 0.5555),
            ("10th percentile", 0.6241),
            ("90th percentile", 1.3989),
            ("maximum", 1.5405),
            ("interquartile range", 0.5485),
            ("range", 0.985),
            ("mean absolute deviation", 0.2587095862),
            ("robust mean absolute deviation", 0.206535284255),
            ("median absolute deviation", 0.258417475728),
            ("coefficient of variation", 0.29885455272),
            ("quartile coefficient of dispersion", 0.277791846037),
            ("energy", 110.97504775),
            ("root mean square", 1.03799212331),
            ("intensity histogram mode", 2.0),
            ("discretised intensity entropy", 3.34072928034),
            ("discretised intensity uniformity", 0.10736167405),
            ("joint maximum", 0.0389972144847),
            ("joint average", 5.50417827298),
            ("joint variance", 9.15527502114),
            ("joint entropy", 6.62850170786),
            ("difference average", 3.4930362117),
            ("difference variance", 6.27502114354),
            ("difference entropy", 3.20848020788),
            ("sum average", 11.008356546),
            ("sum variance", 18.1447769648),
            ("sum entropy", 4.06103932579),
            ("angular second moment", 0.0122263948914),
            ("contrast", 18.4763231198),
            ("dissimilarity", 3.4930362117),
            ("inverse difference", 0.335002080093),
            ("normalised inverse difference", 0.781048985591),
            ("inverse difference moment", 0.241211413161),
            ("normalised inverse difference moment", 0.885389444276),
            ("inverse variance", 0.238229297819),
            ("correlation", -0.00905341877263),
            ("autocorrelation", 30.213091922),
            ("cluster tendency", 18.1447769648),
            ("cluster shade", 16.8097403839),
            ("cluster prominence", 794.717420099),
            ("first measure of information correlation", -0.0110412673261),
            ("second measure of information correlation", 0.266365494853),
        ];
        // Both compute in double precision.
        compare(&all(&region, Bins { lower: 0.5, width: 0.1 }), &expected, 1e-9);
    }

    #[test]
    fn are_degenerate_regions_finite_or_refused() {
        let bins = Bins { lower: 0.5, width: 0.025 };
        let constant = Region::new([3, 3, 3], vec![Some(0.9); 27]).unwrap();
        for (name, value) in all(&constant, bins) {
            assert!(value.is_finite(), "{name}: {value}");
        }
        let mut one = vec![None; 27];
        one[13] = Some(0.9);
        let one = Region::new([3, 3, 3], one).unwrap();
        assert!(intensity(&one).iter().all(|(_, value)| value.is_finite()));
        assert_eq!(cooccurrence(&one.levels(bins).unwrap()), Err(RadiomicsError::NoNeighbours));
        // Zero mean, zero quartiles: the ratios to them have no value and are given as 0.
        let balanced = Region::new([2, 1, 1], vec![Some(-1.0), Some(1.0)]).unwrap();
        assert!(intensity(&balanced).iter().all(|(_, value)| value.is_finite()));
        assert_eq!(Region::new([1, 1, 2], vec![None, None]), Err(RadiomicsError::Empty));
        assert_eq!(Region::new([1, 1, 2], vec![Some(f64::NAN), None]), Err(RadiomicsError::NotFinite));
        assert!(matches!(
            Region::new([1, 1, 2], vec![Some(1.0)]),
            Err(RadiomicsError::Shape { found: 1, expected: 2 })
        ));
        let endless = Region::new([2, 1, 1], vec![Some(0.0), Some(1e12)]).unwrap();
        assert!(matches!(endless.levels(bins), Err(RadiomicsError::Bins { .. })));
        assert!(matches!(constant.levels(Bins { lower: 0.0, width: 0.0 }), Err(RadiomicsError::Bins { .. })));
    }

    #[test]
    fn do_features_follow_the_image_alone() {
        // Mirroring swaps directions that are merged: no feature may change beyond the order of sums.
        let values: Vec<f64> = (0..60).map(|i| 0.5 + f64::from(i * 37 % 61) / 50.0).collect();
        let region = |x: &dyn Fn(usize) -> usize| {
            let voxels = (0..60).map(|i| Some(values[x(i % 5) + i / 5 * 5])).collect();
            Region::new([5, 4, 3], voxels).unwrap()
        };
        let bins = Bins { lower: 0.5, width: 0.025 };
        let (straight, mirrored) = (all(&region(&|x| x), bins), all(&region(&|x| 4 - x), bins));
        compare(&mirrored, &straight, 1e-9);
    }
}
