//! Is an answer shown only while all that it was computed from is shown, whatever happens in whatever order?

mod support;

use hielight::model::{DeviceChoice, PerSequence, Sequence};
use hielight::state::{Event, Field};
use proptest::prelude::*;
use support::visit::{Content, Visit};

use Content::{Header, Image, Junk, Killer, Series, Unreadable, Voxels};
use Sequence::{T1w, T2w};

#[test]
fn are_all_missing_fields_marked_at_once_and_none_any_more_when_one_is_filled() {
    let mut visit = Visit::ready();
    let own = visit.file("own.safetensors", Content::Model(2));
    visit.tell(Event::ModelChosen(own));
    visit.finish();
    assert!(!visit.screen.controls.complete && !visit.screen.controls.swap);
    visit.choose(T2w, Image(2));
    visit.type_covariate(1, "2");
    visit.finish();
    visit.tell(Event::AnalysisAsked);
    let fields = [Field::Image(T1w), Field::BirthWeight, Field::Covariate(0), Field::Covariate(1)];
    assert_eq!(visit.screen.marks, fields);
    assert!(visit.screen.error.as_ref().is_some_and(|error| error.contains("T1w")), "{:?}", visit.screen);
    visit.type_weight("3200");
    assert!(visit.screen.marks.is_empty());
    visit.choose(T1w, Image(1));
    visit.type_covariate(0, "39");
    visit.type_covariate(1, "1");
    visit.finish();
    assert!(visit.screen.controls.complete && visit.screen.controls.swap);
    visit.tell(Event::AnalysisAsked);
    assert!(visit.screen.controls.running);
    visit.finish();
    assert!(visit.screen.answer.is_some() && visit.screen.marks.is_empty() && !visit.screen.controls.running);
}

/// DICOM files of three series, in two batches.
fn export(visit: &mut Visit, numbers: [u8; 3]) -> Event {
    let [a, b, c] = numbers.map(|n| visit.file("IM0001", Series(n)));
    Event::DicomGiven { batches: vec![vec![a, b], vec![c]], others: vec![] }
}

#[test]
fn are_the_series_of_a_folder_proposed_and_only_chosen_ones_opened() {
    let mut visit = Visit::answered();
    let folder = export(&mut visit, [1, 2, 4]);
    visit.tell(folder);
    visit.finish();
    // Looking changes nothing of what is there.
    assert!(visit.screen.answer.is_some());
    let list = visit.screen.series.clone().expect("a list");
    assert_eq!((list.series.len(), list.proposed.T1w, list.proposed.T2w), (3, Some(0), None));
    assert_eq!(visit.screen.pictures, [0, 1, 2]);
    let chosen = PerSequence { T1w: Some(0), T2w: Some(2) };
    visit.tell(Event::SeriesChosen(chosen));
    assert!(visit.screen.series.is_none());
    visit.finish();
    assert!(visit.screen.answer.is_none(), "the answer stays beside other images");
    assert_eq!(visit.screen.images.T1w, Some(Series(1).hash()));
    assert_eq!(visit.screen.images.T2w, Some(Series(4).hash()));
    visit.tell(Event::AnalysisAsked);
    visit.finish();
    assert!(visit.screen.answer.is_some(), "{:?}", visit.screen);
    // An engine that comes later gets them again, as series.
    visit.die();
    visit.finish();
    visit.type_weight("3100");
    visit.tell(Event::AnalysisAsked);
    visit.finish();
    assert!(visit.screen.answer.is_some(), "{:?}", visit.screen);
}

