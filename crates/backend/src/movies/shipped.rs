//! The films that are shown where no list of real ones is configured: invented, each with a poster of our own drawing.

/// A film that is shipped with the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shipped {
    /// Names its poster: `/posters/<slug>.svg` beside the page.
    pub slug: &'static str,
    /// Its title.
    pub name: &'static str,
    /// The day it came out.
    pub date: &'static str,
    /// What it is about.
    pub plot: &'static str,
}

/// In the order in which they are shown.
pub const FILMS: &[Shipped] = &[
    Shipped {
        slug: "the-lighthouse-accountant",
        name: "The Lighthouse Accountant",
        date: "2024-03-08",
        plot: "An auditor is sent to close the books of a lighthouse that has been switched off for years. The lamp disagrees.",
    },
    Shipped {
        slug: "seven-tons-of-violins",
        name: "Seven Tons of Violins",
        date: "2023-11-17",
        plot: "Two rival lorry drivers have one night to carry an orchestra's instruments over a snowed-in pass.",
    },
    Shipped {
        slug: "midnight-at-the-seed-bank",
        name: "Midnight at the Seed Bank",
        date: "2025-01-24",
        plot: "The only robbery in history in which nobody wanted the money, and everything that was taken grew.",
    },
    Shipped {
        slug: "a-map-of-quiet-places",
        name: "A Map of Quiet Places",
        date: "2022-09-02",
        plot: "A sound engineer who is losing her hearing records the silence of every room that mattered to her.",
    },
    Shipped {
        slug: "the-tide-takes-tuesday",
        name: "The Tide Takes Tuesday",
        date: "2024-07-12",
        plot: "On a small island the sea comes in once a week and takes one day with it. Somebody wants it back.",
    },
    Shipped {
        slug: "kites-over-platform-nine",
        name: "Kites over Platform Nine",
        date: "2021-05-28",
        plot: "Children of a railway town build the largest kite in the country out of lost property.",
    },
    Shipped {
        slug: "the-clockmakers-deputy",
        name: "The Clockmaker's Deputy",
        date: "2023-02-10",
        plot: "A town sheriff who is never on time inherits a workshop where no clock is ever late.",
    },
    Shipped {
        slug: "satellite-gardeners",
        name: "Satellite Gardeners",
        date: "2026-01-16",
        plot: "Three botanists keep the last tomato plants alive in orbit, and one of them is a very bad liar.",
    },
    Shipped {
        slug: "paper-tigers-real-rain",
        name: "Paper Tigers, Real Rain",
        date: "2022-04-22",
        plot: "A travelling theatre of folded animals has to outrun the monsoon to its last performance.",
    },
    Shipped {
        slug: "the-understudy-of-mars",
        name: "The Understudy of Mars",
        date: "2025-06-06",
        plot: "The astronaut who was second in line lives the mission in a desert, one day ahead of the real one.",
    },
    Shipped {
        slug: "how-to-fold-a-river",
        name: "How to Fold a River",
        date: "2020-10-09",
        plot: "A bridge builder and a fishing village negotiate for thirty years. Neither of them wins; the river does.",
    },
    Shipped {
        slug: "the-nineteenth-elevator",
        name: "The Nineteenth Elevator",
        date: "2024-10-31",
        plot: "The hotel has eighteen lifts. The night porter has been asked, twice, to repair the next one.",
    },
    Shipped {
        slug: "salt-and-saxophone",
        name: "Salt and Saxophone",
        date: "2019-08-16",
        plot: "A miner brings a broken saxophone underground and finds that the mountain keeps time.",
    },
    Shipped {
        slug: "a-bear-in-the-archive",
        name: "A Bear in the Archive",
        date: "2023-12-15",
        plot: "The state archive denies that there is a bear. The bear has the paperwork to prove it.",
    },
    Shipped {
        slug: "the-last-telegram-boy",
        name: "The Last Telegram Boy",
        date: "2021-03-19",
        plot: "He has one message left, no address, and a bicycle that pulls to the left.",
    },
    Shipped {
        slug: "orchard-of-antennas",
        name: "Orchard of Antennas",
        date: "2025-09-26",
        plot: "A farmer plants radio masts among her apple trees and something far away begins to answer.",
    },
    Shipped {
        slug: "the-blue-hour-bakery",
        name: "The Blue Hour Bakery",
        date: "2022-12-02",
        plot: "It opens for one hour before dawn, and what it sells is different for everyone who finds it.",
    },
    Shipped {
        slug: "unlicensed-comets",
        name: "Unlicensed Comets",
        date: "2024-05-17",
        plot: "Two amateur astronomers discover the same comet on the same night and go to court over its name.",
    },
    Shipped {
        slug: "the-cartographers-daughters",
        name: "The Cartographer's Daughters",
        date: "2020-02-14",
        plot: "Three sisters each inherit a third of a map, and none of them is speaking to the other two.",
    },
    Shipped {
        slug: "slow-train-to-thunder",
        name: "Slow Train to Thunder",
        date: "2023-06-30",
        plot: "A locomotive at walking pace, a storm at walking pace, and forty passengers with an opinion.",
    },
    Shipped {
        slug: "the-museum-of-almost",
        name: "The Museum of Almost",
        date: "2026-03-20",
        plot: "A guard falls in love with the exhibits: everything that very nearly happened.",
    },
    Shipped {
        slug: "nobody-waters-the-moon",
        name: "Nobody Waters the Moon",
        date: "2021-11-05",
        plot: "A janitor at an observatory is the only one who notices that the moon has started to wilt.",
    },
    Shipped {
        slug: "the-octopus-clause",
        name: "The Octopus Clause",
        date: "2025-04-11",
        plot: "A contract lawyer finds eight signatures on a two-party agreement, all of them in ink.",
    },
    Shipped {
        slug: "winter-has-two-doors",
        name: "Winter Has Two Doors",
        date: "2022-01-28",
        plot: "In a house at the tree line one door opens on last winter and the other on the next.",
    },
];
