//! Is an answer shown only while all that it was computed from is shown, whatever happens in whatever order?

mod support;

use hielight::model::{DeviceChoice, PerSequence, Sequence};
use hielight::state::{Event, Field};
use proptest::prelude::*;
use support::visit::{Content, DEMO_WEIGHT, Visit, image};

use Content::{Header, Image, Junk, Killer, Series, Unreadable, Voxels};
use Sequence::{T1w, T2w};

fn answered() -> Visit {
    let mut visit = Visit::ready();
    visit.choose(T1w, Image(1));
    visit.choose(T2w, Image(2));
    visit.type_weight("3200");
    visit.tell(Event::AnalysisAsked);
    visit.finish();
    assert!(visit.screen.answer.is_some(), "{:?}", visit.screen);
    visit
}

/// Answered by a model of the reader's own.
fn answered_by(model: u8) -> Visit {
    let mut visit = answered();
    let own = visit.file("own.safetensors", Content::Model(model));
    visit.tell(Event::ModelChosen(own));
    visit.finish();
    (0..visit.screen.covariates.len()).for_each(|at| visit.type_covariate(at, "1"));
    visit.tell(Event::AnalysisAsked);
    visit.finish();
    assert!(visit.screen.answer.is_some(), "{:?}", visit.screen);
    visit
}

/// What of the images that `answered` gave stands on the page and in the engine.
fn images(visit: &Visit) -> [PerSequence<Option<String>>; 2] {
    [visit.screen.images.clone(), visit.engine.as_ref().unwrap().images.clone()]
}

#[test]
fn does_a_wrong_drop_destroy_nothing_and_is_it_refused_by_its_files_name() {
    for (bad, good) in [(Unreadable, Image(7)), (Junk, Image(7)), (Killer, Image(7)), (Junk, Unreadable)] {
        let mut visit = answered();
        let (before, rows) = (images(&visit), visit.screen.rows);
        let pair = vec![visit.file("b_T1w.nii.gz", bad), visit.file("b_T2w.nii.gz", good)];
        for files in [pair[..1].to_vec(), pair.clone()] {
            visit.tell(Event::Given { files, over: None });
            assert!(visit.screen.answer.is_some(), "{bad:?}: the answer is gone before the file is known");
            visit.finish();
            assert!(
                visit.screen.answer.is_some() && visit.screen.error.is_none(),
                "{bad:?}: {:?}",
                visit.screen
            );
            assert_eq!(images(&visit), before, "{bad:?}");
            assert!(visit.screen.note.contains("b_T"), "{bad:?}: {}", visit.screen.note);
            assert_eq!((visit.screen.held, visit.screen.rows), (PerSequence::default(), rows));
        }
        // Its maps are computed again, where the engine had to read its images again.
        let asked = visit.analyses;
        visit.tell(Event::MapsAsked);
        visit.finish();
        assert_eq!(visit.screen.maps_saved, 2, "{bad:?}");
        assert!(visit.analyses <= asked + 1);
        // The next analysis is of what stands there, and what was refused is not said any more.
        visit.type_weight("2500");
        visit.tell(Event::AnalysisAsked);
        visit.finish();
        assert_eq!(visit.screen.answer.as_ref().unwrap().record.provenance.birth_weight_g, 2500.0);
        assert!(!visit.screen.slots.T1w.as_ref().unwrap().facts.to_string().contains("b_T1w"));
    }
}

#[test]
fn is_no_number_given_where_the_file_that_it_was_asked_for_is_refused() {
    let mut visit = answered();
    let asked = visit.analyses;
    let other = visit.file("b_T1w.nii.gz", Junk);
    visit.tell(Event::Given { files: vec![other], over: None });
    visit.tell(Event::AnalysisAsked);
    visit.finish();
    assert!(visit.screen.answer.is_none(), "the images before answer for the file that was refused");
    assert!(visit.screen.error.as_ref().is_some_and(|error| error.contains("b_T1w")), "{:?}", visit.screen);
    assert_eq!(visit.analyses, asked);
    let pair = vec![visit.file("c_T1w.nii", Image(8)), visit.file("c_T2w.nii", Image(9))];
    visit.tell(Event::Given { files: pair, over: None });
    visit.tell(Event::AnalysisAsked);
    visit.finish();
    assert!(visit.screen.answer.is_some());
    assert_eq!(visit.screen.images.T1w, Some(Image(8).hash()));
}

