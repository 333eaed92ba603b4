//! XChaCha20-Poly1305 with a random nonce in front: everything that is sealed in this room is sealed so.
//!
//! The place where a sealed value lies is its associated data: moved elsewhere, it does not open.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use super::keyring::KeyError;
use super::random;

/// Bytes of a nonce.
const NONCE: usize = 24;

/// Bytes that sealing adds: the nonce and the tag.
pub const OVERHEAD: usize = NONCE + 16;

pub fn seal(key: &[u8; 32], place: &[u8], plain: &[u8]) -> Result<Vec<u8>, KeyError> {
    let nonce = random::bytes::<NONCE>()?;
    let payload = Payload {
        msg: plain,
        aad: place,
    };
    let sealed = cipher(key)
        .encrypt(&XNonce::from(nonce), payload)
        .expect("only a message of more than 256 GiB cannot be sealed");
    Ok([nonce.as_slice(), &sealed].concat())
}

/// Nothing when the key, the place or a byte is another than at sealing.
pub fn open(key: &[u8; 32], place: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, message) = sealed.split_first_chunk::<NONCE>()?;
    let payload = Payload {
        msg: message,
        aad: place,
    };
    let opened = cipher(key).decrypt(&XNonce::from(*nonce), payload);
    opened.ok().map(Zeroizing::new)
}

fn cipher(key: &[u8; 32]) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&Key::from(*key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_key_at_the_same_place_opens() {
        let (key, place) = ([1; 32], b"here".as_slice());
        let sealed = seal(&key, place, b"text").unwrap();
        assert_eq!(sealed.len(), 4 + OVERHEAD);
        assert_eq!(open(&key, place, &sealed).unwrap().as_slice(), b"text");
        assert!(open(&[2; 32], place, &sealed).is_none());
        assert!(open(&key, b"there", &sealed).is_none());
        for byte in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[byte] ^= 1;
            assert!(open(&key, place, &changed).is_none());
        }
        assert!(open(&key, place, &sealed[..10]).is_none());
        assert_ne!(sealed, seal(&key, place, b"text").unwrap());
    }
}
