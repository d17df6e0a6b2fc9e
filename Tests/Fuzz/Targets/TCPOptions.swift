import Wire

extension FuzzTarget {
  /// The bytes of a TCP header's options: what is read, written again, reads the same.
  static let tcpOptions = FuzzTarget(
    name: "tcp-options",
    run: { input in
      let bytes = Array(input.prefix(40))
      let count = (bytes.count + 3) / 4 * 4
      var segment = [UInt8](repeating: 0, count: 20 + count)
      segment[12] = UInt8(segment.count / 4) << 4
      segment.replaceSubrange(20..<(20 + bytes.count), with: bytes)
      let read = try options(in: segment)
      var list = TCPOptionList()
      for option in read {
        try require(
          list.append(kind: option.kind, value: option.value.span.bytes), "no room for what was")
      }
      try require(list.byteCount <= 40 && list.byteCount % 4 == 0, "length \(list.byteCount)")
      try require(try options(in: header(with: list)) == read, "options changed when written")
    },
    seeds: {
      var list = TCPOptionList()
      list.appendMaximumSegmentSize(1460)
      list.appendSACKPermitted()
      list.appendTimestamps(value: 1, echo: 2)
      list.appendNoOperation()
      list.appendWindowScale(7)
      var blocks = TCPOptionList()
      blocks.appendSACK([SACKBlock(left: SequenceNumber(1), right: SequenceNumber(9))].span)
      return [
        Seed(name: "syn", bytes: Array(header(with: list).dropFirst(20))),
        Seed(name: "sack", bytes: Array(header(with: blocks).dropFirst(20))),
        Seed(name: "length-0", bytes: [8, 0, 1, 1]), Seed(name: "length-1", bytes: [8, 1]),
        Seed(name: "length-beyond", bytes: [1, 1, 1, 254, 200, 0]),
      ]
    })

  private struct Option: Equatable {
    var kind: UInt8
    var value: [UInt8]
  }

  private static func options(in bytes: [UInt8]) throws -> [Option] {
    guard let segment = try? TCPSegment(validating: bytes.span.bytes) else {
      throw Finding(description: "a right header is refused")
    }
    var found: [Option] = []
    var options = segment.options
    while let option = options.next() {
      let value = option.value.withUnsafeBytes { Array($0) }
      found.append(Option(kind: option.kind, value: value))
    }
    return found
  }

  private static func header(with options: TCPOptionList) -> [UInt8] {
    var header = TCPHeader(sourcePort: 1, destinationPort: 2, sequence: SequenceNumber(3))
    header.options = options
    var bytes = [UInt8](repeating: 0, count: header.byteCount)
    var span = bytes.mutableSpan
    var buffer = span.mutableBytes
    header.write(to: &buffer)
    return bytes
  }
}
