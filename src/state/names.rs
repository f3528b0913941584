//! Which of the dropped files is which, by their names.

use super::Handle;
use crate::bids::Name;
use crate::model::Sequence;
use crate::volume::Half;

/// What names say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sorted {
    /// Each file's slot.
    Clear(Vec<Sequence>),
    /// The same, but some name did not say it.
    Guessed(Vec<Sequence>),
    /// Both names say the same.
    Twice(Sequence),
}

/// Whether a file stands beside images and is none: what desktops put into folders, and what BIDS does.
#[must_use]
pub fn is_sidecar(name: &str) -> bool {
    let lower = name.to_lowercase();
    let ends = [".json", ".tsv", ".bval", ".bvec"];
    name.starts_with("._")
        || [".ds_store", "thumbs.db", "desktop.ini"].contains(&&*lower)
        || ends.iter().any(|end| lower.ends_with(end))
}

/// Of several images the one T1w and the one T2w by their names, and the others; none and all of them where that is
/// not clear.
#[must_use]
pub fn only_pair(images: Vec<Vec<Handle>>) -> [Vec<Vec<Handle>>; 2] {
    let named = |s: Sequence| images.iter().filter(|image| sequence(&of(image)) == Some(s)).count() == 1;
    if !Sequence::BOTH.into_iter().all(named) {
        return [vec![], images];
    }
    let (chosen, others) = images.into_iter().partition(|image| sequence(&of(image)).is_some());
    [chosen, others]
}

/// Names one after the other, the first few of many.
#[must_use]
pub fn list(names: impl IntoIterator<Item = String>) -> String {
    const MOST: usize = 5;
    let names: Vec<String> = names.into_iter().collect();
    let more = if names.len() > MOST { ", \u{2026}" } else { "" };
    format!("{}{more}", names[..names.len().min(MOST)].join(", "))
}

/// Files by image: one each, or the two of a pair, header first, where exactly two belong together.
#[must_use]
pub fn images(files: &[Handle]) -> Vec<Vec<Handle>> {
    let others = |name: &str| -> Vec<&Handle> {
        let half = Half::of(name);
        let fits =
            |file: &&Handle| half.zip(Half::of(&file.name)).is_some_and(|(half, other)| half.fits(&other));
        files.iter().filter(fits).collect()
    };
    let image = |file: &Handle| match others(&file.name).as_slice() {
        [other] if others(&other.name) == [file] => {
            let is_header = Half::of(&file.name).is_some_and(|half| half.is_header);
            is_header.then(|| vec![file.clone(), (*other).clone()])
        }
        _ => Some(vec![file.clone()]),
    };
    files.iter().filter_map(image).collect()
}

/// A participant, `sub-01`, in a session.
pub type Newborn = (String, Option<String>);

/// What the name of an image says, also of a pair's.
#[must_use]
pub fn parsed(image: &[Handle]) -> Option<Name> {
    let name = &image.first()?.name;
    Half::of(name).map_or_else(|| Name::parse(name), |half| Name::parse(&format!("{}.nii", half.stem)))
}

/// Whose image it is.
#[must_use]
pub fn newborn(name: &Name) -> Newborn {
    (name.subject.clone(), name.of("ses").map(str::to_owned))
}

/// Whether two images are of different newborns, or of different sessions of one, by names of BIDS.
#[must_use]
pub fn are_of_two(a: &[Handle], b: &[Handle]) -> bool {
    let newborn = |image: &[Handle]| parsed(image).as_ref().map(newborn);
    newborn(a).zip(newborn(b)).is_some_and(|(a, b)| a != b)
}

/// What an image's files are called together.
#[must_use]
pub fn of(files: &[Handle]) -> String {
    files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>().join(" + ")
}

/// Which sequence a name says: `t1w` or `t2w`, else `t1` or `t2`, between what is neither letter nor digit.
#[must_use]
pub fn sequence(name: &str) -> Option<Sequence> {
    let name = name.to_lowercase();
    let says = |t1: &str, t2: &str| {
        let tokens = || name.split(|c: char| !c.is_alphanumeric());
        match (tokens().any(|t| t == t1), tokens().any(|t| t == t2)) {
            (true, false) => Some(Sequence::T1w),
            (false, true) => Some(Sequence::T2w),
            _ => None,
        }
    };
    says("t1w", "t2w").or_else(|| says("t1", "t2"))
}

