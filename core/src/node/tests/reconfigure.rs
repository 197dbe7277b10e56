//! Neighbours that come and go while the server runs.

use super::*;

impl Story {
    /// The node is told of other neighbours; what it wants done, and what it tells.
    fn reconfigure(&mut self, peers: impl IntoIterator<Item = Peer>) -> (Vec<String>, Vec<Event>) {
        let old = self.node.config();
        let config = Config { peers: peers.into_iter().collect(), ..Config::clone(old) };
        self.out.clear();
        self.node.reconfigure(self.now, Arc::new(config), &mut self.out).unwrap();
        self.node.check().unwrap();
        let is_deed = |output: &&Output| !matches!(output, Output::Event(_));
        let deeds = self.out.outputs().iter().filter(is_deed).map(|output| self.show(output));
        (deeds.collect(), self.events())
    }
}

fn gone(name: &str) -> Peer {
    Peer { direction: Direction::Neither, ..Peer::new(name) }
}

#[test]
fn a_neighbour_that_comes_is_dialed_and_the_others_notice_nothing() {
    let mut story = Story::with([Peer::new("Ball")]);
    story.join(1, "Ball");
    assert_eq!(story.open(2).line(2, "HERD 1 herd Newton 1").len(), 2, "a stranger");
    let told = story.reconfigure([Peer::new("Ball"), Peer::new("Newton")]);
    assert_eq!(told, (Vec::new(), Vec::new()));
    assert_eq!(story.later(0), ["dial 1"]);
    assert_eq!(story.join(3, "Newton"), ["3 <- HERD 1 herd Hamilton 5\\n"]);
    assert_eq!(story.open(4).line(4, "IAMAT kiwi +1-1 1").len(), 3, "both are told");
}

#[test]
fn a_neighbour_that_goes_is_hung_up_on_and_never_dialed_again() {
    let mut story = Story::with([Peer::new("Ball"), Peer::new("Alford"), Peer::new("Welsh")]);
    story.join(1, "Ball");
    assert_eq!(story.later(0), ["dial 1", "dial 2"]);
    let how = Opening::Dialed(PeerId(1));
    story.on(Input::Opened { conn: ConnId(2), how });
    // Live, greeted, and still being connected to: all of them go.
    let (deeds, events) = story.reconfigure([gone("Ball"), gone("Alford"), gone("Welsh")]);
    assert_eq!(deeds, ["hangup 1", "hangup 2"]);
    assert_eq!(events, [Event::LinkDown { peer: PeerId(0), why: LinkEnd::Reconfigured }]);
    let how = Opening::Dialed(PeerId(2));
    assert_eq!(story.on(Input::Opened { conn: ConnId(3), how }), ["hangup 3"]);
    assert_eq!(story.node.next_deadline(), None);
    assert_eq!(story.open(1).line(1, "HERD 1 herd Ball 10").len(), 2, "a stranger now");
    assert_eq!(story.open(4).line(4, "IAMAT kiwi +1-1 1").len(), 1, "nobody is told");
    // One that comes back has its old number.
    story.reconfigure([gone("Ball"), Peer::new("Alford"), gone("Welsh")]);
    assert_eq!(story.later(0), ["dial 1"]);
}

#[test]
fn a_dial_that_fails_after_its_neighbour_has_gone_is_not_repeated() {
    let mut story = Story::with([Peer::new("Ball")]);
    assert_eq!(story.later(0), ["dial 0"]);
    story.reconfigure([gone("Ball")]);
    assert_eq!(story.on(Input::DialFailed(PeerId(0))), [""; 0]);
    assert_eq!((story.events(), story.node.next_deadline()), (Vec::new(), None));
}

#[test]
fn a_neighbour_that_changes_is_begun_anew() {
    let mut story = Story::with([Peer::new("Ball")]);
    story.join(1, "Ball");
    let hears = Peer { direction: Direction::Out, ..Peer::new("Ball") };
    assert_eq!(story.reconfigure([hears]).0, ["hangup 1"]);
    assert_eq!(story.later(0), ["dial 0"]);
    let classic = Peer { style: Style::Classic, ..Peer::new("Ball") };
    story.reconfigure([classic]);
    assert_eq!(story.on(Input::DialFailed(PeerId(0))).len(), 0);
    assert_eq!(story.open(4).line(4, "IAMAT kiwi +1-1 1").len(), 1);
    story.reconfigure([gone("Ball")]);
    assert_eq!(story.node.links()[0].waiting(), 0, "nothing waits for nobody");
}

#[test]
fn what_may_not_change_is_refused_and_nothing_changes() {
    let mut story = Story::with([Peer::new("Ball"), Peer::new("Alford")]);
    let old = Config::clone(story.node.config());
    let peers = |names: &[&str]| names.iter().map(|name| Peer::new(name)).collect();
    for new in [
        Config { name: "Ball".into(), ..old.clone() },
        Config { incarnation: 6, ..old.clone() },
        Config { preset: Preset::Classic, ..old.clone() },
        Config { peers: peers(&["Ball"]), ..old.clone() },
        Config { peers: peers(&["Alford", "Ball"]), ..old },
    ] {
        let before = story.node.clone();
        assert!(story.node.reconfigure(story.now, Arc::new(new), &mut story.out).is_err());
        assert_eq!(story.node, before);
    }
}
