//! A page of HTML that needs nothing but itself: no script, no font, no address.

use crate::render::chart::escape;
use std::fmt::Write as _;

/// A document under construction: sections with headings, tables, paragraphs, figures.
pub struct Document {
    title: String,
    body: String,
    /// Headings with their anchors, for the contents.
    sections: Vec<(String, String)>,
}

impl Document {
    pub fn new(title: &str) -> Self {
        Self { title: title.to_owned(), body: String::new(), sections: vec![] }
    }

    /// Starts a section.
    pub fn section(&mut self, anchor: &str, heading: &str) {
        self.sections.push((anchor.to_owned(), heading.to_owned()));
        let _ = writeln!(self.body, "<h2 id=\"{anchor}\">{}</h2>", escape(heading));
    }

    pub fn heading(&mut self, heading: &str) {
        let _ = writeln!(self.body, "<h3>{}</h3>", escape(heading));
    }

    pub fn paragraph(&mut self, text: &str) {
        let _ = writeln!(self.body, "<p>{}</p>", escape(text));
    }

    /// What must not be overlooked.
    pub fn warning(&mut self, text: &str) {
        let _ = writeln!(self.body, "<p class=\"warning\">{}</p>", escape(text));
    }

    /// A table; the first cell of each row is its heading.
    pub fn table(&mut self, caption: &str, header: &[&str], rows: &[Vec<String>]) {
        let _ = writeln!(self.body, "<table><caption>{}</caption><thead><tr>", escape(caption));
        for cell in header {
            let _ = write!(self.body, "<th scope=\"col\">{}</th>", escape(cell));
        }
        self.body.push_str("</tr></thead><tbody>\n");
        for row in rows {
            self.body.push_str("<tr>");
            for (i, cell) in row.iter().enumerate() {
                let cell = escape(cell);
                let _ = if i == 0 {
                    write!(self.body, "<th scope=\"row\">{cell}</th>")
                } else {
                    write!(self.body, "<td>{cell}</td>")
                };
            }
            self.body.push_str("</tr>\n");
        }
        self.body.push_str("</tbody></table>\n");
    }

    /// A chart: an SVG element, which says itself what it shows.
    pub fn chart(&mut self, svg: &str) {
        let _ = writeln!(self.body, "<figure>{svg}</figure>");
    }

    /// Pictures side by side (PNG data addresses with their text alternatives) above one caption.
    pub fn pictures(&mut self, pictures: &[(String, String)], caption: &str) {
        self.body.push_str("<figure class=\"pictures\"><div>");
        for (address, alternative) in pictures {
            let _ = write!(self.body, "<img src=\"{address}\" alt=\"{}\">", escape(alternative));
        }
        let _ = writeln!(self.body, "</div><figcaption>{}</figcaption></figure>", escape(caption));
    }

    /// The whole file.
    pub fn finish(self) -> String {
        let title = escape(&self.title);
        let contents: String = self
            .sections
            .iter()
            .map(|(anchor, heading)| format!("<a href=\"#{anchor}\">{}</a> ", escape(heading)))
            .collect();
        format!(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">\n\
             <style>{STYLE}</style></head><body>\n<h1>{title}</h1>\n<nav>{contents}</nav>\n{}</body></html>\n",
            self.body
        )
    }
}

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
