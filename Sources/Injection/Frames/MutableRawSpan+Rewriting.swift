import Sockets
import Wire

// Fields of captured headers, in the frame that is built from them.
extension MutableRawSpan {
  /// Adds to a field of 16 bits; one that is 0 says nothing and stays.
  mutating func add(_ change: Int, to16At offset: Int) {
    let value: UInt16 = bytes.load(bigEndianAt: offset)
    if value == 0 { return }
    store(value &+ UInt16(truncatingIfNeeded: change), bigEndianAt: offset)
  }

  /// Changes the length of an IPv4 header and, of a packet that is one of several, the identification
  /// (RFC 6864 §4: none is needed where it is 0 and may not be fragmented).
  private mutating func changeIPv4(at offset: Int, _ extent: Extent, length: Int) {
    let header = offset..<offset + Int(bytes.byte(at: offset) & 0xF) * 4
    var old = Checksum()
    old.add(bytes.extracting(header))
    changeLength(at: offset + 2, extent, length: length)
    let identification: UInt16 = bytes.load(bigEndianAt: offset + 4)
    let isAtomic = identification == 0 && bytes.byte(at: offset + 6) & 0x40 != 0
    if !isAtomic {
      store(identification &+ UInt16(truncatingIfNeeded: extent.number), bigEndianAt: offset + 4)
    }
    // A packet that was not captured has no wrong checksum to keep. One that is right may be 0.
    if extent.number > 0 || old.folded == 0xFFFF {
      updateIPv4Checksum(at: offset, headerLength: header.count)
      return
    }
    let field: UInt16 = bytes.load(bigEndianAt: offset + 10)
    // A wrong one that is 0 is left to the network card.
    if field == 0 { return }
    var new = Checksum()
    new.add(bytes.extracting(header))
    store(Checksum.updated(field, replacing: old, with: new), bigEndianAt: offset + 10)
  }

  /// Changes the length of an IP packet. One that a network card was to take apart says nothing of it;
  /// what is small needs no taking apart, so that nobody would believe that of it.
  private mutating func changeLength(at offset: Int, _ extent: Extent, length: Int) {
    if bytes.load(bigEndianAt: offset, as: UInt16.self) != 0 {
      add(extent.change, to16At: offset)
    } else if let length = UInt16(exactly: length) {
      store(length, bigEndianAt: offset)
    }
  }

  /// The same of an IPv6 packet, whose length may stand in an option (RFC 2675 §2) that is padding then.
  private mutating func changeIPv6(at offset: Int, _ extent: Extent, length: Int) {
    changeLength(at: offset + 4, extent, length: length - 40)
    guard bytes.byte(at: offset + 6) == IPProtocol.hopByHop.rawValue, offset + 48 <= byteCount
    else { return }
    let end = min(offset + 48 + Int(bytes.byte(at: offset + 41)) * 8, byteCount)
    var option = offset + 42
    while option + 6 <= end {
      let (kind, length) = (bytes.byte(at: option), Int(bytes.byte(at: option + 1)))
      if kind == 0xC2, length == 4 {
        store(byte: 1, at: option)
        store(UInt32(0), bigEndianAt: option + 2)
        return
      }
      option += kind == 0 ? 1 : 2 + length
    }
  }

  /// Puts the new numbers into a TCP header.
  ///
  /// - Parameter sequenceOffset: where in its packet's text a piece begins.
  @inline(__always)
  mutating func changeNumbers(_ numbers: Renumbering, sequenceOffset: Int) {
    let offset = Int(numbers.transportOffset)
    let sequence: UInt32 = bytes.load(bigEndianAt: offset + 4)
    let distance = numbers.sequenceDelta &+ UInt32(truncatingIfNeeded: sequenceOffset)
    store(sequence &+ distance, bigEndianAt: offset + 4)
    guard numbers.acknowledges else { return }
    let acknowledged: UInt32 = bytes.load(bigEndianAt: offset + 8)
    store(acknowledged &+ numbers.acknowledgmentDelta, bigEndianAt: offset + 8)
    store(numbers.window, bigEndianAt: offset + 14)
  }

