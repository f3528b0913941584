//! The language of the page: the one chosen before, else the browser's.

use super::dom::{bind_all, current, document, element, listen, recall, remember, say_all_in, window};
use super::preferences::LANGUAGE;
use crate::language::Language;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::HtmlSelectElement;

/// Binds every text of the document, takes the reader's language, and listens to its choice.
pub fn start() {
    if let Some(root) = document().document_element() {
        bind_all(&root);
    }
    let languages: Rc<[Rc<Language>]> = Language::all().into_iter().map(Rc::new).collect();
    let select: HtmlSelectElement = element("language").unchecked_into();
    for language in &*languages {
        let Ok(option) = document().create_element("option") else { continue };
        option.set_text_content(Some(language.name()));
        for (name, value) in [("value", language.tag()), ("lang", language.tag()), ("translate", "no")] {
            // The names are valid.
            let _ = option.set_attribute(name, value);
        }
        let _ = select.append_child(&option);
    }
    let wanted = preferred(&languages);
    select.set_value(wanted.tag());
    speak(wanted);
    let choice = select.clone();
    listen(&select, "change", move |_| {
        remember(LANGUAGE, &choice.value());
        if let Some(chosen) = languages.iter().find(|l| l.tag() == choice.value()) {
            speak(chosen);
        }
    });
}

/// The language chosen before, else the first of the browser's that there is, else English.
fn preferred(languages: &[Rc<Language>]) -> &Rc<Language> {
    let known = |tag: String| {
        let exact = languages.iter().find(|l| l.tag() == tag);
        exact.or_else(|| languages.iter().find(|l| is_variant(l.tag(), &tag)))
    };
    recall(LANGUAGE).into_iter().chain(browsers()).find_map(known).unwrap_or(&languages[0])
}

/// The browser's languages, the reader's favourite first.
fn browsers() -> impl Iterator<Item = String> {
    let tags: Vec<String> = window().navigator().languages().iter().filter_map(|l| l.as_string()).collect();
    tags.into_iter()
}

/// Whether two tags are of one language.
fn is_variant(one: &str, other: &str) -> bool {
    let primary = |tag: &str| tag.split('-').next().unwrap_or_default().to_lowercase();
    primary(one) == primary(other)
}

/// The locale for dates: the browser's own variant of the language in force, where it has one.
pub fn locale() -> String {
    let tag = current().tag().to_owned();
    browsers().find(|browser| is_variant(browser, &tag)).unwrap_or(tag)
}

fn speak(language: &Rc<Language>) {
    if let Some(root) = document().document_element() {
        // Any value is valid.
        let _ = root.set_attribute("lang", language.tag());
    }
    say_all_in(language);
}
