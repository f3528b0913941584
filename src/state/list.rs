//! The newborns of this visit.

use super::{Effect, Made, State};
use crate::export::{Numbers, Row};
use crate::fault::Notice;
use crate::model::Assessment;

/// The list, in memory only.
#[derive(Debug, Default)]
pub(super) struct List {
    pub rows: Vec<Row>,
    /// The one whose answer or refusal the page shows.
    shown: Option<usize>,
    /// What the reader calls that one.
    label: String,
}

/// Whether two rows are of one analysis, repeated.
fn same(a: &Row, b: &Row) -> bool {
    a.provenance == b.provenance && a.model == b.model && a.device == b.device
}

impl State {
    pub(super) fn list_answer(&mut self, a: &Assessment, made: &Made, time: String) {
        let numbers = Numbers {
            probability: a.probability,
            logit: a.logit,
            interval95: a.interval95,
            signatures: a.signatures,
        };
        self.list_one(Some(numbers), [&[], &a.warnings], made, time);
    }

    pub(super) fn list_refusal(&mut self, notices: [&[Notice]; 2], made: &Made, time: String) {
        self.list_one(None, notices, made, time);
    }

    fn list_one(
        &mut self,
        answer: Option<Numbers>,
        [reasons, warnings]: [&[Notice]; 2],
        made: &Made,
        time: String,
    ) {
        let mut row = Row {
            label: String::new(),
            time,
            provenance: made.record.provenance.clone(),
            device: made.device.info.clone(),
            model: made.model.identity.clone(),
            synthetic: made.model.synthetic,
            answer,
            abstained: reasons.iter().map(|r| r.code.clone()).collect(),
            warnings: warnings.iter().map(|w| w.message.to_string()).collect(),
        };
        let list = &mut self.list;
        let at = list.rows.iter().position(|other| same(other, &row));
        // The same images again: they have their label.
        row.label = at.map_or(String::new(), |at| list.rows[at].label.clone());
        list.label.clone_from(&row.label);
        self.effects.push(Effect::SetLabel(row.label.clone()));
        match at {
            Some(at) => list.rows[at] = row,
            None => list.rows.push(row),
        }
        list.shown = Some(at.unwrap_or(list.rows.len() - 1));
        self.show_rows();
    }

    /// The next newborn is another one.
    pub(super) fn forget_shown_row(&mut self) {
        self.list.shown = None;
        if !std::mem::take(&mut self.list.label).is_empty() {
            self.effects.push(Effect::SetLabel(String::new()));
        }
    }

    pub(super) fn relabel(&mut self, label: String) {
        if let Some(row) = self.list.shown.and_then(|at| self.list.rows.get_mut(at)) {
            row.label.clone_from(&label);
            self.list.label = label;
            self.show_rows();
        }
    }

    pub(super) fn remove_row(&mut self, at: usize) {
        let list = &mut self.list;
        if at < list.rows.len() {
            list.rows.remove(at);
            list.shown = list.shown.filter(|shown| *shown != at).map(|s| if s > at { s - 1 } else { s });
            self.show_rows();
        }
    }

    pub(super) fn clear_list(&mut self) {
        self.list.rows.clear();
        self.list.shown = None;
        self.show_rows();
    }

    fn show_rows(&mut self) {
        self.effects.push(Effect::ShowRows(self.list.rows.clone()));
    }
}
