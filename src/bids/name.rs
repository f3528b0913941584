//! File names of BIDS: `sub-01_ses-2_acq-mprage_run-1_T1w.nii.gz`.

use crate::model::Sequence;
use std::collections::BTreeSet;

/// What the name of an anatomical image says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// With its `sub-`.
    pub subject: String,
    /// The further ones in their order: key and label.
    entities: Vec<(String, String)>,
    pub sequence: Sequence,
}

impl Name {
    /// Reads a file's name, without its folder; `None` for what is no T1w or T2w image in NIfTI by BIDS.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let stem = name.strip_suffix(".nii.gz").or_else(|| name.strip_suffix(".nii"))?;
        let (entities, suffix) = stem.rsplit_once('_')?;
        let sequence = Sequence::BOTH.into_iter().find(|s| s.suffix() == suffix)?;
        let label =
            |label: &str| !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '+');
        let mut entities = entities.split('_').map(|entity| {
            let (key, own) = entity.split_once('-')?;
            (label(key) && label(own)).then(|| (key.to_owned(), own.to_owned()))
        });
        let (_, subject) = entities.next()?.filter(|(key, _)| key == "sub")?;
        Some(Self { subject: format!("sub-{subject}"), entities: entities.collect::<Option<_>>()?, sequence })
    }

    /// An entity's label: `of("ses")`.
    #[must_use]
    pub fn of(&self, key: &str) -> Option<&str> {
        self.entities.iter().find(|(own, _)| own == key).map(|(_, label)| label.as_str())
    }

    /// Whether an entity has that label, which may be given with its key. Runs, echoes, inversions and chunks are
    /// numbers: 1 and 01 are one.
    #[must_use]
    pub fn has(&self, key: &str, label: &str) -> bool {
        let label = label.strip_prefix(key).and_then(|rest| rest.strip_prefix('-')).unwrap_or(label);
        let is_number = matches!(key, "run" | "echo" | "inv" | "chunk");
        let plain =
            |label: &str| if is_number { label.trim_start_matches('0').to_owned() } else { label.to_owned() };
        self.of(key).is_some_and(|own| plain(own) == plain(label))
    }
}

/// Which images of a participant are meant, where there are several: labels, with or without their key, or `none` for
/// images without that entity.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    pub session: Option<String>,
    pub acquisition: Option<String>,
    pub run: Option<String>,
}

/// The participant, with its `sub-`, and the session that a folder is of, by its path.
#[must_use]
pub fn newborn_of(folder: &str) -> Option<(String, Option<String>)> {
    let labelled = |part: &&str, key: &str| part.strip_prefix(key).is_some_and(|label| !label.is_empty());
    let mut parts = folder.split('/').skip_while(|part| !labelled(part, "sub-"));
    let subject = parts.next()?.to_owned();
    Some((subject, parts.find_map(|part| part.strip_prefix("ses-")).map(str::to_owned)))
}

/// The entities that [`Wanted`] chooses by: their key, and the option of the command line.
const CHOICES: [(&str, &str); 3] = [("ses", "--session"), ("acq", "--acquisition"), ("run", "--run")];
/// An image without the entity.
const NONE: &str = "none";

