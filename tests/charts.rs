//! Do the charts lie within their paper, and say in words what they draw?

use hielight::evaluation::{CohortRole, DecisionBand, net_benefit};
use hielight::language::{Language, Text};
use hielight::nomogram::Nomogram;
use hielight::render::chart::{
    Curve, Figure, Ink, Item, Palette, Reading, contributions, decision_curve, gauge, nomogram, reliability,
    risk_distribution, roc,
};

/// A phone's panel, the report, a wide screen.
const WIDTHS: [f64; 4] = [260.0, 330.0, 520.0, 900.0];

/// Every width in every language.
fn pages() -> Vec<(f64, Language)> {
    WIDTHS.into_iter().flat_map(|width| Language::all().into_iter().map(move |l| (width, l))).collect()
}

struct Data {
    outcome: Vec<bool>,
    probability: Vec<f64>,
}

fn data(n: usize) -> Data {
    let probability: Vec<f64> = (0..n).map(|i| 0.03 + 0.94 * (i * i % 97) as f64 / 97.0).collect();
    let outcome = (0..n).map(|i| (i * 7 % 10) as f64 / 10.0 < probability[i]).collect();
    Data { outcome, probability }
}

impl Data {
    fn curve<'a>(&'a self, role: &'a CohortRole) -> Curve<'a> {
        Curve { role, outcome: &self.outcome, probability: &self.probability }
    }
}

fn model() -> Nomogram {
    Nomogram {
        terms: vec!["signature_t1".into(), "signature_t2".into(), "birth_weight_g".into()],
        intercept: 1.5,
        coefficients: vec![0.8, 0.3, -0.0007],
        covariance: vec![vec![0.0; 4]; 4],
        limits: vec![[-3.0, 4.0], [-2.0, 2.5], [2000.0, 4600.0]],
    }
}

fn all(width: f64, p: f64, language: &Language) -> Vec<Figure> {
    let (a, b) = (data(83), data(122));
    let curves = [a.curve(&CohortRole::Internal), b.curve(&CohortRole::Independent)];
    let band = DecisionBand::of(&b.outcome, &b.probability, (1..100).map(|i| f64::from(i) / 100.0).collect());
    let reading =
        Reading { probability: p, interval95: [p * 0.7, (p * 1.3).min(0.999)], ensemble_range: [p * 0.9, p] };
    let values = [9.0 * (p - 0.5), -4.0 * (p - 0.5), 2000.0 + 3000.0 * p];
    vec![
        gauge(curves[1], &reading, 0.44, width, language),
        reliability(&curves, Some(p), width, language),
        roc(&curves, 0.44, Some(p), width, language),
        risk_distribution(curves[1], 0.44, Some(p), width, language),
        decision_curve(curves[1], band.as_ref(), Some(0.46), Some(0.44), width, language),
        decision_curve(curves[1], band.as_ref(), Some(0.0015), Some(0.44), width, language),
        nomogram(&model(), Some(&values), Some(&[0.0, 0.0, 3000.0]), width, language),
        contributions(&model(), &values, &[0.0, 0.1, 3300.0], width, language),
    ]
}

/// The corners that an item takes; a letter of 12 pixels is about 6.6 wide, a Chinese one 12.
fn extent(item: &Item) -> Vec<[f64; 2]> {
    use hielight::render::chart::Anchor;
    match item {
        Item::Line { points, .. } | Item::Area { points, .. } => points.clone(),
        Item::Dot { at: [x, y], radius, .. } | Item::Ring { at: [x, y], radius, .. } => {
            vec![[x - radius, y - radius], [x + radius, y + radius]]
        }
        Item::Word { at: [x, y], text, anchor, upright, size, .. } => {
            let long: f64 = text.chars().map(|c| if c > '\u{2e80}' { *size } else { 0.53 * size }).sum();
            let (from, to) = match anchor {
                Anchor::Start => (0.0, long),
                Anchor::Middle => (-long / 2.0, long / 2.0),
                Anchor::End => (-long, 0.0),
            };
            let half = size / 2.0;
            if *upright {
                vec![[x - half, y - to], [x + half, y - from]]
            } else {
                vec![[x + from, y - half], [x + to, y + half]]
            }
        }
    }
}

#[test]
fn does_everything_lie_within_the_paper_at_any_width() {
    for (width, language) in pages() {
        for p in [0.005, 0.43, 0.56, 0.995] {
            for figure in all(width, p, &language) {
                for item in &figure.items {
                    for [x, y] in extent(item) {
                        assert!(
                            (-1.0..=figure.width + 1.0).contains(&x)
                                && (-1.0..=figure.height + 1.0).contains(&y),
                            "{} at {width}, p {p}: {item:?} reaches {x:.0}, {y:.0} of {} x {}",
                            figure.title,
                            figure.width,
                            figure.height
                        );
                    }
                }
                for hit in &figure.hits {
                    assert!(
                        (0.0..=figure.width).contains(&hit.at[0])
                            && (0.0..=figure.height).contains(&hit.at[1])
                    );
                    assert!(hit.text.len() > 5 && !hit.text.contains('{'), "{}", hit.text);
                }
            }
        }
    }
}