#[test]
fn are_a_removal_a_swap_a_replacement_and_the_demo_taken_back_with_the_answer() {
    type Act = fn(&mut Visit);
    let acts: [(&str, Act); 4] = [
        ("removal", |visit| visit.tell(Event::Removed(T1w))),
        ("swap", |visit| visit.tell(Event::Swapped)),
        ("replacement", |visit| visit.choose(T2w, Image(9))),
        ("demo", |visit| visit.tell(Event::DemoAsked)),
    ];
    for (name, act) in acts {
        for again in [false, true] {
            let mut visit = answered();
            visit.tell(Event::Label("Baby 7".into()));
            let (before, rows) = (images(&visit), visit.screen.rows);
            let job = visit.screen.answer.as_ref().unwrap().job;
            act(&mut visit);
            visit.finish();
            assert!(visit.screen.controls.undo, "{name}");
            assert_ne!(images(&visit), before, "{name}");
            if again {
                // An answer between does not take the way back.
                visit.tell(Event::AnalysisAsked);
                visit.finish();
            }
            visit.tell(Event::Undone);
            assert!(visit.screen.answer.is_none(), "{name}: an answer before its images");
            visit.finish();
            assert_eq!(images(&visit), before, "{name}");
            assert_eq!(
                (visit.screen.weight.as_str(), visit.screen.label.as_str()),
                ("3200", "Baby 7"),
                "{name}"
            );
            assert_eq!(visit.screen.answer.as_ref().map(|made| made.job), Some(job), "{name}");
            assert!(visit.screen.rows >= rows && !visit.screen.controls.undo, "{name}");
            visit.tell(Event::MapsAsked);
            visit.finish();
            assert_eq!(visit.screen.maps_saved, 2, "{name}");
        }
    }
}

#[test]
fn is_nothing_taken_back_once_an_input_is_another_and_no_answer_beside_another_file() {
    let mut visit = answered();
    visit.tell(Event::Removed(T1w));
    visit.type_weight("3100");
    assert!(!visit.screen.controls.undo);
    visit.tell(Event::Undone);
    visit.finish();
    assert_eq!((visit.screen.weight.as_str(), visit.screen.images.T1w.as_ref()), ("3100", None));
    // Nothing is taken back twice, nor by pressing it without anything to take back.
    let mut visit = answered();
    visit.tell(Event::Swapped);
    visit.tell(Event::Undone);
    visit.tell(Event::Undone);
    // Typed before the images are there again: the answer was for another weight.
    visit.type_weight("3300");
    visit.finish();
    assert!(visit.screen.answer.is_none(), "{:?}", visit.screen);
}

#[test]
fn does_a_cleared_list_come_back() {
    let mut visit = answered();
    visit.tell(Event::Label("Baby 7".into()));
    visit.tell(Event::ListCleared);
    assert_eq!(visit.screen.rows, 0);
    visit.tell(Event::Undone);
    assert_eq!((visit.screen.rows, visit.screen.lines[0].label()), (1, "Baby 7"));
    visit.tell(Event::Label("Baby 8".into()));
    assert_eq!(visit.screen.lines[0].label(), "Baby 8", "the shown answer's row is another");
    visit.tell(Event::RowRemoved(0));
    visit.tell(Event::Undone);
    assert_eq!((visit.screen.rows, visit.screen.lines[0].label()), (1, "Baby 8"));
}

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

#[test]
fn are_the_two_that_fit_used_of_more_files_and_the_others_named() {
    let mut visit = answered();
    let names = ["notes.json", "c_T2w.nii", "report.pdf", "c_T1w.nii", "._c_T1w.nii", ".DS_Store"];
    let contents = [Junk, Image(8), Junk, Image(9), Junk, Junk];
    let files: Vec<_> = names.into_iter().zip(contents).map(|(n, c)| visit.file(n, c)).collect();
    visit.tell(Event::Given { files, over: None });
    visit.finish();
    assert_eq!(visit.screen.images.T1w, Some(Image(9).hash()), "{:?}", visit.screen);
    assert_eq!(visit.screen.images.T2w, Some(Image(8).hash()));
    // What stands beside images is no image by itself either.
    let table = visit.file("participants.json", Junk);
    visit.tell(Event::Given { files: vec![table], over: Some(T1w) });
    let said = visit.screen.error.clone().unwrap_or_default();
    assert!(said.contains("participants.json"), "{:?}", visit.screen);
    assert_eq!(visit.screen.images.T1w, Some(Image(9).hash()));
    // A table beside a pair that is not named by BIDS is passed over.
    let (t1, t2, table) = (visit.file("T1.nii", Image(5)), visit.file("T2.nii", Image(6)), visit.table(""));
    visit.tell(Event::Given { files: vec![table, t1, t2], over: None });
    assert!(visit.screen.note.contains("participants.tsv"), "{}", visit.screen.note);
    visit.finish();
    assert_eq!(visit.screen.images.T1w, Some(Image(5).hash()), "{:?}", visit.screen);
}

