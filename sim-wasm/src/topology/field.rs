//! The herds of the field: every prototype of this herd was one of them.

use herd_core::sort::sort;

use super::{Edge, ServerId, Shape, Topology};

/// A server and the neighbours it lists.
type Lists = &'static [(&'static str, &'static [&'static str])];

/// Each herd: its name, whether its lists say who *sends* to whom (or else who is linked), and the
/// lists. The first is the default.
pub const HERDS: &[(&str, bool, Lists)] = &[
    (
        "places-2016",
        false,
        &[
            ("Alford", &["Hamilton", "Welsh"]),
            ("Ball", &["Holiday", "Welsh"]),
            ("Hamilton", &["Holiday"]),
        ],
    ),
    (
        "seed-2016",
        true,
        &[
            ("Alford", &["Hamilton", "Welsh"]),
            ("Ball", &["Holiday", "Welsh"]),
            ("Hamilton", &["Holiday"]),
            ("Holiday", &["Ball", "Hamilton"]),
            ("Welsh", &["Alford", "Ball"]),
        ],
    ),
    (
        "twitter-2012",
        false,
        &[
            ("Blake", &["Bryant", "Howard"]),
            ("Gasol", &["Bryant", "Howard"]),
            ("Metta", &["Bryant"]),
        ],
    ),
    (
        "winter-2016",
        false,
        &[
            ("Alford", &["Parker", "Welsh"]),
            ("Bolden", &["Parker", "Welsh"]),
            ("Hamilton", &["Parker"]),
        ],
    ),
    (
        "asyncio-2018",
        false,
        &[
            ("Goloman", &["Hands", "Holiday", "Wilkes"]),
            ("Hands", &["Wilkes"]),
            ("Holiday", &["Welsh", "Wilkes"]),
        ],
    ),
    (
        "asyncio-2020",
        false,
        &[
            ("Hill", &["Jaquez", "Smith"]),
            ("Singleton", &["Jaquez", "Smith", "Campbell"]),
            ("Smith", &["Campbell"]),
        ],
    ),
    (
        "asyncio-2021",
        false,
        &[
            ("Riley", &["Jaquez", "Juzang"]),
            ("Bernard", &["Jaquez", "Juzang", "Campbell"]),
            ("Juzang", &["Campbell"]),
        ],
    ),
    (
        "asyncio-2022",
        false,
        &[
            ("Juzang", &["Bernard", "Clark", "Johnson"]),
            ("Bernard", &["Jaquez", "Johnson"]),
            ("Clark", &["Jaquez"]),
        ],
    ),
    (
        "asyncio-2023",
        false,
        &[
            ("Bailey", &["Bona", "Campbell"]),
            ("Bona", &["Campbell", "Clark"]),
            ("Campbell", &["Jaquez"]),
            ("Clark", &["Jaquez"]),
        ],
    ),
];

/// The herd of that name. Its servers stand in the order of their names.
pub(super) fn named(name: &str) -> Option<Topology> {
    let &(name, directed, lists) = HERDS.iter().find(|(known, ..)| *known == name)?;
    let mut names: Vec<&str> = lists
        .iter()
        .flat_map(|(lister, listed)| [*lister].into_iter().chain(listed.iter().copied()))
        .collect();
    sort(&mut names);
    names.dedup();
    let id = |name: &str| {
        let index = names.iter().position(|known| *known == name).unwrap_or(0);
        ServerId(u32::try_from(index).unwrap_or(0))
    };
    let mut edges: Vec<Edge> = Vec::new();
    for (lister, listed) in lists {
        for other in *listed {
            let (a, b) = (id(lister), id(other));
            match edges.iter_mut().find(|edge| (edge.a, edge.b) == (b, a)) {
                Some(edge) => edge.one_way = false,
                None => edges.push(Edge { a, b, one_way: directed }),
            }
        }
    }
    let names = names.into_iter().map(Into::into).collect();
    Some(Topology::new(name, names, edges, Shape::Circle))
}