#[test]
fn is_a_search_begun_again_by_the_next_engine_and_left_where_it_stops_one() {
    let mut visit = Visit::ready();
    let folder = export(&mut visit, [1, 2, 4]);
    visit.tell(folder);
    visit.die();
    visit.finish();
    assert_eq!(visit.screen.series.as_ref().map(|list| list.series.len()), Some(3));
    visit.tell(Event::SeriesDismissed);
    assert!(visit.screen.series.is_none());
    let (good, bad) = (visit.file("IM1", Series(1)), visit.file("IM2", Killer));
    visit.tell(Event::DicomGiven { batches: vec![vec![good], vec![bad]], others: vec![] });
    visit.finish();
    assert!(visit.screen.series.is_none() && visit.screen.controls.ready, "{:?}", visit.screen);
    assert!(visit.screen.error.as_ref().is_some_and(|e| e.contains("DICOM")), "{:?}", visit.screen);
    let gone = visit.file("IM3", Unreadable);
    visit.tell(Event::DicomGiven { batches: vec![vec![gone]], others: vec![] });
    visit.finish();
    assert!(visit.screen.series.is_none() && visit.screen.error.is_some());
    // Nothing in it is an image.
    let none = visit.file("IM4", Junk);
    visit.tell(Event::DicomGiven { batches: vec![vec![none]], others: vec![] });
    visit.finish();
    assert!(visit.screen.error.as_ref().is_some_and(|e| e.contains("no image")), "{:?}", visit.screen);
}

#[test]
fn is_an_answer_gone_as_soon_as_a_covariate_is_another() {
    let mut visit = Visit::answered();
    let own = visit.file("own.safetensors", Content::Model(2));
    visit.tell(Event::ModelChosen(own));
    visit.finish();
    visit.tell(Event::AnalysisAsked);
    visit.finish();
    assert!(
        visit.screen.answer.is_none() && visit.screen.error.is_some(),
        "answered without what it asks for"
    );
    visit.type_covariate(0, "39");
    visit.type_covariate(1, "1");
    visit.tell(Event::AnalysisAsked);
    visit.finish();
    let of = |visit: &Visit| visit.screen.answer.as_ref().map(|a| a.record.provenance.covariates["sex=M"]);
    assert_eq!(of(&visit), Some(1.0));
    visit.type_covariate(1, "0");
    assert_eq!(of(&visit), None, "the answer for the other sex stays");
    // One that is computed for the value before is never shown beside the one after.
    visit.tell(Event::AnalysisAsked);
    visit.type_covariate(0, "40");
    visit.finish();
    assert_eq!(of(&visit), None);
}

#[test]
fn do_ten_clicks_ask_for_one_analysis() {
    let mut visit = Visit::answered();
    let before = visit.analyses;
    for _ in 0..10 {
        visit.tell(Event::AnalysisAsked);
    }
    visit.finish();
    assert_eq!(visit.analyses, before + 1);
    // An overtaken analysis is not queued up either.
    for grams in 3000..3010 {
        visit.type_weight(&grams.to_string());
        visit.tell(Event::AnalysisAsked);
    }
    visit.finish();
    assert_eq!(visit.analyses, before + 3, "the first one, and the last one after it");
    assert!(visit.screen.answer.is_some());
}

#[test]
fn does_a_fresh_engine_get_everything_that_the_one_before_had() {
    // However far an analysis from files is, the engine dies there.
    for steps in 0..40 {
        let mut visit = Visit::begun();
        visit.choose(T1w, Image(1));
        visit.choose(T2w, Image(2));
        visit.type_weight("3200");
        for at in 0..steps {
            if visit.screen.controls.ready && visit.analyses == 0 {
                visit.tell(Event::AnalysisAsked);
            }
            let _ = match at % 3 {
                0 => visit.deliver(),
                1 => visit.read_one(0),
                _ => visit.work(false),
            };
        }
        let listed = visit.screen.rows;
        visit.die();
        visit.finish();
        assert_eq!(visit.starts, 2);
        assert!(visit.screen.controls.ready, "{steps}: {:?}", visit.screen);
        assert!(visit.screen.rows >= listed, "the list of newborns is gone");
        visit.tell(Event::AnalysisAsked);
        visit.finish();
        // What it died at may be an image, which then has to be chosen again.
        for sequence in Sequence::BOTH {
            if visit.screen.images.of(sequence).is_none() {
                assert!(visit.screen.error.is_some(), "{steps}: {:?}", visit.screen);
                visit.choose(sequence, Image(1 + sequence as u8));
            }
        }
        visit.tell(Event::AnalysisAsked);
        visit.finish();
        assert!(visit.screen.answer.is_some(), "{steps}: {:?}", visit.screen);
    }
}

