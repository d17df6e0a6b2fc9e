import Buffers
import Glibc
import Wire

/// A capture in several files, each of them whole: with its header and the interfaces.
final class RotatingSink: PacketSink {
  private let rotation: Rotation
  private let interfaces: [CaptureInterface]
  private var names: RotationNames
  /// The files that are kept, the oldest first; remembered only when there is a limit to them.
  private var kept: [String] = []
  private var writer: (any CaptureWriter)?
  /// Bytes in the file at hand.
  private var length: UInt64 = 0
  private var end: Timestamp?

  /// The first file is made at once, so that it is known whether that is possible; but not when
  /// its name is the time of a packet.
  init(
    path: String, interfaces: [CaptureInterface], rotation: Rotation
  ) throws(CaptureError) {
    if path == "-" { throw CaptureError(file: path, reason: "standard output is not rotated") }
    self.rotation = rotation
    self.interfaces = interfaces
    names = RotationNames(path, areTimes: rotation.seconds != nil)
    if !names.areTimes { writer = try open(at: nil) }
  }

  func write(_ frame: borrowing Frame, interfaces: [CaptureInterface]) throws {
    let isLate = isOver(at: frame.timestamp)
    if let writer {
      let isFull = self.isFull(by: writer.growth(by: frame, interfaces))
      if isLate || isFull {
        try writer.finish()
        self.writer = nil
      }
    }
    let writer = if let writer { writer } else { try open(at: frame.timestamp) }
    self.writer = writer
    length += UInt64(writer.growth(by: frame, interfaces))
    try writer.write(frame, interfaces: interfaces)
  }

  func finish() throws { try writer?.finish() }

  /// An empty file takes a packet of any size.
  private func isFull(by growth: Int) -> Bool {
    guard let size = rotation.size, length > 0 else { return false }
    return length + UInt64(growth) > size
  }

  /// Whether the time of the file at hand is over; then the next one begins. Packets that come
  /// late go into the file at hand.
  private func isOver(at time: Timestamp) -> Bool {
    guard let seconds = rotation.seconds else { return false }
    let period = Int64(seconds) * 1_000_000_000
    guard let end else {
      self.end = Self.later(time, by: period)
      return false
    }
    if time < end { return false }
    // Times without packets have no file.
    let past = max(0, time.since(end))
    self.end = Self.later(end, by: past - past % period + period)
    return true
  }

  /// The last moment there is, where time would wrap.
  private static func later(_ time: Timestamp, by nanoseconds: Int64) -> Timestamp {
    let (sum, hasWrapped) = time.nanoseconds.addingReportingOverflow(nanoseconds)
    return Timestamp(nanoseconds: hasWrapped ? .max : sum)
  }

  private func open(at time: Timestamp?) throws(CaptureError) -> any CaptureWriter {
    let name = try names.next(at: time)
    if let count = rotation.count {
      // An hour that comes again takes the place of its last file.
      kept.removeAll { $0 == name }
      while kept.count >= max(1, count) { try remove(kept.removeFirst()) }
      kept.append(name)
    }
    length = 0
    return try createWriter(path: name, interfaces: interfaces)
  }

  private func remove(_ name: String) throws(CaptureError) {
    // Somebody may have taken it away.
    if unsafe unlink(name) != 0 && errno != ENOENT {
      throw CaptureError(file: name, reason: SystemError.last.reason)
    }
  }
}

/// The writer of a capture file that can tell how large it becomes.
protocol CaptureWriter: PacketSink {
  /// How many bytes longer the file is when a frame has been written, with all that has to stand
  /// in front of it.
  func growth(by frame: borrowing Frame, _ interfaces: [CaptureInterface]) -> Int
}

extension PcapWriter: CaptureWriter {
  func growth(by frame: borrowing Frame, _ interfaces: [CaptureInterface]) -> Int {
    (hasBegun ? 0 : 24) + 16 + frame.capturedLength
  }
}

extension PcapNGWriter: CaptureWriter {
  func growth(by frame: borrowing Frame, _ interfaces: [CaptureInterface]) -> Int {
    descriptionLength(of: interfaces) + 32 + (frame.capturedLength + 3) / 4 * 4
  }
}
