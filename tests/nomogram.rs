//! Does the nomogram give back the probability, however it is drawn and dragged?

use hielight::language::Language;
use hielight::nomogram::Nomogram;
use hielight::odds::expit;
use hielight::render::chart::{Handle, Ink, Item, nomogram};
use proptest::prelude::*;

/// Up to six terms in units from thousandths to thousands, coefficients of both signs, and values within and
/// beyond the axes.
fn any_nomogram() -> impl Strategy<Value = (Nomogram, Vec<f64>)> {
    let term = (-4.0..4.0_f64, -3.0..3.0_f64, 0.1..5.0_f64, -3.0..3.5_f64, -0.5..1.5_f64);
    (prop::collection::vec(term, 1..6), -3.0..3.0_f64).prop_map(|(terms, intercept)| {
        let n = terms.len();
        let unit = |power: f64| 10.0_f64.powf(power);
        let limits: Vec<[f64; 2]> = terms
            .iter()
            .map(|(_, low, width, power, _)| [*low, low + width].map(|v| v * unit(*power)))
            .collect();
        let values =
            terms.iter().zip(&limits).map(|((.., share), [low, high])| low + share * (high - low)).collect();
        let nomogram = Nomogram {
            terms: (0..n).map(|j| format!("term {j}")).collect(),
            intercept,
            coefficients: terms.iter().map(|(b, _, _, power, _)| b / unit(*power)).collect(),
            covariance: vec![vec![0.0; n + 1]; n + 1],
            limits,
        };
        (nomogram, values)
    })
}

fn from_points(nomogram: &Nomogram, values: &[f64]) -> f64 {
    let total: f64 = nomogram.points(values).iter().sum();
    expit(nomogram.base_logit() + total / nomogram.points_per_logit())
}

/// Pixels of a value on a handle's axis.
fn pixel(handle: &Handle, value: f64) -> f64 {
    let [low, high] = handle.limits;
    handle.x[0] + (value - low) / (high - low) * (handle.x[1] - handle.x[0])
}

proptest! {
    #[test]
    fn do_points_give_back_p_exactly((nomogram, values) in any_nomogram()) {
        prop_assert!((from_points(&nomogram, &values) - expit(nomogram.logit(&values))).abs() < 1e-9);
    }

    #[test]
    fn does_every_axis_run_from_no_points_to_a_hundred_at_most((nomogram, _) in any_nomogram()) {
        let ends = |side: usize| nomogram.points(&nomogram.limits.iter().map(|l| l[side]).collect::<Vec<_>>());
        let mut widest = 0.0_f64;
        for ((low, high), b) in ends(0).into_iter().zip(ends(1)).zip(&nomogram.coefficients) {
            // A negative coefficient reverses its axis: the low end has the points.
            let ordered = if *b < 0.0 { low >= high } else { low <= high };
            prop_assert!(ordered);
            // Rounding of products of 1e3 at most.
            prop_assert!(low.min(high).abs() < 1e-9);
            widest = widest.max(low.max(high));
        }
        prop_assert!((widest - 100.0).abs() < 1e-9);
    }

    #[test]
    fn does_a_drag_give_back_p_exactly(
        (nomogram, values) in any_nomogram(), width in 260.0..1200.0_f64, share in 0.0..1.0_f64,
    ) {
        let figure = hielight::render::chart::nomogram(&nomogram, Some(&values), None, width, &Language::default());
        prop_assert_eq!(figure.handles.len(), nomogram.terms.len());
        for handle in &figure.handles {
            let [low, high] = handle.limits;
            let wanted = low + share * (high - low);
            let mut dragged = values.clone();
            dragged[handle.term] = handle.value_at(pixel(handle, wanted));
            // A degenerate axis, of a coefficient near 0, has all its values at one pixel.
            if (handle.x[0] - handle.x[1]).abs() > 1.0 {
                prop_assert!((dragged[handle.term] - wanted).abs() <= 1e-9 * (high - low).max(wanted.abs()));
            }
            prop_assert!((low..=high).contains(&dragged[handle.term]));
            prop_assert!((from_points(&nomogram, &dragged) - expit(nomogram.logit(&dragged))).abs() < 1e-9);
        }
    }

    #[test]
    fn do_contributions_add_up_to_the_difference_from_the_mean((nomogram, values) in any_nomogram()) {
        let means: Vec<f64> = nomogram.limits.iter().map(|[low, high]| f64::midpoint(*low, *high)).collect();
        let sum: f64 = nomogram.contributions(&values, &means).iter().sum();
        prop_assert!((sum - (nomogram.logit(&values) - nomogram.logit(&means))).abs() < 1e-9);
    }

    #[test]
    fn is_a_term_outside_its_training_range_marked((nomogram, values) in any_nomogram()) {
        let figure = hielight::render::chart::nomogram(&nomogram, Some(&values), None, 600.0, &Language::default());
        let outside = values.iter().zip(&nomogram.limits).filter(|(v, [low, high])| !(low..=high).contains(v));
        let word = |item: &&Item| matches!(item, Item::Word { text, .. } if text == "outside training");
        prop_assert_eq!(figure.items.iter().filter(word).count(), outside.count());
        prop_assert_eq!(figure.description.contains("outside the training range"), figure.items.iter().any(|i| word(&i)));
    }
}

#[test]
fn are_hypothetical_values_drawn_apart_from_the_newborns() {
    let n = Nomogram {
        terms: vec!["signature_t1".into(), "birth_weight_g".into()],
        intercept: 1.0,
        coefficients: vec![0.8, -0.0007],
        covariance: vec![vec![0.0; 3]; 3],
        limits: vec![[-3.0, 4.0], [2000.0, 4600.0]],
    };
    let ink = |figure: &hielight::render::chart::Figure, wanted: Ink| {
        figure
            .items
            .iter()
            .filter(|i| matches!(i, Item::Ring { ink, .. } | Item::Dot { ink, .. } if *ink == wanted))
            .count()
    };
    let bare = nomogram(&n, None, None, 500.0, &Language::default());
    let own = nomogram(&n, Some(&[0.5, 3000.0]), None, 500.0, &Language::default());
    let both = nomogram(&n, Some(&[0.5, 3000.0]), Some(&[0.5, 4000.0]), 500.0, &Language::default());
    assert_eq!([ink(&bare, Ink::Patient), ink(&own, Ink::Patient), ink(&both, Ink::Patient)], [0, 4, 4]);
    assert_eq!([ink(&own, Ink::Hypothetical), ink(&both, Ink::Hypothetical)], [0, 4]);
    assert!(both.description.contains("Hypothetical") && !own.description.contains("Hypothetical"));
}
