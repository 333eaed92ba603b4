//! Where a request comes from: the address of the other end, or what a proxy that we trust says of it.
//!
//! Addresses serve limits alone. They are neither logged nor stored.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::Server;

/// The other end of a connection, as the listener saw it.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

/// An extractor: who is counted as one caller. An IPv6 network of 64 bits is one, for a household or an attacker has all
/// of its addresses. Nothing when there is no connection, as when the router is called within the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Caller(pub Option<IpAddr>);

impl FromRequestParts<Arc<Server>> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        server: &Arc<Server>,
    ) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<Peer>().map(|Peer(address)| *address);
        let forwarded = parts.headers.get_all("x-forwarded-for").iter();
        let forwarded: Vec<_> = forwarded.filter_map(|value| value.to_str().ok()).collect();
        let address = peer.map(|peer| origin(peer, &forwarded, &server.settings.trusted_proxies));
        Ok(Caller(address.map(network)))
    }
}

/// The last address of the chain that no proxy of ours is at: what stands before it anybody may have written.
fn origin(peer: IpAddr, forwarded: &[&str], trusted: &[IpAddr]) -> IpAddr {
    let chain = forwarded.iter().flat_map(|value| value.split(','));
    let mut chain: Vec<&str> = chain.map(str::trim).collect();
    let mut nearest = peer.to_canonical();
    while trusted.contains(&nearest) {
        match chain
            .pop()
            .and_then(|address| address.parse::<IpAddr>().ok())
        {
            Some(address) => nearest = address.to_canonical(),
            None => break,
        }
    }
    nearest
}

fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        let trusted = [ip("127.0.0.1"), ip("10.0.0.1")];
        let origin = |peer, forwarded: &[&str]| origin(ip(peer), forwarded, &trusted);
        assert_eq!(origin("192.0.2.7", &["198.51.100.1"]), ip("192.0.2.7"));
        assert_eq!(origin("127.0.0.1", &["198.51.100.1"]), ip("198.51.100.1"));
        let chain = ["203.0.113.9, 198.51.100.1", "10.0.0.1"];
        assert_eq!(
            origin("127.0.0.1", &chain),
            ip("198.51.100.1"),
            "not what the caller wrote"
        );
        assert_eq!(origin("127.0.0.1", &["nonsense"]), ip("127.0.0.1"));
        assert_eq!(origin("::ffff:127.0.0.1", &["192.0.2.3"]), ip("192.0.2.3"));
    }

    #[test]
    fn a_network_of_64_bits_is_one_caller() {
        assert_eq!(network(ip("2001:db8:1:2:3:4:5:6")), ip("2001:db8:1:2::"));
        assert_eq!(network(ip("192.0.2.7")), ip("192.0.2.7"));
    }
}
