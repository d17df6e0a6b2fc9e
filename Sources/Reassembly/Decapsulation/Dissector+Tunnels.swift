import Sockets
import Wire

// Everything here is off the fast path and in no function of it.

extension Dissector {
  /// Layers that are entered. What lies deeper is counted, and not looked for.
  static let layerLimit: UInt8 = 8

  /// An IP payload that is neither TCP nor UDP: a tunnel, or nothing that is known here.
  @inline(never)
  func dissectOther(
    _ bytes: RawSpan, source: IPAddress, destination: IPAddress, _ protocol: IPProtocol,
    _ result: inout Dissection
  ) {
    switch (`protocol`, source.family) {
    case (.ipv4, _), (.ipv6, _), (.gre, _): break
    case (.icmp, .ipv4), (.icmpv6, .ipv6):
      dissectICMP(bytes, source, destination, `protocol`, &result)
      return
    case (_, .ipv6) where `protocol`.isExtensionHeader:
      dissectChain(bytes, source, destination, `protocol`, &result)
      return
    default:
      result.kind = .otherProtocol
      return
    }
    // What is in the tunnel ends where the packet around it ends, or was cut.
    let frameLength = result.frameLength
    result.frameLength = result.end &+ result.missing
    let packet = bytes.extracting(0..<result.end)
    let ends = ends(source, destination)
    if `protocol` == .gre {
      dissectGRE(packet, ends, &result)
    } else {
      dissectIPInIP(packet, `protocol`, ends, &result)
    }
    result.frameLength = frameLength
    result.makeInner()
  }

  /// Extension headers behind a Fragment header, of a packet that is whole without it or was put
  /// together.
  private func dissectChain(
    _ bytes: RawSpan, _ source: IPAddress, _ destination: IPAddress, _ protocol: IPProtocol,
    _ result: inout Dissection
  ) {
    let packet = bytes.extracting(0..<result.end)
    guard
      let place = try? IPv6Packet.followChain(in: packet, at: result.transportOffset, `protocol`)
    else {
      result.kind = .malformed
      return
    }
    // Nobody fragments fragments (RFC 8200 §4.5 has one Fragment header); hosts differ in what they make
    // of it.
    if place.protocol == .fragment {
      result.kind = .nestedFragment
      return
    }
    result.transportOffset = place.offset
    dissectTransport(bytes, source: source, destination: destination, place.protocol, &result)
  }

  /// The addresses of both ends in one number, the same for both directions.
  private func ends(_ source: IPAddress, _ destination: IPAddress) -> UInt64 {
    let isReversed = (source.high, source.low) > (destination.high, destination.low)
    let (first, second) = isReversed ? (destination, source) : (source, destination)
    if first.family == .ipv4 { return first.low << 32 | second.low }
    return hash.hash(
      WideAddresses(
        firstHigh: first.high, firstLow: first.low, secondHigh: second.high,
        secondLow: second.low))
  }

  /// Counts one more layer; `false` where there are too many.
  func descend(_ result: inout Dissection) -> Bool {
    guard result.nesting.layers < Self.layerLimit else {
      result.kind = .tooDeep
      return false
    }
    result.nesting.layers &+= 1
    return true
  }

  /// Goes into a tunnel through the packet that was found last.
  ///
  /// - Parameters:
  ///   - identifier: for records.
  ///   - ends: of the packet around it, where both directions have the same; else 0.
  ///   - segment: the part of the identifier that is the same for both directions.
  /// - Returns: `false` where there are too many layers.
  func enter(
    _ kind: Tunnel.Kind, identifier: UInt32?, ends: UInt64, segment: UInt32 = 0,
    _ result: inout Dissection
  ) -> Bool {
    guard descend(&result) else { return false }
    result.nesting.depth &+= 1
    result.nesting.kind = kind.rawValue
    result.nesting.hasIdentifier = identifier != nil
    result.tunnelIdentifier = identifier ?? 0
    result.outerOffset = UInt16(truncatingIfNeeded: result.networkOffset)
    mix(kind.rawValue, ends, segment, &result)
    result.isIPv6 = false
    return true
  }

  /// Makes a layer, and the VLAN tags around it, a part of the flow key.
  func mix(_ kind: UInt8, _ ends: UInt64, _ segment: UInt32, _ result: inout Dissection) {
    let layer = UInt64(kind) << 56 | UInt64(result.vlans) << 32 | UInt64(segment)
    result.tunnel = hash.hash(hash.hash(ends, result.tunnel), layer) | 1
  }

  /// An Ethernet frame in another packet.
  func dissectEthernetFrame(_ bytes: RawSpan, at offset: Int, _ result: inout Dissection) {
    guard offset &+ 14 <= bytes.byteCount else {
      result.kind = .malformed
      return
    }
    let type = EtherType(rawValue: bytes.load(bigEndianAt: offset &+ 12))
    dissect(bytes, at: offset &+ 14, type, &result)
  }

  private func dissectIPInIP(
    _ bytes: RawSpan, _ protocol: IPProtocol, _ ends: UInt64, _ result: inout Dissection
  ) {
    let offset = result.transportOffset
    // With 6to4 a packet comes through any relay, and the answer through another one (RFC 3056);
    // and the inner addresses are the same everywhere.
    let is6to4 =
      `protocol` == .ipv6 && offset &+ 40 <= bytes.byteCount
      && (bytes.load(bigEndianAt: offset &+ 8, as: UInt16.self) == 0x2002
        || bytes.load(bigEndianAt: offset &+ 24, as: UInt16.self) == 0x2002)
    guard enter(.ip, identifier: nil, ends: is6to4 ? 0 : ends, &result) else { return }
    if `protocol` == .ipv4 {
      dissectIPv4(bytes, at: offset, &result)
    } else {
      dissectIPv6(bytes, at: offset, &result)
    }
  }
}

