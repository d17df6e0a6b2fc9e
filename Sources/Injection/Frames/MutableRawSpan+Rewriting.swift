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
  mutating func changeIPv4(at offset: Int, _ change: Int, number: Int) {
    let length = Int(bytes.byte(at: offset) & 0xF) * 4
    var old = Checksum()
    old.add(bytes.extracting(offset..<offset + length))
    add(change, to16At: offset + 2)
    let identification: UInt16 = bytes.load(bigEndianAt: offset + 4)
    let isAtomic = identification == 0 && bytes.byte(at: offset + 6) & 0x40 != 0
    if number > 0, !isAtomic {
      store(identification &+ UInt16(truncatingIfNeeded: number), bigEndianAt: offset + 4)
    }
    let field: UInt16 = bytes.load(bigEndianAt: offset + 10)
    if number > 0 {
      updateIPv4Checksum(at: offset, headerLength: length)
      return
    }
    // 0 is left to the network card.
    if field == 0 { return }
    var new = Checksum()
    new.add(bytes.extracting(offset..<offset + length))
    store(Checksum.updated(field, replacing: old, with: new), bigEndianAt: offset + 10)
  }

  /// Puts the new numbers into the TCP header at `offset`.
  ///
  /// - Parameter sequenceOffset: where in its packet's text a piece begins.
  mutating func changeNumbers(_ rewrite: PacketRewrite, sequenceOffset: Int, at offset: Int) {
    let packet = rewrite.packet
    let sequence: UInt32 = bytes.load(bigEndianAt: offset + 4)
    let distance = rewrite.sequenceDelta &+ UInt32(truncatingIfNeeded: sequenceOffset)
    store(sequence &+ distance, bigEndianAt: offset + 4)
    if packet.flags.contains(.urg) {
      let pointer = rewrite.urgentDistance.map { $0 - Int64(sequenceOffset) } ?? 0
      if let pointer = UInt16(exactly: pointer), pointer > 0 {
        store(pointer, bigEndianAt: offset + 18)
      } else {
        store(UInt16(0), bigEndianAt: offset + 18)
        store(byte: bytes.byte(at: offset + 13) & ~TCPFlags.urg.rawValue, at: offset + 13)
      }
    }
    guard packet.traits.contains(.acknowledges) else { return }
    let acknowledged: UInt32 = bytes.load(bigEndianAt: offset + 8)
    store(acknowledged &+ rewrite.acknowledgmentDelta, bigEndianAt: offset + 8)
    store(rewrite.window, bigEndianAt: offset + 14)
    if let changes = rewrite.blocks {
      changeBlocks(changes, in: offset + 20..<offset + Int(packet.headerLength))
    }
  }

  /// Changes the selective acknowledgements among some options (RFC 2018 §3). Of a block that goes
  /// nothing is left but padding.
  private mutating func changeBlocks(_ changes: [PacketRewrite.SACKChange], in options: Range<Int>)
  {
    var place = options.lowerBound
    while place + 1 < options.upperBound {
      let kind = bytes.byte(at: place)
      if kind == TCPOptions.Kind.endOfList { return }
      if kind == TCPOptions.Kind.noOperation {
        place += 1
        continue
      }
      let length = Int(bytes.byte(at: place + 1))
      guard length >= 2, place + length <= options.upperBound else { return }
      if kind == TCPOptions.Kind.sack {
        changeBlocks(changes, at: place, length)
        return
      }
      place += length
    }
  }

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

  /// Puts right what the headers around a packet say of its length, and the checksums, from the inside
  /// to the outside, as each covers what is inside.
  mutating func changeLayers(
    _ layers: [LayerPlace], of packet: CapturedPacket, _ extent: Extent, from old: RawSpan
  ) {
    let network = Int(packet.networkOffset)
    for layer in layers.reversed() where layer.offset <= Int(packet.transportOffset) {
      let region = layer.offset..<extent.end
      switch layer.kind {
      case .length: add(extent.change, to16At: layer.offset)
      case .ipv4: changeIPv4(at: layer.offset, extent.change, number: extent.number)
      case .ipv6: add(extent.change, to16At: layer.offset + 4)
      case .udp:
        add(extent.change, to16At: layer.offset + 4)
        changeChecksum(
          at: layer.offset + 6, of: region, from: old.extracting(layer.offset..<extent.oldEnd),
          isUDP: true)
      case .checksummedGRE:
        changeChecksum(
          at: layer.offset + 4, of: region, from: old.extracting(layer.offset..<extent.oldEnd),
          isUDP: false)
      }
      if layer.offset == network, layer.kind == .ipv4 || layer.kind == .ipv6 {
        makeTransportChecksumRight(packet, end: extent.end)
      }
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

  /// Exchanges the ends of a packet: ports, addresses and stations.
  private mutating func reverse(_ layers: [LayerPlace], transport: Int, isEthernet: Bool) {
    exchange(transport, transport + 2, count: 2)
    for layer in layers {
      if layer.kind == .ipv4 { exchange(layer.offset + 12, layer.offset + 16, count: 4) }
      if layer.kind == .ipv6 { exchange(layer.offset + 8, layer.offset + 24, count: 16) }
    }
    if isEthernet { exchange(0, 6, count: 6) }
  }

  private mutating func exchange(_ first: Int, _ second: Int, count: Int) {
    for index in 0..<count {
      let (one, other) = (bytes.byte(at: first + index), bytes.byte(at: second + index))
      store(byte: other, at: first + index)
      store(byte: one, at: second + index)
    }
  }

  /// Changes a checksum by what a region has changed; a wrong one stays as wrong.
  ///
  /// - Parameter old: what was there.
  private mutating func changeChecksum(
    at offset: Int, of region: Range<Int>, from old: RawSpan, isUDP: Bool
  ) {
    let field: UInt16 = bytes.load(bigEndianAt: offset)
    if isUDP && field == 0 { return }
    var before = Checksum()
    var after = Checksum()
    before.add(old)
    after.add(bytes.extracting(region))
    if isUDP {
      before.add(UInt32(truncatingIfNeeded: old.byteCount))
      after.add(UInt32(truncatingIfNeeded: region.count))
    }
    let value = Checksum.updated(field, replacing: before, with: after)
    store(isUDP && value == 0 ? 0xFFFF : value, bigEndianAt: offset)
  }
}

extension RawSpan {
  /// The addresses in the IP header at `offset`.
  func ipEnds(at offset: Int) -> (source: IPAddress, destination: IPAddress)? {
    let packet = extracting(droppingFirst: offset)
    if let ipv4 = try? IPv4Packet(validating: packet) { return (ipv4.source, ipv4.destination) }
    if let ipv6 = try? IPv6Packet(validating: packet) { return (ipv6.source, ipv6.destination) }
    return nil
  }
}