#[test]
fn do_no_two_words_lie_on_each_other() {
    for (width, language) in pages() {
        for p in [0.05, 0.43, 0.95] {
            for figure in all(width, p, &language) {
                // The newborn's own marks may come near to a tick's number: they are coloured.
                let words: Vec<(&str, Vec<[f64; 2]>)> = figure
                    .items
                    .iter()
                    .filter_map(|item| match item {
                        Item::Word { text, ink, .. } if *ink != Ink::Patient && *ink != Ink::Hypothetical => {
                            Some((text.as_str(), extent(item)))
                        }
                        _ => None,
                    })
                    .collect();
                for (i, (a, box_a)) in words.iter().enumerate() {
                    for (b, box_b) in &words[i + 1..] {
                        // A pixel of slack on each side for the estimate of a letter's width.
                        let apart = (0..2).any(|k| {
                            box_a[1][k] - 1.0 <= box_b[0][k] + 1.0 || box_b[1][k] - 1.0 <= box_a[0][k] + 1.0
                        });
                        assert!(apart, "{} at {width}, p {p}: {a:?} lies on {b:?}", figure.title);
                    }
                }
            }
        }
    }
}

#[test]
fn do_the_words_hold_the_numbers_of_the_drawing() {
    let data = data(122);
    let figure = decision_curve(
        data.curve(&CohortRole::Independent),
        None,
        None,
        Some(0.3),
        520.0,
        &Language::default(),
    );
    let benefit = 100.0 * net_benefit(&data.outcome, &data.probability, 0.3).model;
    assert!(figure.description.contains(&format!("At 30 %: model {benefit:.1}")), "{}", figure.description);
    let figures = all(520.0, 0.43, &Language::default());
    for figure in &figures {
        assert!(figure.description.len() > 40, "{}: {:?}", figure.title, figure.description);
        let svg = figure.svg(&Palette::LIGHT, "x");
        assert!(svg.contains("<desc") && svg.ends_with("</svg>") && !svg.contains("NaN"));
    }
    assert!(figures[1].description.contains("This newborn: 43 %"));
}

#[test]
fn are_curves_told_apart_without_colour() {
    let figures = all(520.0, 0.43, &Language::default());
    for figure in [&figures[1], &figures[2]] {
        let dash = |wanted: usize| {
            figure.items.iter().find_map(|item| match item {
                Item::Line { ink: Ink::Series(i), dash, .. } if *i == wanted => Some(*dash),
                _ => None,
            })
        };
        assert!(dash(0).is_some() && dash(1).is_some() && dash(0) != dash(1), "{}", figure.title);
    }
}

#[test]
fn is_a_newborn_without_an_answer_nowhere_in_the_charts() {
    let (a, b) = (data(83), data(122));
    let curves = [a.curve(&CohortRole::Internal), b.curve(&CohortRole::Independent)];
    for figure in [
        reliability(&curves, None, 400.0, &Language::default()),
        roc(&curves, 0.44, None, 400.0, &Language::default()),
        risk_distribution(curves[0], 0.44, None, 400.0, &Language::default()),
        nomogram(&model(), None, None, 400.0, &Language::default()),
    ] {
        assert!(!figure.description.contains("newborn:") && !figure.description.contains("this newborn"));
        let marked = figure.items.iter().any(|item| {
            matches!(
                item,
                Item::Line { ink: Ink::Patient, .. }
                    | Item::Dot { ink: Ink::Patient, .. }
                    | Item::Ring { ink: Ink::Patient, .. }
                    | Item::Word { ink: Ink::Patient, .. }
            )
        });
        assert!(!marked, "{}", figure.title);
    }
}

/// What is the same in every language: names, units, abbreviations.
const NAMES: [&str; 8] = ["HIE", "AUC", "ROC", "T1w", "T2w", "g", "lowess", "bootstrap"];

#[test]
fn does_every_chart_speak_chinese() {
    let chinese = Language::all().into_iter().find(|l| l.tag() == "zh-Hans").unwrap();
    for (english, figure) in all(520.0, 0.43, &Language::default()).iter().zip(all(520.0, 0.43, &chinese)) {
        let drawn = figure.items.iter().filter_map(|item| match item {
            Item::Word { text, .. } => Some(text),
            _ => None,
        });
        let said = [&figure.title, &figure.description];
        for text in said.into_iter().chain(drawn).chain(figure.hits.iter().map(|hit| &hit.text)) {
            let words = text
                .split(|c: char| !c.is_ascii_alphanumeric())
                .filter(|w| w.chars().any(|c| c.is_ascii_alphabetic()));
            let foreign: Vec<&str> = words.filter(|w| !NAMES.contains(w)).collect();
            assert!(foreign.is_empty(), "{}: {foreign:?} in {text:?}", english.title);
        }
        // The drawing is the same but for its words.
        assert_eq!((figure.items.len(), figure.hits.len()), (english.items.len(), english.hits.len()));
        let digits =
            |figure: &Figure| -> String { figure.description.chars().filter(char::is_ascii_digit).collect() };
        assert_eq!(sorted(&digits(english)), sorted(&digits(&figure)), "{}", english.title);
    }
}

#[test]
fn is_a_sites_own_cohort_called_as_the_site_calls_it() {
    let chinese = Language::all().into_iter().find(|l| l.tag() == "zh-Hans").unwrap();
    // "Data" is a word of the page too, and has its Chinese there.
    assert_ne!(chinese.say(&Text::found("Data")), "Data");
    let title = |name: &str| {
        risk_distribution(data(60).curve(&name.to_owned().into()), 0.5, None, 400.0, &chinese).title
    };
    assert!(title("Data").contains("Data"), "{}", title("Data"));
    assert!(!title("internal").contains("internal"), "{}", title("internal"));
}

fn sorted(text: &str) -> Vec<char> {
    let mut letters: Vec<char> = text.chars().collect();
    letters.sort_unstable();
    letters
}