// MARK: GRE

extension Dissector {
  private func dissectGRE(_ bytes: RawSpan, _ ends: UInt64, _ result: inout Dissection) {
    var offset = result.transportOffset
    guard offset &+ 4 <= bytes.byteCount else {
      result.kind = .malformed
      return
    }
    let flags: UInt16 = bytes.load(bigEndianAt: offset)
    let type = EtherType(rawValue: bytes.load(bigEndianAt: offset &+ 2))
    offset &+= 4
    if flags & 7 == 1, type == .ppp {
      dissectPPTP(bytes, at: offset, flags, ends, &result)
      return
    }
    // RFC 2784 §2.3: packets with routing (RFC 1701) are not for those who do not know it.
    guard flags & 7 == 0, flags & 0x4000 == 0 else {
      result.kind = .otherProtocol
      return
    }
    if isRecording, flags & 0x8000 != 0 {
      record(.checksummedGRE, at: result.transportOffset)
    }
    // The checksum, the key and the sequence number (RFC 2890), each where its bit is set.
    let hasKey = flags & 0x2000 != 0
    let keyOffset = offset &+ (flags & 0x8000 != 0 ? 4 : 0)
    offset = keyOffset &+ (hasKey ? 4 : 0) &+ (flags & 0x1000 != 0 ? 4 : 0)
    guard offset <= bytes.byteCount else {
      result.kind = .malformed
      return
    }
    let key: UInt32? = hasKey ? bytes.load(bigEndianAt: keyOffset) : nil
    if type == .erspan2 || type == .erspan3 {
      dissectERSPAN(bytes, at: offset, type, hasHeader: flags & 0x1000 != 0, ends, &result)
      return
    }
    // Each end chooses the key that it is sent (RFC 2890 §2.1 has it name a flow within the tunnel),
    // so that it does not tell tunnels apart. Only NVGRE makes the upper 24 bits the number of a network
    // (RFC 7637 §3.2); the lower 8 are entropy.
    let network = type == .transparentEthernet ? (key ?? 0) >> 8 : 0
    guard enter(.gre, identifier: key, ends: ends, segment: network, &result) else { return }
    if type == .transparentEthernet {
      dissectEthernetFrame(bytes, at: offset, &result)
    } else {
      dissect(bytes, at: offset, type, &result)
    }
  }

  /// Version 1 of GRE, with PPP in it (RFC 2637 §4.1). The call is numbered by the receiver of each
  /// direction, and so is in no key.
  private func dissectPPTP(
    _ bytes: RawSpan, at offset: Int, _ flags: UInt16, _ ends: UInt64, _ result: inout Dissection
  ) {
    let start =
      offset &+ 4 &+ (flags & 0x1000 != 0 ? 4 : 0) &+ (flags & 0x0080 != 0 ? 4 : 0)
    guard flags & 0x2000 != 0, start <= bytes.byteCount else {
      result.kind = .malformed
      return
    }
    // Without a sequence number it acknowledges, and carries nothing.
    guard flags & 0x1000 != 0 else {
      result.kind = .otherProtocol
      return
    }
    if isRecording { record(.length, at: offset) }
    let call = UInt32(bytes.load(bigEndianAt: offset &+ 2, as: UInt16.self))
    guard enter(.gre, identifier: call, ends: ends, &result) else { return }
    dissectPPP(bytes, at: start, &result)
  }

  /// A mirrored Ethernet frame (draft-foschiano-erspan). Its session is one of the mirror, which may
  /// have one for each direction, and is in no key.
  private func dissectERSPAN(
    _ bytes: RawSpan, at offset: Int, _ type: EtherType, hasHeader: Bool, _ ends: UInt64,
    _ result: inout Dissection
  ) {
    // Type I has no header; it is told by GRE without a sequence number.
    guard type == .erspan3 || hasHeader else {
      guard enter(.erspan, identifier: nil, ends: ends, &result) else { return }
      dissectEthernetFrame(bytes, at: offset, &result)
      return
    }
    var start = offset &+ (type == .erspan3 ? 12 : 8)
    guard start <= bytes.byteCount else {
      result.kind = .malformed
      return
    }
    let session = UInt32(bytes.load(bigEndianAt: offset &+ 2, as: UInt16.self) & 0x3FF)
    guard bytes.byte(at: offset) >> 4 == (type == .erspan3 ? 2 : 1) else {
      result.kind = .otherProtocol
      return
    }
    guard enter(.erspan, identifier: session, ends: ends, &result) else { return }
    guard type == .erspan3 else {
      dissectEthernetFrame(bytes, at: start, &result)
      return
    }
    let last: UInt16 = bytes.load(bigEndianAt: offset &+ 10)
    // A subheader of the platform follows.
    if last & 1 != 0 { start &+= 8 }
    // What was mirrored: an Ethernet frame or an IP packet.
    switch last >> 10 & 0x1F {
    case 0: dissectEthernetFrame(bytes, at: start, &result)
    case 2: dissectIP(bytes, at: start, &result)
    default: result.kind = .notIP
    }
  }
}
