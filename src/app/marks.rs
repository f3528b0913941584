//! Fields that lack something: each is marked where it is, with what it lacks; the first one gets the focus.

use super::dom::{document, element, put, show};
use crate::language::Text;
use crate::model::Sequence;
use crate::state::Field;
use std::cell::RefCell;

thread_local! {
    static MARKED: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// The id of a field's input.
fn id(field: Field) -> String {
    match field {
        Field::Image(Sequence::T1w) => "t1-input".into(),
        Field::Image(Sequence::T2w) => "t2-input".into(),
        Field::BirthWeight => "birth-weight".into(),
        Field::Covariate(at) => format!("covariate-{at}"),
    }
}

/// Marks these, and no other any more.
pub fn show_marks(marks: &[(Field, Text)]) {
    for id in MARKED.take() {
        mark(&id, None);
    }
    for (field, lack) in marks {
        mark(&id(*field), Some(lack));
    }
    if let Some((first, _)) = marks.first() {
        // An input takes the focus.
        let _ = element(&id(*first)).focus();
    }
    MARKED.set(marks.iter().map(|(field, _)| id(*field)).collect());
}

fn mark(id: &str, lack: Option<&Text>) {
    let said = format!("{id}-lack");
    // Another model's fields are gone.
    let Some(field) = document().get_element_by_id(id) else { return };
    put(&element(&said), lack.cloned().unwrap_or_default());
    show(&said, lack.is_some());
    // The names are valid.
    let _ = if lack.is_some() {
        field.set_attribute("aria-invalid", "true")
    } else {
        field.remove_attribute("aria-invalid")
    };
}
