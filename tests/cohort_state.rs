//! Does a cohort come to its end whatever happens, with every answer from its own newborn's files and weight?

mod support;

use hielight::export::{Line, Status};
use hielight::model::Sequence;
use hielight::state::{Column, Event, Handle};
use proptest::prelude::*;
use support::visit::{Content, Visit};

use Content::{Image, Junk, Killer, Unreadable};

/// A newborn of a dataset: its number, T1w, T2w, birth weight.
type Newborn = (u8, Option<Content>, Option<Content>, Option<&'static str>);

/// Files of a dataset, with its table.
fn dataset(visit: &mut Visit, newborns: &[Newborn]) -> Vec<Handle> {
    let mut table = "participant_id\tbirth_weight_g\n".to_owned();
    let mut files = Vec::new();
    for (number, t1, t2, weight) in newborns {
        for (sequence, content) in Sequence::BOTH.into_iter().zip([t1, t2]) {
            if let Some(content) = content {
                files.push(visit.file(&format!("sub-{number}_{}.nii.gz", sequence.suffix()), *content));
            }
        }
        if let Some(weight) = weight {
            table.push_str(&format!("sub-{number}\t{weight}\n"));
        }
    }
    files.push(visit.table(&table));
    files
}

fn given(visit: &mut Visit, newborns: &[Newborn]) {
    let files = dataset(visit, newborns);
    visit.tell(Event::Given { files, over: None });
}

const GOOD: [Newborn; 3] = [
    (1, Some(Image(11)), Some(Image(12)), Some("3100")),
    (2, Some(Image(21)), Some(Image(22)), Some("3200")),
    (3, Some(Image(31)), Some(Image(32)), Some("3300")),
];

/// Images by their names, each another one, and a table with one participant's weight.
fn of_one(visit: &mut Visit, names: &[&str]) -> Vec<Handle> {
    let mut files: Vec<Handle> =
        names.iter().enumerate().map(|(i, n)| visit.file(n, Image(i as u8))).collect();
    files.push(visit.table("participant_id\tbirth_weight_g\nsub-1\t3200\n"));
    files
}

fn reason(visit: &Visit, label: &str) -> String {
    let line = visit.screen.lines.iter().find(|line| line.label() == label).unwrap();
    match line {
        Line::Unmade { status: Status::Failed(reason), .. } => reason.to_string(),
        other => panic!("{label} has no reason: {other:?}"),
    }
}

/// Each answer stands in the row of the files and the weight that it was made from.
fn check(visit: &Visit, given: &[Newborn]) {
    for line in &visit.screen.lines {
        let (Some(row), Some(number)) = (line.row(), line.label().strip_prefix("sub-")) else { continue };
        let p = &row.provenance;
        let its = |(own, t1, t2, weight): &Newborn| {
            own.to_string() == number
                && t1.map(Content::hash).as_ref() == Some(&p.inputs.T1w.sha256)
                && t2.map(Content::hash).as_ref() == Some(&p.inputs.T2w.sha256)
                && weight.is_some_and(|weight| weight == p.birth_weight_g.to_string())
        };
        assert!(given.iter().any(its), "{line:?} is from no newborn of that name");
    }
}

#[test]
fn does_every_newborn_end_in_an_answer_or_a_reason_and_the_cohort_go_on() {
    let mut visit = Visit::ready();
    let bad: [Newborn; 6] = [
        (4, Some(Image(41)), None, Some("3400")),
        (5, Some(Image(51)), Some(Unreadable), Some("3500")),
        (6, Some(Junk), Some(Image(62)), Some("3600")),
        (7, Some(Image(71)), Some(Killer), Some("3700")),
        (8, Some(Image(81)), Some(Image(82)), None),
        (9, Some(Image(91)), Some(Image(92)), Some("heavy")),
    ];
    let all = [&bad[..], &GOOD].concat();
    given(&mut visit, &all);
    visit.finish();
    assert!(visit.screen.cohort.start && visit.screen.rows == 0, "{:?}", visit.screen.cohort);
    visit.tell(Event::CohortStarted);
    visit.finish();
    check(&visit, &all);
    let view = visit.screen.cohort.clone();
    assert_eq!((view.done, view.total, view.start, view.pause, view.cancel), (9, 9, false, false, false));
    assert!(view.phrase.to_string().contains("3 answered, 6 without"), "{}", view.phrase);
    for (label, words) in [
        ("sub-4", "T2w image is missing"),
        ("sub-5", "could not be read"),
        ("sub-6", "no image"),
        ("sub-7", "the engine stopped"),
        ("sub-8", "no row sub-8"),
        ("sub-9", "no weight"),
    ] {
        assert!(reason(&visit, label).contains(words), "{}", reason(&visit, label));
    }
}

#[test]
fn does_a_pause_finish_the_newborn_and_a_cancel_leave_no_number_of_it() {
    let mut visit = Visit::ready();
    given(&mut visit, &GOOD);
    visit.finish();
    visit.tell(Event::CohortStarted);
    visit.tell(Event::CohortPaused);
    visit.finish();
    assert_eq!((visit.screen.rows, visit.screen.cohort.done), (1, 1));
    assert!(visit.screen.cohort.start);
    // The second one is cancelled with its answer on the way.
    visit.tell(Event::CohortStarted);
    while visit.analyses < 2 {
        assert!(visit.deliver() || visit.read_one(0) || visit.work(false));
    }
    visit.work(false);
    visit.tell(Event::CohortCancelled);
    visit.finish();
    assert_eq!((visit.screen.rows, visit.screen.cohort.done), (1, 1), "{:?}", visit.screen.lines);
    assert!(visit.screen.answer.is_none());
    visit.tell(Event::CohortStarted);
    visit.finish();
    assert_eq!((visit.screen.rows, visit.screen.cohort.done), (3, 3));
    check(&visit, &GOOD);
}

#[test]
fn does_the_reader_take_the_slots_back_at_once() {
    let mut visit = Visit::ready();
    given(&mut visit, &GOOD);
    visit.finish();
    visit.tell(Event::CohortStarted);
    visit.choose(Sequence::T1w, Image(5));
    visit.choose(Sequence::T2w, Image(6));
    visit.type_weight("2900");
    visit.tell(Event::AnalysisAsked);
    visit.finish();
    assert_eq!((visit.screen.rows, visit.screen.cohort.done), (1, 0));
    assert!(visit.screen.cohort.start && visit.screen.answer.is_some());
    check(&visit, &GOOD);
}

#[test]
fn are_sessions_newborns_of_their_own_and_several_images_of_a_kind_named() {
    let mut visit = Visit::ready();
    let names = [
        "sub-1_ses-a_T1w.nii",
        "sub-1_ses-a_T2w.nii",
        "sub-1_ses-b_run-1_T1w.nii",
        "sub-1_ses-b_run-2_T1w.nii",
    ];
    let mut files = of_one(&mut visit, &names);
    let mut derived = visit.file("sub-1_ses-a_T1w.nii", Junk);
    derived.folder = "data/derivatives/x".into();
    files.push(derived);
    files.push(visit.file("README", Junk));
    visit.tell(Event::Given { files, over: None });
    visit.finish();
    assert!(visit.screen.cohort.phrase.to_string().contains("2 other files were left out"));
    visit.tell(Event::CohortStarted);
    visit.finish();
    assert!(visit.screen.lines[0].row().is_some() && visit.screen.lines[0].label() == "sub-1 ses-a");
    let said = reason(&visit, "sub-1 ses-b");
    assert!(said.contains("2 T1w images fit") && said.contains(names[3]), "{said}");
}

#[test]
fn is_one_of_several_images_chosen_by_its_run_and_are_sessions_chosen_between() {
    let mut visit = Visit::ready();
    let names = [
        "sub-1_ses-a_T1w.nii",
        "sub-1_ses-a_T2w.nii",
        "sub-1_ses-b_run-1_T1w.nii",
        "sub-1_ses-b_run-2_T1w.nii",
        "sub-1_ses-b_acq-tse_T2w.nii",
    ];
    let files = of_one(&mut visit, &names);
    visit.tell(Event::Given { files, over: None });
    visit.finish();
    let choices = |visit: &Visit| -> Vec<(String, Vec<String>)> {
        visit.screen.cohort.choices.iter().map(|c| (c.key.clone(), c.labels.clone())).collect()
    };
    // The acquisition tells nothing apart.
    let expected = [("run", ["1", "2"]), ("ses", ["a", "b"])];
    assert_eq!(
        choices(&visit),
        expected.map(|(key, labels)| (key.into(), labels.map(str::to_owned).to_vec()))
    );
    let choose = |visit: &mut Visit, key: &str, label: Option<&str>| {
        visit.tell(Event::CohortChosen { key: key.into(), label: label.map(str::to_owned) });
    };
    choose(&mut visit, "ses", Some("b"));
    assert_eq!(visit.screen.lines.len(), 1);
    choose(&mut visit, "run", Some("2"));
    visit.tell(Event::CohortStarted);
    assert!(choices(&visit).is_empty(), "nothing is chosen while it runs");
    visit.finish();
    let made = visit.screen.lines[0].row().expect("an answer").provenance.inputs.clone();
    assert_eq!([made.T1w.sha256, made.T2w.sha256], [Image(3).hash(), Image(4).hash()]);
    // The other session comes back, and what is answered stays.
    choose(&mut visit, "ses", None);
    let labels: Vec<&str> = visit.screen.lines.iter().map(Line::label).collect();
    assert_eq!(labels, ["sub-1 ses-b", "sub-1 ses-a"]);
    visit.tell(Event::CohortStarted);
    visit.finish();
    assert_eq!(visit.screen.rows, 2);
}

#[test]
fn does_a_row_come_back_once_and_never_beside_a_list_that_was_made_anew() {
    let mut visit = Visit::ready();
    let files = of_one(&mut visit, &["sub-1_ses-a_T1w.nii", "sub-1_ses-a_T2w.nii", "sub-1_ses-b_T1w.nii"]);
    visit.tell(Event::Given { files, over: None });
    visit.finish();
    let labels = |visit: &Visit| -> Vec<String> {
        visit.screen.lines.iter().map(|line| line.label().to_owned()).collect()
    };
    let both = labels(&visit);
    assert_eq!(both, ["sub-1 ses-a", "sub-1 ses-b"]);
    visit.tell(Event::RowRemoved(0));
    visit.tell(Event::Undone);
    assert_eq!(labels(&visit), both);
    visit.tell(Event::RowRemoved(0));
    visit.tell(Event::CohortChosen { key: "ses".into(), label: Some("b".into()) });
    visit.tell(Event::Undone);
    assert_eq!(labels(&visit), ["sub-1 ses-b"]);
}

#[test]
fn are_the_two_files_of_a_pair_one_image_of_a_cohort() {
    let mut visit = Visit::ready();
    let mut files = Vec::new();
    for number in 1..3_u8 {
        for (kind, offset) in [("T1w", 0), ("T2w", 1)] {
            for (end, content) in
                [("img", Content::Voxels(2 * number + offset)), ("hdr", Content::Header(2 * number + offset))]
            {
                let mut file = visit.file(&format!("sub-{number}_{kind}.{end}"), content);
                file.folder = format!("data/sub-{number}/anat");
                files.push(file);
            }
        }
    }
    // The same names in another folder are no halves of these.
    let mut copy = visit.file("sub-1_T1w.hdr", Junk);
    copy.folder = "data/derivatives/sub-1".into();
    files.push(copy);
    files.push(visit.table("participant_id\tbirth_weight_g\nsub-1\t3200\nsub-2\t3300\n"));
    visit.tell(Event::Given { files, over: None });
    visit.finish();
    visit.tell(Event::CohortStarted);
    visit.finish();
    assert_eq!(visit.screen.rows, 2, "{:?}", visit.screen.lines);
    assert!(visit.screen.cohort.phrase.to_string().contains("1 other files were left out"));
}

#[test]
fn are_folders_of_dicom_files_newborns_and_is_one_whose_series_are_not_clear_named() {
    use Content::Series;
    let mut visit = Visit::ready();
    let mut batches = Vec::new();
    // The second has two T2w series, the fourth stops the engine.
    let newborns =
        [vec![Series(1), Series(2)], vec![Series(3), Series(4), Series(6)], vec![Series(5), Series(8)]];
    for (at, contents) in newborns.into_iter().chain([vec![Killer]]).enumerate() {
        let mut batch = Vec::new();
        for content in contents {
            let mut file = visit.file("IM0001", content);
            file.folder = format!("raw/sub-{}/dicom", at + 1);
            batch.push(file);
        }
        batches.push(batch);
    }
    let table = "participant_id\tbirth_weight_g\nsub-1\t3100\nsub-2\t3200\nsub-3\t3300\nsub-4\t3400\n";
    let others = vec![visit.table(table)];
    visit.tell(Event::DicomGiven { batches, others });
    visit.finish();
    assert!(visit.screen.series.is_none(), "nobody is asked");
    visit.tell(Event::CohortStarted);
    visit.finish();
    let made: Vec<Option<String>> = visit
        .screen
        .lines
        .iter()
        .map(|l| l.row().map(|row| row.provenance.inputs.T1w.sha256.clone()))
        .collect();
    assert_eq!(
        made,
        [Some(Series(1).hash()), None, Some(Series(5).hash()), None],
        "{:?}",
        visit.screen.lines
    );
    assert!(reason(&visit, "sub-2").contains("2 DICOM series could be T2w"), "{}", reason(&visit, "sub-2"));
    assert!(reason(&visit, "sub-4").contains("engine stopped"), "{}", reason(&visit, "sub-4"));
    // One folder that names nobody is looked through as before.
    let mut visit = Visit::ready();
    let file = visit.file("IM0001", Series(1));
    visit.tell(Event::DicomGiven { batches: vec![vec![file]], others: vec![] });
    visit.finish();
    assert!(visit.screen.series.is_some());
}

#[test]
fn do_weights_come_later_and_is_a_table_that_is_none_named() {
    let mut visit = Visit::ready();
    let mut files = dataset(&mut visit, &GOOD);
    files.pop();
    visit.tell(Event::Given { files, over: None });
    assert!(
        !visit.screen.cohort.start
            && visit.screen.cohort.phrase.to_string().contains("Drop participants.tsv")
    );
    let table = visit.table("id;weight\n1;2\n");
    visit.tell(Event::Given { files: vec![table], over: None });
    visit.finish();
    let phrase = visit.screen.cohort.phrase.to_string();
    assert!(!visit.screen.cohort.start && phrase.contains("semicolons"), "{phrase}");
    let table =
        visit.table("participant_id\tbirth_weight_g\nsub-1\t3100\nsub-2\t3200\nsub-2\t3250\nsub-03\t3300\n");
    visit.tell(Event::Given { files: vec![table], over: None });
    visit.finish();
    visit.tell(Event::CohortStarted);
    visit.finish();
    assert_eq!(visit.screen.rows, 1);
    assert!(reason(&visit, "sub-2").contains("stands twice"));
    assert!(reason(&visit, "sub-3").contains("no row sub-3, but sub-03"));
}

#[test]
fn is_the_list_sorted_both_ways_with_rows_without_a_value_last() {
    let mut visit = Visit::ready();
    let newborns = [GOOD[2], GOOD[0], (4, None, None, Some("n/a")), (5, Some(Image(1)), None, None)];
    given(&mut visit, &newborns);
    visit.finish();
    let labels =
        |visit: &Visit| -> Vec<String> { visit.screen.lines.iter().map(|l| l.label().to_owned()).collect() };
    visit.tell(Event::ListSorted(Column::BirthWeight));
    assert_eq!(labels(&visit), ["sub-1", "sub-3", "sub-5"]);
    visit.tell(Event::ListSorted(Column::BirthWeight));
    assert_eq!(labels(&visit), ["sub-3", "sub-1", "sub-5"]);
    visit.tell(Event::ListSorted(Column::Label));
    assert_eq!(labels(&visit), ["sub-1", "sub-3", "sub-5"]);
}

/// Something that happens.
#[derive(Debug, Clone)]
enum Step {
    Give(Vec<Newborn>),
    Start,
    Pause,
    Cancel,
    Remove(usize),
    Sort(Column),
    Clear,
    Choose(Sequence, Content),
    Weight(u16),
    Analyse,
    Swap,
    Stop,
    Read(usize),
    Work(bool),
    Deliver,
    Die,
}

fn step() -> impl Strategy<Value = Step> {
    let content = || {
        let content = prop_oneof![8 => (0_u8..20).prop_map(Image), 1 => Just(Junk), 1 => Just(Unreadable), 1 => Just(Killer)];
        prop_oneof![9 => content.prop_map(Some), 1 => Just(None)]
    };
    let weight = prop::sample::select(vec![Some("3000"), Some("3100"), Some("3200"), Some("none"), None]);
    let newborns = prop::collection::vec((1_u8..5, content(), content(), weight), 2..5);
    let sequence = prop_oneof![Just(Sequence::T1w), Just(Sequence::T2w)];
    let column =
        prop::sample::select(vec![Column::Label, Column::Time, Column::Probability, Column::BirthWeight]);
    prop_oneof![
        3 => newborns.prop_map(Step::Give),
        6 => Just(Step::Start),
        2 => Just(Step::Pause),
        2 => Just(Step::Cancel),
        1 => (0_usize..5).prop_map(Step::Remove),
        1 => column.prop_map(Step::Sort),
        1 => Just(Step::Clear),
        1 => (sequence, (0_u8..20).prop_map(Image)).prop_map(|(s, c)| Step::Choose(s, c)),
        1 => (2000_u16..2003).prop_map(Step::Weight),
        1 => Just(Step::Analyse),
        1 => Just(Step::Swap),
        1 => Just(Step::Stop),
        30 => (0_usize..4).prop_map(Step::Read),
        40 => any::<bool>().prop_map(Step::Work),
        60 => Just(Step::Deliver),
        1 => Just(Step::Die),
    ]
}

proptest! {
    // A sequence takes a tenth of a millisecond; `Visit::check` holds the screen against the answer at every moment.
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn belongs_every_answer_to_its_row_in_any_order_of_events(steps in prop::collection::vec(step(), 0..150)) {
        let mut visit = Visit::ready();
        let mut all: Vec<Newborn> = Vec::new();
        for step in steps {
            match step {
                Step::Give(mut newborns) => {
                    newborns.sort_by_key(|newborn| newborn.0);
                    newborns.dedup_by_key(|newborn| newborn.0);
                    let images = newborns.iter().any(|(_, t1, t2, _)| t1.is_some() || t2.is_some());
                    // A table alone gives those who wait other weights.
                    let again = |(number, _, _, weight): &Newborn| {
                        let own = all.iter().filter(move |newborn| newborn.0 == *number);
                        own.map(|newborn| (newborn.0, newborn.1, newborn.2, *weight)).collect::<Vec<_>>()
                    };
                    let reweighed: Vec<Newborn> = newborns.iter().flat_map(again).collect();
                    all.extend(if images { &newborns } else { &reweighed });
                    given(&mut visit, &newborns);
                }
                Step::Start => visit.tell(Event::CohortStarted),
                Step::Pause => visit.tell(Event::CohortPaused),
                Step::Cancel => visit.tell(Event::CohortCancelled),
                Step::Remove(at) => visit.tell(Event::RowRemoved(at)),
                Step::Sort(column) => visit.tell(Event::ListSorted(column)),
                Step::Clear => visit.tell(Event::ListCleared),
                Step::Choose(sequence, content) => visit.choose(sequence, content),
                Step::Weight(grams) => visit.type_weight(&grams.to_string()),
                Step::Analyse => visit.tell(Event::AnalysisAsked),
                Step::Swap => visit.tell(Event::Swapped),
                Step::Stop => visit.tell(Event::Cancelled),
                Step::Read(at) => drop(visit.read_one(at)),
                Step::Work(abstains) => drop(visit.work(abstains)),
                Step::Deliver => drop(visit.deliver()),
                Step::Die => visit.die(),
            }
            check(&visit, &all);
            let running = |line: &&Line| matches!(line, Line::Unmade { status: Status::Running, .. });
            let running = visit.screen.lines.iter().filter(running).count();
            prop_assert!(running <= 1 && (running == 0 || visit.screen.cohort.cancel), "{:?}", visit.screen.cohort);
        }
        // In the end nothing hangs: what was started is done or waits.
        visit.finish();
        if visit.screen.controls.revive {
            visit.tell(Event::Cancelled);
            visit.finish();
        }
        prop_assert!(!visit.screen.cohort.pause && !visit.screen.cohort.cancel, "{:?}", visit.screen.cohort);
        if visit.screen.cohort.start {
            visit.tell(Event::CohortStarted);
            visit.finish();
            let view = &visit.screen.cohort;
            prop_assert_eq!(view.done, view.total, "{:?}", visit.screen.lines);
        }
        check(&visit, &all);
    }
}
