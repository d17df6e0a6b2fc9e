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
    setExtent(
      offset, header: packet.payloadOffset, length: packet.bytes.byteCount,
      missing: packet.missing, in: bytes, &result)
    if packet.isFragment {
      result.kind = .fragment
      return
    }
    dissectTransport(
      bytes, source: packet.source, destination: packet.destination, packet.protocol, &result)
  }

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
    let from = ports >> 16
    let to = ports & 0xFFFF
    if source.family == .ipv4, result.tunnel == 0 {
      setKey(source.low << 32 | destination.low, from, to, `protocol`, &result)
      result.hash = hash.place(of: result.key, result.key.addresses)
    } else {
      setWideKey(source, destination, from, to, `protocol`, &result)
    }
    if result.kind == .tcp {
      dissectTCP(bytes.extracting(result.transportOffset..<result.end), &result)
    } else {
      dissectUDP(bytes, &result)
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
