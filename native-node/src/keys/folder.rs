//! Certificates in a folder: `ca.pem` and `ca.key` are the herd's authority, `NAME.pem` and
//! `NAME.key` a server's. A server needs `ca.pem` and its own two files, and never `ca.key`.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use rcgen::string::Ia5String;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType,
};
use ring::digest::{SHA256, digest};
use time::{Duration, OffsetDateTime};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::secret::{Secret, write_new};
use super::tls::read_certificates;
use super::{KeysError, revoked};
use crate::clock;
use crate::config::file_name;

/// Days before its end from which on a certificate is called old.
pub const OLD: i64 = 30;
/// How long an authority is valid, days.
const AUTHORITY_DAYS: i64 = 3650;
/// Certificates are valid from a day before they are made: clocks differ.
const EARLIER: Duration = Duration::days(1);
/// What a server's name stands behind in its certificate.
const SCHEME: &str = "herd:";

/// A certificate of the folder.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Shown {
    /// Its file.
    pub path: PathBuf,
    /// The server it names; `None` for the authority.
    pub server: Option<String>,
    /// SHA-256 of it, in hexadecimal digits.
    pub fingerprint: String,
    /// Days until its time is over, begun ones counted; negative if it is.
    pub days: i64,
    /// Whether its key lies beside it.
    pub has_key: bool,
    /// Whether it is on the folder's list of those that are revoked.
    pub revoked: bool,
}

/// Makes a folder with an authority; where it is.
///
/// # Errors
/// There is one, or the folder cannot be written.
pub fn init(folder: &Path) -> Result<PathBuf, KeysError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(KeysError::file(folder))?;
    let (path, key_path) = (folder.join("ca.pem"), folder.join("ca.key"));
    if path.exists() {
        return Err(KeysError::Exists(path));
    }
    let key = KeyPair::generate().map_err(make)?;
    let mut params = params("herd authority", AUTHORITY_DAYS)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let certificate = params.self_signed(&key).map_err(make)?;
    Secret::new(key.serialize_pem()).write_new(&key_path)?;
    write_new(&path, certificate.pem().as_bytes(), 0o644)?;
    Ok(path)
}

/// A certificate that is to be made.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The server it names.
    pub name: &'a str,
    /// Where clients may reach it: names or IP addresses.
    pub hosts: &'a [String],
    /// How long it is valid.
    pub days: u32,
    /// Whether it may take the place of the one there is.
    pub renew: bool,
}

/// Makes a certificate for a server; where it is.
///
/// # Errors
/// There is one, there is no authority, or the folder cannot be written.
pub fn add(folder: &Path, wanted: &Wanted<'_>) -> Result<PathBuf, KeysError> {
    let Wanted { name, hosts, days, renew } = *wanted;
    let (path, key_path) = files(folder, name)?;
    if path.exists() && !renew && folder.join("ca.pem").exists() {
        return Err(KeysError::Exists(path));
    }
    let issuer = issuer(folder)?;
    let key = KeyPair::generate().map_err(make)?;
    let mut params = params(name, days.into())?;
    params.subject_alt_names.push(SanType::URI(ia5(&uri(name))?));
    for host in hosts {
        params.subject_alt_names.push(match host.parse() {
            Ok(address) => SanType::IpAddress(address),
            Err(_) if is_host(host) => SanType::DnsName(ia5(host)?),
            Err(_) => return Err(KeysError::Host(host.clone())),
        });
    }
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    // A server dials and is dialed.
    params.extended_key_usages =
        vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    params.use_authority_key_identifier_extension = true;
    let certificate = params.signed_by(&key, &issuer).map_err(make)?;
    if !renew {
        Secret::new(key.serialize_pem()).write_new(&key_path)?;
        write_new(&path, certificate.pem().as_bytes(), 0o644)?;
        return Ok(path);
    }
    // Whole beside the old ones first: nobody finds half a file.
    let [new, new_key] = ["pem.new", "key.new"].map(|end| path.with_extension(end));
    Secret::new(key.serialize_pem()).write_new(&new_key)?;
    write_new(&new, certificate.pem().as_bytes(), 0o644)?;
    fs::rename(&new_key, &key_path).map_err(KeysError::file(&key_path))?;
    fs::rename(&new, &path).map_err(KeysError::file(&path))?;
    Ok(path)
}

/// Whether clients could dial this name: labels of letters, digits and hyphens (RFC 1123, section 2.1;
/// and low lines, which some hosts have all the same), and no address gone wrong.
fn is_host(name: &str) -> bool {
    let fits = |label: &str| {
        let edges = label.starts_with('-') || label.ends_with('-');
        (1..=63).contains(&label.len())
            && !edges
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    let last = name.rsplit('.').next().unwrap_or_default();
    name.len() <= 253
        && name.split('.').all(fits)
        && !last.bytes().all(|byte| byte.is_ascii_digit())
}

/// The authority of a folder, which signs.
fn issuer(folder: &Path) -> Result<Issuer<'static, KeyPair>, KeysError> {
    let authority = folder.join("ca.pem");
    if !authority.exists() {
        return Err(KeysError::NoAuthority(folder.to_owned()));
    }
    let secret = Secret::read(&folder.join("ca.key"))?;
    let expected = "the key of an authority, as `herd keys init` makes it";
    let malformed = || KeysError::Malformed(folder.join("ca.key"), expected);
    let text = std::str::from_utf8(secret.bytes()).map_err(|_| malformed())?;
    let signer = KeyPair::from_pem(text).map_err(|_| malformed())?;
    let pem = fs::read_to_string(&authority).map_err(KeysError::file(&authority))?;
    Issuer::from_ca_cert_pem(&pem, signer).map_err(make)
}

