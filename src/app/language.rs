//! The language of the page: every text on it is bound to its node, and said again when the language changes.

use super::dom::{document, element, listen, window};
use crate::language::{Language, Text};
use js_sys::WeakMap;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlSelectElement, Node};

/// Attributes that people read or hear.
const ATTRIBUTES: [&str; 5] = ["aria-label", "title", "placeholder", "alt", "aria-valuetext"];

/// A text and where it stands.
struct Bound {
    node: Node,
    /// The attribute that it stands in; else it is the node's text.
    attribute: Option<&'static str>,
    text: Text,
    /// White space around it in the document.
    around: [String; 2],
}

#[derive(Default)]
struct Page {
    language: Rc<Language>,
    bound: Vec<Bound>,
    /// For each attribute, and the text itself as `""`: node to its place in `bound`.
    places: HashMap<&'static str, WeakMap>,
    /// How many were still in the document when it was last looked at.
    live: usize,
}

thread_local! {
    static PAGE: RefCell<Page> = RefCell::default();
    static REDRAW: RefCell<Vec<Box<dyn Fn()>>> = const { RefCell::new(Vec::new()) };
}

/// What the language in force makes of a text, to be used at once: what stays on the page is [`put`] there.
pub fn say(text: &Text) -> String {
    PAGE.with_borrow(|page| page.language.say(text))
}

/// The language in force.
pub fn current() -> Rc<Language> {
    PAGE.with_borrow(|page| Rc::clone(&page.language))
}

/// Writes a text into a node, for as long as it stays in the document.
pub fn put(node: &Node, text: impl Into<Text>) {
    bind(node, None, text.into(), [String::new(), String::new()]);
}

/// Writes a text into an attribute, for as long as the element stays in the document.
pub fn put_attribute(element: &Element, attribute: &'static str, text: impl Into<Text>) {
    bind(element, Some(attribute), text.into(), [String::new(), String::new()]);
}

/// What is drawn rather than written, drawn again when the language changes.
pub fn on_change(redraw: impl Fn() + 'static) {
    REDRAW.with_borrow_mut(|all| all.push(Box::new(redraw)));
}

fn bind(node: &Node, attribute: Option<&'static str>, text: Text, around: [String; 2]) {
    PAGE.with_borrow_mut(|page| {
        let bound = Bound { node: node.clone(), attribute, text, around };
        bound.write(&page.language, false);
        let places = page.places.entry(attribute.unwrap_or_default()).or_default();
        match places.get(node).as_f64() {
            Some(at) => page.bound[at as usize] = bound,
            None => {
                places.set(node, &JsValue::from_f64(page.bound.len() as f64));
                page.bound.push(bound);
            }
        }
        if page.bound.len() > 2 * page.live + 256 {
            page.forget_what_is_gone();
        }
    });
}

impl Bound {
    /// `again`: in another language than before.
    fn write(&self, language: &Language, again: bool) {
        let [before, after] = &self.around;
        let said = format!("{before}{}{after}", language.say(&self.text));
        match self.attribute {
            // Elements that were put behind the text since then stay.
            None => match self.node.first_child().filter(|c| again && c.node_type() == Node::TEXT_NODE) {
                Some(own) => own.set_text_content(Some(&said)),
                None => self.node.set_text_content(Some(&said)),
            },
            Some(name) => {
                if let Some(element) = self.node.dyn_ref::<Element>() {
                    // The names are valid.
                    let _ = element.set_attribute(name, &said);
                }
            }
        }
    }
}

impl Page {
    fn forget_what_is_gone(&mut self) {
        self.bound.retain(|b| b.node.is_connected());
        self.live = self.bound.len();
        self.places.clear();
        for (at, bound) in self.bound.iter().enumerate() {
            let places = self.places.entry(bound.attribute.unwrap_or_default()).or_default();
            places.set(&bound.node, &JsValue::from_f64(at as f64));
        }
    }

    fn speak(&mut self, language: Rc<Language>) {
        self.language = language;
        self.forget_what_is_gone();
        for bound in self.bound.iter().filter(|b| !b.text.is_empty()) {
            bound.write(&self.language, true);
        }
    }
}

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
        remember(KEY, &choice.value());
        if let Some(chosen) = languages.iter().find(|l| l.tag() == choice.value()) {
            speak(chosen);
        }
    });
}

/// What the choice is remembered under, on this machine only.
const KEY: &str = "hielight-language";

fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok()?
}

/// Remembers a choice of the reader's for the next visit, on this machine only.
pub fn remember(key: &str, value: &str) {
    if let Some(storage) = storage() {
        // Without storage the choice is one for this visit.
        let _ = storage.set_item(key, value);
    }
}

/// What was remembered.
pub fn recall(key: &str) -> Option<String> {
    storage()?.get_item(key).ok()?
}

/// The language chosen before, else the first of the browser's that there is, else English.
fn preferred(languages: &[Rc<Language>]) -> &Rc<Language> {
    let known = |tag: String| {
        let exact = languages.iter().find(|l| l.tag() == tag);
        exact.or_else(|| languages.iter().find(|l| is_variant(l.tag(), &tag)))
    };
    recall(KEY).into_iter().chain(browsers()).find_map(known).unwrap_or(&languages[0])
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
    PAGE.with_borrow_mut(|page| page.speak(Rc::clone(language)));
    REDRAW.with_borrow(|all| all.iter().for_each(|redraw| redraw()));
}

/// Binds the texts of an element and of all within it, but for what says `translate="no"`.
fn bind_all(element: &Element) {
    if element.get_attribute("translate").as_deref() == Some("no")
        || matches!(element.tag_name().as_str(), "SCRIPT" | "STYLE" | "LINK" | "META")
    {
        return;
    }
    for name in ATTRIBUTES {
        if let Some(english) = element.get_attribute(name) {
            put_attribute(element, name, Text::found(&english));
        }
    }
    let children = element.child_nodes();
    for child in (0..children.length()).filter_map(|i| children.get(i)) {
        if let Some(child) = child.dyn_ref::<Element>() {
            bind_all(child);
        } else if child.node_type() == Node::TEXT_NODE {
            let whole = child.text_content().unwrap_or_default();
            let english = whole.split_whitespace().collect::<Vec<_>>().join(" ");
            if english.contains(char::is_alphabetic) {
                let edge =
                    |text: &str| if text.starts_with(char::is_whitespace) { " " } else { "" }.to_owned();
                let backwards: String = whole.chars().rev().collect();
                bind(&child, None, Text::found(&english), [edge(&whole), edge(&backwards)]);
            }
        }
    }
}
