//! Parents never form a ring.

use super::{Check, Fault, Finding, Happening, shown};
use crate::topology::ServerId;
use crate::world::World;

/// Needs no memory.
#[derive(Clone, Debug, Default)]
pub(super) struct NoRing;

impl Check for NoRing {
    const NAME: &'static str = "no_ring";
    const SENTENCE: &'static str =
        "Whoever follows the feeds of an update upwards comes to an end: parents form no ring.";

    fn begin_midway(&mut self, _: &World) -> bool {
        true
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "nothing else gives anybody a parent")]
    fn see(&mut self, happening: &Happening<'_>, world: &World) -> Result<Finding, Fault> {
        match *happening {
            Happening::Adopted { server, origin } => {
                let Some(node) = world.node(server) else { return Ok(Finding::Nothing) };
                let origin = node.origins().get(origin);
                follow(server, origin.name(), origin.incarnation(), world)
            }
            // The first update of an origin gives it the feed that the map says.
            Happening::Kept { server, client, from_client: false, .. } => {
                let Some(node) = world.node(server) else { return Ok(Finding::Nothing) };
                if node.config().overlay.is_none() {
                    return Ok(Finding::Nothing);
                }
                let Some(record) = node.store().get(client) else { return Ok(Finding::Nothing) };
                let origin = node.origins().get(record.counted_by());
                follow(server, origin.name(), origin.incarnation(), world)
            }
            _ => Ok(Finding::Nothing),
        }
    }
}

/// Goes from parent to parent, over links that both ends know to be up: who has not heard yet that
/// its feed is gone is about to.
fn follow(
    from: ServerId,
    origin: &[u8],
    incarnation: u64,
    world: &World,
) -> Result<Finding, Fault> {
    let mut way = vec![from];
    while let Some(parent) = world.parent_of(way[way.len() - 1], origin, incarnation) {
        way.push(parent);
        if way[..way.len() - 1].contains(&parent) {
            let names: Vec<&str> = way.iter().map(|of| world.topology().name(*of)).collect();
            let what = format!("{} are fed in a ring: {}", shown(origin), names.join(" < "));
            return Err(Fault::new(way, what).about(origin));
        }
    }
    Ok(Finding::Holds)
}
