//! The sections of a module, without those parts of it that nobody of ours reads.

/// The kinds of sections that are looked into.
const CUSTOM: u8 = 0;
const EXPORTS: u8 = 7;
const HEAD: usize = 8;

/// In the names of what Leptos brings along for streams from servers, which nobody of ours has: what is
/// exported is kept by every tool, so that some five kilobytes would travel to no one.
const STREAMS: &str = "ntoUnderlying";

/// A module without its custom sections: names, which are most of it, and other things for tools.
/// `None` if it is no module.
pub(crate) fn without_custom(module: &[u8]) -> Option<Vec<u8>> {
    changed(module, |kind, body| Some((kind != CUSTOM).then(|| body.to_vec())))
}

/// A module, as it is compiled, without the exports for [`STREAMS`] and what wasm-bindgen is told of
/// them. `None` if it is no module.
pub(crate) fn without_streams(module: &[u8]) -> Option<Vec<u8>> {
    changed(module, |kind, body| match kind {
        EXPORTS => exports(body).map(Some),
        CUSTOM => told(body).map(Some),
        _ => Some(Some(body.to_vec())),
    })
}

/// A module whose sections, by their kinds, are replaced by others or left out.
fn changed(
    module: &[u8],
    change: impl Fn(u8, &[u8]) -> Option<Option<Vec<u8>>>,
) -> Option<Vec<u8>> {
    let (head, mut rest) = module.split_at_checked(HEAD)?;
    let mut changed = head.to_vec();
    while let Some((kind, behind)) = rest.split_first() {
        rest = behind;
        let length = number(&mut rest)?;
        if let Some(body) = change(*kind, cut(&mut rest, length)?)? {
            changed.push(*kind);
            put_number(&mut changed, body.len());
            changed.extend(body);
        }
    }
    Some(changed)
}

/// The section of exports: how many, and of each its name, its kind (one byte) and its number.
fn exports(mut body: &[u8]) -> Option<Vec<u8>> {
    let (mut count, mut kept) = (0, Vec::<u8>::new());
    for _ in 0..number(&mut body)? {
        let whole = body;
        let length = number(&mut body)?;
        let name = cut(&mut body, length)?;
        cut(&mut body, 1)?;
        number(&mut body)?;
        if !is_of_streams(name) {
            count += 1;
            kept.extend(&whole[..whole.len() - body.len()]);
        }
    }
    let mut section = Vec::new();
    put_number(&mut section, count);
    section.extend(kept);
    Some(section)
}

/// A custom section: its name, and in that of wasm-bindgen pairs of its version and what it is told, each
/// behind its length (four bytes, the lowest first).
fn told(mut body: &[u8]) -> Option<Vec<u8>> {
    let whole = body;
    let length = number(&mut body)?;
    if cut(&mut body, length)? != b"__wasm_bindgen_unstable" {
        return Some(whole.to_vec());
    }
    let mut kept = whole[..whole.len() - body.len()].to_vec();
    while !body.is_empty() {
        let pair = body;
        for _ in 0..2 {
            let length = u32::from_le_bytes(*cut(&mut body, 4)?.first_chunk()?);
            cut(&mut body, usize::try_from(length).ok()?)?;
        }
        let pair = &pair[..pair.len() - body.len()];
        if !is_of_streams(pair) {
            kept.extend(pair);
        }
    }
    Some(kept)
}

fn is_of_streams(bytes: &[u8]) -> bool {
    bytes.windows(STREAMS.len()).any(|there| there.eq_ignore_ascii_case(STREAMS.as_bytes()))
}

fn cut<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (piece, behind) = rest.split_at_checked(length)?;
    *rest = behind;
    Some(piece)
}

/// A number of seven bits a byte, the lowest first (LEB128).
fn number(rest: &mut &[u8]) -> Option<usize> {
    let (mut number, mut shift) = (0_usize, 0_u32);
    loop {
        let (byte, behind) = rest.split_first()?;
        *rest = behind;
        number |= usize::from(byte & 0x7f).checked_shl(shift)?;
        shift += 7;
        if *byte < 0x80 {
            return Some(number);
        }
    }
}

fn put_number(out: &mut Vec<u8>, mut number: usize) {
    while number > 0x7f {
        out.push(u8::try_from(number & 0x7f).unwrap_or_default() | 0x80);
        number >>= 7;
    }
    out.push(u8::try_from(number).unwrap_or_default());
}
