import Buffers
import Sockets
import Wire

extension FrameScratch {
  /// Makes a frame of a datagram that came in fragments, of which `frame` is one: its headers, without
  /// what makes it a fragment, and the whole content.
  ///
  /// - Returns: where the content begins; `nil` where it cannot be done.
  mutating func putTogether(
    _ datagram: [UInt8], of frame: Frame, _ layers: [LayerPlace], _ packet: CapturedPacket
  ) -> Int? {
    guard let index = layers.lastIndex(where: \.isIP) else { return nil }
    let start = layers[index].offset
    let header = frame.bytes.headerLength(ofFragmented: start)
    let around = Surroundings(Array(layers[...index]), in: frame.bytes)
    let oldEnd = around.ends[index]
    let length = header + datagram.count
    // Of lengths that do not fit nobody would make one packet again.
    guard header > 0, oldEnd <= frame.capturedLength, frame.bytes.isFragment(of: packet, at: start),
      start + length - layers[0].offset <= 0xFFFF
    else { return nil }
    fill(frame.bytes.extracting(0..<start + header))
    append(datagram[...])
    // Padding of a short Ethernet frame has gone.
    let isPadded = frame.linkType == .ethernet
    let enclosed = isPadded ? min(around.end, frame.capturedLength) : frame.capturedLength
    append(frame.bytes.extracting(oldEnd..<max(enclosed, oldEnd)))
    var span = bytes.mutableSpan
    var memory = unsafe span.mutableBytes
    memory.makeWhole(layers[index], header: header, length: length, from: frame.bytes)
    let extent = Extent(end: start + length, change: start + length - oldEnd, number: 0)
    memory.changeLayers(around, below: start, extent, from: frame.bytes)
    return start + header
  }
}

extension MutableRawSpan {
  /// Takes from an IP header, or one behind it, what makes it that of a fragment.
  fileprivate mutating func makeWhole(
    _ layer: LayerPlace, header: Int, length: Int, from old: RawSpan
  ) {
    let start = layer.offset
    guard layer.kind == .ipv4 else {
      guard let packet = try? IPv6Packet(validating: old.extracting(droppingFirst: start)) else {
        return
      }
      let next = packet.bytes.byte(at: packet.fragmentHeaderOffset)
      store(byte: next, at: start + packet.lastNextHeaderOffset)
      store(UInt16(truncatingIfNeeded: length - 40), bigEndianAt: start + 4)
      return
    }
    var (before, after) = (Checksum(), Checksum())
    before.add(bytes.extracting(start..<start + header))
    // The bit that forbids fragments stays, odd as it is there.
    store(byte: bytes.byte(at: start + 6) & 0x40, at: start + 6)
    store(byte: 0, at: start + 7)
    store(UInt16(truncatingIfNeeded: length), bigEndianAt: start + 2)
    if before.folded == 0xFFFF {
      updateIPv4Checksum(at: start, headerLength: header)
      return
    }
    let field: UInt16 = bytes.load(bigEndianAt: start + 10)
    // It is left to the network card.
    if field == 0 { return }
    after.add(bytes.extracting(start..<start + header))
    store(Checksum.updated(field, replacing: before, with: after), bigEndianAt: start + 10)
  }
}

extension RawSpan {
  /// Bytes of the IP header at an offset, with those in front of a Fragment header; 0 where there is
  /// none.
  func headerLength(ofFragmented offset: Int) -> Int {
    let packet = extracting(droppingFirst: offset)
    if let ipv4 = try? IPv4Packet(validating: packet) { return ipv4.headerLength }
    guard let ipv6 = try? IPv6Packet(validating: packet) else { return 0 }
    return ipv6.fragmentHeaderOffset > 0 ? ipv6.fragmentHeaderOffset : ipv6.payloadOffset
  }

  /// Whether a packet begins right behind the fragmented header at an offset. Where fragments were in
  /// fragments it does not.
  fileprivate func isFragment(of packet: CapturedPacket, at offset: Int) -> Bool {
    let bytes = extracting(droppingFirst: offset)
    let number: IPProtocol
    if let ipv4 = try? IPv4Packet(validating: bytes), ipv4.isFragment {
      number = ipv4.protocol
    } else if let ipv6 = try? IPv6Packet(validating: bytes), ipv6.isFragment {
      number = IPProtocol(rawValue: ipv6.bytes.byte(at: ipv6.fragmentHeaderOffset))
    } else {
      return false
    }
    let isTransport = number == .tcp || number == .udp
    return packet.transportOffset > 0 || isTransport
  }
}
