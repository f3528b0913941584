//! A text that is not yet in any language: an English template and what it holds.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A text: an English template whose `{names}` stand for values. [`Display`](std::fmt::Display) is the English;
/// [`Language::say`](super::Language::say) gives any language's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// The English template, or, `None`, nothing that is ever translated: a file's name, a number.
    pub(super) template: Option<Cow<'static, str>>,
    pub(super) values: Vec<(Cow<'static, str>, Value)>,
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
    /// Another text as a sentence of its own; sentences side by side are kept apart as the language does it.
    Sentence(Box<Text>),
}

/// About how wide a text is, in letters of the Latin alphabet: full-width ones count twice.
#[must_use]
pub fn columns(text: &str) -> usize {
    unicode_width::UnicodeWidthStr::width(text)
}

/// Words broken into lines of at most so many columns: full-width letters anywhere, others at a space.
#[must_use]
pub fn lines(words: &str, most: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in words.split_inclusive(|c: char| c.is_whitespace() || columns(c.encode_utf8(&mut [0; 4])) > 1)
    {
        match lines.last_mut() {
            Some(line) if columns(line) + columns(word.trim_end()) <= most => line.push_str(word),
            _ => lines.push(word.to_owned()),
        }
    }
    lines.iter_mut().for_each(|line| line.truncate(line.trim_end().len()));
    lines
}

/// A number with that many decimals, for a text: never a zero with a sign.
#[must_use]
pub fn number(value: f64, digits: usize) -> Value {
    let text = format!("{value:.digits$}");
    let zero = text.bytes().all(|b| matches!(b, b'-' | b'0' | b'.'));
    Value::Number(if zero { text.replace('-', "") } else { text })
}

/// The same with its sign, also where it is positive.
#[must_use]
pub fn signed(value: f64, digits: usize) -> Value {
    Value::Number(format!("{value:+.digits$}"))
}

impl Value {
    /// A text as a sentence of its own within another text.
    #[must_use]
    pub fn sentence(text: impl Into<Text>) -> Self {
        Self::Sentence(Box::new(text.into()))
    }
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
        let texts = texts.into_iter().filter(|t| !t.is_empty());
        Self::joined(texts.map(Value::sentence))
    }

    /// The text that this one's template gave in English, its values read back; `None` where it gave another.
    #[must_use]
    pub fn read(&self, english: &str) -> Option<Self> {
        let template = self.template.as_deref()?;
        let (mut values, mut open) = (Vec::new(), None);
        let mut rest = english;
        let mut parts = template.split('{').peekable();
        while let Some(part) = parts.next() {
            let (name, literal) = part.split_once('}').map_or((None, part), |(n, l)| (Some(n), l));
            if let Some(name) = name {
                open = Some(name.to_owned());
            }
            // The last literal ends the text: what stands before it is the last value.
            let at = if parts.peek().is_none() && rest.ends_with(literal) {
                rest.len() - literal.len()
            } else {
                rest.find(literal)?
            };
            let (value, after) = (&rest[..at], &rest[at + literal.len()..]);
            match open.take() {
                Some(name) if value.parse::<f64>().is_ok() => {
                    values.push((name.into(), Value::Number(value.to_owned())));
                }
                Some(name) => values.push((name.into(), Value::Words(value.to_owned()))),
                None if at > 0 => return None,
                None => {}
            }
            rest = after;
        }
        rest.is_empty().then(|| Self { template: self.template.clone(), values })
    }

    /// Whether it is the same in every language: a name, a file, a site's own words.
    #[must_use]
    pub fn is_verbatim(&self) -> bool {
        self.template.is_none() && self.values.iter().all(|(_, value)| matches!(value, Value::Words(_)))
    }

    /// Whether nothing would be read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.to_string().is_empty()
    }
}

