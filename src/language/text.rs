//! A text that is not yet in any language: an English template and what it holds.

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

    /// Whether nothing would be read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.to_string().is_empty()
    }

    /// The text with another template in place of its own and another decimal point.
    pub(super) fn filled(&self, translate: &dyn Fn(&str) -> Option<String>, decimal_point: &str) -> String {
        let value = |value: &Value| match value {
            Value::Words(words) => words.clone(),
            Value::Number(number) => number.replace('.', decimal_point),
            Value::Text(text) => text.filled(translate, decimal_point),
        };
        let Some(template) = &self.template else {
            return self.values.iter().map(|(_, v)| value(v)).collect();
        };
        let translated = translate(template);
        let mut rest = translated.as_deref().unwrap_or(template);
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

/// The `{names}` of a template.
fn names(template: &str) -> impl Iterator<Item = &str> {
    template.split('{').skip(1).filter_map(|part| part.split_once('}').map(|(name, _)| name))
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.filled(&|_| None, "."))
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
        let german = |_: &str| Some("{mm} mm zwischen {n} Schichten ({sequence})".to_owned());
        assert_eq!(text.filled(&german, ","), "2,5 mm zwischen 3 Schichten (T1w)");
    }

    #[test]
    fn is_a_text_within_a_text_translated_too() {
        let text = text!("{side} of the threshold", side = text!("above"));
        let shout = |english: &str| Some(english.to_uppercase().replace("{SIDE}", "{side}"));
        assert_eq!(text.filled(&shout, "."), "ABOVE OF THE THRESHOLD");
        assert_eq!(Text::from("a file's name").filled(&shout, "."), "a file's name");
    }

    #[test]
    fn does_a_text_cross_the_worker_boundary_and_leave_as_english() {
        let text = text!("the {n} slices", n = 7_usize);
        let wire = serde_json::to_value(vec![&text]).unwrap();
        assert_eq!(serde_json::from_value::<Vec<Text>>(wire.clone()).unwrap(), [text]);
        assert_eq!(in_english(wire), serde_json::json!(["the 7 slices"]));
    }
}
