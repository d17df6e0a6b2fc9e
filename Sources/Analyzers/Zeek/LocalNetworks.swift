import Analysis

/// The networks that Zeek takes for local when it is told of none: those that IANA's registries of
/// special-purpose addresses say are not routed, and the IPv4 ones among them as 6to4 (RFC 3056).
enum LocalNetworks {
  static func contain(_ address: IPAddress) -> Bool {
    let networks = address.family == .ipv4 ? ipv4 : ipv6
    return networks.contains { address.isIn($0.address, prefixLength: $0.prefixLength) }
  }

  private static let ipv4: [(address: IPAddress, prefixLength: Int)] = [
    network(0, 0, 0, 0, 8),
    network(10, 0, 0, 0, 8),
    network(100, 64, 0, 0, 10),
    network(127, 0, 0, 0, 8),
    network(169, 254, 0, 0, 16),
    network(172, 16, 0, 0, 12),
    network(192, 0, 0, 0, 24),
    network(192, 0, 2, 0, 24),
    network(192, 168, 0, 0, 16),
    network(198, 18, 0, 0, 15),
    network(198, 51, 100, 0, 24),
    network(203, 0, 113, 0, 24),
    network(240, 0, 0, 0, 4),
  ]

  private static let ipv6: [(address: IPAddress, prefixLength: Int)] =
    [
      (IPAddress(ipv6: 0, 0), 128),
      (IPAddress(ipv6: 0, 1), 128),
      // 64:ff9b:1::
      (IPAddress(ipv6: 0x0064_FF9B_0001_0000, 0), 48),
      // 100::
      (IPAddress(ipv6: 0x0100_0000_0000_0000, 0), 64),
      // 2001::, with 2001:2:: in it
      (IPAddress(ipv6: 0x2001_0000_0000_0000, 0), 23),
      // 2001:db8::
      (IPAddress(ipv6: 0x2001_0DB8_0000_0000, 0), 32),
      // fc00::
      (IPAddress(ipv6: 0xFC00_0000_0000_0000, 0), 7),
      // fe80::
      (IPAddress(ipv6: 0xFE80_0000_0000_0000, 0), 10),
    ]
    + ipv4.map { (IPAddress(ipv6: 0x2002 << 48 | $0.address.low << 16, 0), 16 + $0.prefixLength) }

  private static func network(
    _ first: UInt32, _ second: UInt32, _ third: UInt32, _ fourth: UInt32, _ prefixLength: Int
  ) -> (address: IPAddress, prefixLength: Int) {
    let address = IPAddress(ipv4: first << 24 | second << 16 | third << 8 | fourth)
    return (address, prefixLength)
  }
}
