//! What happens in a herd that runs, as sentences.

use super::Live;
use super::lines::Stand;

/// How long something that happened is told, ns.
const TOLD: u64 = 4_000_000_000;
/// From so many updates a second on they are told of as a rate.
const MANY: f64 = 20.0;
/// What the stage adds to the truth.
const SLOWED: &str = "Each hop is drawn in a third of a second; in truth it takes far less.";

impl Live {
    /// What is happening, as a sentence.
    #[must_use]
    pub fn caption(&mut self) -> String {
        while self.happened.front().is_some_and(|(at, _)| self.now.saturating_sub(*at) > TOLD) {
            self.happened.pop_front();
        }
        if self.is_held() {
            return "The picture is held; the herd goes on.".to_owned();
        }
        if let Some((_, sentence)) = self.happened.back() {
            return sentence.clone();
        }
        let rate = self.rate();
        if rate >= MANY {
            return format!("{} updates a second are news to servers.", thousands(rate));
        }
        if let Some(update) = self.wave.last()
            && let Some((server, at)) = &update.taken
        {
            let (client, all) = (&update.client, self.servers.len());
            let ms = update.last.saturating_sub(*at).max(0) as f64 / 1e6;
            return match update.servers() {
                0 | 1 => format!("{server} took an update of {client}."),
                had => format!(
                    "{server} took an update of {client}: {had} of {all} had it after {ms:.1} ms."
                ),
            };
        }
        let up = |server: &&super::Server| {
            server.told.as_ref().is_some_and(|told| told.stand == Stand::Up)
        };
        let up = self.servers.iter().filter(up).count();
        format!("{up} of {} servers run, and nothing happens.", self.servers.len())
    }

    /// What a person has to know about the picture.
    #[must_use]
    pub fn remark(&self) -> String {
        match self.share() {
            Some(share) => {
                format!(
                    "A sample: about 1 of {} updates is drawn. {SLOWED}",
                    thousands(1.0 / share)
                )
            }
            None => SLOWED.to_owned(),
        }
    }

    /// Updates a second that are news to servers, all together.
    fn rate(&self) -> f64 {
        self.servers.iter().map(|server| server.rate).sum()
    }

    /// Which part of the news of late was told; nothing, if all of it was.
    fn share(&self) -> Option<f64> {
        let news = |server: &super::Server| server.late;
        let (news, told) = self
            .servers
            .iter()
            .map(news)
            .fold((0, 0), |sum, late| (sum.0 + late.0, sum.1 + late.1));
        (told < news).then(|| told.max(1) as f64 / news as f64)
    }
}

/// A number with its thousands set apart.
fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
