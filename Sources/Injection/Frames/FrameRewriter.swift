package import Buffers
import Sockets
package import Wire

/// Builds the frames that a rewritten packet becomes: the headers are those that were captured, with
/// other numbers, lengths and checksums.
package struct FrameRewriter {
  private var scratch = FrameScratch()
  /// The text of the packet in its new form.
  private var text: [UInt8] = []

  package init() {}

  /// Gives `write` each frame in turn.
  ///
  /// - Parameter layers: finds the headers in a frame, from the outermost on.
  package mutating func rewrite(
    _ frame: Frame, _ rewrite: PacketRewrite, layers: (Frame) -> [LayerPlace],
    to write: (Frame) throws -> Void
  ) rethrows {
    if let datagram = rewrite.datagram {
      var (packet, memory) = (rewrite.packet, FrameScratch())
      guard memory.putTogether(datagram, of: frame, layers(frame)) else {
        try write(frame)
        return
      }
      try memory.lend(like: frame) { whole in
        guard let place = whole.innermostIP(layers(whole)) else { return try write(frame) }
        let start = whole.capturedLength - datagram.count
        packet.networkOffset = UInt32(place)
        packet.transportOffset += UInt32(start)
        var rewrite = rewrite
        rewrite.datagram = nil
        rewrite.packet = packet
        try self.rewrite(whole, rewrite, layers: layers, to: write)
      }
      return
    }
    if !rewrite.resets.isEmpty {
      let places = layers(frame)
      for reset in rewrite.resets {
        build(reset, of: frame, rewrite, places)
        try scratch.lend(like: frame, write)
      }
      return
    }
    guard let newText = rewrite.text else {
      scratch.fill(frame.bytes)
      let cut = frame.originalLength - frame.capturedLength
      if rewrite.packet.traits.contains(.tcp) { changeHeader(rewrite) }
      try scratch.lend(like: frame, cut: cut, write)
      return
    }
    collect(newText.runs, of: rewrite.packet, frame)
    let places = layers(frame)
    var start = newText.isRepetition ? max(text.count - newText.limit, 0) : 0
    var number = 0
    repeat {
      let end = start + min(text.count - start, newText.limit)
      let piece = Piece(range: start..<end, number: number, isLast: end == text.count)
      build(piece, of: frame, rewrite, places)
      try scratch.lend(like: frame, write)
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

  /// Changes the numbers in the copy of a frame. The checksum changes by what they change (RFC 1624).
  private mutating func changeHeader(_ rewrite: PacketRewrite) {
    let packet = rewrite.packet
    let (start, length) = (Int(packet.transportOffset), Int(packet.headerLength))
    var span = scratch.bytes.mutableSpan
    var bytes = unsafe span.mutableBytes
    var old = Checksum()
    old.add(bytes.bytes.extracting(start..<start + length))
    let isLeft = Self.isOffloaded(rewrite, bytes.bytes)
    bytes.changeNumbers(rewrite, sequenceOffset: 0, at: start)
    guard !isLeft else { return }
    var new = Checksum()
    new.add(bytes.bytes.extracting(start..<start + length))
    let field: UInt16 = bytes.bytes.load(bigEndianAt: start + 16)
    bytes.store(Checksum.updated(field, replacing: old, with: new), bigEndianAt: start + 16)
  }

  /// Whether the checksum is one that a network card was to work out: the numbers are no part of it yet.
  private static func isOffloaded(_ rewrite: PacketRewrite, _ frame: RawSpan) -> Bool {
    let packet = rewrite.packet
    let start = Int(packet.transportOffset)
    let field: UInt16 = frame.load(bigEndianAt: start + 16)
    guard let ends = frame.ipEnds(at: Int(packet.networkOffset)) else { return false }
    let segment = frame.extracting(start..<start + Int(packet.headerLength) + Int(packet.captured))
    let length = Int(packet.headerLength) + Int(packet.length)
    var sum = Checksum.pseudoHeader(
      source: ends.source, destination: ends.destination, protocol: IPProtocol.tcp.rawValue,
      length: length)
    guard field == 0 || field == sum.folded else { return false }
    sum.add(segment)
    return sum.folded != 0xFFFF
  }

  // MARK: New text

  private mutating func build(
    _ piece: Piece, of frame: Frame, _ rewrite: PacketRewrite, _ layers: [LayerPlace]
  ) {
    let packet = rewrite.packet
    let transport = Int(packet.transportOffset)
    let textStart = transport + Int(packet.headerLength)
    let oldEnd = textStart + Int(packet.captured)
    scratch.fill(frame.bytes.extracting(0..<textStart))
    scratch.append(text[piece.range])
    let change = piece.range.count - Int(packet.captured)
    let trailer = frame.capturedLength - oldEnd
    if change == 0, trailer > 0 {
      scratch.append(frame.bytes.extracting(oldEnd..<frame.capturedLength))
    } else if trailer > 0, scratch.bytes.count < 60 {
      // Padding of an Ethernet frame.
      scratch.append(zeros: 60 - scratch.bytes.count)
    }
    let end = textStart + piece.range.count
    var span = scratch.bytes.mutableSpan
    var bytes = unsafe span.mutableBytes
    if packet.traits.contains(.tcp) {
      bytes.changeNumbers(rewrite, sequenceOffset: piece.range.lowerBound, at: transport)
      bytes.changeFlags(
        at: transport, isFirst: piece.number == 0, isLast: piece.isLast,
        hasText: !piece.range.isEmpty)
    } else {
      bytes.add(change, to16At: transport + 4)
    }
    let extent = Extent(end: end, oldEnd: oldEnd, change: change, number: piece.number)
    bytes.changeLayers(layers, of: packet, extent, from: frame.bytes)
  }

  // MARK: Resets

  /// A reset made of the headers of a packet, without its options and its text.
  private mutating func build(
    _ reset: PacketRewrite.Reset, of frame: Frame, _ rewrite: PacketRewrite, _ layers: [LayerPlace]
  ) {
    let packet = rewrite.packet
    let transport = Int(packet.transportOffset)
    let end = transport + 20
    scratch.fill(frame.bytes.extracting(0..<end))
    if frame.capturedLength >= 60, end < 60, frame.linkType == .ethernet {
      scratch.append(zeros: 60 - end)
    }
    var span = scratch.bytes.mutableSpan
    var bytes = unsafe span.mutableBytes
    let isEthernet = frame.linkType == .ethernet
    bytes.makeReset(reset, packet, layers, isEthernet: isEthernet)
    let oldEnd = transport + Int(packet.headerLength) + Int(packet.captured)
    let extent = Extent(
      end: end, oldEnd: oldEnd, change: 20 - Int(packet.headerLength) - Int(packet.length),
      number: 0)
    bytes.changeLayers(layers, of: packet, extent, from: frame.bytes)
  }
}

/// How far a packet goes in its frame, and went.
struct Extent {
  var end: Int
  var oldEnd: Int
  /// By how much it has become longer.
  var change: Int
  /// Of several pieces which one it is.
  var number: Int
}
