import Buffers
import Wire

/// Writes a pcapng file: one section in the byte order of this machine, with the interfaces of the
/// source under their indices, each with its own unit of time.
///
/// Packets become enhanced packet blocks. Options, comments, names and secrets of the source are
/// not carried over.
final class PcapNGWriter: PacketSink {
  private let file: OutputFile
  private let expected: [CaptureInterface]
  private var written: [CaptureInterface] = []
  private var clocks: [UnitClock] = []
  private var hasBegun = false

  init(_ file: OutputFile, interfaces: [CaptureInterface]) {
    self.file = file
    expected = interfaces
  }

  func write(
    _ frame: borrowing Frame, interfaces: [CaptureInterface]
  ) throws(CaptureError) {
    if interfaces.count > written.count || !hasBegun { try describe(interfaces) }
    let index = frame.interface
    guard written.indices.contains(index) else {
      throw file.refusal(frame, "is of interface \(index), there are \(written.count)")
    }
    guard frame.linkType == written[index].linkType else {
      throw file.refusal(
        frame, "is of link type \(frame.linkType), its interface of \(written[index].linkType)")
    }
    try file.check(lengthOf: frame)
    try writeBlock(frame, stamp: stamp(of: frame))
  }

  func finish() throws(CaptureError) {
    if !hasBegun {
      try describe(expected.isEmpty ? [CaptureInterface(linkType: .ethernet)] : expected)
    }
    try file.finish()
  }

  /// How long what `describe` writes is.
  func descriptionLength(of interfaces: [CaptureInterface]) -> Int {
    guard interfaces.count > written.count || !hasBegun else { return 0 }
    let blocks = interfaces.dropFirst(written.count).map { BlockBytes.interface($0).count }
    return blocks.reduce(hasBegun ? 0 : BlockBytes.section.count, +)
  }

  /// Writes the interfaces that have not been written yet.
  private func describe(_ interfaces: [CaptureInterface]) throws(CaptureError) {
    if !hasBegun {
      hasBegun = true
      try file.append(unsafe BlockBytes.section.span.bytes)
    }
    for interface in interfaces.dropFirst(written.count) {
      try file.append(unsafe BlockBytes.interface(interface).span.bytes)
      written.append(interface)
      clocks.append(UnitClock(interface))
    }
  }

  /// The stamp as it was read, where it says this frame's time in its interface's units, so that
  /// it stays the same in units that no nanosecond expresses. Otherwise it is made from the time.
  private func stamp(of frame: borrowing Frame) throws(CaptureError) -> UInt64 {
    let clock = clocks[frame.interface]
    if clock.timestamp(of: frame.stamp) == frame.timestamp { return frame.stamp }
    guard let units = clock.units(at: frame.timestamp) else {
      throw file.refusal(
        frame, "is of \(frame.timestamp), which its interface's units of time cannot express")
    }
    return units
  }

  /// An enhanced packet block (draft-ietf-opsawg-pcapng, section 4.3) without options.
  @inline(__always)
  private func writeBlock(
    _ frame: borrowing Frame, stamp: UInt64
  ) throws(CaptureError) {
    let padding = -frame.capturedLength & 3
    let length = UInt32(32 + frame.capturedLength + padding)
    let header: [7 of UInt32] = [
      BlockType.enhancedPacket, length, UInt32(frame.interface),
      UInt32(truncatingIfNeeded: stamp >> 32), UInt32(truncatingIfNeeded: stamp),
      UInt32(frame.capturedLength), UInt32(clamping: frame.originalLength),
    ]
    // The padding and the repeated length in one piece.
    let end: [1 of UInt64] = [UInt64(length) << UInt64(8 * padding)]
    try file.append(unsafe header.span.bytes)
    try file.append(frame.bytes)
    try file.append(unsafe end.span.bytes.extracting(first: padding + 4))
  }
}

/// The blocks that are written once, as bytes.
enum BlockBytes {
  /// A section header: magic, version 1.0, length not known.
  static let section = block(
    BlockType.section, bytes(UInt32(0x1a2b_3c4d)) + bytes(UInt32(1)) + bytes(UInt64.max))

  static func interface(_ interface: CaptureInterface) -> [UInt8] {
    var body = bytes(UInt16(truncatingIfNeeded: interface.linkType.rawValue)) + bytes(UInt16(0))
    body += bytes(interface.snapLength)
    if let name = interface.name {
      body += option(InterfaceBlock.OptionCode.name, Array(name.utf8))
    }
    if interface.resolution != .microseconds {
      body += option(InterfaceBlock.OptionCode.timeResolution, [interface.resolution.rawValue])
    }
    if interface.timeOffset != 0 {
      body += option(InterfaceBlock.OptionCode.timeOffset, bytes(interface.timeOffset))
    }
    if body.count > 8 { body += option(InterfaceBlock.OptionCode.end, []) }
    return block(BlockType.interface, body)
  }

  /// A value longer than an option can be is cut.
  private static func option(_ code: UInt16, _ value: [UInt8]) -> [UInt8] {
    let value = value.prefix(Int(UInt16.max) & ~3)
    return bytes(code) + bytes(UInt16(value.count)) + value
      + [UInt8](repeating: 0, count: -value.count & 3)
  }

  private static func block(_ type: UInt32, _ body: [UInt8]) -> [UInt8] {
    let length = bytes(UInt32(body.count + BlockHeader.minimumLength))
    return bytes(type) + length + body + length
  }

  private static func bytes<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
    unsafe withUnsafeBytes(of: value.littleEndian) { unsafe Array($0) }
  }
}
