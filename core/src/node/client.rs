//! What clients say, and what they are answered.

use super::{Classic, Conn, Node};
use crate::codec::{
    At, Command, Get, ParseError, Said, Unit, WhatsAt, data_key, echo, parse, places,
    places_failed, record, sent_after,
};
use crate::id::{ConnId, RequestId};
use crate::limits::PLACES_MAX;
use crate::lookup::{LookupEnd, PlacesError, Query};
use crate::outbox::{Event, Outbox, Output, Span};
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
            Unit::Line(line) | Unit::Put(line) => line,
            Unit::Overlong(start) => {
                let why = sent_after(start).err().unwrap_or(ParseError::TooLong);
                refuse(conn, why, start, out);
                return self.hang_up(conn, out);
            }
            // No framer gives a frame before a greeting.
            Unit::Frame(_) | Unit::Garbled => return self.hang_up(conn, out),
        };
        let command = match parse(line) {
            Ok(Some(command)) => command,
            Ok(None) => return,
            Err(why) => {
                self.change_conn(conn, Conn::client(classic, true));
                return refuse(conn, why, line, out);
            }
        };
        if let Command::Herd(greeting) = command
            && !said
        {
            return self.greeted(now, conn, &greeting, line, out);
        }
        self.change_conn(conn, Conn::client(classic, true));
        if self.is_watcher(conn) && !matches!(command, Command::Watch(_)) {
            return refuse(conn, ParseError::Watching, line, out);
        }
        let done = match command {
            Command::At(at) => self.classic_told(now, conn, classic, &at, out),
            Command::Herd(_) => Err(ParseError::Greeting),
            Command::Get(get) => self.get(conn, classic, &get, out),
            Command::IamAt(iamat) => self.keep_said(now, conn, &iamat.said(), out),
            Command::Put(put) => self.keep_said(now, conn, &put.said(&data_key(put.key)), out),
            Command::Watch(watch) => self.watch(conn, &watch, out),
            Command::WhatsAt(whatsat) => self.whatsat(now, conn, classic, &whatsat, out),
        };
        if let Err(why) = done {
            refuse(conn, why, line, out);
        }
    }

    /// Takes a client's update, unless what is held is as new. It is answered at once (unless neighbours
    /// have to have it before) and flooded after.
    fn keep_said(
        &mut self,
        now: Now,
        conn: ConnId,
        said: &Said<'_>,
        out: &mut Outbox,
    ) -> Result<(), ParseError> {
        if !self.keeping {
            return Err(ParseError::NotKept);
        }
        if said.stamp > self.clocks.latest(now).plus(self.config.ingress_future) {
            return Err(ParseError::Future);
        }
        if self.store.is_below(said.stamp, said.client) {
            return Err(ParseError::Expired);
        }
        let known = self.store.find(said.client);
        let most = self.config.clients_max;
        if known.is_none() && self.store.turns_away(most, said.stamp, said.client) {
            return Err(ParseError::Expired);
        }
        if self.confirms() {
            self.can_confirm()?;
        }
        match known.and_then(|index| self.store.at(index)) {
            Some(record) if record.stamp() >= said.stamp => {
                let is_data = record.is_data();
                let (line, answer) =
                    answered(is_data, out, |bytes| bytes.extend_from_slice(record.line()));
                let (own, seq) = (record.counted_by() == self.own, record.seq());
                if !(own && self.confirms() && self.awaits(seq)) {
                    out.write(conn, answer);
                } else {
                    let answer = out.bytes(answer).to_vec();
                    self.await_confirmation(now, conn, seq, &answer, out);
                }
                out.event(Event::Outdated { conn, line });
                return Ok(());
            }
            Some(_) | None => {}
        }
        let mut skew = 0;
        let (line, answer) = answered(said.is_data(), out, |bytes| {
            skew = record(bytes, &self.config.name, now.wall, said);
        });
        if said.is_data() && !self.store.has_room(known, line.len(), self.config.data_room) {
            return Err(ParseError::Full);
        }
        let count = self.next_count();
        if self.confirms() {
            let answer = out.bytes(answer).to_vec();
            self.await_confirmation(now, conn, count.seq, &answer, out);
        } else {
            out.write(conn, answer);
        }
        out.event(Event::Accepted { conn, line });
        let server = self.config.name.as_bytes();
        let line = out.bytes(line);
        let word = if said.is_data() { b"DATA  ".len() } else { b"AT  ".len() };
        let at = said.record(server, &line[word + server.len()..][..skew]);
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

    /// Gives data as it is, behind its head. Until the client has taken that, nothing more is heard of it:
    /// a line costs it little, and the answer may be large.
    fn get(
        &mut self,
        conn: ConnId,
        classic: Classic,
        get: &Get<'_>,
        out: &mut Outbox,
    ) -> Result<(), ParseError> {
        let record = self.store.get(&data_key(get.key)).ok_or(ParseError::UnknownKey)?;
        let answer = out.put(|bytes| {
            bytes.extend_from_slice(record.line());
            bytes.push(b'\n');
        });
        out.write(conn, answer);
        self.change_conn(conn, Conn::Client { classic, said: true, takes: true, waits: None });
        out.push(Output::Pause(conn));
        out.push(Output::Notify(conn));
        Ok(())
    }

    /// All that was written to a client before it was asked to take it has left.
    pub(super) fn client_took(&mut self, conn: ConnId, out: &mut Outbox) {
        if let Some(Some(Conn::Client { takes, .. })) = self.conns.get_mut(conn.index())
            && core::mem::take(takes)
        {
            return out.push(Output::Resume(conn));
        }
        self.watcher_took(conn, out);
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
        let place = record.place().ok_or(ParseError::UnknownClient)?;
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
        let (said, takes) = (true, false);
        self.change_conn(conn, Conn::Client { classic, said, takes, waits: Some(request) });
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

/// Puts a record into the outbox, and the answer that tells a client of it, which for a location is the
/// same bytes and an LF: where they are.
fn answered(
    is_data: bool,
    out: &mut Outbox,
    fill: impl FnOnce(&mut alloc::vec::Vec<u8>),
) -> (Span, Span) {
    let written = out.put(|bytes| {
        fill(bytes);
        if !is_data {
            bytes.push(b'\n');
        }
    });
    if is_data { (written, out.put_told(written)) } else { (written.chopped(), written) }
}

/// Answers a line with `?` and a copy. (Data behind it is not copied.)
pub(super) fn refuse(conn: ConnId, why: ParseError, line: &[u8], out: &mut Outbox) {
    let line = line.split(|byte| *byte == b'\n').next().unwrap_or_default();
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
