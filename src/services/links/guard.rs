//! Which addresses may be visited: those of the public network. A catalogue comes from others, and none of its links may
//! make this machine knock at the doors of its own network.
//!
//! Names are checked where they are resolved, for every connection: a name that is public at one moment and private at
//! the next finds no way in between.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// What a private address is refused with.
pub const REFUSAL: &str = "the address is not a public one";

/// Lets public addresses pass, or all of them.
#[derive(Debug, Clone, Copy)]
pub struct Guard {
    pub allow_private: bool,
}

impl Guard {
    fn allows(self, address: IpAddr) -> bool {
        self.allow_private || is_public(address)
    }

    /// Whether an address may be asked at all. A host that is a name is looked at again when it is resolved.
    ///
    /// # Errors
    /// Why not.
    pub fn check(self, url: &Url) -> Result<(), String> {
        if !["http", "https"].contains(&url.scheme()) {
            return Err("it is no address of the web".into());
        }
        let host = url.host_str().ok_or("it names no host")?;
        let literal = host.trim_matches(['[', ']']).parse::<IpAddr>();
        match literal {
            Ok(address) if !self.allows(address) => Err(REFUSAL.into()),
            _ => Ok(()),
        }
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = *self;
        // Each visitor has a client, and so a resolver, of its own: nobody else waits for this look-up.
        Box::pin(async move {
            let all = (name.as_str(), 0).to_socket_addrs()?;
            let allowed: Vec<SocketAddr> =
                all.filter(|address| guard.allows(address.ip())).collect();
            if allowed.is_empty() {
                return Err(io::Error::new(io::ErrorKind::PermissionDenied, REFUSAL).into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// Whether an address belongs to the public network (IANA's special-purpose registries say which do not).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_multicast()
        // This network; shared by carriers; protocol assignments; old relays; benchmarks; reserved, broadcast included.
        || a == 0
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19))
        || a >= 240;
    !is_special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(inner) = address.to_ipv4_mapped() {
        return is_public_v4(inner);
    }
    let [a, b, c, ..] = address.segments();
    let [.., g, h] = address.segments();
    let inner = |g: u16, h: u16| Ipv4Addr::from((u32::from(g) << 16) | u32::from(h));
    match (a, b) {
        // An address of version 4, translated (the well-known prefix) or tunnelled (6to4).
        (0x64, 0xff9b) if c == 0 => is_public_v4(inner(g, h)),
        (0x2002, _) => is_public_v4(inner(b, c)),
        // Protocol assignments (Teredo among them) and documentation.
        (0x2001, 0..0x200) | (0x2001, 0xdb8) | (0x3fff, 0..0x1000) => false,
        // Only this block is given out to the public.
        _ => a & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_refused_however_they_are_written() {
        let guard = Guard {
            allow_private: false,
        };
        for url in [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://10.1.2.3/",
            "http://172.16.0.1/",
            "http://192.168.1.1/",
            "http://169.254.169.254/latest/meta-data",
            "http://100.64.0.1/",
            "http://0.0.0.0/",
            "http://255.255.255.255/",
            "http://224.0.0.1/",
            "http://198.18.0.1/",
            "http://[::1]/",
            "http://[::]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:10.0.0.1]/",
            "http://[::127.0.0.1]/",
            "http://[64:ff9b::a00:1]/",
            "http://[2002:7f00:1::]/",
            "http://[2001::1]/",
            "http://[fe80::1]/",
            "http://[fc00::1]/",
            "http://[ff02::1]/",
            "ftp://example.org/",
            "file:///etc/passwd",
        ] {
            let url = Url::parse(url).expect("an address");
            assert!(guard.check(&url).is_err(), "{url}");
        }
        for url in [
            "https://8.8.8.8/",
            "https://[2606:4700::1111]/",
            "http://example.org/",
        ] {
            let url = Url::parse(url).expect("an address");
            assert!(guard.check(&url).is_ok(), "{url}");
        }
    }
}