#[test]
fn is_an_image_that_stops_the_engine_not_given_to_the_next_one() {
    let mut visit = Visit::answered();
    visit.choose(T1w, Killer);
    visit.finish();
    assert_eq!(visit.starts, 2);
    assert!(visit.screen.note.contains("T1w") && visit.screen.answer.is_some(), "{:?}", visit.screen);
    assert_eq!(visit.screen.images.T2w, Some(Image(2).hash()));
}

#[test]
fn is_an_engine_that_always_stops_given_up_and_started_again_on_request() {
    let mut visit = Visit::answered();
    for _ in 0..20 {
        visit.die();
        visit.deliver();
    }
    assert_eq!(visit.starts, 4);
    assert!(visit.screen.controls.revive && visit.screen.status == "Stopped", "{:?}", visit.screen);
    visit.tell(Event::Cancelled);
    visit.finish();
    assert!(visit.screen.controls.ready && !visit.screen.controls.revive);
    assert_eq!(visit.screen.rows, 1);
}

#[test]
fn is_a_silent_engine_noticed_and_can_it_be_left() {
    let mut visit = Visit::answered();
    visit.type_weight("3300");
    visit.tell(Event::AnalysisAsked);
    // The worker is gone and nobody says so.
    visit.engine = None;
    for _ in 0..60 {
        visit.tell(Event::Second);
    }
    assert!(visit.screen.status.contains("silent"), "{}", visit.screen.status);
    assert!(visit.screen.controls.cancel);
    visit.tell(Event::Cancelled);
    visit.finish();
    assert!(visit.screen.controls.ready);
    visit.tell(Event::AnalysisAsked);
    visit.finish();
    assert!(visit.screen.answer.is_some());
}

#[test]
fn is_an_engine_that_hangs_replaced_by_itself_with_all_inputs_kept() {
    let mut visit = Visit::answered();
    visit.type_weight("3300");
    visit.tell(Event::AnalysisAsked);
    visit.engine = None;
    let seconds = (1..1000).find(|_| {
        visit.tell(Event::Second);
        visit.starts == 2
    });
    // Longer than any step of a slow machine, and an end.
    assert!(seconds.is_some_and(|s| (200..600).contains(&s)), "{seconds:?}");
    assert!(visit.screen.answer.is_none());
    assert!(visit.screen.error.as_ref().is_some_and(|e| e.contains("engine stopped")), "{:?}", visit.screen);
    visit.finish();
    visit.tell(Event::AnalysisAsked);
    visit.finish();
    assert!(visit.screen.answer.is_some_and(|a| a.record.provenance.birth_weight_g.to_string() == "3300"));
    // One that has nothing to do may be silent for as long as it likes.
    let mut idle = Visit::ready();
    (0..1000).for_each(|_| idle.tell(Event::Second));
    assert_eq!(idle.starts, 1);
}

#[test]
fn is_a_file_that_changed_on_disk_never_under_the_answer_of_the_one_before() {
    let mut visit = Visit::answered();
    // The engine that comes reads it again.
    visit.change(T1w, Image(9));
    visit.die();
    visit.finish();
    assert_eq!(visit.screen.images.T1w, Some(Image(9).hash()));
    assert!(visit.screen.answer.is_none(), "the answer of the file before stays");
    visit.tell(Event::AnalysisAsked);
    visit.finish();
    assert_eq!(visit.screen.answer.as_ref().unwrap().record.provenance.inputs.T1w.sha256, Image(9).hash());
    // One that can no longer be read takes the answer away too, and says so.
    visit.change(T1w, Unreadable);
    visit.die();
    visit.finish();
    assert!(visit.screen.answer.is_none() && visit.screen.images.T1w.is_none(), "{:?}", visit.screen);
    assert!(visit.screen.error.is_some());
}

