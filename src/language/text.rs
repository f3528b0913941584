//! A text that is not yet in any language: an English template and what it holds.

use super::Language;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

/// A text: an English template whose `{names}` stand for values. [`fmt::Display`] is the English;
/// [`Language::say`](super::Language::say) gives any language's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// The English template, or, `None`, nothing that is ever translated: a file's name, a number.
    template: Option<Cow<'static, str>>,
    values: Vec<(Cow<'static, str>, Value)>,
}

/// What a template's name stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Value {
    /// As it is, in every language.
    Words(String),
    /// A decimal number, in English digits: its decimal point is the language's.
    Number(String),
    /// Another text.
    Text(Box<Text>),
    /// Another text as a sentence: with its capital letter, its full stop, and a space before it where there is
    /// something before it.
    Sentence(Box<Text>),
}

/// About how wide a text is, in letters of the Latin alphabet: full-width ones count twice.
#[must_use]
pub fn columns(text: &str) -> usize {
    unicode_width::UnicodeWidthStr::width(text)
}

/// A number with that many decimals, for a text.
#[must_use]
pub fn number(value: f64, digits: usize) -> Value {
    Value::Number(format!("{value:.digits$}"))
}

impl Text {
    /// From a template and its values; [`text!`](crate::text) is how it is written.
    #[must_use]
    pub fn new(template: &'static str, values: Vec<(&'static str, Value)>) -> Self {
        debug_assert!(
            names(template).count() == values.len()
                && names(template).all(|n| values.iter().any(|v| v.0 == n)),
            "{template} and its values don't fit"
        );
        let values = values.into_iter().map(|(name, value)| (name.into(), value)).collect();
        Self { template: Some(template.into()), values }
    }

    /// An English text that has no values and was found at run time, such as in the document.
    #[must_use]
    pub fn found(english: &str) -> Self {
        Self { template: Some(english.to_owned().into()), values: Vec::new() }
    }

    /// Several texts or numbers as one, with nothing between them.
    #[must_use]
    pub fn joined(parts: impl IntoIterator<Item = Value>) -> Self {
        Self { template: None, values: parts.into_iter().map(|v| (Cow::Borrowed(""), v)).collect() }
    }

    /// Several texts, each as a sentence, as one paragraph.
    #[must_use]
    pub fn sentences(texts: impl IntoIterator<Item = Self>) -> Self {
        Self::joined(texts.into_iter().map(|t| Value::Sentence(Box::new(t))))
    }

    /// Whether nothing would be read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.to_string().is_empty()
    }

    /// The words in a language.
    pub(super) fn said(&self, language: &Language) -> String {
        let mut out = String::new();
        let Some(template) = &self.template else {
            self.values.iter().for_each(|(_, value)| value.say(language, &mut out));
            return out;
        };
        let mut rest = language.template(template);
        while let Some((before, (name, after))) =
            rest.split_once('{').and_then(|(b, r)| r.split_once('}').map(|n| (b, n)))
        {
            out.push_str(before);
            match self.values.iter().find(|(n, _)| n == name) {
                Some((_, value)) => value.say(language, &mut out),
                // No name of ours: it stands as it was written.
                None => out.push_str(&format!("{{{name}}}")),
            }
            rest = after;
        }
        out.push_str(rest);
        out
    }
}

impl Value {
    /// Writes the words in a language behind what there is.
    fn say(&self, language: &Language, out: &mut String) {
        match self {
            Self::Words(words) => out.push_str(words),
            Self::Number(number) => out.push_str(&number.replace('.', &language.decimal_point)),
            Self::Text(text) => out.push_str(&text.said(language)),
            Self::Sentence(text) => {
                let sentence = language.sentence(text);
                if !out.is_empty() && !sentence.is_empty() {
                    out.push_str(&language.between_sentences);
                }
                out.push_str(&sentence);
            }
        }
    }
}

