//! The report of one newborn: what it says and in which order. One page of A4 or Letter, by `www/report.css`.

use super::node::{Node, html_file};
use crate::fault::Notice;
use crate::language::{Language, Text, number};
use crate::model::{CamPeaks, Check, ModelIdentity, Points, Provenance, Sequence};
use crate::render::chart::{Figure, Palette, term_label};
use crate::render::{places, span};
use crate::text;
use base64::Engine as _;
use sha2::{Digest, Sha256};

/// Its style, in a file of its own as on the page.
pub const REPORT_STYLE: &str = include_str!("../../www/report.css");

/// What stands on it.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseReport {
    /// What the user calls the newborn, and wants to add.
    pub label: String,
    pub comment: String,
    /// Names of the files, where the user wants them in it.
    pub files: Option<[String; 2]>,
    /// When it was scanned and how old it was then, as the user types it.
    pub scan_date: String,
    pub scan_age: String,
    /// Time of the analysis, as the reader's locale writes it; empty: none is stated.
    pub time: String,
    /// What every number of the model says beside itself.
    pub caution: Text,
    pub content: Content,
    pub warnings: Vec<Notice>,
    pub checks: Vec<Check>,
    pub device: Text,
    pub model: ModelIdentity,
    /// Headings and texts of the model card, those that the report has room for.
    pub card: Vec<(Text, Text)>,
    pub provenance: Provenance,
    /// Three planes of each image.
    pub pictures: Vec<Picture>,
    /// What holds of all of them: position, convention.
    pub pictures_words: Vec<Text>,
    /// Colour scale of each overlay.
    pub bars: Vec<Bar>,
}

/// An answer or a refusal.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    Answer(Box<Verdict>),
    /// Why there is no number, and what to do.
    Refusal(Vec<Text>),
}

/// What an answer says.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    pub probability: Text,
    /// What stands across it, as long as it holds of no patient.
    pub void: Option<Text>,
    /// In which population it is that.
    pub population: Text,
    /// Names and values beside it.
    pub facts: Vec<(Text, Text)>,
    pub neighbours: Text,
    pub points: Points,
    pub peaks: CamPeaks,
    pub gauge: Drawing,
    pub reliability: Drawing,
}

/// A chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawing {
    /// A `data:` address.
    pub address: String,
    /// The same facts in words.
    pub alternative: String,
    /// Width and height, which give it its room before it is loaded.
    pub size: [f64; 2],
}

impl Drawing {
    /// A figure in the colours of paper; `id` tells its parts from those of others in the same page.
    #[must_use]
    pub fn of(figure: Figure, id: &str) -> Self {
        let svg = base64::engine::general_purpose::STANDARD.encode(figure.svg(&Palette::LIGHT, id));
        let address = format!("data:image/svg+xml;base64,{svg}");
        Self { address, size: figure.svg_size(), alternative: figure.description }
    }
}

/// One picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// A `data:` address.
    pub address: String,
    pub caption: Text,
}

/// A colour scale.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// A `data:` address.
    pub address: String,
    pub low: Text,
    pub high: Text,
    pub words: Text,
}

impl CaseReport {
    /// The page, in a language. `fit` tells `www/report.css` how tight it is.
    #[must_use]
    pub fn page(&self, language: &Language, fit: &str) -> Node {
        let say = Say(language);
        Node::new("article")
            .class("report")
            .set("data-fit", fit)
            .set("lang", language.tag())
            .with(say.head(self))
            .with(match &self.content {
                Content::Answer(verdict) => say.answer(verdict),
                Content::Refusal(reasons) => say.refusal(reasons),
            })
            .with(say.warnings(&self.warnings))
            .with(say.images(self))
            .with(
                Node::new("section")
                    .class(if self.verdict().is_some() { "r-row r-context" } else { "" })
                    .with_all(self.verdict().map(|v| say.calibration(v)))
                    .with(say.checks(&self.checks)),
            )
            .with(Node::new("section").class("r-row").with(say.card(self)).with(say.provenance(self)))
            .with(say.signature())
    }

    /// One file that loads nothing: its policy allows its own style and pictures within it, and nothing else.
    #[must_use]
    pub fn file(&self, page: Node, language: &Language, title: &str, style: &str) -> String {
        let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(style.as_bytes()));
        let policy = format!(
            "default-src 'none'; img-src data:; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'"
        );
        let head = [
            Node::new("meta").set("http-equiv", "Content-Security-Policy").set("content", policy),
            Node::new("meta").set("name", "viewport").set("content", "width=device-width, initial-scale=1"),
            Node::of("title", title),
            Node::of("style", style),
        ];
        html_file(language.tag(), head, Node::new("body").class("report-file").with(page))
    }

    fn verdict(&self) -> Option<&Verdict> {
        match &self.content {
            Content::Answer(verdict) => Some(verdict),
            Content::Refusal(_) => None,
        }
    }
}

