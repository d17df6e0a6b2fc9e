import Wire

extension Dissector {
  @inline(__always)
  func dissectIPv4(_ bytes: RawSpan, at offset: Int, _ result: inout Dissection) {
    guard let packet = try? IPv4Packet(validating: bytes.extracting(droppingFirst: offset)) else {
      result.kind = .malformed
      return
    }
    if verifiesChecksums, !packet.hasValidChecksum, packet.headerChecksum != 0 {
      result.kind = .badHeaderChecksum
      result.networkOffset = offset
      return
    }
    if isRecording { record(.ipv4, at: offset) }
    if packet.hasOffloadedLength {
      dissectOffloaded(packet, bytes, at: offset, &result)
      return
    }
    setExtent(
      offset, header: packet.headerLength, length: packet.bytes.byteCount,
      missing: packet.missing, in: bytes, &result)
    if packet.isFragment {
      result.kind = .fragment
      return
    }
    dissectTransport(
      bytes, source: packet.source, destination: packet.destination, packet.protocol, &result)
  }

  @inline(never)
  func dissectIPv6(_ bytes: RawSpan, at offset: Int, _ result: inout Dissection) {
    guard let packet = try? IPv6Packet(validating: bytes.extracting(droppingFirst: offset)) else {
      result.kind = .malformed
      return
    }
    result.isIPv6 = true
    if isRecording { record(.ipv6, at: offset) }
    if let jumboLength = packet.jumboLength {
      dissectJumbogram(packet, jumboLength, bytes, at: offset, &result)
      return
    }
    // Who has nothing to send may send nothing.
    if packet.hasOffloadedLength, packet.protocol != .noNextHeader {
      dissectOffloaded(packet, bytes, at: offset, &result)
      return
    }
    setExtent(
      offset, header: packet.payloadOffset, length: packet.bytes.byteCount,
      missing: packet.missing, in: bytes, &result)
    if packet.isFragment {
      result.kind = .fragment
      return
    }
    dissectTransport(
      bytes, source: packet.source, destination: packet.destination, packet.protocol, &result)
    if result.checksum == .wrong, packet.payloadOffset > 40, result.networkOffset == offset {
      verifyAgain(packet, &result)
    }
  }

  /// Extension headers may name other ends for the checksum.
  @inline(never)
  private func verifyAgain(_ packet: IPv6Packet, _ result: inout Dissection) {
    let ends = packet.checksumEnds
    let length = result.end &- result.transportOffset
    guard packet.protocol == .tcp || packet.protocol == .udp, length <= packet.payload.byteCount
    else { return }
    var sum = Checksum.pseudoHeader(
      source: ends.source, destination: ends.destination, protocol: packet.protocol.rawValue,
      length: length)
    sum.add(packet.payload.extracting(first: length))
    if sum.folded == 0xFFFF { result.checksum = .right }
  }

  /// No link carries it, but a host shows its own like this before they are cut up (BIG TCP). It must
  /// be longer than other packets can be (RFC 2675 §3), and all there.
  @inline(never)
  private func dissectJumbogram(
    _ packet: IPv6Packet, _ payloadLength: Int, _ bytes: RawSpan, at offset: Int,
    _ result: inout Dissection
  ) {
    let length = payloadLength &+ 40
    guard packet.hasOffloadedLength, payloadLength > 65_535, length <= packet.bytes.byteCount,
      !packet.isFragment
    else {
      result.kind = .jumbogram
      return
    }
    setExtent(
      offset, header: packet.payloadOffset, length: length, missing: 0, in: bytes, &result)
    dissectTransport(
      bytes, source: packet.source, destination: packet.destination, packet.protocol, &result)
    result.isJumbogram = true
  }

  @inline(never)
  private func dissectOffloaded(
    _ packet: IPv4Packet, _ bytes: RawSpan, at offset: Int, _ result: inout Dissection
  ) {
    guard
      takesWhole(packet.bytes, packet.headerLength, packet.isFragment, at: offset, bytes, &result)
    else { return }
    dissectTransport(
      bytes, source: packet.source, destination: packet.destination, packet.protocol, &result)
    result.hasZeroLength = true
  }

  private func dissectOffloaded(
    _ packet: IPv6Packet, _ bytes: RawSpan, at offset: Int, _ result: inout Dissection
  ) {
    guard
      takesWhole(packet.bytes, packet.payloadOffset, packet.isFragment, at: offset, bytes, &result)
    else { return }
    dissectTransport(
      bytes, source: packet.source, destination: packet.destination, packet.protocol, &result)
    result.hasZeroLength = true
  }

