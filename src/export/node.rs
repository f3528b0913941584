//! A small tree of HTML: the page makes elements of it, a file its text. No script, no style of its own.

use crate::render::chart::escape;

/// An element or words.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    Element { tag: &'static str, attributes: Vec<(&'static str, String)>, children: Vec<Node> },
    Words(String),
}

impl Node {
    #[must_use]
    pub fn new(tag: &'static str) -> Self {
        Self::Element { tag, attributes: vec![], children: vec![] }
    }

    /// An element with words in it.
    #[must_use]
    pub fn of(tag: &'static str, words: impl Into<String>) -> Self {
        Self::new(tag).with(Self::Words(words.into()))
    }

    /// The same with an attribute; words have none.
    #[must_use]
    pub fn set(mut self, name: &'static str, value: impl Into<String>) -> Self {
        if let Self::Element { attributes, .. } = &mut self {
            attributes.push((name, value.into()));
        }
        self
    }

    #[must_use]
    pub fn class(self, class: &str) -> Self {
        self.set("class", class)
    }

    /// The same with another child.
    #[must_use]
    pub fn with(self, child: Self) -> Self {
        self.with_all([child])
    }

    #[must_use]
    pub fn with_all(mut self, more: impl IntoIterator<Item = Self>) -> Self {
        if let Self::Element { children, .. } = &mut self {
            children.extend(more);
        }
        self
    }

    /// The text of an HTML file.
    #[must_use]
    pub fn html(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) {
        match self {
            Self::Words(words) => out.push_str(&escape(words)),
            Self::Element { tag, attributes, children } => {
                out.push_str(&format!("<{tag}"));
                for (name, value) in attributes {
                    out.push_str(&format!(" {name}=\"{}\"", escape(value)));
                }
                out.push('>');
                if *tag != "img" {
                    children.iter().for_each(|child| child.write(out));
                    out.push_str(&format!("</{tag}>"));
                }
            }
        }
    }
}
