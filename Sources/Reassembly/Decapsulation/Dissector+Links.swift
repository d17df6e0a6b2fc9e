import Wire

extension Dissector {
  /// Link types other than Ethernet.
  @inline(never)
  func dissectOther(_ bytes: RawSpan, _ linkType: LinkType, _ result: inout Dissection) {
    switch linkType {
    case .raw, .rawDLT, .rawDLTOpenBSD, .ipv4, .ipv6:
      dissectIP(bytes, at: 0, &result)
    case .null, .loop:
      dissectLoopback(bytes, &result)
    case .linuxCooked:
      dissectCooked(bytes, typeAt: 14, headerLength: 16, &result)
    case .linuxCooked2:
      dissectCooked(bytes, typeAt: 0, headerLength: 20, &result)
    case .ppp, .pppHDLC:
      dissectPPP(bytes, at: 0, &result)
    case .pppEthernet:
      dissectPPPoE(bytes, at: 0, &result)
    case .pppPPPD:
      // 0 or 1, and the control field 3.
      dissectPPP(bytes, at: bytes.byteCount >= 2 && bytes.byte(at: 1) == 3 ? 2 : 1, &result)
    case .pppWithDirection:
      dissectPPP(bytes, at: 1, &result)
    case .ciscoHDLC:
      dissectCooked(bytes, typeAt: 2, headerLength: 4, &result)
    case .wireless, .wirelessRadiotap, .wirelessPrism, .wirelessAVS:
      dissectWireless(bytes, linkType, &result)
    default:
      result.kind = .unsupportedLinkType
    }
  }

  /// An IP packet of the version that its first bits say.
  func dissectIP(_ bytes: RawSpan, at offset: Int, _ result: inout Dissection) {
    guard offset < bytes.byteCount else {
      result.kind = .malformed
      return
    }
    switch bytes.byte(at: offset) >> 4 {
    case 4: dissectIPv4(bytes, at: offset, &result)
    case 6: dissectIPv6(bytes, at: offset, &result)
    default: result.kind = .malformed
    }
  }

  /// BSD loopback: the address family in front, in the byte order of whoever captured (NULL) or in
  /// network order (LOOP).
  private func dissectLoopback(_ bytes: RawSpan, _ result: inout Dissection) {
    guard bytes.byteCount >= 4 else {
      result.kind = .malformed
      return
    }
    let little: UInt32 = bytes.load(littleEndianAt: 0)
    let family = little > 0xFFFF ? little.byteSwapped : little
    switch family {
    case 2: dissectIPv4(bytes, at: 4, &result)
    // AF_INET6 of NetBSD and OpenBSD, FreeBSD, Darwin, Linux.
    case 24, 28, 30, 10: dissectIPv6(bytes, at: 4, &result)
    default: result.kind = .notIP
    }
  }

  /// Linux cooked capture, version 1 and 2, and Cisco's HDLC: the EtherType stands at different
  /// places.
  private func dissectCooked(
    _ bytes: RawSpan, typeAt: Int, headerLength: Int, _ result: inout Dissection
  ) {
    guard bytes.byteCount >= headerLength else {
      result.kind = .malformed
      return
    }
    dissect(bytes, at: headerLength, EtherType(rawValue: bytes.load(bigEndianAt: typeAt)), &result)
  }
}
