//! A small tree of HTML: the page makes elements of it, a file its text. No script.

use crate::render::chart::escape;

/// An element or words.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    Element {
        tag: &'static str,
        attributes: Vec<(&'static str, String)>,
        children: Vec<Node>,
    },
    Words(String),
    /// An SVG element as `render::chart` writes it. The page shows charts by their addresses instead.
    #[cfg(not(target_arch = "wasm32"))]
    Svg(String),
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

    fn write(&self, out: &mut String) {
        match self {
            Self::Words(words) => out.push_str(&escape(words)),
            #[cfg(not(target_arch = "wasm32"))]
            Self::Svg(svg) => out.push_str(svg),
            Self::Element { tag, attributes, children } => {
                out.push_str(&format!("<{tag}"));
                for (name, value) in attributes {
                    out.push_str(&format!(" {name}=\"{}\"", escape(value)));
                }
                out.push('>');
                if matches!(*tag, "img" | "meta") {
                    return;
                }
                for child in children {
                    match child {
                        // HTML reads a style as it stands.
                        Self::Words(rules) if *tag == "style" => out.push_str(rules),
                        child => child.write(out),
                    }
                }
                out.push_str(&format!("</{tag}>"));
                if matches!(*tag, "head" | "h1" | "h2" | "h3" | "nav" | "p" | "tr" | "table" | "figure") {
                    out.push('\n');
                }
            }
        }
    }
}

/// The text of an HTML file in a language (its tag): what stands in the head after the encoding, and the body.
#[must_use]
pub fn html_file(language: &str, head: impl IntoIterator<Item = Node>, body: Node) -> String {
    let head = Node::new("head").with(Node::new("meta").set("charset", "utf-8")).with_all(head);
    let mut out = "<!doctype html>\n".to_owned();
    Node::new("html").set("lang", language).with(head).with(body).write(&mut out);
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_text_never_markup_a_style_left_as_it_is_and_nothing_closed_that_has_no_end() {
        let head = [
            Node::new("meta").set("name", "a").set("content", "\"b\" & c"),
            Node::of("title", "<b>"),
            Node::of("style", "a>b{content:\"x\"}"),
        ];
        let picture = Node::new("img").set("src", "data:,").set("alt", "<i>");
        let svg = Node::Svg("<svg><path d=\"M0 0\"/></svg>".into());
        let body = Node::new("body").class("c").with(Node::of("p", "1 < 2 & 3")).with(picture).with(svg);
        let file = html_file("en", head, body);
        let expected = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
                        <meta name=\"a\" content=\"&quot;b&quot; &amp; c\"><title>&lt;b&gt;</title>\
                        <style>a>b{content:\"x\"}</style></head>\n<body class=\"c\"><p>1 &lt; 2 &amp; 3</p>\n\
                        <img src=\"data:,\" alt=\"&lt;i&gt;\"><svg><path d=\"M0 0\"/></svg></body></html>\n";
        assert_eq!(file, expected);
    }
}
