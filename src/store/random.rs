//! Random bytes from the operating system: keys, tokens and names of persons are made of nothing else.

use rand::TryRngCore;

use super::keyring::KeyError;

pub fn bytes<const N: usize>() -> Result<[u8; N], KeyError> {
    let mut bytes = [0; N];
    rand::rngs::OsRng
        .try_fill_bytes(&mut bytes)
        .map_err(|error| KeyError::Randomness(error.to_string()))?;
    Ok(bytes)
}
