//! Tables as text: CSV with quotation marks, TSV without (as in BIDS). Every complaint names its line.

use crate::language::Text;
use crate::text;

/// How cells stand apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Commas; a cell in quotation marks may hold commas and line ends (RFC 4180).
    Csv,
    /// Tabs; a quotation mark is a character like any other (BIDS 1.10, tabular files).
    Tsv,
}

/// Letters of a column's name.
const LONGEST_NAME: usize = 200;

/// A table in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cells {
    /// Names of the columns; none stands twice.
    pub header: Vec<String>,
    /// Line number (the header is line 1) and one cell for each column.
    pub rows: Vec<(u64, Vec<String>)>,
    /// Of each row that has another number of cells; it is not among the rows.
    pub complaints: Vec<Text>,
}

/// The text of a file in UTF-8, without its mark.
///
/// # Errors
/// One sentence where it is in another encoding.
pub fn text(bytes: &[u8]) -> Result<&str, Text> {
    // Marks of UTF-16, or ASCII in it.
    let wide = matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]) || bytes.iter().take(64).any(|b| *b == 0);
    if wide {
        return Err(text!("it is in UTF-16: save it as UTF-8"));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|e| {
        let line = bytes.iter().take(e.valid_up_to()).filter(|b| **b == b'\n').count() + 1;
        text!("line {line} is not in UTF-8: save it as UTF-8", line)
    })
}

/// Reads a table; spaces around a cell do not count. No column stands twice.
///
/// # Errors
/// All complaints about the table as a whole.
pub fn read(text: &str, kind: Kind) -> Result<Cells, Vec<Text>> {
    if kind == Kind::Csv
        && let Some(line) = unclosed(text)
    {
        return Err(vec![text!("line {line}: a quotation mark opens a cell and none closes it", line)]);
    }
    let mut builder = csv::ReaderBuilder::new();
    builder.trim(csv::Trim::All).flexible(true);
    if kind == Kind::Tsv {
        builder.delimiter(b'\t').quoting(false);
    }
    let mut reader = builder.from_reader(text.as_bytes());
    let header: Vec<String> =
        reader.headers().map_err(|e| vec![e.to_string().into()])?.iter().map(str::to_owned).collect();
    let separators = [(';', text!("semicolons")), ('\t', text!("tabs")), (',', text!("commas"))];
    let apart = if kind == Kind::Csv { text!("commas") } else { text!("tabs") };
    if let [only] = header.as_slice()
        && let Some((_, found)) = separators.iter().find(|(c, name)| *name != apart && only.contains(*c))
    {
        return Err(vec![text!(
            "its columns are separated by {found}: save it with {apart} between them",
            found,
            apart
        )]);
    }
    // Names are kept with every cell.
    if let Some(name) = header.iter().find(|name| name.chars().count() > LONGEST_NAME) {
        let begin: String = name.chars().take(20).collect();
        return Err(vec![text!(
            "the column {begin}... has a name of more than {n} letters",
            begin,
            n = LONGEST_NAME
        )]);
    }
    let mut complaints = Vec::new();
    for (i, name) in header.iter().enumerate() {
        if header.iter().take(i).any(|h| h == name) {
            complaints.push(text!("the column {name} stands twice: keep the right one", name));
        }
    }
    if !complaints.is_empty() {
        return Err(complaints);
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| vec![e.to_string().into()])?;
        let line = record.position().map_or(0, csv::Position::line);
        if record.len() == header.len() {
            rows.push((line, record.iter().map(str::to_owned).collect()));
        } else {
            complaints.push(text!(
                "line {line}: it has {found} cells, the header {expected}",
                line,
                found = record.len(),
                expected = header.len()
            ));
        }
    }
    Ok(Cells { header, rows, complaints })
}

/// The line of a quotation mark that opens a cell and is not closed.
fn unclosed(text: &str) -> Option<u64> {
    let (mut line, mut opened, mut start) = (1, None, true);
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match (c, opened) {
            ('"', None) if start => opened = Some(line),
            // A doubled one stands for itself.
            ('"', Some(_)) if characters.peek() == Some(&'"') => drop(characters.next()),
            ('"', Some(_)) => opened = None,
            _ => {}
        }
        start = opened.is_none() && (matches!(c, ',' | '\n' | '\r') || (start && c == ' '));
        line += u64::from(c == '\n');
    }
    opened
}

/// That the column is missing, and which one is there in another case.
#[must_use]
pub fn missing_column(header: &[String], name: &str) -> Text {
    match header.iter().find(|h| h.eq_ignore_ascii_case(name)) {
        Some(found) => {
            text!("the column {name} is missing; {found} is there, but capitals count", name, found)
        }
        None => text!("the column {name} is missing", name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_a_quotation_mark_a_character_in_tsv_and_refused_unclosed_in_csv() {
        let rows = read("a\tb\n1\t\"x\n2\ty\n", Kind::Tsv).unwrap().rows;
        assert_eq!(rows, [(2, vec!["1".into(), "\"x".into()]), (3, vec!["2".into(), "y".into()])]);
        let refused = read("a,b\n1,x\n2,\"y\n3,z\n", Kind::Csv).unwrap_err();
        assert_eq!(refused.len(), 1);
        assert!(refused[0].to_string().starts_with("line 3: a quotation mark"), "{refused:?}");
        let rows = read("a,b\n1,\"x, \"\"y\"\"\nz\"\n2,5\" tube\n", Kind::Csv).unwrap().rows;
        assert_eq!(rows[0].1[1], "x, \"y\"\nz");
        assert_eq!(rows[1].1[1], "5\" tube");
    }

    #[test]
    fn are_other_separators_encodings_and_doubled_columns_named() {
        assert!(read("a;b\n1;2\n", Kind::Tsv).unwrap_err()[0].to_string().contains("semicolons"));
        assert!(read("a;b\n1,5;2\n", Kind::Csv).unwrap_err()[0].to_string().contains("semicolons"));
        assert!(read("a\tb\n1\t2\n", Kind::Csv).unwrap_err()[0].to_string().contains("tabs"));
        assert!(read("a,b,a\n1,2,3\n", Kind::Csv).unwrap_err()[0].to_string().contains("a stands twice"));
        assert!(text(b"\xff\xfea\0").unwrap_err().to_string().contains("UTF-16"));
        assert!(text(b"a\0b\0").unwrap_err().to_string().contains("UTF-16"));
        assert!(text(b"a,b\n\xe9,1\n").unwrap_err().to_string().contains("line 2 is not in UTF-8"));
        assert_eq!(text(b"\xef\xbb\xbfa"), Ok("a"));
    }

    #[test]
    fn are_all_line_ends_read() {
        for end in ["\n", "\r\n", "\r"] {
            let rows = read(&["a\tb", "1\t2", "3\t4"].join(end), Kind::Tsv).unwrap().rows;
            assert_eq!(rows.len(), 2, "{end:?}");
        }
    }
}
