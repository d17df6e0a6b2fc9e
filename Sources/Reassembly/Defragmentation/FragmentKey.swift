import Wire

/// Which datagram a fragment belongs to (RFC 791 §3.2, RFC 8200 §4.5).
struct FragmentKey: Hashable {
  var source: IPAddress
  var destination: IPAddress
  var identification: UInt32
  /// Part of the key for IPv4 only: IPv6 takes the protocol of the first fragment.
  var `protocol`: UInt8
  var vlans: UInt32
  var tunnel: UInt64

  /// What finds it in a table. It takes the secret that keeps senders from choosing collisions.
  func hash(by hash: FlowHash) -> UInt32 {
    let ends = hash.hash(
      hash.hash(source.high, source.low), hash.hash(destination.high, destination.low))
    let rest = hash.hash(
      UInt64(identification) << 32 | UInt64(vlans), tunnel ^ UInt64(`protocol`) << 56)
    return UInt32(truncatingIfNeeded: hash.hash(ends, rest))
  }
}

/// One fragment, whichever version of IP.
struct Fragment: ~Escapable {
  var key: FragmentKey
  /// Where its payload belongs, in bytes.
  var offset: Int
  var moreFollow: Bool
  /// What the whole payload is; that of the first fragment counts.
  var `protocol`: IPProtocol
  var payload: RawSpan
  /// Whether the payload stays where it is for as long as anybody may want it.
  var payloadStays = false

  /// Reads it again from where the dissection found it.
  @_lifetime(copy bytes)
  init?(_ bytes: RawSpan, _ dissection: borrowing Dissection) {
    let packet = bytes.extracting(droppingFirst: dissection.networkOffset)
    if dissection.isIPv6 {
      guard let ipv6 = try? IPv6Packet(validating: packet) else { return nil }
      key = FragmentKey(
        source: ipv6.source, destination: ipv6.destination, identification: ipv6.identification,
        protocol: 0, vlans: dissection.vlans, tunnel: dissection.tunnel)
      offset = ipv6.fragmentOffset
      moreFollow = ipv6.moreFragments
      self.protocol = ipv6.protocol
      payload = ipv6.payload
    } else {
      guard let ipv4 = try? IPv4Packet(validating: packet) else { return nil }
      key = FragmentKey(
        source: ipv4.source, destination: ipv4.destination,
        identification: UInt32(ipv4.identification), protocol: ipv4.protocol.rawValue,
        vlans: dissection.vlans, tunnel: dissection.tunnel)
      offset = ipv4.fragmentOffset
      moreFollow = ipv4.moreFragments
      self.protocol = ipv4.protocol
      payload = ipv4.payload
    }
  }
}
