package import Buffers
import Sockets
package import Wire

/// Builds the frames that a rewritten packet becomes: the headers are those that were captured, with
/// other numbers, lengths and checksums.
package struct FrameRewriter {
  var scratch = FrameScratch()
  /// The text of the packet in its new form.
  private var text: [UInt8] = []

  /// What an Ethernet frame has at least, without its check sequence.
  static var smallestEthernetFrame: Int { 60 }

  package init() {}

  /// Gives `write` the frames that a packet becomes.
  ///
  /// - Parameter layers: finds the headers in a frame, from the outermost on.
  package mutating func rewrite(
    _ frame: Frame, _ outcome: PacketOutcome, layers: (Frame) -> [LayerPlace],
    to write: (Frame) throws -> Void
  ) rethrows {
    switch outcome {
    case .written: try write(frame)
    case .leftOut: break
    case .renumbered(let numbers):
      scratch.fill(frame.bytes)
      changeHeader(numbers, of: frame, layers) { $0.changeNumbers(numbers, sequenceOffset: 0) }
      try scratch.lend(like: frame, cut: frame.originalLength - frame.capturedLength, write)
    case .rewritten(let rewrite): try self.rewrite(frame, rewrite, layers: layers, to: write)
    }
  }

  private mutating func rewrite(
    _ frame: Frame, _ rewrite: PacketRewrite, layers: (Frame) -> [LayerPlace],
    to write: (Frame) throws -> Void
  ) rethrows {
    if let quote = rewrite.quote {
      scratch.rewriteQuote(quote, rewrite, of: frame, Surroundings(layers(frame), in: frame.bytes))
      let cut = quote.losesText ? 0 : frame.originalLength - frame.capturedLength
      try scratch.lend(like: frame, cut: cut, write)
      return
    }
    if let datagram = rewrite.datagram {
      try rewriteWhole(datagram, frame, rewrite, layers: layers, to: write)
      return
    }
    if let update = rewrite.windowUpdate {
      build(update, of: frame, rewrite, Surroundings(layers(frame), in: frame.bytes))
      try scratch.lend(like: frame, write)
    }
    if !rewrite.resets.isEmpty {
      let surroundings = Surroundings(layers(frame), in: frame.bytes)
      for reset in rewrite.resets {
        build(reset, of: frame, rewrite, surroundings)
        try scratch.lend(like: frame, write)
      }
    } else if let newText = rewrite.text {
      let surroundings = Surroundings(layers(frame), in: frame.bytes)
      try self.rewrite(frame, rewrite, newText, surroundings, to: write)
    } else {
      scratch.fill(frame.bytes)
      let cut = frame.originalLength - frame.capturedLength
      if rewrite.packet.traits.contains(.tcp) {
        changeHeader(rewrite.numbers, of: frame, layers) {
          $0.changeNumbers(rewrite, sequenceOffset: 0)
        }
      }
      try scratch.lend(like: frame, cut: cut, write)
    }
  }

  /// The same of a packet that came in fragments: a segment becomes one that did not, a datagram the
  /// same number of fragments.
  private mutating func rewriteWhole(
    _ datagram: [UInt8], _ frame: Frame, _ rewrite: PacketRewrite,
    layers: (Frame) -> [LayerPlace], to write: (Frame) throws -> Void
  ) rethrows {
    var memory = FrameScratch()
    let start = memory.putTogether(datagram, of: frame, layers(frame), rewrite.packet)
    if start == nil { return try write(frame) }
    try memory.lend(like: frame) { whole in
      guard let start, let network = layers(whole).last(where: \.isIP) else {
        return try write(frame)
      }
      var rewrite = rewrite
      rewrite.datagram = nil
      rewrite.packet.networkOffset = UInt32(network.offset)
      rewrite.packet.transportOffset += UInt32(start)
      rewrite.numbers.move(to: rewrite.packet)
      if rewrite.packet.traits.contains(.tcp) {
        try self.rewrite(whole, rewrite, layers: layers, to: write)
        return
      }
      try self.rewrite(whole, rewrite, layers: layers) {
        try Self.writeFragments(of: $0, like: frame, layers, to: write)
      }
    }
  }

  /// Takes a packet apart again: its fragments are as large as the one that made it whole lets them have
  /// been.
  private static func writeFragments(
    of whole: Frame, like fragment: Frame, _ layers: (Frame) -> [LayerPlace],
    to write: (Frame) throws -> Void
  ) rethrows {
    var memory = FrameScratch()
    guard
      let pattern = FragmentPattern(fragment, layers(fragment), whole: whole, layers(whole))
    else { return try write(whole) }
    for piece in pattern.pieces {
      memory.putFragment(piece, of: whole, pattern)
      try memory.lend(like: fragment, write)
    }
  }

  private mutating func rewrite(
    _ frame: Frame, _ rewrite: PacketRewrite, _ newText: PacketRewrite.Text,
    _ surroundings: Surroundings, to write: (Frame) throws -> Void
  ) rethrows {
    collect(newText.runs, of: rewrite.packet, frame)
    // What the capture cut off stays cut off.
    let cut = rewrite.packet.isTruncated ? frame.originalLength - frame.capturedLength : 0
    var limit = newText.limit
    if rewrite.packet.traits.contains(.tcp) {
      limit = min(limit, surroundings.room(behind: rewrite.packet))
    }
    var start = newText.isRepetition ? max(text.count - limit, 0) : 0
    var number = 0
    repeat {
      let end = start + min(text.count - start, limit)
      let piece = Piece(
        range: start..<end, number: number, isLast: end == text.count && !newText.isCutShort)
      build(piece, of: frame, rewrite, surroundings)
      try scratch.lend(like: frame, cut: cut, write)
      start = end
      number += 1
    } while start < text.count
  }

  private struct Piece {
    var range: Range<Int>
    var number: Int
    var isLast: Bool
  }

  private mutating func collect(
    _ runs: [SequenceMap.Run], of packet: CapturedPacket, _ frame: Frame
  ) {
    text.removeAll(keepingCapacity: true)
    let start = Int(packet.transportOffset) + Int(packet.headerLength)
    let origin = packet.traits.contains(.tcp) ? packet.textStart : packet.offset
    for run in runs {
      switch run {
      case .replaced(let bytes): text += bytes
      case .original(let range):
        let first = start + Int(range.lowerBound - origin)
        let bytes = frame.bytes.extracting(first..<first + range.count)
        unsafe bytes.withUnsafeBytes { unsafe text.append(contentsOf: $0) }
      }
    }
  }

  // MARK: Header alone

  /// Changes the numbers in the copy of a frame. The checksum changes by what they change (RFC 1624), so
  /// that those around it stay right.
  @inline(__always)
  private mutating func changeHeader(
    _ numbers: Renumbering, of frame: Frame, _ layers: (Frame) -> [LayerPlace],
    _ change: (inout MutableRawSpan) -> Void
  ) {
    let (start, length) = (Int(numbers.transportOffset), Int(numbers.headerLength))
    var span = scratch.bytes.mutableSpan
    var bytes = unsafe span.mutableBytes
    var old = Checksum()
    old.add(bytes.bytes.extracting(start..<start + length))
    let isLeft = Self.isOffloaded(numbers, bytes.bytes)
    change(&bytes)
    var new = Checksum()
    new.add(bytes.bytes.extracting(start..<start + length))
    guard isLeft else {
      let field: UInt16 = bytes.bytes.load(bigEndianAt: start + 16)
      bytes.store(Checksum.updated(field, replacing: old, with: new), bigEndianAt: start + 16)
      return
    }
    for layer in layers(frame) where layer.offset < start {
      // Its words may be halves of two others (RFC 1071 §2, part B).
      let isOdd = (start - layer.offset) & 1 != 0
      bytes.changeChecksum(
        of: layer, replacing: isOdd ? old.swapped : old, with: isOdd ? new.swapped : new)
    }
  }

  /// Whether the checksum is one that a network card was to work out: the numbers are no part of it yet.
  private static func isOffloaded(_ numbers: Renumbering, _ frame: RawSpan) -> Bool {
    let start = Int(numbers.transportOffset)
    let field: UInt16 = frame.load(bigEndianAt: start + 16)
    guard let ends = frame.ipEnds(at: Int(numbers.networkOffset)) else { return false }
    let header = Int(numbers.headerLength)
    var sum = Checksum.pseudoHeader(
      source: ends.source, destination: ends.destination, protocol: IPProtocol.tcp.rawValue,
      length: header + Int(numbers.length))
    guard field == 0 || field == sum.folded else { return false }
    sum.add(frame.extracting(start..<start + header + Int(numbers.captured)))
    return sum.folded != 0xFFFF
  }

  // MARK: New text

  private mutating func build(
    _ piece: Piece, of frame: Frame, _ rewrite: PacketRewrite, _ surroundings: Surroundings
  ) {
    let packet = rewrite.packet
    let transport = Int(packet.transportOffset)
    let textStart = transport + Int(packet.headerLength)
    let change = piece.range.count - Int(packet.captured)
    scratch.fill(frame.bytes.extracting(0..<textStart))
    scratch.append(text[piece.range])
    appendRest(of: frame, from: textStart + Int(packet.captured), surroundings, change: change)
    var span = scratch.bytes.mutableSpan
    var bytes = unsafe span.mutableBytes
    if packet.traits.contains(.tcp) {
      bytes.changeNumbers(rewrite, sequenceOffset: piece.range.lowerBound)
      bytes.changeFlags(
        at: transport, isFirst: piece.number == 0, isLast: piece.isLast,
        hasText: !piece.range.isEmpty)
    } else {
      bytes.add(change, to16At: transport + 4)
    }
    let extent = Extent(
      end: textStart + piece.range.count, change: change, number: piece.number)
    bytes.changeLayers(surroundings, of: packet, extent, from: frame.bytes)
  }

  /// What stands behind a packet: as long as a header around it says that it belongs there, it stays.
  /// What follows is the link's: the padding of a short Ethernet frame is made anew, and what other links
  /// have there may be announced in front.
  mutating func appendRest(
    of frame: Frame, from end: Int, _ surroundings: Surroundings, change: Int
  ) {
    let enclosed = max(min(surroundings.end, frame.capturedLength), end)
    scratch.append(frame.bytes.extracting(end..<enclosed))
    if change == 0 || frame.linkType != .ethernet {
      scratch.append(frame.bytes.extracting(enclosed..<frame.capturedLength))
    } else if enclosed < frame.capturedLength {
      scratch.append(zeros: max(Self.smallestEthernetFrame - scratch.bytes.count, 0))
    }
  }

  // MARK: Segments that were not captured

  /// A reset made of the headers of a packet, without its options and its text.
  private mutating func build(
    _ reset: PacketRewrite.Reset, of frame: Frame, _ rewrite: PacketRewrite,
    _ surroundings: Surroundings
  ) {
    build(of: frame, rewrite, surroundings) {
      $0.makeReset(reset, rewrite.packet, $1, isEthernet: $2)
    }
  }

  /// An acknowledgement that goes the other way.
  private mutating func build(
    _ update: PacketRewrite.WindowUpdate, of frame: Frame, _ rewrite: PacketRewrite,
    _ surroundings: Surroundings
  ) {
    let echo = frame.bytes.timestampEcho(of: rewrite.packet)
    let options = echo == nil ? 0 : 12
    build(of: frame, rewrite, surroundings, options: options) {
      $0.makeWindowUpdate(update, echo, rewrite.packet, $1, isEthernet: $2)
    }
  }

  /// - Parameter options: bytes of options.
  private mutating func build(
    of frame: Frame, _ rewrite: PacketRewrite, _ surroundings: Surroundings, options: Int = 0,
    _ change: (inout MutableRawSpan, [LayerPlace], _ isEthernet: Bool) -> Void
  ) {
    let packet = rewrite.packet
    let transport = Int(packet.transportOffset)
    let end = transport + 20 + options
    let difference = 20 + options - Int(packet.headerLength) - Int(packet.length)
    let isEthernet = frame.linkType == .ethernet
    scratch.fill(frame.bytes.extracting(0..<transport + 20))
    scratch.append(zeros: options)
    let oldEnd = transport + Int(packet.headerLength) + Int(packet.captured)
    if !packet.isTruncated { appendRest(of: frame, from: oldEnd, surroundings, change: difference) }
    if isEthernet, frame.originalLength >= Self.smallestEthernetFrame {
      scratch.append(zeros: max(Self.smallestEthernetFrame - scratch.bytes.count, 0))
    }
    var span = scratch.bytes.mutableSpan
    var bytes = unsafe span.mutableBytes
    change(&bytes, surroundings.layers, isEthernet)
    let extent = Extent(end: end, change: difference, number: 0, isWhole: true)
    bytes.changeLayers(surroundings, of: packet, extent, from: frame.bytes)
  }
}

/// How far a packet goes in its frame.
struct Extent {
  var end: Int
  /// By how much it has become longer.
  var change: Int
  /// Of several pieces which one it is.
  var number: Int
  /// Whether all of it is there, though the capture cut the packet that it was made from.
  var isWhole = false
}

extension Checksum {
  /// The same sum of bytes that stand at an odd distance.
  fileprivate var swapped: Checksum {
    var swapped = Checksum()
    swapped.add(folded.byteSwapped)
    return swapped
  }
}