/// The `{names}` of a template.
fn names(template: &str) -> impl Iterator<Item = &str> {
    template.split('{').skip(1).filter_map(|part| part.split_once('}').map(|(name, _)| name))
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

/// The shortest decimals that read back as the same number.
macro_rules! shortest {
    ($($kind:ty),*) => { $(impl From<$kind> for Value {
        fn from(n: $kind) -> Self {
            Self::Number(n.to_string())
        }
    })* };
}
shortest!(f32, f64);

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
    (@ $name:ident) => { ::std::convert::Into::<$crate::language::Value>::into($name) };
    (@ $name:ident = $value:expr) => { ::std::convert::Into::<$crate::language::Value>::into($value) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;

    /// A language of these templates and a decimal comma.
    fn language(texts: &[(&str, &str)]) -> Language {
        let habit =
            |name: &str, own: &str| format!("msgctxt \"habit\"\nmsgid \"{name}\"\nmsgstr \"{own}\"\n\n");
        let entry = |(a, b): &(&str, &str)| format!("msgid \"{a}\"\nmsgstr \"{b}\"\n\n");
        let head = "msgid \"\"\nmsgstr \"Content-Type: text/plain; charset=UTF-8\\n\"\n\n".to_owned();
        let habits =
            habit("decimal point", ",") + &habit("full stop", "!") + &habit("between sentences", "-");
        let po = head + &habits + &texts.iter().map(entry).collect::<String>();
        Language::read("xx", po.as_bytes()).unwrap()
    }

    #[test]
    fn does_each_name_get_its_value() {
        let sequence = "T1w";
        let text = text!("{sequence}: {n} slices, {mm} mm apart", sequence, n = 3_usize, mm = number(2.5, 1));
        assert_eq!(text.to_string(), "T1w: 3 slices, 2.5 mm apart");
        let german = language(&[(
            "{sequence}: {n} slices, {mm} mm apart",
            "{mm} mm zwischen {n} Schichten ({sequence})",
        )]);
        assert_eq!(german.say(&text), "2,5 mm zwischen 3 Schichten (T1w)");
    }

    #[test]
    fn is_a_text_within_a_text_translated_too() {
        let text = text!("{side} of the threshold", side = text!("above"));
        let shout = language(&[("{side} of the threshold", "{side} OF THE THRESHOLD"), ("above", "ABOVE")]);
        assert_eq!(shout.say(&text), "ABOVE OF THE THRESHOLD");
        assert_eq!(shout.say(&Text::from("a file's name")), "a file's name");
    }

    #[test]
    fn are_sentences_within_a_text_those_of_the_language() {
        let texts = Text::sentences([text!("one"), Text::default(), text!("two.")]);
        assert_eq!(texts.to_string(), "One. Two.");
        let other = language(&[("one", "eins"), ("two.", "zwei.")]);
        assert_eq!(other.say(&texts), "Eins!-Zwei.");
    }

    #[test]
    fn is_a_text_read_back_from_its_english() {
        let template = |n: Value, rest: &str| text!("{n} of {rest}, seen", n, rest);
        let prototype = template("".into(), "");
        let read = prototype.read("2.5 of 3, seen, and 4, seen").unwrap();
        assert_eq!(read, template(number(2.5, 1), "3, seen, and 4"));
        assert_eq!(
            text!("AUC {auc}", auc = "").read("AUC 0.5"),
            Some(text!("AUC {auc}", auc = number(0.5, 1)))
        );
        assert_eq!(prototype.read("2.5 of 3, seen."), None);
        assert_eq!(text!("AUC {auc}", auc = "").read("the AUC 0.5"), None);
        assert_eq!((text!("one").read("one"), text!("one").read("one more")), (Some(text!("one")), None));
    }

    #[test]
    fn does_a_text_cross_the_worker_boundary() {
        let text = text!("the {n} slices", n = 7_usize);
        let wire = serde_json::to_value(vec![&text]).unwrap();
        assert_eq!(serde_json::from_value::<Vec<Text>>(wire).unwrap(), [text]);
    }

    #[test]
    fn has_a_number_that_rounds_to_zero_no_sign() {
        let said = |v: f64, digits| Text::from(number(v, digits)).to_string();
        assert_eq!([said(-0.3, 0), said(-0.004, 2), said(-0.3, 1)], ["0", "0.00", "-0.3"]);
    }
}