#[test]
fn do_three_files_destroy_nothing_that_is_there() {
    let mut visit = answered();
    let three: Vec<_> = (0..3).map(|i| visit.file(&format!("{i}.nii"), Image(i))).collect();
    visit.tell(Event::Given { files: three.clone(), over: None });
    assert!(visit.screen.answer.is_some() && visit.screen.note.contains("3 files"));
    assert!(visit.screen.note.contains("0.nii, 1.nii, 2.nii"), "{}", visit.screen.note);
    assert_eq!(visit.screen.status, "Done");
    // Nor in the middle of an analysis, whose answer comes with its own images.
    visit.type_weight("3300");
    visit.tell(Event::AnalysisAsked);
    visit.tell(Event::Given { files: three, over: None });
    assert!(visit.screen.note.contains("3 files"));
    visit.finish();
    assert!(visit.screen.answer.is_some());
    assert!(visit.screen.note.contains("3 files"), "the sentence vanished");
}

#[test]
fn are_two_images_of_one_kind_and_a_nameless_one_too_many_refused_beside_what_is_there() {
    let mut visit = answered();
    let twice = vec![visit.file("a_T1w.nii", Image(5)), visit.file("b_T1w.nii", Image(6))];
    visit.tell(Event::Given { files: twice, over: None });
    assert!(visit.screen.answer.is_some() && visit.screen.note.contains("T1w"));
    let nameless = vec![visit.file("scan.nii", Image(5))];
    visit.tell(Event::Given { files: nameless.clone(), over: None });
    assert!(visit.screen.answer.is_some() && visit.screen.note.contains("scan.nii"));
    visit.tell(Event::Given { files: nameless, over: Some(T2w) });
    visit.finish();
    assert_eq!(visit.screen.images.T2w, Some(Image(5).hash()));
}

#[test]
fn is_a_model_that_is_none_refused_beside_the_answer() {
    let mut visit = answered();
    let letter = visit.file("own.safetensors", Junk);
    visit.tell(Event::Given { files: vec![letter], over: Some(T1w) });
    visit.finish();
    assert!(visit.screen.answer.is_some() && visit.screen.note.contains("no model"), "{:?}", visit.screen);
    let other = visit.file("own.safetensors", Content::Model(7));
    visit.tell(Event::ModelChosen(other));
    visit.finish();
    assert!(visit.screen.answer.is_none(), "another model's answer stays");
    visit.tell(Event::AnalysisAsked);
    visit.finish();
    assert_eq!(visit.screen.answer.as_ref().unwrap().model.identity.sha256, Content::Model(7).hash());
}

/// DICOM files of three series, in two batches.
fn export(visit: &mut Visit, numbers: [u8; 3]) -> Event {
    let [a, b, c] = numbers.map(|n| visit.file("IM0001", Series(n)));
    Event::DicomGiven { batches: vec![vec![a, b], vec![c]], others: vec![] }
}

