//! A text's words in a language.

use super::catalogue::Language;
use super::text::{Text, Value};
use std::fmt;
use std::sync::LazyLock;

static ENGLISH: LazyLock<Language> = LazyLock::new(Language::default);

impl Language {
    /// A text in this language; English where the catalogue lacks it.
    #[must_use]
    pub fn say(&self, text: &Text) -> String {
        text.filled(self)
    }

    /// A text as a sentence: with its capital letter and its full stop.
    #[must_use]
    pub fn sentence(&self, text: &Text) -> String {
        let said = self.say(text);
        let mut letters = said.trim().chars();
        let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
        self.stopped(first + letters.as_str())
    }

    /// Several texts with their full stops, but as they begin: some begin with a name.
    #[must_use]
    pub fn paragraph<'a>(&self, texts: impl IntoIterator<Item = &'a Text>) -> String {
        let said: Vec<String> = texts.into_iter().map(|t| self.stopped(self.say(t))).collect();
        said.join(self.between_sentences())
    }
}

impl Text {
    /// The text in a language.
    fn filled(&self, language: &Language) -> String {
        let value = |value: &Value| match value {
            Value::Words(words) => words.clone(),
            Value::Number(number) => number.replace('.', language.decimal_point()),
            Value::Text(text) => text.filled(language),
            Value::Sentence(text) => language.sentence(text),
        };
        let Some(template) = &self.template else {
            let mut out = String::new();
            let mut before: Option<&Value> = None;
            for (_, part) in &self.values {
                if let (Some(Value::Sentence(_)), Value::Sentence(_)) = (before, part) {
                    out.push_str(language.between_sentences());
                }
                out.push_str(&value(part));
                before = Some(part);
            }
            return out;
        };
        let mut rest = language.translated(template).unwrap_or(template);
        let mut out = String::new();
        while let Some((before, (name, after))) =
            rest.split_once('{').and_then(|(b, r)| r.split_once('}').map(|n| (b, n)))
        {
            out.push_str(before);
            match self.values.iter().find(|(n, _)| n == name) {
                Some((_, v)) => out.push_str(&value(v)),
                // No name of ours: it stands as it was written.
                None => out.push_str(&format!("{{{name}}}")),
            }
            rest = after;
        }
        out.push_str(rest);
        out
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.filled(&ENGLISH))
    }
}
