//! Tables as text: CSV with quotation marks, TSV without (as in BIDS). Every complaint names its line.

/// How cells stand apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Commas; a cell in quotation marks may hold commas and line ends (RFC 4180).
    Csv,
    /// Tabs; a quotation mark is a character like any other (BIDS 1.10, tabular files).
    Tsv,
}

/// A table in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cells {
    /// Names of the columns; none stands twice.
    pub header: Vec<String>,
    /// Line number (the header is line 1) and one cell for each column.
    pub rows: Vec<(u64, Vec<String>)>,
    /// Of each row that has another number of cells; it is not among the rows.
    pub complaints: Vec<String>,
}

/// The text of a file in UTF-8, without its mark.
///
/// # Errors
/// One sentence where it is in another encoding.
pub fn text(bytes: &[u8]) -> Result<&str, String> {
    let save = "save it as UTF-8";
    // Marks of UTF-16, or ASCII in it.
    let wide = matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]) || bytes.iter().take(64).any(|b| *b == 0);
    if wide {
        return Err(format!("it is in UTF-16: {save}"));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|e| {
        let line = bytes.iter().take(e.valid_up_to()).filter(|b| **b == b'\n').count() + 1;
        format!("line {line} is not in UTF-8: {save}")
    })
}

/// Reads a table; spaces around a cell do not count. No column stands twice.
///
/// # Errors
/// All complaints about the table as a whole.
pub fn read(text: &str, kind: Kind) -> Result<Cells, Vec<String>> {
    if kind == Kind::Csv
        && let Some(line) = unclosed(text)
    {
        return Err(vec![format!("line {line}: a quotation mark opens a cell and none closes it")]);
    }
    let mut builder = csv::ReaderBuilder::new();
    builder.trim(csv::Trim::All).flexible(true);
    if kind == Kind::Tsv {
        builder.delimiter(b'\t').quoting(false);
    }
    let mut reader = builder.from_reader(text.as_bytes());
    let header: Vec<String> =
        reader.headers().map_err(|e| vec![e.to_string()])?.iter().map(str::to_owned).collect();
    let apart = if kind == Kind::Csv { "commas" } else { "tabs" };
    if let [only] = header.as_slice() {
        let others = [(';', "semicolons"), ('\t', "tabs"), (',', "commas")];
        if let Some((_, found)) = others.iter().find(|(c, name)| *name != apart && only.contains(*c)) {
            return Err(vec![format!(
                "its columns are separated by {found}: save it with {apart} between them"
            )]);
        }
    }
    let mut complaints = Vec::new();
    for (i, name) in header.iter().enumerate() {
        if header.iter().take(i).any(|h| h == name) {
            complaints.push(format!("the column {name} stands twice: keep the right one"));
        }
    }
    if !complaints.is_empty() {
        return Err(complaints);
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| vec![e.to_string()])?;
        let line = record.position().map_or(0, csv::Position::line);
        if record.len() == header.len() {
            rows.push((line, record.iter().map(str::to_owned).collect()));
        } else {
            complaints.push(format!(
                "line {line}: it has {} cells, the header {}",
                record.len(),
                header.len()
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

/// ", as Name: names are compared letter by letter" where a column is there in another case.
#[must_use]
pub fn other_case(header: &[String], name: &str) -> String {
    header
        .iter()
        .find(|h| h.eq_ignore_ascii_case(name))
        .map_or(String::new(), |found| format!("; {found} is there, but capitals count"))
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
        assert!(refused[0].starts_with("line 3: a quotation mark"), "{refused:?}");
        let rows = read("a,b\n1,\"x, \"\"y\"\"\nz\"\n2,5\" tube\n", Kind::Csv).unwrap().rows;
        assert_eq!(rows[0].1[1], "x, \"y\"\nz");
        assert_eq!(rows[1].1[1], "5\" tube");
    }

    #[test]
    fn are_other_separators_encodings_and_doubled_columns_named() {
        assert!(read("a;b\n1;2\n", Kind::Tsv).unwrap_err()[0].contains("semicolons"));
        assert!(read("a;b\n1,5;2\n", Kind::Csv).unwrap_err()[0].contains("semicolons"));
        assert!(read("a\tb\n1\t2\n", Kind::Csv).unwrap_err()[0].contains("tabs"));
        assert!(read("a,b,a\n1,2,3\n", Kind::Csv).unwrap_err()[0].contains("a stands twice"));
        assert!(text(b"\xff\xfea\0").unwrap_err().contains("UTF-16"));
        assert!(text(b"a\0b\0").unwrap_err().contains("UTF-16"));
        assert!(text(b"a,b\n\xe9,1\n").unwrap_err().contains("line 2 is not in UTF-8"));
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
