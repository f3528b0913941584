//! What predictions are worth: discrimination and the operating threshold.

/// Area under the ROC curve: the share of (event, non-event) pairs ranked rightly, ties half.
///
/// `None` when a class is empty.
#[must_use]
pub fn auc(outcome: &[bool], score: &[f64]) -> Option<f64> {
    let events: Vec<f64> = outcome.iter().zip(score).filter(|(y, _)| **y).map(|(_, s)| *s).collect();
    let others: Vec<f64> = outcome.iter().zip(score).filter(|(y, _)| !**y).map(|(_, s)| *s).collect();
    if events.is_empty() || others.is_empty() {
        return None;
    }
    let wins: f64 = events
        .iter()
        .flat_map(|a| others.iter().map(move |b| if a > b { 1.0 } else { f64::from(u8::from(a == b)) / 2.0 }))
        .sum();
    Some(wins / (events.len() * others.len()) as f64)
}

/// The threshold with the largest sensitivity + specificity - 1 (Youden); "positive" is
/// `score >= threshold`. `None` when a class is empty.
#[must_use]
pub fn youden_threshold(outcome: &[bool], score: &[f64]) -> Option<f64> {
    let events = outcome.iter().filter(|y| **y).count() as f64;
    let others = outcome.len() as f64 - events;
    if events == 0.0 || others == 0.0 {
        return None;
    }
    let mut order: Vec<usize> = (0..score.len()).collect();
    order.sort_by(|a, b| score[*b].total_cmp(&score[*a]));
    let (mut best, mut threshold) = (f64::NEG_INFINITY, None);
    let (mut tp, mut fp) = (0.0, 0.0);
    for (rank, &i) in order.iter().enumerate() {
        if outcome[i] {
            tp += 1.0;
        } else {
            fp += 1.0;
        }
        let tied_with_next = order.get(rank + 1).is_some_and(|&j| score[j] == score[i]);
        let index = tp / events - fp / others;
        if !tied_with_next && index > best {
            (best, threshold) = (index, Some(score[i]));
        }
    }
    threshold
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn do_ties_count_half() {
        let y = [true, false, true, false];
        assert_eq!(auc(&y, &[0.9, 0.1, 0.5, 0.5]), Some(0.875));
        assert_eq!(auc(&y, &[0.5; 4]), Some(0.5));
        assert_eq!(auc(&[true], &[0.5]), None);
    }

    #[test]
    fn where_is_the_youden_threshold() {
        let y = [false, false, true, false, false, true, true];
        assert_eq!(youden_threshold(&y, &[0.1, 0.2, 0.3, 0.35, 0.4, 0.5, 0.6]), Some(0.5));
    }
}
