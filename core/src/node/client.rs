//! What clients say, and what they are answered.

use super::{Classic, Conn, Node};
use crate::codec::{
    At, Command, IamAt, ParseError, Unit, WhatsAt, at_line, echo, parse, places, places_failed,
};
use crate::id::{ConnId, RequestId};
use crate::limits::PLACES_MAX;
use crate::lookup::{LookupEnd, PlacesError, Query};
use crate::outbox::{Event, Outbox, Output};
use crate::time::Now;

impl Node {
    pub(super) fn client_said(
        &mut self,
        now: Now,
        conn: ConnId,
        classic: Classic,
        said: bool,
        unit: Unit<'_>,
        out: &mut Outbox,
    ) {
        let line = match unit {
            Unit::Line(line) => line,
            Unit::Overlong(start) => {
                refuse(conn, ParseError::TooLong, start, out);
                return self.hang_up(conn, out);
            }
            // No framer gives a frame before a greeting.
            Unit::Frame(_) | Unit::Garbled => return self.hang_up(conn, out),
        };
        let command = match parse(line) {
            Ok(Some(command)) => command,
            Ok(None) => return,
            Err(why) => {
                self.change_conn(conn, Conn::Client { classic, said: true, waits: None });
                return refuse(conn, why, line, out);
            }
        };
        if let Command::Herd(greeting) = command
            && !said
        {
            return self.greeted(now, conn, &greeting, line, out);
        }
        self.change_conn(conn, Conn::Client { classic, said: true, waits: None });
        if self.is_watcher(conn) && !matches!(command, Command::Watch(_)) {
            return refuse(conn, ParseError::Watching, line, out);
        }
        let done = match command {
            Command::At(at) => self.classic_told(now, conn, classic, &at, out),
            Command::Herd(_) => Err(ParseError::Greeting),
            Command::IamAt(iamat) => self.iamat(now, conn, &iamat, out),
            Command::Watch(watch) => self.watch(conn, &watch, out),
            Command::WhatsAt(whatsat) => self.whatsat(now, conn, classic, &whatsat, out),
        };
        if let Err(why) = done {
            refuse(conn, why, line, out);
        }
    }

    /// Takes a client's update, unless what is held is as new. It is answered at once (unless neighbours
    /// have to have it before) and flooded after.
    fn iamat(
        &mut self,
        now: Now,
        conn: ConnId,
        iamat: &IamAt<'_>,
        out: &mut Outbox,
    ) -> Result<(), ParseError> {
        if !self.keeping {
            return Err(ParseError::NotKept);
        }
        if iamat.stamp > self.clocks.latest(now).plus(self.config.ingress_future) {
            return Err(ParseError::Future);
        }
        if self.store.is_below(iamat.stamp, iamat.client) {
            return Err(ParseError::Expired);
        }
        let known = self.store.find(iamat.client);
        let most = self.config.clients_max;
        if known.is_none() && self.store.turns_away(most, iamat.stamp, iamat.client) {
            return Err(ParseError::Expired);
        }
        if self.confirms() {
            self.can_confirm()?;
        }
        match known.and_then(|index| self.store.at(index)) {
            Some(record) if record.stamp() >= iamat.stamp => {
                let answer = out.put(|bytes| {
                    bytes.extend_from_slice(record.line());
                    bytes.push(b'\n');
                });
                let (own, seq) = (record.counted_by() == self.own, record.seq());
                if !(own && self.confirms() && self.awaits(seq)) {
                    out.write(conn, answer);
                } else {
                    let line = out.bytes(answer).to_vec();
                    self.await_confirmation(now, conn, seq, &line, out);
                }
                out.event(Event::Outdated { conn, line: answer.chopped() });
                return Ok(());
            }
            Some(_) | None => {}
        }
        let mut skew = 0;
        let answer = out.put(|bytes| {
            skew = at_line(bytes, &self.config.name, now.wall, iamat);
            bytes.push(b'\n');
        });
        let count = self.next_count();
        if self.confirms() {
            let line = out.bytes(answer).to_vec();
            self.await_confirmation(now, conn, count.seq, &line, out);
        } else {
            out.write(conn, answer);
        }
        out.event(Event::Accepted { conn, line: answer.chopped() });
        let server = self.config.name.as_bytes();
        let line = out.bytes(answer.chopped());
        let skew = &line[b"AT  ".len() + server.len()..][..skew];
        let at = iamat.record(server, skew);
        let index = match known {
            Some(index) => {
                self.store.set(index, &at, line, count);
                index
            }
            None => self.store.insert(&at, line, count),
        };
        debug_assert_eq!(At::canonical(line), Ok(at), "what is written is read");
        self.fit_store(out);
        self.tell_own(now, index, None, out);
        Ok(())
    }

