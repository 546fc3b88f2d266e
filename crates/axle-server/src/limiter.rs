//! How often one network address may fail to sign in, whatever accounts it tries. It is kept in memory: a restart
//! forgives everybody, and accounts have limits of their own in the database.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Mutex, PoisonError};

use axum::http::HeaderMap;
use jiff::{SignedDuration, Timestamp};

/// Failures that an address may have in a row.
const BURST: i32 = 20;
/// After so long one of them is forgotten.
const FORGOTTEN_AFTER: SignedDuration = SignedDuration::from_secs(30);
/// At most this many addresses are remembered.
const ADDRESSES: usize = 10_000;

/// Failures by address: the instant at which the last of them is forgotten.
#[derive(Debug, Default)]
pub(crate) struct Limiter(Mutex<HashMap<IpAddr, Timestamp>>);

impl Limiter {
    /// Counts a try before it is known how it ends, so that many at once are no way around the limit. Gives how long to
    /// wait when the address has had enough of them.
    pub(crate) fn take(&self, address: IpAddr, now: Timestamp) -> Result<(), SignedDuration> {
        let mut clear_at = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let address = network(address);
        let debt_until = clear_at.get(&address).copied().unwrap_or(now).max(now);
        let wait = debt_until.duration_since(now) - FORGOTTEN_AFTER * (BURST - 1);
        if wait.is_positive() {
            return Err(wait);
        }
        if clear_at.len() >= ADDRESSES && !clear_at.contains_key(&address) {
            make_room(&mut clear_at, now);
        }
        clear_at.insert(address, debt_until + FORGOTTEN_AFTER);
        Ok(())
    }

    /// Takes a try back that succeeded. The failures before it stay, or an account of one's own would be a way around.
    pub(crate) fn give_back(&self, address: IpAddr) {
        let mut clear_at = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = clear_at.get_mut(&network(address)) {
            *at -= FORGOTTEN_AFTER;
        }
    }
}

/// Forgets the addresses that owe nothing, or else the one that owes least.
fn make_room(clear_at: &mut HashMap<IpAddr, Timestamp>, now: Timestamp) {
    clear_at.retain(|_, at| *at > now);
    if clear_at.len() >= ADDRESSES
        && let Some(least) = clear_at.iter().min_by_key(|(_, at)| **at).map(|(address, _)| *address)
    {
        clear_at.remove(&least);
    }
}

/// What one customer of a network gets: an IPv4 address, or a block of 2^64 IPv6 addresses.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        address @ IpAddr::V4(_) => address,
    }
}

/// Where a request comes from. Behind a proxy of our own network it is what the proxy says, in the last entry of
/// `X-Forwarded-For`; those before it are what the client says.
pub(crate) fn client(peer: Option<SocketAddr>, headers: &HeaderMap, has_proxy: bool) -> IpAddr {
    let peer = peer.map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |peer| peer.ip().to_canonical());
    if !(has_proxy && is_near(peer)) {
        return peer;
    }
    let told = headers.get_all("x-forwarded-for").iter().next_back().and_then(|value| value.to_str().ok());
    told.and_then(|list| list.rsplit(',').next()?.trim().parse().ok()).unwrap_or(peer)
}

/// Whether an address is of this machine or of a private network.
fn is_near(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_loopback() || address.is_private(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + seconds).unwrap()
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_has_so_many_failures_and_then_one_each_half_minute() {
        let (limiter, one, other) = (Limiter::default(), address("192.0.2.1"), address("192.0.2.2"));
        assert!((0..BURST).all(|_| limiter.take(one, at(0)).is_ok()));
        assert_eq!(limiter.take(one, at(0)), Err(SignedDuration::from_secs(30)));
        assert_eq!(limiter.take(one, at(10)), Err(SignedDuration::from_secs(20)));
        assert_eq!(limiter.take(other, at(10)), Ok(()));
        assert_eq!(limiter.take(one, at(30)), Ok(()));
        assert_eq!(limiter.take(one, at(30)), Err(SignedDuration::from_secs(30)));
        assert!((0..BURST).all(|_| limiter.take(one, at(3_600)).is_ok()), "after an hour all is forgotten");
    }

    #[test]
    fn a_success_counts_nothing_and_forgives_nothing() {
        let (limiter, one) = (Limiter::default(), address("192.0.2.1"));
        for _ in 0..BURST - 1 {
            limiter.take(one, at(0)).unwrap();
        }
        for _ in 0..100 {
            limiter.take(one, at(0)).unwrap();
            limiter.give_back(one);
        }
        limiter.take(one, at(0)).unwrap();
        assert!(limiter.take(one, at(0)).is_err());
    }

    #[test]
    fn neighbours_of_a_block_share_a_limit() {
        assert_eq!(network(address("2001:db8:1:2:3::4")), network(address("2001:db8:1:2::")));
        assert_ne!(network(address("2001:db8:1:2::")), network(address("2001:db8:1:3::")));
        assert_eq!(network(address("::ffff:192.0.2.1")), address("192.0.2.1"));
    }

    #[test]
    fn memory_is_bounded_and_who_owes_most_is_remembered() {
        let (limiter, worst) = (Limiter::default(), address("192.0.2.1"));
        for _ in 0..BURST {
            limiter.take(worst, at(0)).unwrap();
        }
        for number in 0..u32::try_from(ADDRESSES).unwrap() + 50 {
            limiter.take(IpAddr::from((0x0a00_0000 + number).to_be_bytes()), at(1)).unwrap();
        }
        assert_eq!(limiter.0.lock().unwrap().len(), ADDRESSES);
        assert!(limiter.take(worst, at(1)).is_err());
    }

    #[test]
    fn only_a_proxy_of_ours_says_for_whom_it_asks() {
        let asked = |peer: &str, told: &[&'static str], has_proxy| {
            let mut headers = HeaderMap::new();
            for value in told {
                headers.append("x-forwarded-for", axum::http::HeaderValue::from_static(value));
            }
            client(Some(peer.parse().unwrap()), &headers, has_proxy).to_string()
        };
        assert_eq!(asked("127.0.0.1:9", &["198.51.100.7, 203.0.113.5"], true), "203.0.113.5");
        assert_eq!(asked("10.0.0.2:9", &["198.51.100.7", "203.0.113.5"], true), "203.0.113.5");
        assert_eq!(asked("127.0.0.1:9", &[], true), "127.0.0.1");
        assert_eq!(asked("127.0.0.1:9", &["nonsense"], true), "127.0.0.1");
        assert_eq!(asked("127.0.0.1:9", &["203.0.113.5"], false), "127.0.0.1");
        assert_eq!(asked("192.0.2.9:9", &["203.0.113.5"], true), "192.0.2.9", "it came past the proxy");
    }
}
