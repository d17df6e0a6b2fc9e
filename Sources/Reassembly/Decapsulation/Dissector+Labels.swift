import Wire

// What stands between an Ethernet header, or another link, and IP.

extension Dissector {
  /// A stack of labels (RFC 3032), and what its bottom carries, which no field says.
  ///
  /// A path has other labels in each direction, so that they are no part of the flow key.
  @inline(never)
  func dissectMPLS(_ bytes: RawSpan, at offset: Int, _ result: inout Dissection) {
    guard descend(&result) else { return }
    var offset = offset
    var isBottom = false
    while !isBottom {
      guard offset &+ 4 <= bytes.byteCount else {
        result.kind = .malformed
        return
      }
      isBottom = bytes.byte(at: offset &+ 2) & 1 != 0
      offset &+= 4
    }
    guard offset < bytes.byteCount else {
      result.kind = .malformed
      return
    }
    switch bytes.byte(at: offset) >> 4 {
    case 4: dissectIPv4(bytes, at: offset, &result)
    case 6: dissectIPv6(bytes, at: offset, &result)
    default:
      // An Ethernet frame (RFC 4448), behind a control word that begins with four zeros, or without one.
      // An address may begin so too: the type behind it tells.
      let hasControlWord =
        bytes.byte(at: offset) >> 4 == 0 && isEthernetFrame(bytes, at: offset &+ 4)
      dissectEthernetFrame(bytes, at: hasControlWord ? offset &+ 4 : offset, &result)
    }
  }

  private func isEthernetFrame(_ bytes: RawSpan, at offset: Int) -> Bool {
    guard offset &+ 14 <= bytes.byteCount else { return false }
    let type = EtherType(rawValue: bytes.load(bigEndianAt: offset &+ 12))
    switch type {
    case .ipv4, .ipv6, .arp, .mplsUnicast, .mplsMulticast, .pppoeSession: return true
    default: return type.isVLAN
    }
  }

  /// A session of PPP over Ethernet (RFC 2516 §4). Both directions have its number, which is unique to a
  /// pair of stations, and so a part of the flow key.
  @inline(never)
  func dissectPPPoE(_ bytes: RawSpan, at offset: Int, _ result: inout Dissection) {
    guard offset &+ 6 <= bytes.byteCount, bytes.byte(at: offset) == 0x11 else {
      result.kind = .malformed
      return
    }
    // Another code is discovery.
    guard bytes.byte(at: offset &+ 1) == 0 else {
      result.kind = .notIP
      return
    }
    guard descend(&result) else { return }
    if isRecording { record(.length, at: offset &+ 4) }
    mix(0, 0, UInt32(bytes.load(bigEndianAt: offset &+ 2, as: UInt16.self)), &result)
    dissectPPP(bytes, at: offset &+ 6, &result)
  }

  /// A PPP frame (RFC 1661 §2), with address and control in front (RFC 1662 §3.1) or without.
  func dissectPPP(_ bytes: RawSpan, at offset: Int, _ result: inout Dissection) {
    var offset = offset
    if offset &+ 2 <= bytes.byteCount, bytes.load(bigEndianAt: offset, as: UInt16.self) == 0xFF03 {
      offset &+= 2
    }
    guard offset &+ 2 <= bytes.byteCount else {
      result.kind = .malformed
      return
    }
    var type: UInt16 = bytes.load(bigEndianAt: offset)
    // Where the ends have agreed on it, the first byte is left out when it is 0; the last one is odd
    // always (RFC 1661 §6.5).
    if type & 0x0100 != 0 {
      type >>= 8
      offset &+= 1
    } else {
      offset &+= 2
    }
    switch type {
    case 0x0021: dissectIPv4(bytes, at: offset, &result)
    case 0x0057: dissectIPv6(bytes, at: offset, &result)
    case 0x0281, 0x0283: dissectMPLS(bytes, at: offset, &result)
    default: result.kind = .notIP
    }
  }
}
