import Buffers
import Wire

/// Writes a pcap file: like the only pcap file of the input where there is one, with its header and its
/// byte order, otherwise in the byte order of this machine.
///
/// It has one link type and one unit of time. Without a header to follow both are taken from the first
/// frame: nanoseconds if any interface known by then is finer than microseconds. A frame that does not
/// fit is an error.
final class PcapWriter: PacketSink {
  private let file: OutputFile
  private var expected: [CaptureInterface]
  private var layout: Layout?
  private var counter = BlockTranslator()

  var hasBegun: Bool { layout != nil }

  init(_ file: OutputFile, interfaces: [CaptureInterface]) {
    self.file = file
    expected = interfaces
  }

  var length: UInt64 { file.length }

  /// A pcap file holds packets alone.
  var unkept: Unkept { counter.unkept }

  func begin(_ interfaces: [CaptureInterface], _ likeness: Likeness) {
    if expected.isEmpty { expected = interfaces }
  }

  func write(
    _ frame: borrowing Frame, interfaces: [CaptureInterface]
  ) throws(CaptureError) {
    try write(frame, like: frame, interfaces)
    let record = frame.record
    if record.trailingLength > 0 || record.kind == .obsolete { counter.dropOptions(of: frame) }
  }

  func write(
    _ frame: borrowing Frame, madeOf original: borrowing Frame, isFirst: Bool,
    interfaces: [CaptureInterface]
  ) throws(CaptureError) {
    try write(frame, like: original, interfaces)
    if isFirst { counter.dropOptions(of: original) }
  }

  /// What the file itself says with its header is not counted as lost.
  func write(_ block: CaptureBlock, interfaces: [CaptureInterface]) {
    switch block.type {
    case BlockType.section, BlockType.interface: counter.dropOptions(of: block)
    default: counter.drop(Unkept.Kind(block: block.type))
    }
  }

  func finish() throws(CaptureError) {
    if layout == nil {
      let interface = expected.first ?? CaptureInterface(linkType: .ethernet)
      _ = try begin(with: interface.linkType, isWhole: true, expected)
    }
    try file.finish()
  }

  private func write(
    _ frame: borrowing Frame, like original: borrowing Frame, _ interfaces: [CaptureInterface]
  ) throws(CaptureError) {
    let isWhole = frame.timestamp.nanoseconds % 1000 == 0
    let layout =
      if let layout { layout } else {
        try begin(with: frame.linkType, isWhole: isWhole, interfaces)
      }
    guard frame.linkType == layout.linkType else {
      throw file.refusal(
        frame,
        "is of link type \(frame.linkType) and the file of \(layout.linkType), and a pcap "
          + "file holds only one; write a .pcapng")
    }
    try file.check(lengthOf: frame)
    let (seconds, fraction) = try time(of: frame, layout.unit)
    let original32 = UInt32(clamping: frame.originalLength)
    let captured32 = UInt32(frame.capturedLength)
    let lengths =
      layout.lengthOrder == .originalFirst ? (original32, captured32) : (captured32, original32)
    let header: [4 of UInt32] = [
      layout.ordered(seconds), layout.ordered(fraction), layout.ordered(lengths.0),
      layout.ordered(lengths.1),
    ]
    try file.append(unsafe header.span.bytes)
    if layout.recordHeaderLength > 16 { try writeRest(ofHeaderOf: original) }
    try file.append(frame.bytes)
  }

  /// The modified format has the number of the interface, a protocol and a kind of packet there.
  @inline(never)
  private func writeRest(ofHeaderOf original: borrowing Frame) throws(CaptureError) {
    if original.record.kind == .modifiedPcap {
      try file.append(original.recordBytes.extracting(16..<24))
    } else {
      let zeros: [1 of UInt64] = [0]
      try file.append(unsafe zeros.span.bytes)
    }
  }

