//! Texts bound to their nodes: each is said again when the language changes.

use crate::language::{Language, Text};
use js_sys::WeakMap;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, Node};

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
        // What is written anew is laid out anew, in every frame.
        match self.attribute {
            None if self.node.text_content().as_deref() == Some(&said) => {}
            // Elements that were put behind the text since then stay.
            None => match self.node.first_child().filter(|c| again && c.node_type() == Node::TEXT_NODE) {
                Some(own) => own.set_text_content(Some(&said)),
                None => self.node.set_text_content(Some(&said)),
            },
            Some(name) => {
                let element = self.node.dyn_ref::<Element>();
                if let Some(element) = element.filter(|e| e.get_attribute(name).as_deref() != Some(&said)) {
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

/// Says every text in that language, and draws again what is drawn.
pub fn say_all_in(language: &Rc<Language>) {
    PAGE.with_borrow_mut(|page| page.speak(Rc::clone(language)));
    REDRAW.with_borrow(|all| all.iter().for_each(|redraw| redraw()));
}

/// Binds the texts of an element and of all within it, but for what says `translate="no"`.
pub fn bind_all(element: &Element) {
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