    /// Asks Places what is near a client. Until the answer is there, nothing more is heard of the
    /// asker, so that answers come in order.
    fn whatsat(
        &mut self,
        now: Now,
        conn: ConnId,
        classic: Classic,
        whatsat: &WhatsAt<'_>,
        out: &mut Outbox,
    ) -> Result<(), ParseError> {
        let record = self.store.get(whatsat.client).ok_or(ParseError::UnknownClient)?;
        let place = record.place();
        let query = Query {
            lat: place.lat,
            lon: place.lon,
            radius_um: whatsat.radius_um,
            bound: whatsat.bound,
        };
        let begun = self.lookups.begin(now.mono, conn, record.line(), whatsat.bound);
        let Some(request) = begun else {
            answer(conn, record.line(), whatsat.bound, Err(PlacesError::Overloaded), out);
            return Ok(());
        };
        self.change_conn(conn, Conn::Client { classic, said: true, waits: Some(request) });
        out.push(Output::Pause(conn));
        out.push(Output::Lookup { request, query });
        Ok(())
    }

    /// The end of a Places request: the client is answered, and heard again.
    pub(super) fn places(
        &mut self,
        request: RequestId,
        result: Result<&[u8], PlacesError>,
        out: &mut Outbox,
    ) {
        let Some(pending) = self.lookups.end(request) else {
            return out.event(Event::LookupEnded { request, end: LookupEnd::Late });
        };
        let conn = pending.conn;
        let end = answer(conn, &pending.line, pending.bound, result, out);
        out.event(Event::LookupEnded { request, end });
        out.push(Output::Resume(conn));
        if let Some(Some(Conn::Client { waits, .. })) = self.conns.get_mut(conn.index()) {
            *waits = None;
        }
    }

    pub(super) fn client_gone(&mut self, request: RequestId, out: &mut Outbox) {
        if self.lookups.end(request).is_some() {
            out.event(Event::LookupEnded { request, end: LookupEnd::Gone });
        }
    }
}

/// Answers a line with `?` and a copy.
pub(super) fn refuse(conn: ConnId, why: ParseError, line: &[u8], out: &mut Outbox) {
    let answer = out.put(|bytes| {
        bytes.extend_from_slice(b"? ");
        bytes.extend_from_slice(echo(line));
        bytes.push(b'\n');
    });
    out.write(conn, answer);
    out.event(Event::Refused { conn, why });
}

/// Answers a WHATSAT: the `AT` line, the JSON, an empty line.
fn answer(
    conn: ConnId,
    line: &[u8],
    bound: u8,
    result: Result<&[u8], PlacesError>,
    out: &mut Outbox,
) -> LookupEnd {
    let mut end = LookupEnd::Answered;
    let bytes = out.put(|bytes| {
        bytes.extend_from_slice(line);
        bytes.push(b'\n');
        let put = result.and_then(|body| {
            let body = if body.len() > PLACES_MAX { &[] } else { body };
            places::put_first_results(bytes, body, bound).map_err(|_| PlacesError::Malformed)
        });
        if let Err(error) = put {
            places_failed(bytes, error.status(), error.why());
            end = LookupEnd::Failed(error);
        }
        bytes.extend_from_slice(b"\n\n");
    });
    out.write(conn, bytes);
    end
}