  private func begin(
    with linkType: LinkType, isWhole: Bool, _ interfaces: [CaptureInterface]
  ) throws(CaptureError) -> Layout {
    if interfaces.count == 1, let bytes = interfaces[0].pcapHeader,
      let header = try? PcapHeader(bytes)
    {
      layout = Layout(header)
      try file.append(unsafe bytes.span.bytes)
      return Layout(header)
    }
    let layout = Layout(linkType: linkType, unit: isWhole ? Self.unit(interfaces) : 1)
    try writeHeader(layout, interfaces)
    self.layout = layout
    return layout
  }

  private static func unit(_ interfaces: [CaptureInterface]) -> Int64 {
    interfaces.contains { $0.resolution.isFinerThanMicroseconds } ? 1 : 1000
  }

  /// Draft-ietf-opsawg-pcap, section 4: magic, version 2.4, two fields that are always 0, the
  /// snapshot length, the link type and the length of the frame check sequences.
  private func writeHeader(
    _ layout: Layout, _ interfaces: [CaptureInterface]
  ) throws(CaptureError) {
    let all = interfaces.filter { $0.linkType == layout.linkType }
    let limits = all.map(\.snapLength)
    let unlimited = UInt32(CaptureLimits.ordinaryLength)
    let snapLength = limits.contains(0) ? unlimited : limits.max() ?? unlimited
    let fcsLengths = Set(all.map(\.fcsLength))
    let header: [6 of UInt32] = [
      layout.unit == 1 ? 0xa1b2_3c4d : 0xa1b2_c3d4, 4 << 16 | 2, 0, 0, snapLength,
      PcapHeader.field(
        layout.linkType, fcsLength: fcsLengths.count == 1 ? fcsLengths.first ?? nil : nil),
    ]
    try file.append(unsafe header.span.bytes)
  }

  /// The stamp as it was read, where it says this frame's time in this file's units: then even a
  /// fraction of more than a second is repeated. Otherwise it is made from the time.
  @inline(__always)
  private func time(
    of frame: borrowing Frame, _ unit: Int64
  ) throws(CaptureError) -> (seconds: UInt32, fraction: UInt32) {
    let seconds = UInt32(truncatingIfNeeded: frame.stamp >> 32)
    let fraction = UInt32(truncatingIfNeeded: frame.stamp)
    let stamped = Int64(seconds) &* 1_000_000_000 &+ Int64(fraction) &* unit
    if stamped == frame.timestamp.nanoseconds { return (seconds, fraction) }
    return try split(frame, unit)
  }

  private func split(
    _ frame: borrowing Frame, _ unit: Int64
  ) throws(CaptureError) -> (seconds: UInt32, fraction: UInt32) {
    guard let seconds = UInt32(exactly: frame.timestamp.wholeSeconds) else {
      throw file.refusal(
        frame, "is of \(frame.timestamp), and a pcap file holds 1970 to 2106; write a .pcapng")
    }
    let (fraction, rest) = frame.timestamp.fraction.quotientAndRemainder(dividingBy: unit)
    guard rest == 0 else {
      throw file.refusal(
        frame,
        "has a time in nanoseconds, and the pcap file was begun in microseconds; write a "
          + ".pcapng")
    }
    return (seconds, UInt32(fraction))
  }
}

extension PcapWriter {
  /// What records are like.
  fileprivate struct Layout {
    var linkType: LinkType
    /// Nanoseconds in a unit: 1000 or 1.
    var unit: Int64
    var isBigEndian = false
    var lengthOrder = PcapHeader.LengthOrder.capturedFirst
    var recordHeaderLength = 16

    init(linkType: LinkType, unit: Int64) {
      self.linkType = linkType
      self.unit = unit
    }

    /// Those of a file with this header.
    init(_ header: PcapHeader) {
      linkType = header.interface.linkType
      unit = header.fractionUnit
      isBigEndian = header.isBigEndian
      lengthOrder = header.lengthOrder
      recordHeaderLength = header.recordHeaderLength
    }

    @inline(__always)
    func ordered(_ value: UInt32) -> UInt32 { isBigEndian ? value.byteSwapped : value }
  }
}

extension TimeResolution {
  fileprivate var isFinerThanMicroseconds: Bool {
    // Powers of 2 have no exact microseconds.
    rawValue & 0x80 != 0 ? rawValue != 0x80 : rawValue > 6
  }
}
