import Buffers
import Capture
import Support
import Wire

/// What a capture holds, to its end.
struct Reading: Equatable {
  struct Packet: Equatable {
    var bytes: [UInt8]
    var originalLength: Int
    var timestamp: Timestamp
    var stamp: UInt64
    var interface: Int
    var linkType: LinkType
  }

  var packets: [Packet] = []
  var damage: CaptureDamage?
  var interfaces: [CaptureInterface] = []

  /// Throws a `CaptureError` when it is no capture, and a `Finding` when numbers are not in order.
  init(path: String, batch capacity: Int = 64) throws {
    let source = try openCapture(path: path)
    var batch = FrameBatch(capacity: capacity)
    while source.fill(&batch) {
      for index in 0..<batch.count { try append(batch[index], source) }
    }
    damage = source.damage
    interfaces = source.interfaces.map(\.amongOthers)
  }

  private mutating func append(_ frame: Frame, _ source: any PacketSource) throws {
    try require(frame.ordinal == UInt64(packets.count + 1), "ordinal \(frame.ordinal)")
    try require(source.interfaces.indices.contains(frame.interface), "no such interface")
    let bytes = frame.bytes.withUnsafeBytes { Array($0) }
    packets.append(
      Packet(
        bytes: bytes, originalLength: frame.originalLength, timestamp: frame.timestamp,
        stamp: frame.stamp, interface: frame.interface, linkType: frame.linkType))
  }

  /// Writes it again and reads what was written; `nil` when the format cannot hold it.
  func rewritten(as path: String) throws -> Reading? {
    do {
      let sink = try createCapture(path: path, interfaces: interfaces)
      for (index, packet) in packets.enumerated() {
        try packet.write(to: sink, ordinal: UInt64(index + 1), interfaces)
      }
      try sink.finish()
      return try Reading(path: path)
    } catch is CaptureError {
      return nil
    }
  }
}

extension Reading.Packet {
  fileprivate func write(
    to sink: any PacketSink, ordinal: UInt64, _ interfaces: [CaptureInterface]
  ) throws {
    // One byte more, so that an empty packet has an address.
    try (bytes + [0]).withUnsafeBytes { memory in
      guard let base = memory.baseAddress else { return }
      let frame = Frame(
        base: base, capturedLength: bytes.count, originalLength: originalLength,
        timestamp: timestamp, stamp: stamp, interface: interface, ordinal: ordinal,
        linkType: linkType)
      try sink.write(frame, interfaces: interfaces)
    }
  }
}
