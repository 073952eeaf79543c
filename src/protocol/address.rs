//! Where a host is, judged by its name or address: this machine, a private network, or the internet.
//!
//! A host is given as the URL standard writes it: in lower case, addresses in their canonical form.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Whether a host is this machine (RFC 8252 §7.3, RFC 6761 §6.3).
pub(super) fn is_loopback(host: &str) -> bool {
    match (host.parse(), ipv6(host)) {
        (Ok(address), _) => Ipv4Addr::is_loopback(&address),
        (_, Some(address)) => address.is_loopback(),
        _ => host == "localhost" || host.ends_with(".localhost"),
    }
}

/// Whether a host is not on the internet: an address that IANA's registries do not call globally
/// reachable, a name of one label, or a name under a domain for private use.
pub(super) fn is_private(host: &str) -> bool {
    match (host.parse(), ipv6(host)) {
        (Ok(address), _) => is_private_ipv4(address),
        (_, Some(address)) => is_private_ipv6(address),
        _ => is_private_name(host),
    }
}

fn ipv6(host: &str) -> Option<Ipv6Addr> {
    host.strip_prefix('[')?.strip_suffix(']')?.parse().ok()
}

/// RFC 6761 §6.3, RFC 6762 §3, RFC 8375, and `internal` (reserved by ICANN for private use).
fn is_private_name(host: &str) -> bool {
    let is_under = |domain: &str| host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    !host.contains('.') || ["localhost", "local", "internal", "home.arpa"].into_iter().any(is_under)
}

/// Address and prefix length of ranges that are not globally reachable:
/// <https://www.iana.org/assignments/iana-ipv4-special-registry>, multicast (RFC 5771) and class E
/// (RFC 1112 §4).
const PRIVATE_IPV4: [([u8; 4], u32); 15] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
];

fn is_private_ipv4(address: Ipv4Addr) -> bool {
    let bits = u32::from(address);
    PRIVATE_IPV4.iter().any(|(network, length)| (bits ^ u32::from_be_bytes(*network)) >> (32 - length) == 0)
}

/// Only 2000::/3 is assigned for the internet
/// (<https://www.iana.org/assignments/ipv6-address-space>), so an IPv4 address that is mapped into IPv6 is
/// private. Within it <https://www.iana.org/assignments/iana-ipv6-special-registry> has protocol
/// assignments (2001::/23), documentation (2001:db8::/32, 3fff::/20), and 6to4 (2002::/16), which
/// contains an IPv4 address.
fn is_private_ipv6(address: Ipv6Addr) -> bool {
    match address.segments() {
        [0x2001, second, ..] => second < 0x200 || second == 0xdb8,
        [0x2002, high, low, ..] => is_private_ipv4(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low))),
        [0x3fff, second, ..] => second < 0x1000,
        [first, ..] => first >> 13 != 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globally_reachable_addresses_of_the_registries_are_not_private() {
        for host in [
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "[2001:200::]",
            "[2001:4860:4860::8888]",
            "[2002:808:808::1]",
            "[3ffe:ffff::]",
            "[3fff:1000::]",
            "[2606:4700::1]",
            "as.example",
            "notlocal.example",
            "internal.example",
            "myhome.arpa",
        ] {
            assert!(!is_private(host), "{host}");
        }
    }

    #[test]
    fn every_range_of_the_registries_is_private_from_its_first_to_its_last_address() {
        for host in [
            "0.0.0.0",
            "0.255.255.255",
            "10.255.255.255",
            "100.64.0.0",
            "100.127.255.255",
            "127.255.255.255",
            "169.254.169.254",
            "172.16.0.0",
            "172.31.255.255",
            "192.0.0.0",
            "192.0.0.255",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.0",
            "198.18.0.0",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.7",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.0",
            "255.255.255.255",
            "[::]",
            "[::1]",
            "[::ffff:a00:1]",
            "[::ffff:808:808]",
            "[64:ff9b::a00:1]",
            "[100::1]",
            "[2001::1]",
            "[2001:1ff:ffff::]",
            "[2001:db8::1]",
            "[2002:a00:1::1]",
            "[2002:7f00:1::]",
            "[2002:c0a8:101::]",
            "[3fff:fff::1]",
            "[fc00::1]",
            "[fe80::1]",
            "[ff02::1]",
            "localhost",
            "app.localhost",
            "printer",
            "printer.local",
            "metadata.google.internal",
            "home.arpa",
            "nas.home.arpa",
        ] {
            assert!(is_private(host), "{host}");
        }
    }

    #[test]
    fn loopback_is_a_name_or_an_address_of_this_machine() {
        for host in ["localhost", "app.localhost", "127.0.0.1", "127.255.255.254", "[::1]"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["localhost.example", "notlocalhost", "128.0.0.1", "[::2]", "[::ffff:7f00:1]", "0.0.0.0"] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