  /// The same, and whatever else of the header depends on them.
  mutating func changeNumbers(_ rewrite: PacketRewrite, sequenceOffset: Int) {
    changeNumbers(rewrite.numbers, sequenceOffset: sequenceOffset)
    let packet = rewrite.packet
    let offset = Int(packet.transportOffset)
    if packet.flags.contains(.urg) {
      let pointer = rewrite.urgentDistance.map { $0 - Int64(sequenceOffset) } ?? 0
      if let pointer = UInt16(exactly: pointer), pointer > 0 {
        store(pointer, bigEndianAt: offset + 18)
      } else {
        store(UInt16(0), bigEndianAt: offset + 18)
        store(byte: bytes.byte(at: offset + 13) & ~TCPFlags.urg.rawValue, at: offset + 13)
      }
    }
    let options = offset + 20..<offset + Int(packet.headerLength)
    if let changes = rewrite.blocks,
      let (place, length) = findOption(TCPOptions.Kind.sack, in: options)
    {
      changeBlocks(changes, at: place, length)
    }
    if let newest = rewrite.newestEcho,
      let (place, length) = findOption(TCPOptions.Kind.timestamps, in: options), length == 10
    {
      let echo: UInt32 = bytes.load(bigEndianAt: place + 6)
      if Int32(bitPattern: echo &- newest) > 0 { store(newest, bigEndianAt: place + 6) }
    }
  }

  /// Finds the first option of a kind: its offset and its length.
  private func findOption(_ wanted: UInt8, in options: Range<Int>) -> (place: Int, length: Int)? {
    var place = options.lowerBound
    while place + 1 < options.upperBound {
      let kind = bytes.byte(at: place)
      if kind == TCPOptions.Kind.endOfList { return nil }
      if kind == TCPOptions.Kind.noOperation {
        place += 1
        continue
      }
      let length = Int(bytes.byte(at: place + 1))
      guard length >= 2, place + length <= options.upperBound else { return nil }
      if kind == wanted { return (place, length) }
      place += length
    }
    return nil
  }

  /// Changes the selective acknowledgements of an option (RFC 2018 §3). Of a block that goes nothing is
  /// left but padding.
  private mutating func changeBlocks(
    _ changes: [PacketRewrite.SACKChange], at place: Int, _ length: Int
  ) {
    var target = place + 2
    for (index, change) in changes.enumerated() where index < (length - 2) / 8 {
      guard change.isKept else { continue }
      let left: UInt32 = bytes.load(bigEndianAt: place + 2 + 8 * index)
      let right: UInt32 = bytes.load(bigEndianAt: place + 6 + 8 * index)
      store(left &+ change.left, bigEndianAt: target)
      store(right &+ change.right, bigEndianAt: target + 4)
      target += 8
    }
    let kept = target - place
    store(byte: UInt8(truncatingIfNeeded: kept), at: place + 1)
    let padding = kept > 2 ? target : place
    for offset in padding..<place + length {
      store(byte: TCPOptions.Kind.noOperation, at: offset)
    }
  }

  /// Of several pieces only the first says that the window was reduced, and only the last that it is to
  /// be passed on, or that it is the end.
  mutating func changeFlags(at offset: Int, isFirst: Bool, isLast: Bool, hasText: Bool) {
    var flags = TCPFlags(rawValue: bytes.byte(at: offset + 13))
    if !isFirst { flags.remove(.cwr) }
    if !isLast { flags.subtract([.psh, .fin]) }
    if !hasText { flags.remove(.psh) }
    store(byte: flags.rawValue, at: offset + 13)
  }

  /// Puts right what the headers around a packet say of its length, and the checksums.
  ///
  /// - Parameter old: the frame as it was.
  mutating func changeLayers(
    _ surroundings: Surroundings, of packet: CapturedPacket, _ extent: Extent, from old: RawSpan
  ) {
    let network = Int(packet.networkOffset)
    changeLayers(surroundings, below: network + 1, extent, from: old) { bytes, layer in
      guard layer.offset == network, layer.isIP else { return }
      if packet.isTruncated, !extent.isWhole {
        bytes.changeTransportChecksum(packet, end: extent.end, from: old)
      } else {
        bytes.makeTransportChecksumRight(packet, end: extent.end)
      }
    }
  }

  /// The same of the headers in front of an offset, from the inside to the outside, as each covers what
  /// is inside.
  mutating func changeLayers(
    _ surroundings: Surroundings, below limit: Int, _ extent: Extent, from old: RawSpan,
    then body: (inout MutableRawSpan, LayerPlace) -> Void = { _, _ in }
  ) {
    for index in surroundings.layers.indices.reversed()
    where surroundings.layers[index].offset < limit {
      let layer = surroundings.layers[index]
      let end = surroundings.ends[index]
      let length = end + extent.change - layer.offset
      switch layer.kind {
      case .length: add(extent.change, to16At: layer.offset)
      case .ipv4: changeIPv4(at: layer.offset, extent, length: length)
      case .ipv6: changeIPv6(at: layer.offset, extent, length: length)
      case .udp:
        add(extent.change, to16At: layer.offset + 4)
        changeChecksum(of: layer, length: length, from: old, end: end)
      case .checksummedGRE: changeChecksum(of: layer, length: length, from: old, end: end)
      }
      body(&self, layer)
    }
  }