impl Wanted {
    /// Those of one participant's images of a kind that are meant. A session is asked of every image; an acquisition or
    /// a run only where some image has one.
    #[must_use]
    pub fn among<'a, T>(&self, images: &[&'a (T, Name)]) -> Vec<&'a (T, Name)> {
        let wanted = [&self.session, &self.acquisition, &self.run];
        let fits = |name: &Name| {
            CHOICES.iter().zip(wanted).all(|((key, _), wanted)| {
                let Some(wanted) = wanted else { return true };
                let asked = *key == "ses" || images.iter().any(|(_, other)| other.of(key).is_some());
                match name.of(key) {
                    Some(_) => name.has(key, wanted),
                    None => !asked || wanted == NONE,
                }
            })
        };
        images.iter().copied().filter(|(_, name)| fits(name)).collect()
    }

    /// A label, or the word for none.
    #[must_use]
    pub fn label(label: Option<&str>) -> &str {
        label.unwrap_or(NONE)
    }

    /// Whether images of that session are wanted.
    #[must_use]
    pub fn takes_session(&self, session: Option<&str>) -> bool {
        self.session
            .as_ref()
            .is_none_or(|wanted| wanted.strip_prefix("ses-").unwrap_or(wanted) == Self::label(session))
    }

    /// What is wanted of an entity; `None` for one that nothing is chosen by.
    pub fn of_mut(&mut self, key: &str) -> Option<&mut Option<String>> {
        let [ses, acq, run] = CHOICES.map(|(key, _)| key);
        match key {
            key if key == ses => Some(&mut self.session),
            key if key == acq => Some(&mut self.acquisition),
            key if key == run => Some(&mut self.run),
            _ => None,
        }
    }

    /// The entities that tell some of these images apart, by their keys, each with its labels.
    #[must_use]
    pub fn choices<'a>(names: &[&'a Name]) -> Vec<(&'static str, BTreeSet<&'a str>)> {
        let labels = |key| names.iter().map(|name| Self::label(name.of(key))).collect::<BTreeSet<&str>>();
        CHOICES.map(|(key, _)| (key, labels(key))).into_iter().filter(|(_, all)| all.len() > 1).collect()
    }

    /// How one of several images is chosen, as a step; `None` where no option tells them apart.
    #[must_use]
    pub fn step(names: &[Name]) -> Option<String> {
        let option = |key| CHOICES.iter().find(|(own, _)| *own == key).map_or("", |(_, option)| option);
        let steps: Vec<String> = Self::choices(&names.iter().collect::<Vec<_>>())
            .into_iter()
            .map(|(key, labels)| {
                format!("{} {}", option(key), labels.into_iter().collect::<Vec<_>>().join(" or "))
            })
            .collect();
        (!steps.is_empty()).then(|| format!("choose with {}", steps.join(", ")))
    }
}

/// `sub-007` and `sub-7` alike: a spreadsheet takes leading zeros away.
#[must_use]
pub fn without_zeros(subject: &str) -> &str {
    subject.strip_prefix("sub-").unwrap_or(subject).trim_start_matches('0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_a_name_read_by_its_entities_and_anything_else_left() {
        let name = Name::parse("sub-01_ses-day4_acq-mprage_run-02_T1w.nii.gz").unwrap();
        assert_eq!((name.subject.as_str(), name.sequence), ("sub-01", Sequence::T1w));
        assert_eq!(
            [name.of("ses"), name.of("acq"), name.of("run"), name.of("rec")],
            [Some("day4"), Some("mprage"), Some("02"), None]
        );
        assert_eq!(Name::parse("sub-a_T2w.nii").unwrap().sequence, Sequence::T2w);
        for other in [
            "sub-01_T1w.json",
            "sub-01_bold.nii.gz",
            "01_T1w.nii",
            "sub-_T1w.nii",
            "T1w.nii",
            "._sub-01_T1w.nii.gz",
            "sub-01_brain_T1w.nii",
            "sub-01_T1w.nii.gz.part",
            "ses-1_sub-01_T1w.nii",
            "sub-0/1_T1w.nii",
            "",
        ] {
            assert_eq!(Name::parse(other), None, "{other}");
        }
    }

    #[test]
    fn is_one_of_several_chosen_by_what_tells_them_apart() {
        let names = ["sub-1_ses-a_run-01_T1w.nii", "sub-1_ses-a_run-2_T1w.nii", "sub-1_ses-a_T1w.nii"];
        let names = names.map(|name| Name::parse(name).unwrap());
        assert_eq!(Wanted::step(&names).unwrap(), "choose with --run 01 or 2 or none");
        let fits = |run: &str| {
            let wanted = Wanted { run: Some(run.into()), ..Wanted::default() };
            let images = names.clone().map(|name| ((), name));
            let meant = wanted.among(&images.iter().collect::<Vec<_>>());
            names.iter().map(|name| meant.iter().any(|(_, own)| own == name)).collect::<Vec<_>>()
        };
        assert_eq!(fits("1"), [true, false, false]);
        assert_eq!(fits("run-2"), [false, true, false]);
        assert_eq!(fits("none"), [false, false, true]);
        assert_eq!(Wanted::step(&names[..1]), None);
        // Of images without runs the one that is there.
        let single = ((), Name::parse("sub-1_ses-a_T2w.nii").unwrap());
        let wanted = Wanted { run: Some("2".into()), ..Wanted::default() };
        assert_eq!(wanted.among(&[&single]), [&single]);
        let wanted = Wanted { session: Some("b".into()), ..Wanted::default() };
        assert!(wanted.among(&[&single]).is_empty());
    }
}
