//! Names of exported files.

/// Letters of a label that a name keeps.
const MOST: usize = 40;

/// `hielight-LABEL-STAMP.EXTENSION`. Of the label stay letters and digits of any script, `-` and `_`; whatever else
/// a person typed, no path and no second extension comes of it. Without a label it is `otherwise`.
#[must_use]
pub fn file_name(label: &str, otherwise: &str, stamp: &str, extension: &str) -> String {
    let mut kept = String::new();
    for letter in label.chars().take(4 * MOST) {
        match letter {
            c if c.is_alphanumeric() || c == '_' => kept.push(c),
            _ if kept.ends_with('-') => {}
            _ => kept.push('-'),
        }
    }
    let kept: String = kept.trim_matches('-').chars().take(MOST).collect();
    let kept = kept.trim_end_matches('-');
    format!("hielight-{}-{stamp}.{extension}", if kept.is_empty() { otherwise } else { kept })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn does_a_label_become_no_path_and_no_other_kind_of_file() {
        let name = |label: &str| file_name(label, "newborn", "20261125-0310", "json");
        assert_eq!(name("Baby 7"), "hielight-Baby-7-20261125-0310.json");
        assert_eq!(name("../../etc/passwd.exe"), "hielight-etc-passwd-exe-20261125-0310.json");
        assert_eq!(name("  "), "hielight-newborn-20261125-0310.json");
        assert_eq!(name("\u{202e}\n..."), "hielight-newborn-20261125-0310.json");
        assert_eq!(name("患儿 3"), "hielight-患儿-3-20261125-0310.json");
        assert!(name(&"x".repeat(1000)).len() < 80);
    }
}
