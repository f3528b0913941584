//! A page of HTML that needs nothing but itself: no script, no font, no address.

use crate::export::{Node, html_file};

/// A document under construction: sections with headings, tables, paragraphs, figures.
pub struct Document {
    title: String,
    body: Vec<Node>,
    /// Links to the sections.
    contents: Vec<Node>,
}

impl Document {
    pub fn new(title: &str) -> Self {
        Self { title: title.to_owned(), body: vec![], contents: vec![] }
    }

    /// Starts a section.
    pub fn section(&mut self, anchor: &str, heading: &str) {
        self.contents.push(Node::of("a", heading).set("href", format!("#{anchor}")));
        self.contents.push(Node::Words(" ".into()));
        self.body.push(Node::of("h2", heading).set("id", anchor));
    }

    pub fn heading(&mut self, heading: &str) {
        self.body.push(Node::of("h3", heading));
    }

    pub fn paragraph(&mut self, text: &str) {
        self.body.push(Node::of("p", text));
    }

    /// What must not be overlooked.
    pub fn warning(&mut self, text: &str) {
        self.body.push(Node::of("p", text).class("warning"));
    }

    /// A table; the first cell of each row is its heading.
    pub fn table(&mut self, caption: &str, header: &[&str], rows: &[Vec<String>]) {
        let head = header.iter().map(|cell| Node::of("th", *cell).set("scope", "col"));
        let rows = rows.iter().map(|row| {
            let cells = row.iter().enumerate();
            Node::new("tr").with_all(cells.map(|(i, cell)| match i {
                0 => Node::of("th", cell).set("scope", "row"),
                _ => Node::of("td", cell),
            }))
        });
        self.body.push(
            Node::new("table")
                .with(Node::of("caption", caption))
                .with(Node::new("thead").with(Node::new("tr").with_all(head)))
                .with(Node::new("tbody").with_all(rows)),
        );
    }

    /// A chart: an SVG element, which says itself what it shows.
    pub fn chart(&mut self, svg: String) {
        self.body.push(Node::new("figure").with(Node::Svg(svg)));
    }

    /// Pictures side by side (PNG data addresses with their text alternatives) above one caption.
    pub fn pictures(&mut self, pictures: &[(String, String)], caption: &str) {
        let images = pictures
            .iter()
            .map(|(address, alternative)| Node::new("img").set("src", address).set("alt", alternative));
        self.body.push(
            Node::new("figure")
                .class("pictures")
                .with(Node::new("div").with_all(images))
                .with(Node::of("figcaption", caption)),
        );
    }

    /// The whole file.
    pub fn finish(self) -> String {
        let head = [
            Node::of("title", &self.title),
            Node::new("meta").set("name", "viewport").set("content", "width=device-width"),
            Node::new("meta").set("http-equiv", "Content-Security-Policy").set("content", POLICY),
            Node::of("style", STYLE),
        ];
        let body = Node::new("body")
            .with(Node::of("h1", &self.title))
            .with(Node::new("nav").with_all(self.contents))
            .with_all(self.body);
        html_file("en", head, body)
    }
}

const POLICY: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

const STYLE: &str = "\
:root{color-scheme:light}\
body{font:15px/1.5 system-ui,sans-serif;color:#1b1f24;background:#fff;max-width:62rem;margin:2rem auto;padding:0 1rem}\
h1{font-size:1.6rem}h2{margin-top:2.2rem;border-bottom:1px solid #c9d1d9}\
nav a{margin-right:.8rem}\
table{border-collapse:collapse;margin:1rem 0;font-size:.88rem;width:100%}\
caption{text-align:left;font-weight:600;padding:.3rem 0}\
th,td{border-bottom:1px solid #d8dee4;padding:.25rem .6rem .25rem 0;text-align:left;vertical-align:top}\
td{font-variant-numeric:tabular-nums}\
.warning{border-left:4px solid #b35900;background:#fff6e9;padding:.5rem .8rem;font-weight:600}\
figure{margin:1rem 0;break-inside:avoid}figure svg{max-width:100%;height:auto}\
.pictures div{display:flex;flex-wrap:wrap;gap:4px;background:#000;padding:4px}.pictures img{height:150px}\
figcaption{font-size:.88rem}\
@media print{nav{display:none}body{margin:0;max-width:none;font-size:10pt}table,figure{break-inside:avoid}h2{break-after:avoid}}";
