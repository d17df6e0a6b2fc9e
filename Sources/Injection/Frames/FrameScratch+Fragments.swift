import Buffers
import Wire

extension FrameScratch {
  /// Makes a frame of a datagram that came in fragments, of which `frame` is one: its headers, without
  /// what makes it a fragment, and the whole content. `false` where that cannot be done.
  mutating func putTogether(
    _ datagram: [UInt8], of frame: Frame, _ layers: [LayerPlace]
  ) -> Bool {
    guard let start = frame.innermostIP(layers) else { return false }
    let packet = frame.bytes.extracting(droppingFirst: start)
    let isIPv4 = packet.byteCount > 0 && packet.byte(at: 0) >> 4 == 4
    let length = isIPv4 ? Int(packet.byte(at: 0) & 0xF) * 4 : 40
    // Other extension headers in front of the one for fragments are not taken apart.
    guard packet.byteCount >= length + (isIPv4 ? 0 : 8),
      isIPv4 || packet.byte(at: 6) == IPProtocol.fragment.rawValue
    else { return false }
    let next = isIPv4 ? 0 : packet.byte(at: 40)
    let old = isIPv4 ? Int(packet.load(bigEndianAt: 2, as: UInt16.self)) : 0
    let change = length + datagram.count - old
    fill(frame.bytes.extracting(0..<start + length))
    append(datagram[...])
    var span = bytes.mutableSpan
    var memory = unsafe span.mutableBytes
    if isIPv4 {
      var (before, after) = (Checksum(), Checksum())
      before.add(memory.bytes.extracting(start..<start + length))
      memory.store(byte: memory.bytes.byte(at: start + 6) & 0x40, at: start + 6)
      memory.store(byte: 0, at: start + 7)
      memory.store(
        UInt16(truncatingIfNeeded: length + datagram.count), bigEndianAt: start + 2)
      after.add(memory.bytes.extracting(start..<start + length))
      let field: UInt16 = memory.bytes.load(bigEndianAt: start + 10)
      memory.store(Checksum.updated(field, replacing: before, with: after), bigEndianAt: start + 10)
    } else {
      memory.store(byte: next, at: start + 6)
      memory.store(UInt16(truncatingIfNeeded: datagram.count), bigEndianAt: start + 4)
    }
    // The fragment may itself be in a tunnel.
    for layer in layers.reversed() where layer.offset < start {
      switch layer.kind {
      case .length: memory.add(change, to16At: layer.offset)
      case .ipv4: memory.changeIPv4(at: layer.offset, change, number: 0)
      case .ipv6: memory.add(change, to16At: layer.offset + 4)
      case .udp, .checksummedGRE: return false
      }
    }
    return true
  }
}

extension Frame {
  /// Where the IP header begins that was found last.
  func innermostIP(_ layers: [LayerPlace]) -> Int? {
    layers.last { $0.kind == .ipv4 || $0.kind == .ipv6 }?.offset
  }
}