#[test]
fn does_a_tested_adapter_take_over_for_the_next_analysis_and_is_the_one_that_computed_named() {
    let mut visit = Visit::begun();
    visit.adapter = true;
    visit.tell(Event::DemoAsked);
    // The demo is asked for before the engine is ready: it comes first, on the CPU.
    while visit.screen.answer.is_none() {
        assert!(visit.deliver() || visit.work(false), "{:?}", visit.screen);
    }
    assert_eq!(visit.screen.answer.as_ref().unwrap().device.info.kind, "cpu");
    visit.finish();
    assert!(
        visit.screen.device.starts_with("CPU") && visit.screen.device.contains("WEBGPU"),
        "{}",
        visit.screen.device
    );
    visit.tell(Event::AnalysisAsked);
    visit.finish();
    assert_eq!(visit.screen.answer.as_ref().unwrap().device.info.kind, "webgpu");
    visit.tell(Event::DeviceChosen(DeviceChoice::Cpu));
    assert!(visit.screen.answer.is_none(), "another device's answer stays");
    visit.tell(Event::AnalysisAsked);
    visit.finish();
    assert_eq!(visit.screen.answer.as_ref().unwrap().device.info.kind, "cpu");
}

#[test]
fn is_an_analysis_that_waited_behind_the_adapters_test_done_when_the_adapter_stops_the_engine() {
    let mut visit = Visit::answered();
    visit.adapter = true;
    visit.tell(Event::DeviceChosen(DeviceChoice::Gpu));
    visit.tell(Event::AnalysisAsked);
    visit.die();
    visit.finish();
    assert!(visit.screen.answer.as_ref().is_some_and(|a| a.device.info.kind == "cpu"), "{:?}", visit.screen);
    assert!(visit.screen.device.contains("stopped with the graphics adapter"), "{}", visit.screen.device);
}