  /// Whether a packet with the length 0 is all that is there.
  ///
  /// Offload leaves the length to the card that takes the packet apart, and that happens to what is
  /// larger than a segment of the path: 576 bytes, which every host takes (RFC 9293 §3.7.1), need no
  /// taking apart. Up to there it is a packet that no host and no router would take, as anybody could
  /// send it to be seen by an analyzer only. What is larger than cards and kernels make is a lie too.
  private func takesWhole(
    _ packet: RawSpan, _ header: Int, _ isFragment: Bool, at offset: Int, _ frame: RawSpan,
    _ result: inout Dissection
  ) -> Bool {
    let cut = max(result.frameLength &- frame.byteCount, 0)
    let length = packet.byteCount &+ cut
    let isPlausible: Bool
    switch checksums {
    case .auto: isPlausible = length > 576
    case .none: isPlausible = true
    case .all: isPlausible = false
    }
    guard isPlausible, length <= Self.largestOffload, !isFragment else {
      result.kind = .zeroLength
      return false
    }
    setExtent(
      offset, header: header, length: packet.byteCount, missing: cut, in: frame, &result)
    return true
  }

  /// GSO_MAX_SIZE of Linux.
  private static var largestOffload: Int { 8 * 65_535 }

  /// Notes where an IP packet lies in its frame. Only what the capture cut off is missing: an IP length
  /// beyond a frame that is whole is a lie.
  @inline(__always)
  private func setExtent(
    _ offset: Int, header: Int, length: Int, missing: Int, in frame: RawSpan,
    _ result: inout Dissection
  ) {
    let cut = max(result.frameLength &- frame.byteCount, 0)
    result.networkOffset = offset
    result.transportOffset = offset &+ header
    result.end = offset &+ length
    result.missing = min(missing, cut)
    result.ipLength = length &+ result.missing
  }

  /// Makes the flow key from the addresses and the ports at `result.transportOffset`.
  @inline(__always)
  func dissectTransport(
    _ bytes: RawSpan, source: IPAddress, destination: IPAddress, _ protocol: IPProtocol,
    _ result: inout Dissection
  ) {
    switch `protocol` {
    case .tcp: result.kind = .tcp
    case .udp: result.kind = .udp
    default:
      dissectOther(bytes, source: source, destination: destination, `protocol`, &result)
      return
    }
    guard result.end &- result.transportOffset >= (result.kind == .tcp ? 20 : 8) else {
      result.kind = .malformed
      return
    }
    let ports: UInt32 = bytes.load(bigEndianAt: result.transportOffset)
    setKey(source, destination, ports, `protocol`, &result)
    if result.kind == .tcp {
      dissectTCP(bytes.extracting(result.transportOffset..<result.end), &result)
    } else {
      dissectUDP(bytes, &result)
    }
  }

  /// - Parameter ports: of the source and of the destination, as they stand in the header.
  @inline(__always)
  func setKey(
    _ source: IPAddress, _ destination: IPAddress, _ ports: UInt32, _ protocol: IPProtocol,
    _ result: inout Dissection
  ) {
    let from = ports >> 16
    let to = ports & 0xFFFF
    if source.family == .ipv4, result.tunnel == 0 {
      setKey(source.low << 32 | destination.low, from, to, `protocol`, &result)
      result.hash = hash.place(of: result.key, result.key.addresses)
    } else {
      setWideKey(source, destination, from, to, `protocol`, &result)
    }
  }

  @inline(__always)
  private func setKey(
    _ addresses: UInt64, _ from: UInt32, _ to: UInt32, _ protocol: IPProtocol,
    _ result: inout Dissection
  ) {
    let swapped = addresses << 32 | addresses >> 32
    let isReversed = addresses > swapped || (addresses == swapped && from > to)
    result.isReversed = isReversed
    result.key.addresses = isReversed ? swapped : addresses
    result.key.rest = rest(from, to, isReversed, `protocol`, result.vlans)
  }

  @inline(never)
  private func setWideKey(
    _ source: IPAddress, _ destination: IPAddress, _ from: UInt32, _ to: UInt32,
    _ protocol: IPProtocol, _ result: inout Dissection
  ) {
    let isReversed =
      (source.high, source.low, from) > (destination.high, destination.low, to)
    let (first, second) = isReversed ? (destination, source) : (source, destination)
    result.isReversed = isReversed
    result.wide = WideAddresses(
      firstHigh: first.high, firstLow: first.low, secondHigh: second.high, secondLow: second.low)
    let addresses = hash.hash(result.wide)
    result.key.addresses = result.tunnel == 0 ? addresses : hash.hash(addresses, result.tunnel)
    result.key.rest =
      rest(from, to, isReversed, `protocol`, result.vlans)
      | (source.family == .ipv6 ? FlowKey.ipv6Flag : FlowKey.tunnelledFlag)
    result.hash = hash.place(of: result.key, result.wide.mixed)
  }

  @inline(__always)
  private func rest(
    _ from: UInt32, _ to: UInt32, _ isReversed: Bool, _ protocol: IPProtocol, _ vlans: UInt32
  ) -> UInt64 {
    let first = UInt64(isReversed ? to : from)
    let second = UInt64(isReversed ? from : to)
    return first << 48 | second << 32 | UInt64(vlans) << 8 | UInt64(`protocol`.rawValue)
  }
}