/// Sorts two names; where one says nothing it is the other's counterpart, where none does they stay in order.
#[must_use]
pub fn sort([first, second]: [&str; 2]) -> Sorted {
    match (sequence(first), sequence(second)) {
        (Some(a), Some(b)) if a == b => Sorted::Twice(a),
        (Some(a), Some(b)) => Sorted::Clear(vec![a, b]),
        (Some(a), None) => Sorted::Guessed(vec![a, a.other()]),
        (None, Some(b)) => Sorted::Guessed(vec![b.other(), b]),
        (None, None) => Sorted::Guessed(Sequence::BOTH.to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Sequence::{T1w, T2w};

    #[test]
    fn does_a_name_say_which_sequence_it_is() {
        for (name, said) in [
            ("sub-01_T1w.nii.gz", Some(T1w)),
            ("sub-01_ses-2_T2w.nii", Some(T2w)),
            ("t1.nii", Some(T1w)),
            ("Baby 7 T2 TSE.nii.gz", Some(T2w)),
            ("T1_MPRAGE.nii", Some(T1w)),
            // The suffix says it, whatever the subject is called.
            ("sub-T1_T2w.nii.gz", Some(T2w)),
            // No name of a patient or of a scan says it by chance.
            ("patient1.nii.gz", None),
            ("patient2.nii.gz", None),
            ("unit1.nii", None),
            ("T2star.nii", None),
            ("T10.nii", None),
            ("scan_t1_and_t2.nii", None),
            ("患者T1.nii", None),
            ("患者_T1.nii", Some(T1w)),
            ("", None),
        ] {
            assert_eq!(sequence(name), said, "{name}");
        }
    }

    #[test]
    fn are_halves_joined_header_first_where_two_belong_together() {
        let group = |names: &[&str]| -> Vec<String> {
            let files = names.iter().enumerate().map(|(id, name)| Handle {
                id: id as u32,
                name: (*name).into(),
                folder: String::new(),
            });
            images(&files.collect::<Vec<_>>()).iter().map(|image| of(image)).collect()
        };
        assert_eq!(group(&["a.img.gz", "a.hdr", "b.nii"]), ["a.hdr + a.img.gz", "b.nii"]);
        assert_eq!(
            group(&["a_T1w.img", "a_T2w.hdr", "a_T1w.hdr", "a_T2w.img"]),
            ["a_T2w.hdr + a_T2w.img", "a_T1w.hdr + a_T1w.img"]
        );
        assert_eq!(group(&["a.img", "b.hdr"]), ["a.img", "b.hdr"]);
        // Of three none is chosen.
        assert_eq!(group(&["a.hdr", "a.img", "a.img.gz"]), ["a.hdr", "a.img", "a.img.gz"]);
        assert!(group(&[]).is_empty());
    }

    #[test]
    fn is_what_stands_beside_images_told_and_the_only_pair_found() {
        for (name, beside) in [
            ("participants.tsv", true),
            ("sub-01_T1w.json", true),
            ("._sub-01_T1w.nii.gz", true),
            (".DS_Store", true),
            ("Thumbs.db", true),
            ("sub-01_T1w.nii.gz", false),
            ("a.img", false),
            ("own.safetensors", false),
        ] {
            assert_eq!(is_sidecar(name), beside, "{name}");
        }
        let pair = |names: &[&str]| -> Vec<String> {
            let image = |name: &&str| vec![Handle { id: 0, name: (*name).into(), folder: String::new() }];
            only_pair(names.iter().map(image).collect())[0].iter().map(|image| of(image)).collect()
        };
        assert_eq!(pair(&["x.nii", "a_T2w.nii", "a_T1w.nii"]), ["a_T2w.nii", "a_T1w.nii"]);
        assert!(pair(&["x.nii", "a_T1w.nii", "b_T1w.nii"]).is_empty());
        assert!(pair(&["a_T1w.nii", "b_T1w.nii", "a_T2w.nii"]).is_empty());
        assert_eq!(list(["a", "b"].map(String::from)), "a, b");
        assert_eq!(list(["a", "b", "c", "d", "e", "f"].map(String::from)), "a, b, c, d, e, \u{2026}");
    }

    #[test]
    fn are_two_names_sorted_and_a_guess_called_one() {
        assert_eq!(sort(["b_T2w.nii", "b_T1w.nii"]), Sorted::Clear(vec![T2w, T1w]));
        assert_eq!(sort(["patient1.nii.gz", "patient2.nii.gz"]), Sorted::Guessed(vec![T1w, T2w]));
        assert_eq!(sort(["b_T2w.nii", "other.nii"]), Sorted::Guessed(vec![T2w, T1w]));
        assert_eq!(sort(["other.nii", "t1.nii"]), Sorted::Guessed(vec![T2w, T1w]));
        assert_eq!(sort(["a_T1w.nii", "b_T1w.nii"]), Sorted::Twice(T1w));
    }
}