/// Something that happens.
#[derive(Debug, Clone)]
enum Step {
    Choose(Sequence, Content),
    Drop(Vec<(&'static str, Content)>, Option<Sequence>),
    Remove(Sequence),
    Swap,
    Undo,
    Clear,
    Folder([u8; 3], bool),
    Pick([Option<usize>; 2]),
    Demo,
    Analyse,
    Weight(u16),
    Covariate(usize, &'static str),
    Model(Content),
    Restore,
    Device(DeviceChoice),
    Cancel,
    Maps,
    Second,
    Read(usize),
    Work(bool),
    Deliver,
    Die,
    Garble,
    Reopen(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let sequence = prop_oneof![Just(T1w), Just(T2w)];
    let image = prop_oneof![
        6 => (0_u8..4).prop_map(Image), 1 => Just(Junk), 1 => Just(Unreadable), 1 => Just(Killer),
        2 => (0_u8..2).prop_map(Header), 2 => (0_u8..2).prop_map(Voxels)
    ];
    let name = prop::sample::select(vec![
        "a_T1w.nii",
        "a_T2w.nii",
        "x.nii",
        "own.safetensors",
        "a_T1w.hdr",
        "a_T1w.img",
        "a_T2w.hdr",
        "a_T2w.img",
        "x.img",
    ]);
    let model = prop_oneof![(1_u8..3).prop_map(Content::Model), Just(Junk), Just(Unreadable), Just(Killer)];
    let choice = prop_oneof![Just(DeviceChoice::Auto), Just(DeviceChoice::Gpu), Just(DeviceChoice::Cpu)];
    prop_oneof![
        6 => (sequence.clone(), image.clone()).prop_map(|(s, c)| Step::Choose(s, c)),
        4 => (prop::collection::vec((name, image), 0..5), prop::option::of(sequence.clone()))
            .prop_map(|(files, over)| Step::Drop(files, over)),
        1 => sequence.prop_map(Step::Remove),
        2 => Just(Step::Swap),
        4 => Just(Step::Undo),
        1 => Just(Step::Clear),
        2 => (any::<[u8; 3]>(), any::<bool>()).prop_map(|(n, killer)| Step::Folder(n, killer)),
        3 => (prop::option::of(0_usize..4), prop::option::of(0_usize..4)).prop_map(|(a, b)| Step::Pick([a, b])),
        3 => Just(Step::Demo),
        8 => Just(Step::Analyse),
        4 => (2000_u16..2003).prop_map(Step::Weight),
        4 => (0_usize..2, prop_oneof![Just("1"), Just("0"), Just("")]).prop_map(|(at, s)| Step::Covariate(at, s)),
        3 => model.prop_map(Step::Model),
        1 => Just(Step::Restore),
        2 => choice.prop_map(Step::Device),
        1 => Just(Step::Cancel),
        1 => Just(Step::Maps),
        1 => Just(Step::Second),
        10 => (0_usize..4).prop_map(Step::Read),
        20 => any::<bool>().prop_map(Step::Work),
        30 => Just(Step::Deliver),
        1 => Just(Step::Die),
        1 => Just(Step::Garble),
        3 => (0_usize..4).prop_map(Step::Reopen),
    ]
}

fn happen(visit: &mut Visit, step: Step) {
    match step {
        Step::Choose(sequence, content) => visit.choose(sequence, content),
        Step::Drop(files, over) => {
            let files = files.into_iter().map(|(name, content)| visit.file(name, content)).collect();
            visit.tell(Event::Given { files, over });
        }
        Step::Remove(sequence) => visit.tell(Event::Removed(sequence)),
        Step::Swap => visit.tell(Event::Swapped),
        Step::Undo => visit.tell(Event::Undone),
        Step::Clear => visit.tell(Event::ListCleared),
        Step::Folder(numbers, killer) => {
            let mut folder = export(visit, numbers);
            if let (Event::DicomGiven { batches, .. }, true) = (&mut folder, killer) {
                batches.push(vec![visit.file("IM9", Killer)]);
            }
            visit.tell(folder);
        }
        Step::Pick([t1, t2]) => visit.tell(Event::SeriesChosen(PerSequence { T1w: t1, T2w: t2 })),
        Step::Demo => visit.tell(Event::DemoAsked),
        Step::Analyse => visit.tell(Event::AnalysisAsked),
        Step::Weight(grams) => visit.type_weight(&grams.to_string()),
        Step::Covariate(at, typed) => visit.type_covariate(at, typed),
        Step::Model(content) => {
            let file = visit.file("own.safetensors", content);
            visit.tell(Event::ModelChosen(file));
        }
        Step::Restore => visit.tell(Event::ModelRestored),
        Step::Device(choice) => visit.tell(Event::DeviceChosen(choice)),
        Step::Cancel => visit.tell(Event::Cancelled),
        Step::Maps => visit.tell(Event::MapsAsked),
        Step::Second => visit.tell(Event::Second),
        Step::Read(at) => drop(visit.read_one(at)),
        Step::Work(abstains) => drop(visit.work(abstains)),
        Step::Deliver => drop(visit.deliver()),
        Step::Die => visit.die(),
        Step::Garble => visit.garble(),
        Step::Reopen(at) => visit.tell(Event::Reopened(at)),
    }
}

proptest! {
    // A sequence takes a tenth of a millisecond; what must hold at every moment is in `Visit::check`.
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn is_an_answer_shown_only_with_all_that_it_was_computed_from(
        adapter in any::<bool>(), own in prop::option::of(1_u8..3), steps in prop::collection::vec(step(), 0..80),
    ) {
        // By chance alone a model that asks for covariates hardly ever gets them all.
        let mut visit = own.map_or_else(Visit::begun, Visit::answered_by);
        visit.adapter = adapter;
        for step in steps {
            let (rows, clears) = (visit.screen.rows, matches!(step, Step::Clear));
            happen(&mut visit, step);
            prop_assert!(clears || visit.screen.rows >= rows, "the list of newborns is gone");
        }
        // In the end nothing hangs, and engine and page have the same images.
        visit.finish();
        if visit.screen.controls.revive {
            visit.tell(Event::Cancelled);
            visit.finish();
        }
        prop_assert!(visit.screen.controls.ready, "{:?}", visit.screen);
        prop_assert_eq!(&visit.engine.as_ref().unwrap().images, &visit.screen.images);
        visit.type_weight("3200");
        (0..2).for_each(|at| visit.type_covariate(at, "1"));
        visit.tell(Event::AnalysisAsked);
        visit.finish();
        let screen = &visit.screen;
        let both = screen.images.T1w.is_some() && screen.images.T2w.is_some();
        prop_assert_eq!(screen.answer.is_some(), both, "{:?}", screen);
        prop_assert!(both || screen.error.is_some(), "{:?}", screen);
    }
}