/// The `{names}` of a template.
fn names(template: &str) -> impl Iterator<Item = &str> {
    template.split('{').skip(1).filter_map(|part| part.split_once('}').map(|(name, _)| name))
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.said(&Language::default()))
    }
}

impl From<&str> for Text {
    fn from(words: &str) -> Self {
        Self::joined([words.into()])
    }
}

impl From<String> for Text {
    fn from(words: String) -> Self {
        Self::joined([words.into()])
    }
}

impl From<&String> for Text {
    fn from(words: &String) -> Self {
        Self::joined([words.into()])
    }
}

impl From<&&str> for Text {
    fn from(words: &&str) -> Self {
        Self::from(*words)
    }
}

impl From<&Self> for Text {
    fn from(text: &Self) -> Self {
        text.clone()
    }
}

impl From<Value> for Text {
    fn from(value: Value) -> Self {
        Self::joined([value])
    }
}

impl From<Text> for Value {
    fn from(text: Text) -> Self {
        Self::Text(Box::new(text))
    }
}

impl From<&Text> for Value {
    fn from(text: &Text) -> Self {
        Self::Text(Box::new(text.clone()))
    }
}

impl From<&str> for Value {
    fn from(words: &str) -> Self {
        Self::Words(words.to_owned())
    }
}

impl From<String> for Value {
    fn from(words: String) -> Self {
        Self::Words(words)
    }
}

impl From<&String> for Value {
    fn from(words: &String) -> Self {
        Self::Words(words.clone())
    }
}

/// Whole numbers: no decimal point to translate.
macro_rules! whole {
    ($($kind:ty),*) => { $(impl From<$kind> for Value {
        fn from(n: $kind) -> Self {
            Self::Words(n.to_string())
        }
    })* };
}
whole!(usize, u64, u32, i16, i32, i64);

/// A text to be read by people: an English template and the values of its `{names}`, each given as
/// `name = value` or, where a variable has that name, as `name`. The template is the key of the catalogues.
#[macro_export]
macro_rules! text {
    ($template:literal $(, $name:ident $(= $value:expr)?)* $(,)?) => {
        $crate::language::Text::new($template, vec![$((stringify!($name), $crate::text!(@ $name $(= $value)?))),*])
    };
    (@ $name:ident) => { $crate::language::Value::from($name) };
    (@ $name:ident = $value:expr) => { $crate::language::Value::from($value) };
}

/// A document with each text in it as its English: what leaves HIELight for other programs.
#[must_use]
pub fn in_english(document: serde_json::Value) -> serde_json::Value {
    use serde_json::Value as Json;
    match document {
        Json::Object(fields) if fields.len() == 2 && fields.contains_key("template") => {
            let text = Json::Object(fields);
            match serde_json::from_value::<Text>(text.clone()) {
                Ok(text) => Json::String(text.to_string()),
                Err(_) => text,
            }
        }
        Json::Object(fields) => Json::Object(fields.into_iter().map(|(k, v)| (k, in_english(v))).collect()),
        Json::Array(items) => Json::Array(items.into_iter().map(in_english).collect()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn does_each_name_get_its_value() {
        let sequence = "T1w";
        let text = text!("{sequence}: {n} slices, {mm} mm apart", sequence, n = 3_usize, mm = number(2.5, 1));
        assert_eq!(text.to_string(), "T1w: 3 slices, 2.5 mm apart");
        assert_eq!(Text::sentences([text!("a"), "".into(), text!("b?")]).to_string(), "A. B?");
    }

    #[test]
    fn does_a_text_cross_the_worker_boundary_and_leave_as_english() {
        let text = text!("the {n} slices", n = 7_usize);
        let wire = serde_json::to_value(vec![&text]).unwrap();
        assert_eq!(serde_json::from_value::<Vec<Text>>(wire.clone()).unwrap(), [text]);
        assert_eq!(in_english(wire), serde_json::json!(["the 7 slices"]));
    }
}