/// Makes nodes of texts in a language.
struct Say<'a>(&'a Language);

impl Say<'_> {
    fn of(&self, tag: &'static str, text: &Text) -> Node {
        Node::of(tag, self.0.say(text))
    }

    fn sentence(&self, tag: &'static str, text: &Text) -> Node {
        Node::of(tag, self.0.sentence(text))
    }

    fn block(&self, class: &str, heading: &Text) -> Node {
        Node::new("div").class(class).with(self.of("h2", heading))
    }

    fn pairs<'a>(&self, pairs: impl IntoIterator<Item = (Text, Node)>) -> Node
    where
        Self: 'a,
    {
        Node::new("dl").with_all(
            pairs.into_iter().flat_map(|(name, value)| [self.of("dt", &name), Node::new("dd").with(value)]),
        )
    }

    fn words(&self, text: &Text) -> Node {
        Node::Words(self.0.say(text))
    }

    fn table(&self, header: &[Text], rows: impl IntoIterator<Item = Vec<Node>>) -> Node {
        let head = header.iter().map(|h| self.of("th", h).set("scope", "col"));
        Node::new("table")
            .with(Node::new("thead").with(Node::new("tr").with_all(head)))
            .with(Node::new("tbody").with_all(rows.into_iter().map(|cells| Node::new("tr").with_all(cells))))
    }

    fn head(&self, report: &CaseReport) -> Node {
        let nameless = text!("no label given");
        let label = match report.label.trim() {
            "" => self.of("p", &nameless).class("r-label r-nameless"),
            label => Node::of("p", label).class("r-label"),
        };
        let weight = number(report.provenance.birth_weight_g, 0);
        let mut facts = vec![(text!("Birth weight"), self.words(&text!("{grams} g", grams = weight)))];
        for (name, said) in [
            (text!("Analysed"), report.time.as_str()),
            (text!("Date of the scan"), report.scan_date.trim()),
            (text!("Age at the scan"), report.scan_age.trim()),
        ] {
            if !said.is_empty() {
                facts.push((name, Node::Words(said.to_owned())));
            }
        }
        facts.extend(
            report
                .provenance
                .covariates
                .iter()
                .map(|(term, value)| (term_label(term), Node::Words(value.to_string()))),
        );
        let comment = match report.comment.trim() {
            "" => None,
            comment => Some(Node::of("p", comment).class("r-comment")),
        };
        let banner = text!("Research use only. Not a medical device.");
        let banner = Text::sentences([banner, report.caution.clone()]);
        Node::new("header")
            .with(Node::new("div").class("r-title").with(Node::of("strong", "HIELight")).with(self.of(
                "span",
                &text!("Probability of hypoxic-ischemic encephalopathy from T1w, T2w and birth weight"),
            )))
            .with(Node::new("p").class("r-banner").with(self.words(&banner)))
            .with(Node::new("div").class("r-who").with(label).with(self.pairs(facts)))
            .with_all(comment)
    }

    fn answer(&self, verdict: &Verdict) -> Node {
        let facts = verdict.facts.iter().map(|(name, value)| (name.clone(), self.words(value)));
        let left = Node::new("div")
            .class("r-answer")
            .with(self.of("h1", &text!("Probability of HIE")))
            .with(
                Node::new("p")
                    .class("r-number")
                    .with(self.words(&verdict.probability))
                    .with_all(verdict.void.as_ref().map(|void| self.of("span", void).class("r-void"))),
            )
            .with(self.of("p", &verdict.population).class("r-population"))
            .with(self.pairs(facts))
            .with(self.of("p", &verdict.neighbours).class("r-neighbours"));
        Node::new("section").class("r-row r-result").with(left).with(figure(&verdict.gauge))
    }

    fn refusal(&self, reasons: &[Text]) -> Node {
        Node::new("section")
            .class("r-refusal")
            .with(self.of("h1", &text!("No probability is given.")))
            .with_all(reasons.iter().map(|reason| self.sentence("p", reason)))
    }

    fn images(&self, report: &CaseReport) -> Node {
        let pictures = report.pictures.iter().map(|picture| {
            let caption = self.0.say(&picture.caption);
            let image = Node::new("img").set("src", &picture.address).set("alt", &caption);
            Node::new("figure").with(image).with(Node::of("figcaption", caption))
        });
        let bars = report.bars.iter().map(|bar| {
            let image = Node::new("img").set("src", &bar.address).set("alt", self.0.say(&bar.words));
            let scale = Node::new("p").class("r-bar");
            let scale = scale.with(self.of("span", &bar.low)).with(image).with(self.of("span", &bar.high));
            Node::new("div").with(scale).with(self.of("p", &bar.words))
        });
        let words = report.pictures_words.iter().map(|words| self.sentence("p", words));
        let side = Node::new("div").class("r-side").with_all(report.verdict().map(|v| self.points(v)));
        let side = side.with_all(bars).with_all(words);
        Node::new("section")
            .class("r-row r-images")
            .with(Node::new("div").class("r-planes").with_all(pictures))
            .with(side)
    }

    fn points(&self, verdict: &Verdict) -> Node {
        let points = &verdict.points;
        let rows = points.terms.iter().map(|t| {
            vec![
                self.of("td", &term_label(&t.term)),
                self.of("td", &number(t.value, places(t.value)).into()),
                self.of("td", &number(t.points, 1).into()),
            ]
        });
        let total = self.of("td", &number(points.total, 1).into());
        let total = vec![self.of("td", &text!("Total")), Node::new("td"), total];
        let header = [text!("Nomogram term"), text!("Value"), text!("Points")];
        let peaks = Sequence::BOTH.into_iter().filter_map(|sequence| {
            let peak = verdict.peaks.strongest_of(sequence)?;
            let [r, a, s] = peak.ras_mm.map(|mm| number(mm, 0));
            let value = number(peak.value, 3);
            let words = text!(
                "{sequence} peak: {value} log-odds per ml at R {r}, A {a}, S {s} mm",
                sequence = sequence.suffix(),
                value,
                r,
                a,
                s
            );
            let words = match peak.region {
                Some(region) => text!("{peak} ({region})", peak = words, region = region.name()),
                None => words,
            };
            Some(self.of("p", &words))
        });
        Node::new("div").with(self.table(&header, rows.chain([total]))).with_all(peaks)
    }

    fn calibration(&self, verdict: &Verdict) -> Node {
        Node::new("div").class("r-calibration").with(figure(&verdict.reliability))
    }

    fn checks(&self, checks: &[Check]) -> Node {
        let rows = checks.iter().map(|check| {
            let shown = |value: f64| Text::from(number(value, places(check.value)));
            let what = match check.doubt() {
                Some(doubt) => text!("{check} ({doubt})", check = check.name(), doubt),
                None => check.name(),
            };
            let [low, high] = check.training.map(shown);
            vec![
                self.of("td", &what),
                self.of("td", &shown(check.value)),
                self.of("td", &number(check.percentile, 0).into()),
                self.of("td", &span(low, high)),
            ]
        });
        let header = [text!("Check"), text!("Value"), text!("Percentile"), text!("Training")];
        self.block("r-checks", &text!("Is this newborn like those of training?"))
            .with(self.table(&header, rows))
    }

    fn warnings(&self, warnings: &[Notice]) -> Node {
        let items = warnings.iter().map(|w| self.sentence("li", &Text::from(&w.message)));
        let none = warnings.is_empty().then(|| self.sentence("li", &text!("None")));
        self.block("r-warnings", &text!("Warnings")).with(Node::new("ul").with_all(items).with_all(none))
    }

    fn card(&self, report: &CaseReport) -> Node {
        let pairs = report.card.iter().map(|(heading, text)| (heading.clone(), self.words(text)));
        self.block("r-card", &text!("Model card, excerpt")).with(self.pairs(pairs))
    }

    /// Where a reader signs.
    fn signature(&self) -> Node {
        let field = |name: Text| self.of("span", &name);
        let fields = [text!("Read by"), text!("Date"), text!("Signature")];
        Node::new("div").class("r-signature").with_all(fields.map(field))
    }

    fn provenance(&self, report: &CaseReport) -> Node {
        let p = &report.provenance;
        let image = |i: usize, hash: &str| {
            let name = report.files.as_ref().map(|files| Node::Words(format!("{} ", files[i])));
            Node::new("span").with_all(name).with(Node::of("code", format!("SHA-256 {hash}")))
        };
        let model = Node::new("span")
            .with(Node::Words(format!("{} ", report.model.name)))
            .with(Node::of("code", format!("SHA-256 {}", report.model.sha256)));
        self.block("r-provenance", &text!("Provenance")).with(self.pairs([
            ("T1w".into(), image(0, &p.inputs.T1w.sha256)),
            ("T2w".into(), image(1, &p.inputs.T2w.sha256)),
            (text!("Model"), model),
            (text!("Computed by"), self.words(&report.device)),
            (text!("Software"), Node::Words(format!("HIELight {}", p.hielight))),
        ]))
    }
}

fn figure(drawing: &Drawing) -> Node {
    let [width, height] = drawing.size.map(|pixels| format!("{pixels:.0}"));
    let image = Node::new("img").set("src", &drawing.address).set("alt", &drawing.alternative);
    Node::new("figure").class("r-chart").with(image.set("width", width).set("height", height))
}
