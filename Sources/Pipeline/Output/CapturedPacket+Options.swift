import Sockets
import Wire

extension CapturedPacket {
  /// Whether the header says what is not read yet: an urgent pointer, or options other than the
  /// timestamps, which stand in most segments as RFC 7323 (appendix A) has them.
  func hasMoreToRead(in frame: RawSpan) -> Bool {
    guard traits.contains(.tcp), !flags.contains(.urg) else { return traits.contains(.tcp) }
    // An option with one block takes ten bytes.
    guard headerLength >= 32, !flags.contains(.syn) else { return false }
    let options = Int(transportOffset) + 20
    return headerLength > 32 || options + 4 > frame.byteCount
      || frame.load(bigEndianAt: options, as: UInt32.self) != 0x0101_080A
  }

  /// Reads the urgent pointer and the selective acknowledgements.
  ///
  /// - Parameter frame: the bytes in which the header lies, also those of a datagram that was put
  ///   together.
  mutating func readOptions(in frame: RawSpan) {
    let start = Int(transportOffset)
    guard start + Int(headerLength) <= frame.byteCount,
      let segment = try? TCPSegment(
        validating: frame.extracting(start..<start + Int(headerLength)))
    else { return }
    urgentPointer = segment.urgentPointer
    var options = segment.options
    while let option = options.next() {
      guard option.kind == TCPOptions.Kind.sack else { continue }
      let count = min(option.value.byteCount / 8, 4)
      for index in 0..<count {
        let left = SequenceNumber(option.value.load(bigEndianAt: 8 * index))
        let right = SequenceNumber(option.value.load(bigEndianAt: 8 * index + 4))
        blocks[index] = Block(
          left: Int32(truncatingIfNeeded: left.distance(from: segment.acknowledgment)),
          right: Int32(truncatingIfNeeded: right.distance(from: segment.acknowledgment)))
      }
      blockCount = UInt8(count)
      return
    }
  }
}