  /// Makes the checksum of the segment or datagram right that ends at `end`. That of a datagram that
  /// has none stays 0 (RFC 768).
  private mutating func makeTransportChecksumRight(_ packet: CapturedPacket, end: Int) {
    let start = Int(packet.transportOffset)
    guard let ends = bytes.ipEnds(at: Int(packet.networkOffset)) else { return }
    if packet.traits.contains(.tcp) {
      updateTCPChecksum(
        at: start, length: end - start, source: ends.source, destination: ends.destination)
    } else if bytes.load(bigEndianAt: start + 6, as: UInt16.self) != 0 {
      updateUDPChecksum(
        at: start, length: end - start, source: ends.source, destination: ends.destination)
    }
  }

  /// Changes the checksum of a segment or datagram, of which the capture holds only the bytes up to
  /// `end`, by what has changed there (RFC 1624).
  private mutating func changeTransportChecksum(
    _ packet: CapturedPacket, end: Int, from old: RawSpan
  ) {
    let start = Int(packet.transportOffset)
    let isTCP = packet.traits.contains(.tcp)
    let field = start + (isTCP ? 16 : 6)
    let checksum: UInt16 = bytes.load(bigEndianAt: field)
    if !isTCP, checksum == 0 { return }
    var (before, after) = (Checksum(), Checksum())
    before.add(old.extracting(start..<end))
    after.add(bytes.extracting(start..<end))
    let new = Checksum.updated(checksum, replacing: before, with: after)
    store(!isTCP && new == 0 ? 0xFFFF : new, bigEndianAt: field)
  }

  /// Makes a reset of a segment's headers (RFC 9293 §3.10.7).
  mutating func makeReset(
    _ reset: PacketRewrite.Reset, _ packet: CapturedPacket, _ layers: [LayerPlace],
    isEthernet: Bool
  ) {
    let start = Int(packet.transportOffset)
    let sequence: UInt32 = bytes.load(bigEndianAt: start + 4)
    let acknowledged: UInt32 = bytes.load(bigEndianAt: start + 8)
    var (own, peer) = (sequence, acknowledged)
    if !reset.isForward {
      (own, peer) = (packet.flags.contains(.ack) ? acknowledged : 0, sequence)
      reverse(layers, transport: start, isEthernet: isEthernet)
    }
    store(own &+ UInt32(truncatingIfNeeded: reset.sequenceDistance), bigEndianAt: start + 4)
    store(peer &+ UInt32(truncatingIfNeeded: reset.acknowledgmentDistance), bigEndianAt: start + 8)
    store(byte: 0x50, at: start + 12)
    store(byte: TCPFlags([.rst, .ack]).rawValue, at: start + 13)
    store(UInt16(0), bigEndianAt: start + 14)
    store(UInt16(0), bigEndianAt: start + 18)
  }

  /// Makes a pure acknowledgement that goes the other way, behind whose header there is room for
  /// timestamps where the segment has an echo.
  mutating func makeWindowUpdate(
    _ update: PacketRewrite.WindowUpdate, _ echo: UInt32?, _ packet: CapturedPacket,
    _ layers: [LayerPlace], isEthernet: Bool
  ) {
    let start = Int(packet.transportOffset)
    let sequence: UInt32 = bytes.load(bigEndianAt: start + 4)
    let acknowledged: UInt32 = bytes.load(bigEndianAt: start + 8)
    reverse(layers, transport: start, isEthernet: isEthernet)
    let own = acknowledged &+ UInt32(truncatingIfNeeded: update.sequenceDistance)
    let peer = sequence &+ UInt32(truncatingIfNeeded: update.acknowledgmentDistance)
    store(own, bigEndianAt: start + 4)
    store(peer, bigEndianAt: start + 8)
    store(byte: echo == nil ? 0x50 : 0x80, at: start + 12)
    store(byte: TCPFlags.ack.rawValue, at: start + 13)
    store(update.window, bigEndianAt: start + 14)
    store(UInt16(0), bigEndianAt: start + 18)
    guard let echo else { return }
    // As RFC 7323 (appendix A) has it.
    store(UInt32(0x0101_080A), bigEndianAt: start + 20)
    store(update.timestamp ?? echo, bigEndianAt: start + 24)
    store(update.echo, bigEndianAt: start + 28)
  }

