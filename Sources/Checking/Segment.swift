import Reassembly
import Sockets
import Wire

/// A segment to be judged, its options read.
struct Segment {
  let view: SegmentView
  let packet: PacketInfo
  let options: SegmentOptions

  init(_ view: SegmentView, _ packet: PacketInfo, _ bytes: RawSpan) {
    self.view = view
    self.packet = packet
    options = view.options.isEmpty ? SegmentOptions() : SegmentOptions(bytes, view.options)
  }

  var flags: TCPFlags { view.flags }
  var time: Timestamp { packet.timestamp }
  /// Bytes of text as they were sent.
  var length: Int64 { Int64(view.length) }
  var opens: Bool { flags.contains(.syn) }
  var closes: Bool { flags.contains(.fin) }
  var acknowledges: Bool { flags.contains(.ack) }
  /// Whether it takes no sequence number.
  var isEmpty: Bool { view.length == 0 && !opens && !closes }
}

/// What the options of a segment say.
struct SegmentOptions {
  var maximumSegmentSize: UInt16?
  var windowScale: UInt8?
  var permitsSACK = false
  /// TSval and TSecr (RFC 7323 §3).
  var timestamps: (value: UInt32, echo: UInt32)?
  /// Left and right edges as they stand there (RFC 2018 §3).
  var blocks: [(left: UInt32, right: UInt32)] = []
  /// A SACK option whose length fits no blocks.
  var hasMalformedSACK = false
  /// Bytes that the options take, padding included.
  var length = 0

  init() {}

  init(_ bytes: RawSpan, _ range: Range<Int>) {
    length = range.count
    guard range.upperBound <= bytes.byteCount, range.lowerBound >= 20,
      let segment = try? TCPSegment(
        validating: bytes.extracting((range.lowerBound &- 20)..<range.upperBound))
    else { return }
    var options = segment.options
    while let option = options.next() {
      let count = option.value.byteCount
      switch (option.kind, count) {
      case (TCPOptions.Kind.maximumSegmentSize, 2):
        maximumSegmentSize = option.value.load(bigEndianAt: 0)
      case (TCPOptions.Kind.windowScale, 1): windowScale = min(option.value.byte(at: 0), 14)
      case (TCPOptions.Kind.sackPermitted, 0): permitsSACK = true
      case (TCPOptions.Kind.timestamps, 8):
        timestamps = (option.value.load(bigEndianAt: 0), option.value.load(bigEndianAt: 4))
      case (TCPOptions.Kind.sack, _):
        if count == 0 || count % 8 != 0 { hasMalformedSACK = true }
        for start in stride(from: 0, through: count &- 8, by: 8) {
          blocks.append(
            (option.value.load(bigEndianAt: start), option.value.load(bigEndianAt: start &+ 4)))
        }
      default: break
      }
    }
  }
}
