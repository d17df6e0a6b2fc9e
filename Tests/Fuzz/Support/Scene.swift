import Buffers
import Reassembly
import Wire

/// Frames that a target has made up, and how they are to be reassembled.
struct Scene {
  struct Entry {
    var bytes: [UInt8]
    var originalLength: Int
    var timestamp: Timestamp
  }

  var frames: [Entry] = []
  var time = Timestamp(nanoseconds: 1_700_000_000_000_000_000)
  var configuration = ReassemblyConfiguration()
  /// What the handler wants of sockets.
  var interest = Interest.all

  enum Interest: CaseIterable {
    case all
    /// Another choice for every socket.
    case mixed
    /// All, but of the data a few chunks only.
    case waning
  }

  /// Takes three bytes of decisions.
  init(_ input: inout FuzzInput) {
    configuration.checksums = input.choice([.auto, .none, .all])
    let choices = input.byte()
    configuration.midstream = choices & 1 == 0
    configuration.memory = choices & 2 == 0 ? 1 << 26 : 1 << 20
    interest = input.choice(Interest.allCases)
  }

  mutating func add(_ bytes: [UInt8], originalLength: Int? = nil) {
    frames.append(
      Entry(
        bytes: bytes, originalLength: originalLength ?? bytes.count, timestamp: time))
    time = time.advanced(by: 1000)
  }

  /// Hands all frames to `body`, in batches.
  func withBatches(
    linkType: LinkType, _ body: (inout PacketBatch) throws -> Void
  ) rethrows {
    // One byte more each, so that an empty frame has an address.
    let memory = frames.reduce(into: [UInt8]()) { $0 += $1.bytes + [0] }
    try memory.withUnsafeBytes { memory in
      guard let base = memory.baseAddress else { return }
      var batch = PacketBatch(capacity: 48)
      var offset = 0
      for (index, frame) in frames.enumerated() {
        batch.frames.append(
          Frame(
            base: base + offset, capturedLength: frame.bytes.count,
            originalLength: frame.originalLength, timestamp: frame.timestamp, stamp: 0,
            interface: 0, ordinal: UInt64(index + 1), linkType: linkType))
        offset += frame.bytes.count + 1
        if batch.frames.isFull || index == frames.count - 1 {
          try body(&batch)
          batch.frames.removeAll()
        }
      }
    }
  }
}
