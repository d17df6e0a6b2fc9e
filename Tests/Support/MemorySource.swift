import Buffers
import Capture
import Wire

/// Frames in memory as the source of a run.
public final class MemorySource: PacketSource {
  public let name: String
  public private(set) var interfaces: [CaptureInterface] = []
  public var damages: [CaptureDamage] = []
  private let memory: UnsafeMutableRawPointer
  private var frames: [Frame] = []
  private var position = 0
  private let batchSize: Int

  /// - Parameter batchSize: the most frames that one `fill` gives.
  public init(_ captured: [CapturedFrame], name: String = "memory.pcap", batchSize: Int = .max) {
    self.name = name
    self.batchSize = batchSize
    let size = captured.reduce(1) { $0 + $1.bytes.count }
    memory = .allocate(byteCount: size, alignment: 16)
    var offset = 0
    for (index, frame) in captured.enumerated() {
      (memory + offset).copyMemory(from: frame.bytes, byteCount: frame.bytes.count)
      frames.append(
        Frame(
          base: memory + offset, capturedLength: frame.bytes.count,
          originalLength: frame.originalLength, timestamp: frame.timestamp,
          stamp: UInt64(bitPattern: frame.timestamp.nanoseconds),
          interface: interfaceIndex(frame.linkType), ordinal: UInt64(index + 1),
          linkType: frame.linkType))
      offset += frame.bytes.count
    }
  }

  deinit { memory.deallocate() }

  private func interfaceIndex(_ linkType: LinkType) -> Int {
    if let index = interfaces.firstIndex(where: { $0.linkType == linkType }) { return index }
    interfaces.append(CaptureInterface(linkType: linkType, resolution: .nanoseconds))
    return interfaces.count - 1
  }

  public func fill(_ batch: inout FrameBatch) -> Bool {
    batch.removeAll()
    while position < frames.count, !batch.isFull, batch.count < batchSize {
      batch.append(frames[position])
      position += 1
    }
    return !batch.isEmpty
  }

  public var framesStay: Bool { true }

  public var progress: (read: UInt64, total: UInt64?) {
    (UInt64(position), UInt64(frames.count))
  }
}

/// Keeps what is written.
public final class MemorySink: PacketSink {
  public private(set) var frames: [CapturedFrame] = []
  public private(set) var isFinished = false

  public init() {}

  public func write(_ frame: borrowing Frame, interfaces: [CaptureInterface]) {
    frames.append(CapturedFrame(copy frame))
  }

  public func finish() { isFinished = true }
}
