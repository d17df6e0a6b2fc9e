import Buffers
import Generation
import Wire

/// One frame as the sink got it.
struct CapturedFrame {
  var bytes: [UInt8]
  var timestamp: Timestamp
  var stamp: UInt64
  var ordinal: UInt64
}

/// Keeps all frames.
final class MemorySink: PacketSink {
  var frames: [CapturedFrame] = []
  var interfaces: [CaptureInterface] = []

  func write(_ frame: borrowing Frame, interfaces: [CaptureInterface]) throws {
    let bytes = frame.bytes
    var copy = [UInt8](repeating: 0, count: bytes.byteCount)
    for index in copy.indices { copy[index] = bytes.byte(at: index) }
    frames.append(
      CapturedFrame(
        bytes: copy, timestamp: frame.timestamp, stamp: frame.stamp, ordinal: frame.ordinal))
    self.interfaces = interfaces
  }

  func finish() throws {}
}

/// Only a hash of all frames and times (FNV-1a, 64 bits).
final class HashSink: PacketSink {
  var hash: UInt64 = 0xCBF2_9CE4_8422_2325

  func write(_ frame: borrowing Frame, interfaces: [CaptureInterface]) throws {
    for shift in stride(from: 0, to: 64, by: 8) {
      add(UInt8(truncatingIfNeeded: frame.stamp >> UInt64(shift)))
    }
    let bytes = frame.bytes
    for index in 0..<bytes.byteCount { add(bytes.byte(at: index)) }
  }

  private func add(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }

  func finish() throws {}
}

/// A TCP segment of a capture, defragmented.
struct CapturedSegment {
  var source: IPAddress
  var destination: IPAddress
  var sourcePort: UInt16
  var destinationPort: UInt16
  var sequence: SequenceNumber
  var acknowledgment: SequenceNumber
  var flags: TCPFlags
  var window: UInt16
  var payload: [UInt8]
  var options: [UInt8: [UInt8]]
  var hasValidChecksum: Bool
  var ordinal: UInt64

  /// Names one direction of one connection.
  var sender: String { "\(source) \(sourcePort) \(destination) \(destinationPort)" }
  var receiver: String { "\(destination) \(destinationPort) \(source) \(sourcePort)" }

  func timestampOption() -> (value: UInt32, echo: UInt32)? {
    guard let bytes = options[8], bytes.count == 8 else { return nil }
    func word(_ part: ArraySlice<UInt8>) -> UInt32 { part.reduce(0) { $0 << 8 | UInt32($1) } }
    return (word(bytes[..<4]), word(bytes[4...]))
  }
}

/// What a capture holds, as the views of Wire see it.
struct Dissection {
  var segments: [CapturedSegment] = []
  var fragments = 0
  var fragmentsOutOfOrder = 0
  var badIPChecksums = 0
  var vlans: Set<UInt16> = []
  var families: Set<IPAddress.Family> = []
  /// Frames that are not what was to be expected: none.
  var strange = 0

  private var datagrams: [String: [(offset: Int, bytes: [UInt8])]] = [:]

  init(_ frames: [CapturedFrame]) {
    for frame in frames {
      do { try add(frame) } catch { strange += 1 }
    }
    strange += datagrams.count
  }

  private mutating func add(_ frame: CapturedFrame) throws {
    let bytes = frame.bytes.span.bytes
    var offset = 12
    var type = EtherType(rawValue: bytes.load(bigEndianAt: offset))
    if type.isVLAN {
      vlans.insert(bytes.load(bigEndianAt: offset + 2, as: UInt16.self) & 0xFFF)
      offset += 4
      type = EtherType(rawValue: bytes.load(bigEndianAt: offset))
    }
    let packet = bytes.extracting(droppingFirst: offset + 2)
    if type == .ipv4 { try addIPv4(packet, frame) } else { try addIPv6(packet, frame) }
  }

  private mutating func addIPv4(_ bytes: RawSpan, _ frame: CapturedFrame) throws {
    let packet = try IPv4Packet(validating: bytes)
    families.insert(.ipv4)
    if !packet.hasValidChecksum { badIPChecksums += 1 }
    if packet.isTruncated || packet.bytes.byteCount != bytes.byteCount { strange += 1 }
    var payload = [UInt8](copying: packet.payload)
    if packet.isFragment {
      let key = "\(packet.source) \(packet.destination) \(packet.identification)"
      guard let whole = fragment(key, packet.fragmentOffset, packet.moreFragments, payload) else {
        return
      }
      payload = whole
    }
    try addTCP(payload, packet.source, packet.destination, frame)
  }

  private mutating func addIPv6(_ bytes: RawSpan, _ frame: CapturedFrame) throws {
    let packet = try IPv6Packet(validating: bytes)
    families.insert(.ipv6)
    if packet.isTruncated || packet.bytes.byteCount != bytes.byteCount { strange += 1 }
    var payload = [UInt8](copying: packet.payload)
    if packet.isFragment {
      let key = "\(packet.source) \(packet.destination) \(packet.identification)"
      guard let whole = fragment(key, packet.fragmentOffset, packet.moreFragments, payload) else {
        return
      }
      payload = whole
    }
    try addTCP(payload, packet.source, packet.destination, frame)
  }

  /// The whole payload once its last missing fragment has come. The total is known from the
  /// fragment without `more`.
  private mutating func fragment(
    _ key: String, _ offset: Int, _ more: Bool, _ payload: [UInt8]
  ) -> [UInt8]? {
    fragments += 1
    let lastKey = key + " last"
    if let before = datagrams[key]?.last, before.offset > offset { fragmentsOutOfOrder += 1 }
    datagrams[key, default: []].append((offset, payload))
    if !more { datagrams[lastKey] = [(offset + payload.count, [])] }
    guard let total = datagrams[lastKey]?.first?.offset, let parts = datagrams[key],
      parts.reduce(0, { $0 + $1.bytes.count }) == total
    else { return nil }
    datagrams[key] = nil
    datagrams[lastKey] = nil
    return parts.sorted { $0.offset < $1.offset }.flatMap(\.bytes)
  }

  private mutating func addTCP(
    _ bytes: [UInt8], _ source: IPAddress, _ destination: IPAddress, _ frame: CapturedFrame
  ) throws {
    let segment = try TCPSegment(validating: bytes.span.bytes)
    var sum = Checksum.pseudoHeader(
      source: source, destination: destination, protocol: 6, length: bytes.count)
    sum.add(bytes.span.bytes)
    var found: [UInt8: [UInt8]] = [:]
    var options = segment.options
    while let option = options.next() { found[option.kind] = [UInt8](copying: option.value) }
    segments.append(
      CapturedSegment(
        source: source, destination: destination, sourcePort: segment.sourcePort,
        destinationPort: segment.destinationPort, sequence: segment.sequence,
        acknowledgment: segment.acknowledgment, flags: segment.flags, window: segment.window,
        payload: [UInt8](copying: segment.payload), options: found,
        hasValidChecksum: sum.folded == 0xFFFF, ordinal: frame.ordinal))
  }
}

extension [UInt8] {
  init(copying span: RawSpan) {
    self = (0..<span.byteCount).map { span.byte(at: $0) }
  }
}

func capture(
  _ workload: Workload, _ options: GenerationOptions
) throws -> (sink: MemorySink, result: GenerationResult) {
  let sink = MemorySink()
  let result = try generate(workload, options: options, into: sink)
  return (sink, result)
}
