//! Links and clients over TLS. Two servers show each other certificates of the herd's authority,
//! which name them; a client shows none.

use std::fmt;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{ParsedCertificate, VerifierBuilderError, WebPkiClientVerifier};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, InvalidMessage, RootCertStore,
    ServerConfig, SignatureScheme,
};

use super::secret::Secret;
use super::{KeysError, folder, revoked};
use crate::{clock, quic};

/// Bytes of a file of certificates that are looked at.
const CHAIN_MAX: u64 = 1 << 20;

/// What a server needs to speak TLS: who it is, and who belongs to the herd.
#[derive(Clone)]
pub struct Tls {
    server: Arc<ServerConfig>,
    roots: Arc<RootCertStore>,
    /// Knows who is revoked, if there is a list.
    list: Option<Arc<dyn ClientCertVerifier>>,
    chain: Arc<[CertificateDer<'static>]>,
    key: Arc<PrivateKeyDer<'static>>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls(..)")
    }
}

impl Tls {
    /// The keys of the server `name` in a folder.
    ///
    /// # Errors
    /// They are not there, cannot be used, or are another server's.
    pub fn load(folder: &Path, name: &str) -> Result<Self, KeysError> {
        let (path, key_path) = folder::files(folder, name)?;
        let roots = Arc::new(roots(&folder.join("ca.pem"))?);
        let list = list(&roots, &folder.join(revoked::FILE))?;
        let chain = read_certificates(&path)?;
        let first = chain
            .first()
            .ok_or_else(|| KeysError::Malformed(path.clone(), "a certificate (PEM)"))?;
        match folder::name_of(first) {
            Some(named) if named == name => {}
            Some(named) => return Err(KeysError::OtherName(path, named)),
            None => return Err(KeysError::Malformed(path, "a certificate that names a server")),
        }
        let name = Some(name.to_owned());
        let verifier = Named { roots: Arc::clone(&roots), list: list.clone(), name };
        let now = now();
        let not_valid = |why: Error| KeysError::NotValid(path.clone(), plain_words(&why));
        verifier.check(first, &chain[1..], now).map_err(not_valid)?;

        let secret = Secret::read(&key_path)?;
        let key = PrivateKeyDer::from_pem_slice(secret.bytes())
            .map_err(|_| KeysError::Malformed(key_path.clone(), "a private key (PEM)"))?;
        let clients = match &list {
            Some(list) => Arc::clone(list),
            None => WebPkiClientVerifier::builder_with_provider(Arc::clone(&roots), provider())
                .allow_unauthenticated()
                .build()
                .map_err(|why| KeysError::Make(why.to_string()))?,
        };
        let mut server = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|why| KeysError::Make(why.to_string()))?
            .with_client_cert_verifier(clients)
            .with_single_cert(chain.clone(), key.clone_key())
            .map_err(|why| KeysError::NotValid(path.clone(), plain_words(&why)))?;
        // Sessions that can be taken up again would take memory for each that was.
        server.send_tls13_tickets = 0;
        server.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
        Ok(Self { server: Arc::new(server), roots, list, chain: chain.into(), key: Arc::new(key) })
    }

    /// What is needed to be dialed.
    #[must_use]
    pub fn server(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.server)
    }

    /// Whether a certificate of the herd is revoked.
    pub(crate) fn is_revoked(&self, certificate: &CertificateDer<'_>) -> bool {
        let check = |list: &Arc<dyn ClientCertVerifier>| {
            list.verify_client_cert(certificate, &[], now()).map(|_| ())
        };
        let revoked = Error::InvalidCertificate(CertificateError::Revoked);
        self.list.as_ref().is_some_and(|list| check(list) == Err(revoked))
    }

    /// What is needed to be dialed over QUIC.
    ///
    /// # Errors
    /// What rustls says.
    pub fn quic(&self) -> io::Result<quinn::ServerConfig> {
        quic::server_config(&self.server)
    }

    /// What is needed to dial the neighbour `name` over QUIC, and nobody else.
    ///
    /// # Errors
    /// What rustls says.
    pub fn quic_client(&self, name: &str) -> io::Result<quinn::ClientConfig> {
        quic::link_config(&*self.client(name).map_err(io::Error::other)?)
    }

    /// What is needed to dial the neighbour `name`, and nobody else.
    ///
    /// # Errors
    /// What rustls says.
    pub fn client(&self, name: &str) -> Result<Arc<ClientConfig>, Error> {
        let (roots, list) = (Arc::clone(&self.roots), self.list.clone());
        let verifier = Named { roots, list, name: Some(name.to_owned()) };
        let config = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_client_auth_cert(self.chain.to_vec(), self.key.clone_key())?;
        Ok(Arc::new(without_hints(config)))
    }
}

/// What a client needs to talk to any server of the herd whose authority is in this file. A list of
/// those that are revoked lies beside it, if there is one.
///
/// # Errors
/// The file cannot be read, or holds no certificate.
pub fn for_clients(authority: &Path) -> Result<Arc<ClientConfig>, KeysError> {
    let roots = Arc::new(roots(authority)?);
    let list = list(&roots, &authority.with_file_name(revoked::FILE))?;
    let verifier = Named { roots, list, name: None };
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|why| KeysError::Make(why.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(Arc::new(without_hints(config)))
}

/// The name that is dialed, where one has to be given: who it is says the certificate.
pub const ANY_NAME: &str = "herd.invalid";

/// [`ANY_NAME`], for TLS.
#[must_use]
pub fn any_name() -> ServerName<'static> {
    ServerName::try_from(ANY_NAME).expect("it has the form of a name")
}

