//! Timelines in and out, in order and within bounds.

use glam::Vec3;
use reverie_behavior::*;

fn sample() -> Timeline {
    let mut timeline = Timeline::new();
    let friend = EntityId(7);
    for (at, act) in [
        (0.0, Act::Converse(vec![friend])),
        (0.0, Act::Activity(Activity::Listening)),
        (1.5, Act::Speaker(Some(friend))),
        (2.0, Act::Mood(Mood::of(Emotion::Happy, 0.7).for_secs(3.0))),
        (2.5, Act::Look(Look::at(Target::Point(Vec3::X), Attraction::Sound))),
        (
            3.0,
            Act::Gesture(Gesture::Point { target: Target::Entity(friend), hand: None, secs: 2.0 }),
        ),
        (4.0, Act::Walk(Walk { to: Vec3::new(1.0, 0.0, 2.0), speed_mps: 1.2 })),
        (9.0, Act::Stop),
    ] {
        timeline.push(at, act).expect("a good event");
    }
    timeline
}

#[test]
fn a_file_gives_the_same_timeline() {
    let timeline = sample();
    let text = timeline.to_ron().expect("writes");
    assert_eq!(Timeline::from_ron(&text).expect("reads"), timeline);
    let other = text.replacen("version: 1", "version: 2", 1);
    assert_eq!(Timeline::from_ron(&other), Err(TimelineError::File("version: 2 is not 1".into())));
    assert!(matches!(Timeline::from_ron("(version: 1"), Err(TimelineError::File(_))));
}

#[test]
fn order_and_values_are_checked() {
    let mut timeline = sample();
    assert!(matches!(
        timeline.push(8.0, Act::Stop),
        Err(TimelineError::Order { index: 8, last_secs: 9.0, .. })
    ));
    let mut refuse = |act: Act, field: &str| match timeline.push(10.0, act) {
        Err(TimelineError::Value { index: 8, field: named, .. }) => assert_eq!(named, field),
        other => panic!("{other:?}"),
    };
    refuse(Act::Mood(Mood::of(Emotion::Sad, 1.5)), "intensity");
    refuse(Act::Mood(Mood { onset_secs: f32::NAN, ..Mood::default() }), "onset_secs");
    refuse(Act::Look(Look::at(Target::Point(Vec3::NAN), Attraction::Sound)), "target");
    refuse(Act::Turn(Target::Direction(Vec3::ZERO)), "target");
    refuse(Act::Gesture(Gesture::Nod(0)), "times");
    refuse(Act::Walk(Walk { to: Vec3::ZERO, speed_mps: 20.0 }), "speed_mps");
    refuse(Act::Converse(vec![EntityId(1); 9]), "Converse");
    assert!(timeline.push(f64::NAN, Act::Stop).is_err());
    assert_eq!(timeline, sample(), "what is refused leaves no trace");
}

#[test]
fn what_has_not_happened_can_be_taken_back() {
    let mut timeline = sample();
    timeline.withdraw(2.5, |event| !matches!(event.act, Act::Walk(_)));
    let left: Vec<f64> = timeline.events().iter().map(|event| event.at_secs).collect();
    assert_eq!(left, [0.0, 0.0, 1.5, 2.0, 2.5, 4.0]);
    timeline.push(5.0, Act::Stop).expect("what comes last now is at 4 s");
}

#[test]
fn forgetting_keeps_the_numbers() {
    let mut timeline = sample();
    let stop = timeline.get(7).cloned();
    timeline.forget_before(3.0);
    assert_eq!((timeline.start(), timeline.end()), (5, 8));
    assert_eq!(timeline.get(7).cloned(), stop);
    assert_eq!(timeline.get(4), None);
    timeline.push(9.5, Act::Stop).expect("goes on");
    assert_eq!(timeline.end(), 9);
}

