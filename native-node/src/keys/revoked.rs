//! Certificates that are not to be believed any more: a list that the authority signs (RFC 5280,
//! section 5), beside its certificate.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use rcgen::{
    CertificateRevocationListParams, Issuer, KeyIdMethod, KeyPair, RevokedCertParams, SerialNumber,
};
use rustls::pki_types::CertificateRevocationListDer;
use rustls::pki_types::pem::{Error, PemObject};
use time::{Duration, OffsetDateTime};
use x509_parser::prelude::{CertificateRevocationList, FromDer};

use super::KeysError;

/// Its file.
pub const FILE: &str = "ca.crl";
/// Bytes of it that are looked at: a server each for tens of thousands.
const SIZE_MAX: u64 = 4 << 20;
/// How long it says to be valid, days: as long as an authority, since nobody is asked for another.
const DAYS: i64 = 3650;

/// The numbers of certificates, and since when each is revoked.
#[derive(Debug, Default)]
pub(super) struct Revoked(BTreeMap<Vec<u8>, OffsetDateTime>);

impl Revoked {
    /// Whether a certificate is on it.
    pub(super) fn has(&self, serial: &[u8]) -> bool {
        self.0.contains_key(serial)
    }

    /// One more; `false` if it was on it.
    pub(super) fn add(&mut self, serial: Vec<u8>, since: OffsetDateTime) -> bool {
        let new = !self.has(&serial);
        self.0.entry(serial).or_insert(since);
        new
    }

    /// The list, as it is written.
    pub(super) fn signed_by(
        &self,
        issuer: &Issuer<'_, KeyPair>,
        now: OffsetDateTime,
    ) -> Result<String, rcgen::Error> {
        let revoked = self.0.iter().map(|(serial, since)| RevokedCertParams {
            serial_number: SerialNumber::from_slice(serial),
            revocation_time: *since,
            reason_code: None,
            invalidity_date: None,
        });
        let list = CertificateRevocationListParams {
            this_update: now,
            next_update: now + Duration::days(DAYS),
            crl_number: SerialNumber::from(self.0.len() as u64),
            issuing_distribution_point: None,
            revoked_certs: revoked.collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        list.signed_by(issuer)?.pem()
    }
}

/// What is on the list in a file; nothing if there is none.
///
/// # Errors
/// It cannot be read, or is no list.
pub(super) fn read(path: &Path) -> Result<Revoked, KeysError> {
    let Some(der) = read_list(path)? else { return Ok(Revoked::default()) };
    let malformed = || KeysError::Malformed(path.to_owned(), EXPECTED);
    let (_, list) = CertificateRevocationList::from_der(&der).map_err(|_| malformed())?;
    let entries = list.iter_revoked_certificates().map(|one| {
        let since = OffsetDateTime::from_unix_timestamp(one.revocation_date.timestamp());
        Ok((one.raw_serial().to_owned(), since.map_err(|_| malformed())?))
    });
    entries.collect::<Result<_, _>>().map(Revoked)
}

const EXPECTED: &str = "a list of revoked certificates, as `herd keys revoke` makes it";

/// The list in a file, as it is signed; `None` if there is no file.
///
/// # Errors
/// It cannot be read, or is no list.
pub(super) fn read_list(
    path: &Path,
) -> Result<Option<CertificateRevocationListDer<'static>>, KeysError> {
    let about = match fs::metadata(path) {
        Ok(about) => about,
        Err(why) if why.kind() == ErrorKind::NotFound => return Ok(None),
        Err(why) => return Err(KeysError::File(path.to_owned(), why)),
    };
    let malformed = |_: Error| KeysError::Malformed(path.to_owned(), EXPECTED);
    if about.len() > SIZE_MAX {
        return Err(KeysError::Malformed(path.to_owned(), EXPECTED));
    }
    let bytes = fs::read(path).map_err(KeysError::file(path))?;
    CertificateRevocationListDer::from_pem_slice(&bytes).map(Some).map_err(malformed)
}
