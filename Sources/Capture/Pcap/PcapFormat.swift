import Buffers
import Wire

/// The records of a pcap file: a header of seconds, fraction, captured and original length, and
/// the captured bytes, with nothing between them.
struct PcapFormat: CaptureFormat {
  let interfaces: [CaptureInterface]
  private let header: PcapHeader
  /// Captured lengths up to here need no second opinion.
  private let ordinaryLength: Int
  private var ordinal: UInt64 = 0

  init(_ header: PcapHeader) {
    self.header = header
    interfaces = [header.interface]
    let snapLength = min(Int(header.interface.snapLength), CaptureLimits.recordLength)
    ordinaryLength = max(snapLength, CaptureLimits.ordinaryLength)
  }

  mutating func parse(_ window: inout Window, into batch: inout FrameBatch) -> ParseStop {
    header.isBigEndian
      ? walk(&window, into: &batch, BigEndian.self)
      : walk(&window, into: &batch, LittleEndian.self)
  }

  /// The innermost loop of reading a pcap file. It works on locals and one raw pointer; each
  /// record's header and bytes are checked to lie in the window before they are used.
  @inline(__always)
  private mutating func walk<Order: ByteOrder>(
    _ window: inout Window, into batch: inout FrameBatch, _: Order.Type
  ) -> ParseStop {
    let base = unsafe window.base
    let count = window.count
    let headerLength = header.recordHeaderLength
    let unit = header.fractionUnit
    let linkType = header.interface.linkType
    let isCurrent = header.lengthOrder == .capturedFirst
    let kind = headerLength == 16 ? FrameRecord.Kind.pcap : .modifiedPcap
    let form = FrameRecord(kind, isBigEndian: header.isBigEndian)
    let ordinaryLength = ordinaryLength
    var ordinal = ordinal
    var position = window.position
    var prefetched = window.prefetched
    defer {
      self.ordinal = ordinal
      window.position = position
      window.prefetched = prefetched
    }
    let end = min(position &+ CaptureLimits.batchBytes, count)
    while !batch.isFull {
      guard end &- position >= headerLength else {
        return end < count ? .batchIsFull : .needs(headerLength)
      }
      let record = unsafe base + position
      let seconds = unsafe Order.load(record, 0, as: UInt32.self)
      let fraction = unsafe Order.load(record, 4, as: UInt32.self)
      let first = unsafe Int(Order.load(record, 8, as: UInt32.self))
      let second = unsafe Int(Order.load(record, 12, as: UInt32.self))
      let (captured, original) = isCurrent ? (first, second) : lengths(first, second)
      let length = headerLength &+ captured
      if captured > ordinaryLength, let reason = doubt(captured, original) {
        return .damaged(reason)
      }
      guard length <= count &- position else { return .needs(length) }
      unsafe prefetchAhead(
        base, from: position, length: length, count: count, prefetched: &prefetched)
      ordinal &+= 1
      let nanoseconds = Int64(seconds) &* 1_000_000_000 &+ Int64(fraction) &* unit
      batch.append(
        unsafe Frame(
          base: record + headerLength, capturedLength: captured, originalLength: original,
          timestamp: Timestamp(nanoseconds: nanoseconds),
          stamp: UInt64(seconds) &<< 32 | UInt64(fraction), interface: 0, ordinal: ordinal,
          linkType: linkType, record: form))
      position &+= length
    }
    return .batchIsFull
  }

  /// The two lengths of a record in the order of the file's version.
  @inline(never)
  private func lengths(_ first: Int, _ second: Int) -> (captured: Int, original: Int) {
    switch header.lengthOrder {
    case .capturedFirst: (first, second)
    case .originalFirst: (second, first)
    case .smallerFirst: (min(first, second), max(first, second))
    }
  }

  /// A length beyond the snapshot length is believed only if the frame was that long on the wire,
  /// and if so many bytes are there. One within it may be larger than the original length: tools
  /// write such records, and libpcap reads them.
  @inline(never)
  private func doubt(_ captured: Int, _ original: Int) -> String? {
    captured > CaptureLimits.recordLength || captured > original
      ? "record claims \(captured) bytes" : nil
  }

  func cutReason(of window: Window) -> String {
    let headerLength = header.recordHeaderLength
    guard window.available >= headerLength else {
      return "record header cut off: \(window.available) of \(headerLength) bytes"
    }
    let captured = capturedLength(window.bytes)
    let available = window.available - headerLength
    return captured > ordinaryLength
      ? "record claims \(captured) bytes" : "record cut off: \(available) of \(captured) bytes"
  }

  private func capturedLength(_ record: RawSpan) -> Int {
    func word(_ offset: Int) -> Int {
      let value: UInt32 =
        header.isBigEndian
        ? record.load(bigEndianAt: offset) : record.load(littleEndianAt: offset)
      return Int(value)
    }
    return lengths(word(8), word(12)).captured
  }
}