#[test]
fn a_point_of_the_plane_is_a_blend_of_what_lies_around() {
    for emotion in Emotion::ALL {
        let blend = Feeling::Affect(emotion.affect()).blend();
        assert!((blend.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        let most = (0..Emotion::COUNT).max_by(|a, b| blend[*a].total_cmp(&blend[*b]));
        assert_eq!(most, Some(emotion as usize));
    }
    let corner = Feeling::Affect(Affect { valence: 1.0, arousal: -1.0 }).blend();
    assert!((corner[Emotion::Relaxed as usize] - 1.0).abs() < 0.02);
}

#[test]
fn acts_can_be_put_among_later_ones() {
    let mut timeline = Timeline::new();
    for (at, activity) in
        [(1.0, Activity::Idle), (4.0, Activity::Listening), (5.0, Activity::Talking)]
    {
        timeline.push(at, Act::Activity(activity)).expect("a sound act");
    }
    timeline.insert(4.0, Act::Stop).expect("a sound act");
    timeline.insert(2.0, Act::Converse(vec![])).expect("a sound act");
    timeline.insert(6.0, Act::Stop).expect("a sound act");
    let times: Vec<f64> = timeline.events().iter().map(|event| event.at_secs).collect();
    assert_eq!(times, [1.0, 2.0, 4.0, 4.0, 5.0, 6.0]);
    assert_eq!(
        timeline.get(3).expect("a sound act").act,
        Act::Stop,
        "after what happens at the same time"
    );
    // A mistake changes nothing, and the end is where it was.
    let before = timeline.clone();
    assert!(timeline.insert(f64::NAN, Act::Stop).is_err());
    assert!(timeline.insert(3.0, Act::Gesture(Gesture::Nod(9))).is_err());
    assert_eq!(timeline, before);
    assert!(timeline.push(5.5, Act::Stop).is_err());
    timeline.push(6.0, Act::Stop).expect("a sound act");
}

#[test]
fn ron_and_json_are_the_same_timeline() {
    let timeline = sample();
    let json = serde_json::to_string(&timeline).expect("writes");
    assert_eq!(serde_json::from_str::<Timeline>(&json).expect("reads"), timeline);
    let bad = json.replacen("\"version\":1", "\"version\":9", 1);
    let error = serde_json::from_str::<Timeline>(&bad).expect_err("another version").to_string();
    assert!(error.contains("version: 9 is not 1"), "{error}");
    let bad = json.replacen("\"at_secs\":9.0", "\"at_secs\":3.0", 1);
    assert!(serde_json::from_str::<Timeline>(&bad).is_err(), "out of order");
}

#[test]
fn timelines_are_merged_whole_or_not_at_all() {
    let mut both = sample();
    let mut other = Timeline::new();
    other.push(0.0, Act::Gesture(Gesture::Nod(2))).expect("good");
    other.push(1.5, Act::Gesture(Gesture::Shake(1))).expect("good");
    both.merge(&other, 2.5).expect("fits");
    let at: Vec<f64> = both.events().iter().map(|event| event.at_secs).collect();
    assert_eq!(at, [0.0, 0.0, 1.5, 2.0, 2.5, 2.5, 3.0, 4.0, 4.0, 9.0]);
    assert_eq!(both.events()[5].act, Act::Gesture(Gesture::Nod(2)), "after what is there");
    assert_eq!(both.events()[8].act, Act::Gesture(Gesture::Shake(1)));
    let before = both.clone();
    assert!(both.merge(&other, Timeline::MAX_SECS - 1.0).is_err());
    assert_eq!(both, before);
}

#[test]
fn an_interruption_drops_what_was_planned() {
    let mut timeline = Timeline::new();
    let speech = Speech { duration_secs: 5.0, ..Speech::default() };
    timeline.say(1.0, Say { speech, ..Say::default() }, Activity::Idle).expect("good");
    assert_eq!(timeline.after(1.0), 2);
    assert_eq!(timeline.after(6.0), timeline.end());
    timeline.withdraw(3.0, |_| true);
    timeline.push(3.0, Act::Hush).expect("at once");
    timeline.push(3.0, Act::Activity(Activity::Listening)).expect("at once");
    let last = &timeline.events()[timeline.events().len() - 1];
    assert_eq!((last.at_secs, timeline.events().len()), (3.0, 4));
    timeline.forget_before(0.9);
    assert_eq!((timeline.start(), timeline.end()), (0, 4));
}

#[test]
fn what_is_said_can_be_learnt_bit_by_bit() {
    let sound =
        |phoneme, start_secs, end_secs| TimedPhoneme { phoneme, stress: 0, start_secs, end_secs };
    let bit = |phoneme, secs: f32, ending| Speech {
        phonemes: vec![sound(phoneme, 0.0, secs)],
        phrases: vec![Phrase { start_secs: 0.0, end_secs: secs, ending }],
        duration_secs: secs,
        ..Speech::default()
    };
    let mut timeline = Timeline::new();
    timeline.insert(2.0, Act::Say(Box::default())).expect("good");
    timeline.insert(5.0, Act::Stop).expect("good");
    let nod = TimedGesture { start_secs: 0.5, gesture: Gesture::Nod(1) };
    let goes_on = PhraseEnd::Continuation;
    timeline.say_more(2.0, 0.3, bit('m', 0.1, goes_on), []).expect("good");
    timeline.say_more(2.0, 0.4, bit('ɑ', 0.2, PhraseEnd::Statement), [nod]).expect("good");
    timeline.say_more(2.0, 0.6, bit('m', 0.1, goes_on), []).expect("good");
    let said = |timeline: &Timeline| match &timeline.events()[0].act {
        Act::Say(say) => (**say).clone(),
        other => panic!("{other:?}"),
    };
    let Say { speech, gestures, .. } = said(&timeline);
    assert_eq!(speech.phonemes.len(), 3);
    assert_eq!(speech.phonemes[2].start_secs, 0.6);
    assert!((speech.duration_secs - 0.7).abs() < 1e-5);
    let phrases: Vec<_> = speech.phrases.iter().map(|p| (p.start_secs, p.ending)).collect();
    // What goes on is one phrase.
    assert_eq!(phrases, [(0.3, PhraseEnd::Statement), (0.6, goes_on)]);
    assert_eq!(gestures, [nod]);
    // What is out of order is refused and leaves no trace, and nothing is said at other times.
    let before = timeline.clone();
    assert!(timeline.say_more(2.0, 0.1, bit('m', 0.1, goes_on), []).is_err());
    assert!(timeline.say_more(2.0, f32::NAN, bit('m', 0.1, goes_on), []).is_err());
    let early = TimedGesture { start_secs: 0.1, ..nod };
    assert!(timeline.say_more(2.0, 0.8, bit('m', 0.1, goes_on), [early]).is_err());
    timeline.say_more(2.5, 0.8, bit('m', 0.1, goes_on), []).expect("nobody says anything");
    assert_eq!(timeline, before);
}

#[test]
fn speech_can_be_taken_up_from_a_time_on() {
    let sound = |start_secs: f32| TimedPhoneme {
        phoneme: 'ɑ',
        stress: 1,
        start_secs,
        end_secs: start_secs + 0.1,
    };
    let word = |text: &str, start_secs: f32| TimedWord {
        text: text.to_owned(),
        start_secs,
        end_secs: start_secs + 0.1,
    };
    let whole = Speech {
        phonemes: [0.2, 0.5, 0.9].map(sound).to_vec(),
        words: vec![word("one", 0.2), word("two", 0.5), word("three", 0.9)],
        accents: vec![
            Accent { at_secs: 0.25, strength: 0.5 },
            Accent { at_secs: 0.95, strength: 1.0 },
        ],
        phrases: vec![
            Phrase { start_secs: 0.2, end_secs: 0.6, ending: PhraseEnd::Continuation },
            Phrase { start_secs: 0.9, end_secs: 1.0, ending: PhraseEnd::Statement },
        ],
        duration_secs: 1.2,
        ..Speech::default()
    };
    assert_eq!(whole.rest(0.0), whole);
    let rest = whole.rest(0.5);
    assert_eq!(
        rest.words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>(),
        ["two", "three"]
    );
    assert_eq!((rest.phonemes.len(), rest.phonemes[0].start_secs), (2, 0.0));
    assert_eq!(rest.accents.len(), 1);
    assert_eq!(rest.phrases.len(), 2, "a phrase under way is cut");
    assert!((rest.phrases[0].end_secs - 0.1).abs() < 1e-6);
    assert!((rest.duration_secs - 0.7).abs() < 1e-6);
    let mut timeline = Timeline::new();
    let say = Say { speech: rest, ..Say::default() };
    timeline.push(0.0, Act::Say(Box::new(say))).expect("what is left is sound");
    assert_eq!(whole.rest(9.0).phonemes, []);
    assert_eq!(whole.rest(9.0).duration_secs, 0.0);
}
