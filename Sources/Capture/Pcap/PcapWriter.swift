import Buffers
import Wire

/// Writes a pcap file in the byte order of this machine.
///
/// It has one link type and one unit of time, both taken from the first frame: nanoseconds if any
/// interface known by then is finer than microseconds. A frame that does not fit is an error.
final class PcapWriter: PacketSink {
  private struct Layout {
    var linkType: LinkType
    /// Nanoseconds in a unit: 1000 or 1.
    var unit: Int64
  }

  private let file: OutputFile
  private let expected: [CaptureInterface]
  private var layout: Layout?

  var hasBegun: Bool { layout != nil }

  init(_ file: OutputFile, interfaces: [CaptureInterface]) {
    self.file = file
    expected = interfaces
  }

  func write(
    _ frame: borrowing Frame, interfaces: [CaptureInterface]
  ) throws(CaptureError) {
    let layout = if let layout { layout } else { try begin(frame, interfaces) }
    guard frame.linkType == layout.linkType else {
      throw file.refusal(
        frame,
        "is of link type \(frame.linkType) and the file of \(layout.linkType), and a pcap "
          + "file holds only one; write a .pcapng")
    }
    try file.check(lengthOf: frame)
    let (seconds, fraction) = try time(of: frame, layout.unit)
    let header: [4 of UInt32] = [
      seconds, fraction, UInt32(frame.capturedLength), UInt32(clamping: frame.originalLength),
    ]
    try file.append(unsafe header.span.bytes)
    try file.append(frame.bytes)
  }

  func finish() throws(CaptureError) {
    if layout == nil {
      let interface = expected.first ?? CaptureInterface(linkType: .ethernet)
      try writeHeader(Layout(linkType: interface.linkType, unit: Self.unit(expected)), expected)
    }
    try file.finish()
  }

  private func begin(
    _ frame: borrowing Frame, _ interfaces: [CaptureInterface]
  ) throws(CaptureError) -> Layout {
    let isWhole = frame.timestamp.nanoseconds % 1000 == 0
    let layout = Layout(linkType: frame.linkType, unit: isWhole ? Self.unit(interfaces) : 1)
    try writeHeader(layout, interfaces)
    self.layout = layout
    return layout
  }

  private static func unit(_ interfaces: [CaptureInterface]) -> Int64 {
    interfaces.contains { $0.resolution.isFinerThanMicroseconds } ? 1 : 1000
  }

  /// Draft-ietf-opsawg-pcap, section 4: magic, version 2.4, two fields that are always 0, the
  /// snapshot length, the link type.
  private func writeHeader(
    _ layout: Layout, _ interfaces: [CaptureInterface]
  ) throws(CaptureError) {
    let limits = interfaces.filter { $0.linkType == layout.linkType }.map(\.snapLength)
    let unlimited = UInt32(CaptureLimits.ordinaryLength)
    let snapLength = limits.contains(0) ? unlimited : limits.max() ?? unlimited
    let header: [6 of UInt32] = [
      layout.unit == 1 ? 0xa1b2_3c4d : 0xa1b2_c3d4, 4 << 16 | 2, 0, 0, snapLength,
      layout.linkType.rawValue,
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

extension TimeResolution {
  fileprivate var isFinerThanMicroseconds: Bool {
    // Powers of 2 have no exact microseconds.
    rawValue & 0x80 != 0 ? rawValue != 0x80 : rawValue > 6
  }
}
