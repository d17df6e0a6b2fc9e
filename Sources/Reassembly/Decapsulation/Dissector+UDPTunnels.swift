import Sockets
import Wire

// Tunnels through UDP are known by their port alone, and anyone may use a port. So a datagram counts as
// one only when all of it says so, down to an IP packet; else it belongs to the outer conversation.

extension Dissector {
  /// The tunnel that the ports announce. Senders into VXLAN and GENEVE choose their ports for entropy.
  @inline(__always)
  static func tunnel(from source: UInt16, to destination: UInt16) -> Tunnel.Kind? {
    switch destination {
    case 4789: return .vxlan
    case 6081: return .geneve
    case 3544: return .teredo
    case 2152: return .gtpU
    default: break
    }
    switch source {
    case 3544: return .teredo
    case 2152: return .gtpU
    default: return nil
    }
  }

  /// Makes the packet in a datagram the result; `false` when there is none, and nothing has changed but
  /// that it may be noted that it lies too deep.
  @inline(never)
  func dissectTunnel(
    _ kind: Tunnel.Kind, _ bytes: RawSpan, _ result: inout Dissection
  ) -> Bool {
    var inner = result
    inner.kind = .malformed
    let datagram = bytes.extracting(0..<result.end)
    inner.frameLength = result.end &+ result.missing
    let offset = result.text.lowerBound
    let recorded = recorder?.places.count
    if isRecording { record(.udp, at: result.transportOffset) }
    switch kind {
    case .vxlan: dissectVXLAN(datagram, at: offset, &inner)
    case .geneve: dissectGENEVE(datagram, at: offset, &inner)
    case .teredo: dissectTeredo(datagram, at: offset, &inner)
    case .gtpU: dissectGTP(datagram, at: offset, &inner)
    default: break
    }
    guard inner.kind.isPacket else {
      forget(from: recorded)
      if inner.kind == .tooDeep { result.isAtLayerLimit = true }
      return false
    }
    inner.frameLength = result.frameLength
    inner.makeInner()
    result = inner
    return true
  }

  /// RFC 7348 §5: flags with the bit for a valid VNI, the VNI, and zeros. Of the bits that are
  /// reserved, one is in use (0x80, for a group policy, with its number in the next two bytes).
  private func dissectVXLAN(_ bytes: RawSpan, at offset: Int, _ result: inout Dissection) {
    guard offset &+ 8 <= bytes.byteCount, bytes.byte(at: offset) & 0x7F == 0x08,
      bytes.byte(at: offset &+ 7) == 0
    else { return }
    let network = bytes.load(bigEndianAt: offset &+ 4, as: UInt32.self) >> 8
    // The network is the same in both directions.
    guard
      enter(
        .vxlan, identifier: network, ends: result.key.addresses, segment: network, &result)
    else { return }
    dissectEthernetFrame(bytes, at: offset &+ 8, &result)
  }

  /// RFC 8926 §3.4: version 0, options that fill exactly what is said of them, and a VNI.
  private func dissectGENEVE(_ bytes: RawSpan, at offset: Int, _ result: inout Dissection) {
    guard offset &+ 8 <= bytes.byteCount, bytes.byte(at: offset) >> 6 == 0,
      bytes.byte(at: offset &+ 7) == 0
    else { return }
    let end = offset &+ 8 &+ Int(bytes.byte(at: offset) & 0x3F) &* 4
    guard end <= bytes.byteCount else { return }
    var option = offset &+ 8
    while option < end {
      guard option &+ 4 <= end else { return }
      option &+= 4 &+ Int(bytes.byte(at: option &+ 3) & 0x1F) &* 4
    }
    guard option == end else { return }
    let type = EtherType(rawValue: bytes.load(bigEndianAt: offset &+ 2))
    let network = bytes.load(bigEndianAt: offset &+ 4, as: UInt32.self) >> 8
    guard
      enter(
        .geneve, identifier: network, ends: result.key.addresses, segment: network, &result)
    else { return }
    if type == .transparentEthernet {
      dissectEthernetFrame(bytes, at: end, &result)
    } else {
      dissect(bytes, at: end, type, &result)
    }
  }

  /// RFC 4380 §5.1.1: an IPv6 packet, with indications of authentication and of the origin in front.
  ///
  /// A conversation may begin by way of a server and go on through a relay, so that the outer addresses
  /// are no part of its key; the inner ones are the same everywhere.
  private func dissectTeredo(_ bytes: RawSpan, at offset: Int, _ result: inout Dissection) {
    var offset = offset
    if offset &+ 4 <= bytes.byteCount, bytes.load(bigEndianAt: offset, as: UInt16.self) == 1 {
      // Identifier and value of the lengths given, a nonce, and a byte.
      offset &+=
        13 &+ Int(bytes.byte(at: offset &+ 2)) &+ Int(bytes.byte(at: offset &+ 3))
    }
    if offset &+ 8 <= bytes.byteCount, bytes.load(bigEndianAt: offset, as: UInt16.self) == 0 {
      offset &+= 8
    }
    guard offset &+ 40 <= bytes.byteCount, bytes.byte(at: offset) >> 4 == 6 else { return }
    let length = Int(bytes.load(bigEndianAt: offset &+ 4, as: UInt16.self)) &+ 40
    guard offset &+ length <= result.frameLength else { return }
    guard enter(.teredo, identifier: nil, ends: 0, &result) else { return }
    dissectIPv6(bytes, at: offset, &result)
  }

  /// 3GPP TS 29.281 §5: version 1, a packet of a user (T-PDU) of the length that is there.
  ///
  /// The receiver of each direction chooses the TEID that it is sent, so that it is no part of the key.
  private func dissectGTP(_ bytes: RawSpan, at offset: Int, _ result: inout Dissection) {
    guard offset &+ 8 <= bytes.byteCount, bytes.byte(at: offset) & 0xF0 == 0x30,
      bytes.byte(at: offset &+ 1) == 0xFF
    else { return }
    let length = Int(bytes.load(bigEndianAt: offset &+ 2, as: UInt16.self))
    guard offset &+ 8 &+ length <= result.frameLength else { return }
    let endpoint: UInt32 = bytes.load(bigEndianAt: offset &+ 4)
    let flags = bytes.byte(at: offset)
    var start = offset &+ 8
    if flags & 0x07 != 0 {
      guard start &+ 4 <= bytes.byteCount else { return }
      var next = flags & 0x04 != 0 ? bytes.byte(at: start &+ 3) : 0
      start &+= 4
      // Extension headers: the length in units of four bytes, the next type at the end.
      while next != 0 {
        guard start < bytes.byteCount else { return }
        let size = Int(bytes.byte(at: start)) &* 4
        guard size > 0, start &+ size <= bytes.byteCount else { return }
        next = bytes.byte(at: start &+ size &- 1)
        start &+= size
      }
    }
    if isRecording { record(.length, at: offset &+ 2) }
    guard enter(.gtpU, identifier: endpoint, ends: result.key.addresses, &result) else { return }
    dissectIP(bytes, at: start, &result)
  }
}