fn without_hints(mut config: ClientConfig) -> ClientConfig {
    // Names are nobody's on the way.
    config.enable_sni = false;
    config.resumption = rustls::client::Resumption::disabled();
    config
}

/// The certificates in a file.
pub(super) fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, KeysError> {
    let about = fs::metadata(path).map_err(KeysError::file(path))?;
    let malformed = || KeysError::Malformed(path.to_owned(), "certificates (PEM)");
    if about.len() > CHAIN_MAX {
        return Err(malformed());
    }
    let bytes = fs::read(path).map_err(KeysError::file(path))?;
    CertificateDer::pem_slice_iter(&bytes).collect::<Result<_, _>>().map_err(|_| malformed())
}

fn roots(path: &Path) -> Result<RootCertStore, KeysError> {
    let mut roots = RootCertStore::empty();
    for certificate in read_certificates(path)? {
        let added = roots.add(certificate);
        added.map_err(|_| KeysError::Malformed(path.to_owned(), "an authority's certificate"))?;
    }
    if roots.is_empty() {
        return Err(KeysError::Malformed(path.to_owned(), "an authority's certificate"));
    }
    Ok(roots)
}

/// Who knows of those that the list in a file has, if there is one.
fn list(
    roots: &Arc<RootCertStore>,
    path: &Path,
) -> Result<Option<Arc<dyn ClientCertVerifier>>, KeysError> {
    let Some(list) = revoked::read_list(path)? else { return Ok(None) };
    // A server's certificate is good for dialing and for being dialed: one that knows both will do.
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::clone(roots), provider())
        .with_crls([list])
        .allow_unauthenticated()
        .build();
    let not_valid =
        |why: VerifierBuilderError| KeysError::NotValid(path.to_owned(), why.to_string());
    verifier.map(Some).map_err(not_valid)
}

fn now() -> UnixTime {
    let now = clock::wall().0.max(0).unsigned_abs();
    UnixTime::since_unix_epoch(std::time::Duration::from_nanos(now))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// Whether this is how TLS begins: the type of a record with a handshake, or with an alert (RFC 8446,
/// section 5.1).
#[must_use]
pub(crate) const fn is_spoken(first: u8) -> bool {
    matches!(first, 0x15 | 0x16)
}

/// Who was spoken to over TLS has answered in plain text.
pub(crate) fn not_spoken() -> io::Error {
    let why = "it answers in plain text: it does not speak TLS (was it started with --keys?), or has too \
               many connections";
    io::Error::new(io::ErrorKind::InvalidData, why)
}

/// Why hands could not be shaken, in plain words.
pub(crate) fn explained(error: io::Error) -> io::Error {
    let plain = Error::InvalidMessage(InvalidMessage::InvalidContentType);
    let why = error.get_ref().and_then(|why| why.downcast_ref::<Error>());
    if why == Some(&plain) { not_spoken() } else { error }
}

/// What rustls says, where it says it in names of its own.
fn plain_words(why: &Error) -> String {
    use CertificateError::{
        BadSignature, Expired, ExpiredContext, Revoked, UnknownIssuer, UnknownRevocationStatus,
        UnsupportedSignatureAlgorithmContext,
    };
    let others = "ca.crl is the list of another authority than that in ca.pem";
    if matches!(why, Error::InvalidCertRevocationList(_)) {
        return others.to_owned();
    }
    let Error::InvalidCertificate(about) = why else {
        let mixed = matches!(why, Error::InconsistentKeys(_));
        return if mixed { "the key beside it is another's".to_owned() } else { why.to_string() };
    };
    if matches!(about, Revoked) {
        return "it is revoked".to_owned();
    }
    if matches!(about, UnknownRevocationStatus) {
        return others.to_owned();
    }
    if matches!(about, Expired | ExpiredContext { .. }) {
        return "its time is over".to_owned();
    }
    let unsigned = [
        matches!(about, UnknownIssuer | BadSignature),
        matches!(about, UnsupportedSignatureAlgorithmContext { .. }),
    ];
    if unsigned.contains(&true) {
        return "it is not signed by the authority in ca.pem".to_owned();
    }
    why.to_string()
}

/// Takes a server whose certificate the herd's authority has signed, and which has this name, if
/// one is expected. Where it runs does not count: servers move.
#[derive(Debug)]
struct Named {
    roots: Arc<RootCertStore>,
    list: Option<Arc<dyn ClientCertVerifier>>,
    name: Option<String>,
}

impl Named {
    fn check(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), Error> {
        let parsed = ParsedCertificate::try_from(end_entity)?;
        let algorithms = provider().signature_verification_algorithms.all;
        verify_server_cert_signed_by_trust_anchor(
            &parsed,
            &self.roots,
            intermediates,
            now,
            algorithms,
        )?;
        if let Some(list) = &self.list {
            list.verify_client_cert(end_entity, intermediates, now)?;
        }
        let named = folder::name_of(end_entity);
        let is_it = match &self.name {
            Some(name) => named.as_ref() == Some(name),
            None => named.is_some(),
        };
        if is_it { Ok(()) } else { Err(CertificateError::NotValidForName.into()) }
    }
}

impl ServerCertVerifier for Named {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.check(end_entity, intermediates, now).map(|()| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = provider().signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, &algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = provider().signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, &algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider().signature_verification_algorithms.supported_schemes()
    }
}