/// The certificates of a folder, the authority first; none where there is no folder.
///
/// # Errors
/// A file cannot be read, or is no certificate.
pub fn show(folder: &Path) -> Result<Vec<Shown>, KeysError> {
    let mut shown = Vec::new();
    let revoked = revoked::read(&folder.join(revoked::FILE))?;
    let entries = match fs::read_dir(folder) {
        Err(why) if why.kind() == ErrorKind::NotFound => return Ok(shown),
        entries => entries.map_err(KeysError::file(folder))?,
    };
    for entry in entries {
        let path = entry.map_err(KeysError::file(folder))?.path();
        if path.extension().is_none_or(|extension| extension != "pem") {
            continue;
        }
        let chain = read_certificates(&path)?;
        let malformed = || KeysError::Malformed(path.clone(), "a certificate");
        let der = chain.first().ok_or_else(malformed)?;
        let days = days_left(der).ok_or_else(malformed)?;
        let print = digest(&SHA256, der);
        shown.push(Shown {
            server: name_of(der),
            fingerprint: print.as_ref().iter().map(|byte| format!("{byte:02x}")).collect(),
            days,
            has_key: path.with_extension("key").exists(),
            revoked: serial_of(der).is_some_and(|serial| revoked.has(&serial)),
            path,
        });
    }
    shown.sort_by(|a, b| a.server.cmp(&b.server));
    Ok(shown)
}

/// Revokes the certificate of a server in a folder; the list it is on from then on, and whether it was
/// before. Certificates that it had earlier and that were renewed are not meant.
///
/// # Errors
/// There is none, there is no authority, or the folder cannot be written.
pub fn revoke(folder: &Path, name: &str) -> Result<(PathBuf, bool), KeysError> {
    let (path, _) = files(folder, name)?;
    let chain = read_certificates(&path)?;
    let malformed = || KeysError::Malformed(path.clone(), "a certificate");
    let serial = chain.first().and_then(|der| serial_of(der)).ok_or_else(malformed)?;
    let list = folder.join(revoked::FILE);
    let mut revoked = revoked::read(&list)?;
    if !revoked.add(serial, now()) {
        return Ok((list, true));
    }
    let pem = revoked.signed_by(&issuer(folder)?, now()).map_err(make)?;
    // Whole beside the old one first: nobody finds half a file.
    let new = folder.join("ca.crl.new");
    // One that was left there by somebody who was killed.
    let _ = fs::remove_file(&new);
    write_new(&new, pem.as_bytes(), 0o644)?;
    fs::rename(&new, &list).map_err(KeysError::file(&list))?;
    Ok((list, false))
}

/// The number of a certificate.
fn serial_of(der: &[u8]) -> Option<Vec<u8>> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    Some(certificate.raw_serial().to_owned())
}

/// Days until a certificate's time is over, begun ones counted; negative if it is.
#[must_use]
pub fn days_left(der: &[u8]) -> Option<i64> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let left = certificate.validity().not_after.timestamp() - now().unix_timestamp();
    let day = 24 * 3600;
    Some(if left < 0 { left.div_euclid(day) } else { (left + day - 1) / day })
}

/// The files of the server `name`: its certificate, its key. A name is no path.
///
/// # Errors
/// The name would be the authority's files.
pub fn files(folder: &Path, name: &str) -> Result<(PathBuf, PathBuf), KeysError> {
    if name == "ca" {
        return Err(KeysError::Name(
            "a server called `ca` cannot have keys: ca.pem is the authority",
        ));
    }
    let safe = file_name(name);
    Ok((folder.join(format!("{safe}.pem")), folder.join(format!("{safe}.key"))))
}

/// The server that a certificate names, if it does.
#[must_use]
pub fn name_of(der: &[u8]) -> Option<String> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let names = certificate.subject_alternative_name().ok()??;
    names.value.general_names.iter().find_map(|name| {
        let GeneralName::URI(uri) = name else { return None };
        let encoded = uri.strip_prefix(SCHEME)?;
        percent_decode_str(encoded).decode_utf8().ok().map(|name| name.into_owned())
    })
}

fn uri(name: &str) -> String {
    format!("{SCHEME}{}", utf8_percent_encode(name, NON_ALPHANUMERIC))
}

fn params(common_name: &str, days: i64) -> Result<CertificateParams, KeysError> {
    let mut params = CertificateParams::new(Vec::new()).map_err(make)?;
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.not_before = now() - EARLIER;
    params.not_after = now() + Duration::days(days);
    Ok(params)
}

fn now() -> OffsetDateTime {
    let seconds = clock::wall().0.div_euclid(1_000_000_000);
    OffsetDateTime::from_unix_timestamp(seconds).expect("a clock is within ten thousand years")
}

fn ia5(text: &str) -> Result<Ia5String, KeysError> {
    Ia5String::try_from(text)
        .map_err(|_| KeysError::Make(format!("`{text}` has other than ASCII letters")))
}

fn make(why: rcgen::Error) -> KeysError {
    KeysError::Make(why.to_string())
}
