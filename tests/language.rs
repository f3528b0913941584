//! Is every language complete? Each text of the code and of the page against each catalogue.

use hielight::language::Language;
use html5gum::{Token, Tokenizer};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Attributes that people read or hear; src/app/language.rs binds the same.
const ATTRIBUTES: [&str; 5] = ["aria-label", "title", "placeholder", "alt", "aria-valuetext"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every English template, with the place where it stands first.
fn templates() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for path in sources(&root().join("src")) {
        let text = std::fs::read_to_string(&path).unwrap();
        // What a file tests itself with is not for people.
        let text = text.split("#[cfg(test)]").next().unwrap();
        let place = path.strip_prefix(root()).unwrap().display().to_string();
        for (at, _) in text.match_indices("text!(") {
            if let Some(literal) = literal(&text[at + "text!(".len()..]) {
                found.entry(literal).or_insert_with(|| place.clone());
            }
        }
    }
    for text in page_texts(&std::fs::read_to_string(root().join("index.html")).unwrap()) {
        found.entry(text).or_insert_with(|| "index.html".to_owned());
    }
    found
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
        if entry.is_dir() {
            all.extend(sources(&entry));
        } else if entry.extension().is_some_and(|e| e == "rs") && !entry.ends_with("language/text.rs") {
            all.push(entry);
        }
    }
    all.sort();
    all
}

/// The string literal that the code starts with.
fn literal(code: &str) -> Option<String> {
    let mut letters = code.trim_start().strip_prefix('"')?.chars().peekable();
    let mut out = String::new();
    loop {
        match letters.next()? {
            '"' => return Some(out),
            '\\' => match letters.next()? {
                // A line that goes on: its indentation is none of the text.
                '\n' => while letters.next_if(|c| c.is_whitespace()).is_some() {},
                'n' => out.push('\n'),
                other => out.push(other),
            },
            other => out.push(other),
        }
    }
}

/// Each text node and each attribute that people read, but for what says `translate="no"`.
fn page_texts(html: &str) -> BTreeSet<String> {
    const VOID: [&str; 6] = ["meta", "link", "input", "br", "img", "hr"];
    let (mut texts, mut run) = (BTreeSet::new(), String::new());
    // For each open element, whether it is left alone.
    let mut open: Vec<bool> = Vec::new();
    let mut add = |text: &str| {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if text.contains(char::is_alphabetic) {
            texts.insert(text);
        }
    };
    for token in Tokenizer::new(html) {
        let token = token.unwrap();
        if let Token::String(text) = &token {
            run.push_str(&String::from_utf8_lossy(text));
            continue;
        }
        if !open.contains(&true) {
            add(&run);
        }
        run.clear();
        match token {
            Token::StartTag(tag) => {
                let get = |name: &str| {
                    tag.attributes.get(name.as_bytes()).map(|v| String::from_utf8_lossy(v).into_owned())
                };
                let name = String::from_utf8_lossy(&tag.name).into_owned();
                let left_alone = get("translate").as_deref() == Some("no")
                    || ["script", "style", "link", "meta"].contains(&&*name);
                if !left_alone && !open.contains(&true) {
                    ATTRIBUTES.iter().filter_map(|a| get(a)).for_each(|text| add(&text));
                }
                if !VOID.contains(&&*name) {
                    open.push(left_alone);
                }
            }
            Token::EndTag(_) => {
                open.pop();
            }
            _ => {}
        }
    }
    texts
}

fn names(template: &str) -> BTreeSet<&str> {
    template.split('{').skip(1).filter_map(|part| part.split_once('}').map(|n| n.0)).collect()
}

/// A catalogue's entry, to be filled in.
fn entry(english: &str, place: &str) -> String {
    let quoted = english.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("#: {place}\nmsgid \"{quoted}\"\nmsgstr \"\"\n")
}

#[test]
fn does_every_catalogue_hold_every_text_and_none_besides() {
    let templates = templates();
    let languages = Language::all();
    assert!(languages.len() > 1, "no catalogue was found");
    for language in languages.iter().skip(1) {
        let own: BTreeMap<&str, &str> = language.templates().collect();
        let missing: Vec<String> = templates
            .iter()
            .filter(|t| !own.contains_key(&**t.0))
            .map(|(t, place)| entry(t, place))
            .collect();
        let unused: Vec<&&str> = own.keys().filter(|t| !templates.contains_key(**t)).collect();
        assert!(
            missing.is_empty() && unused.is_empty(),
            "{}.po lacks {}:\n\n{}\nand has these for nothing: {unused:#?}",
            language.tag(),
            missing.len(),
            missing.join("\n")
        );
    }
}

#[test]
fn does_every_text_stand_in_a_catalogue_once() {
    for path in std::fs::read_dir(root().join("src/language")).unwrap().map(|e| e.unwrap().path()) {
        if path.extension().is_none_or(|e| e != "po") {
            continue;
        }
        let catalogue = std::fs::read_to_string(&path).unwrap();
        let mut seen = BTreeSet::new();
        for entry in catalogue.split("\n\n") {
            let lines = |start: &str| entry.lines().filter(|l| l.starts_with(start)).collect::<Vec<_>>();
            let texts = [lines("msgid"), lines("msgstr")].map(|l| l.len());
            assert_eq!(texts, [1, 1], "{}: {entry}", path.display());
            let key = [lines("msgctxt"), lines("msgid")].concat();
            assert!(seen.insert(key), "{}: twice: {entry}", path.display());
        }
    }
}

#[test]
fn does_every_translation_keep_the_values_of_its_template() {
    for language in Language::all() {
        for (english, own) in language.templates() {
            assert_eq!(names(english), names(own), "{}: {english} -> {own}", language.tag());
        }
    }
}

#[test]
fn are_the_texts_of_a_page_found() {
    let html = "<p>One <b>two</b>\n  three</p><input aria-label='four'><i translate='no'>five</i><p>1.5</p>";
    assert_eq!(page_texts(html).into_iter().collect::<Vec<_>>(), ["One", "four", "three", "two"]);
    assert_eq!(literal(" \"a \\\"b\\\" \\\n    c\", x = 1)").as_deref(), Some("a \"b\" c"));
}
