use futures::{FutureExt as _, StreamExt as _};

use super::*;
use crate::live::window::{Change, Revision};

#[derive(Debug, Clone, PartialEq)]
struct Nothing;

impl Row for Nothing {
    type Key = ();
    type Position = ();
    type Patch = std::convert::Infallible;

    fn key(&self) -> &() {
        &()
    }
    fn position(&self) {}
    fn revision(&self) -> Revision {
        Revision(1)
    }
}

fn link(link: Link) -> Incoming<Nothing> {
    Incoming::Link(link)
}

fn failed(why: &str) -> Link {
    Link::Failed { why: why.into() }
}

fn heard(said: &[(usize, Link)]) -> Vec<Incoming<Nothing>> {
    let mut several = Several::<3>::new();
    let heard = said.iter().cloned();
    heard
        .flat_map(|(part, said)| several.heard(part, link(said)).into_iter().flatten())
        .collect()
}

#[test]
fn the_whole_is_live_when_each_part_is_and_anew_with_each_part() {
    let told = heard(&[
        (0, Link::Live),
        (1, Link::Live),
        (2, Link::Live),
        (1, Link::Live),
        (0, Link::Offline),
        (0, Link::Connecting),
        (0, Link::Live),
    ]);
    let expected = [
        Link::Connecting,
        Link::Connecting,
        Link::Live,
        Link::Live,
        Link::Offline,
        Link::Connecting,
        Link::Live,
    ];
    assert_eq!(told, expected.map(link));
}

#[test]
fn a_part_that_failed_is_told_and_does_not_keep_the_others_from_being_acknowledged() {
    let told = heard(&[(2, failed("denied")), (0, Link::Live), (1, Link::Live)]);
    assert_eq!(
        told,
        [
            link(failed("denied")),
            link(failed("denied")),
            link(Link::Live),
            link(failed("denied")),
        ]
    );
}

#[test]
fn what_is_no_link_goes_through() {
    let mut several = Several::<3>::new();
    let change = Incoming::Change(Change::Put(Nothing));
    assert_eq!(several.heard(1, change.clone()), [Some(change), None]);
}

#[test]
fn a_part_that_ends_was_ended_by_the_other_side_unless_it_said_why() {
    let said = |links: Vec<Link>| {
        let ends = Changes::new(stream::iter(links.into_iter().map(link)));
        let stays = Changes::new(stream::pending());
        let mut whole = whole([ends, stays]).told();
        let mut told = Vec::new();
        while let Some(Some(incoming)) = whole.next().now_or_never() {
            told.push(incoming);
        }
        told
    };
    let ended = failed("the server ended the subscription");
    assert_eq!(
        said(vec![Link::Live]),
        [Incoming::Link(Link::Connecting), Incoming::Link(ended)]
    );
    let denied = failed("denied");
    assert_eq!(said(vec![denied.clone()]), [Incoming::Link(denied)]);
}