  /// Exchanges the ends of a packet: ports, addresses and stations.
  private mutating func reverse(_ layers: [LayerPlace], transport: Int, isEthernet: Bool) {
    exchange(transport, transport + 2, count: 2)
    for layer in layers {
      if layer.kind == .ipv4 { exchange(layer.offset + 12, layer.offset + 16, count: 4) }
      if layer.kind == .ipv6 { exchange(layer.offset + 8, layer.offset + 24, count: 16) }
      // Senders into other tunnels choose their own ports.
      if layer.kind == .udp, isTeredo(at: layer.offset) {
        exchange(layer.offset, layer.offset + 2, count: 2)
      }
    }
    if isEthernet { exchange(0, 6, count: 6) }
  }

  private func isTeredo(at offset: Int) -> Bool {
    let ports: UInt32 = bytes.load(bigEndianAt: offset)
    return ports >> 16 == 3544 || ports & 0xFFFF == 3544
  }

  private mutating func exchange(_ first: Int, _ second: Int, count: Int) {
    for index in 0..<count {
      let (one, other) = (bytes.byte(at: first + index), bytes.byte(at: second + index))
      store(byte: other, at: first + index)
      store(byte: one, at: second + index)
    }
  }

  /// Changes the checksum of a tunnel's header by what has changed of what it covers; a wrong one stays
  /// as wrong.
  ///
  /// - Parameters:
  ///   - length: how much it covers now.
  ///   - old: the frame as it was, in which it covered all up to `end`.
  private mutating func changeChecksum(
    of layer: LayerPlace, length: Int, from old: RawSpan, end: Int
  ) {
    let field = layer.offset + (layer.kind == .udp ? 6 : 4)
    let region = layer.offset..<max(min(layer.offset + length, byteCount), layer.offset)
    guard end <= old.byteCount, region.count == length else {
      // What it was made of is not known: it says nothing any more.
      if layer.kind == .udp { store(UInt16(0), bigEndianAt: field) }
      return
    }
    var (before, after) = (Checksum(), Checksum())
    before.add(old.extracting(layer.offset..<end))
    after.add(bytes.extracting(region))
    if layer.kind == .udp {
      before.add(UInt32(truncatingIfNeeded: end - layer.offset))
      after.add(UInt32(truncatingIfNeeded: length))
    }
    changeChecksum(of: layer, replacing: before, with: after)
  }

  /// The same by sums of what has changed, as it stands behind the header or at the same distance
  /// from it.
  mutating func changeChecksum(
    of layer: LayerPlace, replacing before: Checksum, with after: Checksum
  ) {
    switch layer.kind {
    case .udp:
      // 0 says that there is none (RFC 768).
      let field: UInt16 = bytes.load(bigEndianAt: layer.offset + 6)
      if field == 0 { return }
      let value = Checksum.updated(field, replacing: before, with: after)
      store(value == 0 ? 0xFFFF : value, bigEndianAt: layer.offset + 6)
    case .checksummedGRE:
      let field: UInt16 = bytes.load(bigEndianAt: layer.offset + 4)
      let value = Checksum.updated(field, replacing: before, with: after)
      store(value, bigEndianAt: layer.offset + 4)
    case .length, .ipv4, .ipv6: break
    }
  }
}

extension RawSpan {
  /// TSecr of a segment; `nil` where it has no timestamps.
  func timestampEcho(of packet: CapturedPacket) -> UInt32? {
    let start = Int(packet.transportOffset)
    guard start + Int(packet.headerLength) <= byteCount,
      let segment = try? TCPSegment(
        validating: extracting(start..<start + Int(packet.headerLength)))
    else { return nil }
    var options = segment.options
    while let option = options.next() {
      if option.kind == TCPOptions.Kind.timestamps, option.value.byteCount == 8 {
        return option.value.load(bigEndianAt: 4)
      }
    }
    return nil
  }

  /// The addresses that a checksum behind the IP header at `offset` covers.
  func ipEnds(at offset: Int) -> (source: IPAddress, destination: IPAddress)? {
    let packet = extracting(droppingFirst: offset)
    if let ipv4 = try? IPv4Packet(validating: packet) { return (ipv4.source, ipv4.destination) }
    if let ipv6 = try? IPv6Packet(validating: packet) { return ipv6.checksumEnds }
    return nil
  }
}
