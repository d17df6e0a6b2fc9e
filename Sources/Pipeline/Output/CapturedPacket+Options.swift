import Sockets
import Wire

extension CapturedPacket {
  /// Whether the header says what is not read yet.
  var hasMoreToRead: Bool {
    guard traits.contains(.tcp), !traits.contains(.fragmented) else { return false }
    // An option with one block takes ten bytes, and timestamps, which most segments have, twelve.
    return flags.contains(.urg)
      || headerLength >= 32 && length == 0 && !flags.contains(.syn) || headerLength > 32
  }

  /// Reads the urgent pointer and the selective acknowledgements.
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
