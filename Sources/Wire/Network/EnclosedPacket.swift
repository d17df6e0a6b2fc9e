extension RawSpan {
  /// Whether the bytes hold an IP packet, behind a header of some tunnel that is not known: a header
  /// whose version, lengths and checksum fit each other and the bytes behind it (RFC 791 §3.1,
  /// RFC 8200 §3).
  public var enclosesIPPacket: Bool {
    let last = min(byteCount &- 20, Self.longestTunnelHeader)
    var place = 0
    while place <= last {
      switch byte(at: place) >> 4 {
      case 4: if beginsIPv4Packet(at: place) { return true }
      case 6: if beginsIPv6Packet(at: place) { return true }
      default: break
      }
      place &+= 1
    }
    return false
  }

  /// GENEVE has the longest: 8 bytes and up to 252 of options, with Ethernet and two tags behind it.
  private static var longestTunnelHeader: Int { 8 + 252 + 22 }

  private func beginsIPv4Packet(at place: Int) -> Bool {
    let header = Int(byte(at: place) & 0xF) * 4
    guard header >= 20, place + header <= byteCount else { return false }
    let length = Int(load(bigEndianAt: place + 2, as: UInt16.self))
    guard length > header, place + length <= byteCount else { return false }
    var sum = Checksum()
    sum.add(extracting(place..<place + header))
    return sum.folded == 0xFFFF
  }

  private func beginsIPv6Packet(at place: Int) -> Bool {
    guard place + 40 < byteCount else { return false }
    let length = Int(load(bigEndianAt: place + 4, as: UInt16.self))
    return place + 40 + length == byteCount && IPProtocol.mayFollowIPv6(byte(at: place + 6))
  }
}

extension IPProtocol {
  /// Whether a number is one of those that stand in IPv6 headers of real traffic.
  fileprivate static func mayFollowIPv6(_ number: UInt8) -> Bool {
    // Options, IPv4, TCP, UDP, IPv6, routing, fragment, GRE, ESP, AH, ICMPv6, no next, options, SCTP.
    [0, 4, 6, 17, 41, 43, 44, 47, 50, 51, 58, 60, 132].contains(number)
  }
}
