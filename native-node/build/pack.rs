//! Compresses the files of the page, once, so that the server never does.

use std::env;
use std::io::{self, Write};

use brotli::enc::BrotliEncoderParams;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::{Body, File};

/// A file under its name, in every way it travels; the smallest first.
///
/// # Errors
/// If it cannot be compressed, and why.
pub(crate) fn file(name: String, content_type: &'static str, plain: &[u8]) -> Result<File, String> {
    let bodies = bodies(plain).map_err(|why| format!("{name}: {why}"))?;
    Ok(File { name, content_type, bodies })
}

fn bodies(plain: &[u8]) -> io::Result<Vec<Body>> {
    let (small, fallback) = (brotli(plain)?, gzip(plain)?);
    // Browsers take Brotli only over TLS or from their own machine.
    Ok(vec![Body { encoding: "br", bytes: small }, Body { encoding: "gzip", bytes: fallback }])
}

/// As small as can be for a release; a debug build is to be quick.
fn brotli(mut plain: &[u8]) -> io::Result<Vec<u8>> {
    let release = env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let quality = if release { 11 } else { 4 };
    let parameters = BrotliEncoderParams {
        quality,
        lgwin: 22, // what every browser takes; the modules are smaller than the window
        size_hint: plain.len(),
        ..BrotliEncoderParams::default()
    };
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut plain, &mut packed, &parameters)?;
    Ok(packed)
}

fn gzip(plain: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain)?;
    encoder.finish()
}
