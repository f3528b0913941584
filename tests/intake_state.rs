//! Does what is given take its place, and does nothing get lost by what cannot: wrong files, pairs, the demo, one step
//! back, a newborn of the list opened again?

mod support;

use hielight::model::{PerSequence, Sequence};
use hielight::state::Event;
use support::visit::{Content, DEMO_WEIGHT, Visit, image};

use Content::{Header, Image, Junk, Killer, Unreadable, Voxels};
use Sequence::{T1w, T2w};

/// What of the images that `Visit::answered` gave stands on the page and in the engine.
fn images(visit: &Visit) -> [PerSequence<Option<String>>; 2] {
    [visit.screen.images.clone(), visit.engine.as_ref().unwrap().images.clone()]
}

#[test]
fn does_a_wrong_drop_destroy_nothing_and_is_it_refused_by_its_files_name() {
    for (bad, good) in [(Unreadable, Image(7)), (Junk, Image(7)), (Killer, Image(7)), (Junk, Unreadable)] {
        let mut visit = Visit::answered();
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
    let mut visit = Visit::answered();
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
            let mut visit = Visit::answered();
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
    let mut visit = Visit::answered();
    visit.tell(Event::Removed(T1w));
    visit.type_weight("3100");
    assert!(!visit.screen.controls.undo);
    visit.tell(Event::Undone);
    visit.finish();
    assert_eq!((visit.screen.weight.as_str(), visit.screen.images.T1w.as_ref()), ("3100", None));
    // Nothing is taken back twice, nor by pressing it without anything to take back.
    let mut visit = Visit::answered();
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
    let mut visit = Visit::answered();
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
fn are_the_two_that_fit_used_of_more_files_and_the_others_named() {
    let mut visit = Visit::answered();
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
    let mut visit = Visit::answered();
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
    let mut visit = Visit::answered();
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
fn is_a_doubt_about_which_image_is_which_still_said_once_both_have_taken_their_places() {
    let mut visit = Visit::answered();
    let files = vec![visit.file("first.nii", Image(3)), visit.file("second.nii", Image(4))];
    visit.tell(Event::Given { files, over: None });
    visit.finish();
    assert_eq!(visit.screen.images.T1w, image(&[Image(3)]));
    assert!(visit.screen.note.contains("swap them if they are wrong"), "{:?}", visit.screen.note);
    visit.tell(Event::Swapped);
    assert_eq!(visit.screen.note, "");
}

#[test]
fn is_a_model_that_is_none_refused_beside_the_answer() {
    let mut visit = Visit::answered();
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

#[test]
fn does_a_newborn_of_the_list_come_back_with_its_own_images_weight_and_terms() {
    let mut visit = Visit::answered_by(2);
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
        let mut visit = Visit::answered();
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
    let mut visit = Visit::answered();
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

#[test]
fn are_pairs_of_two_newborns_no_newborn() {
    let mut visit = Visit::ready();
    let names = ["sub-01_T1w.hdr", "sub-01_T1w.img", "sub-02_T2w.hdr", "sub-02_T2w.img"];
    let given = names.into_iter().zip([Header(1), Voxels(1), Header(2), Voxels(2)]);
    let files = given.map(|(name, content)| visit.file(name, content)).collect();
    visit.tell(Event::Given { files, over: None });
    visit.finish();
    assert_eq!(visit.screen.images, PerSequence::default(), "{:?}", visit.screen);
    assert!(format!("{:?}", visit.screen.error).contains("different newborns"), "{:?}", visit.screen.error);
}