#[test]
fn are_the_series_of_a_folder_proposed_and_only_chosen_ones_opened() {
    let mut visit = answered();
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
    let mut visit = answered();
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
fn does_a_newborn_of_the_list_come_back_with_its_own_images_weight_and_terms() {
    let mut visit = answered_by(2);
    let first = visit.screen.answer.clone().unwrap().record;
    visit.tell(Event::Label("Baby 1".into()));
    visit.choose(T1w, Image(3));
    visit.choose(T2w, Image(4));
    visit.type_weight("2100");
    (0..2).for_each(|at| visit.type_covariate(at, "0"));
    visit.tell(Event::AnalysisAsked);
    visit.finish();
    assert_eq!(visit.screen.images.T1w, Some(Image(3).hash()));
    // The answer that stands goes at once, with everything that it was made from.
    let at = visit.screen.lines.iter().position(|line| line.label() == "Baby 1").unwrap();
    visit.tell(Event::Reopened(at));
    assert!(visit.screen.answer.is_none() && visit.screen.images.T1w.is_none());
    visit.finish();
    assert_eq!(visit.screen.answer.as_ref().unwrap().record.provenance, first.provenance);
    assert_eq!((visit.screen.weight.as_str(), visit.screen.label.as_str()), ("3200", "Baby 1"));
    let lines = visit.screen.rows;
    // With another weight it is another attempt of the same newborn.
    visit.type_weight("3300");
    visit.tell(Event::AnalysisAsked);
    visit.finish();
    assert_eq!((visit.screen.rows, visit.screen.label.as_str()), (lines + 1, "Baby 1"));
    let attempts = hielight::export::attempts(&visit.screen.lines);
    assert!(attempts.iter().any(|places| places.len() == 2), "{attempts:?}");
}

#[test]
fn is_a_newborn_whose_file_is_gone_or_changed_never_shown_with_the_answer_before() {
    for (now, refused) in [(Unreadable, true), (Image(9), false)] {
        let mut visit = answered();
        visit.tell(Event::DemoAsked);
        visit.finish();
        let files: Vec<u32> = visit.files_of(Image(1));
        files.into_iter().for_each(|id| visit.rewrite(id, now));
        visit.tell(Event::Reopened(0));
        visit.finish();
        assert_eq!(visit.screen.error.is_some(), refused, "{:?}", visit.screen);
        assert_eq!(visit.screen.answer.is_some(), !refused);
        // What it was changed to is another newborn of the list; what is gone adds none.
        assert_eq!(visit.screen.rows, if refused { 2 } else { 3 });
    }
}

#[test]
fn does_the_demo_come_back_as_the_demo() {
    let mut visit = Visit::ready();
    visit.tell(Event::DemoAsked);
    visit.finish();
    visit.choose(T1w, Image(1));
    visit.choose(T2w, Image(2));
    visit.type_weight("2100");
    visit.tell(Event::AnalysisAsked);
    visit.finish();
    let demo: Vec<bool> = visit.screen.lines.iter().map(|line| line.row().unwrap().demo).collect();
    assert_eq!(demo, [true, false]);
    visit.tell(Event::Reopened(0));
    visit.finish();
    assert_eq!((visit.screen.weight.as_str(), visit.screen.rows), (DEMO_WEIGHT, 2));
    // It leaves whole again, once another image is read.
    visit.choose(T1w, Image(1));
    visit.finish();
    assert_eq!((visit.screen.weight.as_str(), visit.screen.images.T2w.as_ref()), ("", None));
}

#[test]
fn does_the_demo_leave_whole() {
    let mut visit = Visit::ready();
    visit.tell(Event::DemoAsked);
    visit.finish();
    assert_eq!((visit.screen.weight.as_str(), visit.screen.answer.is_some()), (DEMO_WEIGHT, true));
    visit.choose(T1w, Image(1));
    visit.finish();
    assert_eq!(visit.screen.weight, "", "the demo's weight stays");
    assert_eq!(visit.screen.images.T2w, None, "an image of the demo stays");
    // A weight that was typed is the reader's own.
    visit.tell(Event::DemoAsked);
    visit.finish();
    visit.type_weight("2900");
    visit.choose(T2w, Image(2));
    visit.finish();
    assert_eq!((visit.screen.weight.as_str(), visit.screen.images.T1w.as_ref()), ("2900", None));
}

#[test]
fn does_a_swap_keep_the_images_of_the_demo_and_of_files_that_are_still_read() {
    let mut visit = Visit::ready();
    visit.tell(Event::DemoAsked);
    visit.finish();
    let [t1, t2] = [visit.screen.images.T1w.clone(), visit.screen.images.T2w.clone()];
    visit.tell(Event::Swapped);
    visit.finish();
    assert_eq!([visit.screen.images.T1w.clone(), visit.screen.images.T2w.clone()], [t2, t1]);
    visit.choose(T1w, Image(1));
    visit.choose(T2w, Image(2));
    visit.tell(Event::Swapped);
    visit.finish();
    assert_eq!(visit.screen.images.T1w, Some(Image(2).hash()));
    assert_eq!(visit.screen.images.T2w, Some(Image(1).hash()));
}

#[test]
fn do_ten_clicks_ask_for_one_analysis() {
    let mut visit = answered();
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
    let mut visit = answered();
    visit.choose(T1w, Killer);
    visit.finish();
    assert_eq!(visit.starts, 2);
    assert!(visit.screen.note.contains("T1w") && visit.screen.answer.is_some(), "{:?}", visit.screen);
    assert_eq!(visit.screen.images.T2w, Some(Image(2).hash()));
}

#[test]
fn is_an_engine_that_always_stops_given_up_and_started_again_on_request() {
    let mut visit = answered();
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
    let mut visit = answered();
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
    let mut visit = answered();
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
    let mut visit = answered();
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
    let mut visit = answered();
    visit.adapter = true;
    visit.tell(Event::DeviceChosen(DeviceChoice::Gpu));
    visit.tell(Event::AnalysisAsked);
    visit.die();
    visit.finish();
    assert!(visit.screen.answer.as_ref().is_some_and(|a| a.device.info.kind == "cpu"), "{:?}", visit.screen);
    assert!(visit.screen.device.contains("stopped with the graphics adapter"), "{}", visit.screen.device);
}

#[test]
fn is_a_pair_read_in_any_order_and_two_pairs_at_once_by_their_names() {
    let mut visit = Visit::ready();
    let names = ["b_T2w.img", "b_T1w.img.gz", "b_T1w.hdr", "b_T2w.hdr"];
    let contents = [Voxels(2), Voxels(1), Header(1), Header(2)];
    let four: Vec<_> = names.into_iter().zip(contents).map(|(n, c)| visit.file(n, c)).collect();
    visit.tell(Event::Given { files: four, over: None });
    visit.finish();
    assert_eq!(visit.screen.images.T1w, image(&[Header(1), Voxels(1)]), "{:?}", visit.screen);
    assert_eq!(visit.screen.images.T2w, image(&[Header(2), Voxels(2)]));
    let facts = &visit.screen.slots.T1w.as_ref().unwrap().facts;
    assert!(facts.to_string().starts_with("b_T1w.hdr + b_T1w.img.gz"), "{facts}");
    // Over a slot it is that slot's, whatever it is called.
    let two = vec![visit.file("c.img", Voxels(3)), visit.file("c.hdr", Header(3))];
    visit.tell(Event::Given { files: two, over: Some(T2w) });
    visit.finish();
    assert_eq!(visit.screen.images.T2w, image(&[Header(3), Voxels(3)]));
}

#[test]
fn are_images_of_two_newborns_or_sessions_not_taken_for_a_pair() {
    let mut visit = answered();
    for names in [["sub-1_T1w.nii", "sub-2_T2w.nii"], ["sub-1_ses-a_T1w.nii", "sub-1_ses-b_T2w.nii"]] {
        let two = names.map(|name| visit.file(name, Image(7))).to_vec();
        visit.tell(Event::Given { files: two, over: None });
        assert!(visit.screen.answer.is_some() && visit.screen.note.contains("different newborns"));
    }
    let own = ["sub-1_ses-a_T1w.nii", "sub-1_ses-a_acq-x_T2w.nii"];
    let two = vec![visit.file(own[0], Image(7)), visit.file(own[1], Image(8))];
    visit.tell(Event::Given { files: two, over: None });
    visit.finish();
    assert_eq!(visit.screen.images.T2w, Some(Image(8).hash()));
}

#[test]
fn does_a_half_wait_for_its_other_half_and_for_no_other() {
    let mut visit = Visit::ready();
    for [first, second] in
        [[("s.hdr", Header(1)), ("s.img", Voxels(1))], [("s.img", Voxels(1)), ("s.hdr", Header(1))]]
    {
        let half = visit.file(first.0, first.1);
        visit.tell(Event::Given { files: vec![half], over: Some(T1w) });
        visit.finish();
        assert!(visit.screen.images.T1w.is_none() && visit.screen.error.is_some(), "a half was read alone");
        let stranger = visit.file("other.hdr", Header(9));
        visit.tell(Event::Given { files: vec![stranger], over: Some(T2w) });
        let half = visit.file(second.0, second.1);
        visit.tell(Event::Given { files: vec![half], over: None });
        visit.finish();
        assert_eq!(visit.screen.images.T1w, image(&[Header(1), Voxels(1)]), "{:?}", visit.screen);
        visit.tell(Event::Removed(T1w));
    }
    // Over another slot, or of another name, it is an image of its own.
    let header = visit.file("s.hdr", Header(1));
    visit.tell(Event::Given { files: vec![header], over: Some(T1w) });
    let voxels = visit.file("t.img", Voxels(1));
    visit.tell(Event::Given { files: vec![voxels], over: Some(T1w) });
    visit.finish();
    assert!(visit.screen.images.T1w.is_none() && visit.screen.error.is_some());
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
        let mut visit = own.map_or_else(Visit::begun, answered_by);
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
