//! The catalogues: for each language, English templates and what they are there.

use include_dir::{Dir, include_dir};
use std::collections::HashMap;

static FOLDER: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/language");

/// Where the catalogue keeps what is no text but a habit of the language, by its gettext context.
const HABIT: &str = "habit";

/// A language. The default one is English, which needs no catalogue.
#[derive(Debug, Clone)]
pub struct Language {
    tag: String,
    name: String,
    texts: HashMap<String, String>,
    decimal_point: String,
    full_stop: String,
    between_sentences: String,
}

impl Default for Language {
    fn default() -> Self {
        Self {
            tag: "en".into(),
            name: "English".into(),
            texts: HashMap::new(),
            decimal_point: ".".into(),
            full_stop: ".".into(),
            between_sentences: " ".into(),
        }
    }
}

impl Language {
    /// Every language: English first, then those of the catalogues by their tags.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let catalogues = FOLDER.files().filter(|f| f.path().extension().is_some_and(|e| e == "po"));
        let mut others: Vec<Self> = catalogues
            .filter_map(|file| {
                let tag = file.path().file_stem()?.to_str()?;
                Self::read(tag, file.contents())
            })
            .collect();
        others.sort_by(|a, b| a.tag.cmp(&b.tag));
        [vec![Self::default()], others].concat()
    }

    /// From a catalogue in gettext's PO format; `None` where it is not one.
    pub(super) fn read(tag: &str, po: &[u8]) -> Option<Self> {
        let catalogue = polib::po_file::parse_from_reader(po).ok()?;
        let mut language = Self { tag: tag.to_owned(), ..Self::default() };
        for message in catalogue.messages().filter(|m| m.is_singular() && m.is_translated()) {
            let (english, own) = (message.msgid().to_owned(), message.msgstr().ok()?.to_owned());
            if message.msgctxt() != Some(HABIT) {
                language.texts.insert(english, own);
                continue;
            }
            // An empty one can't be told from one that is missing: a word stands for it.
            let own = if own == "nothing" { String::new() } else { own };
            match english.as_str() {
                "name of the language" => language.name = own,
                "decimal point" => language.decimal_point = own,
                "full stop" => language.full_stop = own,
                "between sentences" => language.between_sentences = own,
                _ => {}
            }
        }
        Some(language)
    }

    /// The BCP 47 tag.
    #[must_use]
    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// Its own name for itself.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The English templates that it has a text for.
    pub fn templates(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts.iter().map(|(english, own)| (english.as_str(), own.as_str()))
    }

    pub(super) fn translated(&self, english: &str) -> Option<&str> {
        self.texts.get(english).map(String::as_str)
    }

    pub(super) fn decimal_point(&self) -> &str {
        &self.decimal_point
    }

    pub(super) fn between_sentences(&self) -> &str {
        &self.between_sentences
    }

    pub(super) fn stopped(&self, whole: String) -> String {
        if whole.is_empty() || whole.ends_with(['.', '!', '?', '。', '！', '？']) {
            whole
        } else {
            whole + &self.full_stop
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::{Text, number};
    use crate::text;

    const PO: &str = "msgid \"\"\nmsgstr \"Content-Type: text/plain; charset=UTF-8\\n\"\n\n\
        msgctxt \"habit\"\nmsgid \"decimal point\"\nmsgstr \",\"\n\n\
        msgctxt \"habit\"\nmsgid \"between sentences\"\nmsgstr \"nothing\"\n\n\
        msgctxt \"habit\"\nmsgid \"full stop\"\nmsgstr \"。\"\n\n\
        msgid \"within {mm} mm\"\nmsgstr \"{mm} mm 以内\"\n";

    #[test]
    fn are_words_and_numbers_those_of_the_catalogue() {
        let language = Language::read("xx", PO.as_bytes()).unwrap();
        let near = text!("within {mm} mm", mm = number(1.5, 1));
        assert_eq!(language.say(&near), "1,5 mm 以内");
        let both = [near, text!("not there")];
        assert_eq!(language.paragraph(&both), "1,5 mm 以内。not there。");
        assert_eq!(language.say(&Text::sentences(both)), "1,5 mm 以内。Not there。");
    }
}
